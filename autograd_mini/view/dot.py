"""Boxes and arrows as DOT text.

Kinds are told apart by shape and line as well as by colour, so that a print in black and white reads the same.
"""

from __future__ import annotations

import html
from collections import Counter
from typing import Any

from .graph_data import NOT_KEPT, Arrow, Box, GraphData
from .groups import Place, inherited

FONT = "Helvetica"  # a name that every renderer has the measures of
QUIET = "#5a5a5a"
STYLES = {
    "leaf": {"shape": "box", "style": "filled", "fillcolor": "#d3e5f7", "color": "#1f5a99", "penwidth": "1.6"},
    "parameter": {"shape": "tab", "style": "filled", "fillcolor": "#c9d8f0", "color": "#1f3f77", "penwidth": "1.6"},
    "again": {"shape": "box", "style": "dashed", "color": "#1f5a99"},
    "constant": {"shape": "note", "style": "filled,dashed", "fillcolor": "#f4f4f4", "color": "#777777"},
    "operation": {"shape": "box", "style": "filled,rounded", "fillcolor": "#fff3d1", "color": "#a87800"},
    "link": {"shape": "octagon", "style": "filled", "fillcolor": "#eee3f7", "color": "#6b4a8a"},
    "group": {"shape": "box", "style": "filled,rounded", "fillcolor": "#e4e4ee", "color": "#4a4a7a", "penwidth": "2"},
    "folded": {"shape": "box3d", "style": "filled", "fillcolor": "#ffffff", "color": "#5a5a5a"},
}
RESULT = {"peripheries": "2", "fillcolor": "#d9efd3", "color": "#2c7a2c", "penwidth": "1.4"}
WRONG = {"color": "#b3261e", "penwidth": "3.5"}
# Curves around everything take minutes where many arrows pass many ranks.
LONG = 2500
QUICK = {"splines": "line", "nslimit": "1", "mclimit": "0.1"}


def to_graph(data: GraphData, direction: str) -> Any:
    """Return a drawing as a `graphviz.Digraph`."""
    import graphviz  # type: ignore[import-untyped, unused-ignore]  # not before something is drawn

    graph = graphviz.Digraph(
        "autograd_mini",
        graph_attr={"rankdir": direction, "bgcolor": "white", "fontname": FONT, "nodesep": "0.3", "ranksep": "0.4"},
        node_attr={"fontname": FONT, "fontsize": "14", "margin": "0.08,0.05", "height": "0.3", "width": "0.4"},
        edge_attr={"fontname": FONT, "fontsize": "11", "color": "#444444", "fontcolor": QUIET, "arrowsize": "0.8"},
    )
    if total_length(data.arrows) > LONG:
        graph.attr(**QUICK)
    if data.title or data.legend:
        lines = "<BR/>".join(text(line) for line in data.title)
        swatch = '<TD BGCOLOR="{}" BORDER="1" WIDTH="24" HEIGHT="14" FIXEDSIZE="TRUE"></TD>'
        swatches = "".join(
            f'<TR>{swatch.format(colour)}<TD ALIGN="LEFT">{text(meaning)}</TD></TR>' for colour, meaning in data.legend
        )
        legend = f'<TABLE BORDER="0" CELLSPACING="2">{swatches}</TABLE>' if swatches else ""
        head = f"<TR><TD>{lines}</TD></TR>" if lines else ""
        whole = f"<TABLE BORDER='0'>{head}<TR><TD>{legend}</TD></TR></TABLE>" if legend else lines
        graph.attr(labelloc="t", label=f'<<FONT POINT-SIZE="12" COLOR="{QUIET}">{whole}</FONT>>')
    scopes: dict[Place, Any] = {(): graph}
    places = inherited(data.boxes, data.arrows, ("constant", "again"))
    for box in data.boxes:
        inside = scope_of(places[box.key], scopes)
        style = STYLES[box.kind] | (RESULT if box.is_result else {}) | (WRONG if box.is_wrong else {})
        style |= {"fillcolor": box.fill, "style": "filled"} if box.fill else {}
        inside.node(box.key, label=label(box), tooltip=graphviz.escape(printable(box.tooltip)), **style)
    for scope in sorted(scopes, key=len, reverse=True)[:-1]:  # the innermost first
        scopes[scope[:-1]].subgraph(scopes[scope])
    for arrow in data.arrows:
        style = {"style": "dashed"} if arrow.dashed else {}
        graph.edge(arrow.source, arrow.target, **style, **({"label": f"<{text(arrow.label)}>"} if arrow.label else {}))
    return graph


