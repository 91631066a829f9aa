//! The Squab kiosk on an ESP32: what is the chip's own, around `squab_board`'s run loop.
//!
//! | Module | What it is |
//! | --- | --- |
//! | `chip` | what differs between the chips: pins, memory |
//! | `flash` | partitions: configuration, root certificates, journal |
//! | `heap` | for TLS and the radio alone |
//! | `post_mortem` | reset reason, panics |
//! | `serial` | alerts in, events out: UART1 |
//! | `wifi` | the way out |
//!
//! Logs go to the USB port (or UART0, where there is none) as defmt, for `espflash monitor`. There is no secret, no
//! network's name and no phone number in them.
#![no_std]
#![no_main]

mod chip;
mod flash;
mod heap;
mod post_mortem;
mod serial;
mod wifi;

use embassy_executor::Spawner;
use embassy_futures::join::join;
use embassy_net::Stack;
use embassy_time::{Duration, Instant, Timer};
use esp_hal::Async;
use esp_hal::clock::CpuClock;
use esp_hal::gpio::{AnyPin, Input, InputConfig, Level, Output, OutputConfig, Pull};
use esp_hal::rng::Trng;
use esp_hal::rtc_cntl::{Rtc, RwdtStage};
use esp_hal::timer::timg::TimerGroup;
use esp_hal::uart::UartTx;
use esp_radio::wifi::Interface;
use flash::{Flash, JournalFlash};
use mbedtls_rs::Tls;
use squab_adapters::clock::Clock as _;
use squab_board::{BoardClock, Parts, ROOTS_MAX, Roots, TcpBuffers, make_stack, run, show};
use squab_kiosk::device::{Active, CONFIG_MAX, DeviceConfig, Wifi};
use squab_kiosk::lamp::State;
use static_cell::StaticCell;
// Where logs go.
use esp_println as _;
// What the ROM does not have of C's library.
#[cfg(any(feature = "esp32c6", feature = "esp32s2", feature = "esp32s3"))]
use tinyrlibc as _;

esp_bootloader_esp_idf::esp_app_desc!();
defmt::timestamp!("{=u64:ms}", Instant::now().as_millis());

/// The chip is reset if its executor stands still for so long: longer by far than the longest computation, a TLS
/// handshake of about a second.
const WATCHDOG: esp_hal::time::Duration = esp_hal::time::Duration::from_secs(30);
/// How often the watchdog is fed, and the chip's own clock set, which runs on over a reset.
const ATTEND: Duration = Duration::from_secs(5);

/// What `squab_board` runs the kiosk with on this chip.
type ChipParts =
    Parts<'static, JournalFlash, serial::Input, UartTx<'static, Async>, Input<'static>, Output<'static>>;

/// For Mbed TLS.
static RANDOM: StaticCell<Trng> = StaticCell::new();

#[esp_rtos::main]
async fn main(spawner: Spawner) {
    let chip = esp_hal::init(esp_hal::Config::default().with_cpu_clock(CpuClock::max()));
    heap::start();
    esp_rtos::start(TimerGroup::new(chip.TIMG0).timer0, chip.FROM_CPU_INTR0);
    post_mortem::tell();
    let mut rtc = Rtc::new(chip.RTC_TIMER);
    rtc.rwdt.enable();
    rtc.rwdt.set_timeout(RwdtStage::Stage0, WATCHDOG);
    let pins = chip::pins!(chip);
    let mut lamp = Output::new(pins.lamp, Level::Low, OutputConfig::default());

    let (input, mut output) = serial::open(chip.UART1, pins.transmit, pins.receive, chip.FROM_CPU_INTR1)
        .unwrap_or_else(|error| panic!("the UART cannot be set up: {error}"));

    let mut flash = Flash::new(chip.FLASH);
    let Some((config, wifi)) = configuration(&mut flash, &mut output) else {
        // Whoever flashes one resets the chip with it.
        loop {
            show(&mut lamp, State::NoConfig).await;
            rtc.rwdt.feed();
        }
    };
    let clock = kept_time(&rtc);
    let radio =
        wifi::start(chip.WIFI, &wifi).unwrap_or_else(|error| panic!("the radio does not start: {error}"));
    // The radio's noise is what makes the numbers random.
    let random = Trng::try_new().expect("the radio is on");
    let (stack, buffers) = start_network(spawner, config, &random);
    let roots = roots(&mut flash, &mut output);
    // Without the partition alerts do not outlive a loss of power, but they go.
    let journal = flash
        .journal()
        .inspect_err(|error| serial::warn(&mut output, error));
    let parts = Parts {
        config,
        clock,
        stack,
        buffers,
        random: [random.random(), random.random()],
        tls: Tls::new(RANDOM.init(random)).expect("there is one"),
        roots,
        journal: journal.ok(),
        input,
        output,
        sensor: config.sensor().map(|sensor| contact(pins.contact, sensor.active)),
        lamp: Some(lamp),
    };
    spawner.spawn(kiosk(parts).expect("it is spawned once"));
    spawner.spawn(wifi::keep_connected(radio).expect("it is spawned once"));
    join(attend(&mut rtc, clock), heap::report()).await;
}

