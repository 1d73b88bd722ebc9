"""Changes in words: what differs, in one sentence that a tired person understands at once."""

from __future__ import annotations

from typing import assert_never

from pytest_schemadrift.schema import changes as c
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
    Name,
    NotNull,
    Options,
    PrimaryKey,
    Sequence,
    Table,
    is_enforced,
    with_enforcement,
)
from pytest_schemadrift.shown import visible

WORDS_IN_ALL = 300
"""Characters of a description; what is longer is cut in the middle."""


def kind(change: c.Change) -> str:
    """The name of the change's class, as it stands in JSON and in golden files."""
    return type(change).__name__


def describe(change: c.Change) -> str:
    """Return what differs, in words that fit any two sources.

    "is" and "has" speak of the left side (the database), "should" of the right one (the models); "missing" is what
    only the right side has, "extra" what only the left one has.
    """
    return _shortened(visible(_sentence(change)))


def _shortened(text: str) -> str:
    text = " ".join(text.split())
    if len(text) <= WORDS_IN_ALL:
        return text
    half = WORDS_IN_ALL // 2 - 2
    return f"{text[:half]} … {text[-half:]}"


def subject(change: c.Change) -> tuple[Name | None, str | None]:
    """The table and the column that a change is about; ``None`` where there is none."""
    match change:
        case c.AddColumn() | c.DropColumn():
            return change.table, change.column.name
        case _ if isinstance(change, c.ColumnChange):
            return change.table, change.new.name
        case c.RenameTable():
            return change.new, None  # the name that the model knows
        case c.RenameColumn():
            return change.table, change.new
        case c.AddForeignKey() | c.DropForeignKey():
            return change.table, _only(change.foreign_key.columns)
        case c.CreateIndex() | c.DropIndex():
            return change.table, _only(change.index.columns)
        case c.AddUnique() | c.DropUnique():
            return change.table, _only(change.unique.columns)
        case c.RebuildTable() | c.AlterTable():
            columns = {subject(part)[1] for part in change.changes}
            return change.old.name, columns.pop() if len(columns) == 1 else None
        case (
            c.CreateTable()
            | c.DropTable()
            | c.AlterTableOptions()
            | c.SetTableComment()
            | c.MoveColumns()
            | c.RenameIndex()
            | c.RebuildIndex()
            | c.SetIndexComment()
            | c.AddPrimaryKey()
            | c.DropPrimaryKey()
            | c.ValidateConstraint()
            | c.SetEnforced()
            | c.SetConstraintComment()
            | c.AddCheck()
            | c.DropCheck()
            | c.AddExclusion()
            | c.DropExclusion()
            | c.RenameConstraint()
        ):
            return c.table_of(change), None
        case _ if isinstance(change, c.SchemaObjectChange):
            return None, None
        case _:
            assert_never(change)


def _only(columns: tuple[str, ...]) -> str | None:
    return columns[0] if len(columns) == 1 else None


def name_of(change: c.Change) -> str | None:
    """The name of the column, index, constraint or type that a change is about; ``None`` for a table."""
    match change:
        case c.CreateNamespace() | c.DropNamespace() | c.CreateExtension() | c.DropExtension():
            return change.name
        case c.CreateEnum() | c.DropEnum():
            return str(change.enum.name)
        case c.AddEnumValue() | c.RenameEnumValue():
            return str(change.enum)
        case c.CreateSequence() | c.DropSequence():
            return str(change.sequence.name)
        case c.CreateDomain() | c.DropDomain():
            return str(change.domain.name)
        case c.ReplaceEnum() | c.AlterSequence() | c.AlterDomain() | c.SetTypeComment():
            return str(change.old.name)
        case c.CreateIndex() | c.DropIndex() | c.RebuildIndex():
            return change.index.name
        case c.AddUnique() | c.DropUnique():
            return change.unique.name
        case c.AddPrimaryKey() | c.DropPrimaryKey():
            return change.primary_key.name
        case c.AddForeignKey() | c.DropForeignKey():
            return change.foreign_key.name
        case c.AddCheck() | c.DropCheck():
            return change.check.name
        case c.AddExclusion() | c.DropExclusion():
            return change.exclusion.name
        case c.ValidateConstraint():
            return change.constraint.name
        case c.RenameIndex() | c.RenameConstraint() | c.SetIndexComment() | c.SetEnforced():
            return change.new.name
        case c.SetConstraintComment():
            return change.name
        case c.RebuildTable() | c.AlterTable():
            names = {name_of(part) for part in change.changes}
            return names.pop() if len(names) == 1 else None
        case c.AddColumn() | c.DropColumn() | c.RenameColumn():
            return subject(change)[1]
        case _ if isinstance(change, c.ColumnChange):
            return change.new.name
        case c.CreateTable() | c.DropTable() | c.RenameTable():
            return None
        case c.AlterTableOptions() | c.SetTableComment() | c.MoveColumns():
            return None
        case _:
            assert_never(change)


