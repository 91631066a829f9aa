//! A time server that tells what a test wants (RFC 5905).

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;
use tokio::net::UdpSocket;
use tokio::task::JoinHandle;

/// Bytes of a packet without extensions.
const PACKET: usize = 48;
/// Where the client's own time stands, and where the server repeats it.
const TRANSMIT: usize = 40;
const ORIGINATE: usize = 24;
const RECEIVE: usize = 32;
/// Seconds from NTP's beginning, 1900, to 1970.
const TO_1970: u64 = 2_208_988_800;
/// No leap second, version 4, server.
const SERVER: u8 = 0b00_100_100;

/// How the server answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// With the time of day.
    Right,
    /// With 1970-01-01: its own clock was never set.
    Year1970,
    /// With the demand to be asked no more ("kiss-o'-death").
    KissOfDeath,
    /// Not at all.
    Silence,
}

#[derive(Debug)]
struct State {
    answer: Answer,
    asked: usize,
}

/// A running server; it ends when this is dropped.
#[derive(Debug)]
pub struct TimeServer {
    /// Where it listens.
    pub address: SocketAddr,
    state: Arc<Mutex<State>>,
    task: JoinHandle<()>,
}

impl TimeServer {
    /// Starts a server on a free port of 127.0.0.1.
    ///
    /// # Panics
    /// If there is none.
    pub async fn start(answer: Answer) -> Self {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))
            .await
            .expect("a free port");
        let address = socket.local_addr().expect("an address");
        let state = Arc::new(Mutex::new(State { answer, asked: 0 }));
        let task = tokio::spawn({
            let state = Arc::clone(&state);
            async move {
                let mut packet = [0; 512];
                while let Ok((length, from)) = socket.recv_from(&mut packet).await {
                    let answer = {
                        let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
                        state.asked += 1;
                        state.answer
                    };
                    if let Some(answer) = packet.get(..length).and_then(|question| reply(question, answer)) {
                        let _ = socket.send_to(&answer, from).await;
                    }
                }
            }
        });
        Self { address, state, task }
    }

    /// From now on it answers so.
    pub fn answer(&self, answer: Answer) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).answer = answer;
    }

    /// How often it was asked.
    pub fn asked(&self) -> usize {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).asked
    }

    /// The line of a configuration with which a board in QEMU asks it.
    pub fn config_line(&self) -> String {
        format!("ntp-servers,{}:{}\n", super::HOST, self.address.port())
    }
}

impl Drop for TimeServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn reply(question: &[u8], answer: Answer) -> Option<[u8; PACKET]> {
    let seconds = match answer {
        Answer::Silence => return None,
        Answer::Year1970 => 0,
        Answer::Right | Answer::KissOfDeath => {
            let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
            now.map_or(0, |since| since.as_secs())
        }
    };
    let asked_at = question.get(TRANSMIT..PACKET)?;
    let mut packet = [0; PACKET];
    packet[0] = SERVER;
    packet[1] = u8::from(answer != Answer::KissOfDeath);
    packet[12..16].copy_from_slice(if answer == Answer::KissOfDeath {
        b"DENY"
    } else {
        b"LOCL"
    });
    packet[ORIGINATE..RECEIVE].copy_from_slice(asked_at);
    // The upper half is seconds, in an era that ends in 2036; the client knows which one it is.
    let now = ((seconds + TO_1970) << 32).to_be_bytes();
    packet[RECEIVE..TRANSMIT].copy_from_slice(&now);
    packet[TRANSMIT..].copy_from_slice(&now);
    Some(packet)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_repeats_the_question_s_time_and_names_a_year() {
        let mut question = [0; PACKET];
        question[TRANSMIT..].copy_from_slice(b"whenever");
        for answer in [Answer::Right, Answer::Year1970, Answer::KissOfDeath] {
            let packet = reply(&question, answer).expect("an answer");
            assert_eq!(&packet[ORIGINATE..RECEIVE], b"whenever");
            let seconds = u32::from_be_bytes([packet[40], packet[41], packet[42], packet[43]]);
            assert_eq!(u64::from(seconds) == TO_1970, answer == Answer::Year1970);
            assert_eq!(packet[1] == 0, answer == Answer::KissOfDeath);
        }
        assert_eq!(reply(&question, Answer::Silence), None);
        assert_eq!(reply(b"short", Answer::Right), None);
    }
}