/// Reads the configuration, and says what is wrong with it.
#[inline(never)]
fn configuration(
    flash: &mut Flash,
    output: &mut UartTx<'static, Async>,
) -> Option<(&'static DeviceConfig, Wifi<'static>)> {
    static CONFIG: StaticCell<DeviceConfig> = StaticCell::new();
    let text = flash
        .read::<CONFIG_MAX>(flash::CONFIG)
        .inspect_err(|error| serial::warn(output, error))
        .ok()?;
    let config = DeviceConfig::read(&text, &mut |warning| serial::warn(output, &warning));
    let config = config.inspect_err(|error| serial::warn(output, error)).ok()?;
    let config = &*CONFIG.init(config);
    let wifi = config.wifi();
    if wifi.is_none() {
        serial::warn(output, &"the configuration has no wifi-ssid");
    }
    Some((config, wifi?))
}

/// Reads whom to trust.
#[inline(never)]
fn roots(flash: &mut Flash, output: &mut UartTx<'static, Async>) -> Roots {
    // Without the partition it is as if it were erased.
    let mut text = flash.read::<ROOTS_MAX>(flash::ROOTS).unwrap_or_else(|error| {
        serial::warn(output, &error);
        [0xFF; ROOTS_MAX]
    });
    Roots::load(&mut text, &mut |error| serial::warn(output, &error))
        .unwrap_or_else(|error| panic!("no root certificates: {error}"))
}

/// The clock, set if the chip's own has run on over a reset.
fn kept_time(rtc: &Rtc<'_>) -> &'static BoardClock {
    static CLOCK: StaticCell<BoardClock> = StaticCell::new();
    let clock = &*CLOCK.init(BoardClock::new());
    // After power-on it begins at 1970, which is not taken.
    if clock.set(rtc.current_time_us() / 1_000_000) {
        defmt::info!("the time was kept over the reset");
    }
    clock
}

/// Feeds the watchdog from the executor that the kiosk runs on, and keeps the chip's own clock at the time of day, for
/// ever.
async fn attend(rtc: &mut Rtc<'_>, clock: &BoardClock) -> ! {
    loop {
        rtc.rwdt.feed();
        if let Some(time) = clock.unix_time() {
            rtc.set_current_time_us(time.saturating_mul(1_000_000));
        }
        Timer::after(ATTEND).await;
    }
}

/// The network stack on the radio, and the buffers of its connection to the Graph API.
fn start_network(
    spawner: Spawner,
    config: &DeviceConfig,
    random: &Trng,
) -> (Stack<'static>, &'static TcpBuffers) {
    let seed = u64::from(random.random()) << 32 | u64::from(random.random());
    let (stack, runner, buffers) = make_stack(Interface::station(), config, seed);
    spawner.spawn(wifi::move_frames(runner).expect("it is spawned once"));
    (stack, buffers)
}

/// The contact's pin, held where the contact does not hold it.
fn contact(pin: AnyPin<'static>, active: Active) -> Input<'static> {
    let pull = match active {
        Active::Low => Pull::Up,
        Active::High => Pull::Down,
    };
    Input::new(pin, InputConfig::default().with_pull(pull))
}

/// The kiosk; it ends with the power.
#[embassy_executor::task]
async fn kiosk(parts: ChipParts) {
    match run(parts).await {
        Ok(()) => panic!("the kiosk ended: its input did"),
        Err(kind) => panic!("the kiosk ended: {kind:?}"),
    }
}
