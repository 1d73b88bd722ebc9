"""The page itself: HTML written by small functions, every text escaped."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Sequence
from hashlib import sha256
from html import escape
from importlib.resources import files

from pytest_schemadrift.changes import CreateTable, DropTable, RenameTable, simple_changes, table_of
from pytest_schemadrift.codes import HAZARDS, page_of
from pytest_schemadrift.errors import mask
from pytest_schemadrift.hazards import DESTRUCTIVE
from pytest_schemadrift.model import Name, referenced_tables
from pytest_schemadrift.plan import Drift, Step
from pytest_schemadrift.report.html.definitions import Pair, other_pairs, table_pairs
from pytest_schemadrift.report.html.picture import Node, draw
from pytest_schemadrift.report.text import fixing_command, place_text
from pytest_schemadrift.report.words import counted, origin_of, rename_answer, unreadable_text, verdict
from pytest_schemadrift.wording import describe

_SQL = re.compile(r"(?P<string>'(?:[^']|'')*')|(?P<keyword>\b[A-Z][A-Z]+\b)")


def text(value: object) -> str:
    """Any text as HTML, passwords masked."""
    return escape(mask(str(value)))


def page(drifts: Sequence[Drift]) -> str:
    """The whole page. Nothing is loaded from anywhere, and no script but the one in it can run."""
    style, script = _resource("style.css"), _resource("script.js")
    policy = (
        f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}; base-uri 'none'; form-action 'none'"
    )
    ids = [f"c{number}" for number in range(1, len(drifts) + 1)]
    bad = sum(not drift.in_sync for drift in drifts)
    head = f"{bad} of {counted(len(drifts), 'connection')} not in sync" if bad else "Everything is in sync"
    return "\n".join(
        [
            "<!doctype html>",
            '<html lang="en">',
            "<head>",
            '<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{escape(policy)}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{text(head)} – schema drift</title>",
            f"<style>{style}</style>",
            "</head>",
            "<body>",
            '<a class="skip" href="#main">Skip to the report</a>',
            "<header>",
            "<h1>Schema drift</h1>",
            f"<p>{_badge('bad' if bad else 'good', head)}</p>",
            '<nav aria-label="Connections"><ul>',
            *(f"<li>{_entry(drift, identifier)}</li>" for drift, identifier in zip(drifts, ids, strict=True)),
            "</ul></nav>",
            "</header>",
            '<main id="main" tabindex="-1">',
            *(_connection(drift, identifier) for drift, identifier in zip(drifts, ids, strict=True)),
            "</main>",
            "<footer><p>Written by pytest-schemadrift. Works without a network.</p></footer>",
            '<p id="said" class="skip" role="status" aria-live="polite"></p>',
            f"<script>{script}</script>",
            "</body>",
            "</html>",
            "",
        ]
    )


def _resource(name: str) -> str:
    return files("pytest_schemadrift.report.html").joinpath(name).read_text("utf-8")


def _hash(content: str) -> str:
    return f"'sha256-{base64.b64encode(sha256(content.encode()).digest()).decode()}'"


def _badge(kind: str, words: str) -> str:
    return f'<span class="badge {kind}">{text(words)}</span>'


def _state(drift: Drift) -> str:
    if drift.in_sync:
        return _badge("good", "in sync")
    return _badge("warn", "not looked at") if drift.skipped else _badge("bad", verdict(drift).partition(" from ")[0])


def _entry(drift: Drift, identifier: str) -> str:
    return f'<a href="#{identifier}">{text(drift.connection or drift.database)}</a> {_state(drift)}'


# --- one connection --------------------------------------------------------------------------------------------------


def _connection(drift: Drift, identifier: str) -> str:
    groups = _groups(drift)
    anchors = {table: f"{identifier}-t{number}" for number, table in enumerate(groups, 1)}
    parts = [
        f'<section class="connection" id="{identifier}" aria-labelledby="{identifier}-h">',
        f'<h2 id="{identifier}-h">{text(drift.connection or drift.database)} {_state(drift)}</h2>',
        _facts(drift),
    ]
    if drift.skipped:
        parts.append(f"<p>{text(drift.skipped)}</p>")
    parts += [_picture(drift, groups, anchors, identifier)]
    parts += [_card(drift, table, steps, anchors[table]) for table, steps in groups.items()]
    parts += [_unreadable(drift), _renames(drift), _next(drift), _ignored(drift), _notes(drift)]
    parts += [_tables(drift, groups, anchors, identifier), "</section>"]
    return "\n".join(part for part in parts if part)


def _groups(drift: Drift) -> dict[Name | None, list[Step]]:
    """The steps of each table, ``None`` for what belongs to none."""
    groups: dict[Name | None, list[Step]] = {}
    for step in drift.steps:
        groups.setdefault(table_of(step.change), []).append(step)
    return groups


def _facts(drift: Drift) -> str:
    facts = {
        "Server": f"{drift.dialect} {drift.server_version}".strip(),
        "Database": drift.database,
        "Compared": f"{drift.source} with {drift.target}, {counted(len(drift.tables), 'table')}",
        "Verdict by": {"scratch": "the server, in a scratch database", "static": "reading both sides"}[drift.compared],
    }
    if drift.plan:
        facts["The fix"] = _proof(drift)
    rows = "".join(f"<dt>{name}</dt><dd>{text(value)}</dd>" for name, value in facts.items() if value)
    return f'<dl class="facts">{rows}</dl>'


def _proof(drift: Drift) -> str:
    if drift.proven:
        return "proven: it was run on a scratch copy, and no drift was left"
    return f"{'NOT proven' if drift.proven is False else 'not tried'}: {drift.proof_note or 'no scratch database'}"


def _picture(
    drift: Drift, groups: dict[Name | None, list[Step]], anchors: dict[Name | None, str], identifier: str
) -> str:
    known = {table.name: table for schema in (drift.old, drift.new) if schema for table in schema.tables}
    wanted = {*drift.tables, *(table for table in groups if table is not None)}
    names = sorted(name for name in wanted if name in known)
    if not names:
        return ""
    nodes = [_node(name, groups.get(name, []), anchors.get(name, "")) for name in names]
    edges = [(str(name), str(parent)) for name in names for parent in referenced_tables(known[name])]
    drawn = draw(nodes, edges, f"The tables of {mask(drift.connection or drift.database)}", f"{identifier}-p")
    caption = "What is referred to stands above what refers to it; a thick frame is a table that is not in sync."
    if drawn.shown < len(names):
        caption += f" {drawn.shown} of {len(names)} tables: those that are not in sync, and their neighbours."
    return f'<figure><div class="scroll">{drawn.svg}</div><figcaption>{text(caption)}</figcaption></figure>'


def _node(name: Name, steps: Sequence[Step], anchor: str) -> Node:
    changes = [change for step in steps for change in simple_changes(step.change)]
    if any(isinstance(change, CreateTable) for change in changes):
        return Node(str(name), "missing", "missing", anchor)
    if any(isinstance(change, DropTable) for change in changes):
        return Node(str(name), "extra", "extra", anchor)
    return Node(str(name), "drifted", counted(len(changes), "change"), anchor) if changes else Node(str(name))


# --- one table -------------------------------------------------------------------------------------------------------


def _card(drift: Drift, table: Name | None, steps: Sequence[Step], anchor: str) -> str:
    title = text(table) if table is not None else "What belongs to no table"
    number = sum(len(simple_changes(step.change)) for step in steps)
    parts = [
        f'<article id="{anchor}" aria-labelledby="{anchor}-h" tabindex="-1">',
        f'<header><h3 id="{anchor}-h">{title}</h3> {_badge("bad", counted(number, "change"))}</header>',
        *(_change(drift, step, anchor, place) for place, step in enumerate(steps)),
        _sides(_pairs(drift, table, steps), drift),
        "</article>",
    ]
    return "\n".join(part for part in parts if part)


def _pairs(drift: Drift, table: Name | None, steps: Sequence[Step]) -> list[Pair]:
    changes = [change for step in steps for change in simple_changes(step.change)]
    if table is None:
        return [pair for change in changes for pair in other_pairs(change)]
    renamed = {change.new: change.old for change in drift.plan.changes if isinstance(change, RenameTable)}
    after = next((new for new, old in renamed.items() if old == table), table)
    pairs = table_pairs(drift, renamed.get(table, table), after)
    return pairs if any(not pair.is_same for pair in pairs) else []


def _change(drift: Drift, step: Step, anchor: str, place: int) -> str:
    parts = ['<div class="change">']
    for part in simple_changes(step.change):
        parts.append(f"<p>{_code(part.code)} {text(describe(part))}</p>")
    origin = origin_of(drift, step.change)
    if origin is not None:
        parts.append(f'<p class="place quiet">{text(place_text(origin))}</p>')
    if drift.steps.index(step) in drift.uncertain:
        parts.append("<p>This could be mere spelling: no scratch database settled it.</p>")
    if step.hazards:
        parts.append('<ul class="hazards" aria-label="Hazards">')
        for hazard in step.hazards:
            kind = "bad" if hazard in DESTRUCTIVE else "warn"
            parts.append(f"<li>{_badge(kind, hazard)} {text(HAZARDS[hazard].meaning)}</li>")
        parts.append("</ul>")
    sql = "\n".join(f"{statement};" for statement in step.sql)
    of = text(describe(simple_changes(step.change)[0]))
    parts.append(f'<div class="sql" data-of="{of}"><pre tabindex="0" aria-label="SQL">{_highlighted(sql)}</pre></div>')
    return "\n".join([*parts, "</div>"])


def _code(code: str) -> str:
    page = page_of(code)
    if page.startswith("https://"):
        return f'<a class="code" href="{escape(page)}">{code}</a>'
    return f'<span class="code" title="schemadrift explain {code}">{code}</span>'


def _highlighted(sql: str) -> str:
    pieces, end = [], 0
    sql = mask(sql)
    for found in _SQL.finditer(sql):
        kind = "s" if found["string"] else "k"
        pieces += [escape(sql[end : found.start()]), f'<span class="{kind}">{escape(found[0])}</span>']
        end = found.end()
    return "".join([*pieces, escape(sql[end:])])


def _sides(pairs: Sequence[Pair], drift: Drift) -> str:
    if not pairs:
        return ""
    rows = "".join(_row(pair) for pair in pairs)
    return (
        '<h4>Both definitions</h4><div class="scroll" tabindex="0" role="region" aria-label="Both definitions">'
        f'<table class="sides"><thead><tr><th scope="col">{text(drift.source)}: is</th>'
        f'<th scope="col">{text(drift.target)}: should be</th></tr></thead><tbody>{rows}</tbody></table></div>'
    )


def _row(pair: Pair) -> str:
    if pair.gap:
        return f'<tr><td class="gap" colspan="2">{pair.gap} equal lines</td></tr>'
    if pair.is_same:
        return f"<tr><td>{text(pair.old)}</td><td>{text(pair.new)}</td></tr>"
    old = f"<del>{text(pair.old)}</del>" if pair.old is not None else ""
    new = f"<ins>{text(pair.new)}</ins>" if pair.new is not None else ""
    return f"<tr><td>{old}</td><td>{new}</td></tr>"


# --- the rest --------------------------------------------------------------------------------------------------------


def _unreadable(drift: Drift) -> str:
    if not drift.unreadable:
        return ""
    items = "".join(
        f"<li>{text(unreadable_text(item))}" + (f"<pre>{text(item.sql.strip())}</pre>" if item.sql else "") + "</li>"
        for item in drift.unreadable
    )
    return f"<article><h3>Could not be read</h3><ul>{items}</ul></article>"


def _renames(drift: Drift) -> str:
    if not drift.proposals:
        return ""
    items = "".join(
        f"<li>{text(describe(item.change))} ({item.similarity:.0%} alike): if so, answer with "
        f"<code>--rename {text(rename_answer(item.change))}</code></li>"
        for item in drift.proposals
    )
    return f"<article><h3>Looks like a rename</h3><ul>{items}</ul></article>"


def _next(drift: Drift) -> str:
    if not drift.plan:
        return ""
    return f'<p class="next">What to do next: <code>{text(fixing_command(drift))}</code></p>'


def _ignored(drift: Drift) -> str:
    if not drift.ignored:
        return ""
    items = "".join(f"<li>{text(describe(item.change))}: {text(item.reason)}</li>" for item in drift.ignored)
    return f"<details><summary>{counted(len(drift.ignored), 'difference')} ignored</summary><ul>{items}</ul></details>"


def _notes(drift: Drift) -> str:
    return "".join(f'<p class="quiet">{text(note)}</p>' for note in drift.notes)


def _tables(drift: Drift, groups: Iterable[Name | None], anchors: dict[Name | None, str], identifier: str) -> str:
    names = sorted({*drift.tables, *(table for table in groups if table is not None)})
    if not names:
        return ""
    items = "".join(f"<li>{_listed(name, anchors.get(name, ''))}</li>" for name in names)
    return (
        f"<details><summary>All {counted(len(names), 'table')}</summary>"
        f'<p class="filter" data-list="{identifier}-all" hidden>'
        f'<label>Only names with <input type="search" autocomplete="off"></label></p>'
        f'<ul class="tables" id="{identifier}-all">{items}</ul></details>'
    )


def _listed(name: Name, anchor: str) -> str:
    return f'<a href="#{anchor}">{text(name)}</a> (not in sync)' if anchor else text(name)
