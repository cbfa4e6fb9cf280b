//! The charts: plain SVG inside the page, made of figures alone.
//!
//! Widths are shares of the chart's width, and text keeps its size, so that a chart is as easy to read on a telephone
//! as on paper. What a colour tells is told by a pattern, a mark or a word too. Each chart describes in words what it
//! shows, and stands beside a table of its figures. Bars that only repeat the figures of a table stand in its rows.

use crate::html::{Markup, element, empty};
use crate::value::grouped;
use strum::IntoStaticStr;

/// What a bar stands for. Its name is the class in the style sheet.
#[derive(Clone, Copy, IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub(super) enum Look {
    /// What is shared, and any other plain quantity.
    Plain,
    /// What the quantity is compared with.
    Whole,
    /// What a rule leaves out.
    LeftOut,
    /// What could not be used.
    Unusable,
}

/// How long the bars of a table are.
pub(super) struct Scale {
    /// What the whole width stands for.
    whole: u64,
    /// Whether a bar is longer than that.
    is_cut: bool,
}

/// A bar that is longer than so many times the next may be cut, so that the others can be told apart.
const TIMES: u64 = 4;
/// No more bars than these are cut.
const MOST_CUT: usize = 2;

impl Scale {
    /// A scale on which the bars of these numbers can be told apart: one or two that would make all others short are cut.
    pub(super) fn of(numbers: impl IntoIterator<Item = u64>) -> Scale {
        let mut numbers: Vec<u64> = numbers.into_iter().filter(|number| *number > 0).collect();
        numbers.sort_unstable_by(|a, b| b.cmp(a));
        let is_much_more = |pair: &[u64]| pair[0] / TIMES > pair[1];
        // Two bars can be told apart on any scale.
        let most = MOST_CUT.min(numbers.len().saturating_sub(2));
        let cut = (1..=most).rev().find(|cut| is_much_more(&numbers[cut - 1..=*cut])).unwrap_or(0);
        let longest = numbers.get(cut).copied().unwrap_or(1);
        let room = if cut > 0 { longest / 4 } else { 0 };
        Scale { whole: longest.saturating_add(room), is_cut: cut > 0 }
    }

    /// What a reader must know of the scale.
    pub(super) fn note(&self) -> &'static str {
        if self.is_cut { " A bar with a gap is cut short, so that the others can be told apart." } else { "" }
    }

    /// A bar of this scale, for a row in which its figure stands too. A mark stands across it at the number it is compared
    /// with.
    pub(super) fn bar(&self, number: u64, look: Look, mark: Option<u64>) -> Markup {
        let whole_height = ("0", BAR_ROOM);
        let mut parts = vec![rect("track", whole_height, ("100%", BAR_HEIGHT))];
        if number > 0 {
            // A bar that is not zero is wide enough to be seen.
            let width = percent(share(number, self.whole).max(LEAST));
            parts.push(rect(look.into(), whole_height, (&width, BAR_HEIGHT)));
        }
        if number > self.whole {
            let gap = empty("path", &[("class", "gap"), ("d", "M-6 18l8-18h5l-8 18z")]);
            parts.push(element("svg", &[("x", "90%"), ("class", "over-edge")], gap));
        }
        if let Some(at) = mark.filter(|at| (1..=self.whole).contains(at)) {
            let x = percent(share(at, self.whole).clamp(LEAST, WHOLE - LEAST));
            parts.push(line("mark", (&x, 0), (&x, BAR_HEIGHT + 2 * BAR_ROOM)));
        }
        let height = (BAR_HEIGHT + 2 * BAR_ROOM).to_string();
        let attributes = [("class", "bar"), ("aria-hidden", "true"), ("width", "100%"), ("height", &height)];
        element("svg", &attributes, parts.into_iter().collect::<Markup>())
    }
}

const BAR_HEIGHT: u64 = 12;
/// Above a bar and below it, for its mark.
const BAR_ROOM: u64 = 3;

