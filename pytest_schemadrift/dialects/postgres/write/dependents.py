"""What stands on a column and in the way of its change: views, triggers, indexes and constraints (P38)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pytest_schemadrift.dialects.base import RenderContext
from pytest_schemadrift.dialects.postgres.names import do_block, literal, qualified, quote
from pytest_schemadrift.dialects.postgres.write.definitions import (
    check_definition,
    create_index,
    exclusion_definition,
    foreign_key_definition,
    primary_key_definition,
    unique_definition,
)
from pytest_schemadrift.schema import changes as c
from pytest_schemadrift.schema.model import Check, Exclusion, ForeignKey, Index, Name, PrimaryKey, Table, View

Constraint = Index | ForeignKey | Check | Exclusion | PrimaryKey


@dataclass(frozen=True, slots=True)
class Around:
    """Statements to run before and after a change, so that nothing stands in its way and nothing is lost."""

    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()

    def __add__(self, other: Around) -> Around:
        """``other`` within ``self``."""
        return Around(self.before + other.before, other.after + self.after)


def mentions(sql: str, name: str) -> bool:
    """Whether SQL names a column, outside of its literals."""
    text = re.sub(r"'(?:[^']|'')*'", "''", sql)
    return re.search(rf"(?<![\w$]){re.escape(name)}(?![\w$])", text) is not None


def table_of_old(name: Name, context: RenderContext) -> Table | None:
    """The table as it was before the plan."""
    return context.old.table(name)


def views_around(tables: Iterable[tuple[Name, str]], context: RenderContext) -> Around:
    """Drop the views that read one of these columns, and those that read them, and create them again.

    A materialised view is filled again; indexes, rules, triggers, rights and comments are made again.
    """
    columns = list(tables)
    renames = [change for change in context.changes if isinstance(change, c.RenameTable | c.RenameColumn)]
    befores = {change.new: change.old for change in renames if isinstance(change, c.RenameTable)}
    chosen: list[View] = []
    for view in _in_order(context.old.views):
        direct = any(
            befores.get(table, table) in view.depends_on and (renames or mentions(view.sql, column))
            for table, column in columns
        )
        if direct or any(other.name in view.depends_on for other in chosen):
            chosen.append(view)
    return Around(
        (
            *(_remember_text(view, place) for place, view in enumerate(chosen) if renames),
            *(f"DROP {_kind(view)} {qualified(view.name)}" for view in reversed(chosen)),
        ),
        tuple(
            sql
            for place, view in enumerate(chosen)
            for sql in (_from_memory(view, place) if renames else view.sql, *_on_view(view, context))
        ),
    )


def _on_view(view: View, context: RenderContext) -> list[str]:
    """What stood on a view and went with it."""
    kinds = ("index", "rule")
    found = [item.sql.rstrip(";") for item in context.old.unsupported if item.kind in kinds and item.table == view.name]
    given = f" OWNER TO {quote(context.info.setting('role'))}"  # by CREATE VIEW already
    extras = (sql for sql in view.extras if not sql.endswith(given))
    return [*found, *(trigger.sql for trigger in view.triggers), *extras]


def _remember_text(view: View, place: int) -> str:
    """Keep what the view reads in a setting of the session: the text known here has names of before the renames."""
    return (
        f"SELECT set_config('schemadrift.view_{place}', "
        f"rtrim(pg_get_viewdef({literal(qualified(view.name))}::regclass), ';'), false)"
    )


def _from_memory(view: View, place: int) -> str:
    head = view.sql.partition(" AS\n")[0]
    return do_block(f"EXECUTE {literal(f'{head} AS ')} || current_setting('schemadrift.view_{place}');")


def _kind(view: View) -> str:
    return "MATERIALIZED VIEW" if view.materialized else "VIEW"


def _in_order(views: Sequence[View]) -> list[View]:
    """Each view after those that it reads."""
    waiting = {view.name: view for view in views}
    ordered: list[View] = []
    while waiting:
        free = [view for view in waiting.values() if not (set(view.depends_on) - {view.name}) & waiting.keys()]
        for view in free or list(waiting.values()):
            ordered.append(waiting.pop(view.name))
    return ordered


def triggers_around(table: Name, column: str, context: RenderContext) -> Around:
    """Triggers with the column in their definition: ``UPDATE OF column``, or in WHEN."""
    found = table_of_old(table, context)
    named = [trigger for trigger in (found.triggers if found else ()) if mentions(_head(trigger.sql), column)]
    return Around(
        tuple(f"DROP TRIGGER {quote(trigger.name)} ON {qualified(table)}" for trigger in named),
        tuple(trigger.sql for trigger in named),
    )


def _head(sql: str) -> str:
    """A trigger's definition without the name of its function."""
    return re.split(r"\bEXECUTE\b", sql, flags=re.IGNORECASE)[0]


