"""Reading the columns of CREATE TABLE and ALTER TABLE, with the keys and checks that are part of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from pytest_schemadrift.dialects.mysql.collations import canonical_charset, canonical_collation
from pytest_schemadrift.dialects.mysql.names import SPATIAL_TYPES, string_value
from pytest_schemadrift.dialects.mysql.read.builder import TableBuilder
from pytest_schemadrift.dialects.mysql.read.defaults import default_from_text, now_expression
from pytest_schemadrift.dialects.mysql.read.expressions import key_of, without_introducers
from pytest_schemadrift.dialects.mysql.read.types import WrittenType, base_type, read_type, resolve
from pytest_schemadrift.dialects.mysql.read.zones import moved, session_zone
from pytest_schemadrift.dialects.reader import STRING, TokenStream, references, strip_parentheses
from pytest_schemadrift.schema.capabilities import ServerInfo
from pytest_schemadrift.schema.model import (
    Check,
    Column,
    Expression,
    ForeignKey,
    Generated,
    Index,
    IndexPart,
    Name,
    PrimaryKey,
    options,
)

_ONE_WORD_ATTRIBUTES = frozenset({"COLUMN_FORMAT", "STORAGE", "ENGINE_ATTRIBUTE", "SECONDARY_ENGINE_ATTRIBUTE"})


class UnsupportedClause(Exception):
    """A clause that we can read but not express; the whole statement becomes an unsupported object."""


@dataclass(slots=True)
class Reading:
    """What every reader here needs to know of its surroundings."""

    info: ServerInfo
    qualified: Callable[[TokenStream], Name]
    zone: str = ""
    """The time zone that the script has set; empty for that of the session."""

    @property
    def mariadb(self) -> bool:
        """Whether the text is meant for MariaDB."""
        return self.info.dialect == "mariadb"

    def default(self, text: str, type_: str) -> Expression | None:
        """The default that a text says, of a moment as the session would show it."""
        found = default_from_text(text, type_, self.info.dialect)
        base = base_type(type_)
        if found is None or base not in ("timestamp", "datetime"):
            return found
        own = session_zone(self.info)
        here = self.zone or own
        with_offset = text.rstrip().endswith("+00:00'")  # MySQL makes a time of ``here`` of it
        written = "+00:00" if with_offset else here
        if base == "datetime":
            return moved(found, written, here)
        return moved(found, written, own)


@dataclass(slots=True)
class _Attributes:
    """A column's attributes in the order-free way in which people write them."""

    written: WrittenType
    nullable: bool | None = None
    default: tuple[int, int] | None = None
    """First and last token of the default's text; so too for ON UPDATE."""
    implied: Expression | None = None
    """The default of a bare TIMESTAMP where the server implies one; ``ticks`` says that it is updated too."""
    ticks: bool = False
    on_update: tuple[int, int] | None = None
    autoincrement: bool = False
    generated: Generated | None = None
    comment: str | None = None
    primary: bool = False
    unique: bool = False
    invisible: bool = False
    compressed: bool = False
    srid: str | None = None
    check: Check | None = None
    reference: ForeignKey | None = None
    unread: list[str] = field(default_factory=list)
    """The attributes that are compared with nothing, as they are written."""


def read_column(stream: TokenStream, builder: TableBuilder, reading: Reading) -> Column:
    """Read a column definition; keys and checks that are part of it go into the builder."""
    name = stream.identifier()
    serial = stream.at("SERIAL")
    found = _Attributes(read_type(stream))
    if serial:
        found.nullable, found.autoincrement, found.unique = False, True, True
    while not stream.done and not stream.at("FIRST") and not stream.at("AFTER"):
        _read_attribute(stream, name, found, reading)
    return _make_column(stream, name, found, builder, reading)


