//! The rows of the sharing files: the 26 elements of a fact.
//!
//! A client's rows stand together and its texts are the same in each, so they are laid out once; an
//! organization's are laid out the first time that it occurs.

use super::csv_text::{push_field, push_number};
use crate::elements::{self, Cell, Element, Part};
use crate::extract::Selection;
use crate::filter::Chosen;
use crate::policy::Policy;
use crate::registry::{CLIENT_TEXTS, ClientPlace, ORGANIZATION_TEXTS, Reference};
use std::io::{self, Write};

/// Writes the rows of one file.
pub(super) struct RowWriter<'a> {
    policy: &'a Policy,
    reference: &'a Reference,
    selection: &'a Selection,
    client: Option<ClientPlace>,
    client_text: Vec<u8>,
    fact_elements: Vec<&'static Element>,
    /// By the organization's place; empty until it occurs.
    organization_texts: Vec<Box<[u8]>>,
    row: Vec<u8>,
}

impl<'a> RowWriter<'a> {
    pub(super) fn new(
        policy: &'a Policy,
        reference: &'a Reference,
        selection: &'a Selection,
    ) -> RowWriter<'a> {
        RowWriter {
            policy,
            reference,
            selection,
            client: None,
            client_text: Vec::new(),
            fact_elements: elements::part(Part::Fact).collect(),
            organization_texts: vec![Box::default(); reference.organizations.len()],
            row: Vec::new(),
        }
    }

    /// Writes the header.
    pub(super) fn header(&mut self, out: &mut dyn Write) -> io::Result<()> {
        self.row.clear();
        for (place, element) in elements::ALL.iter().enumerate() {
            if place > 0 {
                self.row.push(b',');
            }
            push_field(&mut self.row, self.policy.header_name(element).as_bytes());
        }
        self.end_row(out)
    }

    /// Writes a fact.
    pub(super) fn row(&mut self, fact: &Chosen, out: &mut dyn Write) -> io::Result<()> {
        if self.client != Some(fact.client) {
            self.lay_out_client(fact.client);
        }
        self.row.clear();
        self.row.extend_from_slice(&self.client_text);
        for place in 0..self.fact_elements.len() {
            self.push_fact_cell(self.fact_elements[place].cell, fact);
            self.row.push(b',');
        }
        let organization = &mut self.organization_texts[fact.organization as usize];
        if organization.is_empty() {
            *organization = organization_text(self.reference, fact.organization);
        }
        self.row.extend_from_slice(organization);
        self.end_row(out)
    }

    fn end_row(&mut self, out: &mut dyn Write) -> io::Result<()> {
        self.row.extend_from_slice(self.policy.line_ending.bytes());
        out.write_all(&self.row)
    }

    /// The client's cells, each with the comma behind it.
    fn lay_out_client(&mut self, client: ClientPlace) {
        let clients = &self.reference.clients;
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
            out.push(b',');
        }
        self.client = Some(client);
    }

    fn push_fact_cell(&mut self, cell: Cell, fact: &Chosen) {
        let out = &mut self.row;
        match cell {
            Cell::ImmunizationId => push_number(out, fact.immunization_id),
            Cell::ImmunfactId => push_number(out, fact.immunfact_id),
            Cell::VaccineId => push_number(out, self.reference.vaccines.id(fact.vaccine)),
            Cell::VaccinationDate => out.extend_from_slice(&fact.date.to_bytes()),
            Cell::CvxCode => push_field(out, &self.reference.vaccines.get(fact.vaccine).cvx),
            Cell::VaccineGroup => push_field(out, self.selection.group(fact)),
            Cell::OrdinalPosition if fact.ordinal == 0 => {}
            Cell::OrdinalPosition => push_number(out, fact.ordinal.into()),
            Cell::AgeInMonths => {
                let months = self.reference.clients.birth(fact.client).completed_months_until(fact.date);
                // A fact before its client's birth is quarantined.
                push_number(out, months.unsigned_abs().into());
            }
            other => unreachable!("{other:?} is no cell of a fact's"),
        }
    }
}

/// The organization's cells, with commas between them.
fn organization_text(reference: &Reference, place: u32) -> Box<[u8]> {
    let organizations = &reference.organizations;
    let mut texts: [&[u8]; ORGANIZATION_TEXTS.len()] = [b""; ORGANIZATION_TEXTS.len()];
    texts.iter_mut().zip(organizations.texts(place)).for_each(|(slot, text)| *slot = text.as_bytes());
    let mut out = Vec::new();
    for (i, element) in elements::part(Part::Organization).enumerate() {
        if i > 0 {
            out.push(b',');
        }
        match element.cell {
            Cell::OrganizationId => push_number(&mut out, organizations.id(place)),
            Cell::OrganizationText(column) => {
                push_field(&mut out, text_of(&ORGANIZATION_TEXTS, &texts, column))
            }
            other => unreachable!("{other:?} is no cell of an organization's"),
        }
    }
    out.into_boxed_slice()
}

/// The text of a column, by the columns that the texts are of.
fn text_of<'t>(columns: &[usize], texts: &[&'t [u8]], column: usize) -> &'t [u8] {
    columns.iter().position(|c| *c == column).map_or(b"", |slot| texts[slot])
}
