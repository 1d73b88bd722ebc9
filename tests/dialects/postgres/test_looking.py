"""Queries over rows are refused where they could write or leave the database: from what a server answers about them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from pytest_schemadrift.dialects.postgres import looking
from pytest_schemadrift.dialects.postgres.catalog.queries import query
from pytest_schemadrift.dialects.postgres.server_info import DEFAULT_INFO
from pytest_schemadrift.errors import StatementFailed
from tests.harness import run

MAJOR = DEFAULT_INFO.version[0]
SQL = 'SELECT count(*) FROM ONLY "app"."book" WHERE NOT (through("a""b") > lower(\'x\'))'


@dataclass
class Answering:
    """A connection that answers with these rows, and to the query itself with ``answer``."""

    texts: list[tuple[str | None, str | None]] = field(default_factory=list)
    functions: list[tuple[str, ...]] = field(default_factory=list)
    answer: list[tuple[Any, ...]] | StatementFailed = field(default_factory=lambda: [(2,)])
    asked: list[tuple[object, ...]] = field(default_factory=list)
    settings: Mapping[str, str] = field(default_factory=dict)

    @asynccontextmanager
    async def reading(self, settings: Mapping[str, str]) -> AsyncIterator[Answering]:
        self.settings = settings
        yield self

    async def __call__(self, sql: str, *arguments: object) -> list[tuple[Any, ...]]:
        self.asked.append((sql, *arguments))
        if sql == query("reading", MAJOR):
            return list(self.texts)
        if sql == query("functions", MAJOR):
            return list(self.functions)
        if isinstance(self.answer, StatementFailed):
            raise self.answer
        return self.answer


def looked(connection: Answering, sql: str = SQL) -> list[tuple[Any, ...]]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(looking, "wrap", lambda raw: raw)
        return run(looking.look(connection, sql))  # type: ignore[arg-type]


def refused(connection: Answering, sql: str = SQL) -> StatementFailed:
    with pytest.raises(StatementFailed) as caught:
        looked(connection, sql)
    return caught.value


def test_a_query_that_calls_nothing_of_the_users_is_answered() -> None:
    connection = Answering()
    assert looked(connection) == [(2,)]
    assert connection.asked == [
        (query("reading", MAJOR), SQL, ["NOT", "count", "lower", "through"], ['a"b']),
        (SQL,),
    ], "what is called, and which tables are named but for the one that ONLY stands before"
    assert connection.settings == {"jit": "off"}


def test_a_quoted_function_and_a_table_with_a_bare_name_are_asked_for_too() -> None:
    connection = Answering()
    looked(connection, 'SELECT "it$" (1), a FROM ONLY "t" JOIN "T" ON true')
    assert connection.asked[0][2:] == (["it$"], ["T", "it$"])


LEAVING = ("public", "far", "n integer", "integer", "plpgsql", "BEGIN COPY (SELECT 1) TO '/x'; RETURN n; END")
THROUGH = ("public", "through", "n integer", "integer", "sql", "SELECT far(n)")


def test_a_query_that_calls_what_leaves_the_database_is_never_sent() -> None:
    connection = Answering([("through()", None)], [THROUGH, LEAVING])
    error = refused(connection)
    assert error.what.startswith("reading these rows would call function far")
    assert (error.sql, error.hint) == (SQL, "let a role read them that row security does not hold back")
    assert (SQL,) not in connection.asked


def test_what_only_row_security_calls_counts_and_what_leaves_nothing_is_answered() -> None:
    for held in ("(through(id) > 0)", "far()"):
        assert refused(Answering([(held, None)], [THROUGH, LEAVING]), "SELECT count(*) FROM book").what
    assert looked(Answering([("(through(id) > 0)", None)], [THROUGH])) == [(2,)]


def test_the_rows_of_another_server_are_never_asked_for() -> None:
    connection = Answering([(None, "public.there"), (None, "app.far")])
    error = refused(connection)
    assert error.what == "reading these rows would ask another server, for app.far, public.there"
    assert error.hint == "query them yourself: what they depend on over there cannot be seen from here"
    assert (SQL,) not in connection.asked


def test_what_writes_is_told_and_any_other_answer_of_the_server_is_its_own() -> None:
    writes = StatementFailed("cannot execute INSERT in a read-only transaction", sql="x", where="table book")
    error = refused(Answering(answer=writes))
    assert error.what == (
        "reading these rows would write, by a function of row security or of a cast "
        "(cannot execute INSERT in a read-only transaction)"
    )
    assert (error.sql, error.where) == (SQL, "table book")
    assert error.hint == "let a role read them that row security does not hold back"
    other = StatementFailed("division by zero", sql="x")
    assert refused(Answering(answer=other)) is other
