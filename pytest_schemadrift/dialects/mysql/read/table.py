"""Reading the parts of CREATE TABLE and ALTER TABLE: columns, keys, checks, options."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from pytest_schemadrift.dialects.mysql.collations import canonical_charset, canonical_collation, default_collation
from pytest_schemadrift.dialects.mysql.names import string_value
from pytest_schemadrift.dialects.mysql.read.builder import TableDraft
from pytest_schemadrift.dialects.mysql.read.defaults import default_from_text, now_expression
from pytest_schemadrift.dialects.mysql.read.expressions import key_of, without_introducers
from pytest_schemadrift.dialects.mysql.read.partitions import read_partitioning
from pytest_schemadrift.dialects.mysql.read.types import SPATIAL_TYPES, WrittenType, base_type, read_type, resolve
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

_PREFIXED = re.compile(r"(var)?(char|binary)\(\d+\)")
_METHODS = {"FULLTEXT": "fulltext", "SPATIAL": "spatial", "VECTOR": "vector"}
_KEY_WORDS = ("KEY", "INDEX")
_CONSTRAINT_STARTS = frozenset(
    ["CONSTRAINT", "PRIMARY", "UNIQUE", "KEY", "INDEX", "FULLTEXT", "SPATIAL", "VECTOR", "FOREIGN", "CHECK", "PERIOD"]
)
_ONE_WORD_ATTRIBUTES = frozenset({"COLUMN_FORMAT", "STORAGE", "ENGINE_ATTRIBUTE", "SECONDARY_ENGINE_ATTRIBUTE"})


class UnsupportedClause(Exception):
    """A clause that we can read but not express; the whole statement becomes an unsupported object."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What every reader here needs to know of its surroundings."""

    info: ServerInfo
    qualified: Callable[[TokenStream], Name]

    @property
    def mariadb(self) -> bool:
        """Whether the text is meant for MariaDB."""
        return self.info.dialect == "mariadb"


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


def read_column(stream: TokenStream, draft: TableDraft, reading: Reading) -> Column:
    """Read a column definition; keys and checks that are part of it go into the draft."""
    name = stream.identifier()
    serial = stream.at("SERIAL")
    found = _Attributes(read_type(stream))
    if serial:
        found.nullable, found.autoincrement, found.unique = False, True, True
    while not stream.done and not stream.at("FIRST") and not stream.at("AFTER"):
        _read_attribute(stream, name, found, reading)
    return _make_column(stream, name, found, draft, reading)


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
        stream.next()
        stream.accept("=")
        stream.next()
    elif stream.at("WITH", "SYSTEM") or stream.at("WITHOUT", "SYSTEM") or stream.at("ROW"):
        raise UnsupportedClause("system versioning")
    else:
        _late_type_attribute(stream, found.written)


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
    key = _references(stream, (name,), None, reading)
    return key if reading.mariadb or reading.info.version >= (9,) else None


def _references(stream: TokenStream, columns: tuple[str, ...], name: str | None, reading: Reading) -> ForeignKey:
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


def _make_column(stream: TokenStream, name: str, found: _Attributes, draft: TableDraft, reading: Reading) -> Column:
    info = reading.info
    type_, collation = resolve(found.written, draft.collation, info)
    check = found.check
    if reading.mariadb:
        type_, collation, check = fold_json(name, type_, collation, check)
    if base_type(type_) == "timestamp" and info.setting("explicit_defaults_for_timestamp", "1") in ("0", "OFF"):
        _imply_timestamp_defaults(found, draft, type_, info)
    column = Column(
        name=name,
        type=type_,
        nullable=found.nullable is not False and not found.primary,
        default=_default(stream, found, type_, info),
        autoincrement=found.autoincrement,
        generated=found.generated,
        collation=collation if collation != info.collation else None,
        on_update=_on_update(stream, found, type_, info),
        comment=found.comment or None,
        options=options(
            invisible=found.invisible,
            compressed=found.compressed,
            srid=found.srid if base_type(type_) in SPATIAL_TYPES and found.srid != "0" else None,
        ),
    )
    if check is not None:
        draft.add_check(check, info)
    if found.reference is not None:
        draft.add_foreign_key(found.reference, None, info)
    if found.primary:
        draft.primary_key = PrimaryKey((IndexPart(column=name),))
    if found.unique:
        draft.add_index(Index(name=None, parts=(IndexPart(column=name),), unique=True))
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


