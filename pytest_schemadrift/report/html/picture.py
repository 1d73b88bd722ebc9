"""A picture of tables and their relations as SVG: what is referred to stands above what refers to it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape

BOX_WIDTH, BOX_HEIGHT = 196, 46
GAP_X, GAP_Y = 26, 58
MARGIN = 14
PER_ROW = 5
LONGEST_LABEL = 24
MOST_SHOWN = 60
"""Beyond that nobody can read a picture: the drifted tables and their neighbours are shown, the rest is a list."""


@dataclass(frozen=True, slots=True)
class Node:
    """A table: ``state`` is ``same``, ``drifted``, ``missing`` or ``extra``; ``note`` says it in a word or two."""

    name: str
    state: str = "same"
    note: str = ""
    link: str = ""


@dataclass(frozen=True, slots=True)
class Picture:
    """An SVG text, and how many of the tables it shows."""

    svg: str
    shown: int


Edge = tuple[str, str]
"""(the table that refers, the table that it refers to)."""


def draw(nodes: Sequence[Node], edges: Iterable[Edge], label: str, identifier: str) -> Picture:
    """Draw these tables; the same input gives the same picture. ``identifier`` makes the ids of its texts unique."""
    known = {node.name: node for node in nodes}
    links = sorted({(child, parent) for child, parent in edges if child in known and parent in known})
    shown = _shown(known, links)
    links = [(child, parent) for child, parent in links if child in shown and parent in shown]
    places = _placed(sorted(shown), links)
    width = MARGIN * 2 + max((x for x, _ in places.values()), default=0) + BOX_WIDTH
    height = MARGIN * 2 + max((y for _, y in places.values()), default=0) + BOX_HEIGHT
    parts = [
        f'<svg viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="group" '
        f'aria-labelledby="{identifier}-title {identifier}-desc">',
        f'<title id="{identifier}-title">{escape(label)}</title>',
        f'<desc id="{identifier}-desc">{escape(_described(known, shown, links))}</desc>',
        '<g class="edges" aria-hidden="true">',
        *(_line(places[child], places[parent], child == parent) for child, parent in links),
        "</g>",
        *(_box(known[name], *places[name]) for name in sorted(shown, key=lambda name: (places[name][1], places[name]))),
        "</svg>",
    ]
    return Picture("\n".join(parts), len(shown))


def _shown(nodes: Mapping[str, Node], edges: Iterable[Edge]) -> set[str]:
    if len(nodes) <= MOST_SHOWN:
        return set(nodes)
    drifted = sorted(name for name, node in nodes.items() if node.state != "same")[:MOST_SHOWN]
    shown = set(drifted)
    for child, parent in edges:
        for name, other in ((child, parent), (parent, child)):
            if name in drifted and len(shown) < MOST_SHOWN:
                shown.add(other)
    return shown


def _placed(names: Sequence[str], edges: Sequence[Edge]) -> dict[str, tuple[int, int]]:
    """The upper left corner of every box, row by row."""
    parents: dict[str, list[str]] = {name: [] for name in names}
    for child, parent in edges:
        if child != parent:
            parents[child].append(parent)
    related = {name for edge in edges if edge[0] != edge[1] for name in edge}
    layers = _layers(names, parents)
    rows: list[list[str]] = []
    for layer in range(max(layers.values(), default=-1) + 1):
        members = [name for name in names if layers[name] == layer and name in related]
        rows += [members[start : start + PER_ROW] for start in range(0, len(members), PER_ROW)]
    alone = [name for name in names if name not in related]
    rows += [alone[start : start + PER_ROW] for start in range(0, len(alone), PER_ROW)]
    widest = max(map(len, rows), default=0)
    places: dict[str, tuple[int, int]] = {}
    for number, row in enumerate(rows):
        left = MARGIN + (widest - len(row)) * (BOX_WIDTH + GAP_X) // 2
        above = {name: _middle([places[parent][0] for parent in parents[name] if parent in places]) for name in row}
        for column, name in enumerate(sorted(row, key=lambda name: (above[name], name))):
            places[name] = left + column * (BOX_WIDTH + GAP_X), MARGIN + number * (BOX_HEIGHT + GAP_Y)
    return places


def _middle(places: Sequence[int]) -> float:
    return sum(places) / len(places) if places else 0.0


def _layers(names: Sequence[str], parents: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """How many tables stand above each; of tables in a circle, those are counted that were met first."""
    layers: dict[str, int] = {}
    for start in names:
        path, waiting = [start], [iter(parents[start])]
        while path and start not in layers:
            parent = next(waiting[-1], None)
            if parent is None:
                waiting.pop()
                done = path.pop()
                layers[done] = max((layers[name] + 1 for name in parents[done] if name in layers), default=0)
            elif parent not in layers and parent not in path:
                path.append(parent)
                waiting.append(iter(parents[parent]))
    return layers


def _box(node: Node, x: int, y: int) -> str:
    label = node.name if len(node.name) <= LONGEST_LABEL else f"{node.name[: LONGEST_LABEL - 1]}…"
    said = f"{node.name}: {node.note}" if node.note else f"{node.name}: in sync"
    text = f'<text x="{x + 12}" y="{y + (20 if node.note else 28)}" class="name">{escape(label)}</text>' + (
        f'<text x="{x + 12}" y="{y + 37}" class="note">{escape(node.note)}</text>' if node.note else ""
    )
    box = f'<title>{escape(said)}</title><rect x="{x}" y="{y}" width="{BOX_WIDTH}" height="{BOX_HEIGHT}" rx="7"/>{text}'
    if node.link:
        return f'<a class="table {node.state}" href="#{escape(node.link)}" aria-label="{escape(said)}">{box}</a>'
    return f'<g class="table {node.state}">{box}</g>'


def _line(child: tuple[int, int], parent: tuple[int, int], is_loop: bool) -> str:
    (x1, y1), (x2, y2) = child, parent
    if is_loop:
        right, top = x1 + BOX_WIDTH, y1 + 10
        return f'<path d="M{right} {top} c26 -6 26 32 0 26" class="edge"/>'
    x1, x2 = x1 + BOX_WIDTH // 2, x2 + BOX_WIDTH // 2
    if y1 > y2:
        y2 += BOX_HEIGHT
        bend = max(24, (y1 - y2) // 2)
        return f'<path d="M{x1} {y1} C{x1} {y1 - bend} {x2} {y2 + bend} {x2} {y2}" class="edge"/>'
    y1 += BOX_HEIGHT  # a circle, or two of one row: below both
    y2 += BOX_HEIGHT
    return f'<path d="M{x1} {y1} C{x1} {y1 + 34} {x2} {y2 + 34} {x2} {y2}" class="edge"/>'


def _described(nodes: Mapping[str, Node], shown: Collection[str], edges: Sequence[Edge]) -> str:
    """The picture for somebody who does not see it."""
    drifted = sorted(name for name in shown if nodes[name].state != "same")
    words = [f"{len(shown)} of {len(nodes)} tables, {len(edges)} relations between them."]
    if drifted:
        words.append("Not in sync: " + ", ".join(f"{name} ({nodes[name].note})" for name in drifted) + ".")
    return " ".join(words)
