"""Sequences against the rows that took numbers from them."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Collection
from itertools import groupby
from typing import NamedTuple

from pytest_schemadrift.dialects.base import Connection
from pytest_schemadrift.dialects.counter import Counter
from pytest_schemadrift.dialects.postgres.catalog.queries import query
from pytest_schemadrift.dialects.postgres.looking import look
from pytest_schemadrift.dialects.postgres.names import literal, qualified, quote
from pytest_schemadrift.dialects.postgres.server_info import schemas_of
from pytest_schemadrift.schema.capabilities import ServerInfo
from pytest_schemadrift.schema.model import Name


class _Use(NamedTuple):
    """A sequence, and one column that takes numbers from it: a row of ``queries/counters.sql``."""

    schema: str
    name: str
    start: int
    step: int
    minimum: int
    maximum: int
    cycles: bool
    may_enter: bool
    may_read: bool
    may_set: bool
    table_schema: str
    table: str
    column: str
    type: str
    is_number: bool
    default: str
    may_enter_table: bool
    may_read_column: bool
    sees_some_rows: bool

    @property
    def sequence(self) -> Name:
        return Name(self.schema, self.name)

    @property
    def home(self) -> Name:
        return Name(self.table_schema, self.table)


_PLAIN_NEXTVAL = re.compile(r"\(*nextval\(\(*'(?:[^']|'')+'::(?:text\)*::)?(?:regclass|text)\)*(?:::[a-z ]+)?\)*")
"""A default that is the number itself; of ``nextval(…) * 10`` the rows do not tell where the sequence is."""


async def counters(connection: Connection, info: ServerInfo, tables: Collection[Name] | None) -> AsyncIterator[Counter]:
    """Every sequence of the database that columns (of ``tables``, where given) take numbers from; a query for each."""
    rows = [_Use(*row) for row in await connection.fetch(query("counters", info.version[0]))]
    if tables is not None:
        tables = _where_they_are(tables, {use.home for use in rows}, info)
    for _, group in groupby(rows, key=lambda use: use.sequence):
        uses = list(group)
        counter = _without_numbers(uses, info)
        if tables is not None and not counter.tables & set(tables):
            continue
        if info.only_schemas and not {use.home.schema or info.default_schema for use in uses} & set(info.only_schemas):
            continue
        yield counter if counter.left_alone or counter.missing_right else await _counted(connection, uses, counter)


def _where_they_are(tables: Collection[Name], homes: Collection[Name], info: ServerInfo) -> set[Name]:
    """Unqualified tables under the first schema of the search path that has them."""
    found = set(tables)
    for table in tables:
        places = [Name(schema, table.name) for schema in schemas_of(info)]
        place = next((place for place in places if place in homes), None)
        if not table.schema and place is not None and place.schema != info.default_schema:
            found.add(place)
    return found


def _without_numbers(uses: list[_Use], info: ServerInfo) -> Counter:
    def known(name: Name) -> Name:
        return Name("", name.name) if name.schema == info.default_schema else name

    one = uses[0]
    return Counter(
        known(one.sequence),
        tuple(f"{known(use.home)}.{use.column}" for use in uses),
        frozenset(known(use.home) for use in uses),
        start=one.start,
        step=one.step,
        last=one.maximum if one.step > 0 else one.minimum,
        left_alone=_why_left_alone(uses),
        missing_right=_missing_right(uses, info.setting("role")),
    )


def _why_left_alone(uses: list[_Use]) -> str:
    if uses[0].cycles:
        return "it cycles, so that no number is past all others"
    for use in uses:
        if not use.is_number:
            return f"{use.home}.{use.column} is {use.type}"
        if use.default and not _PLAIN_NEXTVAL.fullmatch(use.default):
            return f"{use.home}.{use.column} computes its default: {use.default}"
    return ""


def _missing_right(uses: list[_Use], role: str) -> str:
    """The first right that the role does not have, as the GRANT that gives it."""
    for use in uses:
        sequence, table = qualified(use.sequence), qualified(use.home)
        for there, what in (
            (use.may_enter, f"USAGE ON SCHEMA {quote(use.schema)}"),
            (use.may_read and use.may_set, f"SELECT, UPDATE ON SEQUENCE {sequence}"),
            (use.may_enter_table, f"USAGE ON SCHEMA {quote(use.table_schema)}"),
            (use.may_read_column, f"SELECT ON TABLE {table}"),
        ):
            if not there:
                return f"GRANT {what} TO {quote(role)}"
        if use.sees_some_rows:
            return f"row level security hides rows of {table}: ALTER ROLE {quote(role)} BYPASSRLS, or run it as owner"
    return ""


async def _counted(connection: Connection, uses: list[_Use], counter: Counter) -> Counter:
    one = uses[0]
    furthest, of_all = ("max", "GREATEST") if one.step > 0 else ("min", "LEAST")
    whole = "ceil" if one.step > 0 else "floor"
    # A number out of the sequence's bounds was not given by it, nor ever will be.
    numbers = [
        f"(SELECT {whole}({furthest}({column})::numeric)::bigint FROM {qualified(use.home)}"
        f" WHERE {column} BETWEEN {one.minimum} AND {one.maximum})"
        for use in uses
        for column in [quote(use.column)]
    ]
    sql = f"SELECT last_value, is_called, {of_all}({', '.join(numbers)}) FROM {qualified(one.sequence)}"
    ((last, is_called, used),) = await look(connection, sql)
    return Counter(
        counter.name,
        counter.columns,
        counter.tables,
        next=last + one.step if is_called else last,
        used=used,
        start=one.start,
        step=one.step,
        last=counter.last,
    )


async def set_counter(connection: Connection, info: ServerInfo, counter: Counter) -> bool:
    """Set a sequence to the number that it should give next; whether it was.

    It was not where the sequence moved meanwhile: others are at work, and theirs is the newer number.
    """
    name = Name(counter.name.schema or info.default_schema, counter.name.name)
    value, is_called = counter.wanted, False
    if counter.is_exhausted:
        value, is_called = counter.wanted - counter.step, True
    following = f"last_value::numeric + CASE WHEN is_called THEN {counter.step} ELSE 0 END::numeric"
    if counter.is_ahead:
        unmoved = f"{following} = '{counter.next}'"
    else:
        unmoved = f"{following} {'<' if counter.step > 0 else '>'} '{counter.wanted}'"
    sql = (
        f"SELECT pg_catalog.setval({literal(qualified(name))}::regclass, {value}, {is_called}) "
        f"FROM {qualified(name)} WHERE {unmoved}"
    )
    return bool(await connection.fetch(sql))
