"""The lexical rules of each dialect: of tokens with anything between them come those tokens."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_schemadrift.dialects import get_dialect
from pytest_schemadrift.dialects.reader import NUMBER, QUOTED, STRING, SYMBOL, WORD
from pytest_schemadrift.errors import DDLSyntaxError

DIALECTS = ("postgres", "mysql", "sqlite")
COMMON = [
    *((WORD, text, text) for text in ("a", "_b1", "größe", "c$d", "E", "x", "n")),
    *((NUMBER, text, text) for text in ("0", "12", "1.5", ".5", "2.", "1e5", "1.5E-3")),
    *((STRING, text, text) for text in ("''", "'it''s'", "'-- /* \"'", "x'1F'")),
    *(
        (SYMBOL, text, text)
        for text in ("(", ")", ",", ".", ";", "=", "<=", "<>", "->>", "||", "<<", "-", "+", "*", "/")
    ),
    (QUOTED, "`a b`", "a b"),
]
TOKENS = {
    "postgres": [
        *COMMON[:-1],
        (QUOTED, '"a""b -- \'"', "a\"b -- '"),
        (QUOTED, 'U&"d\\0061t\\+000061"', "data"),
        *((STRING, text, text) for text in (r"'a\'", r"E'it\'s'", r"e'\\'", "U&'\\0061'", "B'01'", "$$it's$$")),
        *((STRING, text, text) for text in ("$t$ $$ ' $t1$ $t$", "$größe$\n$größe$", "N'a'")),
        *((NUMBER, text, text) for text in ("1_000", "0x1F", "0o17", "0B1_1")),
        *((SYMBOL, text, text) for text in ("::", ":=", "$1", "@>", "!~~*", "@-", "?|", "<->", "=>", "[", ":", "]")),
    ],
    "mysql": [
        *COMMON,
        (QUOTED, "`c``d`", "c`d"),
        *((WORD, text, text) for text in ("1st", "0x1G", "$a", "_utf8mb4")),
        *((STRING, text, text) for text in (r"'it\'s'", r"'\\'", '"a""b"', r'"\" # "', "N'a'", "b'01'")),
        *((NUMBER, text, text) for text in ("0x1F", "0b11")),
        *((SYMBOL, text, text) for text in ("<=>", "&&", ":=", "->", "@", "@@", "!=", ">>")),
    ],
    "sqlite": [
        *COMMON,
        (QUOTED, '"a""b"', 'a"b'),
        (QUOTED, "[c `d]", "c `d"),
        *((STRING, text, text) for text in (r"'\'",)),
        *((NUMBER, text, text) for text in ("0x1F", "1_000")),
        *((SYMBOL, text, text) for text in ("->", "==", "!=", ">>", "?")),
    ],
}
"""The kind of a token, how it is written, and its text."""

SPACE = [" ", "\n", "\t ", " /* it's \" */ ", "/**/", "/* ; */\n", " -- it's; /* \n"]
SPACES = {"postgres": [*SPACE, "/* a /* b */ ' */"], "mysql": [*SPACE, "# it's\n"], "sqlite": [*SPACE, "/* a /* b */"]}
PIECES = st.sampled_from([*"""'"`[]$/*-#.\\:@|~+1eExbU&a_ö """, "/*", "*/", "--", "''", "$a$", "E'", "\n", "0x1", "U&"])


SCRIPTS = {
    dialect: st.lists(st.tuples(st.sampled_from(SPACES[dialect]), st.sampled_from(TOKENS[dialect])), max_size=12)
    for dialect in DIALECTS
}


@pytest.mark.parametrize("dialect", DIALECTS)
@given(data=st.data())
def test_whatever_is_between_tokens_they_are_read(dialect: str, data: st.DataObject) -> None:
    sql, wanted = "", []
    for space, (kind, written, text) in data.draw(SCRIPTS[dialect]):
        start = len(sql) + len(space)
        sql += space + written
        wanted.append((kind, text, start, len(sql), "" if kind in (QUOTED, STRING) else text.upper()))
    assert [tuple(token) for token in get_dialect(dialect).tokenize(sql)] == wanted


@pytest.mark.parametrize("dialect", DIALECTS)
@given(pieces=st.lists(PIECES))
def test_every_text_is_refused_or_the_same_with_spaces_between(dialect: str, pieces: list[str]) -> None:
    tokenize, sql = get_dialect(dialect).tokenize, "".join(pieces)
    try:
        tokens = tokenize(sql)
    except DDLSyntaxError:
        return
    apart = " ".join(sql[token.start : token.end] for token in tokens)
    assert [(token.kind, token.text) for token in tokenize(apart)] == [(token.kind, token.text) for token in tokens]


@pytest.mark.parametrize(
    ("dialect", "sql", "wanted"),
    [
        ("postgres", "a=-1", "a = - 1"),  # only an operator with ~!@#%^&|`? in it ends in + or -
        ("postgres", "a@-1", "a @- 1"),
        ("postgres", "a*--b\n-c", "a * - c"),
        ("postgres", "a</* b */>c", "a < > c"),
        ("postgres", "a::b[1:2]", "a :: b [ 1 : 2 ]"),
        ("postgres", "a$$b", "a$$b"),
        ("postgres", "123e", "123 e"),
        ("mysql", "a--1", "a - - 1"),  # a comment needs a space there
        ("mysql", "`a`.1b", "a . 1b"),
        ("mysql", "a.1", "a . 1"),
        ("mysql", "_utf8mb4'a'@@b", "_utf8mb4 'a' @@ b"),
        ("sqlite", "a--1", "a"),
    ],
)
def test_tokens_without_a_space_between_them(dialect: str, sql: str, wanted: str) -> None:
    assert " ".join(token.text for token in get_dialect(dialect).tokenize(sql)) == wanted


@pytest.mark.parametrize(
    ("dialect", "opened"),
    [
        *(("postgres", opened) for opened in ("'a", '"a', r"E'a\'", "$a$ $b$", "/* /* */", "U&'a", 'U&"a')),
        *(("mysql", opened) for opened in (r"'a\'", '"a', "`a", "/* a", "x'1")),
        *(("sqlite", opened) for opened in ("'a", '"a', "`a", "[a", "x'1")),
    ],
)
def test_what_is_not_closed_is_an_error_with_its_line(dialect: str, opened: str) -> None:
    with pytest.raises(DDLSyntaxError, match="not closed") as caught:
        get_dialect(dialect).tokenize("a\n" + opened)
    assert caught.value.line == 2
