//! Colours, on terminals that want them.

use std::io::IsTerminal as _;

/// What a text is to the reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    /// Nothing special.
    Plain,
    /// What is looked for first.
    Bold,
    /// What is seldom looked at.
    Dim,
    /// As it should be.
    Good,
    /// To be looked after.
    Warn,
    /// Not as it should be.
    Bad,
    /// To be opened or copied.
    Address,
}

/// Whether colours are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Paint(bool);

impl Paint {
    /// No colours.
    #[cfg(test)]
    pub(crate) const NONE: Self = Self(false);
    /// Colours, whatever reads them.
    #[cfg(test)]
    pub(crate) const ALWAYS: Self = Self(true);

    /// For standard output: on a terminal, unless `NO_COLOR` is set (<https://no-color.org>).
    pub(crate) fn for_stdout() -> Self {
        Self(std::io::stdout().is_terminal() && wanted())
    }

    /// For standard error.
    pub(crate) fn for_stderr() -> Self {
        Self(std::io::stderr().is_terminal() && wanted())
    }

    /// The text in the colour of its tone.
    pub(crate) fn on(self, tone: Tone, text: &str) -> String {
        let code = match tone {
            Tone::Plain => return text.to_owned(),
            Tone::Bold => 1,
            Tone::Dim => 2,
            Tone::Good => 32,
            Tone::Warn => 33,
            Tone::Bad => 31,
            Tone::Address => 36,
        };
        if self.0 && !text.is_empty() { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }
}

fn wanted() -> bool {
    let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    !is_set("NO_COLOR") && std::env::var_os("TERM").is_none_or(|terminal| terminal != "dumb")
}

/// A text of somebody else's, without anything that a terminal would obey and in one line.
pub(crate) fn clean(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_only_where_they_are_wanted() {
        assert_eq!(Paint::ALWAYS.on(Tone::Bad, "no"), "\x1b[31mno\x1b[0m");
        assert_eq!(Paint::ALWAYS.on(Tone::Plain, "no"), "no");
        assert_eq!(Paint::NONE.on(Tone::Bad, "no"), "no");
    }

    #[test]
    fn nobody_else_paints() {
        assert_eq!(clean("Ana\x1b[2J\nSouza\u{9b}"), "Ana [2J Souza ");
    }
}