def total_length(arrows: list[Arrow]) -> int:
    """Return how many ranks the arrows pass together; those of older targets come first."""
    ranks: Counter[str] = Counter()
    for arrow in arrows:
        ranks[arrow.target] = max(ranks[arrow.target], ranks[arrow.source] + 1)
    return sum(ranks[arrow.target] - ranks[arrow.source] for arrow in arrows)


def scope_of(scope: Place, scopes: dict[Place, Any]) -> Any:
    """Return the cluster of a scope, made with those around it when it is first needed."""
    import graphviz

    for i in range(1, len(scope) + 1):
        if scope[:i] not in scopes:
            attributes = {
                "label": f"<{text(scope[i - 1][0])}>",
                "style": "rounded",
                "color": "#9a9a9a",
                "fontsize": "12",
            }
            scopes[scope[:i]] = graphviz.Digraph(f"cluster_{len(scopes)}", graph_attr=attributes)
    return scopes[scope]


def label(box: Box) -> str:
    """Return a box's label in the markup of DOT: the name in bold, the operation, and its rows."""
    bold = f"<B>{text(box.name)}</B>" if box.name else ""
    heading = ": ".join(part for part in (bold, text(box.operation)) if part)
    lines = [f'<TR><TD COLSPAN="2">{heading}</TD></TR>'] if heading else []
    heat = dict(box.heat)
    for left, right in box.rows:
        shown = heat_map(heat[left]) if heat.get(left) else f"<I>{right}</I>" if right == NOT_KEPT else text(right)
        if left:
            left = f'<FONT POINT-SIZE="11" COLOR="{QUIET}">{text(left)}</FONT>'
            lines.append(f'<TR><TD ALIGN="LEFT">{left}</TD><TD ALIGN="RIGHT">{shown}</TD></TR>')
        else:
            shown = f'<FONT POINT-SIZE="11">{shown}</FONT>' if heading else shown
            lines.append(f'<TR><TD COLSPAN="2">{shown}</TD></TR>')
    return f'<<TABLE BORDER="0" CELLSPACING="0" CELLPADDING="2">{"".join(lines)}</TABLE>>'


def heat_map(rows: list[list[str]]) -> str:
    """Return a heat map as a table of coloured cells."""
    size = f'WIDTH="{9 * len(rows[0])}" HEIGHT="{9 * len(rows)}" FIXEDSIZE="TRUE"'
    cell = '<TD BGCOLOR="{}" WIDTH="9" HEIGHT="9" FIXEDSIZE="TRUE"></TD>'
    lines = "".join(f"<TR>{''.join(map(cell.format, row))}</TR>" for row in rows)
    return f'<TABLE BORDER="0" CELLSPACING="0" CELLPADDING="0" {size}>{lines}</TABLE>'


def text(x: str) -> str:
    """Return any text so that DOT's markup shows it as it is, whatever characters it has.

    Examples
    --------
    >>> text('<b> & "w"')
    '&lt;b&gt; &amp; &quot;w&quot;'
    """
    return html.escape(printable(x)).replace("\\", "<FONT>\\</FONT>")  # alone, or DOT puts a node's key for \N


def printable(x: str) -> str:
    r"""Return a text with escapes for what can't be printed: control characters, line breaks, lone surrogates.

    Examples
    --------
    >>> print(printable("two\nlines \x00"))
    two\nlines \x00
    """
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in x)
