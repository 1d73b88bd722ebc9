"""Reading the keys, constraints and indexes of a table."""

from __future__ import annotations

import re
from dataclasses import replace

from pytest_schemadrift.dialects.mysql.names import string_value
from pytest_schemadrift.dialects.mysql.read.builder import TableBuilder
from pytest_schemadrift.dialects.mysql.read.table import (
    Reading,
    UnsupportedClause,
    attribute_text,
    read_check,
    read_expression,
    read_references,
)
from pytest_schemadrift.dialects.mysql.read.types import base_type
from pytest_schemadrift.dialects.reader import TokenStream
from pytest_schemadrift.schema.model import Index, IndexPart, PrimaryKey, options

_PREFIXED = re.compile(r"(var)?(char|binary)\(\d+\)")
_METHODS = {"FULLTEXT": "fulltext", "SPATIAL": "spatial", "VECTOR": "vector"}
_UNREAD = ("KEY_BLOCK_SIZE", "ENGINE_ATTRIBUTE", "SECONDARY_ENGINE_ATTRIBUTE", "CLUSTERING")
"""Options of an index that are compared with nothing."""
_KEY_WORDS = ("KEY", "INDEX")
_CONSTRAINT_STARTS = frozenset(
    ["CONSTRAINT", "PRIMARY", "UNIQUE", "KEY", "INDEX", "FULLTEXT", "SPATIAL", "VECTOR", "FOREIGN", "CHECK", "PERIOD"]
)


def is_constraint(stream: TokenStream) -> bool:
    """Whether an item of a table's definition is a key or constraint and no column."""
    token = stream.peek()
    if token is None or token.upper not in _CONSTRAINT_STARTS:
        return False
    following = stream.peek(1)
    return not (
        token.upper in ("PERIOD", "VECTOR")
        and following is not None
        and following.upper not in ("FOR", "KEY", "INDEX", "(")
    )


def read_constraint(stream: TokenStream, builder: TableBuilder, reading: Reading) -> None:
    """Read a key, constraint or index of a table into the builder."""
    name = None
    if stream.accept("CONSTRAINT"):
        _if_not_exists(stream)
        token = stream.peek()
        if token is not None and token.upper not in ("PRIMARY", "UNIQUE", "FOREIGN", "CHECK"):
            name = stream.identifier()
    if stream.accept("PRIMARY", "KEY"):
        _read_primary_key(stream, builder, reading)
    elif stream.accept("UNIQUE"):
        stream.accept_any(*_KEY_WORDS)
        builder.add_index(_read_index(stream, name, builder, reading, unique=True))
    elif stream.accept("FOREIGN", "KEY"):
        _read_foreign_key(stream, name, builder, reading)
    elif stream.at("CHECK"):
        builder.add_check(read_check(stream, name), reading.info)
    elif (method := stream.accept_any(*_METHODS)) is not None:
        stream.accept_any(*_KEY_WORDS)
        builder.add_index(_read_index(stream, name, builder, reading, method=_METHODS[method]))
    elif stream.accept_any(*_KEY_WORDS):
        builder.add_index(_read_index(stream, name, builder, reading))
    elif stream.at("PERIOD"):
        raise UnsupportedClause("a PERIOD")
    else:
        raise stream.error(f"cannot read the constraint at {stream.next().text!r}")


def _if_not_exists(stream: TokenStream) -> None:
    stream.accept("IF", "NOT", "EXISTS")


def _read_primary_key(stream: TokenStream, builder: TableBuilder, reading: Reading) -> None:
    if not stream.at("("):
        while not stream.done and not stream.at("("):  # an index name and USING BTREE, which mean nothing here
            stream.next()
    parts = _index_parts(stream.group(), builder)
    found = _read_index_options(stream, builder, "PRIMARY")
    builder.primary_key = PrimaryKey(parts, options=options(comment=found.get("comment") or None))


def _read_foreign_key(stream: TokenStream, name: str | None, builder: TableBuilder, reading: Reading) -> None:
    _if_not_exists(stream)
    index_name = None if stream.at("(") else stream.identifier()
    columns = tuple(builder.spelled(part.identifier()) for part in stream.group().items())
    builder.add_foreign_key(read_references(stream, columns, name, reading), index_name, reading.info)


