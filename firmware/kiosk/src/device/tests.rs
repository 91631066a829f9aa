extern crate std;

use super::*;
use core::net::Ipv4Addr;
use proptest::prelude::*;
use squab_core::config::{ConfigError, Names};
use std::format;
use std::string::{String, ToString};
use std::vec::Vec;

/// What the channel needs, without a reason to warn.
const CHANNEL: &str = "\
name,value
whatsapp-api-key,EAABtoken
whatsapp-phone-number-id,104729104729104
whatsapp-verify-token,shown-at-registration
whatsapp-app-secret,0123456789abcdef0123456789abcdef
";

const ALERT: &str =
    r#"sensor-alert,"{""to"":""+4915550000001"",""text"":""Water in the cellar"",""priority"":""urgent""}""#;

fn read_flash(flash: &[u8]) -> (Result<DeviceConfig, DeviceConfigError>, Vec<String>) {
    let mut warnings = Vec::new();
    let config = DeviceConfig::read(flash, &mut |warning| warnings.push(warning.to_string()));
    (config, warnings)
}

/// The channel's lines with these after them, in flash that is erased otherwise.
fn read(more: &str) -> (Result<DeviceConfig, DeviceConfigError>, Vec<String>) {
    let mut flash = format!("{CHANNEL}{more}").into_bytes();
    flash.resize(CONFIG_MAX, 0xFF);
    read_flash(&flash)
}

/// Those that load without a warning.
fn good(more: &str) -> DeviceConfig {
    let (config, warnings) = read(more);
    assert!(warnings.is_empty(), "{warnings:?}");
    config.unwrap()
}

fn error(more: &str) -> DeviceConfigError {
    read(more).0.unwrap_err()
}

fn warnings(more: &str) -> Vec<String> {
    let (config, warnings) = read(more);
    assert!(config.is_ok(), "{config:?}");
    warnings
}

#[test]
fn the_channels_file_alone_is_enough_for_a_device_with_a_wire_and_dhcp() {
    let config = good("");
    assert_eq!(config.whatsapp().phone_number_id(), "104729104729104");
    assert!(config.wifi().is_none());
    assert_eq!(config.graph_url(), "https://graph.facebook.com");
    let servers: Vec<_> = config.ntp_servers().collect();
    assert_eq!(
        servers,
        ["pool.ntp.org", "time.cloudflare.com", "time.google.com"]
    );
    assert_eq!(config.address(), None);
    assert_eq!(config.number(), 1);
    assert_eq!(config.webhook_port(), Some(8080));
    assert!(config.sensor().is_none());
}

