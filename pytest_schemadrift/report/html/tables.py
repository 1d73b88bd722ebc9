"""What is told of one table: its changes, each with both definitions, SQL, hazards and the line of the model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from pytest_schemadrift.planning.codes import CHANGES, HAZARDS
from pytest_schemadrift.planning.describe import describe
from pytest_schemadrift.planning.drift import Drift
from pytest_schemadrift.planning.hazards import DESTRUCTIVE
from pytest_schemadrift.planning.plan import Step
from pytest_schemadrift.report.html.definitions import Definitions
from pytest_schemadrift.report.html.pieces import badge, folded, listing, sides, sql_block, text
from pytest_schemadrift.report.text import place_text
from pytest_schemadrift.report.words import counted, origin_of, session_hint, unreadable_text
from pytest_schemadrift.schema.changes import CreateTable, DropTable, SimpleChange, simple_changes, table_of
from pytest_schemadrift.schema.model import Name, UnsupportedObject


@dataclass(frozen=True, slots=True)
class Group:
    """What is not in sync of one table, or of what belongs to no table; ``anchor`` is the id of its card."""

    table: Name | None
    anchor: str
    steps: tuple[tuple[int, Step], ...]
    """With their places in the plan."""
    unreadable: tuple[UnsupportedObject, ...] = ()

    @property
    def changes(self) -> list[SimpleChange]:
        """All changes, those folded into one too."""
        return [change for _, step in self.steps for change in simple_changes(step.change)]

    @property
    def title(self) -> str:
        """The table's name."""
        return str(self.table) if self.table is not None else "What belongs to no table"

    @property
    def state(self) -> str:
        """``missing``, ``extra``, ``drifted``, or ``unreadable`` where nothing else is known to be wrong."""
        if not self.steps:
            return "unreadable"
        kinds = {type(change) for change in self.changes}
        return "missing" if CreateTable in kinds else "extra" if DropTable in kinds else "drifted"

    @property
    def note(self) -> str:
        """The state in a word or two."""
        words = [self.state] if self.state in ("missing", "extra") else []
        words += [counted(len(self.changes), "change")] if self.state == "drifted" else []
        words += [f"{len(self.unreadable)} not readable"] if self.unreadable else []
        return ", ".join(words)


def groups_of(drift: Drift, identifier: str) -> list[Group]:
    """What is not in sync by table, in the order of the plan; what could not be read of a table belongs to it."""
    steps: dict[Name | None, list[tuple[int, Step]]] = {}
    for place, step in enumerate(drift.steps):
        steps.setdefault(table_of(step.change), []).append((place, step))
    unreadable: dict[Name | None, list[UnsupportedObject]] = {}
    for item in drift.unreadable:
        if item.table is not None:
            unreadable.setdefault(item.table, []).append(item)
    return [
        Group(table, f"{identifier}-t{number}", tuple(steps.get(table, ())), tuple(unreadable.get(table, ())))
        for number, table in enumerate(dict.fromkeys((*steps, *unreadable)), 1)
    ]


def unreadable_list(items: Sequence[UnsupportedObject]) -> str:
    """What could not be read, why, and its text."""
    return listing(
        text(unreadable_text(item)) + (f'<pre class="sql">{text(item.sql.strip())}</pre>' if item.sql else "")
        for item in items
    )


def card(drift: Drift, group: Group, definitions: Definitions, script: str) -> str:
    """All that is told of one table; ``script`` is the id of the whole script."""
    anchor = group.anchor
    pairs = definitions.of_table(group.table) if group.table is not None else []
    whole = sides(pairs, drift.source, drift.target, f"all of {group.title}")
    return "\n".join(
        [
            f'<article id="{anchor}" aria-labelledby="{anchor}-h" tabindex="-1">',
            f'<header><h3 id="{anchor}-h">{text(group.title)}</h3> {badge("bad", group.note)}</header>',
            *(_step(drift, step, place, definitions, script) for place, step in group.steps),
            unreadable_list(group.unreadable) if group.unreadable else "",
            folded("The whole table on both sides", whole) if whole else "",
            "</article>",
        ]
    )


def _step(drift: Drift, step: Step, place: int, definitions: Definitions, script: str) -> str:
    changes = simple_changes(step.change)
    parts = ['<div class="change">']
    for change in changes:
        words = describe(change)
        parts.append(f'<h4><a class="code" href="#{change.code}">{change.code}</a> {text(words)}</h4>')
        parts.append(sides(definitions.of_change(change), drift.source, drift.target, words))
    origin = origin_of(drift, step.change)
    if origin is not None:
        parts.append(f'<p class="quiet">Model: <span class="place">{text(place_text(origin))}</span></p>')
    if place in drift.uncertain:
        parts.append(f"<p>{badge('warn', 'perhaps mere spelling')} No scratch database settled it.</p>")
    parts.append(_hazards(step))
    is_whole = not drift.plan.prologue
    if not is_whole:
        parts.append(f'<p class="quiet">A part of <a href="#{script}">the whole script</a>, not to be run alone:</p>')
    elif drift.session:
        parts += [f'<p class="quiet">{text(line)}</p>' for line in session_hint(drift)]
    parts.append(sql_block(step.sql, describe(changes[0]), is_whole=is_whole))
    return "\n".join([*(part for part in parts if part), "</div>"])


def _hazards(step: Step) -> str:
    if not step.hazards:
        return ""
    items = (
        f'<a class="badge {"bad" if hazard in DESTRUCTIVE else "warn"}" href="#{escape(hazard)}">{text(hazard)}</a> '
        f"{text(HAZARDS[hazard].meaning)}"
        for hazard in step.hazards
    )
    return listing(items, ' class="hazards" aria-label="Hazards"')


def glossary(groups: Sequence[Group]) -> str:
    """What the hazards and the codes of these changes mean, and what to do."""
    hazards = {str(hazard) for group in groups for _, step in group.steps for hazard in step.hazards}
    codes = {change.code for group in groups for change in group.changes}
    entries = [HAZARDS[name] for name in HAZARDS if name in hazards] + [CHANGES[code] for code in sorted(codes)]
    if not entries:
        return ""
    rows = "".join(
        f'<dt id="{escape(entry.code)}" tabindex="-1">{text(entry.code)}: {text(entry.title)}</dt>'
        f"<dd>{text(entry.meaning)} <strong>What to do:</strong> {text(entry.to_do)} "
        f"More: <code>schemadrift explain {text(entry.code)}</code></dd>"
        for entry in entries
    )
    title = '<h2 id="glossary">What the hazards and codes mean</h2>'
    return f'<section aria-labelledby="glossary">{title}<dl>{rows}</dl></section>'
