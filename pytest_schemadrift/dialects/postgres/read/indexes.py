"""Index definitions: read from CREATE INDEX, whether a person wrote it, Tortoise, or ``pg_get_indexdef``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pytest_schemadrift.dialects.postgres.names import (
    NAME_BYTES,
    fold,
    printed_literal,
    quote,
    quote_needed,
    read_dotted,
    read_identifier,
    string_value,
    words,
)
from pytest_schemadrift.dialects.postgres.read.expressions import expression_of, plain_key
from pytest_schemadrift.dialects.postgres.read.tokens import tokenize
from pytest_schemadrift.dialects.postgres.read.tree import Columns
from pytest_schemadrift.dialects.postgres.read.types import base_type
from pytest_schemadrift.dialects.reader import QUOTED, STRING, WORD, TokenStream, names, strip_parentheses
from pytest_schemadrift.errors import DDLSyntaxError
from pytest_schemadrift.schema.model import Exclusion, Expression, Index, IndexPart, Options, options

_WORDS_THAT_ARE_VALUES = words("TRUE FALSE NULL CURRENT_DATE CURRENT_USER USER CURRENT_TIMESTAMP")
_DEFAULT_OPCLASSES = {
    "btree": {
        **{"text": "text_ops", "character varying": "text_ops", "character": "bpchar_ops", "integer": "int4_ops"},
        **{"bigint": "int8_ops", "smallint": "int2_ops", "numeric": "numeric_ops", "boolean": "bool_ops"},
        **{"date": "date_ops", "uuid": "uuid_ops", "jsonb": "jsonb_ops", "bytea": "bytea_ops", "inet": "inet_ops"},
        **{"timestamp with time zone": "timestamptz_ops", "timestamp without time zone": "timestamp_ops"},
        **{"double precision": "float8_ops", "real": "float4_ops"},
    },
    "gin": {"jsonb": "jsonb_ops", "tsvector": "tsvector_ops"},
    "gist": {"tsvector": "tsvector_ops", "point": "point_ops", "box": "box_ops", "polygon": "poly_ops"},
    "ivfflat": {"vector": "vector_l2_ops"},
}
"""Operator classes that need not be said, by method and type (``pg_opclass.opcdefault``)."""
_DEFAULT_OPCLASSES_SINCE = {("gist", "inet"): (19, "inet_ops")}
"""Those of a release and later (P56). Of cidr it is gist_cidr_ops where an older btree_gist came along from 18."""


def unkeyed(sql: str) -> Expression:
    """An expression whose columns are not known yet; ``keyed`` completes it."""
    return Expression(sql.strip(), "")


def read_collation(stream: TokenStream, default_schema: str) -> str | None:
    """Read a collation's name as SQL text; ``None`` for ``"default"``, which is to say nothing (P43)."""
    return collation_text(*_two(read_dotted(stream)), default_schema=default_schema)


def _two(parts: list[str]) -> tuple[str, str]:
    return ("" if len(parts) == 1 else parts[-2], parts[-1])


def collation_text(schema: str, name: str, *, default_schema: str) -> str | None:
    """A collation in SQL, always quoted; ``None`` for the database's default one."""
    if schema in ("", "pg_catalog") and name == "default":
        return None
    return quote(name) if schema in ("", "pg_catalog", default_schema) else f"{quote(schema)}.{quote(name)}"


def storage_options(stream: TokenStream) -> str | None:
    """Read ``(fillfactor = 70, …)`` as ``fillfactor=70, …``, sorted; toast's own settings are left out."""
    found = []
    for item in stream.group().items():
        name = ".".join(read_dotted(item))
        value = "true"
        if item.accept("="):
            token = item.next()
            value = string_value(token.text) if token.kind == STRING else token.text + item.text()
        if not name.startswith("toast."):
            found.append(f"{name}={value.lower()}")
    return ", ".join(sorted(found)) or None


def read_index(stream: TokenStream, default_schema: str, *, unique: bool) -> tuple[list[str], Index]:
    """Read what follows ``CREATE [UNIQUE] INDEX``; returns the table's dotted name and the index, not yet ``keyed``."""
    stream.accept("CONCURRENTLY")
    stream.accept("IF", "NOT", "EXISTS")
    name = None if stream.at("ON") else read_dotted(stream)[-1]
    stream.expect("ON")
    stream.accept("ONLY")
    table = read_dotted(stream)
    method = lower_method(read_identifier(stream)) if stream.accept("USING") else None
    parts = tuple(_read_key(item, default_schema) for item in stream.group().items())
    index = Index(name, parts, unique=unique, method=method)
    return table, read_index_tail(stream, index)


def lower_method(method: str) -> str | None:
    """An access method, ``None`` for btree."""
    return None if method == "btree" else method


