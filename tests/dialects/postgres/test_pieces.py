"""What tables and views stand on, as an export is told it: from rows that a server answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from pytest_schemadrift.dialects.base import Pieces, Place
from pytest_schemadrift.dialects.postgres import POSTGRES
from pytest_schemadrift.dialects.postgres.capabilities import major
from pytest_schemadrift.dialects.postgres.catalog.queries import query
from pytest_schemadrift.dialects.postgres.pieces import pieces
from tests.harness import run

INFO = POSTGRES.default_info
Row = tuple[Any, ...]


@dataclass
class Answering:
    """A connection that answers with these rows."""

    types: list[Row] = field(default_factory=list)
    pieces: list[Row] = field(default_factory=list)
    given: list[Row] = field(default_factory=list)
    dialect: str = "postgres"

    async def fetch(self, sql: str, *_: object) -> list[Row]:
        return {
            query("lent_types", major(INFO)): self.types,
            query("pieces", major(INFO)): self.pieces,
            query("given", major(INFO)): self.given,
        }[sql]

    async def execute(self, sql: str) -> None:
        raise AssertionError(sql)

    async def close(self) -> None:
        return None


def found(
    *, types: list[Row] | None = None, pieces_: list[Row] | None = None, given: list[Row] | None = None
) -> Pieces:
    return run(pieces(Answering(types or [], pieces_ or [], given or []), INFO))


def test_a_type_is_made_in_the_default_schema_without_naming_it() -> None:
    here, there = Place("type", "span"), Place("type", "beside.span")
    told = found(
        types=[
            ("public", "span", "TYPE", 'CREATE TYPE public.span AS RANGE (subtype = public."One")', None),
            ("beside", "span", "TYPE", "CREATE TYPE beside.span AS RANGE (subtype = int4)", "canon"),
            ("public", "back", "COLLATION", "CREATE COLLATION public.back (locale = 'C')", ""),
        ]
    )
    assert told.texts == {
        here: 'CREATE TYPE span AS RANGE (subtype = public."One")',
        there: "CREATE TYPE beside.span AS RANGE (subtype = int4)",
        Place("collation", "back"): "CREATE COLLATION back (locale = 'C')",
    }
    assert told.notes == {there: "range type beside.span: its canonical function canon is written in C and is left out"}
    assert told.before == (), "no body of a function is to be let pass"


def test_functions_have_a_text_what_is_of_another_kind_is_missing_and_each_needs_what_its_rows_say() -> None:
    told = found(
        pieces_=[
            ("function", "public", "f(integer)", "CREATE OR REPLACE FUNCTION public.f(integer) …", None, None, None),
            (
                "relation",
                "public",
                "v",
                "",
                ["function", "relation", "other"],
                ["public", "beside", ""],
                ["f(integer)", "t", "cast"],
            ),
            ("relation", "beside", "t", "", None, None, None),
            ("other", "", "cast", "", None, None, None),
        ]
    )
    f, v, t = Place("function", "f(integer)"), Place("relation", "v"), Place("relation", "beside.t")
    cast = Place("other", "cast")
    assert told.texts == {f: "CREATE OR REPLACE FUNCTION f(integer) …"}
    assert told.needs == {f: (), v: (f, t, cast), t: (), cast: ()}
    assert told.schemas == {f: "", v: "", t: "beside", cast: ""}
    assert told.missing == {cast}
    assert told.before == ("SET check_function_bodies = off",)


def test_what_was_given_is_written_without_the_default_schema_and_a_comment_is_quoted() -> None:
    told = found(
        given=[
            ("relation", "public", "t", "COMMENT ON TABLE ", "public", "t", "it's"),
            ("relation", "Beside", "t", "ALTER TABLE ", "Beside", "t DISABLE TRIGGER a", None),
            ("schema", "", "Beside", "COMMENT ON SCHEMA ", "", '"Beside"', ""),
        ]
    )
    assert list(told.given) == [
        (Place("relation", "t"), "COMMENT ON TABLE t IS 'it''s'"),
        (Place("relation", "Beside.t"), 'ALTER TABLE "Beside".t DISABLE TRIGGER a'),
        (Place("schema", "Beside"), "COMMENT ON SCHEMA \"Beside\" IS ''"),
    ]
