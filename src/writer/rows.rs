//! The rows of the sharing files: the 26 elements of a fact.
//!
//! Most of a row's text is laid out once: an organization's, a vaccine's and a vaccine group's for all rows, a
//! client's for its own, which stand together. What is left for each fact is a handful of numbers and dates.

use crate::batch::{BYTE_ORDER_MARK, DELIMITER, push_field, push_number};
use crate::elements::{self, Cell, Element, Part};
use crate::extract::Selection;
use crate::filter::ShareableFact;
use crate::policy::Policy;
use crate::registry::{CLIENT_TEXTS, ClientPlace, ORGANIZATION_TEXTS, Reference};

/// The header, and the byte order mark before it, if there is to be one.
pub(super) fn header(policy: &Policy) -> Vec<u8> {
    let mut out = if policy.bom { BYTE_ORDER_MARK.to_vec() } else { Vec::new() };
    for (place, element) in elements::ALL.iter().enumerate() {
        if place > 0 {
            out.push(DELIMITER);
        }
        push_field(&mut out, policy.header_name(element).as_bytes());
    }
    out.extend_from_slice(policy.line_ending.bytes());
    out
}

/// The texts that many rows share.
#[derive(Debug)]
pub struct RowTexts<'a> {
    reference: &'a Reference,
    fact_elements: Vec<&'static Element>,
    /// By the vaccine's place.
    vaccines: Vec<VaccineCells>,
    /// By the group's place.
    groups: Vec<Vec<u8>>,
    /// The organizations' cells, each with the line end behind them, end to end.
    organizations: Vec<u8>,
    /// Where each organization's begin, by its place, and last where all end; one without a fact has none.
    starts: Vec<usize>,
}

#[derive(Debug)]
struct VaccineCells {
    id: Vec<u8>,
    cvx: Vec<u8>,
}

impl<'a> RowTexts<'a> {
    /// Lays out what the facts of a selection refer to.
    pub fn new(policy: &Policy, reference: &'a Reference, selection: &Selection) -> RowTexts<'a> {
        let mut organizations = Vec::new();
        let mut starts = vec![0];
        for place in 0..reference.organizations.len() as u32 {
            if selection.of_organization(place) > 0 {
                push_organization(&mut organizations, reference, place);
                organizations.extend_from_slice(policy.line_ending.bytes());
            }
            starts.push(organizations.len());
        }
        let vaccines = reference.vaccines.iter().map(|(id, vaccine)| VaccineCells {
            id: cell(|out| push_number(out, id)),
            cvx: cell(|out| push_field(out, &vaccine.cvx)),
        });
        RowTexts {
            reference,
            fact_elements: elements::part(Part::Fact).collect(),
            vaccines: vaccines.collect(),
            groups: selection.groups().iter().map(|text| cell(|out| push_field(out, text))).collect(),
            organizations,
            starts,
        }
    }

    /// An organization's cells, and the line end.
    fn organization(&self, place: u32) -> &[u8] {
        &self.organizations[self.starts[place as usize]..self.starts[place as usize + 1]]
    }
}

fn cell(push: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut out = Vec::new();
    push(&mut out);
    out
}

/// Lays out rows, one after the other.
#[derive(Debug)]
pub struct RowWriter<'a> {
    texts: &'a RowTexts<'a>,
    client: Option<ClientPlace>,
    /// The client's cells, each with the comma behind it.
    client_text: Vec<u8>,
}

