"""Types: one canonical spelling for each (that of ``format_type``), and what a change of type does to the rows."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import lru_cache

from pytest_schemadrift.dialects.postgres.names import fold, lower, quote_needed, words
from pytest_schemadrift.dialects.postgres.read.tokens import tokenize
from pytest_schemadrift.dialects.reader import QUOTED, WORD, Token, TokenStream
from pytest_schemadrift.schema.capabilities import Conversion

_ALIASES = {
    "int": "integer",
    "int4": "integer",
    "int2": "smallint",
    "int8": "bigint",
    "float4": "real",
    "float8": "double precision",
    "float": "double precision",
    "decimal": "numeric",
    "dec": "numeric",
    "bool": "boolean",
    "varchar": "character varying",
    "char": "character",
    "nchar": "character",
    "varbit": "bit varying",
    "timestamptz": "timestamp with time zone",
    "timetz": "time with time zone",
    "timestamp": "timestamp without time zone",
    "time": "time without time zone",
}
"""Spellings that the grammar or ``pg_type`` knows, and what ``format_type`` prints for them (P10)."""

_INTERNAL = {
    name: _ALIASES[name]
    for name in ("int2", "int4", "int8", "float4", "float8", "bool", "varchar", "varbit", "timestamptz", "timetz")
} | {"time": "time without time zone", "timestamp": "timestamp without time zone", "bit": '"bit"', "char": '"char"'}
"""What a quoted name means, or one after ``pg_catalog.``: the name in ``pg_type`` and not the grammar's word."""

SERIALS = {
    "serial": "integer",
    "serial4": "integer",
    "bigserial": "bigint",
    "serial8": "bigint",
    "smallserial": "smallint",
    "serial2": "smallint",
}
SERIAL_OF = {"integer": "serial", "bigint": "bigserial", "smallint": "smallserial"}

