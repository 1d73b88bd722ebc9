"""What stands beside the tables of a schema: types, marks, dependents, and what the model has no word for."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator

from pytest_schemadrift.dialects.postgres.catalog.naming import Naming
from pytest_schemadrift.dialects.postgres.catalog.rows import DependentRow, MarkRow, OtherRow, TypeRow
from pytest_schemadrift.dialects.postgres.read.defaults import check_key, domain_default_of
from pytest_schemadrift.dialects.postgres.read.indexes import collation_text
from pytest_schemadrift.schema.model import (
    Check,
    Dependent,
    Domain,
    Enum,
    Expression,
    Mark,
    Name,
    UnsupportedObject,
)

_NOT_EXPRESSED = {
    "policy": "row security policies are not compared",
    "rule": "rewrite rules are not compared",
    "statistics": "extended statistics are not compared",
    "function": "functions are not part of the schema that is compared",
    "procedure": "procedures are not part of the schema that is compared",
}


def enums_and_domains(rows: Iterable[TypeRow], naming: Naming) -> tuple[list[Enum], list[Domain]]:
    """The types that are the schema's own, and no extension's."""
    enums: list[Enum] = []
    domains: list[Domain] = []
    for row in rows:
        if row.extension:
            continue
        if row.kind == "e":
            enums.append(Enum(naming.name(row.schema, row.name), tuple(row.labels or ()), row.comment))
            continue
        shown = naming.type(row.base or "")
        domains.append(
            Domain(
                naming.name(row.schema, row.name),
                shown,
                nullable=not row.not_null,
                default=None if row.default is None else domain_default_of(row.default, shown, naming.default_schema),
                collation=row.collation
                and collation_text(row.collation_schema or "", row.collation, default_schema=naming.default_schema),
                checks=tuple(
                    Check(check, Expression(sql, check_key(sql, shown, naming.default_schema)), validated=valid)
                    for check, sql, valid in sorted(json.loads(row.checks or "[]"))
                ),
                comment=row.comment,
            )
        )
    return enums, domains


def marks(rows: Iterable[MarkRow], naming: Naming) -> Iterator[Mark]:
    """What is said of objects and kept for them where they are made again."""
    for row in rows:
        name = naming.bare(row.name) if row.on == "statistics" else row.name
        values = [naming.bare(value) for value in row.values] if row.aspect == "state of partition" else row.values
        yield Mark(row.on, naming.name(row.schema, row.owner), name, row.aspect, tuple(values))


def dependents(rows: Iterable[DependentRow], naming: Naming) -> Iterator[Dependent]:
    """What reads tables and columns, and goes or stops a plan where these go."""
    for row in rows:
        if not naming.is_looked_at(row.schema, *row.schemas):
            continue
        owner = naming.name(row.schema, row.owner) if row.schema is not None and row.owner is not None else None
        places = tuple(
            (naming.name(schema, relation), column)
            for schema, relation, column in zip(row.schemas, row.relations, row.columns, strict=True)
        )
        name = naming.bare(row.name) if row.kind == "statistics" else row.name
        yield Dependent(row.kind, owner, name, naming.at_home(row.sql), places)


def unsupported(
    rows: Iterable[OtherRow], naming: Naming, tables: Collection[Name] | None
) -> Iterator[UnsupportedObject]:
    """What the model has no word for: all of it, or that of ``tables``."""
    for row in rows:
        if row.schema and not naming.is_looked_at(row.schema, row.table_schema):
            continue
        owner = naming.name(row.table_schema or "", row.table_name) if row.table_name else None
        if tables is not None and owner not in tables:
            continue
        article = "an" if row.kind[0] in "aeiou" else "a"
        reason = _NOT_EXPRESSED.get(row.kind, f"{article} {row.kind} is not expressed")
        name = str(naming.name(row.schema, row.name))
        yield UnsupportedObject(row.kind, name, reason, naming.at_home(row.sql or ""), owner)
