"""What stands on the tables that a plan touches: a scratch copy holds it, so that the server itself says what is in
the way; and what no server looks at is named."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from typing import NamedTuple

from pytest_schemadrift.dialects.base import LeftOut
from pytest_schemadrift.planning.plan import Plan
from pytest_schemadrift.schema import changes as c
from pytest_schemadrift.schema.model import Dependent, Name, Schema, Trigger, View
from pytest_schemadrift.schema.publications import usage_of, way_out

_IN_ORDER = ("index", "statistics", "function", "rule", "policy", "publication", "column")
"""The kinds that are made in a copy, each after those that it may need; views and triggers come with their tables."""
TAKEN_OFF = ("index", "statistics", "rule", "policy")
"""The kinds that a plan takes off and puts back: it cannot be tried on a copy without them."""


def standing_on(schema: Schema, names: Iterable[Name]) -> list[Dependent]:
    """What stands on ``names``, directly or through views, in an order in which it can be made."""
    grown = _with_views(schema, names)
    found = [item for item in schema.dependents if item.kind in _IN_ORDER and item.sql and _stands(item, grown)]
    return sorted(found, key=lambda item: _IN_ORDER.index(item.kind))


def with_parts(schema: Schema, names: Iterable[Name]) -> set[Name]:
    """Tables, their partitions and those that inherit from them, at any depth."""
    grown = set(names)
    while more := {
        other.name
        for other in schema.tables
        if other.name not in grown
        and (grown & set(other.inherits) or (other.partition_of and other.partition_of[0] in grown))
    }:
        grown |= more
    return grown


def tables_beside(schema: Schema, names: Iterable[Name]) -> set[Name]:
    """The tables without which what stands on ``names`` cannot be made: those that a view or policy reads beside."""
    chosen = set(names)
    views = {view.name: view for view in schema.views}
    needed: set[Name] = set()
    waiting = [name for name in _with_views(schema, chosen) if name in views]
    for item in standing_on(schema, chosen):
        if item.kind != "column":
            waiting += [name for name, _ in item.stands_on] + ([item.owner] if item.owner else [])
    while waiting:
        name = waiting.pop()
        if name not in needed:
            needed.add(name)
            waiting += views[name].depends_on if name in views else ()
    return needed - views.keys() - chosen


def counted_by(schema: Schema, plan: Plan) -> set[Name]:
    """The tables that take numbers from a sequence which the plan makes or alters: it is set past their rows."""
    sequences = {change.new.name for change in plan.changes if isinstance(change, c.AlterSequence)}
    sequences |= {change.sequence.name for change in plan.changes if isinstance(change, c.CreateSequence)}
    return {
        table.name
        for table in schema.tables
        for column in table.columns
        if column.default is not None
        and "nextval" in column.default.sql
        and any(name.name in column.default.sql for name in sequences)
    }


def tables_of_triggers(schema: Schema, names: Iterable[Name]) -> set[Name]:
    """The tables with a trigger that names one of ``names``, and all that such triggers name: SQLite reads the triggers
    of every table when one is renamed, and a rebuild recreates those that name its table. With a trigger of a view
    come the tables that the view reads.
    """
    known = {table.name.name.lower(): table.name for table in schema.tables}
    views = {view.name: view for view in schema.views}

    def named(triggers: Iterable[Trigger]) -> set[Name]:
        words = (word for trigger in triggers for word in map(str.lower, re.findall(r"[\w$]+", trigger.sql)))
        return {known[word] for word in words if word in known}

    def read(view: View) -> set[Name]:
        return {
            table
            for name in view.depends_on
            for table in (read(views[name]) if name in views and name != view.name else {name})
        }

    together = [{table.name} | named(table.triggers) for table in schema.tables if table.triggers]
    together += [read(view) | named(view.triggers) for view in schema.views if view.triggers]
    grown = set(names)
    while more := {name for its in together if its & grown for name in its} - grown:
        grown |= more
    return grown


def _with_views(schema: Schema, names: Iterable[Name]) -> set[Name]:
    grown = set(names)
    while more := {view.name for view in schema.views if view.name not in grown and grown & set(view.depends_on)}:
        grown |= more
    return grown


def _stands(item: Dependent, names: set[Name]) -> bool:
    return item.owner in names or any(name in names for name, _ in item.stands_on)


def named_in_text(schema: Schema, plan: Plan) -> tuple[LeftOut, ...]:
    """The functions whose text, which no server reads before they run, names what the plan removes or renames."""
    gone = {
        (table, column) for change in plan.changes for part in c.simple_changes(change) for table, column in _gone(part)
    }
    known = {item.name for item in schema.dependents if item.kind == "function"}
    found = {}
    for item in schema.unsupported:
        if item.kind not in ("function", "procedure") or str(item.name) in known:
            continue
        text = re.sub(r"--[^\n]*", "", item.sql)
        words = {*re.findall(r"\w+", text), *re.findall(r"[\w$]+", text)}  # a text may end with $tag$
        named = next((place for place in sorted(gone) if _is_named(place, words)), None)
        if named is not None:
            what = ".".join(filter(None, (str(named[0]), named[1])))
            found[item.name] = LeftOut(f"{item.kind} {item.name}", f"its text names {what}, and is read when it runs")
    return tuple(found.values())


def in_the_way(schema: Schema, plan: Plan) -> str | None:
    """What the server refuses the plan for, in words: it stands on a column or table, and no plan takes it off.

    These are functions whose body the server has read (``BEGIN ATOMIC``), the columns that a publication lists, and
    columns of other tables whose type is the row of a table.
    """
    if not schema.dependents:
        return None
    parts = [part for change in plan.changes for part in c.simple_changes(change)]
    gone = {part.table.name for part in parts if isinstance(part, c.DropTable)}
    for part in parts:
        held = _held(part, schema, plan)
        for item in schema.dependents:
            found = sorted(place for place in item.stands_on if _holds(held, item.kind, place))
            if found and item.owner not in gone:
                table, column = found[0]
                if item.kind == "publication" and (usage := usage_of(item, column)):
                    thing = f"publication {item.name} {usage} ({table}.{column})"
                    return f"{thing} and blocks the plan: {way_out(item, str(table))}"
                thing = f"{item.kind} {item.owner}.{item.name}" if item.owner else f"{item.kind} {item.name}"
                place = f"{table}.{column}" if column else f"{table}, whose row is its type," if item.owner else table
                return f"{thing} depends on {place} and blocks the plan: alter or drop it by hand first"
    return None


class _Held(NamedTuple):
    """What nothing may stand on while a change is made."""

    columns: Collection[tuple[Name, str]] = ()
    rows: Collection[Name] = ()
    """Tables whose row may be the type of no column."""
    relations: Collection[Name] = ()
    """What goes, whichever of its columns is meant: a table, or the views that are taken off."""


def _held(change: c.SimpleChange, schema: Schema, plan: Plan) -> _Held:
    match change:
        case c.DropTable():
            return _Held((), {change.table.name}, {change.table.name})
        case c.DropColumn():
            before, column = _before(change.table, change.column.name, plan)
            return _Held({(table, column) for table in with_parts(schema, {before})})
        case c.AddColumn():
            new = change.column
            is_filled = new.default or new.identity or new.autoincrement or (new.generated and new.generated.stored)
            return _Held((), with_parts(schema, {_before(change.table, "", plan)[0]}) if is_filled else ())
        case c.AlterColumnType():
            before, column = _before(change.table, change.old.name, plan)
            tables = with_parts(schema, {before})
            columns = {(table, column) for table in tables}
            views = _with_views(
                schema,
                {
                    item.owner
                    for item in schema.dependents
                    if item.owner and item.kind == "view" and columns & set(item.stands_on)
                },
            )
            return _Held(columns, tables, views)
        case _:  # the server lets functions, publications and rows of this table stand under every other change
            return _Held()


def _holds(held: _Held, kind: str, place: tuple[Name, str]) -> bool:
    match kind:
        case "function":
            return place in held.columns or place[0] in held.relations
        case "publication":
            return place in held.columns
        case "column":
            return not place[1] and place[0] in {*held.rows, *held.relations}
        case _:
            return False


def _before(table: Name, column: str, plan: Plan) -> tuple[Name, str]:
    """What a table and a column of it are called before the plan."""
    for change in reversed(plan.changes):
        if isinstance(change, c.RenameColumn) and (change.table, change.new) == (table, column):
            column = change.old
        elif isinstance(change, c.RenameTable) and change.new == table:
            table = change.old
    return table, column


def _is_named(place: tuple[Name, str], words: set[str]) -> bool:
    table, column = place
    return table.name in words and (not column or column in words)


def _gone(change: c.SimpleChange) -> list[tuple[Name, str]]:
    """What a text that names it finds no longer, or finds to be of another type."""
    match change:
        case c.RenameTable():
            return [(change.old, "")]
        case c.DropTable():
            return [(change.table.name, "")]
        case c.RenameColumn():
            return [(change.table, change.old)]
        case c.DropColumn():
            return [(change.table, change.column.name)]
        case c.AlterColumnType():
            return [(change.table, change.old.name)]
        case _:  # tables and columns are all that is looked for in a text
            return []