_GRAMMAR_WORDS = frozenset(["integer", "smallint", "bigint", "boolean", "real", "json"])
"""Types that are keywords and yet are printed without quotes."""
INTERVAL_FIELDS = frozenset(["YEAR", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND"])


def read_type(stream: TokenStream, default_schema: str) -> str:
    """Read a type, arrays and modifiers included, in its canonical spelling; serial words stay as they are.

    What is not known is kept as it was typed. Raises ``DDLSyntaxError`` where no name comes.
    """
    stream.accept("SETOF")
    token = stream.next()
    if token.kind not in (WORD, QUOTED):
        stream.position -= 1
        raise stream.error(f"expected a type, found {token.text!r}")
    if token.kind == QUOTED or stream.at("."):
        base = _named_type(stream, token, default_schema) + _modifiers(stream)
    else:
        base = without_full_precision(_grammar_type(stream, lower(token.text)))
    return base + "[]" * (_array_bounds(stream) > 0)


_FULL_PRECISION = re.compile(r"^(timestamp|time|interval[a-z ]*)\((?:[6-9]|[1-9]\d+)\)")


def without_full_precision(type_: str) -> str:
    """``timestamp(6)`` keeps what ``timestamp`` does: microseconds are all that there is (documentation, 8.5).

    More than 6 digits are 6 to the server, which warns of it.
    """
    return _FULL_PRECISION.sub(r"\1", type_)


def _named_type(stream: TokenStream, token: Token, default_schema: str) -> str:
    parts = [fold(token)]
    while stream.accept("."):
        parts.append(fold(stream.next()))
    if len(parts) == 1 or parts[-2] == "pg_catalog":
        return _INTERNAL.get(parts[-1], quote_needed(parts[-1]))
    if parts[-2] == default_schema:
        return quote_needed(parts[-1])
    return ".".join(map(quote_needed, parts[-2:]))


def _grammar_type(stream: TokenStream, word: str) -> str:
    reader = _GRAMMAR.get(word)
    if reader is not None:
        return reader(stream, word)
    if word in _ALIASES:
        return _ALIASES[word] + _modifiers(stream)
    modifiers = _modifiers(stream)
    if word == "bpchar" and modifiers:
        return "character" + modifiers
    return (word if word in _GRAMMAR_WORDS else quote_needed(word)) + modifiers


def _double(stream: TokenStream, _: str) -> str:
    stream.expect("PRECISION")
    return "double precision"


def _numeric(stream: TokenStream, _: str) -> str:
    modifiers = _modifiers(stream)
    return "numeric" + (modifiers[:-1] + ",0)" if modifiers and "," not in modifiers else modifiers)


def _float(stream: TokenStream, _: str) -> str:
    modifiers = _modifiers(stream)
    return "real" if modifiers and int(modifiers[1:-1]) <= 24 else "double precision"


def _character(stream: TokenStream, word: str) -> str:
    if word == "national":
        stream.accept_any("CHARACTER", "CHAR")
    if stream.accept("VARYING"):
        return "character varying" + _modifiers(stream)
    return "character" + (_modifiers(stream) or "(1)")


def _bit(stream: TokenStream, _: str) -> str:
    if stream.accept("VARYING"):
        return "bit varying" + _modifiers(stream)
    return "bit" + (_modifiers(stream) or "(1)")


def _time(stream: TokenStream, word: str) -> str:
    zone = word in ("timestamptz", "timetz")
    name = word.removesuffix("tz")
    precision = _modifiers(stream)
    if stream.accept("WITH", "TIME", "ZONE"):
        zone = True
    elif stream.accept("WITHOUT", "TIME", "ZONE"):
        zone = False
    return f"{name}{precision} with{'' if zone else 'out'} time zone"


def _interval(stream: TokenStream, _: str) -> str:
    words = ["interval"]
    precision = _modifiers(stream)
    while True:
        token = stream.peek()
        if token is None or token.upper not in INTERVAL_FIELDS:
            break
        words.append(lower(stream.next().text))
        precision = _modifiers(stream) or precision
        if not stream.accept("TO"):
            break
        words.append("to")
    return " ".join(words) + precision


_GRAMMAR: dict[str, Callable[[TokenStream, str], str]] = {
    "double": _double,
    "numeric": _numeric,
    "decimal": _numeric,
    "dec": _numeric,
    "float": _float,
    "character": _character,
    "char": _character,
    "nchar": _character,
    "national": _character,
    "bit": _bit,
    "time": _time,
    "timestamp": _time,
    "timestamptz": _time,
    "timetz": _time,
    "interval": _interval,
}


def _modifiers(stream: TokenStream) -> str:
    """``(10, 2)`` as ``(10,2)``; names in it keep their letters, as PostGIS prints them."""
    if not stream.at("("):
        return ""
    texts = ["".join(token.text for token in part.tokens) for part in stream.group().items()]
    return f"({','.join(texts)})"


def _array_bounds(stream: TokenStream) -> int:
    """Read ``[]``, ``[3][3]`` or ``ARRAY[4]``; the server keeps neither bounds nor the number of dimensions."""
    count = 0
    if stream.accept("ARRAY"):
        count = 1
    while stream.accept("["):
        while not stream.accept("]"):
            stream.next()
        count += 1
    return count


@lru_cache(maxsize=1024)
def canonical_type(text: str, default_schema: str = "public") -> str:
    """The canonical spelling of a type given as text."""
    stream = TokenStream(text, tokenize(text))
    return read_type(stream, default_schema)


@lru_cache(maxsize=1024)
def base_type(text: str) -> str:
    """A type without its modifiers: ``character varying(20)[]`` gives ``character varying[]``."""
    return re.sub(r"\([^()]*\)", "", text)


_STORAGE = {
    **dict.fromkeys(("text", "character varying", "character", "bpchar", "bytea", "json", "jsonb", "xml"), "EXTENDED"),
    **dict.fromkeys(("bit", "bit varying", "tsvector", "path", "polygon", "jsonpath"), "EXTENDED"),
    **dict.fromkeys(("numeric", "inet", "cidr"), "MAIN"),
    **dict.fromkeys(("hstore", "citext"), "EXTENDED"),  # of extensions
}
"""Types of any length, and how their values are kept unless a column says otherwise (``pg_type.typstorage``, 16)."""
_FIXED = frozenset(
    [
        *("smallint", "integer", "bigint", "real", "double precision", "boolean", "uuid", "money", "interval", "date"),
        *("timestamp without time zone", "timestamp with time zone", "time without time zone", "time with time zone"),
        *("macaddr", "macaddr8", "point", "line", "lseg", "box", "circle", "oid", "pg_lsn", "tsquery"),
    ]
)
"""Types whose values can be kept in one way alone."""


def default_storage(type_: str) -> str | None:
    """The storage of a column of a type unless it says another (``pg_type.typstorage``); ``None``: not known."""
    base = base_type(type_)
    if base.endswith("[]"):
        return "EXTENDED"
    return "PLAIN" if base in _FIXED else _STORAGE.get(base)


def has_storage(type_: str) -> bool:
    """Whether a column of a type has a storage and a compression to choose: one of fixed length has not."""
    return default_storage(type_) not in (None, "PLAIN")


def modifier_numbers(text: str) -> tuple[int, ...]:
    """The numbers in the parentheses of a type: its length, or its precision and scale."""
    found = re.search(r"\((-?\d+)(?:,(-?\d+))?\)", text)
    return tuple(int(value) for value in found.groups() if value is not None) if found else ()


_INTEGERS = {"smallint": 5, "integer": 10, "bigint": 19}
"""Whole-number types and the digits that their largest value has."""
_FLOATS = {"real": 6, "double precision": 15}
"""Floating types and the decimal digits that they keep for sure."""
_NUMBERS = frozenset([*_INTEGERS, *_FLOATS, "numeric"])
_STRINGS = frozenset(["text", "character varying", "character", "bpchar"])
_TIMES = frozenset(
    [
        "date",
        "time without time zone",
        "time with time zone",
        "timestamp without time zone",
        "timestamp with time zone",
        "interval",
    ]
)
_ASSIGNED_TIMES = frozenset(
    [
        ("date", "timestamp without time zone"),
        ("date", "timestamp with time zone"),
        ("timestamp without time zone", "date"),
        ("timestamp without time zone", "time without time zone"),
        ("timestamp without time zone", "timestamp with time zone"),
        ("timestamp with time zone", "date"),
        ("timestamp with time zone", "time without time zone"),
        ("timestamp with time zone", "time with time zone"),
        ("timestamp with time zone", "timestamp without time zone"),
        ("time without time zone", "time with time zone"),
        ("time without time zone", "interval"),
        ("time with time zone", "time without time zone"),
        ("interval", "time without time zone"),
    ]
)
"""``pg_cast`` rows of context assignment or implicit among the types of date and time."""
_ASSIGNED = _ASSIGNED_TIMES | frozenset(
    [
        ("json", "jsonb"),
        ("jsonb", "json"),
        ("cidr", "inet"),
        ("inet", "cidr"),
        ("macaddr", "macaddr8"),
        ("macaddr8", "macaddr"),
        ("bit", "bit varying"),
        ("bit varying", "bit"),
        ("vector", "halfvec"),
        ("halfvec", "vector"),
        ("vector", "sparsevec"),
        ("sparsevec", "vector"),
        ("integer", "money"),
        ("bigint", "money"),
        ("numeric", "money"),
        ("money", "numeric"),
        ("xml", "text"),
    ]
)


def is_assigned(old: str, new: str) -> bool:
    """Whether ALTER COLUMN TYPE finds a cast by itself (one of context assignment or implicit)."""
    if old.endswith("[]") and new.endswith("[]"):
        return is_assigned(old[:-2], new[:-2])
    before, after = base_type(old), base_type(new)
    if after in _STRINGS and before != "bytea":
        return True  # every type has an assignment cast to the string types, through its output function
    return before == after or (before in _NUMBERS and after in _NUMBERS) or (before, after) in _ASSIGNED


def using(column: str, old: str, new: str) -> str | None:
    """The USING expression of a type change (``column`` is quoted), ``None`` where the server needs none (P38).

    A cast that is not needed is not given either: an explicit cast cuts what is too long without a word, where
    assignment refuses it.
    """
    if is_assigned(old, new):
        return None
    before, after = base_type(old), base_type(new)
    if new == f"{old}[]" or (new.endswith("[]") and not old.endswith("[]") and is_assigned(old, new[:-2])):
        return f"CASE WHEN {column} IS NULL THEN NULL ELSE ARRAY[{column}]::{new} END"
    if before == "boolean" and after in _NUMBERS:
        return f"{column}::integer::{new}"
    if after == "boolean" and before in _NUMBERS:
        return f"{column} <> 0"
    if before in _STRINGS and after == "bytea":
        return f"convert_to({column}, 'UTF8')"
    if before == "bytea" and after in _STRINGS:
        return f"convert_from({column}, 'UTF8')"
    if before in ("character", "bpchar"):
        return f"{column}::text::{new}"  # without the blanks at its end, which no other type takes for nothing
    if before in _STRINGS:
        return f"{column}::{new}"
    text = "text[]" if old.endswith("[]") and new.endswith("[]") else "text"
    return f"{column}::{text}::{new}"


_OF_ONE_TYPE = re.compile(r"\b(?:COALESCE|GREATEST|LEAST|CASE)\b")


def expressions_follow(old: str, new: str, expressions: Iterable[str]) -> bool:
    """Whether predicates and checks on a column are what they would be if they were made after its type has changed.

    Its values compare alike then, and the server has written nothing of the old type into them: it casts each number
    to the type that it is compared with, and the parts of some expressions to one that they have in common.
    """
    kinds = {base_type(old), base_type(new)}
    if len(kinds) == 1:
        return True
    if kinds <= {"text", "character varying"}:
        return not any(_OF_ONE_TYPE.search(text) for text in expressions)
    return kinds <= _NUMBERS and not any("::" in text for text in expressions)


def conversion(old: str, new: str) -> Conversion:
    """What ALTER COLUMN TYPE does to the rows; where the documentation does not say, the worst is assumed."""
    if old == new:
        return Conversion.METADATA
    if old.endswith("[]") and new.endswith("[]"):
        inner = conversion(old[:-2], new[:-2])
        return Conversion.REWRITE if inner is Conversion.METADATA else inner
    before, after = base_type(old), base_type(new)
    if before == after:
        return _same_base(before, old, new)
    if after in _STRINGS:
        return _to_string(before, old, new)
    if before in _NUMBERS and after in _NUMBERS:
        return _between_numbers(before, after, old, new)
    if before in _TIMES and after in _TIMES:
        return _between_times(before, after, new)
    if before in _STRINGS:
        return Conversion.LOSSY if new.endswith("[]") or _spells_differently(after) else Conversion.MAY_FAIL
    if (before, after) in (("boolean", "smallint"), ("boolean", "integer"), ("boolean", "bigint"), ("cidr", "inet")):
        return Conversion.REWRITE
    if new == f"{old}[]":
        return Conversion.REWRITE
    return Conversion.LOSSY


_SPELLS_ANEW = (
    _TIMES
    | _NUMBERS
    | {"bit varying", '"char"'}
    | words(
        """
        boolean uuid inet cidr macaddr macaddr8 jsonb money bit name oid tsvector tsquery pg_lsn xid8
        point line lseg box path polygon circle int4range int8range numrange daterange tsrange tstzrange
        int4multirange int8multirange nummultirange datemultirange tsmultirange tstzmultirange
        hstore ltree cube geometry geography vector halfvec sparsevec
        """
    )
)
"""Types that read several texts as one value, or more text than they keep: ``'007'`` is 7, ``'A0EE…'`` is a0ee…,
a date forgets the time after it, ``jsonb`` a key that comes twice. Others (enums, ``json``, ``xml``) keep the text."""


def _spells_differently(after: str) -> bool:
    return after in _SPELLS_ANEW or after.startswith("interval")


def _same_base(base: str, old: str, new: str) -> Conversion:
    before, after = modifier_numbers(old), modifier_numbers(new)
    if base in ("character varying", "bit varying"):
        if not after or (before and after >= before):
            return Conversion.METADATA
        # Blanks at the end that do not fit are cut without a word, as the standard demands (documentation, 8.3).
        return Conversion.LOSSY if base == "character varying" else Conversion.MAY_FAIL
    if base == "character":
        return Conversion.REWRITE if after >= before else Conversion.MAY_FAIL
    if base == "numeric":
        return _numeric_modifiers(before, after)
    if base in _TIMES:
        fields = _without_precision(old) == _without_precision(new)
        wider = not after or (before and after >= before)
        return Conversion.METADATA if fields and wider else Conversion.LOSSY
    return Conversion.MAY_FAIL


def _without_precision(text: str) -> str:
    return re.sub(r"\(\d+\)", "", text)


def _numeric_modifiers(before: tuple[int, ...], after: tuple[int, ...]) -> Conversion:
    if not after:
        return Conversion.METADATA
    if not before or after[1] < before[1]:
        return Conversion.LOSSY  # the scale shrinks: values are rounded
    if after[0] - after[1] < before[0] - before[1]:
        return Conversion.MAY_FAIL
    return Conversion.METADATA if after[1] == before[1] else Conversion.REWRITE


def _to_string(before: str, old: str, new: str) -> Conversion:
    limit = modifier_numbers(new)
    if before == "bytea":
        return Conversion.MAY_FAIL
    if before in ("text", "character varying") and base_type(new) in ("text", "character varying"):
        length = modifier_numbers(old)
        return Conversion.METADATA if not limit or (length and length <= limit) else Conversion.LOSSY
    if before in ("text", "character varying", "bpchar"):
        return Conversion.LOSSY  # character(n) forgets blanks at the end
    if before == "character" and (not limit or limit >= modifier_numbers(old)):
        return Conversion.REWRITE
    if limit:
        return Conversion.REWRITE if (before, limit[0] >= 36) == ("uuid", True) else Conversion.MAY_FAIL
    return Conversion.REWRITE


def _between_numbers(before: str, after: str, old: str, new: str) -> Conversion:
    if before in _INTEGERS and after in _INTEGERS:
        return Conversion.REWRITE if _INTEGERS[after] > _INTEGERS[before] else Conversion.MAY_FAIL
    if before in _INTEGERS and after in _FLOATS:
        return Conversion.REWRITE if _FLOATS[after] >= _INTEGERS[before] else Conversion.LOSSY
    if before in _INTEGERS:
        limit = modifier_numbers(new)
        fits = not limit or (limit[1] >= 0 and limit[0] - limit[1] >= _INTEGERS[before])
        return Conversion.REWRITE if fits else Conversion.MAY_FAIL
    if (before, after) == ("real", "double precision"):
        return Conversion.REWRITE
    return Conversion.LOSSY


def _between_times(before: str, after: str, new: str) -> Conversion:
    if before == "date" and after.startswith("timestamp"):
        return Conversion.REWRITE
    return Conversion.LOSSY