def read_index_tail(stream: TokenStream, index: Index) -> Index:
    """Read what may follow the keys of an index or of a unique constraint."""
    found: dict[str, str | bool | None] = {}
    while not stream.done:
        if stream.accept("INCLUDE"):
            index = replace(index, include=names(stream, fold))
        elif stream.accept("NULLS", "NOT", "DISTINCT"):
            index = replace(index, nulls_not_distinct=True)
        elif stream.accept("NULLS", "DISTINCT"):
            pass
        elif stream.accept("WITH"):
            found["with_"] = storage_options(stream)
        elif stream.accept("TABLESPACE") or stream.accept("USING", "INDEX", "TABLESPACE"):
            read_identifier(stream)
        elif stream.accept("WHERE"):
            index = replace(index, where=unkeyed(stream.text()))
        elif not _read_deferrable(stream, found):
            break
    return replace(index, options=index_options(**found))


def index_options(*, with_: str | bool | None = None, **rest: str | bool | None) -> Options:
    """The options of an index or key; ``with`` is a word of Python's."""
    found = options(**rest)
    return tuple(sorted((*found, ("with", str(with_))))) if with_ else found


def _read_deferrable(stream: TokenStream, found: dict[str, str | bool | None]) -> bool:
    if stream.accept("NOT", "DEFERRABLE") or stream.accept("INITIALLY", "IMMEDIATE"):
        return True
    if stream.accept("DEFERRABLE"):
        found["deferrable"] = True
        return True
    if stream.accept("INITIALLY", "DEFERRED"):
        found["deferrable"] = found["initially_deferred"] = True
        return True
    return False


def _read_key(stream: TokenStream, default_schema: str) -> IndexPart:
    part = _read_key_start(stream)
    if stream.accept("COLLATE"):
        part = replace(part, collation=read_collation(stream, default_schema))
    token = stream.peek()
    if token is not None and token.kind in (WORD, QUOTED) and token.upper not in ("ASC", "DESC", "NULLS"):
        part = replace(part, opclass=_read_opclass(stream, default_schema))
    if not stream.accept("ASC") and stream.accept("DESC"):
        part = replace(part, descending=True)
    if stream.accept("NULLS"):
        first = stream.next().upper == "FIRST"
        part = replace(part, nulls_first=None if first == part.descending else first)
    if not stream.done:
        raise stream.error("this key of an index is not understood")
    return part


def _read_key_start(stream: TokenStream) -> IndexPart:
    if stream.at("("):
        inner = stream.group()
        tokens = strip_parentheses(inner.tokens)
        if len(tokens) == 1 and (tokens[0].kind == QUOTED or (tokens[0].kind == WORD and _is_column(tokens[0].upper))):
            return IndexPart(column=fold(tokens[0]))
        return IndexPart(expression=unkeyed(inner.text()))
    start = stream.position
    dotted = read_dotted(stream)
    if stream.at("("):
        stream.group()
        return IndexPart(expression=unkeyed(stream.raw(start)))
    return IndexPart(column=dotted[-1])


def _is_column(word: str) -> bool:
    return word not in _WORDS_THAT_ARE_VALUES


def _read_opclass(stream: TokenStream, default_schema: str) -> str:
    schema, name = _two(read_dotted(stream))
    shown = [] if schema in ("", "pg_catalog", default_schema) else [quote_needed(schema)]
    text = ".".join([*shown, quote_needed(name)])
    if stream.at("("):
        parameters = []
        for item in stream.group().items():
            parameter = read_identifier(item)
            item.expect("=")
            token = item.next()
            value = string_value(token.text) if token.kind == STRING else token.text
            parameters.append(f"{parameter}={printed_literal(value)}")
        text += f"({', '.join(parameters)})"
    return text


def keyed(index: Index, columns: Columns, default_schema: str, version: int = 0) -> Index:
    """The index with its expressions' keys, and without operator classes that need not be said.

    ``version`` is that of the server which is to read the text; what a server wrote has left them out.
    """
    where = index.where
    return replace(
        index,
        parts=tuple(
            _keyed_part(part, index.method or "btree", columns, default_schema, version) for part in index.parts
        ),
        where=where and expression_of(where.sql, columns, default_schema),
    )


def _keyed_part(part: IndexPart, method: str, columns: Columns, default_schema: str, version: int) -> IndexPart:
    if part.expression is not None:
        return replace(part, expression=expression_of(part.expression.sql, columns, default_schema))
    if part.opclass is None:
        return part
    kind = base_type(columns.get(part.column or "", ""))
    implied = _DEFAULT_OPCLASSES.get(method, {}).get(kind)
    since, newer = _DEFAULT_OPCLASSES_SINCE.get((method, kind), (0, implied))
    if version >= since:
        implied = newer
    if method == "gin" and kind.endswith("[]"):
        implied = "array_ops"
    return replace(part, opclass=None) if part.opclass == implied else part


