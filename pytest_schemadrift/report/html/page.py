"""The page itself: HTML written by small functions."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from hashlib import sha256
from html import escape
from importlib.resources import files

from pytest_schemadrift.errors import mask
from pytest_schemadrift.planning.describe import describe
from pytest_schemadrift.planning.drift import Drift
from pytest_schemadrift.report.html.definitions import Definitions
from pytest_schemadrift.report.html.picture import Edge, Node, draw
from pytest_schemadrift.report.html.pieces import (
    attribute,
    badge,
    command_block,
    facts,
    folded,
    listing,
    sql_block,
    state,
    text,
)
from pytest_schemadrift.report.html.tables import Group, card, glossary, groups_of, unreadable_list
from pytest_schemadrift.report.html.variants import variants
from pytest_schemadrift.report.made import Made
from pytest_schemadrift.report.text import fixing_command
from pytest_schemadrift.report.words import (
    connection_title,
    consequences,
    counted,
    failed_migration,
    pending_lines,
    proof_lines,
    rename_answer,
    unreadable_text,
)
from pytest_schemadrift.schema.model import Name, Schema, referenced_tables

FILTERED_FROM = 12
"""Lists of fewer tables need no filter."""

FRAMED = "These statements belong together, in one guarded transaction: run the whole script, not a part of it."


def page(drifts: Sequence[Drift], made: Made | None = None) -> str:
    """The whole page. Nothing is loaded from anywhere, and no script but the one in it can run."""
    style, script = _resource("style.css"), _resource("script.js")
    policy = (
        f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}; base-uri 'none'; form-action 'none'"
    )
    named = {f"c{number}": drift for number, drift in enumerate(drifts, 1)}
    groups = {identifier: groups_of(drift, identifier) for identifier, drift in named.items()}
    head, kind = _summary(drifts)
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
            f"<h1>Schema drift {badge(kind, head)}</h1>",
            *([_made(made)] if made is not None else []),
            '<nav aria-label="Connections">',
            listing(_entry(drift, identifier) for identifier, drift in named.items()),
            "</nav>",
            "</header>",
            '<main id="main" tabindex="-1">',
            variants(named),
            *(_connection(drift, identifier, groups[identifier]) for identifier, drift in named.items()),
            glossary([group for found in groups.values() for group in found]),
            "</main>",
            "<footer><p>Written by pytest-schemadrift. This page loads nothing from anywhere.</p></footer>",
            '<p id="said" class="unseen" role="status"></p>',
            f"<script>{script}</script>",
            "</body>",
            "</html>",
            "",
        ]
    )


def _made(made: Made) -> str:
    parts = [
        text(made.when),
        f"commit {text(made.commit)}" if made.commit else "",
        f"<code>{text(made.command)}</code>",
    ]
    return f'<p class="quiet">{" · ".join(filter(None, parts))}</p>'


def _resource(name: str) -> str:
    return files("pytest_schemadrift.report.html").joinpath(name).read_text("utf-8")


def _hash(content: str) -> str:
    return f"'sha256-{base64.b64encode(sha256(content.encode()).digest()).decode()}'"


def _summary(drifts: Sequence[Drift]) -> tuple[str, str]:
    """The verdict on all connections, and which kind of badge it gets."""
    noun = "tenant" if any(drift.tenants for drift in drifts) else "connection"
    number = [len(drift.tenants) or 1 for drift in drifts]
    skipped = sum(many for drift, many in zip(drifts, number, strict=True) if drift.skipped)
    bad = sum(many for drift, many in zip(drifts, number, strict=True) if not drift.in_sync) - skipped
    if bad:
        return f"{bad:,} of {counted(sum(number), noun)} not in sync", "bad"
    if skipped:
        return f"{skipped:,} of {counted(sum(number), noun)} not checked", "warn"
    return "everything is in sync", "good"


def _title(drift: Drift) -> str:
    return connection_title(drift) or "the two sources"


def _entry(drift: Drift, identifier: str) -> str:
    server = f"{drift.dialect} {drift.server_version.split(' ')[0]}".strip()
    return f'<a href="#{identifier}">{text(_title(drift))}</a> <span class="quiet">{text(server)}</span> {state(drift)}'


# --- one connection --------------------------------------------------------------------------------------------------


def _connection(drift: Drift, identifier: str, groups: Sequence[Group]) -> str:
    heading = f'<h2 id="{identifier}-h">{text(_title(drift))} {state(drift)}</h2>'
    opened = "" if drift.in_sync else " open"
    parts = [
        f'<section class="connection" id="{identifier}" aria-labelledby="{identifier}-h" tabindex="-1">',
        f"<details{opened}><summary>{heading}</summary>" if drift.tenants else heading,
        f'<p class="lines">{text(drift.skipped)}</p>' if drift.skipped else _facts(drift, groups),
        *(f'<p class="lines">{text(line)}</p>' for line in pending_lines(drift)),
        _failed(drift),
        _next(drift),
        *_found(drift, groups, identifier),
        _ignored(drift),
        *(f'<p class="quiet">{text(note)}</p>' for note in drift.notes),
        "</details>" if drift.tenants else "",
        "</section>",
    ]
    return "\n".join(part for part in parts if part)


def _failed(drift: Drift) -> str:
    failed = failed_migration(drift)
    return f'<p class="lines"><strong>{text(unreadable_text(failed))}</strong></p>' if failed is not None else ""


def _found(drift: Drift, groups: Sequence[Group], identifier: str) -> list[str]:
    """What differs; where a migration fails, its consequences are one line to open."""
    definitions = Definitions(drift)
    parts = [
        _picture(drift, groups, identifier),
        _tables(drift, groups, identifier),
        _unreadable(drift),
        _renames(drift),
        *(card(drift, group, definitions, f"{identifier}-script") for group in groups),
        _script(drift, identifier),
    ]
    if failed_migration(drift) is None or not drift.steps:
        return parts
    return [folded(consequences(drift), "\n".join(filter(None, parts)))]


def _facts(drift: Drift, groups: Sequence[Group]) -> str:
    drifted = {group.table for group in groups if group.table is not None}
    number = counted(len(drifted.union(drift.tables)), "table")
    return facts(
        {
            "Server": f"{drift.dialect} {drift.server_version}".strip(),
            "Database": drift.database,
            "Compared": f"{drift.source} with {drift.target}",
            "Tables": f"{number}, {len(drifted)} not in sync" if drifted else number,
            "Verdict by": {"scratch": "the server, in a scratch database", "static": "reading both sides"}[
                drift.compared
            ],
            "The fix": "; ".join(proof_lines(drift, "it")) if drift.plan else "",
        }
    )


def _next(drift: Drift) -> str:
    if not drift.plan and not (drift.unreadable and drift.remedy):
        return ""
    remedy = fixing_command(drift)
    if not remedy:
        return ""
    block = command_block(remedy) if remedy.startswith("schemadrift ") else f"<p>{text(remedy)}</p>"
    return f'<div class="next"><h3>What to do next</h3>{block}</div>'


def _picture(drift: Drift, groups: Sequence[Group], identifier: str) -> str:
    by_table = {group.table: group for group in groups}
    known = {table.name for schema in (drift.old, drift.new) if schema for table in schema.tables}
    wanted = {*drift.tables, *by_table}
    names = sorted(name for name in wanted if name is not None and name in known)
    if not names:
        return ""
    nodes = [_node(name, by_table) for name in names]
    drawn = draw(nodes, _edges(drift), f"The tables of {mask(_title(drift))}", f"{identifier}-p")
    if not drawn.shown:  # too many for a picture, and none of them worth one
        return ""
    captions = ["An arrow leads from a table to the one that it refers to."] if drawn.relations else []
    if groups:
        captions.append("A thick frame: not in sync (≠ changed, + missing, − extra, ? not readable).")
    if drawn.shown < len(names):
        captions.append(
            f"Shown are {drawn.shown} of {len(names)} tables, first those not in sync, then their neighbours: "
            "the list below has all."
        )
    label = attribute(f"Picture of the tables of {_title(drift)}")
    picture = f'<div class="scroll" tabindex="0" role="region" aria-label="{label}">{drawn.svg}</div>'
    if drift.in_sync:
        captions.append("Every table is in sync.")
    caption = f"<figcaption>{text(' '.join(captions))}</figcaption>" if captions else ""
    return f"<figure>{picture}{caption}</figure>"


def _node(name: Name, groups: Mapping[Name | None, Group]) -> Node:
    group = groups.get(name)
    return Node(str(name), group.state, group.note, group.anchor) if group is not None else Node(str(name))


def _edges(drift: Drift) -> list[Edge]:
    old, new = _relations(drift.old), _relations(drift.new)
    same = [Edge(*pair) for pair in old & new]
    return [*same, *(Edge(*pair, "missing") for pair in new - old), *(Edge(*pair, "extra") for pair in old - new)]


def _relations(schema: Schema | None) -> set[tuple[str, str]]:
    tables = schema.tables if schema is not None else ()
    return {(str(table.name), str(parent)) for table in tables for parent in referenced_tables(table)}


def _tables(drift: Drift, groups: Sequence[Group], identifier: str) -> str:
    """Every table's name, the drifted ones first; a filter for who has many."""
    drifted = [group for group in groups if group.table is not None]
    rest = sorted(set(drift.tables) - {group.table for group in drifted})
    number = len(drifted) + len(rest)
    if not number:
        return ""
    links = (
        f'<a href="#{group.anchor}">{text(group.title)}</a> ({text(group.note)})'
        for group in sorted(drifted, key=lambda group: group.table or Name("", ""))
    )
    parts = [f'<nav class="tables" aria-label="Tables of {attribute(_title(drift))}">']
    if number >= FILTERED_FROM:
        parts.append(
            '<p class="filter" data-of="tables" hidden><label>Only tables with '
            '<input type="search" autocomplete="off" spellcheck="false"></label> in their name</p>'
        )
    if drifted:
        parts += [f"<h3>Not in sync ({len(drifted)})</h3>", listing(links)]
    if rest:
        parts.append(folded(f"In sync ({len(rest)})", listing(text(name) for name in rest)))
    return "\n".join([*parts, "</nav>"])


