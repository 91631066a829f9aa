use super::*;
use proptest::prelude::*;
use std::format;
use std::string::{String, ToString};
use std::vec::Vec;

/// The required lines, as in the Minimal file of the General Bots page.
const MINIMAL: &str = "\
name,value
whatsapp-api-key,EAABtoken
whatsapp-phone-number-id,104729104729104
whatsapp-verify-token,shown-at-registration
";

/// All that the page's Complete file has.
const COMPLETE: &str = "\
name,value
whatsapp-api-key,EAABtokenOfTheCompleteFile0123456789
whatsapp-phone-number-id,104729104729104
whatsapp-verify-token,shown-at-registration-2026
whatsapp-business-account-id,299792458299792
whatsapp-api-version,v17.0
";

/// The page's Recommended file: a part, which goes over another.
const RECOMMENDED: &str = "\
name,value
whatsapp-verify-token,a-longer-one-that-nobody-guesses
whatsapp-validate-signature,true
whatsapp-app-secret,0123456789abcdef0123456789abcdef
";

fn parse(text: &str) -> (Result<Config, ConfigError>, Vec<String>) {
    let mut warnings = Vec::new();
    let config = Config::parse(text, &mut |warning| warnings.push(warning.to_string()));
    (config, warnings)
}

/// The error of the required lines with these after them.
fn error(more: &str) -> ConfigError {
    parse(&format!("{MINIMAL}{more}")).0.unwrap_err()
}

const NO_APP_SECRET: &str = "no whatsapp-app-secret: webhook POSTs will be answered 403, since no signature can be \
                             checked; sending works";

#[test]
fn the_minimal_file_loads_with_every_default_and_says_that_webhooks_need_a_secret() {
    let (config, warnings) = parse(MINIMAL);
    let config = config.unwrap();
    assert_eq!(config.api_key().expose(), "EAABtoken");
    assert_eq!(config.phone_number_id(), "104729104729104");
    assert_eq!(config.verify_token().expose(), "shown-at-registration");
    assert_eq!(config.business_account_id(), None);
    assert_eq!(config.api_version(), "v25.0");
    assert_eq!(config.webhook_url(), "/webhooks/whatsapp");
    assert_eq!(config.webhook_path(), "/webhooks/whatsapp");
    assert!(config.validate_signature());
    assert!(config.app_secret().is_none());
    assert_eq!(config.template_language(), "en_US");
    assert_eq!(warnings, [NO_APP_SECRET]);
}

#[test]
fn the_complete_file_loads_and_its_expired_version_is_kept_as_written() {
    let (config, warnings) = parse(COMPLETE);
    let config = config.unwrap();
    assert_eq!(config.api_key().expose(), "EAABtokenOfTheCompleteFile0123456789");
    assert_eq!(config.verify_token().expose(), "shown-at-registration-2026");
    assert_eq!(config.business_account_id(), Some("299792458299792"));
    assert_eq!(config.api_version(), "v17.0");
    assert_eq!(
        warnings,
        [
            "Graph API v17.0 has expired: Meta serves it by the oldest usable version",
            NO_APP_SECRET
        ]
    );
}

#[test]
fn the_recommended_file_loads_as_a_layer_of_its_own_before_or_after_another() {
    let mut warnings = 0;
    for (files, token) in [
        ([MINIMAL, RECOMMENDED], "a-longer-one-that-nobody-guesses"),
        ([RECOMMENDED, MINIMAL], "shown-at-registration"),
    ] {
        let mut builder = ConfigBuilder::new();
        for file in files {
            builder
                .load(file, &mut |warning| {
                    assert!(matches!(
                        warning,
                        Warning::Overridden {
                            line: 2 | 4,
                            name: Name::VerifyToken
                        }
                    ));
                    warnings += 1;
                })
                .unwrap();
        }
        let config = builder.finish(&mut |warning| panic!("{warning}")).unwrap();
        assert_eq!(config.verify_token().expose(), token);
        assert_eq!(
            config.app_secret().unwrap().expose(),
            "0123456789abcdef0123456789abcdef"
        );
        assert!(config.validate_signature());
    }
    assert_eq!(warnings, 2);
}

#[test]
fn the_recommended_file_may_follow_the_minimal_one_in_the_same_text() {
    let (config, warnings) = parse(&format!("{MINIMAL}{RECOMMENDED}"));
    assert_eq!(
        config.unwrap().verify_token().expose(),
        "a-longer-one-that-nobody-guesses"
    );
    assert_eq!(
        warnings,
        ["line 6: whatsapp-verify-token replaces the earlier one"]
    );
}

