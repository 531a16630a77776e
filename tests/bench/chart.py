"""Makes doc/performance.md and doc/performance.svg of what `script/bench --json FILE` has measured.

usage: chart.py FILE
"""

import html
import json
import pathlib
import sys
import time

DOC = pathlib.Path(__file__).resolve().parents[2] / "doc"
LINE, LABELS, BARS, VALUES = 22, 470, 330, 110
SHOWN_MAX = 4  # ratios beyond it are cut, and say so


def ratios(results):
    """The ratio rows of each part: (title, rows)."""
    for name, part in results["parts"].items():
        rows = [row for row in part["rows"] if row.get("is_ratio")]
        if rows:
            yield f"{name}. {part['title']}", rows


def text(x, y, what, anchor="start", weight="normal"):
    return (f'<text x="{x}" y="{y}" text-anchor="{anchor}" font-weight="{weight}">{html.escape(what)}</text>')


def bar(y, row):
    scale = BARS / SHOWN_MAX
    low, median, high = (min(row[key], SHOWN_MAX) * scale for key in ("low", "median", "high"))
    cut = " →" if row["median"] > SHOWN_MAX else ""
    return [
        text(LABELS - 10, y + 11, f"{row['what']}, {row['unit']}", "end"),
        f'<rect x="{LABELS}" y="{y}" width="{median:.1f}" height="14" fill="#8a3b12"/>',
        f'<line x1="{LABELS + low:.1f}" x2="{LABELS + high:.1f}" y1="{y + 7}" y2="{y + 7}" stroke="#1d2530"/>',
        text(LABELS + BARS + 10, y + 11, f"{row['median']:.2f}{cut}"),
    ]


def chart(results):
    """Bars of medians, with a line from the least to the most; the line down is 1."""
    parts, y = [], 10
    for title, rows in ratios(results):
        parts.append(text(10, y + 14, title, weight="bold"))
        y += LINE + 4
        for row in rows:
            parts += bar(y, row)
            y += LINE
        y += 10
    one = LABELS + BARS / SHOWN_MAX
    width = LABELS + BARS + VALUES
    head = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {y}" font-family="sans-serif" font-size="12">',
            f'<rect width="{width}" height="{y}" fill="#ffffff"/>',
            f'<line x1="{one}" x2="{one}" y1="0" y2="{y}" stroke="#5b6675" stroke-dasharray="3 3"/>']
    return "\n".join([*head, *parts, "</svg>"]) + "\n"


def number(value):
    return f"{value:.2f}" if value < 100 else f"{value:,.0f}"


def page(results):
    day = time.strftime("%Y-%m-%d", time.gmtime(results["began"]))
    lines = ["# Performance", "",
             f"Made by `tests/bench/chart.py` of a run of `script/bench` on {day}: {results['processors']} processors, which the load",
             f"generator shares, {results['rounds']} rounds of {results['seconds']} s a side, in turn. Ratios carry to other machines, absolute figures do not.",
             "", "![ratios: medians, and the least and the most](performance.svg)"]
    for name, part in results["parts"].items():
        lines += ["", f"## {name}. {part['title']}", "", "| what | median | least | most | |", "|---|---:|---:|---:|---|"]
        for row in part["rows"]:
            values = " | ".join(number(row[key]) for key in ("median", "low", "high"))
            lines.append(f"| {row['what']} | {values} | {row['unit']} |")
    return "\n".join(lines) + "\n"


def main():
    results = json.loads(pathlib.Path(sys.argv[1]).read_text())
    (DOC / "performance.svg").write_text(chart(results))
    (DOC / "performance.md").write_text(page(results))


if __name__ == "__main__":
    main()
