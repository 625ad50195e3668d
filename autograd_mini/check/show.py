"""The report of a gradient check in words, and as a page for notebooks."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from math import inf, isfinite, isnan, log10
from typing import Any

import numpy as np

from .report import Coverage, Entry, Map, Report, Verdict, grave_first

SHOWN = 5  # how many entries a text shows
CELLS = 64  # how many cells a heat map has along an axis
MORE = "am.check_grads(..., report=True) returns every comparison"


def in_a_line(report: Report) -> str:
    """Return the verdict in a line."""
    if report.error is not None:
        return f"<gradient of {report.name}: {report.verdict}>"
    count, orders = len(report.entries), sorted({entry.order for entry in report.entries})
    upto = f" up to order {orders[-1]}" if orders[-1:] > [1] else ""
    if report.ok:
        kinked = sum(entry.verdict is Verdict.KINK for entry in report.entries)
        at_kinks = f", {kinked} of them at kinks" if kinked else ""
        worst = f"worst relative error {report.worst:.2g}"
        return f"<gradient of {report.name}: right in {count} numbers{upto}{at_kinks}; {worst}>"
    return f"<{headline(report)}>"


def headline(report: Report) -> str:
    """Return what a check that failed comes to."""
    wrong = report.wrong
    if report.verdict is Verdict.WRONG:
        count = sum(entry.verdict is Verdict.WRONG for entry in wrong)
        lowest = min(entry.order for entry in wrong)
        right = f", right at order {lowest - 1} but not at order {lowest}" if lowest > 1 else ""
        return f"gradient of {report.name}: wrong in {count} of {len(report.entries)} numbers{right}"
    if report.verdict is Verdict.KINK:
        return f"gradient of {report.name}: no subgradient at a kink, in {len(wrong)} of {len(report.entries)} numbers"
    return f"gradient of {report.name}: {report.verdict}, in {len(wrong)} of {len(report.entries)} numbers"


def line_of(entry: Entry) -> str:
    """Return one comparison in a line."""
    if entry.verdict is Verdict.KINK and isfinite(entry.left):
        is_one = f" is {'a' if entry.subgradient else 'no'} subgradient" if entry.order == 1 else ""
        slopes = f"left slope {entry.left:.8g}, right slope {entry.right:.8g}"
        return f"{entry.place}: a kink here, {slopes}; {entry.mode} {entry.found:.8g}{is_one}"
    if isnan(entry.found) and entry.note:
        return f"{entry.place}: {entry.note}"
    known = f" ± {entry.allowed:.1g}" if isfinite(entry.allowed) else ""
    both = f"{entry.mode} {entry.found:.8g}, {entry.reference} {entry.expected:.8g}{known}"
    verdict = "" if entry.verdict is Verdict.WRONG else f"{entry.verdict}: "
    return f"{entry.place}: {verdict}{both}" + (f" ({entry.note})" if entry.note else "")


def found_lines(report: Report) -> list[str]:
    """Return the pattern, the operation to blame and the worst entries, as lines."""
    shown = grave_first(report.entries)
    lines = [f"  blame: {b.text} ({b.line})" if b.line not in b.text else f"  blame: {b.text}" for b in report.blame]
    lines += [f"  pattern: {p.argument}: {p.text}" for p in report.patterns]
    lines += [f"  {line_of(entry)}" for entry in shown[:SHOWN]]
    left = len(report.wrong) - len(shown[:SHOWN])
    if left:
        higher = len(report.wrong) - len(shown)
        lines.append(f"  ... and {left} more" + (f", {higher} at higher order" if higher else ""))
    return lines


def message(report: Report) -> tuple[str, str, str]:
    """Return what an exception says of a failed check: what was found, why, and what to do."""
    return "\n".join([headline(report), *found_lines(report)]), *advice(report)


def advice(report: Report) -> tuple[str, str]:
    """Return why a check failed, as far as its entries tell, and what to do."""
    wrong = [entry for entry in report.wrong if entry.verdict is report.verdict]
    if report.verdict is Verdict.KINK and any("has no derivative where" in entry.note for entry in wrong):
        return (
            "the slope of an operation at its kink is a convention, and the whole has another one there",
            f"a point beside it, or an expression without the kink; {MORE}",
        )
    if report.verdict is Verdict.KINK:
        return "at a kink only the numbers between the slopes on both sides are subgradients", f"one of them; {MORE}"
    if report.verdict is Verdict.OUTSIDE:
        return (
            "the point is at a pole or at the edge of the domain, where differences see one side at most",
            f"a point inside the domain; {MORE}",
        )
    if report.verdict is Verdict.JUMP:
        return "where a function jumps, it has no derivative", f"a point away from the jump; {MORE}"
    if report.verdict is Verdict.UNKNOWN:
        return (
            "the differences don't settle, or the function's noise hides its slope",
            f"double precision inside the function, a point with a larger slope, rtol= or atol=; {MORE}",
        )
    if all(entry.mode == "grad" for entry in wrong):
        return "it differs from central differences of the function itself", MORE
    if report.blame and all(isnan(entry.expected) for entry in wrong):
        return "there is no gradient to compare: a rule raises, or returns none", f"mend the rule; {MORE}"
    if report.blame:
        return (
            "the operation's own derivative differs from differences of that operation alone",
            f"mend its rule; {MORE}",
        )
    if all(entry.reference == "vjp" for entry in wrong):
        return (
            "jvp is the transpose of vjp, so a rule on the way isn't linear in its cotangent g",
            f"no branch, mask or power of g in a rule; {MORE}",
        )
    if min(entry.order for entry in wrong) > 1:
        return (
            "the gradient is right, its own derivative isn't: a rule on the way computes with raw numbers"
            " that depend on its arguments",
            f"a rule written with NumPy functions of the parameters that it names; {MORE}",
        )
    return "it differs from central differences of the function itself: a rule on the way to it is wrong", MORE


def surety(report: Report) -> list[str]:
    """Return how sure the verdict is, as lines."""
    lines = []
    sampled = [one for one in report.coverage if not one.complete]
    if report.coverage and not sampled:
        count = sum(one.size for one in report.coverage)
        lines.append(f"  checked: all {count:,} elements, one by one" if count > 1 else "  checked: the one element")
    lines += [f"  checked: {covered(one)}" for one in sampled]
    if sampled:
        lines.append("  a sample is no proof: max_elements= raises what is compared one by one")
    if not isnan(report.taylor):
        lines.append(f"  the remainder falls as h^{report.taylor:.2f} (2 if right, 1 if wrong)")
    return lines


def covered(one: Coverage) -> str:
    """Return in words how thoroughly an array was checked."""
    way = f"{one.elements} of {one.size:,} elements of {one.argument}, and {one.directions} random directions of all"
    return f"{way}: an error of 1% of the gradient's length is found with probability {percent(one.detection)}"


def percent(p: float) -> str:
    """Return a probability without rounding it to certainty.

    Examples
    --------
    >>> percent(0.5), percent(0.99997), percent(1.0)
    ('50%', '99.997%', 'more than 99.9999%')
    """
    if p > 1 - 1e-6:
        return "more than 99.9999%"
    digits = max(0, -int(log10(1 - p)) - 1) if p > 0.9 else 0
    return f"{100 * p:.{digits}f}%"


def as_text(report: Report) -> str:
    """Return the report for a terminal: is it wrong, where, how, which operation, how sure."""
    if report.error is not None:
        return f"gradient of {report.name}: {report.verdict}\n{report.error}"
    if not report.ok:
        why, instead = advice(report)
        lines = [headline(report), *found_lines(report), f"  why: {why}", *surety(report), f"  instead: {instead}"]
        return "\n".join(lines)
    kinks = [entry for entry in report.entries if entry.verdict is Verdict.KINK]
    lines = [in_a_line(report)[1:-1], *(f"  {line_of(entry)}" for entry in kinks[:SHOWN])]
    if len(kinks) > SHOWN:
        lines.append(f"  ... and {len(kinks) - SHOWN} more kinks")
    return "\n".join([*lines, *surety(report)])


# ---------------------------------------------------------------------------------------------------- For notebooks


def as_html(report: Report) -> str:
    """Return the report for a notebook: the text, a table of the worst entries, and maps of the errors."""
    head, *rest = as_text(report).split("\n")
    colour = "#1a7f37" if report.ok else "#cf222e"
    parts = [f'<div style="border-left:4px solid {colour};padding-left:10px"><b>{escape(head)}</b>']
    parts.append(f'<pre style="margin:4px 0;white-space:pre-wrap">{escape(chr(10).join(rest))}</pre>')
    entries = [entry for entry in report.entries if not entry.ok][: 2 * SHOWN]
    if entries:
        parts.append(table_of(entries))
    wrong = {entry.argument for entry in entries}
    parts += [
        heat_map(one)
        for one in report.maps
        if one.argument in wrong and one.found.shape == one.expected.shape and 0 < one.found.ndim <= 2
    ]
    return "\n".join([*parts, "</div>"])


def table_of(entries: Sequence[Entry]) -> str:
    """Return entries as an HTML table."""
    names = ("order", "where", "verdict", "found", "expected", "allowed")
    rows = [
        (e.order, f"{e.place} ({e.mode})", e.verdict, f"{e.found:.8g}", f"{e.expected:.8g}", f"{e.allowed:.1g}")
        for e in entries
    ]
    head = "".join(f"<th>{name}</th>" for name in names)
    body = "".join("<tr>" + "".join(f"<td>{escape(str(x))}</td>" for x in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def heat_map(one: Map) -> str:
    """Return the error of a gradient over its array as a picture: how many times larger than allowed, on a log scale.

    The lightness falls with the error, so it reads in black and white too; what is within the error bar stays white. An
    array of more than 64 rows or columns is drawn by the largest error in each block.
    """
    size, step = 14, 2
    off = np.atleast_2d(badness(one))
    blocks = [-(-n // CELLS) for n in off.shape]
    shown = blocked(off, blocks)
    found, expected = np.atleast_2d(one.found), np.atleast_2d(one.expected)
    cells = []
    for (i, j), x in np.ndenumerate(shown):
        k, m = i * blocks[0], j * blocks[1]
        index = f"{k}, {m}" if one.found.ndim == 2 else f"{m}"
        title = f"{one.argument}[{index}]: {found[k, m]:.6g}, should be {expected[k, m]:.6g}"
        if blocks != [1, 1]:
            title = f"{one.argument}, block from [{index}]: largest error {x:.3g} times what is allowed"
        cells.append(
            f'<rect x="{j * size}" y="{i * size}" width="{size}" height="{size}" fill="{shade(float(x))}"'
            f' stroke="#888" stroke-width="0.5"><title>{escape(title)}</title></rect>'
        )
    rows, columns = shown.shape
    width, height = max(columns * size, 280) + step, rows * size + 34
    ticks = [(0.5, "within the error bar"), (10.0, "10×"), (1e6, "10⁶×"), (1e12, "10¹²× and more")]
    legend, x = [], 0
    for value, text in ticks:
        y = rows * size + 12
        legend.append(f'<rect x="{x}" y="{y}" width="10" height="10" fill="{shade(value)}" stroke="#888"/>')
        legend.append(f'<text x="{x + 14}" y="{y + 9}" font-size="10" fill="currentColor">{text}</text>')
        x += 26 + 6 * len(text)
    block = f", blocks of {blocks[0]} × {blocks[1]}" if blocks != [1, 1] else ""
    caption = f"error of the gradient by {escape(one.argument)}, shape {one.found.shape}{block}"
    return (
        f'<figure style="margin:8px 0"><figcaption>{caption}</figcaption>'
        f'<svg width="{max(width, x)}" height="{height}" role="img" aria-label="{caption}">'
        f"{''.join(cells + legend)}</svg>"
        "</figure>"
    )


def badness(one: Map) -> Any:
    """Return how many times larger than allowed each error is; infinite for NaN."""
    with np.errstate(all="ignore"):
        off = abs(one.found - one.expected) / np.where(one.allowed > 0, one.allowed, np.finfo(float).tiny)
    return np.where(np.isfinite(one.expected), np.where(np.isnan(off), inf, off), 0.0)


def blocked(x: Any, blocks: Sequence[int]) -> Any:
    """Return the largest number in each block of a matrix.

    Examples
    --------
    >>> blocked(np.arange(12).reshape(3, 4), [2, 2])
    array([[ 5,  7],
           [ 9, 11]])
    """
    down = np.maximum.reduceat(x, np.arange(0, x.shape[0], blocks[0]), axis=0)
    return np.maximum.reduceat(down, np.arange(0, x.shape[1], blocks[1]), axis=1)


def shade(off: float) -> str:
    """Return the colour of an error that is some times larger than allowed: white, then yellow to dark red.

    Examples
    --------
    >>> shade(0.5), shade(1e15)
    ('#ffffff', '#67000d')
    """
    if off <= 1:
        return "#ffffff"
    part = min(log10(off) / 12, 1.0) if isfinite(off) else 1.0
    light, dark = (255, 237, 160), (103, 0, 13)
    return "#" + "".join(f"{round(a + (b - a) * part):02x}" for a, b in zip(light, dark, strict=True))