# --- the rest --------------------------------------------------------------------------------------------------------


def _unreadable(drift: Drift) -> str:
    alone = [item for item in drift.unreadable if item.table is None]
    if not alone:
        return ""
    return f"<article><h3>Could not be read {badge('bad', 'never in sync')}</h3>{unreadable_list(alone)}</article>"


def _renames(drift: Drift) -> str:
    if not drift.proposals:
        return ""
    items = (
        f"{text(describe(item.change))}? The names are {item.similarity:.0%} alike. If so, answer with "
        f"<code>--rename {text(rename_answer(item.change))}</code>"
        for item in drift.proposals
    )
    return f"<article><h3>Looks like a rename</h3>{listing(items)}</article>"


def _ignored(drift: Drift) -> str:
    if not drift.ignored:
        return ""
    items = (f"{text(describe(item.change))}: <em>{text(item.reason)}</em>" for item in drift.ignored)
    return folded(f"{counted(len(drift.ignored), 'difference')} ignored, with the reasons", listing(items))


def _script(drift: Drift, identifier: str) -> str:
    if not drift.plan:
        return ""
    note = f"<p>{FRAMED}</p>" if drift.plan.prologue else ""
    block = sql_block([*drift.session, *drift.plan.sql()], f"the whole script for {_title(drift)}")
    summary = f"The whole script ({counted(len(drift.plan.sql()), 'statement')})"
    return folded(summary, f'<div id="{identifier}-script" tabindex="-1">{note}{block}</div>')
