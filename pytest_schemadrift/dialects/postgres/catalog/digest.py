"""Schemas of one database that are alike, recognised by what the catalog says of them; none of them is built.

All of them are read by the queries of ``dump``, many at a time and in one snapshot. Names are printed with their schema
meanwhile, so the schema's own name is known where it stands for the schema, and left out there alone: a comment or a
literal that has it makes a difference, as it does to ``dump``.

Equal digests mean that ``dump`` would give equal schemas. The other way round nothing is promised. What has to do with
other schemas has no digest, nor what has something of its own that may be printed with its schema even at home: names
that are PostgreSQL's, too, operators, collations, and text search configurations. A function whose text or setting
names its schema is a function like no other, as it is to ``dump``.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from hashlib import sha256
from typing import Any, NamedTuple

from pytest_schemadrift.dialects.base import Connection
from pytest_schemadrift.dialects.postgres.catalog.ask import BY_INDEX, of_schemas
from pytest_schemadrift.dialects.postgres.catalog.at_once import PINNED
from pytest_schemadrift.dialects.postgres.catalog.queries import query
from pytest_schemadrift.dialects.postgres.catalog.rows import (
    ColumnRow,
    ConstraintRow,
    DependentRow,
    IndexRow,
    OtherRow,
    RelationRow,
    named,
)
from pytest_schemadrift.dialects.postgres.connection import wrap
from pytest_schemadrift.dialects.postgres.names import quote_needed
from pytest_schemadrift.schema.capabilities import ServerInfo

BATCH = 100
"""Schemas that are read at a time: as many rows as of one database with some thousand tables."""

_OF_THE_DATABASE = ("others", "dependents", "views", "inheritance")
"""Queries that tell of what other schemas have to do with these, too, and are asked once."""
_OF_SCHEMAS = ("relations", "columns", "constraints", "indexes", "sequences", "types", "triggers", "marks")
_OF_RELATIONS = ("columns", "constraints", "indexes", "triggers")
_BY_NAME = ("relations", "columns", "constraints", "indexes")
_TOLD = ("policy", "rule", "statistics", "function", "procedure", "aggregate", "type", "range type")
"""The kinds of ``others`` whose rows say all that ``dump`` tells of them."""
_NAMED_IN_SQL = ("statistics", "function")
"""The kinds of ``dependents`` whose names are SQL; those of the others are names."""
_NOWHERE = "pg_catalog, pg_temp"
"""A search path in which nothing of people's is found: every name of theirs is printed with its schema."""

Fetch = Callable[..., Awaitable[list[Any]]]


async def digests(
    connection: Connection, info: ServerInfo, schemas: Sequence[str]
) -> AsyncGenerator[dict[str, str | None], None]:
    """As ``base.Digests``: those of schemas of the database, in one snapshot."""
    major = info.version[0]
    async with wrap(connection).reading({"search_path": _NOWHERE, **PINNED}) as fetch:
        if len(schemas) <= BATCH:
            await fetch(BY_INDEX)
        around = _Around(await _of_the_database(fetch, major, schemas))
        around.without |= {
            here for here, there, _ in await fetch(query("neighbours", major), list(schemas)) if here != there
        }
        around.without |= {name for (name,) in await fetch(query("printed_names", major), list(schemas))}
        existing = {name for (name,) in await fetch(query("schemas", major))}
        if len(schemas) > BATCH:
            await fetch(BY_INDEX)
        for start in range(0, len(schemas), BATCH):
            some = schemas[start : start + BATCH]
            found = await _batch(fetch, major, [schema for schema in some if schema in existing], around)
            yield {schema: found.get(schema) for schema in some}


async def _of_the_database(fetch: Fetch, major: int, schemas: Sequence[str]) -> dict[str, list[Any]]:
    """What tells of all schemas; where a batch has them all, what tells of these is found by indexes."""
    numbers: tuple[int, ...] = ()
    if only := schemas if len(schemas) <= BATCH else ():
        numbers = tuple(number for (number,) in await fetch(query("relations_of", major), list(only)))
    return {
        name: named(name, await fetch(of_schemas(name, query(name, major), only, numbers))) for name in _OF_THE_DATABASE
    }