impl<'a> RowWriter<'a> {
    /// A writer that has laid out nothing yet.
    pub fn new(texts: &'a RowTexts<'a>) -> RowWriter<'a> {
        RowWriter { texts, client: None, client_text: Vec::new() }
    }

    /// Looks at the texts that the rows of these facts will be made of. They lie all over memory, and a row takes long: looked at
    /// together, they are waited for together, and not each in turn.
    pub fn look_ahead(&self, facts: &[ShareableFact]) {
        let mut seen = 0;
        for fact in facts {
            let organization = self.texts.organization(fact.organization);
            for place in [0, organization.len() / 2] {
                seen ^= organization.get(place).copied().unwrap_or(0);
            }
            seen ^= self.texts.reference.clients.first_byte(fact.client);
        }
        // What was seen is of no use, but must not be taken for useless.
        std::hint::black_box(seen);
    }

    /// Appends a fact's row, with its line end.
    pub fn push_row(&mut self, fact: &ShareableFact, out: &mut Vec<u8>) {
        if self.client != Some(fact.client) {
            self.lay_out_client(fact.client);
        }
        out.extend_from_slice(&self.client_text);
        for element in &self.texts.fact_elements {
            self.push_fact_cell(element.cell, fact, out);
            out.push(DELIMITER);
        }
        out.extend_from_slice(self.texts.organization(fact.organization));
    }

    fn lay_out_client(&mut self, client: ClientPlace) {
        let clients = &self.texts.reference.clients;
        let mut texts: [&[u8]; CLIENT_TEXTS.len()] = [b""; CLIENT_TEXTS.len()];
        texts.iter_mut().zip(clients.texts(client)).for_each(|(slot, text)| *slot = text);
        let out = &mut self.client_text;
        out.clear();
        for element in elements::part(Part::Client) {
            match element.cell {
                Cell::ClientId => push_number(out, clients.id(client)),
                Cell::BirthDate => out.extend_from_slice(&clients.birth(client).to_bytes()),
                Cell::ClientText(column) => push_field(out, text_of(&CLIENT_TEXTS, &texts, column)),
                other => unreachable!("{other:?} is no cell of a client's"),
            }
            out.push(DELIMITER);
        }
        self.client = Some(client);
    }

    fn push_fact_cell(&self, cell: Cell, fact: &ShareableFact, out: &mut Vec<u8>) {
        let RowTexts { reference, vaccines, groups, .. } = self.texts;
        match cell {
            Cell::ImmunizationId => push_number(out, fact.immunization_id),
            Cell::ImmunfactId => push_number(out, fact.immunfact_id),
            Cell::VaccineId => out.extend_from_slice(&vaccines[fact.vaccine as usize].id),
            Cell::VaccinationDate => out.extend_from_slice(&fact.date.to_bytes()),
            Cell::CvxCode => out.extend_from_slice(&vaccines[fact.vaccine as usize].cvx),
            Cell::VaccineGroup => out.extend_from_slice(&groups[fact.group as usize]),
            Cell::OrdinalPosition if fact.ordinal == 0 => {}
            Cell::OrdinalPosition => push_number(out, fact.ordinal.into()),
            Cell::AgeInMonths => {
                let months = reference.clients.birth(fact.client).completed_months_until(fact.date);
                // A fact before its client's birth is quarantined.
                push_number(out, months.unsigned_abs().into());
            }
            other => unreachable!("{other:?} is no cell of a fact's"),
        }
    }
}

/// Appends an organization's cells, with commas between them.
fn push_organization(out: &mut Vec<u8>, reference: &Reference, place: u32) {
    let organizations = &reference.organizations;
    let mut texts: [&[u8]; ORGANIZATION_TEXTS.len()] = [b""; ORGANIZATION_TEXTS.len()];
    texts.iter_mut().zip(organizations.texts(place)).for_each(|(slot, text)| *slot = text.as_bytes());
    for (i, element) in elements::part(Part::Organization).enumerate() {
        if i > 0 {
            out.push(DELIMITER);
        }
        match element.cell {
            Cell::OrganizationId => push_number(out, organizations.id(place)),
            Cell::OrganizationText(column) => push_field(out, text_of(&ORGANIZATION_TEXTS, &texts, column)),
            other => unreachable!("{other:?} is no cell of an organization's"),
        }
    }
}

/// The text of a column among `texts`, which are those of `columns`.
fn text_of<'t>(columns: &[usize], texts: &[&'t [u8]], column: usize) -> &'t [u8] {
    let place = columns.iter().position(|c| *c == column);
    place.map_or_else(|| unreachable!("every text element's column is kept"), |place| texts[place])
}