def read_exclusion(name: str | None, sql: str) -> Exclusion:
    """An exclusion of everything after its name, not yet ``keyed``; its storage parameters are options."""
    try:
        head, tail = exclusion_halves(sql)
        stream = TokenStream(tail, tokenize(tail))
        if not stream.accept("WITH"):
            return Exclusion(name, unkeyed(sql))
        found = index_options(with_=storage_options(stream))
    except DDLSyntaxError:
        return Exclusion(name, unkeyed(sql))
    return Exclusion(name, unkeyed(f"{head} {stream.text()}".rstrip()), found)


def exclusion_halves(sql: str) -> tuple[str, str]:
    """What stands before and after the place of the storage parameters. Raises ``DDLSyntaxError``."""
    stream = TokenStream(sql, tokenize(sql))
    stream.expect("EXCLUDE")
    if stream.accept("USING"):
        read_identifier(stream)
    stream.group()
    if stream.accept("INCLUDE"):
        stream.group()
    return stream.raw(0, stream.position), stream.text()


def exclusion_expression(sql: str, columns: Columns, default_schema: str, version: int = 0) -> Expression:
    """Everything after the name of an EXCLUDE constraint, compared by its parts; ``version`` as for ``keyed``."""
    stream = TokenStream(sql, tokenize(sql))
    try:
        key = _exclusion_key(stream, columns, default_schema, version)
    except DDLSyntaxError:
        key = plain_key(sql)
    return Expression(sql, key)


def exclusion_index(sql: str) -> Index | None:
    """The index behind an EXCLUDE constraint, not ``keyed``; ``None`` where the text is not understood."""
    try:
        return _read_exclusion(TokenStream(sql, tokenize(sql)), "public")[0]
    except DDLSyntaxError:
        return None


def exclusion_names(sql: str, default_schema: str) -> list[str]:
    """The names in the middle of an exclusion's made-up name."""
    index, _ = _read_exclusion(TokenStream(sql, tokenize(sql)), default_schema)
    return key_names(index.parts, index.include)


def _read_exclusion(stream: TokenStream, default_schema: str) -> tuple[Index, list[str]]:
    """The exclusion as an index, and the operators of its parts."""
    stream.expect("EXCLUDE")
    method = lower_method(read_identifier(stream)) if stream.accept("USING") else None
    parts, operators = [], []
    for item in stream.group().items():
        first = item.position
        item.text_until(lambda cursor: cursor.at("WITH"))
        parts.append(_read_key(item.part(first, item.position), default_schema))
        item.expect("WITH")
        operators.append(item.text())
    index = read_index_tail(stream, Index(None, tuple(parts), method=method))
    if not stream.done:
        raise stream.error("the end of this exclusion is not understood")
    return index, operators


def _exclusion_key(stream: TokenStream, columns: Columns, default_schema: str, version: int) -> str:
    index, operators = _read_exclusion(stream, default_schema)
    index = keyed(index, columns, default_schema, version)
    shown = [f"{_part_key(part)} with {operator}" for part, operator in zip(index.parts, operators, strict=True)]
    texts = [index.method or "btree", ", ".join(shown), "include", *index.include]
    texts += [f"{name} {value}" for name, value in index.options]
    return " ".join(texts) + (f" where {index.where.key}" if index.where else "")


def _part_key(part: IndexPart) -> str:
    texts = [part.expression.key if part.expression else quote_needed(part.column or "")]
    texts += [text for text in (part.collation, part.opclass) if text]
    return " ".join([*texts, *["desc"] * part.descending, *([f"nulls {part.nulls_first}"] if part.nulls_first else [])])


def key_names(parts: Sequence[IndexPart], include: Sequence[str]) -> list[str]:
    """What the keys of an index are called in its made-up name: the column, or the function of an expression."""
    found: list[str] = []
    for part in parts:
        base = part.column or _function_name(part.expression.sql if part.expression else "")
        name, number = base, 0
        while name in found:
            number += 1
            name = f"{base.encode()[: NAME_BYTES - len(str(number))].decode(errors='ignore')}{number}"
        found.append(name)
    return [*found, *include]


def _function_name(sql: str) -> str:
    """``FigureIndexColname``: a function or cast lends its name, everything else is an ``expr``."""
    head, parenthesis, _ = sql.strip("( ").partition("(")
    word = head.strip().rsplit(".", 1)[-1].strip('"')
    ends_there = parenthesis and _closes_at_end(sql)
    return word.lower() if ends_there and word.isidentifier() else "expr"


def _closes_at_end(sql: str) -> bool:
    depth = 0
    text = sql.strip()
    while text.startswith("("):
        text = text[1:-1].strip()
    for place, letter in enumerate(text):
        depth += (letter == "(") - (letter == ")")
        if depth == 0 and letter == ")":
            return place == len(text) - 1
    return False