def survivors(table: Name, context: RenderContext) -> list[Constraint]:
    """The keys, indexes and constraints of a table that are there before the plan and after it, just the same."""
    old, new = table_of_old(table, context), context.new.table(table)
    if old is None or new is None:
        return []
    found: list[Constraint] = []
    if old.primary_key is not None and old.primary_key == new.primary_key:
        found.append(old.primary_key)
    found += [index for index in old.indexes if index in new.indexes]
    found += [check for check in old.checks if check in new.checks]
    found += [item for item in old.exclusions if item in new.exclusions]
    found += [key for key in old.foreign_keys if key in new.foreign_keys]
    return found


def stands_on(item: Constraint, column: str) -> bool:
    """Whether a key, index or constraint has to do with a column."""
    match item:
        case PrimaryKey():
            return column in item.columns
        case Index():
            return (
                column in item.columns
                or column in item.include
                or any(mentions(text, column) for text in expressions_of(item))
            )
        case ForeignKey():
            return column in item.columns
        case Check():
            return mentions(item.expression.sql, column)
        case Exclusion():
            return mentions(item.definition.sql, column)


def expressions_of(item: Constraint) -> list[str]:
    """The SQL of every expression in it."""
    match item:
        case Index():
            found = [part.expression.sql for part in item.parts if part.expression]
            return [*found, item.where.sql] if item.where else found
        case Check():
            return [item.expression.sql]
        case Exclusion():
            return [item.definition.sql]
        case _:
            return []


def drop_statement(table: Name, item: Constraint) -> str:
    """The statement that takes it off."""
    if isinstance(item, Index) and not item.constraint:
        return f"DROP INDEX {qualified(Name(table.schema, item.name or ''))}"
    return f"ALTER TABLE {qualified(table)} DROP CONSTRAINT {quote(item.name or '')}"


def create_statement(table: Name, item: Constraint) -> str:
    """The statement that puts it back."""
    match item:
        case Index() if not item.constraint:
            return create_index(table, item)
        case Index():
            definition = unique_definition(item)
        case PrimaryKey():
            definition = primary_key_definition(item)
        case ForeignKey():
            definition = foreign_key_definition(item)
        case Check():
            definition = check_definition(item)
        case Exclusion():
            definition = exclusion_definition(item)
    return f"ALTER TABLE {qualified(table)} ADD {definition}"


def foreign_keys_around(change: c.AlterColumnType, context: RenderContext) -> Around:
    """Foreign keys whose other side changes its type in this plan too: off before the first, back after the last.

    Between two kinds of type the server has no comparison, so the key could not stand while only one side is done.
    """
    retyped = [
        (part.table, part.old.name)
        for other in context.changes
        for part in c.simple_changes(other)
        if isinstance(part, c.AlterColumnType)
    ]
    here = (change.table, change.old.name)
    before, after = [], []
    for table in context.old.tables:
        wanted = context.new.table(table.name)
        for key in table.foreign_keys:
            sides = [(table.name, column) for column in key.columns]
            sides += [(key.ref_table, column) for column in key.ref_columns]
            involved = [side for side in retyped if side in sides]
            both = {side[0] == table.name for side in involved} == {True, False} or key.ref_table == table.name
            if (
                here not in involved
                or not both
                or len(involved) < 2
                or wanted is None
                or key not in wanted.foreign_keys
            ):
                continue
            if involved[0] == here:
                before.append(drop_statement(table.name, key))
            if involved[-1] == here:
                after.append(create_statement(table.name, key))
    return Around(tuple(before), tuple(after))
