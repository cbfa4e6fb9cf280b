//! Which vaccines there are and when people get them, roughly as schedules of the United States have it.

/// A product: its CVX code, its class, and its groups, one immunization fact each.
pub(super) struct Product {
    pub(super) cvx: &'static str,
    pub(super) class: &'static str,
    pub(super) groups: &'static [&'static str],
}

const fn vaccine(cvx: &'static str, groups: &'static [&'static str]) -> Product {
    Product { cvx, class: "VACCINE", groups }
}

/// The products, by place. A VACCINE_ID is its place and 101.
pub(super) const PRODUCTS: [Product; 30] = [
    vaccine("08", &["HEPB"]),
    vaccine("146", &["DTAP", "POL", "HIB", "HEPB"]),
    vaccine("110", &["DTAP", "HEPB", "POL"]),
    vaccine("48", &["HIB"]),
    vaccine("133", &["PNCN"]),
    vaccine("116", &["RV"]),
    vaccine("03", &["MMR"]),
    vaccine("21", &["VAR"]),
    vaccine("94", &["MMR", "VAR"]),
    vaccine("83", &["HEPA"]),
    vaccine("20", &["DTAP"]),
    vaccine("130", &["DTAP", "POL"]),
    vaccine("115", &["TD"]),
    vaccine("165", &["HPV"]),
    vaccine("114", &["MENI"]),
    vaccine("162", &["MENB"]),
    Product { cvx: "150", class: "", groups: &["FLU"] },
    Product { cvx: "208", class: "", groups: &["COV"] },
    Product { cvx: "207", class: "", groups: &["COV"] },
    Product { cvx: "212", class: "", groups: &["COV"] },
    Product { cvx: "300", class: "", groups: &["COV"] },
    Product { cvx: "309", class: "", groups: &["COV"] },
    vaccine("187", &["HZ"]),
    vaccine("215", &["PNCN"]),
    vaccine("305", &["RSV"]),
    Product { cvx: "306", class: "RSV_THERAPEUTIC", groups: &["RSV"] },
    Product { cvx: "", class: "COVID_THERAPEUTIC", groups: &["COV"] },
    vaccine("141", &["FLU"]),
    vaccine("52", &["HEPA"]),
    vaccine("113", &["TD"]),
];

/// A dose of the childhood series: the age in days at which it is due, the products one of which is given, how
/// many children in a thousand get it, and its number in the series.
pub(super) struct Due {
    pub(super) age: i64,
    pub(super) products: &'static [usize],
    pub(super) per_mille: u64,
    pub(super) ordinal: u32,
}

const fn due(age: i64, products: &'static [usize], per_mille: u64, ordinal: u32) -> Due {
    Due { age, products, per_mille, ordinal }
}

/// The childhood series.
pub(super) const CHILDHOOD: [Due; 28] = [
    due(1, &[0], 850, 1),
    due(61, &[1, 1, 2], 880, 1),
    due(61, &[3], 300, 1),
    due(61, &[4], 880, 1),
    due(61, &[5], 780, 1),
    due(122, &[1, 1, 2], 850, 2),
    due(122, &[4], 850, 2),
    due(122, &[5], 750, 2),
    due(183, &[1, 1, 2], 800, 3),
    due(183, &[4], 800, 3),
    due(370, &[6, 6, 8], 880, 1),
    due(370, &[7], 560, 1),
    due(372, &[9], 850, 1),
    due(372, &[4], 800, 4),
    due(460, &[10], 800, 4),
    due(460, &[3], 780, 4),
    due(560, &[9], 750, 2),
    due(1490, &[11], 780, 5),
    due(1490, &[8], 780, 2),
    due(4040, &[12], 820, 1),
    due(4040, &[14], 800, 1),
    due(4045, &[13], 600, 1),
    due(4240, &[13], 520, 2),
    due(5860, &[14], 520, 2),
    due(5870, &[15], 250, 1),
    due(5905, &[15], 190, 2),
    due(120, &[25], 60, 1),
    due(200, &[27], 300, 1),
];

/// A wave of COVID-19 vaccination: its first and last day as `yyyymmdd`, the least age in years, the products, how
/// many in a thousand take part, and the dose's number.
pub(super) struct Wave {
    pub(super) first: [u32; 3],
    pub(super) days: u64,
    pub(super) least_age: i64,
    pub(super) products: &'static [usize],
    pub(super) per_mille: u64,
    pub(super) ordinal: u32,
}

const fn wave(
    first: [u32; 3],
    days: u64,
    least_age: i64,
    products: &'static [usize],
    per_mille: u64,
    ordinal: u32,
) -> Wave {
    Wave { first, days, least_age, products, per_mille, ordinal }
}

/// The waves, in order. Somebody who sits one out sits out those after it.
pub(super) const WAVES: [Wave; 6] = [
    wave([2021, 1, 5], 240, 12, &[17, 18, 17, 19], 560, 1),
    wave([2021, 2, 1], 250, 12, &[17, 18], 880, 2),
    wave([2021, 10, 1], 180, 18, &[17, 18], 500, 3),
    wave([2022, 9, 5], 150, 5, &[20], 480, 4),
    wave([2023, 9, 15], 140, 1, &[21], 520, 5),
    wave([2022, 1, 10], 300, 18, &[26], 12, 1),
];
