//! A name server that lies, says nothing, or nonsense: the certificate tells who is who, and alerts wait for the truth.

use super::{ADA, HOST, NO_WEBHOOKS, TEST, cloud_settings, kiosk, on};
use serde_json::json;
use squab::cloud::{Cloud, CloudSettings};
use squab_tests::board::Flash;
use squab_tests::board::names::{Answer, NameServer};
use squab_tests::desk::run_within;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

const NAME: &str = "graph.squab.test";
/// Where the impostor is: on this machine, at another address than the cloud.
const IMPOSTOR: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);

/// One test, since port 53 is there once.
#[test]
fn a_name_server_that_lies_leads_to_nobody_who_is_believed_and_the_truth_mends_it() {
    run_within(TEST + Duration::from_mins(3), async {
        let settings = || CloudSettings {
            names: vec![NAME.to_owned()],
            ..cloud_settings()
        };
        let cloud = Cloud::start(settings()).await.expect("a cloud on a free port");
        // The same names in its certificate, and the authority's name too; only the key is another.
        let impostor = Cloud::start(CloudSettings {
            listen: SocketAddr::from((IMPOSTOR, cloud.addr().port())),
            ..settings()
        })
        .await
        .expect("the same port of another address");
        let truth = Answer::Address(HOST.parse().expect("an address"));
        let names = NameServer::start(Answer::Silence).await;
        let url = format!("https://{NAME}:{}", cloud.addr().port());
        let lines = format!("{NO_WEBHOOKS}ip-address,10.0.2.15/24\ngateway,{HOST}\ndns-servers,{HOST}\n");
        for (lie, reasons) in [
            (Answer::NoSuchName, &["the host name could not be resolved"][..]),
            (
                Answer::Garbage,
                &[
                    "the host name could not be resolved",
                    "no answer came in the time allowed",
                ],
            ),
            (
                Answer::Silence,
                &[
                    "the host name could not be resolved",
                    "no answer came in the time allowed",
                ],
            ),
            (
                Answer::Address(IMPOSTOR),
                &["the server's certificate was not issued by a trusted authority"],
            ),
        ] {
            names.answer(lie);
            let accepted = cloud.summary().accepted;
            let mut board = on(kiosk(Flash::kiosk(&url, cloud.ca_pem(), &lines))).await;
            let ticket = board.alert(json!({ "to": ADA, "text": "Alarm" })).await;
            let down = board.event(&json!({ "event": "link", "state": "down" })).await;
            let reason = down["reason"].as_str().expect("a sentence");
            println!("{lie:<24?}  {reason}");
            assert!(reasons.contains(&reason), "{lie:?}: {reason}");
            assert_eq!(cloud.summary().accepted, accepted);
            names.answer(truth);
            assert_eq!(board.outcome(ticket).await, "accepted", "after {lie:?}");
            board.end().await.expect("a good end");
        }
        assert_eq!(impostor.summary().submitted, 0, "the token was not shown to it");
    });
}
