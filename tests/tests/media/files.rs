//! Files up, down and away.

use super::{Bench, bytes, upload};
use squab::clock::Clock;
use squab::cloud::{self, Spoil};
use squab_adapters::graph::GraphError;
use squab_adapters::http::{Cause, RequestFault};
use squab_core::media::{Kind, MediaId, Unfit, Upload, UploadError, Wrong, fits};
use squab_tests::desk::{fast, run};
use std::io::{self, ErrorKind};
use std::time::Duration;

const NUMBER: &str = cloud::PHONE_NUMBER_ID;

fn code(error: GraphError) -> (u32, u16) {
    match error {
        GraphError::Refused { code, status, .. } => (code, status),
        other => panic!("no refusal: {other:?}"),
    }
}

#[test]
fn a_file_goes_up_comes_down_the_same_and_is_gone_when_it_was_deleted() {
    run(async {
        let mut bench = Bench::new().await;
        for (media_type, length) in [
            ("audio/ogg; codecs=opus", 1),
            ("application/pdf", 4_095),
            ("image/png", 64 * 1024),
            ("image/webp", 99_999),
            ("video/mp4", 1_000_003),
        ] {
            let file = bytes(length);
            let id = bench.put(media_type, &file).await.unwrap();
            assert!(bench.get(&id).await.unwrap() == file, "{media_type}");
            let mut scratch = vec![0; 4096];
            bench.graph().delete(&id, NUMBER, &mut scratch).await.unwrap();
            assert_eq!(
                bench
                    .get(&id)
                    .await
                    .map_err(|(error, written)| (code(error), written)),
                Err(((100, 400), 0))
            );
            let again = bench.graph().delete(&id, NUMBER, &mut scratch).await;
            assert_eq!(again.map_err(code), Err((100, 400)));
        }
    });
}

#[test]
fn a_file_at_its_limit_is_taken_and_one_byte_more_is_refused_on_both_sides() {
    run(async {
        let mut bench = Bench::new().await;
        for (media_type, limit) in [("image/jpeg", 5_000_000), ("image/webp", 100_000)] {
            let id = bench.put(media_type, &vec![7; limit]).await.unwrap();
            assert_eq!(bench.get(&id).await.unwrap().len(), limit);
        }
        bench.asked();
        for (media_type, animated) in [
            ("audio/aac", false),
            ("video/3gpp", false),
            ("text/plain", false),
            ("image/png", false),
            ("image/webp", false),
            ("image/webp", true),
        ] {
            let kind = Kind::of(media_type).unwrap();
            let limit = kind.limit(animated);
            assert_eq!(fits(media_type, limit, animated), Ok(kind));
            let more = Upload::new(media_type, "x", limit + 1, animated, [0; 4]).err();
            let actual = limit + 1;
            assert_eq!(
                more,
                Some(UploadError::Unfit(Unfit::TooLarge { kind, limit, actual }))
            );
            assert_eq!(
                Upload::new(media_type, "x", 0, animated, [0; 4]).err(),
                Some(UploadError::Unfit(Unfit::Empty))
            );
        }
        assert_eq!(bench.asked(), [], "nothing was sent");
        // Who says that a still picture moves is found out.
        let upload = Upload::new("image/webp", "x", 100_001, true, [1; 4]).unwrap();
        let mut scratch = vec![0; 4096];
        let refused = bench
            .graph()
            .upload(NUMBER, &upload, vec![7; 100_001].as_slice(), &mut scratch)
            .await;
        assert_eq!(refused.map_err(code).err(), Some((131_009, 400)));
    });
}

#[test]
fn a_url_is_used_for_five_minutes_and_then_asked_for_anew() {
    run(async {
        let clock = fast(10_000);
        let mut bench = Bench::with(clock.clone(), clock.clone()).await;
        // Time is real as long as somebody is busy.
        let mut busy = clock.busy();
        let id = bench.put("image/png", b"a picture").await.unwrap();
        let mut scratch = vec![0; 4096];
        for (age, asks) in [(0, 0), (290, 0), (300, 1)] {
            let located = bench.graph().locate(&id, NUMBER, &mut scratch).await.unwrap();
            assert_eq!(located.size(), Some(9));
            let until = clock.now() + Duration::from_secs(age);
            drop(busy);
            busy = clock.sleep_until_busy(until).await;
            bench.asked();
            let mut out = Vec::new();
            let graph = bench.graph();
            let done = graph
                .download(&id, NUMBER, Some(located), &mut out, &mut scratch)
                .await;
            assert_eq!((done.unwrap().length, out.as_slice()), (9, &b"a picture"[..]));
            let asked = bench.asked();
            let count = |what: &str| asked.iter().filter(|(asked, _)| asked == what).count();
            assert_eq!(
                (count("GET an object"), count("GET a file")),
                (asks, 1),
                "after {age} s: {asked:?}"
            );
        }
        drop(busy);
    });
}

#[test]
fn a_url_that_ended_sooner_than_thought_is_asked_for_anew_once() {
    run(async {
        // The client's clock knows nothing of the five minutes that pass for the cloud.
        let (theirs, ours) = (fast(10_000), Clock::real());
        let mut bench = Bench::with(theirs.clone(), ours).await;
        let busy = theirs.busy();
        let id = bench.put("image/png", b"a picture").await.unwrap();
        let mut scratch = vec![0; 4096];
        let located = bench.graph().locate(&id, NUMBER, &mut scratch).await.unwrap();
        let until = theirs.now() + Duration::from_mins(5);
        drop(busy);
        let busy = theirs.sleep_until_busy(until).await;
        bench.asked();
        let mut out = Vec::new();
        let done = bench
            .graph()
            .download(&id, NUMBER, Some(located), &mut out, &mut scratch)
            .await;
        assert_eq!((done.unwrap().length, out.as_slice()), (9, &b"a picture"[..]));
        let asked = bench.asked();
        assert_eq!(
            asked,
            [
                ("GET a file".to_owned(), Some(404)),
                ("GET an object".to_owned(), None),
                ("GET a file".to_owned(), None),
            ]
        );
        drop(busy);
    });
}