def _read_attribute(stream: TokenStream, name: str, found: _Attributes, reading: Reading) -> None:
    if stream.accept("NOT", "NULL"):
        found.nullable = False
    elif stream.accept("NULL"):
        found.nullable = True
    elif stream.accept("DEFAULT"):
        found.default = _default_range(stream)
    elif stream.accept("ON", "UPDATE"):
        found.on_update = _default_range(stream)
    elif stream.accept("AUTO_INCREMENT"):
        found.autoincrement = True
    elif stream.accept("SERIAL", "DEFAULT", "VALUE"):
        found.nullable, found.autoincrement, found.unique = False, True, True
    elif stream.accept("UNIQUE"):
        stream.accept("KEY")
        found.unique = True
    elif stream.accept("PRIMARY"):
        stream.accept("KEY")
        found.primary = True
    elif stream.accept("KEY"):
        found.primary = True
    elif stream.accept("COMMENT"):
        found.comment = string_value(stream.next().text)
    elif stream.accept("GENERATED", "ALWAYS", "AS") or stream.accept("AS"):
        found.generated = _generated(stream, reading)
    elif stream.accept("VIRTUAL") or stream.accept("STORED") or stream.accept("PERSISTENT"):
        pass  # read with the expression
    elif stream.accept("INVISIBLE"):
        found.invisible = True
    elif stream.accept("VISIBLE"):
        pass
    elif stream.accept("SRID") or stream.accept("REF_SYSTEM_ID"):
        stream.accept("=")
        found.srid = stream.next().text
    elif stream.accept("COMPRESSED"):
        found.compressed = True
    elif stream.at("REFERENCES"):
        found.reference = _inline_reference(stream, name, reading)
    elif stream.at("CONSTRAINT") or stream.at("CHECK"):
        found.check = _inline_check(stream, name, reading)
    elif (word := stream.peek()) is not None and word.upper in _ONE_WORD_ATTRIBUTES:
        found.unread.append(attribute_text(stream))
    elif stream.accept("NOT", "SECONDARY"):
        found.unread.append("NOT SECONDARY")
    elif stream.at("WITH", "SYSTEM") or stream.at("WITHOUT", "SYSTEM") or stream.at("ROW"):
        raise UnsupportedClause("system versioning")
    else:
        _late_type_attribute(stream, found.written)


def attribute_text(stream: TokenStream) -> str:
    """Read a word and its value, with or without ``=``, as they are written."""
    first = stream.position
    stream.next()
    stream.accept("=")
    stream.next()
    return stream.raw(first)


def _late_type_attribute(stream: TokenStream, written: WrittenType) -> None:
    """COLLATE and CHARACTER SET may stand behind other attributes."""
    if stream.accept("COLLATE"):
        written.collation = canonical_collation(stream.identifier(), written.charset or "")
    elif stream.accept("CHARACTER", "SET") or stream.accept("CHARSET"):
        written.charset = canonical_charset(stream.identifier())
    elif stream.accept("BINARY"):
        written.binary = True
    else:
        token = stream.next()
        raise stream.error(f"cannot read the column attribute {token.text!r}")


def _default_range(stream: TokenStream) -> tuple[int, int]:
    """Read a default: a literal with its sign or introducer, a function call, or anything in parentheses."""
    first = stream.position
    if stream.at("("):
        stream.group()
        return first, stream.position
    if stream.accept("NEXT", "VALUE", "FOR"):
        raise UnsupportedClause("a default from a sequence")
    if stream.at("-") or stream.at("+"):
        stream.next()
    token = stream.next()
    if stream.at("("):
        stream.group()
    elif token.upper == "." or stream.at("."):
        stream.accept(".")
        stream.next()
    following = stream.peek()
    if (
        following is not None
        and following.kind == STRING
        and (token.upper.startswith("_") or token.upper in ("DATE", "TIME", "TIMESTAMP") or token.kind == STRING)
    ):
        stream.next()
    return first, stream.position


def _generated(stream: TokenStream, reading: Reading) -> Generated:
    expression = read_expression(stream.group())
    stored = stream.accept("STORED") or stream.accept("PERSISTENT")
    return Generated(expression, stored=stored)


def read_expression(stream: TokenStream) -> Expression:
    """All that is left of a stream as an expression; reads it."""
    tokens = stream.tokens[stream.position :]
    stream.position = len(stream.tokens)
    inner = strip_parentheses(tokens)
    return Expression(without_introducers(stream.sql, inner), key_of(inner))


def _inline_reference(stream: TokenStream, name: str, reading: Reading) -> ForeignKey | None:
    """``col INT REFERENCES t (id)``: MySQL before 9.0 reads and forgets it, everyone else makes a foreign key."""
    key = read_references(stream, (name,), None, reading)
    return key if reading.mariadb or reading.info.version >= (9,) else None


def read_references(stream: TokenStream, columns: tuple[str, ...], name: str | None, reading: Reading) -> ForeignKey:
    """Read ``REFERENCES`` and its actions."""
    stream.expect("REFERENCES")
    key = references(stream, columns, name, lambda token: token.text, reading.qualified)
    dialect = reading.info.dialect
    return replace(
        key, on_delete=canonical_action(key.on_delete, dialect), on_update=canonical_action(key.on_update, dialect)
    )


