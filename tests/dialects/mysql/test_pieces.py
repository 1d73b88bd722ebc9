"""What views and triggers call and the mode of each body, as an export is told it: from rows that a server answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from pytest_schemadrift.dialects.base import Pieces, Place
from pytest_schemadrift.dialects.mysql import MYSQL
from pytest_schemadrift.dialects.mysql.catalog.queries import query
from pytest_schemadrift.dialects.mysql.pieces import pieces
from pytest_schemadrift.errors import StatementFailed
from tests.harness import run

USUAL, OTHER = "STRICT_TRANS_TABLES", "ANSI_QUOTES,PIPES_AS_CONCAT"
F, G, H, P = Place("function", "F"), Place("function", "g"), Place("function", "h"), Place("procedure", "p")
V, T = Place("relation", "v"), Place("relation", "t")


@dataclass
class Answering:
    """A connection that answers with these rows; a routine that is not among ``made`` may not be looked at."""

    callers: list[tuple[str, str, str | None]]
    made: dict[str, tuple[str | None, str]] = field(default_factory=dict)
    triggers: list[tuple[str, str]] = field(default_factory=list)
    dialect: str = "mysql"

    async def fetch(self, sql: str, *_: object) -> list[tuple[Any, ...]]:
        answers: dict[str, list[tuple[Any, ...]]] = {
            query("callers"): list(self.callers),
            query("trigger_modes"): list(self.triggers),
            "SELECT @@GLOBAL.sql_mode": [(USUAL,)],
        }
        if sql in answers:
            return answers[sql]
        if sql not in self.made:
            raise StatementFailed(f"no right to {sql}", sql=sql)
        text, mode = self.made[sql]
        return [("name", mode, text, "utf8mb4", "utf8mb4_0900_ai_ci", "utf8mb4_0900_ai_ci")]

    async def execute(self, sql: str) -> None:
        raise AssertionError(sql)

    async def close(self) -> None:
        return None


def found(connection: Answering) -> Pieces:
    return run(pieces(connection, MYSQL.default_info))


def test_what_a_view_calls_is_needed_before_it_at_any_depth_and_what_nothing_calls_is_left_out() -> None:
    connection = Answering(
        [
            ("function", "F", "RETURN `G`(1)"),
            ("function", "g", "RETURN 1"),
            ("function", "h", "RETURN F(1)"),
            ("procedure", "g", "SELECT 1"),
            ("view", "v", "select `f`(`t`.`a`) AS `f` from `t`"),
        ],
        {
            "SHOW CREATE FUNCTION `F`": (
                "CREATE DEFINER=`root`@`localhost` FUNCTION `F`() RETURNS int RETURN g(1)",
                USUAL,
            ),
            "SHOW CREATE FUNCTION `g`": ("CREATE FUNCTION `g`() RETURNS int RETURN 1", USUAL),
            "SHOW CREATE PROCEDURE `g`": ("CREATE DEFINER=root PROCEDURE `g`() SELECT 1", OTHER),
        },
    )
    both = Place("procedure", "g")
    made = found(connection)
    assert made.texts == {
        F: "CREATE FUNCTION `F`() RETURNS int RETURN g(1)",
        G: "CREATE FUNCTION `g`() RETURNS int RETURN 1",
        both: "CREATE PROCEDURE `g`() SELECT 1",
    }, "h is called by nothing that is exported; no definer comes along"
    assert made.needs[V] == (F,)
    assert sorted(made.needs[F]) == sorted([G, both]), "a name may be that of a function and of a procedure"
    assert made.needs[H] == (F,)
    assert made.missing == frozenset()


def test_a_routine_that_calls_itself_needs_only_the_others() -> None:
    connection = Answering(
        [("procedure", "p", "BEGIN CALL p(); SELECT g(); END"), ("function", "g", None), ("trigger", "t", "CALL p()")],
        {
            "SHOW CREATE PROCEDURE `p`": ("CREATE PROCEDURE `p`() BEGIN END", USUAL),
            "SHOW CREATE FUNCTION `g`": ("CREATE FUNCTION `g`() RETURNS int RETURN 1", USUAL),
        },
    )
    made = found(connection)
    assert made.needs == {P: (G,), G: (), T: (P,)}
    assert sorted(made.texts) == [G, P]


def test_two_triggers_of_a_table_need_what_either_calls() -> None:
    connection = Answering(
        [
            ("function", "g", ""),
            ("function", "h", ""),
            ("trigger", "t", "SET NEW.a = g()"),
            ("trigger", "t", "SET @x = h()"),
        ],
        {
            f"SHOW CREATE FUNCTION `{name}`": (f"CREATE FUNCTION `{name}`() RETURNS int RETURN 1", USUAL)
            for name in "gh"
        },
    )
    assert found(connection).needs[T] == (G, H)


@pytest.mark.parametrize("made", [{}, {"SHOW CREATE FUNCTION `g`": (None, USUAL)}], ids=["refused", "without its text"])
def test_what_the_role_may_not_see_is_missing_for_a_view_and_only_left_out_of_a_body(
    made: dict[str, tuple[str | None, str]],
) -> None:
    """A body is not read before it runs; a view is refused without its function."""
    callers: list[tuple[str, str, str | None]] = [
        ("function", "g", None),
        ("trigger", "t", "SET NEW.a = g()"),
        ("view", "v", "select `g`()"),
    ]
    told = found(Answering(callers, made))
    assert (told.texts, told.missing) == ({}, {G})
    assert told.needs == {G: (), T: (), V: (G,)}


def test_without_a_routine_nothing_is_needed() -> None:
    told = found(Answering([("view", "v", "select g()"), ("trigger", "t", "SET NEW.a = g()")]))
    assert (told.texts, told.needs, told.missing) == ({}, {}, frozenset())


def test_a_comment_and_a_literal_call_nothing_and_a_text_of_another_mode_calls_each_word_in_it() -> None:
    callers: list[tuple[str, str, str | None]] = [("function", "g", ""), ("view", "v", "select 'g()' /* g() */")]
    assert found(Answering(callers)).needs[V] == ()
    callers[1] = ("view", "v", "select /*!50000 g() */ 1")
    assert found(Answering(callers)).needs[V] == (G,), "the server reads that comment"
    callers[1] = ("view", "v", "select 'not closed, g()")
    assert found(Answering(callers)).needs[V] == (G,)


def test_each_body_is_written_under_the_mode_that_it_has_and_triggers_in_their_turns() -> None:
    first, second = Place("trigger", "b_first"), Place("trigger", "a_second")
    told = found(
        Answering(
            [("function", "g", ""), ("view", "v", "select g()")],
            {"SHOW CREATE FUNCTION `g`": ("CREATE FUNCTION `g`() RETURNS int RETURN 1", OTHER)},
            [("b_first", OTHER), ("a_second", USUAL)],
        )
    )
    under = (f"SET @sql_mode_before = @@sql_mode, sql_mode = '{OTHER}'", "SET sql_mode = @sql_mode_before")
    usual = ("SET @sql_mode_before = @@sql_mode, sql_mode = DEFAULT", "SET sql_mode = @sql_mode_before")
    assert told.around == {first: under, G: under}
    assert told.around_if_set == {second: usual}
    assert list(told.turns) == [first, second], "the order in which they run"
    assert told.around_own_words == ("SET foreign_key_checks = 0", "SET foreign_key_checks = DEFAULT")
    assert told.around_keys == (
        "SET restrict_fk_on_non_standard_key = OFF",
        "SET restrict_fk_on_non_standard_key = DEFAULT",
    )
