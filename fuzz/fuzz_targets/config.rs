//! The `name,value` file, whatever it is: it is read or refused, twice the same, and no secret of it is ever shown.
#![no_main]

use libfuzzer_sys::fuzz_target;
use squab_core::config::Config;
use std::fmt::Write;

/// Shorter secrets may be part of a word of the warnings themselves, such as `whatsapp-validate-signature`.
const TELLING: usize = 32;

fuzz_target!(|text: &str| {
    let mut warnings = String::new();
    let mut warn = |warning: squab_core::config::Warning<'_>| {
        let _ = write!(warnings, "{warning} {warning:?} ");
    };
    let read = Config::parse(text, &mut warn);
    let again = Config::parse(text, &mut |_| {});
    match (read, again) {
        (Ok(config), Ok(again)) => {
            let shown = format!("{config:?}");
            assert_eq!(shown, format!("{again:?}"));
            let secrets = [config.api_key().expose(), config.verify_token().expose()];
            let others = config.app_secret().map(squab_core::secret::Secret::expose);
            for secret in secrets
                .into_iter()
                .chain(others)
                .filter(|secret| secret.len() >= TELLING)
            {
                // A file may have a secret as its public value too, or as a name that a warning tells.
                if text.matches(secret).count() == 1 {
                    assert!(!shown.contains(secret), "Debug shows a secret");
                    assert!(!warnings.contains(secret), "a warning shows a secret");
                }
            }
        }
        (Err(error), Err(again)) => assert_eq!(error, again),
        _ => panic!("the same text was read once and refused once"),
    }
});
