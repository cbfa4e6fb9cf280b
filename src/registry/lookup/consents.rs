//! The consents of an export, by client.

use super::clients::ClientPlace;
use crate::parallel::sort_by_key;
use crate::registry::check::{ExportRow, Notice};
use crate::registry::tables::consents as columns;
use crate::registry::{ConsentType, EndReason};
use crate::value::Day;
use std::num::NonZeroUsize;

/// One consent of a client.
///
/// It is active from its effective date through the day before its end, or on if it has none. An end without a
/// reason is an expiry.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Consent {
    /// What it is for.
    pub consent_type: ConsentType,
    /// Its first day.
    pub effective: Day,
    /// The day from which on it no longer holds; never before `effective`.
    pub end: Option<Day>,
    /// Why it ended, where the export says so.
    pub end_reason: Option<EndReason>,
}

impl Consent {
    fn from_row(row: &ExportRow<'_>) -> Consent {
        Consent {
            consent_type: row.consent_type(columns::CONSENT_TYPE),
            effective: row.day(columns::EFFECTIVE_DATE),
            end: row.optional_day(columns::END_DATE),
            end_reason: row.end_reason(columns::END_REASON),
        }
    }

    /// Whether the client took it back; then it has an end.
    pub fn is_withdrawn(&self) -> bool {
        match self.end_reason {
            Some(EndReason::Withdrawn) => true,
            Some(EndReason::Expired) | None => false,
        }
    }
}

/// Collects the rows of `consents`.
#[derive(Debug, Default)]
pub(super) struct ConsentsBuilder {
    rows: Vec<(ClientPlace, Consent)>,
    closed: Vec<ClientPlace>,
    of_unknown: u64,
    expired_without_end: u64,
}

impl ConsentsBuilder {
    /// Adds a row; `client` is none if the client is unknown or quarantined.
    pub(super) fn add(&mut self, client: Option<ClientPlace>, row: &ExportRow<'_>) {
        match client {
            Some(client) => self.rows.push((client, Consent::from_row(row))),
            None => self.of_unknown += 1,
        }
        self.expired_without_end += u64::from(expired_without_end(row));
    }

    /// Takes note of a client who has lost a row to the quarantine.
    pub(super) fn close(&mut self, client: Option<ClientPlace>) {
        self.closed.extend(client);
    }

    /// Adds the rows of another builder. The order of the rows does not matter.
    pub(super) fn with(mut self, mut other: ConsentsBuilder) -> ConsentsBuilder {
        self.rows.append(&mut other.rows);
        self.closed.append(&mut other.closed);
        self.of_unknown += other.of_unknown;
        self.expired_without_end += other.expired_without_end;
        self
    }

    /// What is worth a warning.
    pub(super) fn notices(&self) -> impl Iterator<Item = Notice> {
        let unknown = Notice::ConsentsOfUnknownClients { count: self.of_unknown };
        let expired = Notice::ExpiredWithoutEnd { count: self.expired_without_end };
        let all = [(self.of_unknown, unknown), (self.expired_without_end, expired)];
        all.into_iter().filter(|(count, _)| *count > 0).map(|(_, notice)| notice)
    }

    /// Groups the consents of so many clients.
    pub(super) fn finish(self, clients: usize, threads: NonZeroUsize) -> Consents {
        Consents::new(clients, self.rows, self.closed, threads)
    }
}

/// Whether a row says that the consent expired, but not when. It counts as open.
fn expired_without_end(row: &ExportRow<'_>) -> bool {
    row.end_reason(columns::END_REASON) == Some(EndReason::Expired)
        && row.optional_day(columns::END_DATE).is_none()
}

/// The consents of the usable clients.
#[derive(Debug)]
pub struct Consents {
    /// Where each client's consents begin; one more than there are clients.
    starts: Vec<u32>,
    consents: Vec<Consent>,
    /// The clients who lost a consent row to the quarantine, in ascending order.
    closed: Vec<ClientPlace>,
}

impl Consents {
    /// Groups consents by client. There may be fewer than 2^32.
    fn new(
        clients: usize,
        mut rows: Vec<(ClientPlace, Consent)>,
        mut closed: Vec<ClientPlace>,
        threads: NonZeroUsize,
    ) -> Consents {
        sort_by_key(&mut rows, threads, |row| *row);
        closed.sort_unstable();
        closed.dedup();
        let mut starts = Vec::with_capacity(clients + 1);
        let mut next = 0;
        for client in 0..=clients {
            while rows.get(next).is_some_and(|(owner, _)| (*owner as usize) < client) {
                next += 1;
            }
            starts.push(next as u32);
        }
        Consents { starts, consents: rows.into_iter().map(|(_, consent)| consent).collect(), closed }
    }

    /// About how many bytes of memory they take.
    pub fn size(&self) -> usize {
        size_of_val(self.starts.as_slice()) + size_of_val(self.consents.as_slice())
    }

    /// How many clients have lost a row.
    pub(super) fn closed(&self) -> u64 {
        self.closed.len() as u64
    }

    /// A client's consents, of both types.
    pub fn of(&self, client: ClientPlace) -> &[Consent] {
        let client = client as usize;
        &self.consents[self.starts[client] as usize..self.starts[client + 1] as usize]
    }

    /// Whether a consent of the client could not be read. It may have been a withdrawal.
    pub fn unreadable(&self, client: ClientPlace) -> bool {
        self.closed.binary_search(&client).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_by_client() {
        let consent = |year| Consent {
            consent_type: ConsentType::Standard,
            effective: Day::new(year, 1, 1).unwrap(),
            end: None,
            end_reason: None,
        };
        let rows = vec![(2, consent(2001)), (0, consent(2002)), (2, consent(2000))];
        let consents = Consents::new(4, rows, vec![3, 1, 3], NonZeroUsize::MIN);
        let years = |client| consents.of(client).iter().map(|c| c.effective.year()).collect::<Vec<_>>();
        assert_eq!(years(0), [2002]);
        assert!(years(1).is_empty());
        assert_eq!(years(2), [2000, 2001]);
        assert!(years(3).is_empty());
        assert_eq!([0, 1, 2, 3].map(|c| consents.unreadable(c)), [false, true, false, true]);
    }
}
