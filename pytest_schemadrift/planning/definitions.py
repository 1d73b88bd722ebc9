"""Definitions in words: a column, an index, a constraint, a type, and each part of these that may differ."""

from __future__ import annotations

from pytest_schemadrift.schema.model import (
    Check,
    Column,
    Domain,
    Enum,
    Exclusion,
    ForeignKey,
    Identity,
    Index,
    IndexPart,
    NotNull,
    Options,
    PrimaryKey,
    Sequence,
    Table,
    is_enforced,
    with_enforcement,
)


def column_text(column: Column) -> str:
    """A column's definition in a line."""
    words = [column.type]
    if column.generated:
        words.append(f"GENERATED ALWAYS AS ({column.generated.expression.sql})")
    if not column.nullable or column.unvalidated is not None:
        words.append(nullability_text(column))
    if column.default:
        words.append(f"DEFAULT {column.default.sql}")
    if column.identity:
        words.append("IDENTITY")
    elif column.autoincrement:
        words.append("AUTOINCREMENT")
    return " ".join(words)


def listed(names: tuple[str, ...]) -> str:
    """Names, separated by commas."""
    return ", ".join(names)


def _part(part: IndexPart) -> str:
    words = [part.column if part.column is not None else f"({part.expression.sql if part.expression else ''})"]
    if part.length is not None:
        words[0] += f"({part.length})"
    if part.collation:
        words.append(f"COLLATE {part.collation}")
    if part.opclass:
        words.append(part.opclass)
    if part.descending:
        words.append("DESC")
    if part.nulls_first is not None:
        words.append("NULLS FIRST" if part.nulls_first else "NULLS LAST")
    return " ".join(words)


def _parts(parts: tuple[IndexPart, ...]) -> str:
    return ", ".join(_part(part) for part in parts)


def index_text(index: Index) -> str:
    """An index in words, such as ``unique index on (a, b DESC) where x > 1 named i``."""
    words = [index.method] if index.method else []
    words.append("unique constraint" if index.constraint else "unique index" if index.unique else "index")
    words.append(f"on ({_parts(index.parts)})")
    if index.include:
        words.append(f"including ({listed(index.include)})")
    if index.nulls_not_distinct:
        words.append("with nulls not distinct")
    if index.where:
        words.append(f"where {index.where.sql}")
    if index.options:
        words.append(f"with {_pairs(index.options)}")
    if index.name:
        words.append(f"named {index.name}")
    return " ".join(words)


def foreign_key_text(key: ForeignKey) -> str:
    """A foreign key in words, such as ``foreign key (a) to t (id) on delete cascade``."""
    words = [f"foreign key ({listed(key.columns)}) to {key.ref_table}"]
    if key.ref_columns:
        words.append(f"({listed(key.ref_columns)})")
    if key.match != "SIMPLE":
        words.append(f"match {key.match.lower()}")
    if key.on_delete != "NO ACTION":
        words.append(f"on delete {key.on_delete.lower()}")
    if key.on_update != "NO ACTION":
        words.append(f"on update {key.on_update.lower()}")
    if key.deferrable:
        words.append("initially deferred" if key.initially_deferred else "deferrable")
    if key.options:
        words.append(f"with {_pairs(key.options)}")
    return " ".join(words)


def sequence_text(sequence: Sequence) -> str:
    """A sequence's options in words; what is the server's default goes without saying."""
    words = [sequence.type]
    for word in ("start", "increment", "minimum", "maximum", "cache"):
        value = getattr(sequence, word)
        if value is not None:
            words.append(f"{word} {value}")
    if sequence.cycle:
        words.append("cycle")
    if sequence.owned_by:
        words.append(f"owned by {sequence.owned_by[0]}.{sequence.owned_by[1]}")
    return " ".join(words)


def domain_text(domain: Domain) -> str:
    """A domain's definition in a line."""
    words = [domain.type]
    if domain.collation:
        words.append(f"COLLATE {domain.collation}")
    if not domain.nullable:
        words.append("NOT NULL")
    if domain.default:
        words.append(f"DEFAULT {domain.default.sql}")
    words += [constraint_text(check) + ("" if check.validated else " not valid") for check in domain.checks]
    return " ".join(words)