class _Around:
    """What the queries of the whole database tell: schemas that can have no digest, and what belongs to relations."""

    def __init__(self, rows: dict[str, list[Any]]) -> None:
        self.without: set[str | None] = set()
        self.dependents: dict[str, list[DependentRow]] = defaultdict(list)
        self.of_relations: dict[int, list[Any]] = defaultdict(list)
        self.others: dict[str, list[OtherRow]] = defaultdict(list)
        for other in rows["others"]:
            if other.kind in _TOLD and other.table_schema in (None, other.schema):
                self.others[other.schema].append(other)
            else:
                self.without |= {other.schema, other.table_schema}
        for row in rows["dependents"]:
            homes = {*row.schemas, row.schema} - {None}
            if len(homes) == 1:
                self.dependents[homes.pop()].append(row)
            else:
                self.without |= homes
        for row in rows["views"]:
            self.of_relations[row.view].append(("reads", row.schema, row.name))
        for row in rows["inheritance"]:
            place = len(self.of_relations[row.child])
            self.of_relations[row.child].append((f"parent {place}", row.schema, row.name))


async def _batch(fetch: Fetch, major: int, schemas: Sequence[str], around: _Around) -> dict[str, str]:
    if not schemas:
        return {}
    numbers = tuple(number for (number,) in await fetch(query("relations_of", major), list(schemas)))
    rows: dict[str, list[Any]] = {}
    for name in _OF_SCHEMAS:
        text = of_schemas(name, query(name, major), schemas, numbers)
        rows[name] = named(name, await fetch(text, *((None, None) if name in _BY_NAME else ())))
    without = around.without | {row.schema for row in rows["types"] if row.extension}
    parts = _Parts(schemas, rows, around)
    parts.read()
    return {schema: parts.digest(schema) for schema in schemas if schema not in without}


class _Home(NamedTuple):
    """A relation by its name, and its columns by their numbers."""

    schema: str
    name: str
    columns: dict[int, str]


