"""Literals that MySQL has turned into bytes, because they stand beside a column of bytes (seen in 9.7).

``CHECK (b <> 'x')`` over a VARBINARY is ``(`b` <> _utf8mb4'x')`` at first, and ``(`b` <> _binary'x')`` after any ALTER
TABLE that reads it again. It means the same: beside bytes, letters are compared and joined as bytes in either case.
Beside letters ``_binary`` means another comparison, and stays (M48).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from pytest_schemadrift.dialects.mysql.catalog.rows import ColumnRow
from pytest_schemadrift.dialects.mysql.read.types import BYTE_TYPES, GEOMETRIES, base_type

_INTRODUCER = "_binary"
_TOKEN = re.compile(r"`(?:[^`]|``)*`|(?:(?<!\w)_[a-z0-9]+)?'(?:[^'\\]|\\.|'')*'|\w+|<=>|<=|>=|<>|<<|>>|\S", re.DOTALL)
_WORDS = frozenset(("in", "not", "between", "and", "like", "escape", "null"))
_BEFORE_A_GROUP = frozenset(("not", "between", "and", "or", "xor", "like", "escape"))
"""Words before a parenthesis that call nothing."""
_OF_CASE = frozenset(("case", "when", "then", "else", "end"))
_SYMBOLS = frozenset(("=", "<=>", "<>", "<", "<=", ">", ">="))
_COMPARING = frozenset(("", "nullif", "strcmp", "find_in_set"))
"""Functions, and with the empty name operators, whose arguments are compared as bytes as soon as one of them is."""
_JOINING = {
    **dict.fromkeys(("coalesce", "concat", "concat_ws", "greatest", "ifnull", "least"), 0),
    **dict.fromkeys(("elt", "export_set", "if", "make_set"), 1),
}
"""Functions that give bytes as soon as one of their arguments, from this one on, is of bytes, and turn the others."""
_OF_THE_FIRST = frozenset(
    """insert left lower lpad ltrim nullif repeat replace reverse right rpad rtrim soundex substr substring_index trim
    upper""".split()  # noqa: SIM905
)
"""Functions that give bytes where the first argument is of bytes (of ``trim(x FROM y)`` the second)."""
_BITWISE = frozenset("&|^")
"""Operators that give bytes where both sides are bytes, and otherwise a number; neither turns a literal."""
_SHIFTS = frozenset(("<<", ">>"))
"""Operators that give bytes where the left side is bytes."""
_INVERTED = "~"
_VALUE = "(case)"
"""What parentheses around nothing but a CASE are called."""
_BYTES = frozenset(
    """aes_decrypt aes_encrypt char compress from_base64 inet6_aton uncompress unhex uuid_to_bin
    weight_string""".split()  # noqa: SIM905
)
"""Functions that give bytes whatever they are given."""


@dataclass(slots=True)
class _Part:
    """One argument, or one piece of a CASE: its literals begin at ``starts``."""

    role: str = ""
    has_bytes: bool = False
    has_bits: bool = False
    """A BIT is bytes where texts are joined, and a number where it is compared."""
    has_raw: bool = False
    """A hexadecimal literal, NULL, or letters written as bytes: for ``_BITWISE``, bytes beside bytes."""
    is_known: bool = True
    starts: list[int] = field(default_factory=list)


class _Group:
    """What two parentheses hold, ``function`` being called with it, or CASE and END."""

    def __init__(self, function: str = "", role: str = "") -> None:
        self.function = function
        self.parts = [_Part(role)]

    @property
    def now(self) -> _Part:
        return self.parts[-1]

    def close(self, around: _Group, word: str) -> list[int]:
        """Tell the group ``around`` what this one is to it; where the literals begin that stand beside bytes.

        ``word`` is the last one in the group.
        """
        if self.function == "in":  # a list, beside what is looked for in it
            around.now.starts += self.now.starts
            around.now.has_bytes |= self.now.has_bytes
            around.now.is_known &= self.now.is_known
            return []
        if self.function == "case":
            compared = [part for part in self.parts if part.role in ("case", "when")]
            given = [part for part in self.parts if part.role in ("then", "else")]
            around.now.has_bytes |= _are_bytes(given, joined=True)
            if around.function == "":  # its parentheses: the server writes some around every CASE
                around.function = _VALUE
            found = _beside_bytes(given, joined=True)
            return found if self.parts[0].role == "" else found + _beside_bytes(compared)
        if self.function in _JOINING:
            joined = self.parts[_JOINING[self.function] :]
            around.now.has_bytes |= _are_bytes(joined, joined=True)
            return _beside_bytes(joined, joined=True)
        if self.function in _BITWISE:
            all_bytes = all(part.has_bytes or part.has_raw for part in self.parts)
            around.now.has_bytes |= all_bytes and _are_bytes(self.parts)
            return []
        if self.function in (_VALUE, _INVERTED) or self.function in _SHIFTS:
            around.now.has_bytes |= self.parts[0].has_bytes
            return []
        is_cast = self.function in ("cast", "convert") and word == "binary"
        around.now.has_bytes |= is_cast or self.function in _BYTES
        around.now.has_bytes |= self.function in _OF_THE_FIRST and self.parts[0].has_bytes
        return _beside_bytes(self.parts) if self.function in _COMPARING else []


def _are_bytes(parts: Sequence[_Part], *, joined: bool = False) -> bool:
    return any(part.has_bytes or (joined and part.has_bits) for part in parts)


def _beside_bytes(parts: Sequence[_Part], *, joined: bool = False) -> list[int]:
    """Where the literals of the parts begin, if bytes are among them, and nothing that is not known."""
    if not _are_bytes(parts, joined=joined) or not all(part.is_known for part in parts):
        return []
    return [start for part in parts for start in part.starts]


def without_binary(text: str, columns: Sequence[ColumnRow]) -> str:
    """An expression without the ``_binary`` of literals beside one of the ``columns`` that is of bytes."""
    if f"{_INTRODUCER}'" not in text:
        return text
    types = {column.name.lower(): _type_of(column) for column in columns}
    done, pieces = 0, []
    for start in sorted(_beside(text, types)):
        pieces.append(text[done:start])
        done = start + len(_INTRODUCER)
    return "".join([*pieces, text[done:]])


def _type_of(column: ColumnRow) -> str:
    """The base type; labels of an enum or set without a collation are bytes."""
    base = base_type(column.type)
    return "binary" if base in ("enum", "set") and not column.collation else base


def _beside(text: str, types: Mapping[str, str]) -> Iterable[int]:
    """Where the literals begin that stand beside one of the columns of bytes."""
    found: list[int] = []
    groups, word, before = [_Group()], "", ""
    for match in _TOKEN.finditer(text):
        part, group = match[0], groups[-1]
        if before == _INVERTED and part != "(":
            group.now.is_known = False
        if part == "(":
            groups.append(_Group(before if before == _INVERTED else "" if word in _BEFORE_A_GROUP else word))
            before = word = ""
            continue
        if word and word not in _WORDS:  # of an operator or a form that is not known here
            group.now.is_known = False
        last, word = word, ""
        if part.lower() in _OF_CASE:
            found += _in_case(part.lower(), groups, before)
        elif part == ")" and len(groups) > 1:
            found += groups.pop().close(groups[-1], last)
        elif part == "," and group.function not in ("", "in"):
            group.parts.append(_Part())
        elif part.startswith(f"{_INTRODUCER}'"):
            group.now.starts.append(match.start())
            group.now.has_raw = True
        elif part[0] == "`":
            type_ = types.get(part[1:-1].replace("``", "`").lower(), "")
            group.now.has_bytes |= type_ in BYTE_TYPES or type_ in GEOMETRIES
            group.now.has_bits |= type_ == "bit"
        elif (part in _BITWISE or part in _SHIFTS) and group.function == "":
            group.function = part
            group.parts.append(_Part())
        elif part[0].isalpha() or (part[0] == "_" and part[-1] != "'"):
            word = part.lower()
            group.now.has_raw |= word == "null"
            if word == "from" and group.function == "trim":
                group.parts, word = [_Part()], ""
        elif part[:2] in ("0x", "0b"):
            group.now.has_raw = True
        elif part[-1] != "'" and not part[0].isdigit() and part not in _SYMBOLS and part not in (",", _INVERTED):
            group.now.is_known = False
        before = part.lower()
    return found + groups.pop().close(_Group(), word)


def _in_case(word: str, groups: list[_Group], before: str) -> list[int]:
    """Take one of the words of CASE … END; where the literals begin that stand beside bytes in what ends there.

    A CASE without a value has conditions, which nothing stands beside.
    """
    if word == "case":
        groups.append(_Group("case", "case"))
    elif word == "end":
        return groups.pop().close(groups[-1], word) if len(groups) > 1 else []
    else:
        if before == "case":
            groups[-1].now.role = ""
        groups[-1].parts.append(_Part(word))
    return []
