//! The vaccines of an export, in memory.

use super::keys::ById;
use crate::registry::ProductClass;
use crate::registry::check::ExportRow;
use crate::registry::tables::vaccines as columns;

/// A vaccine.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Vaccine {
    /// The CVX code; blank is empty.
    pub cvx: Vec<u8>,
    /// The class, where the export gives one.
    pub class: Option<ProductClass>,
}

/// The usable vaccines.
pub type Vaccines = ById<Vaccine>;

impl Vaccine {
    pub(super) fn from_row(row: &ExportRow<'_>) -> Vaccine {
        let class = row.product_class(columns::PRODUCT_CLASS);
        Vaccine { cvx: row.text(columns::CVX_CODE).to_vec(), class }
    }
}
