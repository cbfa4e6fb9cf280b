//! Counts the rows of a batch into cells: different facts, doses and clients. Every total is counted, none is a sum.

use super::columns::Relation;
use super::read::{FactRow, Halves};
use super::space::{AT_TOTAL, Counted, Counts, Margin, Margins};
use super::{MOST_COLUMNS, SummaryError};
use crate::parallel::both;
use crate::spill::Sorter;
use std::num::NonZeroUsize;

/// A cell while rows are counted: what was counted in it last, so that nothing counts twice.
#[derive(Clone, Copy, Default)]
struct Counting {
    counts: Counts,
    last_fact: u32,
    last_dose: u32,
    last_client: u32,
}

/// Doses whose facts have several labels of a column, for each column over which doses should add up. A registry gives each dose
/// a date; where it has given one dose two, totals of months are no sums.
pub(super) type Parted = Vec<u64>;

/// Counts both halves of the rows. `shown_at`: see `Read`.
pub(super) fn count(
    [one, other]: &mut Halves,
    shown_at: &[Vec<u16>],
    margins: Margins,
    threads: NonZeroUsize,
) -> Result<(Counted, Parted), SummaryError> {
    let (one, other) =
        both(threads, || count_half(one, shown_at, &margins), || count_half(other, shown_at, &margins));
    let ((mut counts, mut parted), (others, others_parted)) = (one?, other?);
    for (own, other) in counts.iter_mut().flatten().zip(others.into_iter().flatten()) {
        own.facts += other.facts;
        own.doses += other.doses;
        own.clients += other.clients;
    }
    parted.iter_mut().zip(others_parted).for_each(|(own, other)| *own += other);
    Ok((Counted { margins, counts }, parted))
}

/// Counts a half of the rows: the counts of each margin, at the place of its columns.
///
/// Rows come in the order of clients, doses and facts, so that all rows of one lie together. Each is numbered from 1 on.
fn count_half(
    rows: &mut Sorter<FactRow>,
    shown_at: &[Vec<u16>],
    margins: &Margins,
) -> Result<(Vec<Vec<Counts>>, Parted), SummaryError> {
    let all: Vec<&Margin> = margins.all().collect();
    let mut cells: Vec<Vec<Counting>> =
        all.iter().map(|margin| vec![Counting::default(); margin.size]).collect();
    let bits: Vec<(u32, u32)> = margins.space.columns.iter().map(|column| column.bits()).collect();
    let columns = margins.space.columns.iter().zip(&bits).enumerate();
    let adding: Vec<(usize, u64)> = columns
        .filter(|(_, (column, _))| column.relations()[1] == Relation::Sum)
        .map(|(place, (_, (width, shift)))| (place, ((1 << width) - 1) << shift))
        .collect();
    let mut parted = vec![0; bits.len()];
    let mut last_parted = [0_u32; MOST_COLUMNS];
    let mut before: Option<FactRow> = None;
    let (mut client, mut dose, mut fact) = (0_u32, 0_u32, 0_u32);
    for row in rows.merge()? {
        let row = row?;
        let is_new = |of: fn(&FactRow) -> u64| before.is_none_or(|before| of(&before) != of(&row));
        let is_new_client = is_new(|row| row.client);
        let is_new_dose = is_new_client || is_new(|row| row.dose);
        let is_new_fact = is_new_dose || is_new(|row| row.fact);
        client += u32::from(is_new_client);
        dose += u32::from(is_new_dose);
        fact += u32::from(is_new_fact);
        let others =
            before.replace(row).filter(|_| !is_new_dose).map_or(0, |before| before.labels ^ row.labels);
        for (column, _) in adding.iter().filter(|(_, mask)| others & mask != 0) {
            parted[*column] += u64::from(last_parted[*column] != dose);
            last_parted[*column] = dose;
        }
        let mut places = [AT_TOTAL; MOST_COLUMNS];
        for (column, (width, shift)) in bits.iter().enumerate() {
            let label = (row.labels >> shift) & ((1 << width) - 1);
            places[column] = shown_at[column][label as usize];
        }
        for (margin, cells) in all.iter().zip(&mut cells) {
            let cell = &mut cells[margin.cell(&places) as usize];
            cell.counts.facts += u32::from(cell.last_fact != fact);
            cell.counts.doses += u32::from(cell.last_dose != dose);
            cell.counts.clients += u32::from(cell.last_client != client);
            (cell.last_fact, cell.last_dose, cell.last_client) = (fact, dose, client);
        }
    }
    let mut counts = vec![Vec::new(); 1 << MOST_COLUMNS];
    for (margin, cells) in all.iter().zip(cells) {
        counts[usize::from(margin.columns)] = cells.into_iter().map(|cell| cell.counts).collect();
    }
    Ok((counts, parted))
}
