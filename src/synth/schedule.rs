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

/// The doses of the childhood series: the age in days at which one is due, the products one of which is given, how
/// many children in a thousand get it, and its number in the series.
pub(super) const CHILDHOOD: [(i64, &[usize], u64, u32); 28] = [
    (1, &[0], 850, 1),
    (61, &[1, 1, 2], 880, 1),
    (61, &[3], 300, 1),
    (61, &[4], 880, 1),
    (61, &[5], 780, 1),
    (122, &[1, 1, 2], 850, 2),
    (122, &[4], 850, 2),
    (122, &[5], 750, 2),
    (183, &[1, 1, 2], 800, 3),
    (183, &[4], 800, 3),
    (370, &[6, 6, 8], 880, 1),
    (370, &[7], 560, 1),
    (372, &[9], 850, 1),
    (372, &[4], 800, 4),
    (460, &[10], 800, 4),
    (460, &[3], 780, 4),
    (560, &[9], 750, 2),
    (1490, &[11], 780, 5),
    (1490, &[8], 780, 2),
    (4040, &[12], 820, 1),
    (4040, &[14], 800, 1),
    (4045, &[13], 600, 1),
    (4240, &[13], 520, 2),
    (5860, &[14], 520, 2),
    (5870, &[15], 250, 1),
    (5905, &[15], 190, 2),
    (120, &[25], 60, 1),
    (200, &[27], 300, 1),
];

/// A wave of COVID-19 vaccination: year, month and day on which it begins, how many days it lasts, the least age in
/// years, the products, how many in a thousand take part, and the dose's number.
type Wave = ([u32; 3], u64, i64, &'static [usize], u64, u32);

/// The waves, in order. Somebody who sits one out sits out those after it.
pub(super) const WAVES: [Wave; 6] = [
    ([2021, 1, 5], 240, 12, &[17, 18, 17, 19], 560, 1),
    ([2021, 2, 1], 250, 12, &[17, 18], 880, 2),
    ([2021, 10, 1], 180, 18, &[17, 18], 500, 3),
    ([2022, 9, 5], 150, 5, &[20], 480, 4),
    ([2023, 9, 15], 140, 1, &[21], 520, 5),
    ([2022, 1, 10], 300, 18, &[26], 12, 1),
];
