//! What an alert needs beyond being sent: client against cloud in virtual time.

mod alarm;
