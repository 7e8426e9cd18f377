//! How a customer answers by itself: the first rule that fits what the business sent.

use serde::{Deserialize, Serialize};

use super::{Bubble, Said, chat::Choice};

/// One rule. It does everything that it has: press, reply and react.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rule {
    /// What the message must have in it, in whatever case; without it any message fits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    contains: Option<String>,
    /// A text to answer with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reply: Option<String>,
    /// An emoji to react with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    react: Option<String>,
    /// Presses the first button, or takes the first row of a list. A message without any does not fit.
    #[serde(default)]
    press: bool,
}

impl Rule {
    fn fits(&self, bubble: &Bubble) -> bool {
        let has = |wanted: &String| bubble.text.to_lowercase().contains(&wanted.to_lowercase());
        self.contains.as_ref().is_none_or(has) && (!self.press || !bubble.choices.is_empty())
    }
}

/// What a customer with these rules does about a message.
pub(super) fn reaction_to(rules: &[Rule], bubble: &Bubble) -> Vec<Said> {
    let Some(rule) = rules.iter().find(|rule| rule.fits(bubble)) else { return Vec::new() };
    let react = rule.react.iter().map(|emoji| Said::Reaction { to: bubble.id.clone(), emoji: Some(emoji.clone()) });
    let first: Option<&Choice> = bubble.choices.first().filter(|_| rule.press);
    let press = first.map(|choice| Said::Press { on: bubble.id.clone(), choice: choice.clone() });
    let reply = rule.reply.iter().map(|text| Said::Text(text.clone()));
    react.chain(press).chain(reply).collect()
}