def _read_index(
    stream: TokenStream,
    name: str | None,
    builder: TableBuilder,
    reading: Reading,
    *,
    unique: bool = False,
    method: str | None = None,
) -> Index:
    _if_not_exists(stream)
    if not stream.at("(") and not stream.at("USING") and not stream.at("TYPE"):
        name = stream.identifier()
    using = stream.next().upper if stream.accept("USING") or stream.accept("TYPE") else None
    return read_index_body(stream, name, builder, reading, unique=unique, method=method, using=using)


def read_index_body(
    stream: TokenStream,
    name: str | None,
    builder: TableBuilder,
    reading: Reading,
    *,
    unique: bool = False,
    method: str | None = None,
    using: str | None = None,
) -> Index:
    """Read an index from its key parts on."""
    parts = _index_parts(stream.group(), builder)
    found = _read_index_options(stream, builder, name or "")
    using = found.pop("using", using or "")
    comment = found.pop("comment", None)
    if method is None:
        method = _method(using, parts, builder, reading, unique=unique)
    if method in ("fulltext", "spatial"):
        parts = tuple(replace(part, length=None, descending=False) for part in parts)
    return Index(
        name=name, parts=parts, unique=unique, method=method, comment=comment or None, options=options(**found)
    )


def _method(
    using: str, parts: tuple[IndexPart, ...], builder: TableBuilder, reading: Reading, *, unique: bool
) -> str | None:
    """``None`` is what the engine uses by itself: BTREE, in MEMORY tables HASH."""
    if builder.engine.lower() in ("memory", "heap"):
        return "btree" if using == "BTREE" else None
    if not reading.mariadb:
        return None  # InnoDB of MySQL knows BTREE only, whatever was asked for
    if not unique:
        return None
    columns = [builder.column(part.column or "") for part in parts if part.length is None]
    blob = any(column is not None and base_type(column.type).endswith(("text", "blob", "json")) for column in columns)
    return "hash" if using == "HASH" or blob else None


def _index_parts(stream: TokenStream, builder: TableBuilder) -> tuple[IndexPart, ...]:
    return tuple(_index_part(part, builder) for part in stream.items())


def _index_part(part: TokenStream, builder: TableBuilder) -> IndexPart:
    if part.at("("):
        expression = read_expression(part.group())
        return IndexPart(expression=expression, descending=_descending(part))
    name = builder.spelled(part.identifier())
    length = int(part.group().next().text) if part.at("(") else None
    column = builder.column(name)
    if column is not None and length is not None and _PREFIXED.fullmatch(column.type) and f"({length})" in column.type:
        length = None  # a prefix as long as the column is the column
    return IndexPart(column=name, length=length, descending=_descending(part))


def _descending(part: TokenStream) -> bool:
    if part.accept("DESC"):
        return True
    part.accept("ASC")
    if not part.done:
        raise part.error(f"cannot read the key part at {part.next().text!r}")
    return False


def _read_index_options(stream: TokenStream, builder: TableBuilder, name: str) -> dict[str, str]:
    found: dict[str, str] = {}
    unread: list[str] = []
    while not stream.done:
        if stream.accept("USING"):
            found["using"] = stream.next().upper
        elif stream.accept("COMMENT"):
            found["comment"] = string_value(stream.next().text)
        elif stream.accept("INVISIBLE") or stream.accept("IGNORED"):
            found["invisible"] = "yes"
        elif stream.accept("VISIBLE") or stream.accept("NOT", "IGNORED"):
            pass
        elif stream.accept("WITH", "PARSER"):
            found["parser"] = stream.identifier()
        elif stream.at("ALGORITHM") or stream.at("LOCK"):  # of the statement
            attribute_text(stream)
        elif (token := stream.peek()) is not None and token.upper in _UNREAD:
            unread.append(attribute_text(stream))
        elif (token := stream.peek()) is not None and token.text.upper() in ("M", "DISTANCE"):
            stream.next()
            stream.accept("=")
            found[token.text.lower()] = stream.next().text.strip("'\"`").lower()
        else:
            break
    builder.unread["index", name] = tuple(unread)
    return found
