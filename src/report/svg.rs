//! The charts: plain SVG inside the page, made of figures alone.
//!
//! Widths are shares of the chart's width, and text keeps its size, so that a chart is as easy to read on a telephone
//! as on paper. What a colour tells is told by a pattern, a mark or a word too. Each chart describes in words what it
//! shows, and stands beside a table of its figures.

use super::html::{Markup, element, empty};
use crate::value::grouped;
use strum::IntoStaticStr;

/// What a bar stands for. Its name is the class in the style sheet.
#[derive(Clone, Copy, IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub(super) enum Look {
    /// What is shared, and any other plain quantity.
    Plain,
    /// What the quantity is taken from, or compared with.
    Whole,
    /// What a rule leaves out.
    LeftOut,
    /// What could not be used.
    Unusable,
}

/// A bar of a bar chart.
pub(super) struct Bar {
    pub(super) label: String,
    /// The figure at the end of its line.
    pub(super) figure: String,
    pub(super) start: u64,
    pub(super) end: u64,
    pub(super) look: Look,
    /// Where a mark stands across the bar: what the bar is compared with.
    pub(super) mark: Option<u64>,
    /// Where a line leads down to the next bar.
    pub(super) join: Option<u64>,
}

impl Bar {
    /// A bar from zero to a number.
    pub(super) fn new(label: impl Into<String>, figure: impl Into<String>, end: u64, look: Look) -> Bar {
        Bar { label: label.into(), figure: figure.into(), start: 0, end, look, mark: None, join: None }
    }
}

const BAR_LINE: u64 = 37;
const BAR_TOP: u64 = 18;
const BAR_HEIGHT: u64 = 12;

/// A label that fits on a small screen beside its figure. The table has it whole.
fn short(label: &str) -> String {
    const MOST: usize = 42;
    match label.char_indices().nth(MOST) {
        Some(_) => label.chars().take(MOST - 1).chain(['…']).collect(),
        None => label.to_owned(),
    }
}

/// Bars one below the other, each under its label. The whole width stands for `scale`. The description is for those
/// who can't see the chart.
pub(super) fn bar_chart(id: &str, title: &str, description: &str, scale: u64, bars: &[Bar]) -> Markup {
    let scale = scale.max(1);
    let mut parts = Vec::new();
    let mut texts = Vec::new();
    for (top, bar) in (0..).step_by(BAR_LINE as usize).zip(bars) {
        texts.push(text("0", top + 13, "over", &short(&bar.label)));
        texts.push(text("100%", top + 13, "over end", &bar.figure));
        let y = top + BAR_TOP;
        let across = |class, x: &str, width: &str| rect(class, (x, y), (width, BAR_HEIGHT));
        parts.push(across("track", "0", "100%"));
        if bar.start > 0 {
            parts.push(across("still-in", "0", &percent(share(bar.start, scale))));
        }
        if bar.end > bar.start {
            // A bar that is not zero is wide enough to be seen.
            let width = share(bar.end - bar.start, scale).max(LEAST);
            let x = share(bar.start, scale).min(WHOLE - width);
            parts.push(across(bar.look.into(), &percent(x), &percent(width)));
        }
        let down = |class, at: u64, y1, y2| {
            let x = percent(share(at, scale));
            line(class, (&x, y1), (&x, y2))
        };
        parts.extend(bar.join.map(|at| down("join", at, y + BAR_HEIGHT, y + BAR_LINE)));
        parts.extend(bar.mark.map(|at| down("mark", at, y - 3, y + BAR_HEIGHT + 3)));
    }
    // The texts come last, so that no line crosses them.
    parts.append(&mut texts);
    frame(id, title, description, bars.len() as u64 * BAR_LINE, parts)
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
    fn shortens_long_labels_by_characters() {
        assert_eq!(short(&"é".repeat(42)), "é".repeat(42));
        assert_eq!(short(&"é".repeat(43)), format!("{}…", "é".repeat(41)));
    }
}