def canonical_action(action: str, dialect: str) -> str:
    """InnoDB treats RESTRICT and NO ACTION alike (manual, "FOREIGN KEY Constraints").

    MariaDB reads SET DEFAULT and keeps RESTRICT (seen in 10.11 and 11.8).
    """
    same = ("RESTRICT", "SET DEFAULT") if dialect == "mariadb" else ("RESTRICT",)
    return "NO ACTION" if action in same else action


def _inline_check(stream: TokenStream, name: str, reading: Reading) -> Check:
    constraint = None
    if stream.accept("CONSTRAINT"):
        constraint = None if stream.at("CHECK") else stream.identifier()
    check = read_check(stream, constraint)
    return replace(check, column=name) if reading.mariadb and constraint is None else check


def read_check(stream: TokenStream, name: str | None) -> Check:
    """Read ``CHECK (…)`` with MySQL's ``NOT ENFORCED``."""
    stream.expect("CHECK")
    expression = read_expression(stream.group())
    enforced = not stream.accept("NOT", "ENFORCED")
    stream.accept("ENFORCED")
    return Check(name, expression, enforced=enforced)


def _make_column(stream: TokenStream, name: str, found: _Attributes, builder: TableBuilder, reading: Reading) -> Column:
    info = reading.info
    type_, collation = resolve(found.written, builder.collation, info)
    check = found.check
    if reading.mariadb:
        type_, collation, check = fold_json(name, type_, collation, check)
    if base_type(type_) == "timestamp" and info.setting("explicit_defaults_for_timestamp", "1") in ("0", "OFF"):
        _imply_timestamp_defaults(found, builder, type_, info)
    column = Column(
        name=name,
        type=type_,
        nullable=found.nullable is not False and not found.primary,
        default=_default(stream, found, type_, reading),
        autoincrement=found.autoincrement,
        generated=found.generated,
        collation=collation if collation != info.collation else None,
        on_update=_on_update(stream, found, type_, info),
        comment=found.comment or None,
        options=options(
            invisible=found.invisible,
            compressed=found.compressed,
            srid=_srid(found.srid, type_, info),
        ),
    )
    builder.unread["table", name] = tuple(found.unread)
    if check is not None:
        builder.add_check(check, info)
    if found.reference is not None:
        builder.add_foreign_key(found.reference, None, info)
    if found.primary:
        builder.primary_key = PrimaryKey((IndexPart(column=name),))
    if found.unique:
        builder.add_index(Index(name=None, parts=(IndexPart(column=name),), unique=True))
    return column


def fold_json(
    name: str, type_: str, collation: str | None, check: Check | None
) -> tuple[str, str | None, Check | None]:
    """MariaDB's JSON is ``longtext COLLATE utf8mb4_bin CHECK (json_valid(col))`` and nothing else.

    A JSON column with a check of its own does not get that one, and is a plain longtext.
    """
    is_valid = check is not None and check.expression.key == f"json_valid(`{name.lower()}`)"
    if type_ == "longtext" and collation == "utf8mb4_bin" and is_valid:
        return "json", None, None
    if type_ == "json" and check is not None:
        return ("json", None, None) if is_valid else ("longtext", "utf8mb4_bin", check)
    return type_, collation, check


def _default(stream: TokenStream, found: _Attributes, type_: str, reading: Reading) -> Expression | None:
    if found.default is None:
        return found.implied
    return reading.default(stream.raw(*found.default), type_)


def _on_update(stream: TokenStream, found: _Attributes, type_: str, info: ServerInfo) -> Expression | None:
    if found.on_update is None:
        return found.implied if found.ticks else None
    first, last = found.on_update
    return now_expression(stream.tokens[first:last], type_, info.dialect)


def _srid(text: str | None, type_: str, info: ServerInfo) -> str | None:
    """What is written of a reference system: MySQL refuses others where it is 0, and MariaDB's 0 is none at all."""
    if base_type(type_) not in SPATIAL_TYPES or (info.dialect == "mariadb" and text == "0"):
        return None
    return text


def _imply_timestamp_defaults(found: _Attributes, builder: TableBuilder, type_: str, info: ServerInfo) -> None:
    """With ``explicit_defaults_for_timestamp=OFF`` a bare TIMESTAMP is NOT NULL, and the first one ticks by itself."""
    if found.nullable:
        return
    found.nullable = False
    if found.default is not None or found.on_update is not None:
        return
    first = not any(base_type(column.type) == "timestamp" for column in builder.columns)
    now = "CURRENT_TIMESTAMP" + type_.removeprefix("timestamp")
    found.implied = default_from_text(now if first else "'0000-00-00 00:00:00'", type_, info.dialect)
    found.ticks = first
