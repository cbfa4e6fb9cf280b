//! The consents of an export, by client.

use super::clients::{ClientPlace, Clients};
use crate::parallel::for_each_part;
use crate::registry::check::{ExportRow, Notice};
use crate::registry::tables::consents as columns;
use crate::registry::{ConsentType, EndReason};
use crate::spill::place_by;
use crate::value::Day;
use std::num::NonZeroUsize;
use std::ops::Range;

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

/// The clients of so many rows are looked up together: the processor then waits for many of them at once.
const TOGETHER: usize = 64;

/// Collects the rows of `consents`.
#[derive(Debug, Default)]
pub(super) struct ConsentsBuilder {
    rows: Vec<(ClientPlace, Consent)>,
    /// Rows whose clients are not looked up yet.
    pending: Vec<(u64, Consent)>,
    closed: Vec<ClientPlace>,
    of_unknown: u64,
    expired_without_end: u64,
}

impl ConsentsBuilder {
    /// Adds a row.
    pub(super) fn add(&mut self, clients: &Clients, row: &ExportRow<'_>) {
        if self.pending.len() >= TOGETHER {
            self.resolve(clients);
        }
        self.pending.push((row.id(columns::CLIENT_ID), Consent::from_row(row)));
        self.expired_without_end += u64::from(expired_without_end(row));
    }

    /// Looks up clients. Rows of those that are unknown or quarantined are of no use.
    pub(super) fn resolve(&mut self, clients: &Clients) {
        for (id, consent) in self.pending.drain(..) {
            match clients.find(id) {
                Some(client) => self.rows.push((client, consent)),
                None => self.of_unknown += 1,
            }
        }
    }

    /// Takes note of a client who has lost a row to the quarantine.
    pub(super) fn close(&mut self, client: Option<ClientPlace>) {
        self.closed.extend(client);
    }

    /// Adds the rows of another builder. The order of the rows does not matter.
    pub(super) fn with(mut self, mut other: ConsentsBuilder) -> ConsentsBuilder {
        self.rows.append(&mut other.rows);
        self.pending.append(&mut other.pending);
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

    /// Groups the consents of so many clients; they must be looked up.
    pub(super) fn finish(self, clients: usize, threads: NonZeroUsize) -> Consents {
        Consents::new(clients, &self.rows, self.closed, threads)
    }
}

/// Whether a row says that the consent expired, but not when. It counts as open.
fn expired_without_end(row: &ExportRow<'_>) -> bool {
    row.end_reason(columns::END_REASON) == Some(EndReason::Expired)
        && row.optional_day(columns::END_DATE).is_none()
}

/// The consents of some of the clients, by client, and where each client's end.
fn group_by_client(
    clients: Range<ClientPlace>,
    rows: &[(ClientPlace, Consent)],
) -> (Vec<usize>, Vec<(ClientPlace, Consent)>) {
    let rows: Vec<_> = rows.iter().filter(|(client, _)| clients.contains(client)).copied().collect();
    let mut grouped = Vec::new();
    let ends = place_by(&rows, &mut grouped, clients.len(), |(client, _)| (client - clients.start) as usize);
    grouped.chunk_by_mut(|(one, _), (other, _)| one == other).for_each(<[_]>::sort_unstable);
    (ends, grouped)
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
        rows: &[(ClientPlace, Consent)],
        mut closed: Vec<ClientPlace>,
        threads: NonZeroUsize,
    ) -> Consents {
        closed.sort_unstable();
        closed.dedup();
        let (mut starts, mut consents) = (Vec::with_capacity(clients + 1), Vec::with_capacity(rows.len()));
        starts.push(0);
        let part = |part| group_by_client(part, rows);
        for (ends, of_clients) in for_each_part(clients as ClientPlace, threads, part) {
            let before = consents.len();
            starts.extend(ends.iter().map(|end| (before + end) as u32));
            consents.extend(of_clients.into_iter().map(|(_, consent)| consent));
        }
        Consents { starts, consents, closed }
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
        let consents = Consents::new(4, &rows, vec![3, 1, 3], NonZeroUsize::MIN);
        let years = |client| consents.of(client).iter().map(|c| c.effective.year()).collect::<Vec<_>>();
        assert_eq!(years(0), [2002]);
        assert!(years(1).is_empty());
        assert_eq!(years(2), [2000, 2001]);
        assert!(years(3).is_empty());
        assert_eq!([0, 1, 2, 3].map(|c| consents.unreadable(c)), [false, true, false, true]);
    }
}
