"""Literals that MySQL has turned into bytes, because they stand beside a column of bytes (seen in 9.7).

``CHECK (b <> 'x')`` over a VARBINARY is ``(`b` <> _utf8mb4'x')`` at first, and ``(`b` <> _binary'x')`` after any ALTER
TABLE that reads it again. It means the same: beside bytes, letters are compared and joined as bytes in either case.
Beside letters ``_binary`` means another comparison, and stays (M48).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from pytest_schemadrift.dialects.mysql.catalog.rows import ColumnRow
from pytest_schemadrift.dialects.mysql.read.types import BYTE_TYPES, base_type

_INTRODUCER = "_binary"
_TOKEN = re.compile(r"`(?:[^`]|``)*`|(?:(?<!\w)_[a-z0-9]+)?'(?:[^'\\]|\\.|'')*'|\w+|<=>|<=|>=|<>|\S", re.DOTALL)
_WORDS = frozenset(("in", "not", "between", "and", "like", "escape", "null"))
_BEFORE_A_GROUP = frozenset(("not", "between", "and", "or", "xor", "like", "escape", "case", "when", "then", "else"))
"""Words before a parenthesis that call nothing."""
_SYMBOLS = frozenset(("=", "<=>", "<>", "<", "<=", ">", ">=", ","))
_COMPARING = frozenset(
    ("", "concat", "concat_ws", "coalesce", "ifnull", "nullif", "greatest", "least", "strcmp", "find_in_set")
)
"""Functions, and with the empty name operators, whose arguments are all bytes as soon as one of them is."""
_BYTES_OF_BYTES = frozenset(
    """concat concat_ws coalesce ifnull nullif greatest least substr left right lower upper trim ltrim rtrim reverse
    replace""".split()  # noqa: SIM905
)
"""Functions that give bytes where they are given some."""


@dataclass(slots=True)
class _Group:
    """What two parentheses hold: ``function`` is called with it, and its literals begin at ``starts``."""

    function: str = ""
    has_bytes: bool = False
    is_known: bool = True
    starts: list[int] = field(default_factory=list)

    def close(self, around: _Group) -> list[int]:
        """Tell the group ``around`` what this one is to it; where the literals begin that stand beside bytes."""
        if self.function == "in":  # a list, beside what is looked for in it
            around.starts += self.starts
            around.has_bytes |= self.has_bytes
            around.is_known &= self.is_known
            return []
        around.has_bytes |= self.has_bytes and self.function in _BYTES_OF_BYTES
        return self.starts if self.is_known and self.has_bytes and self.function in _COMPARING else []


def without_binary(text: str, columns: Sequence[ColumnRow]) -> str:
    """An expression without the ``_binary`` of literals beside one of the ``columns`` that is of bytes."""
    if f"{_INTRODUCER}'" not in text:
        return text
    names = {column.name.lower() for column in columns if base_type(column.type) in BYTE_TYPES}
    done, pieces = 0, []
    for start in sorted(_beside(text, names)):
        pieces.append(text[done:start])
        done = start + len(_INTRODUCER)
    return "".join([*pieces, text[done:]])


def _beside(text: str, names: set[str]) -> Iterable[int]:
    """Where the literals begin that stand beside one of the columns."""
    found: list[int] = []
    groups, word = [_Group()], ""
    for match in _TOKEN.finditer(text):
        part, group = match[0], groups[-1]
        if part == "(":
            groups.append(_Group("" if word in _BEFORE_A_GROUP else word))
            word = ""
            continue
        if word and word not in _WORDS:  # of an operator or a form that is not known here
            group.is_known = False
        word = ""
        if part == ")":
            found += groups.pop().close(groups[-1])
        elif part.startswith(f"{_INTRODUCER}'"):
            group.starts.append(match.start())
        elif part[0] == "`":
            group.has_bytes |= part[1:-1].replace("``", "`").lower() in names
        elif part[-1] == "'" or part[0].isdigit():
            continue
        elif part[0].isalpha() or part[0] == "_":
            word = part.lower()
        elif part not in _SYMBOLS:
            group.is_known = False
    return found + groups.pop().close(_Group())
