//! Meta's times: numbers or texts of digits, in seconds or milliseconds, and which of the two only the magnitude says.

use tidings_domain::Timestamp;

/// From here on a number is of milliseconds: as seconds it would be the year 5138, as milliseconds it is 1973.
const FIRST_MILLISECONDS: i64 = 100_000_000_000;

/// The moment that these digits name; `None` if they name none after 1970.
pub(crate) fn moment(digits: &str) -> Option<Timestamp> {
    let number: i64 = digits.trim().parse().ok().filter(|number| *number > 0)?;
    Some(if number < FIRST_MILLISECONDS { Timestamp::from_seconds(number) } else { Timestamp::from_millis(number) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_unit_follows_from_the_magnitude() {
        assert_eq!(moment("1772998024"), Some(Timestamp::from_millis(1_772_998_024_000)));
        assert_eq!(moment("1772998024123"), Some(Timestamp::from_millis(1_772_998_024_123)));
        assert_eq!(moment("1"), Some(Timestamp::from_millis(1000)));
        for nothing in ["", "0", "-5", "soon", "1.5", "99999999999999999999"] {
            assert_eq!(moment(nothing), None, "{nothing}");
        }
    }
}
