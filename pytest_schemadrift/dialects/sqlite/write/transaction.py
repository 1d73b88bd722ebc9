"""The transaction around a plan, foreign keys off meanwhile, and a check of everything before COMMIT.

With foreign keys on, DROP TABLE deletes the child rows (S16), and the pragma is ignored inside a transaction.
A plan must be safe in a plain ``sqlite3`` shell too, which goes on after an error. So each step that could lose
rows or parents leaves a mark in a temporary table; a mark with another number than 0 is refused by its CHECK; and
the last statement before COMMIT rolls all back unless every mark is there. One thing only such a shell must not go
on after: a failed BEGIN (another writer), for then there is nothing to roll back. ``sqlite3 -bail`` stops there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pytest_schemadrift.dialects.base import RenderContext
from pytest_schemadrift.dialects.sqlite.names import fold, literal, quote
from pytest_schemadrift.dialects.sqlite.read.tokens import mentioned, tokenize
from pytest_schemadrift.schema import changes as c
from pytest_schemadrift.schema.model import ForeignKey, Name, Schema, Table, Trigger, View

_GUARD = 'temp."schemadrift_guard"'
_ORPHANS = 'temp."schemadrift_orphans"'


def mark(step: str, lost: str) -> str:
    """The statement that marks a step as done, and fails unless the SQL expression ``lost`` is 0."""
    return f"INSERT INTO {_GUARD} SELECT {literal(step)}, {lost}"


def prologue(context: RenderContext) -> tuple[str, ...]:
    """What runs before the statements of a plan."""
    if not context.changes:
        return ()
    if not _is_dangerous(context):
        return ("BEGIN IMMEDIATE",)
    return tuple(_open(context))


def epilogue(context: RenderContext) -> tuple[str, ...]:
    """What runs after them; it fails, and rolls back, where a row or a row's parent is missing."""
    if not context.changes:
        return ()
    if not _is_dangerous(context):
        return ("COMMIT",)
    return tuple(_close(context))


def _names_before(context: RenderContext) -> dict[Name, Name]:
    return {change.new: change.old for change in context.changes if isinstance(change, c.RenameTable)}


def _is_dangerous(context: RenderContext) -> bool:
    return any(isinstance(change, c.RebuildTable | c.DropTable) for change in context.changes)


def _open(context: RenderContext) -> Iterator[str]:
    yield "PRAGMA foreign_keys = OFF"
    yield "BEGIN IMMEDIATE"
    check = 'CONSTRAINT "rows or their parents would be lost" CHECK ("lost" = 0)'
    yield f'CREATE TABLE {_GUARD} ("step" TEXT PRIMARY KEY, "lost" INTEGER NOT NULL {check})'
    yield mark("foreign keys are off", "foreign_keys FROM pragma_foreign_keys")
    yield f'CREATE TABLE {_ORPHANS} ("child" TEXT, "row" INTEGER, "parent" TEXT, "keys" INTEGER)'
    befores = _names_before(context)
    for child in _children(context):
        before = context.old.table(child.name)
        if before is not None and _is_checkable(before, context.old):
            yield _note_orphans(child.name, befores)


def _close(context: RenderContext) -> Iterator[str]:
    steps = 1 + 2 * sum(isinstance(change, c.RebuildTable) for change in context.changes)
    children, views = _children(context), _views_in_danger(context)
    for child in children:
        yield mark(f"parents of {child.name.name}", _count_orphans(child.name))
    for view in views:
        name = quote(view.name.name)
        yield mark(f"view {view.name.name}", f"(SELECT count(*) FROM (SELECT * FROM {name} LIMIT 0))")
    for owner, trigger in _triggers_in_danger(context):
        yield _compile_trigger(owner, trigger)
    steps += len(children) + len(views)
    yield f"INSERT OR ROLLBACK INTO {_GUARD} SELECT 'every step was done', {steps} - count(*) FROM {_GUARD}"
    yield f"DROP TABLE {_ORPHANS}"
    yield f"DROP TABLE {_GUARD}"
    yield "COMMIT"
    if context.info.setting("foreign_keys", "1") == "1":
        yield "PRAGMA foreign_keys = ON"


# ---------------------------------------------------------------------------------------------- foreign keys


def _children(context: RenderContext) -> list[Table]:
    """The tables that could lose a parent: those rebuilt, and those that refer to one rebuilt or dropped."""
    touched = {change.old.name for change in context.changes if isinstance(change, c.RebuildTable)}
    touched |= {change.table.name for change in context.changes if isinstance(change, c.DropTable)}
    return [
        table
        for table in context.new.tables
        if table.foreign_keys
        and (table.name in touched or any(key.ref_table in touched for key in table.foreign_keys))
        and _is_checkable(table, context.new)
    ]


