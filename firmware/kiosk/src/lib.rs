//! The kiosk application.
#![no_std]