#[test]
fn missing_required_parameters_are_named_all_at_once() {
    let (config, warnings) = parse(RECOMMENDED);
    let error = config.unwrap_err();
    assert_eq!(
        error,
        ConfigError::Missing(Names::NONE.with(Name::ApiKey).with(Name::PhoneNumberId))
    );
    assert_eq!(
        error.to_string(),
        "required and not given: whatsapp-api-key, whatsapp-phone-number-id"
    );
    assert!(warnings.is_empty());
    assert_eq!(
        parse("").0.unwrap_err().to_string(),
        "required and not given: whatsapp-api-key, whatsapp-phone-number-id, whatsapp-verify-token"
    );
}

#[test]
fn a_parameter_without_value_counts_as_not_given() {
    let (config, _) = parse(&format!(
        "{MINIMAL}whatsapp-api-version,\nwhatsapp-api-key,\"\"\n"
    ));
    assert_eq!(config.as_ref().unwrap().api_version(), "v25.0");
    assert_eq!(config.unwrap().api_key().expose(), "EAABtoken");
    let emptied = MINIMAL.replace("EAABtoken", "");
    assert_eq!(
        parse(&emptied).0.unwrap_err(),
        ConfigError::Missing(Names::NONE.with(Name::ApiKey))
    );
}

#[test]
fn the_file_may_have_windows_line_ends_a_byte_order_mark_comments_and_spaces() {
    let text = format!("\u{feff}{MINIMAL}\n# a comment, with comma\n whatsapp-api-version , v24.0 \n,\n");
    let (config, warnings) = parse(&text.replace('\n', "\r\n"));
    assert_eq!(config.unwrap().api_version(), "v24.0");
    assert_eq!(warnings, [NO_APP_SECRET]);
}

