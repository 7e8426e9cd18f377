//! What contacts are searched by: folded, so that neither case nor accents matter.

use icu_normalizer::DecomposingNormalizerBorrowed;

use super::Contact;

/// The combining marks that accents are taken apart into.
const MARKS: std::ops::RangeInclusive<char> = '\u{300}'..='\u{36f}';

/// A text in lower case and without accents.
pub fn folded(text: &str) -> String {
    let lower = text.to_lowercase();
    if lower.is_ascii() {
        return lower;
    }
    DecomposingNormalizerBorrowed::new_nfkd()
        .normalize(&lower)
        .chars()
        .filter(|character| !MARKS.contains(character))
        .collect()
}

impl Contact {
    /// Everything that it can be found by, folded.
    pub fn searchable(&self) -> String {
        let names = [&self.name, &self.profile_name, &self.username, &self.phone, &self.email];
        let mut words: Vec<&str> = names.into_iter().filter_map(Option::as_deref).collect();
        words.extend(self.handles.iter().map(|handle| handle.identity.value.as_str()));
        // Most of them are said twice.
        let mut seen: Vec<&str> = Vec::with_capacity(words.len());
        for word in words {
            if !seen.contains(&word) {
                seen.push(word);
            }
        }
        folded(&seen.join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::folded;

    #[test]
    fn neither_case_nor_accents_matter() {
        for (text, expected) in
            [("Ana SOUZA", "ana souza"), ("João Müller", "joao muller"), ("ΆΝΝΑ", "αννα"), ("李雷 +55", "李雷 +55")]
        {
            assert_eq!(folded(text), expected);
        }
    }
}