class _Parts:
    """The rows of a batch of schemas, each put to its schema in words that are the same for equal schemas.

    Numbers of objects become names. Those of operator classes and collations stay, being the database's own.
    """

    def __init__(self, schemas: Sequence[str], rows: dict[str, list[Any]], around: _Around) -> None:
        self.schemas = schemas
        self.around = around
        self.parts: dict[str, list[str]] = defaultdict(list)
        self.plain: dict[str, Callable[[str | None], str | None]] = {}
        self.homes = {row.oid: _Home(row.schema, row.name, {}) for row in rows["relations"]}
        # What an extension brings with it is in no schema of ours.
        of_homes = {kind: [row for row in rows[kind] if row.relation in self.homes] for kind in _OF_RELATIONS}
        self.rows = rows | of_homes
        for row in self.rows["columns"]:
            self.homes[row.relation].columns[row.number] = row.name
        self.indexes = {row.oid: row.name for row in rows["indexes"]}

    def digest(self, schema: str) -> str:
        """All that was put to a schema, in an order of its own."""
        return sha256("\n".join(sorted(self.parts[schema])).encode()).hexdigest()

    def put(self, schema: str, *values: object) -> None:
        self.parts[schema].append(repr(values))

    def text(self, schema: str, text: str | None) -> str | None:
        """SQL that the server printed, without the schema's own name in front of others."""
        if schema not in self.plain:
            self.plain[schema] = without_schema(schema)
        return self.plain[schema](text)

    def read(self) -> None:
        """Put every row to its schema."""
        places: dict[int, int] = defaultdict(int)
        for row in self.rows["relations"]:
            self.relation(row)
        for row in self.rows["columns"]:
            places[row.relation] += 1
            self.column(row, places[row.relation])
        for row in self.rows["constraints"]:
            self.constraint(row)
        for row in self.rows["indexes"]:
            self.index(row)
        for row in self.rows["triggers"]:
            home = self.homes[row.relation]
            self.put(home.schema, "trigger", home.name, row.name, self.text(home.schema, row.sql))
        for row in self.rows["sequences"]:
            owner = self.homes.get(row.relation)
            column = owner.columns.get(row.number) if owner else None
            shown = self.text(row.schema, row.shown)
            self.put(row.schema, "sequence", owner and owner.name, column, row[1:2], shown, row[3:11])
        for row in self.rows["types"]:
            sql = [self.text(row.schema, text) for text in (row.base, row.default)]
            checks = [
                (name, self.text(row.schema, check), valid) for name, check, valid in json.loads(row.checks or "[]")
            ]
            self.put(row.schema, "type", row[:2], row[3:6], row.not_null, self.own(row, row.collation_schema), sql)
            self.put(row.schema, "type", row.name, row.collation, sorted(checks))
        for row in self.rows["marks"]:
            name = self.text(row.schema, row.name) if row.on == "statistics" else row.name
            self.put(row.schema, "mark", row.on, row.owner, name, row[4:])
        for schema in self.schemas:
            for other in self.around.others[schema]:
                self.other(other)
            for dependent in self.around.dependents[schema]:
                sql_text = self.text(schema, dependent.sql)
                name = self.text(schema, dependent.name) if dependent.kind in _NAMED_IN_SQL else dependent.name
                self.put(schema, "dependent", dependent.kind, dependent.owner, name, sql_text, dependent[6:])

    def other(self, row: OtherRow) -> None:
        """What is only named, or has a text; the name of a function, with its arguments, is in its text, too."""
        name = "" if row.kind in ("function", "procedure") else row.name
        self.put(row.schema, row.kind, name, row.table_name, self.text(row.schema, row.sql))

    @staticmethod
    def own(row: Any, schema: str | None) -> object:
        """A schema, in which a row's own is like that of another row."""
        return True if schema == row.schema else schema

    def relation(self, row: RelationRow) -> None:
        sql = [self.text(row.schema, text) for text in (row.partition_key, row.bound, row.body)]
        self.put(row.schema, "relation", row[2:11], sql, row.server, row.server_options)
        for kind, schema, name in self.around.of_relations.get(row.oid, ()):
            self.put(row.schema, kind, row.name, self.own(row, schema), name)

    def column(self, row: ColumnRow, place: int) -> None:
        home = self.homes[row.relation]
        sql = [self.text(home.schema, text) for text in (row.type, row.default)]
        collation_schema = True if row.collation_schema == home.schema else row.collation_schema
        not_null = (row.not_null, row.unvalidated, row.not_inherited)
        known = (row.name, row.local, not_null, row.identity, row.generated, row.collation_oid)
        self.put(home.schema, "column", home.name, place, known, sql, collation_schema, row.collation, row.comment)

    def constraint(self, row: ConstraintRow) -> None:
        home = self.homes[row.relation]
        keys = [[home.columns.get(number) for number in numbers or ()] for numbers in (row.key, row.set_columns)]
        sql = [self.text(home.schema, text) for text in (row.check_sql, row.exclusion)]
        other = True if row.ref_schema == home.schema else row.ref_schema
        self.put(home.schema, "constraint", home.name, row[1:3], keys, self.indexes.get(row.index_oid), row[5:9])
        self.put(home.schema, "constraint", home.name, row.name, other, row[10:15], sql, row[18:])

    def index(self, row: IndexRow) -> None:
        home = self.homes[row.relation]
        keys = [home.columns.get(number, number) for number in row.keys]
        sql = [self.text(home.schema, text) for text in (row.where_sql, row.definition)]
        self.put(home.schema, "index", home.name, row[2:7], keys, row[8:13], sql, row.nulls_not_distinct)


def without_schema(schema: str) -> Callable[[str | None], str | None]:
    """What takes the name of a schema out of SQL that the server printed, where it stands in front of another name.

    So it does within ``'…'::regclass``, which is how a number of a relation is printed; in no other literal, and not in
    the text of a function. What is put in its place is no character of PostgreSQL's: different texts stay different.
    """
    printed = f"{quote_needed(schema)}."
    in_literal = printed.replace("'", "''")
    pattern = re.compile(
        r"(?P<body>\$\w*\$)[\s\S]*?(?P=body)|"
        rf"""E?'(?:[^']|'')*'(?P<number>::reg(?:class|type)\b)?|(?<![\w$".])(?P<own>{re.escape(printed)})"""
        rf"""|(?<![\w$".])(?P<other>{re.escape(printed[:-1])})(?![\w$"])|"(?:[^"]|"")*"|[\w$]+"""
    )

    def replaced(found: re.Match[str]) -> str:
        text = found[0]
        if found["own"]:
            return _OWN
        if found["other"]:
            return f"{_OTHER}{text}"
        if found["number"] and text.startswith(f"'{in_literal}"):
            return f"'{_OWN}{text[1 + len(in_literal) :]}"
        return text

    def plain(text: str | None) -> str | None:
        if text is None or (printed not in text and in_literal not in text):
            return text
        return pattern.sub(replaced, text)

    return plain


_OWN = "\0."
_OTHER = "\0="
"""Before the schema's name where it is the name of something else, as of a table in a view: that one is taken out in
front of a column, too, and would there be any other schema's name."""