def _is_checkable(table: Table, schema: Schema) -> bool:
    """Whether ``foreign_key_check`` can look at the table: it refuses a key on columns that are not unique."""
    return all(_is_sound(key, schema) for key in table.foreign_keys)


def _is_sound(key: ForeignKey, schema: Schema) -> bool:
    parent = schema.table(key.ref_table)
    if parent is None:
        return True
    columns = set(key.ref_columns)
    if len(columns) != len(key.columns):
        return False
    own = parent.primary_key is not None and set(parent.primary_key.columns) == columns
    return own or any(
        index.unique and index.where is None and set(index.columns) == columns and len(index.parts) == len(columns)
        for index in parent.indexes
    )


def _note_orphans(child: Name, befores: dict[Name, Name]) -> str:
    """Keep the rows that have no parent before the plan, under the names that come after its renames."""
    parent = 'lower("parent")'
    if befores:
        cases = " ".join(
            f"WHEN {literal(before.name.lower())} THEN {literal(new.name.lower())}" for new, before in befores.items()
        )
        parent = f"CASE {parent} {cases} ELSE {parent} END"
    source = f"pragma_foreign_key_check({literal(befores.get(child, child).name)})"
    return f"INSERT INTO {_ORPHANS} SELECT {literal(child.name)}, rowid, {parent}, count(*) FROM {source} GROUP BY 2, 3"


def _count_orphans(child: Name) -> str:
    """How many rows have more missing parents than before."""
    source = f"pragma_foreign_key_check({literal(child.name)})"
    return (
        f'(SELECT count(*) FROM (SELECT rowid AS "row", lower("parent") AS "parent", count(*) AS "keys" '
        f"FROM {source} GROUP BY 1, 2) AS a "
        f'WHERE a."keys" > coalesce((SELECT b."keys" FROM {_ORPHANS} AS b WHERE b."child" = {literal(child.name)} '
        f'AND b."row" IS a."row" AND b."parent" = a."parent"), 0))'
    )


# ---------------------------------------------------------------------------------------------- views, triggers


def _removed(context: RenderContext) -> dict[Name, set[str]]:
    """The columns (folded) that rebuilt tables lose, by the table's name before the plan, which old texts use."""
    befores = _names_before(context)
    removed = {}
    for change in context.changes:
        if isinstance(change, c.RebuildTable):
            kept = {fold(column.name) for column in change.new.columns}
            gone = {fold(column.name) for column in change.old.columns} - kept
            if gone:
                removed[befores.get(change.old.name, change.old.name)] = gone
    return removed


def _views_in_danger(context: RenderContext) -> list[View]:
    """The views that may read a column that goes: they must still work, or the plan fails."""
    return [
        view
        for view in context.old.views
        if any(
            gone & mentioned(view.sql) and name in _all_dependencies(view, context.old)
            for name, gone in _removed(context).items()
        )
    ]


def _all_dependencies(view: View, schema: Schema) -> set[Name]:
    views = {item.name: item for item in schema.views}
    seen: set[Name] = set()
    waiting = list(view.depends_on)
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting += views[name].depends_on if name in views else ()
    return seen


def _triggers_in_danger(context: RenderContext) -> Iterable[tuple[Table, Trigger]]:
    """The triggers that may use a column that goes, with the table (as it will be) on which they stand."""
    removed, befores = _removed(context), _names_before(context)
    for table in context.old.tables if removed else ():
        after = context.new.table(table.name)
        for trigger in table.triggers if after is not None else ():
            words, own = mentioned(trigger.sql), befores.get(table.name, table.name)
            uses = any(gone & words and (name == own or fold(name.name) in words) for name, gone in removed.items())
            if uses and after is not None:
                yield after, trigger


def _compile_trigger(table: Table, trigger: Trigger) -> str:
    """A statement that changes no row but for which SQLite must read the trigger."""
    name = quote(table.name.name)
    words = [token.upper for token in tokenize(trigger.sql)[:8]]
    event = next((word for word in words if word in ("INSERT", "DELETE", "UPDATE")), "DELETE")
    columns = [quote(column.name) for column in table.columns if column.generated is None]
    if event == "DELETE":
        return f"DELETE FROM {name} WHERE 0"
    if event == "INSERT":
        return f"INSERT INTO {name} ({columns[0]}) SELECT {columns[0]} FROM {name} WHERE 0"
    return f"UPDATE {name} SET {', '.join(f'{column} = {column}' for column in columns)} WHERE 0"
