"""Whether a check passes every row that leaves its columns to their defaults, as far as no server is needed to tell.

It is read from the comparable key of an expression, in which operators stand between their operands or before them
(MySQL). Only what every server answers alike is known: whole numbers are compared, texts are equal where they are the
same; whether two other texts are, the collation says. Of anything else nobody knows.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final, TypeAlias

from pytest_schemadrift.planning.left_empty import is_filled, with_domain
from pytest_schemadrift.schema.model import Check, Column, Domain, Table


class _Unclear:
    """What only the server knows."""


UNCLEAR: Final = _Unclear()
Value: TypeAlias = int | str | bool | _Unclear | None
"""``None`` is NULL, and neither true nor false."""


def values_by_default(old: Table, new: Table, domains: Iterable[Domain]) -> dict[str, Value]:
    """What the columns of ``old`` hold in each row that is written by who knows ``new`` alone."""
    extra = [column for column in old.columns if new.column(column.name) is None and not old.triggers]
    domains = tuple(domains)
    return {column.name: _by_default(with_domain(column, domains)[0]) for column in extra}


def _by_default(column: Column) -> Value:
    if column.on_update is not None:
        return UNCLEAR
    if column.default is None:
        return UNCLEAR if is_filled(column) or not column.nullable else None
    tokens = list(_tokens(column.default.key))
    value = _Reader(tokens, {}).all()
    is_stored_as_text = isinstance(value, int) and _TEXT.search(column.type) is not None
    return UNCLEAR if is_stored_as_text else value


_TEXT = re.compile(r"(?i)char|text|clob|binary|blob|bytea|json|enum|set")


def passes_by_default(check: Check, values: Mapping[str, Value]) -> bool:
    """Whether a check refuses no row with these values."""
    found = _Reader(list(_tokens(check.expression.key)), values).all()
    return found is True or found is None


_TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<number>\d+(?:\.0+)?(?![\w.]))"
    r'|(?P<quoted>"(?:[^"]|"")+"|`(?:[^`]|``)+`)|(?P<word>[^\W\d]\w*)|(?P<mark><>|!=|<=|>=|[-<>=(),\[\]])|(?P<other>\S))'
)


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    for found in _TOKEN.finditer(text):
        assert found.lastgroup is not None
        yield found.lastgroup, found[found.lastgroup]


_COMPARISONS: Mapping[str, Callable[[int, int], bool]] = {
    "=": operator.eq,
    "<>": operator.ne,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_WORDS: Mapping[str, Value] = {"true": 1, "false": 0, "null": None}
_LARGEST = 2**24
"""Whole numbers below are the same in every numeric type."""


class _Reader:
    """Reads an expression and answers it at once; every method takes the tokens that it knows."""

    def __init__(self, tokens: list[tuple[str, str]], values: Mapping[str, Value]) -> None:
        self._tokens, self._at = [*tokens, ("end", ""), ("end", "")], 0
        self._values = values
        self._folded = {name.casefold(): value for name, value in values.items()}

    def all(self) -> Value:
        """The value of all of it; unclear where anything of it is not known."""
        try:
            found = self._either()
        except _UnknownError:
            return UNCLEAR
        return found if self._next()[0] == "end" else UNCLEAR

    def _next(self) -> tuple[str, str]:
        return self._tokens[self._at]

    def _take(self, *texts: str) -> str:
        """The next token, if it is one of these; its text in lower case."""
        kind, text = self._next()
        if kind in ("word", "mark") and text.casefold() in texts:
            self._at += 1
            return text.casefold()
        return ""

    def _expect(self, text: str) -> None:
        if not self._take(text):
            raise _UnknownError

    def _either(self) -> Value:
        found = [self._both()]
        while self._take("or"):
            found.append(self._both())
        return found[0] if len(found) == 1 else _any(found)

    def _both(self) -> Value:
        found = [self._compared()]
        while self._take("and"):
            found.append(self._compared())
        return found[0] if len(found) == 1 else _all(found)

    def _compared(self) -> Value:
        left = self._operand()
        if mark := self._take(*_COMPARISONS):
            if mark == "=" and self._take("any"):
                self._expect("array")
                return _in(left, self._list("[", "]"))
            return _compare(mark, left, self._operand())
        if self._take("in"):
            return _in(left, self._list("(", ")"))
        if self._take("between"):
            low = self._operand()
            self._expect("and")
            return _all([_compare(">=", left, low), _compare("<=", left, self._operand())])
        return left

    def _list(self, begin: str, end: str) -> list[Value]:
        self._expect(begin)
        found = [self._either()]
        while self._take(","):
            found.append(self._either())
        self._expect(end)
        return found

    def _operand(self) -> Value:
        kind, text = self._next()
        before = self._tokens[self._at + 1][1] == "("
        if before and (text in _COMPARISONS or text in ("and", "or", "in", "between")):
            self._at += 1
            return _applied(text, self._list("(", ")"))
        if self._take("("):
            found = self._either()
            self._expect(")")
            return found
        if self._take("-"):
            found = self._operand()
            return -found if isinstance(found, int) else UNCLEAR
        if kind in ("end", "mark", "other") or (before and kind == "word"):
            raise _UnknownError
        self._at += 1
        return self._plain(kind, text)

    def _plain(self, kind: str, text: str) -> Value:
        match kind:
            case "text":
                return text[1:-1].replace("''", "'")
            case "number":
                number = int(text.partition(".")[0])
                return number if number < _LARGEST else UNCLEAR
            case "quoted":
                return self._values.get(text[1:-1].replace(text[0] * 2, text[0]), UNCLEAR)
            case _:
                return _WORDS.get(text, self._folded.get(text.casefold(), UNCLEAR))


class _UnknownError(Exception):
    """It is written in a way that is not known here."""


def _applied(name: str, given: list[Value]) -> Value:
    match name, given:
        case ("and", _):
            return _all(given)
        case ("or", _):
            return _any(given)
        case ("in", [left, *others]):
            return _in(left, others)
        case ("between", [value, low, high]):
            return _all([_compare(">=", value, low), _compare("<=", value, high)])
        case (_, [left, right]) if name in _COMPARISONS:
            return _compare(name, left, right)
        case _:
            raise _UnknownError


def _compare(mark: str, left: Value, right: Value) -> Value:
    if isinstance(left, _Unclear) or isinstance(right, _Unclear):
        return UNCLEAR
    if left is None or right is None:
        return None
    if isinstance(left, int) and isinstance(right, int):
        return _COMPARISONS[mark](left, right)
    same = isinstance(left, str) and left == right
    return mark in ("=", "<=", ">=") if same else UNCLEAR


def _in(value: Value, others: list[Value]) -> Value:
    return _any([_compare("=", value, other) for other in others])


def _any(found: list[Value]) -> Value:
    return _first(found, True)


def _all(found: list[Value]) -> Value:
    return _first(found, False)


def _first(found: list[Value], decides: bool) -> Value:  # which truth value decides alone
    """What AND and OR answer: the one that decides, else what is unclear, else NULL."""
    if any(value is decides for value in found):
        return decides
    if any(value is not None and not isinstance(value, bool) for value in found):
        return UNCLEAR
    return None if None in found else not decides
