"""Partitioning: one clause text per meaning, from the catalog's rows and from DDL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from pytest_schemadrift.dialects.mysql.names import literal, quote, string_value
from pytest_schemadrift.dialects.mysql.read.expressions import key_of
from pytest_schemadrift.dialects.mysql.read.tokens import tokenize
from pytest_schemadrift.dialects.reader import QUOTED, STRING, WORD, TokenStream
from pytest_schemadrift.schema.model import Expression

_REST = "DEFAULT"


@dataclass(slots=True)
class Part:
    """One partition: ``values`` is what stands in the parentheses of its VALUES, empty for HASH and KEY.

    ``_REST`` is the partition of a list that takes what no other one does (MariaDB).
    """

    name: str
    values: str = ""
    comment: str = ""


@dataclass(slots=True)
class Partitioning:
    """``PARTITION BY``: ``method`` in upper case with LINEAR or COLUMNS, ``expression`` without parentheses."""

    method: str
    expression: str
    parts: list[Part] = field(default_factory=list)
    count: int = 0
    submethod: str = ""
    subexpression: str = ""
    subcount: int = 0

    def clause(self) -> Expression:
        """The clause after ``PARTITION BY`` with its key."""
        names = [part.name for part in self.parts]
        counted = self.method.endswith(("HASH", "KEY")) and names == [f"p{n}" for n in range(len(names))]
        counted = counted and not any(part.comment for part in self.parts)
        text = f"{self.method} ({self.expression})"
        key = f"{self.method} ({_expression_key(self.method, self.expression)})"
        count = self.count or len(names)
        if (counted or not names) and count > 1:
            text += f" PARTITIONS {count}"
            key += f" partitions {count}"
        if self.submethod:
            text += f" SUBPARTITION BY {self.submethod} ({self.subexpression}) SUBPARTITIONS {self.subcount}"
            sub_key = _expression_key(self.submethod, self.subexpression)
            key += f" by {self.submethod} ({sub_key}) {self.subcount}"
        if names and not counted:
            text += " (" + ", ".join(self._part(part) for part in self.parts) + ")"
            key += repr([(part.name, _values_key(part.values), part.comment) for part in self.parts])
        return Expression(text, key)

    def _part(self, part: Part) -> str:
        if part.values == _REST:
            return f"PARTITION {quote(part.name)} {_REST}{self._comment(part)}"
        word = "VALUES LESS THAN" if self.method.startswith("RANGE") else "VALUES IN"
        values = f" {word} ({part.values})" if part.values else ""
        return f"PARTITION {quote(part.name)}{values}{self._comment(part)}"

    @staticmethod
    def _comment(part: Part) -> str:
        return f" COMMENT {literal(part.comment)}" if part.comment else ""


def _expression_key(method: str, expression: str) -> str:
    tokens = tokenize(expression)
    if method.endswith(("COLUMNS", "KEY")):
        return ",".join(token.text.lower() for token in tokens if token.kind in (WORD, QUOTED))
    return key_of(tokens)


def _values_key(values: str) -> str:
    parts = []
    for token in tokenize(values):
        parts.append(literal(string_value(token.text)) if token.kind == STRING else token.text.lower())
    return "".join(parts)


Row = tuple[str, str | None, str, str | None, str | None, str | None, str | None, str | None]
"""Name, subpartition, method, submethod, expression, subexpression, description, comment."""


def from_catalog(rows: Sequence[Row]) -> Expression:
    """The clause of one table from its rows of ``information_schema.PARTITIONS``."""
    _, _, method, submethod, expression, subexpression, _, _ = rows[0]
    found = Partitioning(method, expression or "", submethod=submethod or "", subexpression=subexpression or "")
    for name, _, _, _, _, _, description, comment in rows:
        is_rest = method.startswith("LIST") and description == "MAXVALUE"  # a value of that text is shown in quotes
        if not found.parts or found.parts[-1].name != name:
            found.parts.append(Part(name, _REST if is_rest else description or "", comment or ""))
            found.subcount = 0
        found.subcount += 1
    return found.clause()


def read_partitioning(stream: TokenStream) -> Expression:
    """Read what follows ``PARTITION BY``. Raises ``DDLSyntaxError``."""
    method, expression = _method(stream)
    found = Partitioning(method, expression)
    if stream.accept("PARTITIONS"):
        found.count = int(stream.next().text)
    if stream.accept("SUBPARTITION", "BY"):
        found.submethod, found.subexpression = _method(stream)
        found.subcount = int(stream.next().text) if stream.accept("SUBPARTITIONS") else 1
    if stream.at("("):
        found.parts = [_read_part(part) for part in stream.group().items()]
    elif method.endswith(("HASH", "KEY")):
        found.parts = [Part(f"p{number}") for number in range(found.count or 1)]
    return found.clause()


def _method(stream: TokenStream) -> tuple[str, str]:
    words = []
    while not stream.at("("):
        token = stream.next()
        if token.upper == "ALGORITHM":
            stream.accept("=")
            stream.next()
            continue
        words.append(token.upper)
    return " ".join(words), stream.group().text()


def _read_part(stream: TokenStream) -> Part:
    stream.expect("PARTITION")
    part = Part(stream.identifier())
    if stream.accept("VALUES", "LESS", "THAN"):
        part.values = "MAXVALUE" if stream.accept("MAXVALUE") else _maxvalue(stream.group().text())
    elif stream.accept(_REST):
        part.values = _REST
    elif stream.accept("VALUES", "IN"):
        part.values = _null_first(stream.group())
    while not stream.done:
        if stream.accept("COMMENT"):
            stream.accept("=")
            part.comment = string_value(stream.next().text)
        else:
            stream.next()
    return part


def _maxvalue(text: str) -> str:
    return "MAXVALUE" if text.upper() == "MAXVALUE" else text


def _null_first(stream: TokenStream) -> str:
    """The server lists NULL before all other values."""
    items = [item.text() for item in stream.items()]
    return ",".join(sorted(items, key=lambda item: item.upper() != "NULL"))