def word_of(change: c.SchemaObjectChange) -> str:
    """What a change without a table is about: ``domain``, ``sequence`` and the like."""
    match change:
        case c.CreateNamespace() | c.DropNamespace():
            return "schema"
        case c.CreateExtension() | c.DropExtension():
            return "extension"
        case c.CreateEnum() | c.DropEnum() | c.AddEnumValue() | c.RenameEnumValue() | c.ReplaceEnum():
            return "enum"
        case c.SetTypeComment():
            return _type_word(change.new)
        case c.CreateSequence() | c.DropSequence() | c.AlterSequence():
            return "sequence"
        case c.CreateDomain() | c.DropDomain() | c.AlterDomain():
            return "domain"
        case _:
            assert_never(change)


def detail(change: c.Change) -> str:
    """The definition that is missing or extra, or ``old -> new``: for tables of changes and for programs."""
    return _shortened(exact_detail(change))


def exact_detail(change: c.Change) -> str:
    """The same, whole, however long it is."""
    if isinstance(change, c.RebuildTable | c.AlterTable):
        return "; ".join(detail(part) for part in change.changes)
    if isinstance(change, c.SchemaObjectChange):
        return _detail_of_object(change)
    if isinstance(change, c.TableChange):
        return _detail_of_table(change)
    if isinstance(change, c.AnyColumnChange):
        return _detail_of_column(change)
    if isinstance(change, c.IndexChange):
        return _detail_of_index(change)
    if isinstance(change, c.ConstraintChange):
        return _detail_of_constraint(change)
    assert_never(change)


def _detail_of_object(change: c.SchemaObjectChange) -> str:
    match change:
        case c.CreateNamespace() | c.DropNamespace() | c.CreateExtension() | c.DropExtension():
            return change.name
        case c.CreateEnum() | c.DropEnum():
            return f"({_columns(change.enum.values)})"
        case c.AddEnumValue():
            return change.value
        case c.RenameEnumValue():
            return f"{change.old} -> {change.new}"
        case c.ReplaceEnum():
            return f"({_columns(change.old.values)}) -> ({_columns(change.new.values)})"
        case c.CreateSequence() | c.DropSequence():
            return sequence_text(change.sequence)
        case c.AlterSequence():
            return f"{sequence_text(change.old)} -> {sequence_text(change.new)}"
        case c.CreateDomain() | c.DropDomain():
            return domain_text(change.domain)
        case c.AlterDomain():
            return f"{domain_text(change.old)} -> {domain_text(change.new)}"
        case c.SetTypeComment():
            return f"{_said(change.old.comment)} -> {_said(change.new.comment)}"
        case _:
            assert_never(change)


def _detail_of_table(change: c.TableChange) -> str:
    match change:
        case c.RenameTable():
            return f"{change.old} -> {change.new}"
        case c.CreateTable() | c.DropTable():
            return f"({_columns(tuple(column.name for column in change.table.columns))})"
        case c.AlterTableOptions():
            return f"{_table_options(change.old)} -> {_table_options(change.new)}"
        case c.SetTableComment():
            return f"{_said(change.old)} -> {_said(change.new)}"
        case _:
            assert_never(change)


