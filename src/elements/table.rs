//! What each of the 26 elements is. Data only: an element is changed here and nowhere else.
//!
//! What is usual for a kind of column is said once, in the functions below the table. An element says what differs; its
//! last line gives its name and its `Cell`.

use super::{Cell, Element, Group, Identifies, Longest, Origin};
use crate::registry::Table;
use crate::registry::tables::{clients, organizations};

/// The 26 elements, in the order of the columns.
pub const ALL: [Element; 26] = [
    Element {
        group: Group::ClientDemographics,
        identifies: Identifies::Directly,
        description: "The registry's number for the client. The same person has the same number in every row of the file; don't use it to link files. When the registry finds that two clients are one person, one of the numbers goes out of use.",
        ..id(Table::Clients, "CLIENT_ID", Cell::ClientId)
    },
    Element {
        identifies: Identifies::Directly,
        description: "The client's first name as the registry holds it: accents, capitals and doubled spaces are left as they are.",
        ..client_text("FIRST_NAME", clients::FIRST_NAME)
    },
    Element {
        identifies: Identifies::Directly,
        description: "The client's last name or names; it may hold a comma, as in \"García, Jr.\".",
        ..client_text("LAST_NAME", clients::LAST_NAME)
    },
    Element {
        blank: Some("The client has none, or the registry holds none."),
        identifies: Identifies::Directly,
        description: "The client's middle name or initial.",
        ..client_text("MIDDLE_NAME", clients::MIDDLE_NAME)
    },
    Element {
        group: Group::ClientDemographics,
        identifies: Identifies::Directly,
        description: "The client's date of birth. A time of day in the registry's export is dropped.",
        ..date(Table::Clients, "BIRTH_DATE", Cell::BirthDate)
    },
    Element {
        format: "code, text",
        longest: Longest::Seen(1, "HL7 table 0001"),
        codes: &[("F", "female"), ("M", "male"), ("U", "unknown")],
        description: "The client's sex, as the registry codes it; passed on unchanged and not checked against a list. Registries commonly use the codes of HL7 table 0001, which are given here.",
        ..client_text("SEX_CODE", clients::SEX_CODE)
    },
    Element {
        blank: Some("Not given. That is common, and not the same as \"other\"."),
        description: "The client's race and ethnicity in one text, in the registry's own words; passed on unchanged. Several values of one client stand in it as the registry joins them.",
        ..client_text("RACE_AND_ETHNICITY", clients::RACE_AND_ETHNICITY)
    },
    Element {
        group: Group::ClientAddress,
        format: "code, text",
        longest: Longest::Seen(2, "the postal service's state codes"),
        description: "The state of the client's address, as a postal code such as TX. Clients who moved away keep their records, so other states occur.",
        ..client_text("STATE_CODE", clients::STATE_CODE)
    },
    Element {
        group: Group::ClientAddress,
        longest: Longest::Seen(13, "the names of Texas's 254 counties"),
        description: "The county of the client's address, by name. It is where the client lives, not where the vaccine was given, and need not lie in the recipient's area.",
        ..client_text("CLIENT_COUNTY", clients::CLIENT_COUNTY)
    },
    Element {
        group: Group::ClientAddress,
        leading_zeros_count: true,
        format: "code, text; leading zeros count",
        longest: Longest::Seen(10, "ZIP+4 codes"),
        description: "The ZIP code of the client's address, five digits or ZIP+4. Read it as text: 00501 is not 501.",
        ..client_text("ZIP_CODE", clients::ZIP_CODE)
    },
    Element {
        identifies: Identifies::Together,
        description: "The registry's number for the administered dose. All facts of one combination vaccine share it: count different IMMUNIZATION_IDs to count doses.",
        ..id(Table::Immunizations, "IMMUNIZATION_ID", Cell::ImmunizationId)
    },
    Element {
        identifies: Identifies::Together,
        description: "The registry's number for the immunization fact, and the key of the file: no two rows of a file share it.",
        ..id(Table::Immunizations, "IMMUNFACT_ID", Cell::ImmunfactId)
    },
    Element {
        description: "The registry's own number for the product. For analysis use CVX_CODE, which is public.",
        ..id(Table::Immunizations, "VACCINE_ID", Cell::VaccineId)
    },
    Element {
        identifies: Identifies::Together,
        description: "The day on which the dose was given. It lies within the policy's window, is not after the as-of date and not before the birth date.",
        ..date(Table::Immunizations, "VACCINATION_DATE", Cell::VaccinationDate)
    },
    Element {
        leading_zeros_count: true,
        format: "code, text; leading zeros count",
        longest: Longest::Seen(3, "CDC's CVX code set"),
        blank: Some(
            "The product has no CVX code, as COVID-19 treatments have none, or the registry holds none.",
        ),
        description: "CDC's code for the product. Read it as text: 03 (MMR) is not 3. The codes and their meanings are CDC's CVX code set, part of its IIS code sets.",
        ..element(Table::Vaccines, "CVX_CODE", Cell::CvxCode)
    },
    Element {
        format: "code, text",
        longest: Longest::Seen(4, "the group codes given here"),
        codes: &[
            ("COV", "COVID-19"),
            ("DTAP", "diphtheria, tetanus, pertussis"),
            ("FLU", "influenza"),
            ("HEPA", "hepatitis A"),
            ("HEPB", "hepatitis B"),
            ("HIB", "Haemophilus influenzae type b"),
            ("HPV", "human papillomavirus"),
            ("HZ", "zoster (shingles)"),
            ("MENB", "meningococcal B"),
            ("MENI", "meningococcal ACWY"),
            ("MMR", "measles, mumps, rubella"),
            ("PNCN", "pneumococcal"),
            ("POL", "polio"),
            ("RSV", "respiratory syncytial virus"),
            ("RV", "rotavirus"),
            ("TD", "tetanus, diphtheria, also with pertussis (Tdap)"),
            ("VAR", "varicella (chickenpox)"),
        ],
        description: "The vaccine group from which this fact sees the dose. A combination vaccine has one fact for each of its groups. The registry's own codes, passed on unchanged and not checked against a list; those in common use are given here.",
        ..element(Table::Immunizations, "VACCINE_GROUP", Cell::VaccineGroup)
    },
    Element {
        format: "whole number, 1 to 999",
        longest: Longest::Allowed(3),
        blank: Some("The registry does not count this dose in a series."),
        description: "The dose's number in the client's series of this vaccine group, as the registry counts it. Doses that are not in the file are counted too, so a client's first row may be dose 3.",
        ..element(Table::Immunizations, "ORDINAL_POSITION", Cell::OrdinalPosition)
    },
    Element {
        format: "whole number, 0 or more",
        longest: Longest::Allowed(5),
        blank: None,
        origin: Origin::Computed(
            "from `clients.BIRTH_DATE` and `immunizations.VACCINATION_DATE`: (year2 - year1) * 12 + month2 - month1, less one if day2 < day1",
        ),
        identifies: Identifies::Together,
        description: "The client's age at the vaccination in completed months. A child born on the 31st completes a month on the 1st after a shorter month, as CDC's decision-support rules count it.",
        ..element(Table::Immunizations, "AGE_IN_MONTHS", Cell::AgeInMonths)
    },
    Element {
        group: Group::ProviderData,
        description: "The registry's number for the organization that gave the dose.",
        ..id(Table::Immunizations, "GIVEN_BY_ORG_ID", Cell::OrganizationId)
    },
    Element {
        description: "The organization's full name. It may hold commas and quotes.",
        ..organization_text("PROVIDER_NAME", organizations::PROVIDER_NAME)
    },
    Element {
        description: "The organization's short name or code in the registry.",
        ..organization_text("SHORT_NAME", organizations::SHORT_NAME)
    },
    Element {
        blank: None,
        description: "The local health department, or other entity, that is responsible for the organization. It decides who receives the row. Spellings that differ only in capitals or spaces are one entity and stand here as the registry has them.",
        ..organization_text("RESPONSIBLE_ENTITY", organizations::RESPONSIBLE_ENTITY)
    },
    Element {
        description: "The organization's street address.",
        ..organization_text("PROVIDER_STREET_ADDRESS", organizations::PROVIDER_STREET_ADDRESS)
    },
    Element {
        description: "The organization's city.",
        ..organization_text("PROVIDER_CITY", organizations::PROVIDER_CITY)
    },
    Element {
        format: "code, text",
        longest: Longest::Seen(2, "the postal service's state codes"),
        description: "The state of the organization's address, as a postal code.",
        ..organization_text("PROVIDER_STATE", organizations::PROVIDER_STATE)
    },
    Element {
        leading_zeros_count: true,
        format: "code, text; leading zeros count",
        longest: Longest::Seen(10, "ZIP+4 codes"),
        description: "The ZIP code of the organization's address. Read it as text.",
        ..organization_text("PROVIDER_ZIP_CODE", organizations::PROVIDER_ZIP_CODE)
    },
];

