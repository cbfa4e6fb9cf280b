//! The charts: plain SVG in the page, made of figures alone.
//!
//! Lengths across are shares of the width, and text keeps its size, so that a chart is as easy to read on a telephone
//! as on paper. What a colour says is said by a pattern, a mark or a word too. Each chart tells in words what it
//! shows, and stands beside a table of its figures.

use super::html::{Markup, element, empty};
use crate::value::grouped;

/// What a bar stands for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
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

impl Look {
    fn class(self) -> &'static str {
        match self {
            Look::Plain => "plain",
            Look::Whole => "whole",
            Look::LeftOut => "left-out",
            Look::Unusable => "unusable",
        }
    }
}

/// A bar, from somewhere to somewhere.
pub(super) struct Bar {
    pub(super) label: String,
    /// The figure at the end of its line.
    pub(super) figure: String,
    pub(super) start: u64,
    pub(super) end: u64,
    pub(super) look: Look,
    /// Where a mark stands across the bar, for what it is compared with.
    pub(super) mark: Option<u64>,
}

/// Bars one below the other, each under its label.
pub(super) struct BarChart<'a> {
    /// Names the chart in the page.
    pub(super) id: &'a str,
    pub(super) title: &'a str,
    /// What it shows, in words, for those who can't see it.
    pub(super) description: &'a str,
    pub(super) bars: Vec<Bar>,
    /// What the whole width stands for.
    pub(super) scale: u64,
    /// Whether each bar begins where the one before ends.
    pub(super) is_chain: bool,
}

const BAR_LINE: usize = 37;
const BAR_TOP: usize = 18;
const BAR_HEIGHT: usize = 12;

/// A label that fits on a small screen beside its figure. The table has it whole.
fn short(label: &str) -> String {
    const MOST: usize = 42;
    match label.char_indices().nth(MOST) {
        Some(_) => label.chars().take(MOST - 1).chain(['…']).collect(),
        None => label.to_owned(),
    }
}

impl From<BarChart<'_>> for Markup {
    fn from(chart: BarChart<'_>) -> Markup {
        let scale = chart.scale.max(1);
        let mut parts = Vec::new();
        let mut texts = Vec::new();
        let last = chart.bars.len().saturating_sub(1);
        for (place, bar) in chart.bars.iter().enumerate() {
            let top = place * BAR_LINE;
            let baseline = (top + 13).to_string();
            let label = [("x", "0"), ("y", baseline.as_str()), ("class", "over")];
            texts.push(element("text", &label, short(&bar.label)));
            let figure = [("x", "100%"), ("y", &baseline), ("class", "over end")];
            texts.push(element("text", &figure, bar.figure.as_str()));
            let (y, height) = ((top + BAR_TOP).to_string(), BAR_HEIGHT.to_string());
            let track = [("class", "track"), ("x", "0"), ("y", &y), ("width", "100%"), ("height", &height)];
            parts.push(empty("rect", &track));
            if chart.is_chain && bar.start > 0 {
                let still_in = percent(share(bar.start, scale));
                let rect =
                    [("class", "still-in"), ("x", "0"), ("y", &y), ("width", &still_in), ("height", &height)];
                parts.push(empty("rect", &rect));
            }
            if bar.end > bar.start {
                // A bar of something is always to be seen.
                let width = share(bar.end - bar.start, scale).max(LEAST);
                let x = percent(share(bar.start, scale).min(WHOLE - width));
                let place = [("x", x.as_str()), ("y", &y), ("width", &percent(width)), ("height", &height)];
                parts.push(empty("rect", &[&[("class", bar.look.class())], &place[..]].concat()));
            }
            if chart.is_chain && place < last {
                let x = percent(share(if place == 0 { bar.end } else { bar.start }, scale));
                let (y1, y2) = (top + BAR_TOP + BAR_HEIGHT, top + BAR_LINE + BAR_TOP);
                parts.push(line("join", (&x, &y1.to_string()), (&x, &y2.to_string())));
            }
            if let Some(mark) = bar.mark {
                let x = percent(share(mark.min(scale), scale));
                let (y1, y2) = (top + BAR_TOP - 3, top + BAR_TOP + BAR_HEIGHT + 3);
                parts.push(line("mark", (&x, &y1.to_string()), (&x, &y2.to_string())));
            }
        }
        // Last, so that no line crosses them.
        parts.append(&mut texts);
        frame(chart.id, chart.title, chart.description, chart.bars.len() * BAR_LINE, parts)
    }
}

/// A column of a column chart.
pub(super) struct Column {
    pub(super) value: u64,
    /// What stands below it, if anything.
    pub(super) label: Option<String>,
    pub(super) is_shaded: bool,
}

