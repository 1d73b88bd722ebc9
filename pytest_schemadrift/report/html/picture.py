"""A picture of tables and their relations as SVG: what is referred to stands above what refers to it.

The layout is the classic one in layers: each table below those that it refers to, long relations led through the rows
between, the order within the rows chosen for few crossings, and each box as near to its neighbours as the row allows.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise, zip_longest
from unicodedata import east_asian_width

from pytest_schemadrift.shown import visible

BOX_WIDTH, BOX_HEIGHT = 196, 46
GAP_X, GAP_Y = 22, 56
LANE = 8
"""The width of a relation that passes through a row, and of the gaps beside it."""
MARGIN = 14
PER_ROW = 5
LABEL_CELLS = 21
"""How many characters of a name fit into a box; those of East Asia count twice."""
MOST_SHOWN = 40
"""Beyond that nobody can read a picture: the drifted tables and their neighbours are shown, the rest is a list."""
WIDE = 1100
"""Pixels; a picture that is wider is made smaller where the window is too narrow for it, but never below this."""
SWEEPS = 12
SIGNS = {"drifted": "≠", "missing": "+", "extra": "−", "unreadable": "?"}


@dataclass(frozen=True, slots=True)
class Node:
    """A table: ``state`` is ``same`` or one of ``SIGNS``; ``note`` says it in a word or two."""

    name: str
    state: str = "same"
    note: str = ""
    link: str = ""


@dataclass(frozen=True, slots=True, order=True)
class Edge:
    """A relation: ``child`` refers to ``parent``; ``state`` is ``same``, ``missing`` or ``extra``."""

    child: str
    parent: str
    state: str = "same"


@dataclass(frozen=True, slots=True)
class Picture:
    """An SVG text, and how many of the tables and of the relations it shows."""

    svg: str
    shown: int
    relations: int


@dataclass(frozen=True, slots=True, order=True)
class _Lane:
    """Where the relations to ``parent`` pass through a row: they share one line."""

    parent: str
    row: int


_Item = str | _Lane
_Row = list[_Item]
_Point = tuple[int, int]


def draw(nodes: Sequence[Node], edges: Iterable[Edge], label: str, identifier: str) -> Picture:
    """Draw these tables; the same input gives the same picture. ``identifier`` makes the ids of its texts unique."""
    known = {node.name: node for node in nodes}
    links = _merged(edge for edge in edges if edge.child in known and edge.parent in known)
    shown = _shown(known, links)
    links = [edge for edge in links if edge.child in shown and edge.parent in shown]
    layout = Layout(sorted(shown), links)
    places = layout.places
    width = MARGIN + max((x for x, _ in places.values()), default=0) + BOX_WIDTH // 2
    height = MARGIN * 2 + max((y for _, y in places.values()), default=0) + BOX_HEIGHT
    boxes = sorted((name for name in shown), key=lambda name: (places[name][1], places[name][0]))
    parts = [
        f'<svg class="{"wide" if width > WIDE else "whole"}" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}" role="group" '
        f'aria-labelledby="{identifier}-title" aria-describedby="{identifier}-desc">',
        f'<title id="{identifier}-title">{_seen(label)}</title>',
        f'<desc id="{identifier}-desc">{_seen(_described(known, shown, links))}</desc>',
        *(_arrow(identifier, state) for state in ("same", "missing", "extra")),
        '<g aria-hidden="true">',
        *(_line(layout, edge, identifier) for edge in links),
        "</g>",
        *(_box(known[name], *places[name]) for name in boxes),
        "</svg>",
    ]
    return Picture("\n".join(parts), len(shown), len(links))


def _merged(edges: Iterable[Edge]) -> list[Edge]:
    """One relation between any two tables; of several that differ, there is one on both sides in effect."""
    found: dict[tuple[str, str], Edge] = {}
    for edge in sorted(edges):
        kept = found.setdefault((edge.child, edge.parent), edge)
        if kept.state != edge.state:
            found[edge.child, edge.parent] = Edge(edge.child, edge.parent)
    return sorted(found.values())


def _shown(nodes: Mapping[str, Node], edges: Sequence[Edge]) -> set[str]:
    """All tables, or as many as can be read: the drifted ones, then of each a neighbour, then of each another."""
    if len(nodes) <= MOST_SHOWN:
        return set(nodes)
    drifted = sorted(name for name, node in nodes.items() if node.state != "same")[:MOST_SHOWN]
    near: dict[str, list[str]] = {name: [] for name in drifted}
    for edge in edges:
        for name, other in ((edge.child, edge.parent), (edge.parent, edge.child)):
            if name in near:
                near[name].append(other)
    shown = dict.fromkeys(drifted)
    for neighbours in zip_longest(*near.values()):
        shown.update(dict.fromkeys(name for name in neighbours if name is not None))
    return set(list(shown)[:MOST_SHOWN])


# --- where everything stands -----------------------------------------------------------------------------------------


class Layout:
    """The places of tables and of the relations between them.

    ``places`` has the middle of each box's or lane's upper edge, ``rows`` the row that each table is in.
    """

    def __init__(self, names: Sequence[str], edges: Sequence[Edge]) -> None:
        self.parents: dict[str, list[str]] = {name: [] for name in names}
        for edge in edges:
            if edge.child != edge.parent:
                self.parents[edge.child].append(edge.parent)
        related = {name for edge in edges if edge.child != edge.parent for name in (edge.child, edge.parent)}
        rows = _rows([name for name in names if name in related], self.parents)
        self.rows = {name: number for number, row in enumerate(rows) for name in row}
        filled = self._with_lanes(rows)
        above = self._neighbours(edges)
        ordered = _ordered(filled, above)
        self.places = _placed(ordered, above)
        self._place_alone([name for name in names if name not in related], len(rows))

    def route(self, child: str, parent: str) -> list[_Item]:
        """What a relation passes through, from the child to the parent."""
        lower, upper = self.rows[child], self.rows[parent]
        if lower >= upper:
            return [child, *(_Lane(parent, row) for row in range(lower - 1, upper, -1)), parent]
        return self.route(parent, child)[::-1]

    def _with_lanes(self, rows: Sequence[Sequence[str]]) -> list[_Row]:
        filled: list[_Row] = [list(row) for row in rows]
        for child, parents in self.parents.items():
            for item in (item for parent in parents for item in self.route(child, parent)):
                if isinstance(item, _Lane) and item not in filled[item.row]:
                    filled[item.row].append(item)
        return filled

    def _neighbours(self, edges: Sequence[Edge]) -> dict[_Item, list[_Item]]:
        """What each item is connected to in the row above it."""
        above: dict[_Item, list[_Item]] = {}
        for edge in edges:
            route = self.route(edge.child, edge.parent) if edge.child != edge.parent else []
            for one, other in pairwise(route):
                lower, upper = (one, other) if self._row(one) > self._row(other) else (other, one)
                if self._row(lower) != self._row(upper) and upper not in above.setdefault(lower, []):
                    above[lower].append(upper)
        return above

    def _row(self, item: _Item) -> int:
        return item.row if isinstance(item, _Lane) else self.rows[item]

    def _place_alone(self, names: Sequence[str], number: int) -> None:
        """Tables without relations fill rows of their own, from the left."""
        for place, name in enumerate(names):
            row, column = number + place // PER_ROW, place % PER_ROW
            self.rows[name] = row
            self.places[name] = MARGIN + BOX_WIDTH // 2 + column * (BOX_WIDTH + GAP_X), _top(row)


def _top(row: int) -> int:
    return MARGIN + row * (BOX_HEIGHT + GAP_Y)


def _rows(names: Sequence[str], parents: Mapping[str, Sequence[str]]) -> list[list[str]]:
    """The tables by layer; a layer that is too wide becomes several rows."""
    layers = _layers(names, parents)
    rows: list[list[str]] = []
    for layer in range(max(layers.values(), default=-1) + 1):
        members = [name for name in names if layers[name] == layer]
        place = {name: number for row in rows for number, name in enumerate(row)}
        members.sort(key=lambda name: (_mean([place[parent] for parent in parents[name] if parent in place], 0), name))
        count = -(-len(members) // PER_ROW)
        size = -(-len(members) // count)
        rows += [members[start : start + size] for start in range(0, len(members), size)]
    return rows


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


def _mean(values: Sequence[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise


def _reversed(above: Mapping[_Item, Sequence[_Item]]) -> dict[_Item, list[_Item]]:
    below: dict[_Item, list[_Item]] = {}
    for lower, uppers in above.items():
        for upper in uppers:
            below.setdefault(upper, []).append(lower)
    return below


def _ordered(rows: list[_Row], above: Mapping[_Item, Sequence[_Item]]) -> list[_Row]:
    """The rows in the order with the fewest crossings that some sweeps down and up come by."""
    below = _reversed(above)
    best, fewest = rows, _crossings(rows, above)
    current = rows
    for sweep in range(SWEEPS):
        down = sweep % 2 == 0
        current = [list(row) for row in current]
        order = current if down else current[::-1]
        for fixed, row in pairwise(order):
            place = {item: number / max(1, len(fixed) - 1) for number, item in enumerate(fixed)}
            here = {item: number / max(1, len(row) - 1) for number, item in enumerate(row)}
            near = above if down else below
            means = {
                item: _mean([place[other] for other in near.get(item, ()) if other in place], here[item])
                for item in row
            }
            row.sort(key=lambda item: (means[item], here[item]))
        crossings = _crossings(current, above)
        if crossings < fewest:
            best, fewest = current, crossings
    return best


def _crossings(rows: Sequence[_Row], above: Mapping[_Item, Sequence[_Item]]) -> int:
    number = 0
    for upper, lower in pairwise(rows):
        place = {item: position for position, item in enumerate(upper)}
        ends = [sorted(place[other] for other in above.get(item, ()) if other in place) for item in lower]
        seen: list[int] = []
        for group in ends:
            number += sum(end < other for end in group for other in seen)
            seen += group
    return number


def _placed(rows: Sequence[_Row], above: Mapping[_Item, Sequence[_Item]]) -> dict[_Item, _Point]:
    """Each item as near to what it is connected to as its neighbours in the row allow."""
    below = _reversed(above)
    middles: dict[_Item, float] = {}
    widest = max((_offsets(row)[-1] for row in rows), default=0.0)
    for row in rows:
        offsets = _offsets(row)
        middles.update((item, offset - offsets[-1] / 2) for item, offset in zip(row, offsets, strict=True))
    for sweep in range(SWEEPS):
        for row in rows if sweep % 2 == 0 else rows[::-1]:
            wanted = [
                _mean([middles[other] for other in (*above.get(item, ()), *below.get(item, ()))], middles[item])
                for item in row
            ]
            middles.update(zip(row, _spread(wanted, _offsets(row), widest), strict=True))
    left = min((middles[item] - _width(item) / 2 for row in rows for item in row), default=0)
    return {
        item: (round(middles[item] - left) + MARGIN, _top(number)) for number, row in enumerate(rows) for item in row
    }


def _width(item: _Item) -> int:
    return LANE if isinstance(item, _Lane) else BOX_WIDTH


def _offsets(row: Sequence[_Item]) -> list[float]:
    """How far each middle is from the first one where the row is as tight as can be."""
    offsets = [0.0]
    for one, other in pairwise(row):
        gap = LANE if isinstance(one, _Lane) or isinstance(other, _Lane) else GAP_X
        offsets.append(offsets[-1] + (_width(one) + _width(other)) / 2 + gap)
    return offsets


def _spread(wanted: Sequence[float], offsets: Sequence[float], widest: float) -> list[float]:
    """The places nearest to the wanted ones (least squares) that keep order, distance and the width of the widest row.

    This is isotonic regression of the places less their offsets.
    """
    groups: list[tuple[float, int]] = []  # the mean of the members, and their number
    for value, offset in zip(wanted, offsets, strict=True):
        groups.append((value - offset, 1))
        while len(groups) > 1 and groups[-2][0] >= groups[-1][0]:
            (mean, size), (other, more) = groups.pop(), groups.pop()
            groups.append(((mean * size + other * more) / (size + more), size + more))
    least, most = -widest / 2, widest / 2 - offsets[-1]
    means = [min(max(mean, least), most) for mean, size in groups for _ in range(size)]
    return [mean + offset for mean, offset in zip(means, offsets, strict=True)]


# --- how it is drawn -------------------------------------------------------------------------------------------------


def _seen(text: str) -> str:
    """A text in which nothing hides or turns the direction of what follows: no element can stand within it here."""
    return escape(visible(text))


def _box(node: Node, middle: int, y: int) -> str:
    x = middle - BOX_WIDTH // 2
    note = f"{SIGNS[node.state]} {node.note}" if node.state in SIGNS else node.note
    said = _seen(f"{node.name}: {node.note or 'in sync'}")
    name = escape(_shortened(visible(node.name)))
    text = f'<text x="{x + 12}" y="{y + (20 if note else 28)}" class="name">{name}</text>'
    if note:
        text += f'<text x="{x + 12}" y="{y + 37}" class="note">{_seen(note)}</text>'
    box = f'<title>{said}</title><rect x="{x}" y="{y}" width="{BOX_WIDTH}" height="{BOX_HEIGHT}" rx="7"/>{text}'
    if node.link:
        return f'<a class="table {node.state}" href="#{escape(node.link)}" aria-label="{said}">{box}</a>'
    return f'<g class="table {node.state}">{box}</g>'


def _shortened(name: str) -> str:
    """The name, or its beginning and its end: names often begin alike."""
    name = "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in name)
    if _cells(name) <= LABEL_CELLS:
        return name
    head, tail = name, ""
    while _cells(head) > LABEL_CELLS // 2:
        head = head[:-1]
    while _cells(head + tail) < LABEL_CELLS - 1:
        tail = name[len(name) - len(tail) - 1 :]
    return f"{head}…{tail}"


def _cells(text: str) -> int:
    return sum(2 if east_asian_width(character) in "WF" else 1 for character in text)


def _arrow(identifier: str, state: str) -> str:
    return (
        f'<marker id="{identifier}-{state}" class="arrow {state}" viewBox="0 0 8 8" refX="7" refY="4" '
        'markerWidth="8" markerHeight="8" orient="auto"><path d="M0 0.5 L8 4 L0 7.5 z"/></marker>'
    )


def _line(layout: Layout, edge: Edge, identifier: str) -> str:
    return f'<path d="{_path(layout, edge)}" class="edge {edge.state}" marker-end="url(#{identifier}-{edge.state})"/>'


def _path(layout: Layout, edge: Edge) -> str:
    places, rows = layout.places, layout.rows
    x, y = places[edge.child]
    to_x, to_y = places[edge.parent]
    if edge.child == edge.parent:
        return f"M{x + BOX_WIDTH // 2} {y + 10} c20 -6 20 32 1 26"
    if rows[edge.child] == rows[edge.parent]:  # a circle: from below to below
        y, to_y = y + BOX_HEIGHT, to_y + BOX_HEIGHT
        return f"M{x} {y} C{x} {y + 34} {to_x} {to_y + 34} {to_x} {to_y + 1}"
    up = rows[edge.child] > rows[edge.parent]
    words = []
    at = _leaving(layout, edge, up=up)
    words.append(f"M{at[0]} {at[1]}")
    route = layout.route(edge.child, edge.parent)
    for item in route[1:]:
        end_x, top = places[item]
        near, far = (top + BOX_HEIGHT, top) if up else (top, top + BOX_HEIGHT)
        half = (at[1] + near) // 2
        words.append(f"C{at[0]} {half} {end_x} {half} {end_x} {near}")
        at = end_x, near
        if isinstance(item, _Lane):
            words.append(f"V{far}")
            at = end_x, far
    return " ".join(words)


def _leaving(layout: Layout, edge: Edge, *, up: bool) -> _Point:
    """Where a relation leaves the box of its child: several stand side by side, in the order of where they go."""
    x, y = layout.places[edge.child]
    first = {
        parent: layout.places[layout.route(edge.child, parent)[1]][0]
        for parent in layout.parents[edge.child]
        if (layout.rows[edge.child] > layout.rows[parent]) == up and layout.rows[edge.child] != layout.rows[parent]
    }
    order = sorted(first, key=lambda parent: (first[parent], parent))
    step = min(28, (BOX_WIDTH - 40) // max(1, len(order)))
    shift = (2 * order.index(edge.parent) - (len(order) - 1)) * step // 2
    return x + shift, y if up else y + BOX_HEIGHT


def _described(nodes: Mapping[str, Node], shown: Collection[str], edges: Sequence[Edge]) -> str:
    """The picture for somebody who does not see it."""
    words = [f"{len(shown)} of {len(nodes)} tables, {len(edges)} relations between them."]
    drifted = sorted(name for name in shown if nodes[name].state != "same")
    if drifted:
        words.append("Not in sync: " + ", ".join(f"{name} ({nodes[name].note})" for name in drifted) + ".")
    words += [
        f"The relation from {edge.child} to {edge.parent} is {edge.state}." for edge in edges if edge.state != "same"
    ]
    return " ".join(words)