/// What is usual: a text of the immunization data, which may be blank and tells nothing about who a person is. It comes
/// from the export's column of the same name.
const fn element(table: Table, name: &'static str, cell: Cell) -> Element {
    Element {
        name,
        group: Group::ImmunizationData,
        cell,
        format: "text",
        leading_zeros_count: false,
        longest: Longest::Unlimited,
        blank: Some("The registry holds none."),
        codes: &[],
        origin: Origin::Column(table, name),
        identifies: Identifies::No,
        added_later: false,
        description: "",
    }
}

const fn client_text(name: &'static str, column: usize) -> Element {
    Element {
        group: Group::ClientDemographics,
        identifies: Identifies::Together,
        ..element(Table::Clients, name, Cell::ClientText(column))
    }
}

const fn organization_text(name: &'static str, column: usize) -> Element {
    Element {
        group: Group::ProviderData,
        ..element(Table::Organizations, name, Cell::OrganizationText(column))
    }
}

const fn id(table: Table, name: &'static str, cell: Cell) -> Element {
    Element {
        format: "whole number, digits only, without leading zeros",
        longest: Longest::Allowed(19),
        blank: None,
        ..element(table, name, cell)
    }
}

const fn date(table: Table, name: &'static str, cell: Cell) -> Element {
    Element {
        format: "date, YYYY-MM-DD",
        longest: Longest::Allowed(10),
        blank: None,
        ..element(table, name, cell)
    }
}