/// The parts of a whole in one bar. The description is for those who can't see the chart.
pub(super) fn parts_chart(id: &str, title: &str, description: &str, parts: &[(Look, u64)]) -> Markup {
    const HEIGHT: u64 = 28;
    let whole = parts.iter().fold(0, |sum: u64, (_, number)| sum.saturating_add(*number));
    let mut shapes = vec![rect("track", ("0", 0), ("100%", HEIGHT))];
    let mut start: u64 = 0;
    for (look, number) in parts.iter().filter(|(_, number)| *number > 0) {
        let width = share(*number, whole).max(LEAST);
        let x = share(start, whole).min(WHOLE - width);
        shapes.push(rect(look.into(), (&percent(x), 0), (&percent(width), HEIGHT)));
        start = start.saturating_add(*number);
    }
    frame(id, title, description, HEIGHT, shapes)
}

/// A column of a column chart.
pub(super) struct Column {
    pub(super) value: u64,
    /// What stands below it, if anything.
    pub(super) label: Option<String>,
    pub(super) is_shaded: bool,
}

const PLOT_TOP: u64 = 44;
const PLOT_HEIGHT: u64 = 170;
const PLOT_BOTTOM: u64 = PLOT_TOP + PLOT_HEIGHT;

/// Columns beside each other, some of them on a shade that has a name. The description is for those who can't see
/// the chart.
pub(super) fn column_chart(
    id: &str,
    title: &str,
    description: &str,
    shade: &str,
    columns: &[Column],
) -> Markup {
    let count = columns.len().max(1) as u64;
    let most = round_up(columns.iter().map(|column| column.value).max().unwrap_or(0));
    let place = |place: usize| percent(share(place as u64, count));
    let height = |value: u64| (u128::from(value) * u128::from(PLOT_HEIGHT) / u128::from(most)) as u64;
    let mut parts = Vec::new();
    if let Some(first) = columns.iter().position(|column| column.is_shaded) {
        let shaded = columns.iter().filter(|column| column.is_shaded).count();
        parts.push(rect("shade", (&place(first), PLOT_TOP - 20), (&place(shaded), PLOT_HEIGHT + 20)));
        let is_right = first * 2 > columns.len();
        let (end, class) = if is_right { (first + shaded, "end note") } else { (first, "note") };
        parts.push(text(&place(end), 14, class, shade));
    }
    let across = |class, y| line(class, ("0", y), ("100%", y));
    let grid: &[u64] = if most.is_multiple_of(2) { &[most, most / 2] } else { &[most] };
    parts.extend(grid.iter().map(|value| across("grid", PLOT_BOTTOM - height(*value))));
    for (index, column) in (0..).zip(columns).filter(|(_, column)| column.value > 0) {
        // A column that is not zero is high enough to be seen.
        let height = height(column.value).max(2);
        let (x, width) = (percent(share(100 * index + 10, 100 * count)), percent(share(80, 100 * count)));
        parts.push(rect("plain", (&x, PLOT_BOTTOM - height), (&width, height)));
    }
    parts.push(across("axis", PLOT_BOTTOM));
    parts.extend(
        grid.iter().map(|value| text("0", PLOT_BOTTOM - height(*value) - 4, "halo", &grouped(*value))),
    );
    for (index, column) in columns.iter().enumerate() {
        let Some(label) = &column.label else { continue };
        let x = place(index);
        parts.push(line("axis", (&x, PLOT_BOTTOM), (&x, PLOT_BOTTOM + 6)));
        // So that the label stays inside the chart.
        let class = match share(index as u64, count) {
            ..90_000 => "start",
            90_000..95_000 => "middle",
            _ => "end",
        };
        parts.push(text(&x, PLOT_BOTTOM + 20, class, label));
    }
    frame(id, title, description, PLOT_BOTTOM + 26, parts)
}