#[test]
fn a_file_with_everything_is_taken_as_it_is() {
    let config = good(&format!(
        "wifi-ssid,\"Boiler room, 2\"\n\
         wifi-password,\"say \"\"when\"\"\"\n\
         graph-url,https://10.0.2.2:8443/meta\n\
         ntp-servers,192.168.1.1 time.example:1123\n\
         ip-address,192.168.1.20/24\n\
         gateway,192.168.1.1\n\
         dns-servers,192.168.1.1 9.9.9.9\n\
         device-number,4294967295\n\
         webhook-port,80\n\
         messaging-limit,TIER_2K\n\
         messaging-share,250\n\
         throughput,20\n\
         timezone,\"CET-1CEST,M3.5.0,M10.5.0/3\"\n\
         quiet-hours,22:00-07:00\n\
         daily-cap,20\n\
         daily-cap-all,200\n\
         stop-words,\"STOP, no more\"\n\
         start-words,-\n\
         command-words,\"pump on, pump off\"\n\
         command-from,+16505551234 US.13491\n\
         command-age,30\n\
         heartbeat,6h\n\
         heartbeat-alert,\"{{\"\"to\"\":\"\"+16505551234\"\",\"\"text\"\":\"\"all is well\"\"}}\"\n\
         {ALERT}\n\
         sensor-active,High\n"
    ));
    let wifi = config.wifi().unwrap();
    assert_eq!(wifi.ssid, "Boiler room, 2");
    assert_eq!(wifi.password.unwrap().expose(), "say \"when\"");
    assert_eq!(config.graph_url(), "https://10.0.2.2:8443/meta");
    let servers: Vec<_> = config.ntp_servers().collect();
    assert_eq!(servers, ["192.168.1.1", "time.example:1123"]);
    let address = config.address().unwrap();
    assert_eq!(
        (address.address, address.prefix_len),
        (Ipv4Addr::new(192, 168, 1, 20), 24)
    );
    assert_eq!(address.gateway, Some(Ipv4Addr::new(192, 168, 1, 1)));
    assert_eq!(
        address.dns_servers,
        [Ipv4Addr::new(192, 168, 1, 1), Ipv4Addr::new(9, 9, 9, 9)]
    );
    assert_eq!(config.number(), u32::MAX);
    assert_eq!(config.webhook_port(), Some(80));
    let config: &'static DeviceConfig = std::boxed::Box::leak(std::boxed::Box::new(config));
    let mut settings = Settings::default();
    config.put_into(&mut settings);
    assert_eq!((settings.device, settings.inbound), (u32::MAX, true));
    assert_eq!(settings.messaging_limit.users(), Some(2_000));
    assert_eq!((settings.messaging_share, settings.throughput), (Some(250), 20));
    let wishes = config.wishes();
    assert_eq!(
        (wishes.stop, wishes.start, wishes.status),
        ("STOP, no more", "", "STATUS")
    );
    assert_eq!(wishes.commands, "pump on, pump off");
    let allowed = ["+16505551234", "US.13491"].map(|name| Recipient::parse(name).unwrap());
    assert_eq!(wishes.allowed, allowed);
    assert_eq!(wishes.max_age.as_secs(), 30);
    assert_eq!(settings.heartbeat.unwrap().as_secs(), 21_600);
    assert_eq!(
        config.heartbeat_alert(),
        Some(r#"{"to":"+16505551234","text":"all is well"}"#)
    );
    let recipients = settings.policies[0];
    // Half past eleven in the evening of 2026-11-25 in Berlin; seven in the morning.
    assert_eq!(recipients.next_allowed(1_795_645_810), 1_795_672_800);
    assert_eq!((recipients.daily_cap, settings.everybody.daily_cap), (20, 200));
    let sensor = config.sensor().unwrap();
    assert_eq!(
        sensor.alert,
        r#"{"to":"+4915550000001","text":"Water in the cellar","priority":"urgent"}"#
    );
    assert_eq!(sensor.active, Active::High);
}

#[test]
fn erased_flash_is_told_from_a_file_and_from_data_that_is_none() {
    for flash in [&[0xFF; CONFIG_MAX][..], &[0; 16], &[]] {
        assert_eq!(read_flash(flash).0.unwrap_err(), DeviceConfigError::Empty);
    }
    assert_eq!(
        DeviceConfigError::Empty.to_string(),
        "no configuration was flashed"
    );
    let other = b"name,value\n\xE9\x05\x02\x20";
    assert_eq!(
        read_flash(other).0.unwrap_err(),
        DeviceConfigError::NotText { at: 11 }
    );
    assert_eq!(
        read_flash(b"name,value\n\n").0.unwrap_err().to_string(),
        "required and not given: whatsapp-api-key, whatsapp-phone-number-id, whatsapp-verify-token"
    );
}

#[test]
fn the_file_ends_at_erased_flash_a_nul_or_the_end_of_the_partition() {
    let mut text = String::from(CHANNEL);
    while text.len() + 10 < CONFIG_MAX {
        text.push_str("# padding\n");
    }
    text.push_str(&"\n".repeat(CONFIG_MAX - text.len()));
    assert!(read_flash(text.as_bytes()).0.is_ok());
    assert!(read_flash(&[text.as_bytes(), b"\xFF\xFF"].concat()).0.is_ok());
    let too_long = read_flash(&[text.as_bytes(), b"\n"].concat()).0.unwrap_err();
    assert_eq!(
        too_long,
        DeviceConfigError::FileTooLong {
            actual: CONFIG_MAX + 1
        }
    );
    let behind = [CHANNEL.as_bytes(), b"\0no line"].concat();
    assert!(read_flash(&behind).0.is_ok());
}

#[test]
fn lines_count_and_quotes_work_as_in_the_channels_part() {
    assert_eq!(
        error("\r\n# device\r\nwifi-ssid\r\n"),
        DeviceConfigError::Config(ConfigError::NoComma { line: 8 })
    );
    assert_eq!(
        error("sensor-alert,{\"to\":\"+4915550000001\",\"text\":\"x\"}").to_string(),
        "line 6: a quote is not closed, or something follows the closing one"
    );
    let (config, warnings) = read("device-number,1\ndevice-number,2\nwifi-sid,x\nwhatsapp-app-secret,s\n");
    assert_eq!(config.unwrap().number(), 2);
    assert_eq!(
        warnings,
        [
            "line 7: device-number replaces the earlier one",
            "line 8: no parameter is called wifi-sid",
            "line 9: whatsapp-app-secret replaces the earlier one"
        ]
    );
    let missing = read_flash(b"wifi-ssid,x\n").0.unwrap_err();
    assert!(
        matches!(missing, DeviceConfigError::Config(ConfigError::Missing(names)) if names != Names::NONE)
    );
}

#[test]
fn a_password_in_the_wrong_column_is_not_reported() {
    assert_eq!(
        warnings("correct-horse,wifi-password\n"),
        ["line 6: this is no name of a parameter"]
    );
}

#[test]
fn a_parameter_without_value_counts_as_not_given() {
    let every: Vec<_> = Name::ALL.iter().map(|name| format!("{name},\n")).collect();
    let config = good(&every.concat());
    assert!(config.wifi().is_none() && config.address().is_none() && config.sensor().is_none());
    assert_eq!(config.webhook_port(), Some(8080));
}

#[test]
fn a_wireless_network_has_a_name_of_32_bytes_and_a_password_of_8_to_63_or_none() {
    assert!(good("wifi-ssid,Garage\n").wifi().unwrap().password.is_none());
    let name = Name::WifiSsid;
    assert_eq!(
        good(&format!("{name},{}\n", "ä".repeat(16))).wifi().unwrap().ssid,
        "ä".repeat(16)
    );
    let (limit, actual) = (32, 33);
    let too_long = DeviceConfigError::TooLong {
        line: 6,
        name,
        limit,
        actual,
    };
    assert_eq!(error(&format!("{name},{}", "s".repeat(33))), too_long);
    assert_eq!(
        too_long.to_string(),
        "line 6: wifi-ssid has 33 bytes, at most 32 are allowed"
    );
    assert_eq!(
        error("wifi-ssid,a\tb"),
        DeviceConfigError::Character { line: 6, name, at: 1 }
    );

    let name = Name::WifiPassword;
    for length in [8, 63] {
        let config = good(&format!("wifi-ssid,x\n{name},{}\n", "p".repeat(length)));
        assert_eq!(config.wifi().unwrap().password.unwrap().expose().len(), length);
    }
    let (limit, actual) = (8, 7);
    let too_short = DeviceConfigError::TooShort {
        line: 6,
        name,
        limit,
        actual,
    };
    assert_eq!(error(&format!("{name},{}", "p".repeat(7))), too_short);
    assert_eq!(
        too_short.to_string(),
        "line 6: wifi-password has 7 bytes, at least 8 are needed"
    );
    let (limit, actual) = (63, 64);
    let too_long = DeviceConfigError::TooLong {
        line: 6,
        name,
        limit,
        actual,
    };
    assert_eq!(error(&format!("{name},{}", "p".repeat(64))), too_long);
    assert_eq!(
        error("wifi-password,pässword").to_string(),
        "line 6: wifi-password has an unexpected character at byte 1; it takes printable ASCII characters"
    );
}

#[test]
fn the_graph_url_is_one_that_a_transport_can_go_to() {
    assert_eq!(
        error("graph-url,graph.facebook.com").to_string(),
        "line 6: graph-url: the URL must begin with https:// or http://"
    );
    let long = format!("https://localhost/{}", "a".repeat(GRAPH_URL_MAX));
    assert!(matches!(
        error(&format!("graph-url,{long}")),
        DeviceConfigError::TooLong {
            name: Name::GraphUrl,
            limit: GRAPH_URL_MAX,
            ..
        }
    ));
}

#[test]
fn time_servers_are_up_to_four_hosts_with_a_port_or_none() {
    let name = Name::NtpServers;
    assert_eq!(
        good("ntp-servers,a  b:1 [::1]:123 10.0.2.2\n")
            .ntp_servers()
            .count(),
        4
    );
    let limit = 4;
    assert_eq!(
        error("ntp-servers,a b c d e"),
        DeviceConfigError::TooMany { line: 6, name, limit }
    );
    for bad in [
        "a:",
        "a:0",
        "a:65536",
        "a/b",
        "a/",
        "ntp://a",
        "-a",
        "300.1.1.1",
        "\" \"",
        "a?",
    ] {
        let refused = error(&format!("ntp-servers,{bad}"));
        let is_right = matches!(
            refused,
            DeviceConfigError::Malformed {
                name: Name::NtpServers,
                ..
            }
        );
        assert!(is_right, "{bad}: {refused:?}");
    }
}

#[test]
fn an_address_is_that_of_one_device_in_its_network() {
    let name = Name::IpAddress;
    for bad in [
        "192.168.1.20",
        "192.168.1.20/0",
        "192.168.1.20/32",
        "192.168.1.20/+24",
        "192.168.1.0/24",
        "192.168.1.255/24",
        "0.0.0.0/8",
        "127.0.0.1/8",
        "224.0.0.1/8",
        "255.255.255.255/8",
        "192.168.1/24",
        "fe80::1/64",
        "here/24",
    ] {
        assert_eq!(
            error(&format!("{name},{bad}")),
            DeviceConfigError::Malformed { line: 6, name },
            "{bad}"
        );
    }
    for (good_one, prefix_len) in [("10.0.2.15/8", 8), ("10.0.2.0/31", 31), ("10.0.2.1/30", 30)] {
        let config = good(&format!("{name},{good_one}\ndns-servers,9.9.9.9\n"));
        assert_eq!(config.address().unwrap().prefix_len, prefix_len);
        assert_eq!(config.address().unwrap().gateway, None);
    }
    let name = Name::DnsServers;
    let limit = 3;
    let too_many = error("dns-servers,1.1.1.1 8.8.8.8 9.9.9.9 1.0.0.1");
    assert_eq!(too_many, DeviceConfigError::TooMany { line: 6, name, limit });
    assert_eq!(
        too_many.to_string(),
        "line 6: dns-servers has more than 3 of them"
    );
    for bad in [
        "dns-servers,9.9.9.9 dns.example",
        "gateway,192.168.1.1/24",
        "gateway,router",
    ] {
        assert!(
            matches!(error(bad), DeviceConfigError::Malformed { line: 6, .. }),
            "{bad}"
        );
    }
}

#[test]
fn what_does_nothing_alone_is_warned_of() {
    for (line, warning) in [
        (
            "wifi-password,12345678",
            "wifi-password does nothing without wifi-ssid",
        ),
        (
            "gateway,10.0.0.1",
            "gateway does nothing without ip-address: DHCP gives it",
        ),
        (
            "dns-servers,10.0.0.1",
            "dns-servers does nothing without ip-address: DHCP gives it",
        ),
        (
            "sensor-active,low",
            "sensor-active does nothing without sensor-alert",
        ),
    ] {
        assert_eq!(warnings(line), [warning]);
    }
}

#[test]
fn a_fixed_address_without_name_server_is_warned_of_unless_all_servers_are_addresses() {
    let warning = "ip-address without dns-servers: host names cannot be resolved";
    assert_eq!(warnings("ip-address,10.0.0.2/8\n"), [warning]);
    assert_eq!(
        warnings("ip-address,10.0.0.2/8\ngraph-url,https://10.0.0.1\nntp-servers,10.0.0.1:123 a\n"),
        [warning]
    );
    assert_eq!(
        warnings("ip-address,10.0.0.2/8\nntp-servers,10.0.0.1\n"),
        [warning]
    );
    good("ip-address,10.0.0.2/8\ngraph-url,https://10.0.0.1\nntp-servers,10.0.0.1:123 10.0.0.3\n");
}

#[test]
fn a_gateway_that_is_not_in_the_network_is_warned_of() {
    let more = "ip-address,192.168.1.20/24\ndns-servers,9.9.9.9\n";
    good(&format!("{more}gateway,192.168.1.254\n"));
    assert_eq!(
        warnings(&format!("{more}gateway,192.168.2.1\n")),
        ["gateway is not in the network of ip-address"]
    );
}

#[test]
fn numbers_have_no_sign_and_port_0_stands_for_no_webhooks() {
    assert_eq!(good("webhook-port,0\n").webhook_port(), None);
    assert_eq!(good("device-number,0\n").number(), 0);
    for bad in [
        "webhook-port,+80",
        "webhook-port,65536",
        "device-number,-1",
        "device-number,4294967296",
        "messaging-share,0",
        "throughput,0",
        "throughput,65536",
        "timezone,Europe/Berlin",
        "quiet-hours,22-7",
        "daily-cap,0",
        "daily-cap-all,65536",
    ] {
        assert!(
            matches!(error(bad), DeviceConfigError::Malformed { line: 6, .. }),
            "{bad}"
        );
    }
    assert_eq!(
        error("webhook-port,none").to_string(),
        "line 6: webhook-port takes a port from 1 to 65535, or 0 for no webhooks"
    );
    assert_eq!(
        error("sensor-active,on").to_string(),
        "line 6: sensor-active takes low or high"
    );
}

#[test]
fn a_sensors_alert_that_the_kiosk_would_refuse_is_refused_when_it_is_read() {
    let alert = |json: &str| format!("sensor-alert,\"{}\"\n", json.replace('"', "\"\""));
    let active = good(&format!("{ALERT}\n")).sensor().unwrap().active;
    assert_eq!(active, Active::Low);
    for (json, reason) in [
        (
            r#"{"to":"+4915550000001"}"#,
            "line 6: sensor-alert: nothing is to be sent: ",
        ),
        (
            r#"{"to":"+4915550000001","txt":"x"}"#,
            "line 6: sensor-alert: unknown member \"txt\"",
        ),
        (r#"{"to":"+4915550000001","text":""}"#, "line 6: sensor-alert: "),
        (r#"{"to":"12","text":"x"}"#, "line 6: sensor-alert: "),
        ("water", "line 6: sensor-alert: "),
        (" ", "line 6: sensor-alert: "),
        (
            r#"{"to":"+4915550000001","text":"x"}{}"#,
            "line 6: sensor-alert: ",
        ),
    ] {
        let shown = error(&alert(json)).to_string();
        assert!(shown.starts_with(reason) && shown.len() > 24, "{shown}");
    }
    let wants_answer = alert(r#"{"to":"+4915550000001","text":"x","answer_within":60}"#);
    good(&wants_answer);
    assert_eq!(
        error(&format!("{wants_answer}webhook-port,0\n")),
        DeviceConfigError::AlertRefused {
            line: 6,
            name: Name::SensorAlert,
            reason: Refused::NoInboundPath
        }
    );
}

#[test]
fn what_people_may_write_and_the_heartbeat_are_checked_when_the_file_is_read() {
    for (lines, reason) in [
        (
            "command-from,16505551234\n",
            "line 6: command-from takes phone numbers",
        ),
        (
            "command-from,US.1 US.2 US.3 US.4 US.5\n",
            "line 6: command-from has more than 4 of them",
        ),
        ("command-age,0\n", "line 6: command-age takes seconds"),
        ("heartbeat,0\n", "line 6: heartbeat takes a time"),
        ("heartbeat,1w\n", "line 6: heartbeat takes a time"),
        ("heartbeat,-1h\n", "line 6: heartbeat takes a time"),
        ("heartbeat,50000d\n", "line 6: heartbeat takes a time"),
        ("heartbeat-alert,x\n", "line 6: heartbeat-alert: "),
    ] {
        let shown = error(lines).to_string();
        assert!(shown.starts_with(reason), "{shown}");
    }
    let too_long = error(&format!("stop-words,{}\n", "x".repeat(65)));
    assert_eq!(
        too_long.to_string(),
        "line 6: stop-words has 65 bytes, at most 64 are allowed"
    );
    assert_eq!(
        warnings("command-words,pump\nheartbeat,1d\n"),
        [
            "command-words does nothing without command-from",
            "heartbeat does nothing without heartbeat-alert"
        ]
    );
    // Nobody would know what to send.
    let (config, _) = read("heartbeat,1d\n");
    let config: &'static DeviceConfig = std::boxed::Box::leak(std::boxed::Box::new(config.unwrap()));
    let mut settings = Settings::default();
    config.put_into(&mut settings);
    assert_eq!((settings.heartbeat, config.heartbeat_alert()), (None, None));
    assert_eq!(config.wishes(), Wishes::default());
}

#[test]
fn the_template_language_of_the_file_counts_for_the_sensors_alert_wherever_it_stands() {
    let alert = r#"sensor-alert,"{""to"":""+4915550000001"",""template"":{""name"":""alarm""}}""#;
    good(&format!("{alert}\nwhatsapp-template-language,de\n"));
}

#[test]
fn neither_debug_nor_an_error_shows_a_value() {
    let config = good(&format!("wifi-ssid,x\nwifi-password,correct horse\n{ALERT}\n"));
    let shown = format!("{config:?} {:?}", config.wifi());
    for secret in ["correct", "EAAB", "+49", "cellar"] {
        assert!(!shown.contains(secret), "{shown}");
    }
    for line in [
        "wifi-password,secrets",
        "wifi-password,secrét secret",
        "gateway,secret",
    ] {
        let error = error(line);
        assert!(!format!("{error} {error:?}").contains("secr"), "{error}");
    }
}

#[test]
fn every_default_is_what_its_parameter_takes() {
    let config = good(&format!(
        "graph-url,{DEFAULT_GRAPH_URL}\nntp-servers,{DEFAULT_NTP_SERVERS}\ndevice-number,{DEFAULT_NUMBER}\n\
         webhook-port,{DEFAULT_WEBHOOK_PORT}\n"
    ));
    assert!(config.ntp_servers().eq(good("").ntp_servers()));
}

#[test]
fn a_device_config_takes_about_4_and_a_half_kib() {
    assert!(size_of::<DeviceConfig>() <= 4608, "{}", size_of::<DeviceConfig>());
}

proptest! {
    #[test]
    fn no_flash_makes_it_panic_and_what_loads_keeps_its_promises(
        lines in prop::collection::vec(
            ("(wifi-(ssid|password)|graph-url|ntp-servers|ip-address|gateway|dns-servers|sensor-(alert|active))",
             "[,\" ]{0,2}", "([0-9./: ]{0,20}|.{0,12})"), 0..9),
        noise in prop::collection::vec(any::<u8>(), 0..40),
    ) {
        let lines: Vec<_> = lines.iter().map(|(name, mark, value)| format!("{name},{mark}{value}")).collect();
        let _ = read_flash(&[CHANNEL.as_bytes(), &noise].concat());
        if let (Ok(config), _) = read(&lines.join("\n")) {
            prop_assert!(Endpoint::parse(config.graph_url()).is_ok());
            prop_assert!((1..=NTP_SERVERS_MAX).contains(&config.ntp_servers().count()));
            if let Some(address) = config.address() {
                prop_assert!((1..=31).contains(&address.prefix_len) && !address.address.is_unspecified());
            }
        }
    }
}