def _default(stream: TokenStream, found: _Attributes, type_: str, info: ServerInfo) -> Expression | None:
    if found.default is None:
        return found.implied
    return default_from_text(stream.raw(*found.default), type_, info.dialect)


def _on_update(stream: TokenStream, found: _Attributes, type_: str, info: ServerInfo) -> Expression | None:
    if found.on_update is None:
        return found.implied if found.ticks else None
    first, last = found.on_update
    return now_expression(stream.tokens[first:last], type_, info.dialect)


def _imply_timestamp_defaults(found: _Attributes, draft: TableDraft, type_: str, info: ServerInfo) -> None:
    """With ``explicit_defaults_for_timestamp=OFF`` a bare TIMESTAMP is NOT NULL, and the first one ticks by itself."""
    if found.nullable:
        return
    found.nullable = False
    if found.default is not None or found.on_update is not None:
        return
    first = not any(base_type(column.type) == "timestamp" for column in draft.columns)
    now = "CURRENT_TIMESTAMP" + type_.removeprefix("timestamp")
    found.implied = default_from_text(now if first else "'0000-00-00 00:00:00'", type_, info.dialect)
    found.ticks = first


def read_constraint(stream: TokenStream, draft: TableDraft, reading: Reading) -> None:
    """Read a key, constraint or index of a table into the draft."""
    name = None
    if stream.accept("CONSTRAINT"):
        _if_not_exists(stream)
        token = stream.peek()
        if token is not None and token.upper not in ("PRIMARY", "UNIQUE", "FOREIGN", "CHECK"):
            name = stream.identifier()
    if stream.accept("PRIMARY", "KEY"):
        _read_primary_key(stream, draft, reading)
    elif stream.accept("UNIQUE"):
        stream.accept_any(*_KEY_WORDS)
        draft.add_index(_read_index(stream, name, draft, reading, unique=True))
    elif stream.accept("FOREIGN", "KEY"):
        _read_foreign_key(stream, name, draft, reading)
    elif stream.at("CHECK"):
        draft.add_check(read_check(stream, name), reading.info)
    elif (method := stream.accept_any(*_METHODS)) is not None:
        stream.accept_any(*_KEY_WORDS)
        draft.add_index(_read_index(stream, name, draft, reading, method=_METHODS[method]))
    elif stream.accept_any(*_KEY_WORDS):
        draft.add_index(_read_index(stream, name, draft, reading))
    elif stream.at("PERIOD"):
        raise UnsupportedClause("a PERIOD")
    else:
        raise stream.error(f"cannot read the constraint at {stream.next().text!r}")


def _if_not_exists(stream: TokenStream) -> None:
    stream.accept("IF", "NOT", "EXISTS")


def _read_primary_key(stream: TokenStream, draft: TableDraft, reading: Reading) -> None:
    if not stream.at("("):
        while not stream.done and not stream.at("("):  # an index name and USING BTREE, which mean nothing here
            stream.next()
    parts = _index_parts(stream.group(), draft)
    draft.primary_key = PrimaryKey(parts, options=options(comment=_read_index_options(stream).get("comment") or None))


def _read_foreign_key(stream: TokenStream, name: str | None, draft: TableDraft, reading: Reading) -> None:
    _if_not_exists(stream)
    index_name = None if stream.at("(") else stream.identifier()
    columns = tuple(draft.spelled(part.identifier()) for part in stream.group().items())
    draft.add_foreign_key(_references(stream, columns, name, reading), index_name, reading.info)


def _read_index(
    stream: TokenStream,
    name: str | None,
    draft: TableDraft,
    reading: Reading,
    *,
    unique: bool = False,
    method: str | None = None,
) -> Index:
    _if_not_exists(stream)
    if not stream.at("(") and not stream.at("USING") and not stream.at("TYPE"):
        name = stream.identifier()
    using = stream.next().upper if stream.accept("USING") or stream.accept("TYPE") else None
    return read_index_body(stream, name, draft, reading, unique=unique, method=method, using=using)


def read_index_body(
    stream: TokenStream,
    name: str | None,
    draft: TableDraft,
    reading: Reading,
    *,
    unique: bool = False,
    method: str | None = None,
    using: str | None = None,
) -> Index:
    """Read an index from its key parts on."""
    parts = _index_parts(stream.group(), draft)
    found = _read_index_options(stream)
    using = found.pop("using", using or "")
    comment = found.pop("comment", None)
    if method is None:
        method = _method(using, parts, draft, reading, unique=unique)
    if method in ("fulltext", "spatial"):
        parts = tuple(replace(part, length=None, descending=False) for part in parts)
    return Index(
        name=name, parts=parts, unique=unique, method=method, comment=comment or None, options=options(**found)
    )