def _detail_of_column(change: c.AnyColumnChange) -> str:
    match change:
        case c.RenameColumn():
            return f"{change.old} -> {change.new}"
        case c.AddColumn() | c.DropColumn():
            return column_text(change.column)
        case c.AlterColumnType():
            return f"{change.old.type} -> {change.new.type}"
        case c.AlterColumnNullability():
            return f"{_nullability(change.old)} -> {_nullability(change.new)}"
        case c.AlterColumnDefault():
            return f"{_default(change.old)} -> {_default(change.new)}"
        case c.AlterColumnGenerated():
            return f"{_generated(change.old)} -> {_generated(change.new)}"
        case c.AlterColumnIdentity():
            return f"{_identity(change.old)} -> {_identity(change.new)}"
        case c.AlterColumnCollation():
            return f"{_collation(change.old)} -> {_collation(change.new)}"
        case c.AlterColumnOptions():
            return f"{_options(change.old)} -> {_options(change.new)}"
        case c.SetColumnComment():
            return f"{_said(change.old.comment)} -> {_said(change.new.comment)}"
        case c.MoveColumns():
            return f"({_columns(change.old)}) -> ({_columns(change.new)})"
        case _:
            assert_never(change)


def _detail_of_index(change: c.IndexChange) -> str:
    match change:
        case c.SetIndexComment():
            return f"{_said(change.old.comment)} -> {_said(change.new.comment)}"
        case c.CreateIndex() | c.DropIndex() | c.RebuildIndex():
            return index_text(change.index)
        case c.RenameIndex():
            return f"{change.old.name} -> {change.new.name}"
        case c.AddUnique() | c.DropUnique():
            return index_text(change.unique)
        case _:
            assert_never(change)


def _detail_of_constraint(change: c.ConstraintChange) -> str:
    match change:
        case c.SetConstraintComment():
            return f"{_said(change.old)} -> {_said(change.new)}"
        case c.RenameConstraint():
            return f"{change.old.name} -> {change.new.name}"
        case c.AddPrimaryKey() | c.DropPrimaryKey():
            return _constraint(change.primary_key)
        case c.AddForeignKey() | c.DropForeignKey():
            return foreign_key_text(change.foreign_key)
        case c.ValidateConstraint():
            return _constraint(change.constraint)
        case c.SetEnforced():
            return f"{_enforcement(change.old)} -> {_enforcement(change.new)}"
        case c.AddCheck() | c.DropCheck():
            return _constraint(change.check)
        case c.AddExclusion() | c.DropExclusion():
            return _constraint(change.exclusion)
        case _:
            assert_never(change)


def column_text(column: Column) -> str:
    """A column's definition in a line."""
    words = [column.type]
    if column.generated:
        words.append(f"GENERATED ALWAYS AS ({column.generated.expression.sql})")
    if not column.nullable:
        words.append("NOT NULL")
    if column.default:
        words.append(f"DEFAULT {column.default.sql}")
    if column.identity:
        words.append("IDENTITY")
    elif column.autoincrement:
        words.append("AUTOINCREMENT")
    return " ".join(words)


def _columns(names: tuple[str, ...]) -> str:
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
        words.append(f"including ({_columns(index.include)})")
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
    words = [f"foreign key ({_columns(key.columns)}) to {key.ref_table}"]
    if key.ref_columns:
        words.append(f"({_columns(key.ref_columns)})")
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
    words += [_constraint(check) for check in domain.checks]
    return " ".join(words)


def _constraint(item: PrimaryKey | ForeignKey | Check | Index | Exclusion | NotNull) -> str:
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
            return f"exclusion {item.definition.sql}"


def foreign_key_or_check(item: ForeignKey | Check) -> str:
    """A constraint in words that leave out whether it is enforced."""
    return _constraint(with_enforcement(item, enforced=True))


def _enforcement(item: ForeignKey | Check) -> str:
    return "enforced" if is_enforced(item) else "not enforced"


def _pairs(options: Options) -> str:
    return ", ".join(name if value == "yes" else f"{name}={value}" for name, value in options)


def _nullability(column: Column) -> str:
    if column.unvalidated is not None:
        return "NOT NULL NOT VALID"
    return "NULL" if column.nullable else "NOT NULL"


def _default(column: Column) -> str:
    return f"default {column.default.sql}" if column.default else "no default"


def _generated(column: Column) -> str:
    if column.generated is None:
        return "a plain column"
    return f"{'stored' if column.generated.stored else 'virtual'} as ({column.generated.expression.sql})"


