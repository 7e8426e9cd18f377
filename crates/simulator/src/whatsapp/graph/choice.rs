//! Which behaviour a call meets: what was queued for its recipient, then what was queued for anybody, then what lasts for
//! the recipient, then what a number asks for by itself, then chance, then the default.

use std::collections::{HashMap, VecDeque};

use super::{Behaviour, random::number_at};

#[derive(Debug)]
pub(crate) struct Choice {
    next_for: HashMap<String, VecDeque<Behaviour>>,
    next: VecDeque<Behaviour>,
    always_for: HashMap<String, Behaviour>,
    mix: Vec<(u32, Behaviour)>,
    /// What the server began with.
    initial: Behaviour,
    /// What it was told since then to treat calls by.
    told: Option<Behaviour>,
    seed: u64,
    draws: u64,
}

impl Choice {
    pub(crate) fn new(default: Behaviour, seed: u64) -> Choice {
        Choice {
            next_for: HashMap::new(),
            next: VecDeque::new(),
            always_for: HashMap::new(),
            mix: Vec::new(),
            initial: default,
            told: None,
            seed,
            draws: 0,
        }
    }

    pub(crate) fn next_for(&mut self, recipient: &str, behaviour: Behaviour) {
        self.next_for.entry(key(recipient)).or_default().push_back(behaviour);
    }

    pub(crate) fn next(&mut self, behaviour: Behaviour) {
        self.next.push_back(behaviour);
    }

    pub(crate) fn always_for(&mut self, recipient: &str, behaviour: Behaviour) {
        self.always_for.insert(key(recipient), behaviour);
    }

    pub(crate) fn mix(&mut self, weighted: Vec<(u32, Behaviour)>) {
        self.mix = weighted;
    }

    /// Back to a default, with everything else forgotten; without one, to what it was at first.
    pub(crate) fn reset(&mut self, default: Option<Behaviour>) {
        self.next_for.clear();
        self.next.clear();
        self.always_for.clear();
        self.mix.clear();
        self.told = default;
    }

    /// `magic` is what the number asks for by itself, and `usual` what its owner makes of a call by default.
    pub(crate) fn choose(
        &mut self,
        recipient: &str,
        magic: Option<Behaviour>,
        usual: impl FnOnce() -> Option<Behaviour>,
    ) -> Behaviour {
        let recipient = key(recipient);
        if let Some(queued) = self.next_for.get_mut(&recipient).and_then(VecDeque::pop_front) {
            return queued;
        }
        if let Some(queued) = self.next.pop_front() {
            return queued;
        }
        if let Some(lasting) = self.always_for.get(&recipient) {
            return lasting.clone();
        }
        magic
            .or_else(|| self.draw())
            .or_else(|| self.told.clone())
            .or_else(usual)
            .unwrap_or_else(|| self.initial.clone())
    }

    fn draw(&mut self) -> Option<Behaviour> {
        let total: u64 = self.mix.iter().map(|(weight, _)| u64::from(*weight)).sum();
        if total == 0 {
            return None;
        }
        let mut drawn = number_at(self.seed, self.draws) % total;
        self.draws += 1;
        let hit = |(weight, _): &&(u32, Behaviour)| {
            let weight = u64::from(*weight);
            let within = drawn < weight;
            drawn = drawn.saturating_sub(weight);
            within
        };
        self.mix.iter().find(hit).map(|(_, behaviour)| behaviour.clone())
    }
}

/// Phone numbers are the same with and without `+`, blanks and hyphens; user ids are what they are.
fn key(recipient: &str) -> String {
    if recipient.contains(|character: char| character.is_ascii_alphabetic()) {
        recipient.to_owned()
    } else {
        recipient.chars().filter(char::is_ascii_digit).collect()
    }
}

#[cfg(test)]
mod tests {
    use http::StatusCode;

    use super::*;

    fn refuse(code: u32) -> Behaviour {
        Behaviour::refuse(StatusCode::BAD_REQUEST, code)
    }

    fn code(behaviour: &Behaviour) -> u32 {
        if let Behaviour::Refuse { code, .. } = behaviour { *code } else { 0 }
    }

    fn chosen(choice: &mut Choice, recipient: &str) -> u32 {
        code(&choice.choose(recipient, None, || None))
    }

    #[test]
    fn what_a_number_asks_for_goes_before_chance_and_its_owner_after_what_was_told() {
        let mut choice = Choice::new(refuse(5), 1);
        let choose =
            |choice: &mut Choice, magic: Option<u32>| code(&choice.choose("1", magic.map(refuse), || Some(refuse(3))));
        assert_eq!(choose(&mut choice, None), 3);
        choice.reset(Some(refuse(4)));
        assert_eq!(choose(&mut choice, None), 4);
        choice.mix(vec![(1, refuse(2))]);
        assert_eq!((choose(&mut choice, None), choose(&mut choice, Some(1))), (2, 1));
        choice.reset(None);
        assert_eq!(choose(&mut choice, None), 3);
    }

    #[test]
    fn the_closer_word_goes_first() {
        let mut choice = Choice::new(refuse(5), 1);
        choice.mix(vec![(1, refuse(4))]);
        choice.always_for("+55 11-9", refuse(3));
        choice.next(refuse(2));
        choice.next_for("5511 9", refuse(1));
        let seen: Vec<u32> = (0..3).map(|_| chosen(&mut choice, "55119")).collect();
        assert_eq!(seen, [1, 2, 3]);
        assert_eq!(chosen(&mut choice, "1"), 4);
        choice.mix(Vec::new());
        assert_eq!(chosen(&mut choice, "1"), 5);
        choice.reset(Some(refuse(6)));
        assert_eq!(chosen(&mut choice, "55119"), 6);
    }

    #[test]
    fn a_mix_follows_its_weights_and_its_seed() {
        let drawn = |seed| {
            let mut choice = Choice::new(Behaviour::accept(), seed);
            choice.mix(vec![(3, refuse(1)), (0, refuse(9)), (1, refuse(2))]);
            (0..400).map(|_| chosen(&mut choice, "1")).collect::<Vec<_>>()
        };
        assert_eq!(drawn(1), drawn(1));
        assert_ne!(drawn(1), drawn(2));
        let ones = drawn(1).iter().filter(|code| **code == 1).count();
        assert!((260..340).contains(&ones), "{ones} of 400 where 300 were meant");
        assert!(!drawn(1).contains(&9));
    }
}