#[test]
fn what_is_not_the_promised_file_is_told_and_not_to_be_trusted() {
    run(async {
        let mut bench = Bench::new().await;
        let file = bytes(10_000);
        let id = bench.put("application/pdf", &file).await.unwrap();
        let size = |actual| Wrong::Size {
            promised: 10_000,
            actual,
        };
        for (spoil, wrong) in [
            (Spoil::Byte, Wrong::Digest),
            (Spoil::Longer, size(10_001)),
            (Spoil::Shorter, size(9_999)),
        ] {
            bench.cloud.spoil_files(Some(spoil));
            let (error, _) = bench.get(&id).await.unwrap_err();
            assert_eq!(error, GraphError::Wrong(wrong));
        }
        bench.cloud.spoil_files(None);
        assert!(bench.get(&id).await.unwrap() == file);
    });
}

#[test]
fn a_token_that_is_not_good_opens_nothing() {
    run(async {
        let mut bench = Bench::new().await;
        let id = bench.put("image/png", b"x").await.unwrap();
        bench.token = "EAAother".to_owned();
        assert_eq!(
            bench.get(&id).await.map_err(|(error, _)| code(error)),
            Err((190, 401))
        );
        assert_eq!(bench.put("image/png", b"x").await.map_err(code), Err((190, 401)));
        let mut scratch = vec![0; 4096];
        assert_eq!(
            bench
                .graph()
                .delete(&id, NUMBER, &mut scratch)
                .await
                .map_err(code),
            Err((190, 401))
        );
        cloud::TOKEN.clone_into(&mut bench.token);
        assert_eq!(bench.get(&id).await.unwrap(), b"x");
    });
}

#[test]
fn a_file_of_another_number_is_not_shown() {
    run(async {
        let mut bench = Bench::new().await;
        let id = bench.put("image/png", b"x").await.unwrap();
        let mut scratch = vec![0; 4096];
        let other = bench.graph().locate(&id, "100000000000009", &mut scratch).await;
        assert_eq!(other.map(|_| ()).map_err(code), Err((100, 400)));
        let unknown = MediaId::parse("1234567890123456").unwrap();
        assert_eq!(
            bench.get(&unknown).await.map_err(|(error, _)| code(error)),
            Err((100, 400))
        );
    });
}

/// Fails after its first bytes.
struct Failing<'a>(&'a [u8]);

impl embedded_io_async::ErrorType for Failing<'_> {
    type Error = io::Error;
}

impl embedded_io_async::Read for Failing<'_> {
    async fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        match io::Read::read(&mut self.0, out)? {
            0 => Err(ErrorKind::PermissionDenied.into()),
            count => Ok(count),
        }
    }
}

impl embedded_io_async::Write for Failing<'_> {
    async fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(ErrorKind::OutOfMemory.into())
    }

    async fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_source_that_is_not_as_long_as_was_said_leaves_no_file_behind() {
    run(async {
        let mut bench = Bench::new().await;
        let mut scratch = vec![0; 512];
        let upload = upload("image/png", 3_000);
        let fault = |error| GraphError::Exchange(Cause::Request(error));
        let head = upload.head_len();
        for (length, expected) in [
            (0, fault(RequestFault::BodyShort { at: head })),
            (2_999, fault(RequestFault::BodyShort { at: head + 2_999 })),
            (3_001, fault(RequestFault::BodyLong)),
            (10_000, fault(RequestFault::BodyLong)),
        ] {
            let source = vec![1; length];
            let result = bench
                .graph()
                .upload(NUMBER, &upload, &source[..], &mut scratch)
                .await;
            assert_eq!(result, Err(expected), "{length} bytes");
        }
        let result = bench
            .graph()
            .upload(NUMBER, &upload, Failing(&[1; 100]), &mut scratch)
            .await;
        let kind = embedded_io_async::ErrorKind::PermissionDenied;
        assert_eq!(result, Err(fault(RequestFault::Source(kind))));
        assert_eq!(bench.asked(), [], "no request came whole");
        let result = bench
            .graph()
            .upload(NUMBER, &upload, &[1; 3_000][..], &mut scratch)
            .await;
        assert!(result.is_ok());
    });
}

#[test]
fn a_writer_that_takes_no_more_ends_the_download() {
    run(async {
        let mut bench = Bench::new().await;
        let id = bench.put("image/png", &bytes(100_000)).await.unwrap();
        let mut scratch = vec![0; 4096];
        let mut out = Failing(&[]);
        let result = bench
            .graph()
            .download(&id, NUMBER, None, &mut out, &mut scratch)
            .await;
        let kind = embedded_io_async::ErrorKind::OutOfMemory;
        assert_eq!(result, Err(GraphError::Exchange(Cause::Sink(kind))));
    });
}

#[test]
fn an_answer_that_got_lost_is_an_error_and_no_file() {
    run(async {
        let mut bench = Bench::new().await;
        bench.cloud.lose_answers(1);
        assert!(matches!(
            bench.put("image/png", b"x").await,
            Err(GraphError::Exchange(_))
        ));
        let id = bench.put("image/png", b"x").await.unwrap();
        bench.cloud.go_offline();
        let (error, written) = bench.get(&id).await.unwrap_err();
        assert!(
            matches!(error, GraphError::Exchange(Cause::Connect(_))),
            "{error:?}"
        );
        assert_eq!(written, 0);
    });
}