def _identity(column: Column) -> str:
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


def _collation(column: Column) -> str:
    words = [word for word in (column.charset, column.collation) if word]
    return " ".join(words) or "the default collation"


def _options(column: Column) -> str:
    words = [_pairs(column.options)] if column.options else []
    if column.on_update:
        words.append(f"on update {column.on_update.sql}")
    return ", ".join(words) or "no such options"


def _table_options(table: Table) -> str:
    words = [] if table.kind == "table" else [table.kind]
    words += [_pairs(table.options)] if table.options else []
    if table.partition_by:
        words.append(f"partition by {table.partition_by.sql}")
    if table.inherits:
        words.append(f"inherits {', '.join(str(name) for name in table.inherits)}")
    return ", ".join(words) or "no such options"


def _type_word(item: Enum | Domain) -> str:
    return "enum" if isinstance(item, Enum) else "domain"


def _said(text: str | None) -> str:
    return f"“{text}”" if text else "no comment"


def _sentence(change: c.Change) -> str:
    if isinstance(change, c.RebuildTable | c.AlterTable):
        return "; ".join(describe(part) for part in change.changes)
    if isinstance(change, c.SchemaObjectChange):
        return _sentence_of_object(change)
    if isinstance(change, c.TableChange):
        return _sentence_of_table(change)
    if isinstance(change, c.AnyColumnChange):
        return _sentence_of_column(change)
    if isinstance(change, c.IndexChange):
        return _sentence_of_index(change)
    if isinstance(change, c.ConstraintChange):
        return _sentence_of_constraint(change)
    assert_never(change)


def _sentence_of_object(change: c.SchemaObjectChange) -> str:
    match change:
        case c.CreateNamespace():
            return f"schema {change.name} is missing"
        case c.DropNamespace():
            return f"schema {change.name} is extra"
        case c.CreateExtension():
            return f"extension {change.name} is missing"
        case c.DropExtension():
            return f"extension {change.name} is extra"
        case c.CreateEnum():
            return f"enum {change.enum.name} ({_columns(change.enum.values)}) is missing"
        case c.DropEnum():
            return f"enum {change.enum.name} is extra"
        case c.AddEnumValue():
            return f"enum {change.enum} lacks the value {change.value!r}"
        case c.RenameEnumValue():
            return f"enum {change.enum}: value {change.old!r} is renamed to {change.new!r}"
        case c.ReplaceEnum():
            before, after = _columns(change.old.values), _columns(change.new.values)
            return f"enum {change.old.name} has ({before}), should have ({after})"
        case c.CreateSequence():
            return f"sequence {change.sequence.name} is missing"
        case c.DropSequence():
            return f"sequence {change.sequence.name} is extra"
        case c.AlterSequence():
            return f"sequence {change.old.name} is {sequence_text(change.old)}, should be {sequence_text(change.new)}"
        case c.CreateDomain():
            return f"domain {change.domain.name} is missing"
        case c.DropDomain():
            return f"domain {change.domain.name} is extra"
        case c.AlterDomain():
            return f"domain {change.old.name} is {domain_text(change.old)}, should be {domain_text(change.new)}"
        case c.SetTypeComment():
            said, wanted = _said(change.old.comment), _said(change.new.comment)
            return f"{_type_word(change.new)} {change.new.name} has {said}, should have {wanted}"
        case _:
            assert_never(change)


def _sentence_of_table(change: c.TableChange) -> str:
    match change:
        case c.CreateTable():
            return f"table {change.table.name} is missing"
        case c.DropTable():
            return f"table {change.table.name} is extra"
        case c.RenameTable():
            return f"table {change.old} is renamed to {change.new}"
        case c.AlterTableOptions():
            return f"table {change.old.name} has {_table_options(change.old)}, should have {_table_options(change.new)}"
        case c.SetTableComment():
            return f"table {change.table} has {_said(change.old)}, should have {_said(change.new)}"
        case _:
            assert_never(change)


