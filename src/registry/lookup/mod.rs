//! What is kept of an export for look-up: the clients, their consents, the vaccines, the organizations; and the facts,
//! which refer to them and are handed out one by one.

mod clients;
mod consents;
mod facts;
mod keys;
mod organizations;
mod reference;
mod vaccines;

pub use clients::{ClientPlace, Clients, TEXT_COLUMNS as CLIENT_TEXTS};
pub use consents::{Consent, Consents};
pub(super) use facts::read_facts_beside;
pub use facts::{Fact, read_facts, read_facts_in_order};
pub use keys::{ById, Sharing, sharing};
pub use organizations::{Organization, Organizations, TEXT_COLUMNS as ORGANIZATION_TEXTS};
pub(crate) use reference::read_reference_before;
pub use reference::{Assignment, Reference, read_reference};
pub use vaccines::{Vaccine, Vaccines};
