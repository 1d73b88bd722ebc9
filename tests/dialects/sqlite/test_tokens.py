from __future__ import annotations

import pytest

from pytest_schemadrift.dialects.reader import NUMBER, QUOTED, STRING, SYMBOL, WORD
from pytest_schemadrift.dialects.sqlite.names import fold, upper
from pytest_schemadrift.dialects.sqlite.read.tokens import mentioned, tokenize
from pytest_schemadrift.errors import DDLSyntaxError


def pairs(sql: str) -> list[tuple[str, str]]:
    return [(token.kind, token.text) for token in tokenize(sql)]


def test_all_four_kinds_of_quotes_give_names_s12() -> None:
    assert pairs('"a""b" `c``d` [e "f"] \'g\'\'h\'') == [
        (QUOTED, 'a"b'),
        (QUOTED, "c`d"),
        (QUOTED, 'e "f"'),
        (STRING, "'g''h'"),
    ]


def test_comments_do_not_nest_and_need_no_end() -> None:
    assert pairs("a /* /* */ b -- c\n d /* e") == [(WORD, "a"), (WORD, "b"), (WORD, "d")]


def test_a_backslash_ends_no_quote_and_a_dollar_is_part_of_a_name() -> None:
    assert pairs(r"'\' a$b") == [(STRING, r"'\'"), (WORD, "a$b")]


def test_numbers_blobs_and_operators() -> None:
    assert pairs("0x1F 1.5e-3 .5 x'00' X'ff' a||b->>'c' != ==") == [
        (NUMBER, "0x1F"),
        (NUMBER, "1.5e-3"),
        (NUMBER, ".5"),
        (STRING, "x'00'"),
        (STRING, "X'ff'"),
        (WORD, "a"),
        (SYMBOL, "||"),
        (WORD, "b"),
        (SYMBOL, "->>"),
        (STRING, "'c'"),
        (SYMBOL, "!="),
        (SYMBOL, "=="),
    ]


@pytest.mark.parametrize("sql", ["CREATE TABLE 'a", 'CREATE TABLE "a', "CREATE TABLE [a", "CREATE TABLE `a"])
def test_an_open_quote_is_an_error_with_its_line(sql: str) -> None:
    with pytest.raises(DDLSyntaxError) as caught:
        tokenize("\n" + sql)
    assert caught.value.line == 2


def test_only_ascii_letters_have_two_cases() -> None:
    assert fold("ÄB") == "Äb"
    assert upper("straße") == "STRAßE"


def test_mentioned_names() -> None:
    assert mentioned('SELECT "A", b FROM [C d]') == {"select", "a", "b", "from", "c d"}