def _sentence_of_column(change: c.AnyColumnChange) -> str:
    match change:
        case c.AddColumn():
            return f"column {change.table}.{change.column.name} ({column_text(change.column)}) is missing"
        case c.DropColumn():
            return f"column {change.table}.{change.column.name} ({column_text(change.column)}) is extra"
        case c.AlterColumnType():
            return _column(change, f"is {change.old.type}, should be {change.new.type}")
        case c.AlterColumnNullability():
            if change.old.unvalidated or change.new.unvalidated:
                return _column(change, f"is {_nullability(change.old)}, should be {_nullability(change.new)}")
            return _column(
                change, "allows NULL, should be NOT NULL" if change.old.nullable else "is NOT NULL, should allow NULL"
            )
        case c.AlterColumnDefault():
            return _column(change, f"has {_default(change.old)}, should have {_default(change.new)}")
        case c.AlterColumnGenerated():
            return _column(change, f"is {_generated(change.old)}, should be {_generated(change.new)}")
        case c.AlterColumnIdentity():
            return _column(change, f"is {_identity(change.old)}, should be {_identity(change.new)}")
        case c.AlterColumnCollation():
            return _column(change, f"has {_collation(change.old)}, should have {_collation(change.new)}")
        case c.AlterColumnOptions():
            return _column(change, f"has {_options(change.old)}, should have {_options(change.new)}")
        case c.SetColumnComment():
            return _column(change, f"has {_said(change.old.comment)}, should have {_said(change.new.comment)}")
        case c.RenameColumn():
            return f"column {change.table}.{change.old} is renamed to {change.new}"
        case c.MoveColumns():
            return f"table {change.table} has the columns {_columns(change.old)}; should have {_columns(change.new)}"
        case _:
            assert_never(change)


def _sentence_of_index(change: c.IndexChange) -> str:
    match change:
        case c.CreateIndex():
            return f"{index_text(change.index)} is missing from {change.table}"
        case c.DropIndex():
            return f"{index_text(change.index)} of {change.table} is extra"
        case c.RenameIndex():
            return f"index {change.old.name} of {change.table} should be named {change.new.name}"
        case c.SetIndexComment():
            name = f"index {change.new.name} of {change.table}"
            return f"the comment of {name} is {_said(change.old.comment)}, should be {_said(change.new.comment)}"
        case c.RebuildIndex():
            return f"{index_text(change.index)} of {change.table} is invalid: a concurrent build of it failed"
        case c.AddUnique():
            return f"{index_text(change.unique)} is missing from {change.table}"
        case c.DropUnique():
            return f"{index_text(change.unique)} of {change.table} is extra"
        case _:
            assert_never(change)


def _sentence_of_constraint(change: c.ConstraintChange) -> str:
    match change:
        case c.SetConstraintComment():
            words = f"constraint {change.name} of {change.table}"
            return f"{words} has {_said(change.old)}, should have {_said(change.new)}"
        case c.AddPrimaryKey():
            return f"{_constraint(change.primary_key)} is missing from {change.table}"
        case c.DropPrimaryKey():
            return f"{_constraint(change.primary_key)} of {change.table} is extra"
        case c.AddForeignKey():
            return f"{foreign_key_text(change.foreign_key)} is missing from {change.table}"
        case c.DropForeignKey():
            return f"{foreign_key_text(change.foreign_key)} of {change.table} is extra"
        case c.ValidateConstraint():
            return f"{_constraint(change.constraint)} of {change.table} was never validated"
        case c.SetEnforced():
            words = f"{foreign_key_or_check(change.old)} of {change.table}"
            return f"{words} is {_enforcement(change.old)}, should be {_enforcement(change.new)}"
        case c.AddCheck():
            return f"{_constraint(change.check)} is missing from {change.table}"
        case c.DropCheck():
            return f"{_constraint(change.check)} of {change.table} is extra"
        case c.AddExclusion():
            return f"{_constraint(change.exclusion)} is missing from {change.table}"
        case c.DropExclusion():
            return f"{_constraint(change.exclusion)} of {change.table} is extra"
        case c.RenameConstraint():
            return f"{_constraint(change.old)} of {change.table} should be named {change.new.name}"
        case _:
            assert_never(change)


def _column(change: c.ColumnChange, predicate: str) -> str:
    return f"column {change.table}.{change.new.name} {predicate}"