def _method(
    using: str, parts: tuple[IndexPart, ...], draft: TableDraft, reading: Reading, *, unique: bool
) -> str | None:
    """``None`` is what the engine uses by itself: BTREE, in MEMORY tables HASH."""
    if draft.engine.lower() in ("memory", "heap"):
        return "btree" if using == "BTREE" else None
    if not reading.mariadb:
        return None  # InnoDB of MySQL knows BTREE only, whatever was asked for
    if not unique:
        return None
    columns = [draft.column(part.column or "") for part in parts if part.length is None]
    blob = any(column is not None and base_type(column.type).endswith(("text", "blob", "json")) for column in columns)
    return "hash" if using == "HASH" or blob else None


def _index_parts(stream: TokenStream, draft: TableDraft) -> tuple[IndexPart, ...]:
    return tuple(_index_part(part, draft) for part in stream.items())


def _index_part(part: TokenStream, draft: TableDraft) -> IndexPart:
    if part.at("("):
        expression = read_expression(part.group())
        return IndexPart(expression=expression, descending=_descending(part))
    name = draft.spelled(part.identifier())
    length = int(part.group().next().text) if part.at("(") else None
    column = draft.column(name)
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


def _read_index_options(stream: TokenStream) -> dict[str, str]:
    found: dict[str, str] = {}
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
        elif stream.at("ALGORITHM") or stream.at("LOCK") or stream.at("KEY_BLOCK_SIZE"):
            stream.next()
            stream.accept("=")
            stream.next()
        elif (token := stream.peek()) is not None and token.text.upper() in ("M", "DISTANCE"):
            stream.next()
            stream.accept("=")
            found[token.text.lower()] = stream.next().text.strip("'\"`").lower()
        else:
            break
    return found


def read_options(stream: TokenStream, draft: TableDraft, reading: Reading) -> None:
    """Read table options and PARTITION BY into the draft."""
    charset: str | None = None
    while not stream.done:
        stream.accept(",")
        if stream.accept("DEFAULT"):
            pass
        if stream.accept("CHARACTER", "SET") or stream.accept("CHARSET"):
            stream.accept("=")
            charset = canonical_charset(stream.identifier())
            draft.collation = default_collation(charset, reading.info)
        elif stream.accept("COLLATE"):
            stream.accept("=")
            draft.collation = canonical_collation(stream.identifier(), charset or draft.collation.partition("_")[0])
        elif stream.accept("PARTITION", "BY"):
            draft.partition_by = read_partitioning(stream, reading.info.dialect)
        elif stream.at("WITH", "SYSTEM"):
            raise UnsupportedClause("system versioning")
        elif stream.at("AS") or stream.at("SELECT") or stream.at("(") or stream.at("IGNORE") or stream.at("REPLACE"):
            raise UnsupportedClause("CREATE TABLE from a query")
        else:
            _read_option(stream, draft)


_NOT_STRUCTURE = frozenset({"auto_increment", "password", "start"})


def _read_option(stream: TokenStream, draft: TableDraft) -> None:
    name = stream.next().text.lower()
    if name in ("data", "index") and stream.accept("DIRECTORY"):
        name += "_directory"
    if name == "start":
        stream.accept("TRANSACTION")
        return
    stream.accept("=")
    if name == "union":
        draft.options[name] = stream.group().text()
        return
    token = stream.next()
    value = string_value(token.text) if token.kind == STRING else token.text
    if name in ("engine", "type"):
        draft.engine = _engine_name(value)
    elif name == "comment":
        draft.comment = value or None
    elif name not in _NOT_STRUCTURE:
        set_option(draft.options, name, value)


def set_option(found: dict[str, str], name: str, value: str) -> None:
    """Note a table option as the catalog shows it; ``DEFAULT`` and 0 mean that there is none."""
    name = name.lower().strip("`")
    if value.upper() == "DEFAULT" or (value in ("0", "") and not name.startswith("stats_")):
        found.pop(name, None)
    else:
        found[name] = value.upper() if value.isascii() and value.replace("_", "").isalnum() else value


def _engine_name(name: str) -> str:
    return {"innodb": "InnoDB", "heap": "MEMORY", "memory": "MEMORY", "myisam": "MyISAM"}.get(name.lower(), name)