/// Columns beside each other, some of them before a shade.
pub(super) struct ColumnChart<'a> {
    /// Names the chart in the page.
    pub(super) id: &'a str,
    pub(super) title: &'a str,
    /// What it shows, in words, for those who can't see it.
    pub(super) description: &'a str,
    pub(super) columns: Vec<Column>,
    /// What the shade says.
    pub(super) shade: &'a str,
}

const PLOT_TOP: u64 = 44;
const PLOT_HEIGHT: u64 = 170;

impl From<ColumnChart<'_>> for Markup {
    fn from(chart: ColumnChart<'_>) -> Markup {
        let count = chart.columns.len().max(1) as u64;
        let most = round_up(chart.columns.iter().map(|column| column.value).max().unwrap_or(0));
        let bottom = PLOT_TOP + PLOT_HEIGHT;
        let place = |place: usize| percent(share(place as u64, count));
        let mut parts = Vec::new();
        let shaded = |column: &Column| column.is_shaded;
        if let Some(first) = chart.columns.iter().position(shaded) {
            let columns = chart.columns.iter().filter(|column| column.is_shaded).count();
            let x = place(first);
            let (width, height) = (place(columns), (PLOT_HEIGHT + 20).to_string());
            let y = (PLOT_TOP - 20).to_string();
            let rect = [("class", "shade"), ("x", &x), ("y", &y), ("width", &width), ("height", &height)];
            parts.push(empty("rect", &rect));
            let (x, class) = match first * 2 > chart.columns.len() {
                true => (place(first + columns), "end note"),
                false => (x, "note"),
            };
            parts.push(element("text", &[("x", &x), ("y", "14"), ("class", class)], chart.shade));
        }
        let grid: &[u64] = if most.is_multiple_of(2) { &[most, most / 2] } else { &[most] };
        let height = |value: u64| u128::from(value) * u128::from(PLOT_HEIGHT) / u128::from(most);
        for value in grid {
            let y = (u128::from(bottom) - height(*value)).to_string();
            parts.push(line("grid", ("0", &y), ("100%", &y)));
        }
        for (index, column) in chart.columns.iter().enumerate().filter(|(_, column)| column.value > 0) {
            // A column of something is always to be seen.
            let height = height(column.value).max(2);
            let y = (u128::from(bottom) - height).to_string();
            let width = percent(share(80, 100 * count));
            let x = percent(share(100 * index as u64 + 10, 100 * count));
            let rect = [
                ("class", "plain"),
                ("x", &x),
                ("y", &y),
                ("width", &width),
                ("height", &height.to_string()),
            ];
            parts.push(empty("rect", &rect));
        }
        let y = bottom.to_string();
        parts.push(line("axis", ("0", &y), ("100%", &y)));
        for value in grid {
            let y = (u128::from(bottom) - height(*value)).saturating_sub(4).to_string();
            parts.push(element("text", &[("x", "0"), ("y", &y), ("class", "halo")], grouped(*value)));
        }
        for (index, column) in chart.columns.iter().enumerate() {
            let Some(label) = &column.label else { continue };
            let x = place(index);
            parts.push(line("axis", (&x, &y), (&x, &(bottom + 6).to_string())));
            // Within the chart's edges.
            let class = match share(index as u64, count) {
                ..90_000 => "start",
                90_000..95_000 => "middle",
                _ => "end",
            };
            let text = [("x", x.as_str()), ("y", &(bottom + 20).to_string()), ("class", class)];
            parts.push(element("text", &text, label.as_str()));
        }
        frame(chart.id, chart.title, chart.description, bottom as usize + 26, parts)
    }
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
/// The least width that is to be seen.
const LEAST: u64 = 400;

fn share(part: u64, whole: u64) -> u64 {
    let share = u128::from(part) * u128::from(WHOLE) / u128::from(whole.max(1));
    u64::try_from(share).unwrap_or(WHOLE).min(WHOLE)
}

fn percent(thousandths: u64) -> String {
    format!("{}.{:03}%", thousandths / 1000, thousandths % 1000)
}

fn line(class: &'static str, from: (&str, &str), to: (&str, &str)) -> Markup {
    empty("line", &[("class", class), ("x1", from.0), ("y1", from.1), ("x2", to.0), ("y2", to.1)])
}

fn frame(id: &str, title: &str, description: &str, height: usize, parts: Vec<Markup>) -> Markup {
    let (title_id, description_id) = (format!("{id}-title"), format!("{id}-words"));
    let mut inside = vec![
        element("title", &[("id", &title_id)], title),
        element("desc", &[("id", &description_id)], description),
    ];
    inside.extend(parts);
    let words = format!("{title_id} {description_id}");
    let (height, attributes) = (height.to_string(), ("width", "100%"));
    element("svg", &[("role", "img"), ("aria-labelledby", &words), attributes, ("height", &height)], inside)
}

/// The patterns that the charts are filled with, once for the page.
pub(super) fn patterns() -> Markup {
    Markup::written_here(
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