def constraint_text(item: PrimaryKey | ForeignKey | Check | Index | Exclusion | NotNull) -> str:
    """A constraint of any kind: ``primary key (id)``, ``check total > 0``."""
    match item:
        case NotNull():
            return f"NOT NULL of column {item.column}"
        case PrimaryKey():
            return f"primary key ({_parts(item.parts)})" + (f" with {_pairs(item.options)}" if item.options else "")
        case ForeignKey():
            return foreign_key_text(item)
        case Check():
            words = [f"check ({item.expression.sql})"]
            words += ["not enforced"] if not item.enforced else []
            words += ["no inherit"] if item.no_inherit else []
            return " ".join(words)
        case Index():
            return index_text(item)
        case Exclusion():
            return f"exclusion {item.definition.sql}" + (f" with {_pairs(item.options)}" if item.options else "")


def named_text(item: PrimaryKey | ForeignKey | Check | Index | Exclusion | NotNull) -> str:
    """A constraint in words, with its name where it has one: ``check (total > 0) named positive``."""
    words = constraint_text(item)
    return f"{words} named {item.name}" if item.name and not isinstance(item, Index) else words


def foreign_key_or_check(item: ForeignKey | Check) -> str:
    """A constraint in words that leave out whether it is enforced."""
    return named_text(with_enforcement(item, enforced=True))


def enforcement_text(item: ForeignKey | Check) -> str:
    """Whether the server holds rows to it."""
    return "enforced" if is_enforced(item) else "not enforced"


def _pairs(options: Options) -> str:
    return ", ".join(name if value == "yes" else f"{name}={value}" for name, value in options)


def nullability_text(column: Column) -> str:
    """``NOT NULL``, or that NULL is allowed."""
    if column.nullable and column.unvalidated is None:
        return "NULL"
    return "NOT NULL" + " NO INHERIT" * column.not_inherited + " NOT VALID" * (column.unvalidated is not None)


def default_text(column: Column) -> str:
    """The default of a column, or that it has none."""
    return f"default {column.default.sql}" if column.default else "no default"


def generated_text(column: Column) -> str:
    """What a column is computed from, if it is."""
    if column.generated is None:
        return "a plain column"
    return f"{'stored' if column.generated.stored else 'virtual'} as ({column.generated.expression.sql})"


def identity_of(column: Column) -> str:
    """What numbers the rows of a column, if anything does."""
    if column.identity:
        return _identity_text(column.identity)
    if column.autoincrement:
        return "numbered automatically"
    if column.default is not None and "nextval(" in column.default.sql:
        return f"numbered by {column.default.sql}"
    return "not numbered"


def _identity_text(identity: Identity) -> str:
    words = ["always" if identity.always else "by default"]
    for word in ("start", "increment", "minimum", "maximum", "cache"):
        value = getattr(identity, word)
        if value is not None:
            words.append(f"{word} {value}")
    return f"identity ({' '.join([*words, *(['cycle'] if identity.cycle else [])])})"


def collation_text(column: Column) -> str:
    """The character set and collation that a column asks for."""
    words = [word for word in (column.charset, column.collation) if word]
    return " ".join(words) or "the default collation"


def options_text(column: Column) -> str:
    """What else a column is given."""
    words = [_pairs(column.options)] if column.options else []
    if column.on_update:
        words.append(f"on update {column.on_update.sql}")
    return ", ".join(words) or "no such options"


def table_options(table: Table, other: Table) -> str:
    """What a table is, beyond an ordinary one; of its options, those that are not the other's."""
    words = [] if table.kind == "table" else [table.kind]
    there, others = dict(table.options), dict(other.options)
    apart = [name for name in sorted({*there, *others}) if there.get(name) != others.get(name)]
    options = tuple((name, there.get(name, "default")) for name in apart if name in there or others[name] != "yes")
    words += [_pairs(options)] if options else []
    if table.partition_by:
        words.append(f"partition by {table.partition_by.sql}")
    if table.inherits:
        words.append(f"inherits {', '.join(str(name) for name in table.inherits)}")
    return ", ".join(words) or "no such options"


def type_word(item: Enum | Domain) -> str:
    """``enum`` or ``domain``."""
    return "enum" if isinstance(item, Enum) else "domain"


def said(text: str | None) -> str:
    """A comment in quotes, on one line: its backslashes and ends of lines are written as in a string of C."""
    return "“{}”".format(text.replace("\\", r"\\").replace("\n", r"\n")) if text else "no comment"
