//! The parameters behind a path's question mark, of which every one must be known.

use url::form_urlencoded;

/// A parameter that is not expected, or not so.
#[derive(Debug, thiserror::Error)]
#[error("{name}: {message}")]
pub(super) struct ParameterError {
    /// What it is called.
    pub(super) name: String,
    message: String,
}

/// What was asked for, in its order.
#[derive(Debug)]
pub(super) struct Query(Vec<(String, String)>);

impl Query {
    pub(super) fn new(text: &str) -> Query {
        Query(form_urlencoded::parse(text.as_bytes()).into_owned().collect())
    }

    /// There is none but these, and each at most once.
    pub(super) fn only<const N: usize>(&self, known: [&str; N]) -> Result<(), ParameterError> {
        for (place, (name, _)) in self.0.iter().enumerate() {
            let message = if !known.contains(&name.as_str()) {
                let known = if known.is_empty() { "none".to_owned() } else { known.join(" and ") };
                format!("there is no such parameter here; known here: {known}")
            } else if self.0[..place].iter().any(|(before, _)| before == name) {
                "is given twice".to_owned()
            } else {
                continue;
            };
            return Err(ParameterError { name: name.clone(), message });
        }
        Ok(())
    }

    /// The number that a parameter is, where it is given.
    pub(super) fn number(&self, name: &str) -> Result<Option<u64>, ParameterError> {
        let Some((_, value)) = self.0.iter().find(|(given, _)| given == name) else { return Ok(None) };
        let wrong = || ParameterError { name: name.to_owned(), message: format!("`{value}` is no whole number") };
        value.parse().map(Some).map_err(|_| wrong())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_known_or_no_number_is_named_with_what_would_be_right() {
        let known = ["after", "limit"];
        let query = Query::new("after=7&limit=x");
        query.only(known).unwrap();
        assert_eq!((query.number("after").unwrap(), query.number("other").unwrap()), (Some(7), None));
        let told = query.number("limit").unwrap_err().to_string();
        assert_eq!(told, "limit: `x` is no whole number");
        let told = Query::new("aftr=7").only(known).unwrap_err().to_string();
        assert_eq!(told, "aftr: there is no such parameter here; known here: after and limit");
        assert!(Query::new("after=7").only([]).unwrap_err().to_string().ends_with("known here: none"));
        assert!(Query::new("after=7&after=8").only(known).unwrap_err().to_string().contains("twice"));
        Query::new("").only([]).unwrap();
    }
}
