"""What a database has and models do not express: said at the top of the file and on standard error."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from pytest_schemadrift.schema.model import Check, ForeignKey, Name, Schema, Table, parts_of


def left_out(schema: Schema, tables: Iterable[Table], views: Collection[Name], *, whole: bool) -> list[str]:
    """One sentence for each kind of object; ``whole`` is where every table was asked for, not some by name."""
    written = {table.name: table for table in tables}
    groups: dict[str, list[str]] = {}

    def add(kind: str, names: Iterable[object]) -> None:
        groups.setdefault(kind, []).extend(map(str, names))

    if whole:
        add("views (name one to have an unmanaged model of it)", (v.name for v in schema.views if v.name not in views))
        add("sequences of their own", (item.name for item in schema.sequences if item.owned_by is None))
        add("extensions", schema.extensions)
    used = {_element(column.type) for table in written.values() for column in table.columns}
    add("domains, which columns only name", (item.name for item in schema.domains if str(item.name) in used or whole))
    add("types, which columns only name", (item.name for item in schema.enums if str(item.name) in used or whole))
    names = parts_of(schema, written.keys())
    parts = [table for table in schema.tables if table.name in names]
    add("partitions, which belong to their table", (table.name for table in parts if table.partition_of))
    inheriting = (table.name for table in parts if not table.partition_of)
    add("no column of their own, so they belong to the table that they inherit from", inheriting)
    add("inheritance, so the models are unmanaged", (t.name for t in written.values() if t.inherits))
    add("no columns: the tables", (table.name for table in written.values() if not table.columns))
    add("not validated; the models say that every row holds: the constraints", _not_validated(written.values()))
    add("triggers", (f"{item.name} on {table.name}" for table in written.values() for item in table.triggers))
    readable = {table.name for table in schema.tables}
    for item in (*schema.unsupported, *schema.unseen):
        if item.table in written or (whole and item.table not in readable):
            add(item.kind, [f"{item.name} ({' '.join(item.reason.split())})"])
    return [f"{kind}: {', '.join(names)}" for kind, names in groups.items() if names]


def _not_validated(tables: Iterable[Table]) -> Iterable[str]:
    for table in tables:
        constraints: list[Check | ForeignKey] = [*table.checks, *table.foreign_keys]
        yield from (f"{item.name} of {table.name}" for item in constraints if not item.validated)
        yield from (f"{item.unvalidated} of {table.name}" for item in table.columns if item.unvalidated)


def _element(type_: str) -> str:
    return type_.removesuffix("[]").replace('"', "")