#[test]
fn a_quoted_value_may_have_commas_and_doubled_quotes() {
    let text = MINIMAL.replace("shown-at-registration", r#""to""ken,with""""all""#);
    assert_eq!(
        parse(&text).0.unwrap().verify_token().expose(),
        r#"to"ken,with""all"#
    );
}

#[test]
fn a_line_that_is_no_pair_is_named() {
    assert_eq!(error("whatsapp-app-secret"), ConfigError::NoComma { line: 5 });
    assert_eq!(
        error("\n\nwhatsapp-app-secret,a,b"),
        ConfigError::ExtraColumn { line: 7 }
    );
    assert_eq!(error("whatsapp-app-secret,\"a"), ConfigError::Quote { line: 5 });
    assert_eq!(error("x").to_string(), "line 5: no comma between name and value");
}

#[test]
fn an_unknown_name_is_reported_and_passed_over() {
    let (config, warnings) = parse(&format!("{MINIMAL}whatsapp-api-kee,x\nllm-model,y\n"));
    assert!(config.is_ok());
    assert_eq!(
        warnings,
        [
            "line 5: no parameter is called whatsapp-api-kee",
            "line 6: no parameter is called llm-model",
            NO_APP_SECRET
        ]
    );
}

#[test]
fn what_may_be_a_secret_in_the_wrong_column_is_not_reported() {
    let (_, warnings) = parse("EAABtoken,whatsapp-api-key\nmy-token,whatsapp-verify-token\n");
    assert_eq!(
        warnings,
        [
            "line 1: this is no name of a parameter",
            "line 2: this is no name of a parameter"
        ]
    );
}

#[test]
fn another_layer_may_take_the_names_that_the_channel_does_not_know() {
    let text = format!("{MINIMAL}wifi-ssid,\"a \"\"b\"\"\"\nmy-token,wifi-ssid\nnoise,x\n");
    let is_name = |name: &str| name == "wifi-ssid";
    let (mut builder, mut others, mut warnings) = (ConfigBuilder::new(), Vec::new(), Vec::new());
    for pair in pairs(&text) {
        let pair = pair.unwrap();
        if builder.take(&pair, &mut |warning| panic!("{warning}")).unwrap() {
            continue;
        }
        if pair.name.as_str().is_some_and(is_name) {
            let mut value = heapless::String::<8>::new();
            pair.value.fill(&mut value, |_| true).unwrap();
            others.push((pair.line, value));
        } else {
            warnings.push(pair.unknown(is_name).to_string());
        }
    }
    assert!(builder.finish(&mut |_| ()).is_ok());
    assert_eq!(others, [(5, "a \"b\"".try_into().unwrap())]);
    assert_eq!(
        warnings,
        [
            "line 6: this is no name of a parameter",
            "line 7: no parameter is called noise"
        ]
    );
}

#[test]
fn a_value_that_does_not_fit_leaves_alone_what_was_there() {
    let value = pairs("a,b c").next().unwrap().unwrap().value;
    let mut out = heapless::String::<2>::try_from("ok").unwrap();
    assert_eq!(
        value.fill(&mut out, |c| c != ' '),
        Err(Unfit::Character { at: 1 })
    );
    let too_long = value.fill(&mut out, |_| true).unwrap_err();
    assert_eq!(
        too_long.to_string(),
        "the value has 3 bytes, at most 2 are allowed"
    );
    assert_eq!(out, "ok");
}

#[test]
fn each_value_may_be_as_long_as_its_limit_and_not_one_byte_longer() {
    for (name, limit) in [
        (Name::ApiKey, 512),
        (Name::VerifyToken, 256),
        (Name::AppSecret, 64),
        (Name::PhoneNumberId, 32),
        (Name::BusinessAccountId, 32),
    ] {
        let longest = format!("{name},{}\n", "7".repeat(limit));
        assert!(parse(&format!("{MINIMAL}{longest}")).0.is_ok(), "{name}");
        assert_eq!(
            error(&format!("{name},{}\n", "7".repeat(limit + 1))),
            ConfigError::TooLong {
                line: 5,
                name,
                limit,
                actual: limit + 1
            }
        );
    }
    let name = Name::WebhookUrl;
    let url = format!("/{}", "p".repeat(255));
    assert_eq!(
        parse(&format!("{MINIMAL}{name},{url}")).0.unwrap().webhook_path(),
        url
    );
    assert_eq!(
        error(&format!("{name},{url}p")).to_string(),
        "line 5: whatsapp-webhook-url has 257 bytes, at most 256 are allowed"
    );
}

#[test]
fn a_character_that_would_break_a_header_or_a_path_is_refused_with_its_place() {
    for (name, value, at) in [
        (Name::ApiKey, "EA AB", 2),
        (Name::ApiKey, "EAAB\u{1}", 4),
        (Name::ApiKey, "EAÄB", 2),
        (Name::VerifyToken, "a b", 1),
        (Name::VerifyToken, "ä\u{7f}", 2),
        (Name::AppSecret, "ab\tc", 2),
        (Name::AppSecret, "a\rb", 1),
        (Name::PhoneNumberId, "10472910472910x", 14),
        (Name::PhoneNumberId, "+1", 0),
        (Name::BusinessAccountId, "1/2", 1),
        (Name::WebhookUrl, "/a b", 2),
    ] {
        assert_eq!(
            error(&format!("{name},{value}")),
            ConfigError::Character { line: 5, name, at },
            "{value:?}"
        );
    }
    assert!(parse(&MINIMAL.replace("shown", "gezeigt-bei-Ürün-😀")).0.is_ok());
}

#[test]
fn a_version_looks_like_v25_0_and_expired_ones_are_those_up_to_v20() {
    let name = Name::ApiVersion;
    for bad in [
        "25.0", "v25", "v.0", "v25.", "v1000.0", "v25.000", "V25.0", "v2x.0", "latest",
    ] {
        assert_eq!(
            error(&format!("{name},{bad}")),
            ConfigError::Malformed { line: 5, name },
            "{bad}"
        );
    }
    for (version, expired) in [
        ("v20.0", true),
        ("v21.0", false),
        ("v26.0", false),
        ("v101.12", false),
    ] {
        let (config, warnings) = parse(&format!("{MINIMAL}{name},{version}"));
        assert_eq!(config.unwrap().api_version(), version);
        assert_eq!(warnings.len(), if expired { 2 } else { 1 }, "{version}");
    }
    assert_eq!(
        error(&format!("{name},latest")).to_string(),
        "line 5: whatsapp-api-version takes a version like v25.0"
    );
}

#[test]
fn a_webhook_url_is_a_path_or_a_whole_address_and_gives_the_path_to_listen_at() {
    let name = Name::WebhookUrl;
    for (url, path) in [
        ("/", "/"),
        ("/hook", "/hook"),
        ("/hook?key=1", "/hook"),
        ("https://kiosk.example.org/a/b", "/a/b"),
        ("HTTPS://kiosk.example.org:8443/a?b=/c#d", "/a"),
        ("https://kiosk.example.org", "/"),
        ("https://kiosk.example.org?x", "/"),
        ("http://127.0.0.1:8080/a", "/a"),
    ] {
        let config = parse(&format!("{MINIMAL}{name},{url}")).0.unwrap();
        assert_eq!((config.webhook_url(), config.webhook_path()), (url, path));
    }
    for bad in [
        "hook",
        "kiosk.example.org/a",
        "ftp://kiosk.example.org/a",
        "https:///a",
        "https://",
    ] {
        assert_eq!(
            error(&format!("{name},{bad}")),
            ConfigError::Malformed { line: 5, name },
            "{bad}"
        );
    }
}

#[test]
fn validation_of_signatures_takes_the_usual_words_and_warns_when_it_is_off() {
    let name = Name::ValidateSignature;
    for (words, on) in [(["true", "1", "YES"], true), (["False", "0", "no"], false)] {
        for word in words {
            let (config, warnings) = parse(&format!("{MINIMAL}whatsapp-app-secret,s\n{name},{word}"));
            assert_eq!(config.unwrap().validate_signature(), on);
            let warning = "whatsapp-validate-signature is false: webhooks are believed unsigned, on a loopback \
                           listener only";
            assert_eq!(warnings, [warning][usize::from(on)..]);
        }
    }
    assert_eq!(
        error(&format!("{name},maybe")),
        ConfigError::Malformed { line: 5, name }
    );
}

#[test]
fn a_later_true_takes_an_earlier_false_back() {
    let name = Name::ValidateSignature;
    let (config, _) = parse(&format!("{MINIMAL}{name},false\n{name},true\n"));
    assert!(config.unwrap().validate_signature());
}

#[test]
fn the_template_language_is_a_language_code() {
    let name = Name::TemplateLanguage;
    let config = parse(&format!("{MINIMAL}{name},pt_BR")).0.unwrap();
    assert_eq!(config.template_language(), "pt_BR");
    assert_eq!(
        error(&format!("{name},english")),
        ConfigError::Malformed { line: 5, name }
    );
}

#[test]
fn a_value_from_elsewhere_goes_over_the_file() {
    let mut builder = ConfigBuilder::new();
    builder.load(MINIMAL, &mut |warning| panic!("{warning}")).unwrap();
    let mut warnings = Vec::new();
    builder
        .set(Name::ApiKey, "EAABother", &mut |warning| {
            warnings.push(warning.to_string());
        })
        .unwrap();
    assert_eq!(warnings, ["whatsapp-api-key replaces the earlier one"]);
    let error = builder
        .set(Name::ApiKey, "EAAB other", &mut |_| ())
        .unwrap_err()
        .to_string();
    assert_eq!(
        error,
        "whatsapp-api-key has an unexpected character at byte 4; it takes visible ASCII characters"
    );
    assert!(builder.given().contains(Name::VerifyToken) && !builder.given().contains(Name::AppSecret));
    let config = builder.finish(&mut |_| ()).unwrap();
    assert_eq!(config.api_key().expose(), "EAABother");
}

#[test]
fn neither_debug_nor_an_error_shows_a_secret() {
    let mut builder = ConfigBuilder::new();
    builder.load(MINIMAL, &mut |_| ()).unwrap();
    builder.load(RECOMMENDED, &mut |_| ()).unwrap();
    let shown = format!("{builder:?}{:?}", builder.clone().finish(&mut |_| ()));
    for secret in ["EAAB", "nobody-guesses", "0123456789abcdef"] {
        assert!(!shown.contains(secret), "{shown}");
    }
    let pair = pairs("whatsapp-app-secret,hidden").next();
    assert!(!format!("{pair:?}").contains("hidden"));
    let error = error("whatsapp-app-secret,hidden secret");
    assert!(!format!("{error} {error:?}").contains("hidden"));
}

#[test]
fn a_config_takes_about_1_2_kib() {
    assert!(size_of::<Config>() <= 1312, "{}", size_of::<Config>());
    assert!(size_of::<ConfigBuilder>() <= size_of::<Config>() + 16);
}

proptest! {
    #[test]
    fn no_text_makes_it_panic_and_what_loads_has_all_that_is_required(
        lines in prop::collection::vec(("(whatsapp-(api-key|phone-number-id|verify-token|api-version|webhook-url)|.{0,9})", "[,\" ]{0,2}", ".{0,12}"), 0..9),
    ) {
let lines: Vec<_> = lines.iter().map(|(name, mark, value)| format!("{name},{mark}{value}")).collect();
        let text = lines.join("\n");
        if let (Ok(config), _) = parse(&text) {
            prop_assert!(!config.api_key().expose().is_empty() && !config.phone_number_id().is_empty());
            prop_assert!(config.webhook_path().starts_with('/'));
        }
        let _ = parse(&format!("{MINIMAL}{text}"));
    }

    #[test]
    fn any_visible_value_comes_through_quoting_unchanged(token in "[!-~ä😀]{1,60}") {
        let quoted = format!("\"{}\"", token.replace('"', "\"\""));
        let config = parse(&MINIMAL.replace("shown-at-registration", &quoted)).0.unwrap();
        prop_assert_eq!(config.verify_token().expose(), token);
    }
}
