"""A table is adopted only where a second reading finds both sides equal; without a server, whose answers are given."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from pytest_schemadrift.dialects import get_dialect
from pytest_schemadrift.errors import StatementFailed
from pytest_schemadrift.planning.policy import Policy
from pytest_schemadrift.schema.model import Schema
from pytest_schemadrift.sources.ddl import parse_sql
from pytest_schemadrift.verify import respell as module

TABLE = "CREATE TABLE t (a int, CONSTRAINT k CHECK ({}))"
LIVE, WANTED = (parse_sql(TABLE.format(text), "postgres") for text in ("a > 0", "a >= 1"))


class Readings:
    """Stands for the scratch database: the schema that it shows for each script, in the order of the questions."""

    def __init__(self, *answers: Schema | Exception) -> None:
        self.answers = list(answers)
        self.asked = 0

    async def __call__(self, server: object, statements: list[str]) -> Schema:
        self.asked += 1
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def respelled(monkeypatch: pytest.MonkeyPatch, old: Schema, new: Schema, readings: Readings) -> Schema:
    monkeypatch.setattr(module, "read_back", readings)
    dialect = get_dialect("postgres")
    server: Any = SimpleNamespace(dialect=dialect, info=dialect.default_info)
    return asyncio.run(module.respell(server, old, new, Policy(whole=True)))


def test_what_reads_the_same_the_second_time_is_the_live_one(monkeypatch: pytest.MonkeyPatch) -> None:
    assert respelled(monkeypatch, LIVE, WANTED, Readings(LIVE, LIVE)) == LIVE


def test_what_still_differs_keeps_the_first_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    assert respelled(monkeypatch, LIVE, WANTED, Readings(LIVE, WANTED)) == WANTED


def test_one_table_is_adopted_and_the_other_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    more = TABLE.replace("t (", "u (")
    live, wanted = (parse_sql(f"{TABLE.format(text)}; {more.format(text)}", "postgres") for text in ("a > 0", "a >= 1"))
    half = replace(live, tables=(live.tables[0], wanted.tables[1]))
    assert respelled(monkeypatch, live, wanted, Readings(live, half)).tables == (live.tables[0], wanted.tables[1])


def test_a_difference_of_other_things_than_expressions_is_not_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = parse_sql(TABLE.replace("a int", "a bigint").format("a > 0"), "postgres")
    readings = Readings()
    assert respelled(monkeypatch, LIVE, wanted, readings) == wanted
    assert readings.asked == 0


def test_what_cannot_be_read_again_keeps_the_first_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    assert respelled(monkeypatch, LIVE, WANTED, Readings(StatementFailed("no such function"))) == WANTED
