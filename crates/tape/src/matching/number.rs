//! JSON numbers by value, without loss: `1`, `1.0` and `10e-1` are one number.

/// A number token's value: an integer and a power of ten.
#[derive(Debug, PartialEq, Eq)]
struct Decimal<'a> {
    negative: bool,
    /// Without leading or trailing zeros; empty for zero.
    digits: Vec<u8>,
    exponent: i64,
    /// The token itself, where its exponent is beyond reason.
    beyond: Option<&'a str>,
}

/// The one text form of a number token's value.
pub(super) fn normalized(token: &str) -> String {
    Decimal::read(token).to_text()
}

/// The largest whole number that is not above the token's value.
pub(super) fn floored(token: &str) -> String {
    Decimal::read(token).floor().to_text()
}

impl<'a> Decimal<'a> {
    /// Reads a token of JSON's grammar.
    fn read(token: &'a str) -> Self {
        let (negative, rest) = token
            .strip_prefix('-')
            .map_or((false, token), |rest| (true, rest));
        let (mantissa, exponent) = rest.split_once(['e', 'E']).unwrap_or((rest, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let mut digits: Vec<u8> = whole.bytes().chain(fraction.bytes()).collect();
        let shift = i64::try_from(fraction.len()).unwrap_or(i64::MAX);
        let exponent = exponent
            .parse::<i64>()
            .ok()
            .and_then(|exponent| exponent.checked_sub(shift));
        let leading = digits.iter().take_while(|&&digit| digit == b'0').count();
        digits.drain(..leading);
        let reasonable = |exponent: &i64| exponent.unsigned_abs() < u64::from(u32::MAX);
        let (exponent, beyond) = match exponent.filter(reasonable) {
            Some(exponent) => (exponent, None),
            None => (0, Some(token)),
        };
        let mut decimal = Decimal {
            negative,
            digits,
            exponent,
            beyond,
        };
        decimal.shorten();
        decimal
    }

    /// Moves trailing zeros into the exponent.
    fn shorten(&mut self) {
        while self.digits.last() == Some(&b'0') {
            self.digits.pop();
            self.exponent += 1;
        }
        if self.digits.is_empty() {
            *self = Decimal {
                negative: false,
                digits: Vec::new(),
                exponent: 0,
                beyond: None,
            };
        }
    }

    fn floor(mut self) -> Self {
        if self.exponent >= 0 || self.beyond.is_some() {
            return self;
        }
        let dropped = usize::try_from(self.exponent.unsigned_abs()).unwrap_or(usize::MAX);
        self.digits
            .truncate(self.digits.len().saturating_sub(dropped));
        if self.negative {
            // The last digit of the fraction is not zero, so below zero the floor is one further
            // down.
            increment(&mut self.digits);
        }
        self.exponent = 0;
        self.shorten();
        self
    }

    fn to_text(&self) -> String {
        if let Some(token) = self.beyond {
            return token.to_owned();
        }
        let sign = if self.negative { "-" } else { "" };
        let digits = if self.digits.is_empty() {
            "0"
        } else {
            std::str::from_utf8(&self.digits).unwrap_or_default()
        };
        match self.exponent {
            0 => format!("{sign}{digits}"),
            // Whole numbers as people write them, as long as they do.
            1..=20 => format!(
                "{sign}{digits}{}",
                "0".repeat(usize::try_from(self.exponent).unwrap_or(0))
            ),
            exponent => format!("{sign}{digits}e{exponent}"),
        }
    }
}

/// Adds one to a whole number's digits.
fn increment(digits: &mut Vec<u8>) {
    for digit in digits.iter_mut().rev() {
        if *digit < b'9' {
            *digit += 1;
            return;
        }
        *digit = b'0';
    }
    digits.insert(0, b'1');
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_are_equal_by_value() {
        for (tokens, text) in [
            (
                &[
                    "0",
                    "-0",
                    "0.0",
                    "0e5",
                    "-0E999999999999999999999",
                    "0.00e-7",
                ][..],
                "0",
            ),
            (&["1", "1.0", "10e-1", "0.1E+1"], "1"),
            (&["1433961000.5", "14339610005e-1"], "14339610005e-1"),
            (&["-1500", "-1.5e3"], "-1500"),
            (&["12345678901234567890123"], "12345678901234567890123"),
            (&["1e400", "10e399"], "1e400"),
            (&["1e99999999999999999999"], "1e99999999999999999999"),
        ] {
            for token in tokens {
                assert_eq!(normalized(token), text, "{token}");
            }
        }
    }

    #[test]
    fn floors_go_down() {
        for (token, text) in [
            ("1433961000.5", "1433961000"),
            ("1433961000", "1433961000"),
            ("0.9", "0"),
            ("-0.1", "-1"),
            ("-9.5", "-10"),
            ("-99.5", "-100"),
            ("-1", "-1"),
            ("1e-400", "0"),
            ("1.5e1", "15"),
        ] {
            assert_eq!(floored(token), text, "{token}");
        }
    }

    proptest! {
        #[test]
        fn small_decimals_agree_with_arithmetic(whole in -100_000i64..100_000, thousandths in 0i64..1000) {
            let sign = if whole < 0 { "-" } else { "" };
            let token = format!("{sign}{}.{thousandths:03}", whole.abs());
            let value = if whole < 0 { whole * 1000 - thousandths } else { whole * 1000 + thousandths };
            prop_assert_eq!(floored(&token), value.div_euclid(1000).to_string());
            let same = normalized(&token);
            prop_assert_eq!(&normalized(&same), &same);
            prop_assert_eq!(same, normalized(&format!("{value}e-3")));
        }
    }
}
