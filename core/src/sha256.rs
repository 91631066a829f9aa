//! SHA-256 that is in flash once: `sha2`'s own functions are copied to wherever they are called, some 300 bytes a call.
//!
//! Memory: 112 bytes.

use sha2::digest::block_api::BlockSizeUser;
use sha2::digest::{FixedOutput, HashMarker, Output, OutputSizeUser, Update};

/// `sha2`'s SHA-256, behind functions that are not inlined on a chip.
#[derive(Clone, Default)]
pub(crate) struct Sha256(sha2::Sha256);

impl HashMarker for Sha256 {}

impl OutputSizeUser for Sha256 {
    type OutputSize = <sha2::Sha256 as OutputSizeUser>::OutputSize;
}

impl BlockSizeUser for Sha256 {
    type BlockSize = <sha2::Sha256 as BlockSizeUser>::BlockSize;
}

impl Update for Sha256 {
    #[cfg_attr(target_pointer_width = "32", inline(never))]
    fn update(&mut self, bytes: &[u8]) {
        Update::update(&mut self.0, bytes);
    }
}

impl FixedOutput for Sha256 {
    #[cfg_attr(target_pointer_width = "32", inline(never))]
    fn finalize_into(self, out: &mut Output<Self>) {
        self.0.finalize_into(out);
    }
}
