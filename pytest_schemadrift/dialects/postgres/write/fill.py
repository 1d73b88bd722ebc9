"""Rows without a value are given one, and nothing else happens: no trigger or rule runs, no row is hidden."""

from __future__ import annotations

from collections.abc import Sequence

from pytest_schemadrift.dialects.base import RenderContext
from pytest_schemadrift.dialects.postgres.names import do_block, literal, qualified, quote
from pytest_schemadrift.dialects.postgres.write.definitions import option
from pytest_schemadrift.schema import changes as c
from pytest_schemadrift.schema.model import Column, Name, NotNull, Schema, Table

_STATES = (
    "CASE %s WHEN 'A' THEN 'ENABLE ALWAYS' WHEN 'R' THEN 'ENABLE REPLICA' WHEN 'D' THEN 'DISABLE' ELSE 'ENABLE' END"
)


def fill(table: Name, columns: Sequence[Column], context: RenderContext) -> str:
    """The statement that puts their defaults where columns have NULL that are to have none.

    Where something stands on the table that an UPDATE would set off, it is switched off meanwhile, for this
    transaction alone: the locks that this takes keep every other writer out until it has its former state again.
    """
    update = update_of(table, columns)
    if not is_more_than_update(table, context.old):
        return update
    family = (
        f"WITH RECURSIVE family AS (SELECT {literal(qualified(table))}::regclass::oid AS oid, 0 AS depth "
        "UNION SELECT i.inhrelid, f.depth + 1 FROM pg_catalog.pg_inherits i JOIN family f ON i.inhparent = f.oid)"
    )
    triggers = (
        "SELECT pg_catalog.format('ALTER TABLE ONLY %s DISABLE TRIGGER %I', t.tgrelid::regclass, t.tgname) AS off, "
        f"pg_catalog.format('ALTER TABLE ONLY %s %s TRIGGER %I', t.tgrelid::regclass, {_STATES % 't.tgenabled'}, "
        "t.tgname) AS back, f.depth FROM pg_catalog.pg_trigger t JOIN family f ON f.oid = t.tgrelid "
        "WHERE NOT t.tgisinternal"
    )
    rules = (
        "SELECT pg_catalog.format('ALTER TABLE %s DISABLE RULE %I', r.ev_class::regclass, r.rulename), "
        f"pg_catalog.format('ALTER TABLE %s %s RULE %I', r.ev_class::regclass, {_STATES % 'r.ev_enabled'}, "
        "r.rulename), f.depth FROM pg_catalog.pg_rewrite r JOIN family f ON f.oid = r.ev_class "
        "WHERE r.rulename <> '_RETURN'"
    )
    security = (
        "SELECT pg_catalog.format('ALTER TABLE ONLY %s NO FORCE ROW LEVEL SECURITY', c.oid::regclass), "
        "pg_catalog.format('ALTER TABLE ONLY %s FORCE ROW LEVEL SECURITY', c.oid::regclass), "
        "f.depth FROM pg_catalog.pg_class c JOIN family f ON f.oid = c.oid WHERE c.relforcerowsecurity"
    )
    collect = (
        f"{family} SELECT pg_catalog.array_agg(s.off ORDER BY s.depth), pg_catalog.array_agg(s.back ORDER BY s.depth) "
        f"INTO schemadrift_off, schemadrift_back FROM ({triggers} UNION ALL {rules} UNION ALL {security}) AS s"
    )
    return do_block(
        # What is deferred would stand in the way of ALTER TABLE.
        f"LOCK TABLE {qualified(table)} IN SHARE ROW EXCLUSIVE MODE; SET CONSTRAINTS ALL IMMEDIATE; {collect}; "
        f"{_each('schemadrift_off')} {update}; {_each('schemadrift_back')}",
        declare="schemadrift_off text[]; schemadrift_back text[]; schemadrift_sql text;",
    )


def update_of(table: Name, columns: Sequence[Column]) -> str:
    """The plain UPDATE; NULL of tables that inherit stays where the NOT NULL of the first column is not for them.

    Raises ``ValueError`` for a column without a default.
    """
    only = "ONLY " if columns[0].not_inherited else ""
    values = ", ".join(f"{quote(column.name)} = {_value(column, alone=len(columns) == 1)}" for column in columns)
    missing = " OR ".join(f"{quote(column.name)} IS NULL" for column in columns)
    return f"UPDATE {only}{qualified(table)} SET {values} WHERE {f'({missing})' if len(columns) > 1 else missing}"


def _value(column: Column, *, alone: bool) -> str:
    """The default, where there is no value; the cast keeps a value from taking the default's type on its way."""
    if column.default is None:
        raise ValueError(f"{column.name} has no default")
    return (
        column.default.sql if alone else f"coalesce({quote(column.name)}, CAST({column.default.sql} AS {column.type}))"
    )


def _each(statements: str) -> str:
    array = f"coalesce({statements}, '{{}}')"
    return f"FOREACH schemadrift_sql IN ARRAY {array} LOOP EXECUTE schemadrift_sql; END LOOP;"


def is_more_than_update(table: Name, schema: Schema) -> bool:
    """Whether an UPDATE sets something off, or is checked later, on the table, its partitions or its children."""
    family = _family(table, schema)
    names = {member.name for member in family}
    return any(
        member.triggers
        or option(member.options, "force_row_security")
        or any(key.initially_deferred for key in member.foreign_keys)
        for member in family
    ) or any(item.kind == "rule" and item.table in names for item in schema.unsupported)


def _family(table: Name, schema: Schema) -> list[Table]:
    found: list[Table] = []
    waiting = {table}
    while waiting:
        members = [item for item in schema.tables if item.name in waiting and item not in found]
        found += members
        parents = {item.name for item in members}
        waiting = {
            item.name
            for item in schema.tables
            if parents & set(item.inherits) or (item.partition_of is not None and item.partition_of[0] in parents)
        }
    return found


def filled_with(change: c.ValidateConstraint, context: RenderContext) -> list[list[Column]]:
    """The columns whose rows are filled before this constraint is validated, those of each UPDATE together.

    With the first one are those of all: a row that an UPDATE touches is held to every NOT VALID constraint. Where some
    are for this table alone (NO INHERIT), its own rows get all, and those of tables that inherit the others.
    """
    own = _filled_column(change, context)
    together = [
        column
        for other in (context.changes if change in context.changes else (change,))
        if isinstance(other, c.ValidateConstraint) and other.table == change.table
        if (column := _filled_column(other, context)) is not None
    ]
    if own is None or together[0] != own:
        return []
    alone = [column for column in together if column.not_inherited]
    inherited = [column for column in together if not column.not_inherited]
    return [columns for columns in ([*alone, *inherited] if alone else [], inherited) if columns]


def _filled_column(change: c.ValidateConstraint, context: RenderContext) -> Column | None:
    table = context.new.table(change.table)
    if table is None or not isinstance(change.constraint, NotNull):
        return None
    column = table.column(change.constraint.column)
    return None if column is None or column.default is None or column.generated is not None else column
