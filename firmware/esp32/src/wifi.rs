//! Wi-Fi: a station that tries for ever to be connected.
//!
//! Nothing waits for it: alerts are taken and kept while there is no network, and go out when there is one.

use embassy_net::Runner;
use embassy_time::{Duration, Instant, Timer, with_timeout};
use esp_hal::peripherals::WIFI;
use esp_radio::wifi::sta::StationConfig;
use esp_radio::wifi::{
    AuthenticationMethodConfig, Config, ConnectionError, ControllerConfig, Interface, Password,
    WifiController, WifiError,
};
use squab_kiosk::device::Wifi;

/// Between two attempts: from the first to the second, doubled each time.
const RETRY: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(60));
/// The driver answers sooner than this, if it answers at all.
const PATIENCE: Duration = Duration::from_secs(30);
/// A connection that lasted so long was a good one: the next attempt comes soon.
const GOOD: Duration = Duration::from_secs(60);

/// Frames that the driver keeps memory for, 1.6 KB each: received ones that wait for it, and those that wait for the
/// network stack or to be sent. A kiosk sends a few KB at a time; the driver's defaults (10, 32 and 32) are made for
/// downloads and could take 118 KB of heap.
const RECEIVED_STATIC: u8 = 6;
const RECEIVED: u16 = 12;
const SENT: u16 = 12;

/// Starts the radio for this network.
///
/// # Errors
/// The driver's: names and passwords that Wi-Fi does not allow, or no memory.
pub(crate) fn start(wifi: WIFI<'static>, network: &Wifi<'_>) -> Result<WifiController<'static>, WifiError> {
    let authentication = match network.password {
        None => AuthenticationMethodConfig::Open,
        // Nothing older: WPA and WEP are broken.
        Some(password) => AuthenticationMethodConfig::Wpa2Personal(Password::try_from(password.expose())?),
    };
    let station = StationConfig::default()
        .with_ssid(network.ssid.try_into()?)
        .with_authentication(authentication);
    let config = ControllerConfig::default()
        .with_initial_config(Config::Station(station))
        // The channels and power that are allowed everywhere.
        .with_country_info(*b"01")
        .with_static_rx_buf_num(RECEIVED_STATIC)
        .with_dynamic_rx_buf_num(RECEIVED)
        .with_dynamic_tx_buf_num(SENT);
    WifiController::new(wifi, config)
}

/// Keeps the station connected, for ever.
#[embassy_executor::task]
pub(crate) async fn keep_connected(mut radio: WifiController<'static>) -> ! {
    let (shortest, longest) = RETRY;
    let mut pause = shortest;
    loop {
        match with_timeout(PATIENCE, radio.connect_async()).await {
            Ok(Ok(_)) => {
                defmt::info!("Wi-Fi: connected");
                let since = Instant::now();
                // The network's name is the owner's affair and stays out of the log.
                match radio.wait_for_disconnect_async().await {
                    Ok(end) => defmt::warn!("Wi-Fi: disconnected, {}", end.reason),
                    Err(error) => defmt::warn!("Wi-Fi: disconnected, {}", error),
                }
                if since.elapsed() >= GOOD {
                    pause = shortest;
                }
            }
            Ok(Err(ConnectionError::Failed(refusal))) => {
                defmt::warn!("Wi-Fi: not connected, {}", refusal.reason);
            }
            // The driver's own error, which names nobody.
            Ok(Err(error)) => defmt::warn!("Wi-Fi: not connected, {}", error),
            Err(_) => {
                defmt::warn!("Wi-Fi: no answer from the driver");
                // It is idle already, or it is now.
                let _ = with_timeout(PATIENCE, radio.disconnect_async()).await;
            }
        }
        Timer::after(pause).await;
        pause = longest.min(pause * 2);
    }
}

/// Moves the network stack's frames, for ever.
#[embassy_executor::task]
pub(crate) async fn move_frames(mut runner: Runner<'static, Interface>) -> ! {
    runner.run().await
}
