//! `squab_core::config`

use crate::io;
use heapless::String;
use squab_core::config::{Config, ConfigBuilder, ConfigError, Name, Names, Pair, Value, Warning, pairs};
use squab_core::secret::Secret;

#[unsafe(no_mangle)]
#[inline(never)]
pub extern "C" fn probe_config() {
    shown(Config::parse(io::text(), &mut warned));

    let mut builder = ConfigBuilder::new();
    while io::flag() {
        if let Err(why) = ConfigBuilder::load(&mut builder, io::text(), &mut warned) {
            refused(why);
        }
        let name: Name = *io::any();
        if let Err(why) = ConfigBuilder::set(&mut builder, name, io::text(), &mut warned) {
            refused(why);
        }
        let given = ConfigBuilder::given(&builder);
        io::used((Names::contains(given, name), Names::is_empty(given)));
        for name in Names::iter(Names::with(given, name)) {
            io::used(Name::as_str(name));
        }
    }
    for pair in pairs(io::text()) {
        match pair {
            Ok(pair) => another(&mut builder, pair),
            Err(why) => refused(why),
        }
    }
    shown(ConfigBuilder::finish(builder, &mut warned));
}

/// A parameter that may be of another layer.
fn another(builder: &mut ConfigBuilder, pair: Pair<'_>) {
    match ConfigBuilder::take(builder, &pair, &mut warned) {
        Ok(true) => return,
        Ok(false) => warned(Pair::unknown(&pair, |name| name.len() == io::number())),
        Err(why) => refused(why),
    }
    let value = pair.value;
    let mut text = String::<64>::new();
    if let Err(why) = Value::fill(value, &mut text, |c| u32::from(c) == u32::from(io::byte())) {
        io::shown(why);
    }
    io::used((Value::is_empty(value), Value::as_str(value)));
    io::used(Value::eq_ignore_ascii_case(value, io::text()));
    io::used(Value::chars(value).count());
}

fn shown(config: Result<Config, ConfigError>) {
    let config = match config {
        Ok(config) => config,
        Err(why) => return refused(why),
    };
    for secret in [
        Config::api_key(&config).expose(),
        Config::verify_token(&config).expose(),
    ] {
        io::used(secret);
    }
    io::used(Config::app_secret(&config).map(Secret::expose));
    for text in [
        Config::phone_number_id(&config),
        Config::api_version(&config),
        Config::webhook_url(&config),
        Config::webhook_path(&config),
        Config::template_language(&config),
    ] {
        io::used(text);
    }
    io::used(Config::business_account_id(&config));
    io::used(Config::validate_signature(&config));
}

fn refused(why: ConfigError) {
    io::shown(why);
}

fn warned(warning: Warning<'_>) {
    io::shown(warning);
}
