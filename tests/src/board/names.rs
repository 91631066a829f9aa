//! A name server that tells the truth or lies (RFC 1035). A board asks port 53, and no other.

use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::net::UdpSocket;
use tokio::task::JoinHandle;

/// The port of name servers; on most systems only root may listen there.
const PORT: u16 = 53;
/// Bytes of a message before its questions.
const HEADER: usize = 12;
/// Length of the record type and class behind a question's name.
const TYPE_AND_CLASS: usize = 4;
/// A response, with recursion wanted and available.
const RESPONSE: [u8; 2] = [0x81, 0x80];
const NO_SUCH_NAME: u8 = 3;

/// How the server answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// Every name has this address.
    Address(Ipv4Addr),
    /// There is no such name.
    NoSuchName,
    /// With what is no answer.
    Garbage,
    /// Not at all.
    Silence,
}

/// A running server; it ends when this is dropped.
#[derive(Debug)]
pub struct NameServer {
    answer: Arc<Mutex<Answer>>,
    task: JoinHandle<()>,
}

impl NameServer {
    /// Starts a server on port 53 of 127.0.0.1.
    ///
    /// # Panics
    /// If that is not allowed, or somebody else is there.
    pub async fn start(answer: Answer) -> Self {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, PORT)).await.unwrap_or_else(|error| {
            panic!("port {PORT} of 127.0.0.1 ({error}): run this as root, or allow it with: sudo sysctl net.ipv4.ip_unprivileged_port_start=53")
        });
        let answer = Arc::new(Mutex::new(answer));
        let task = tokio::spawn({
            let answer = Arc::clone(&answer);
            async move {
                let mut packet = [0; 512];
                while let Ok((length, from)) = socket.recv_from(&mut packet).await {
                    let now = *answer.lock().unwrap_or_else(PoisonError::into_inner);
                    if let Some(reply) = packet.get(..length).and_then(|question| reply(question, now)) {
                        let _ = socket.send_to(&reply, from).await;
                    }
                }
            }
        });
        Self { answer, task }
    }

    /// From now on it answers so.
    pub fn answer(&self, answer: Answer) {
        *self.answer.lock().unwrap_or_else(PoisonError::into_inner) = answer;
    }
}

impl Drop for NameServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn reply(question: &[u8], answer: Answer) -> Option<Vec<u8>> {
    let (header, rest) = question.split_at_checked(HEADER)?;
    let name = rest.iter().position(|byte| *byte == 0)? + 1;
    let asked = rest.get(..name + TYPE_AND_CLASS)?;
    let id = header.get(..2)?;
    let counts = |answers: u8| [0, 1, 0, answers, 0, 0, 0, 0];
    let [high, low] = RESPONSE;
    Some(match answer {
        Answer::Silence => return None,
        Answer::Garbage => [id, &RESPONSE, &[0xFF; 40]].concat(),
        Answer::NoSuchName => [id, &[high, low | NO_SUCH_NAME], &counts(0), asked].concat(),
        Answer::Address(address) => {
            // The name as at the beginning of the question; an address in the Internet; for a second; four bytes.
            let record = [0xC0, HEADER as u8, 0, 1, 0, 1, 0, 0, 0, 1, 0, 4];
            [id, &RESPONSE, &counts(1), asked, &record, &address.octets()].concat()
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_has_the_question_s_id_and_repeats_it() {
        let question =
            b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x05graph\x04test\x00\x00\x01\x00\x01";
        let there = reply(question, Answer::Address(Ipv4Addr::new(10, 0, 2, 2))).expect("an answer");
        assert!(there.starts_with(b"\x12\x34\x81\x80\x00\x01\x00\x01"));
        assert!(there.ends_with(&[0, 4, 10, 0, 2, 2]));
        let nowhere = reply(question, Answer::NoSuchName).expect("an answer");
        assert_eq!(nowhere.get(3), Some(&0x83));
        assert_eq!(nowhere.get(HEADER..), question.get(HEADER..));
        assert_eq!(reply(question, Answer::Silence), None);
        assert_eq!(reply(b"no question", Answer::NoSuchName), None);
    }
}