/// The next round number, for the top of a scale.
fn round_up(number: u64) -> u64 {
    let mut unit = 1u64;
    loop {
        for step in [1, 2, 3, 4, 5, 6, 8, 10] {
            match unit.checked_mul(step) {
                Some(round) if round < number => {}
                Some(round) => return round,
                None => return u64::MAX,
            }
        }
        unit = unit.saturating_mul(10);
    }
}

/// The whole width, in thousandths of a per cent.
const WHOLE: u64 = 100_000;
/// The least width of a bar that is not zero.
const LEAST: u64 = 400;

fn share(part: u64, whole: u64) -> u64 {
    let share = u128::from(part) * u128::from(WHOLE) / u128::from(whole.max(1));
    u64::try_from(share).unwrap_or(WHOLE).min(WHOLE)
}

fn percent(thousandths: u64) -> String {
    format!("{}.{:03}%", thousandths / 1000, thousandths % 1000)
}

fn rect(class: &str, (x, y): (&str, u64), (width, height): (&str, u64)) -> Markup {
    let (y, height) = (y.to_string(), height.to_string());
    empty("rect", &[("class", class), ("x", x), ("y", &y), ("width", width), ("height", &height)])
}

fn line(class: &str, (x1, y1): (&str, u64), (x2, y2): (&str, u64)) -> Markup {
    let (y1, y2) = (y1.to_string(), y2.to_string());
    empty("line", &[("class", class), ("x1", x1), ("y1", &y1), ("x2", x2), ("y2", &y2)])
}

fn text(x: &str, y: u64, class: &str, content: &str) -> Markup {
    element("text", &[("x", x), ("y", &y.to_string()), ("class", class)], content)
}

fn frame(id: &str, title: &str, description: &str, height: u64, parts: Vec<Markup>) -> Markup {
    let (title_id, description_id) = (format!("{id}-title"), format!("{id}-words"));
    let title = element("title", &[("id", &title_id)], title);
    let description = element("desc", &[("id", &description_id)], description);
    let (label, height) = (format!("{title_id} {description_id}"), height.to_string());
    let attributes = [("role", "img"), ("aria-labelledby", &*label), ("width", "100%"), ("height", &height)];
    element("svg", &attributes, title + description + parts.into_iter().collect::<Markup>())
}

/// The patterns that the charts are filled with, once for the page.
pub(super) fn patterns() -> Markup {
    Markup::constant(
        r#"<svg class="patterns" width="0" height="0" aria-hidden="true"><defs>
<pattern id="stripes" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect class="stripe-ground" width="6" height="6"/><rect class="stripe" width="3" height="6"/></pattern>
<pattern id="dots" width="6" height="6" patternUnits="userSpaceOnUse"><rect class="dot-ground" width="6" height="6"/><circle class="dot" cx="3" cy="3" r="1.4"/></pattern>
</defs></svg>
"#,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_the_top_of_a_scale_up() {
        let numbers = [0, 1, 2, 7, 10, 11, 61, 999, 1001, u64::MAX];
        assert_eq!(numbers.map(round_up), [1, 1, 2, 8, 10, 20, 80, 1000, 2000, u64::MAX]);
    }

    #[test]
    fn cuts_bars_that_would_flatten_the_others() {
        let check = |numbers: &[u64], whole: u64, is_cut: bool| {
            let scale = Scale::of(numbers.iter().copied());
            assert_eq!((scale.whole, scale.is_cut), (whole, is_cut), "{numbers:?}");
        };
        check(&[], 1, false);
        check(&[0, 0], 1, false);
        check(&[5], 5, false);
        check(&[1000, 1], 1000, false);
        check(&[100, 60, 20, 1], 100, false);
        check(&[40, 1000, 10], 50, true);
        check(&[8, 1000, 900, 4], 10, true);
        check(&[1000, 900, 800, 4], 1000, false);
        check(&[u64::MAX, 8, 4], 10, true);
    }
}
