//! Where no backend is written yet.

use crate::Error;

#[derive(Debug)]
pub(super) struct Grab {}

impl Grab {
    pub(super) fn new(_display: Option<&str>, _pressed: impl Fn() + Send + 'static) -> Result<Self, Error> {
        Err(Error::Unsupported)
    }
}
