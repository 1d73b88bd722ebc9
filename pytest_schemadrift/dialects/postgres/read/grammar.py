"""The grammar of expressions: the tokens of one to its tree."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from decimal import Decimal, InvalidOperation
from functools import lru_cache

from pytest_schemadrift.dialects.postgres.names import fold, lower, quote_needed, string_value, words
from pytest_schemadrift.dialects.postgres.read.tokens import tokenize
from pytest_schemadrift.dialects.postgres.read.tree import COMPARISONS, Node
from pytest_schemadrift.dialects.postgres.read.types import INTERVAL_FIELDS, read_type
from pytest_schemadrift.dialects.reader import NUMBER, QUOTED, STRING, SYMBOL, WORD, Token, TokenStream
from pytest_schemadrift.errors import DDLSyntaxError


class _NotUnderstood(Exception):
    """The reader met a form that it has no tree for."""


@lru_cache(maxsize=4096)
def read(sql: str, default_schema: str) -> Node | None:
    """The tree of an expression, ``None`` where a form in it is not understood."""
    plain = plain_value(sql)
    if plain is not None:
        return plain
    reader = _Reader(sql, default_schema)
    try:
        tree = reader.expression(0)
    except (_NotUnderstood, DDLSyntaxError, IndexError):
        return None
    return tree if reader.done else None


_PLAIN = re.compile(
    r"(?P<number>[0-9]+(?:\.[0-9]+)?)|(?P<word>true|false|CURRENT_TIMESTAMP)|(?P<call>now)\(\)"
    r"|'(?P<text>[^'\\]*)'(?:::(?P<type>character varying|text|jsonb?|uuid|date|numeric|integer|bigint|smallint"
    r"|boolean))?"
)


def plain_value(sql: str) -> Node | None:
    """The tree of a number, a word or a text as the server prints them, which most defaults are; ``None`` of all else.

    It is that of ``read``, without tokens.
    """
    found = _PLAIN.fullmatch(sql)
    if found is None:
        return None
    if found["number"]:
        return number_node(found["number"])
    if found["word"]:
        return Node("word", found["word"].lower())
    if found["call"]:
        return Node("call", found["call"])
    text = Node("string", found["text"])
    return Node("cast", found["type"], (text,)) if found["type"] else text


_OR, _AND, _NOT, _IS, _COMPARE, _RANGE, _OTHER, _SUM, _PRODUCT, _POWER, _AT, _COLLATE, _UNARY, _POSTFIX = range(1, 15)
"""Binding powers, weakest first (chapter "Operator Precedence" of the documentation, since 9.5)."""

_OPERATOR_LETTERS = frozenset("+-*/<>=~!@#%^&|`?")
_WORDS = words(
    """
    true false null current_timestamp current_date current_time localtime localtimestamp current_user session_user
    user current_role current_schema current_catalog
    """
)
"""Words that are values; with a precision in parentheses they are calls."""
_QUOTED_CALLS = {
    f'"{name}"': name
    for name in words("overlay position substring normalize overlaps current_user session_user current_schema")
}
"""Functions whose names are keywords, so that the server prints them in quotes."""
_FORMS = ("NFC", "NFD", "NFKC", "NFKD")
_TRIMS = {"BOTH": "btrim", "LEADING": "ltrim", "TRAILING": "rtrim"}
_SPECIAL_CALLS = words(
    """
    overlay position substring trim extract exists select grouping xmlelement normalize json json_object json_array
    json_value json_query json_exists xmlparse xmlserialize
    """
)
"""Functions whose arguments may be written with words between them."""


class _Reader(TokenStream):
    """A precedence climber over the tokens of one expression."""

    def __init__(self, sql: str, default_schema: str) -> None:
        super().__init__(sql, tokenize(sql))
        self.default_schema = default_schema

    def expression(self, power: int) -> Node:
        left = self.prefix()
        while (found := self.infix(left, power)) is not None:
            left = found
        return left

    def prefix(self) -> Node:
        if self.accept("NOT"):
            return Node("operator", "not", (self.expression(_NOT),))
        operator = self.operator()
        if operator in ("+", "-"):
            operand = self.expression(_UNARY)
            if operator == "-" and operand.kind == "number" and not operand.text.startswith("-"):
                return Node("number", "-" + operand.text)
            return operand if operator == "+" else Node("operator", "-", (operand,))
        if operator:
            return Node("operator", operator, (self.expression(_OTHER),))
        return self.primary()

    def operator(self) -> str:
        """Read one operator, if one comes next."""
        token = self.peek()
        if token is None or token.kind != SYMBOL or token.text[0] not in _OPERATOR_LETTERS:
            return ""
        self.position += 1
        return "<>" if token.text == "!=" else token.text

    def primary(self) -> Node:
        token = self.next()
        if token.upper == "(":
            return self.parenthesised()
        if token.kind == STRING:
            return self.string(token)
        if token.kind == NUMBER:
            return number_node(token.text.replace("_", ""))
        if token.kind not in (WORD, QUOTED):
            raise _NotUnderstood(token.text)
        if token.kind == WORD:
            special = self.special(token)
            if special is not None:
                return special
        return self.name_or_call(token)

    def parenthesised(self) -> Node:
        if self.at("SELECT") or self.at("WITH"):
            raise _NotUnderstood("subquery")
        parts = [self.expression(0)]
        while self.accept(","):
            parts.append(self.expression(0))
        self.expect(")")
        return parts[0] if len(parts) == 1 else Node("row", "", tuple(parts))

    @staticmethod
    def string(token: Token) -> Node:
        if token.text[0] in "bB":
            return Node("cast", '"bit"', (Node("string", token.text[2:-1]),))
        if token.text[0] in "xX":
            bits = "".join(f"{int(digit, 16):04b}" for digit in token.text[2:-1])
            return Node("cast", '"bit"', (Node("string", bits),))
        return Node("string", string_value(token.text))

    def special(self, token: Token) -> Node | None:
        """Forms that begin with a word of their own; ``None`` where the word is a name."""
        word = token.upper
        if word == "CASE":
            return self.case()
        if word == "CAST" and self.accept("("):
            inner = self.expression(0)
            self.expect("AS")
            cast = Node("cast", read_type(self, self.default_schema), (inner,))
            self.expect(")")
            return cast
        if word == "ARRAY" and self.accept("["):
            return Node("array", "", tuple(self.listed("]")))
        if word == "ROW" and self.accept("("):
            return Node("row", "", tuple(self.listed(")")))
        if word == "EXTRACT" and self.at("("):
            return self.extract()
        if word == "COLLATION" and self.accept("FOR", "("):
            return Node("call", "pg_collation_for", (self.expression(0), *self.rest()))
        if word in _STANDARD_CALLS and self.accept("("):
            return _STANDARD_CALLS[word](self)
        value = lower(token.text)
        if value in _WORDS and not self.at("(") and not self.at("."):
            return Node("word", value)
        return self.typed_literal()

    def typed_literal(self) -> Node | None:
        """``interval '1 day'``, ``double precision '1'``: a type and a string right after it."""
        second, third = self.peek(), self.peek(1)
        double = second is not None and second.upper == "PRECISION" and third is not None and third.kind == STRING
        if not double and (second is None or second.kind != STRING):
            return None
        self.position -= 1
        kind = read_type(self, self.default_schema)
        text = string_value(self.next().text)
        following = self.peek()
        if following is not None and following.upper in INTERVAL_FIELDS:
            raise _NotUnderstood("interval with fields")
        return Node("cast", kind, (Node("string", text),))

    def extract(self) -> Node:
        self.expect("(")
        field = self.next()
        self.expect("FROM")
        value = self.expression(0)
        self.expect(")")
        name = string_value(field.text) if field.kind == STRING else field.text
        return Node("other", "extract(" + lower(name) + " {})", (value,))

    def trim(self) -> Node:
        """``TRIM(BOTH 'x' FROM a)``, ``TRIM(a)``, ``TRIM(a, 'x')``."""
        name = _TRIMS[self.accept_any(*_TRIMS) or "BOTH"]
        characters: tuple[Node, ...] = () if self.at("FROM") else (self.expression(0),)
        if not self.accept("FROM"):
            return Node("call", name, (*characters, *self.rest()))
        value = self.expression(0)
        self.expect(")")
        return Node("call", name, (value, *characters))

    def substring(self) -> Node:
        """``SUBSTRING(a FROM 1 FOR 2)``, ``SUBSTRING(a SIMILAR 'x' ESCAPE '#')``, ``SUBSTRING(a, 1, 2)``."""
        parts = [self.expression(0)]
        if self.at("FOR"):
            parts.append(Node("number", "1"))
        for word in ("FROM", "SIMILAR", "FOR", "ESCAPE"):
            if self.accept(word):
                parts.append(self.expression(0))
        return Node("call", "substring", (*parts, *self.rest()))

    def position_of(self) -> Node:
        """``POSITION('x' IN a)``, whose function takes the text first."""
        searched = self.expression(_RANGE)
        if not self.accept("IN"):
            raise _NotUnderstood("position")
        value = self.expression(_RANGE)
        self.expect(")")
        return Node("call", "position", (value, searched))

    def overlay(self) -> Node:
        """``OVERLAY(a PLACING 'x' FROM 1 FOR 2)``, ``OVERLAY(a, 'x', 1, 2)``."""
        parts = [self.expression(0)]
        for word in ("PLACING", "FROM", "FOR"):
            if self.accept(word):
                parts.append(self.expression(0))
        return Node("call", "overlay", (*parts, *self.rest()))

    def normalized(self) -> Node:
        """``NORMALIZE(a, NFD)``, ``NORMALIZE(a)``."""
        value = self.expression(0)
        form = self.accept(",") and self.accept_any(*_FORMS)
        self.expect(")")
        return Node("call", "normalize", (value, Node("string", form or "NFC")))

    def overlapping(self, left: Node) -> Node:
        """``(a, b) OVERLAPS (x, y)``, a function of four."""
        right = self.primary()
        if any(side.kind != "row" or len(side.parts) != len("ab") for side in (left, right)):
            raise _NotUnderstood("overlaps")
        return Node("call", "overlaps", (*left.parts, *right.parts))

    def rest(self) -> Iterator[Node]:
        """The arguments that follow one, and the parenthesis behind them."""
        while self.accept(","):
            yield self.expression(0)
        self.expect(")")

    def listed(self, end: str) -> Iterator[Node]:
        if self.accept(end):
            return
        while True:
            yield self.expression(0)
            if self.accept(end):
                return
            self.expect(",")

    def arguments(self) -> list[Node]:
        """The arguments of a call; ``VARIADIC ARRAY[a, b]`` is ``a, b`` (documentation, 36.5.6)."""
        if self.accept(")"):
            return []
        found: list[Node] = []
        while True:
            spread = self.accept("VARIADIC")
            argument = self.expression(0)
            if spread and argument.kind != "array":
                raise _NotUnderstood("variadic")
            found += argument.parts if spread else (argument,)
            if self.accept(")"):
                return found
            self.expect(",")

    def case(self) -> Node:
        template, parts = "case", []
        if not self.at("WHEN"):
            template += " {}"
            parts.append(self.expression(0))
        while self.accept("WHEN"):
            parts.append(self.expression(0))
            self.expect("THEN")
            parts.append(self.expression(0))
            template += " when {} then {}"
        # No ELSE is ELSE NULL, and so the server prints it.
        parts.append(self.expression(0) if self.accept("ELSE") else Node("word", "null"))
        self.expect("END")
        return Node("other", template + " else {} end", tuple(parts))

    def name_or_call(self, token: Token) -> Node:
        names = [_shown(token)]
        while self.accept("."):
            if self.at("*"):
                raise _NotUnderstood("*")
            names.append(_shown(self.next()))
        if not self.at("("):
            return Node("name", ".".join(names))
        if names[0] in _SPECIAL_CALLS:
            raise _NotUnderstood(names[0])
        self.expect("(")
        if len(names) == 2 and names[0] == "pg_catalog":
            names = names[1:]  # searched first unless the search path names it, and then a function is ours to qualify
        name = ".".join(names)
        call = Node("call", _QUOTED_CALLS.get(name, name), tuple(self.arguments()))
        if self.at("FILTER") or self.at("OVER") or self.at("WITHIN"):
            raise _NotUnderstood("aggregate")
        return call

    def infix(self, left: Node, power: int) -> Node | None:
        """``left`` with the operator that follows and its right side, ``None`` where it binds less than ``power``."""
        if self.at("::"):
            self.position += 1
            return Node("cast", read_type(self, self.default_schema), (left,))
        if self.accept("["):
            index = self.expression(0)
            self.expect("]")
            return Node("other", "{} [{}]", (left, index))
        for phrase, strength, build in _INFIX_WORDS:
            if self.at(*phrase):
                if strength <= power:
                    return None
                self.position += len(phrase)
                return build(self, left)
        return self.infix_operator(left, power)

    def infix_operator(self, left: Node, power: int) -> Node | None:
        start = self.position
        operator = self.operator()
        strength = _strength(operator)
        if not operator or strength <= power:
            self.position = start
            return None
        some = self.accept_any("ANY", "SOME", "ALL")
        if some:
            self.expect("(")
            if self.at("SELECT"):
                raise _NotUnderstood("subquery")
            right = self.expression(0)
            self.expect(")")
            return Node("operator", f"{operator} {'all' if some == 'ALL' else 'any'}", (left, right))
        return Node("operator", operator, (left, self.expression(strength)))

    def between(self, left: Node, negated: bool) -> Node:
        if self.accept("SYMMETRIC"):
            raise _NotUnderstood("symmetric")
        low = self.expression(_RANGE)
        self.expect("AND")
        high = self.expression(_RANGE)
        if negated:
            return Node("or", "", (_compare("<", left, low), _compare(">", left, high)))
        return Node("and", "", (_compare(">=", left, low), _compare("<=", left, high)))

    def within(self, left: Node, negated: bool) -> Node:
        self.expect("(")
        if self.at("SELECT"):
            raise _NotUnderstood("subquery")
        members = tuple(self.listed(")"))
        if len(members) == 1:
            return _compare("<>" if negated else "=", left, members[0])
        return _compare("<> all" if negated else "= any", left, Node("array", "", members))

    def matching(self, left: Node, operator: str) -> Node:
        right = self.expression(_RANGE)
        if self.at("ESCAPE"):
            raise _NotUnderstood("escape")
        return Node("operator", operator, (left, right))

    def distinct(self, left: Node, words: str) -> Node:
        return Node("operator", words, (left, self.expression(_IS)))

    def collated(self, left: Node) -> Node:
        parts = [fold(self.next())]
        while self.accept("."):
            parts.append(fold(self.next()))
        return Node("other", "{} collate " + quote_needed(parts[-1]), (left,))


def _shown(token: Token) -> str:
    """A name as the server prints it; a bare word is no quoted one, even where it is a keyword (``coalesce``)."""
    return quote_needed(fold(token)) if token.kind == QUOTED else fold(token)


def _compare(operator: str, left: Node, right: Node) -> Node:
    return Node("operator", operator, (left, right))


def _strength(operator: str) -> int:
    if operator in COMPARISONS:
        return _COMPARE
    return {"+": _SUM, "-": _SUM, "*": _PRODUCT, "/": _PRODUCT, "%": _PRODUCT, "^": _POWER}.get(operator, _OTHER)


def _joined(kind: str, strength: int) -> Callable[[_Reader, Node], Node]:
    return lambda reader, left: Node(kind, "", (left, reader.expression(strength)))


def _tested(words: str) -> Callable[[_Reader, Node], Node]:
    return lambda reader, left: Node("other", "{} " + words, (left,))


def _is_normalized(form: str) -> Callable[[_Reader, Node], Node]:
    return lambda reader, left: Node("call", "is_normalized", (left, Node("string", form)))


def _not(build: Callable[[_Reader, Node], Node]) -> Callable[[_Reader, Node], Node]:
    return lambda reader, left: Node("operator", "not", (build(reader, left),))


_INFIX_WORDS: list[tuple[tuple[str, ...], int, Callable[[_Reader, Node], Node]]] = [
    (("OR",), _OR, _joined("or", _OR)),
    (("AND",), _AND, _joined("and", _AND)),
    (("IS", "NOT", "NULL"), _IS, _tested("is not null")),
    (("IS", "NULL"), _IS, _tested("is null")),
    (("NOTNULL",), _IS, _tested("is not null")),
    (("ISNULL",), _IS, _tested("is null")),
    (("IS", "NOT", "TRUE"), _IS, _tested("is not true")),
    (("IS", "TRUE"), _IS, _tested("is true")),
    (("IS", "NOT", "FALSE"), _IS, _tested("is not false")),
    (("IS", "FALSE"), _IS, _tested("is false")),
    (("IS", "NOT", "DISTINCT", "FROM"), _IS, lambda reader, left: reader.distinct(left, "is not distinct from")),
    (("IS", "DISTINCT", "FROM"), _IS, lambda reader, left: reader.distinct(left, "is distinct from")),
    (("IS", "NORMALIZED"), _IS, _is_normalized("NFC")),
    (("IS", "NOT", "NORMALIZED"), _IS, _not(_is_normalized("NFC"))),
    *((("IS", form, "NORMALIZED"), _IS, _is_normalized(form)) for form in _FORMS),
    *((("IS", "NOT", form, "NORMALIZED"), _IS, _not(_is_normalized(form))) for form in _FORMS),
    (("OVERLAPS",), _RANGE, lambda reader, left: reader.overlapping(left)),
    (("NOT", "BETWEEN"), _RANGE, lambda reader, left: reader.between(left, True)),
    (("BETWEEN",), _RANGE, lambda reader, left: reader.between(left, False)),
    (("NOT", "IN"), _RANGE, lambda reader, left: reader.within(left, True)),
    (("IN",), _RANGE, lambda reader, left: reader.within(left, False)),
    (("NOT", "LIKE"), _RANGE, lambda reader, left: reader.matching(left, "!~~")),
    (("LIKE",), _RANGE, lambda reader, left: reader.matching(left, "~~")),
    (("NOT", "ILIKE"), _RANGE, lambda reader, left: reader.matching(left, "!~~*")),
    (("ILIKE",), _RANGE, lambda reader, left: reader.matching(left, "~~*")),
    (
        ("AT", "TIME", "ZONE"),
        _AT,
        lambda reader, left: Node("call", "timezone", (reader.expression(_AT), left)),
    ),
    (("COLLATE",), _COLLATE, lambda reader, left: reader.collated(left)),
]


_STANDARD_CALLS: dict[str, Callable[[_Reader], Node]] = {
    "TRIM": _Reader.trim,
    "SUBSTRING": _Reader.substring,
    "POSITION": _Reader.position_of,
    "OVERLAY": _Reader.overlay,
    "NORMALIZE": _Reader.normalized,
}
"""Functions in the words of the standard: those of ``pg_catalog`` that are called with commas, too, and were printed so
before 14 (chapter "String Functions and Operators" of the documentation)."""


def number_node(text: str) -> Node:
    """A numeric constant; one with an exponent has the type numeric, whatever its value (``1e3``)."""
    plain = text.lower()
    if plain.startswith(("0x", "0o", "0b")):
        return Node("number", str(int(plain, 0)))
    try:
        value = Decimal(plain)
    except InvalidOperation:
        raise _NotUnderstood(text) from None
    shown = format(value, "f")
    whole = "e" in plain and "." not in shown
    return Node("cast", "numeric", (Node("number", shown),)) if whole else Node("number", shown)
