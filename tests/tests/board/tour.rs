//! The whole way, as `cargo xtask qemu` shows it.

use super::{TEST, asked};
use squab_tests::board::tour::{TourSettings, run};
use squab_tests::desk::run_within;
use std::rc::Rc;

#[test]
fn two_alerts_are_delivered_and_read_and_a_button_comes_back_to_the_boards_own_endpoint() {
    run_within(TEST, async {
        let settings = TourSettings {
            qemu: asked("SQUAB_QEMU"),
            kiosk: asked("SQUAB_BOARD_KIOSK").into(),
            dial: asked("SQUAB_BOARD_DIAL").into(),
            keep: false,
        };
        let figures = run(settings, Rc::new(|_, _| {})).await.expect("every outcome");
        assert_eq!(figures.tls, "1.3");
        assert!(figures.heap_peak * 5 <= figures.heap_size * 4, "{figures:?}");
        assert!(figures.stack_peak * 5 <= figures.stack_size * 4, "{figures:?}");
    });
}
