"""Changes as SQL: the statements of one verb, complete and executable one by one."""

from __future__ import annotations

from dataclasses import replace
from typing import assert_never

from pytest_schemadrift.dialects.base import RenderContext
from pytest_schemadrift.dialects.postgres.names import literal, qualified, quote
from pytest_schemadrift.dialects.postgres.server_info import extension_schemas
from pytest_schemadrift.dialects.postgres.write import alter as columns
from pytest_schemadrift.dialects.postgres.write.alter import alter_table, column_comment, comment
from pytest_schemadrift.dialects.postgres.write.definitions import (
    add_column,
    check_definition,
    create_domain,
    create_enum,
    create_index,
    create_sequence,
    create_table,
    exclusion_definition,
    foreign_key_definition,
    is_foreign,
    keys_apart,
    not_null_afterwards,
    option,
    primary_key_definition,
    sequence_of_serial,
    unique_definition,
)
from pytest_schemadrift.dialects.postgres.write.dependents import given_to
from pytest_schemadrift.dialects.postgres.write.domains import is_over, refuse_where_held
from pytest_schemadrift.dialects.postgres.write.enums import replace_enum
from pytest_schemadrift.dialects.postgres.write.fill import fill, filled_with
from pytest_schemadrift.dialects.postgres.write.inherited import own_defaults_back
from pytest_schemadrift.dialects.postgres.write.marks import on_domain, set_storage
from pytest_schemadrift.dialects.postgres.write.partitioned import refuse_where_partitioned
from pytest_schemadrift.dialects.postgres.write.sequences import (
    alter_identity,
    alter_sequence,
    drop_sequence,
    in_its_place,
)
from pytest_schemadrift.errors import Unsupported
from pytest_schemadrift.schema import changes as c
from pytest_schemadrift.schema.model import (
    Check,
    Domain,
    Index,
    Name,
    Sequence,
    Table,
    comments_of_constraints,
    comments_of_key_indexes,
    is_enforced,
)


def render(change: c.Change, context: RenderContext) -> tuple[str, ...]:
    """The statements of one change, without semicolons. Raises ``Unsupported``."""
    if isinstance(change, c.RebuildTable | c.AlterTable):
        return tuple(sql for part in change.changes for sql in render(part, context))
    refuse_where_partitioned(change, context)
    if isinstance(change, c.SchemaObjectChange):
        return _render_object(change, context)
    if isinstance(change, c.TableChange):
        return _render_table(change, context)
    if isinstance(change, c.AnyColumnChange):
        return _render_column(change, context)
    if isinstance(change, c.IndexChange):
        return _render_index(change, context)
    if isinstance(change, c.ConstraintChange):
        return _render_constraint(change, context)
    assert_never(change)


def _render_object(change: c.SchemaObjectChange, context: RenderContext) -> tuple[str, ...]:
    match change:
        case c.CreateNamespace():
            return (f"CREATE SCHEMA IF NOT EXISTS {quote(change.name)}",)
        case c.DropNamespace():
            return (f"DROP SCHEMA {quote(change.name)}",)
        case c.CreateExtension():
            place = extension_schemas(context.info).get(change.name)
            where = f" WITH SCHEMA {quote(place)}" if place is not None else ""
            return (f"CREATE EXTENSION IF NOT EXISTS {quote(change.name)}{where} CASCADE",)  # with those it requires
        case c.DropExtension():
            return (f"DROP EXTENSION {quote(change.name)}",)
        case c.CreateEnum():
            enum = change.enum
            return (create_enum(enum), *comment("TYPE", qualified(enum.name), enum.comment))
        case c.DropEnum():
            return (f"DROP TYPE {qualified(change.enum.name)}",)
        case c.AddEnumValue():
            return (_add_enum_value(change),)
        case c.RenameEnumValue():
            old, new = literal(change.old), literal(change.new)
            return (f"ALTER TYPE {qualified(change.enum)} RENAME VALUE {old} TO {new}",)
        case c.ReplaceEnum():
            return replace_enum(change, context)
        case c.CreateSequence():
            made = (create_sequence(change.sequence), *_owner_of_old(change.sequence, context))
            return in_its_place(change.sequence, made, context)
        case c.DropSequence():
            return drop_sequence(change.sequence, context)
        case c.AlterSequence():
            return _alter_sequence(change.old, change.new, context)
        case c.CreateDomain():
            return _create_domain(change.domain, context)
        case c.DropDomain():
            return (f"DROP DOMAIN {qualified(change.domain.name)}",)
        case c.AlterDomain():
            return _alter_domain(change.old, change.new, context)
        case c.SetTypeComment():
            kind = "DOMAIN" if isinstance(change.new, Domain) else "TYPE"
            return (f"COMMENT ON {kind} {qualified(change.new.name)} IS {_text(change.new.comment)}",)
        case _:
            assert_never(change)


def _render_table(change: c.TableChange, context: RenderContext) -> tuple[str, ...]:
    match change:
        case c.CreateTable():
            return _create_table(change.table, context)
        case c.DropTable():
            kind = "FOREIGN TABLE" if is_foreign(change.table) else "TABLE"
            return (f"DROP {kind} {qualified(change.table.name)}",)
        case c.RenameTable():
            return _rename_table(change.old, change.new, context.info.default_schema)
        case c.AlterTableOptions():
            return _alter_table_options(change.old, change.new)
        case c.SetTableComment():
            return (f"COMMENT ON TABLE {qualified(change.table)} IS {_text(change.new)}",)
        case _:
            assert_never(change)


def _render_column(change: c.AnyColumnChange, context: RenderContext) -> tuple[str, ...]:
    match change:
        case c.AddColumn():
            column = change.column
            first, owned = sequence_of_serial(change.table, column)
            return (
                *first,
                *(alter_table(change.table, action) for action in add_column(change.table, column)),
                *owned,
                *_nullable_serial(change.table, column.name, column.autoincrement and column.nullable),
                *_owned_sequences(change.table, context, column.name),
                *set_storage(change.table, column.name, column.options),
                *column_comment(change.table, column),
                *columns.added_again(change, context),
            )
        case c.DropColumn():
            drop = alter_table(change.table, f"DROP COLUMN {quote(change.column.name)}")
            return (*columns.dropped_to_come_again(change, context), drop)
        case c.AlterColumnType():
            return columns.alter_type(change, context)
        case c.AlterColumnNullability():
            return columns.alter_nullability(change, context)
        case c.AlterColumnDefault():
            return columns.alter_default(change, context)
        case c.AlterColumnGenerated():
            return columns.alter_generated(change, context)
        case c.AlterColumnIdentity():
            if columns.is_recreated(change, context):
                return ()
            back = own_defaults_back(change.table, change.old, change.new, context)
            return (*alter_identity(change, context), *back)
        case c.AlterColumnCollation():
            return columns.alter_collation(change, context)
        case c.AlterColumnOptions():
            return columns.alter_storage(change, context)
        case c.SetColumnComment():
            place = f"{qualified(change.table)}.{quote(change.new.name)}"
            return (f"COMMENT ON COLUMN {place} IS {_text(change.new.comment)}",)
        case c.RenameColumn():
            return (alter_table(change.table, f"RENAME COLUMN {quote(change.old)} TO {quote(change.new)}"),)
        case c.MoveColumns():
            raise Unsupported(
                f"{change.table}: PostgreSQL cannot change the order of columns",
                hint="set column_order = false, or create a new table and copy its rows",
            )
        case _:
            assert_never(change)


def _render_index(change: c.IndexChange, context: RenderContext) -> tuple[str, ...]:
    match change:
        case c.CreateIndex():
            return _create_index(change.table, change.index, context)
        case c.DropIndex():
            return (_drop_index(change.table, change.index),)
        case c.RenameIndex():
            index_name = Name(change.table.schema, change.old.name or "")
            return (f"ALTER INDEX {qualified(index_name)} RENAME TO {quote(change.new.name or '')}",)
        case c.SetIndexComment():
            index_name = Name(change.table.schema, change.new.name or "")
            return (f"COMMENT ON INDEX {qualified(index_name)} IS {_text(change.new.comment)}",)
        case c.RebuildIndex():
            if change.index.constraint:
                return (
                    _drop_constraint(change.table, change.index.name),
                    alter_table(change.table, f"ADD {unique_definition(change.index)}"),
                    *given_to(change.table, change.index, context),
                )
            return (_drop_index(change.table, change.index), *_create_index(change.table, change.index, context))
        case c.AddUnique():
            return (
                alter_table(change.table, f"ADD {unique_definition(change.unique)}"),
                *given_to(change.table, change.unique, context),
            )
        case c.DropUnique():
            return (_drop_constraint(change.table, change.unique.name),)
        case _:
            assert_never(change)


def _render_constraint(change: c.ConstraintChange, context: RenderContext) -> tuple[str, ...]:
    match change:
        case c.SetConstraintComment(on="index"):
            return (f"COMMENT ON INDEX {qualified(Name(change.table.schema, change.name))} IS {_text(change.new)}",)
        case c.SetConstraintComment():
            return (f"COMMENT ON CONSTRAINT {quote(change.name)} ON {qualified(change.table)} IS {_text(change.new)}",)
        case c.AddPrimaryKey():
            return (
                alter_table(change.table, f"ADD {primary_key_definition(change.primary_key)}"),
                *given_to(change.table, change.primary_key, context),
            )
        case c.DropPrimaryKey():
            return (_drop_constraint(change.table, change.primary_key.name or f"{change.table.name}_pkey"),)
        case c.AddForeignKey():
            return (
                alter_table(change.table, f"ADD {foreign_key_definition(change.foreign_key)}"),
                *given_to(change.table, change.foreign_key, context),
            )
        case c.DropForeignKey():
            return (_drop_constraint(change.table, change.foreign_key.name),)
        case c.ValidateConstraint():
            return (
                *_filled_before(change, context),
                alter_table(change.table, f"VALIDATE CONSTRAINT {quote(change.constraint.name or '')}"),
            )
        case c.SetEnforced():
            state = "ENFORCED" if is_enforced(change.new) else "NOT ENFORCED"
            return (alter_table(change.table, f"ALTER CONSTRAINT {quote(change.new.name or '')} {state}"),)
        case c.AddCheck():
            return (
                alter_table(change.table, f"ADD {check_definition(change.check)}"),
                *given_to(change.table, change.check, context),
            )
        case c.DropCheck():
            return (_drop_constraint(change.table, change.check.name),)
        case c.AddExclusion():
            return (
                alter_table(change.table, f"ADD {exclusion_definition(change.exclusion)}"),
                *given_to(change.table, change.exclusion, context),
            )
        case c.DropExclusion():
            return (_drop_constraint(change.table, change.exclusion.name),)
        case c.RenameConstraint():
            old_name, new_name = quote(change.old.name or ""), quote(change.new.name or "")
            return (alter_table(change.table, f"RENAME CONSTRAINT {old_name} TO {new_name}"),)
        case _:
            assert_never(change)


def _text(text: str | None) -> str:
    return literal(text) if text else "NULL"


def _drop_constraint(table: Name, name: str | None) -> str:
    if name is None:
        raise Unsupported(f"{table}: a constraint without a name cannot be dropped", hint="drop it by hand")
    return alter_table(table, f"DROP CONSTRAINT {quote(name)}")


def _drop_index(table: Name, index: Index) -> str:
    return f"DROP INDEX {qualified(Name(table.schema, index.name or ''))}"


def _create_index(table: Name, index: Index, context: RenderContext) -> tuple[str, ...]:
    return (create_index(table, index), *given_to(table, index, context))


def _index_comment(table: Name, index: Index) -> tuple[str, ...]:
    return comment("INDEX", qualified(Name(table.schema, index.name or "")), index.comment)


# -- tables -----------------------------------------------------------------------------------------------------------


def _create_table(table: Table, context: RenderContext) -> tuple[str, ...]:
    name = table.name
    sequences = [sequence_of_serial(name, column) for column in table.columns]
    statements = [*(sql for first, _ in sequences for sql in first), create_table(table)]
    statements += [sql for _, owned in sequences for sql in owned]
    for column in table.columns:
        statements += _nullable_serial(name, column.name, column.autoincrement and column.nullable)
    statements += _owned_sequences(name, context)
    indexes = [index for index in table.indexes if not index.constraint]
    statements += [sql for index in indexes for sql in _create_index(name, index, context)]
    for again in keys_apart(table):
        text = unique_definition(again) if isinstance(again, Index) else exclusion_definition(again)
        statements.append(alter_table(name, f"ADD {text}"))
    for unique in table.indexes:
        if unique.constraint:
            statements += _index_comment(name, unique)
    # CREATE TABLE validates everything: what is not valid is added to the empty table afterwards.
    statements += [alter_table(name, f"ADD {check_definition(item)}") for item in table.checks if not item.validated]
    statements += [
        alter_table(name, f"ADD {foreign_key_definition(key)}") for key in table.foreign_keys if not key.validated
    ]
    statements += [
        alter_table(name, action)
        for column in table.columns
        for action in not_null_afterwards(name, column, table.primary_key)
    ]
    statements += [alter_table(name, action) for action in _security(table)]
    statements += comment("TABLE", qualified(name), table.comment)
    for constraint, text in comments_of_constraints(table).items():
        statements += comment("CONSTRAINT", f"{quote(constraint)} ON {qualified(name)}", text)
    for index_name, text in comments_of_key_indexes(table).items():
        statements += comment("INDEX", qualified(Name(name.schema, index_name)), text)
    for column in table.columns:
        statements += set_storage(name, column.name, column.options)
        statements += column_comment(name, column)
    return tuple(statements)


def _nullable_serial(table: Name, column: str, wanted: bool) -> tuple[str, ...]:
    """SERIAL says NOT NULL, and takes no NULL beside it."""
    return (alter_table(table, f"ALTER COLUMN {quote(column)} DROP NOT NULL"),) if wanted else ()


def _owned_sequences(table: Name, context: RenderContext, column: str | None = None) -> list[str]:
    """OWNED BY for the sequences of this plan that wait for their column."""
    waiting = [
        sequence
        for sequence in context.new.sequences
        if sequence.owned_by and sequence.owned_by[0] == table and column in (None, sequence.owned_by[1])
    ]
    if not waiting:  # of nearly every table, and there may be as many as changes
        return []
    made = {change.sequence.name for change in context.changes if isinstance(change, c.CreateSequence)}
    made |= {change.new.name for change in context.changes if isinstance(change, c.AlterSequence)}
    return [
        f"ALTER SEQUENCE {qualified(sequence.name)} OWNED BY {qualified(table)}.{quote(sequence.owned_by[1])}"
        for sequence in waiting
        if sequence.owned_by and sequence.name in made
    ]


def _owner_of_old(sequence: Sequence, context: RenderContext) -> tuple[str, ...]:
    """OWNED BY for a new sequence of a column that is there already."""
    if sequence.owned_by is None:
        return ()
    table = context.old.table(sequence.owned_by[0])
    if table is None or table.column(sequence.owned_by[1]) is None:
        return ()
    owner = f"{qualified(table.name)}.{quote(sequence.owned_by[1])}"
    return (f"ALTER SEQUENCE {qualified(sequence.name)} OWNED BY {owner}",)


def _security(table: Table) -> list[str]:
    found = []
    if option(table.options, "row_security"):
        found.append("ENABLE ROW LEVEL SECURITY")
    if option(table.options, "force_row_security"):
        found.append("FORCE ROW LEVEL SECURITY")
    return found


def _rename_table(old: Name, new: Name, default_schema: str) -> tuple[str, ...]:
    statements = []
    if old.schema != new.schema:
        statements.append(alter_table(old, f"SET SCHEMA {quote(new.schema or default_schema or 'public')}"))
    if old.name != new.name:
        statements.append(alter_table(Name(new.schema, old.name), f"RENAME TO {quote(new.name)}"))
    return tuple(statements)


def _alter_table_options(old: Table, new: Table) -> tuple[str, ...]:
    partitioning = (old.partition_by, old.kind == "partitioned") != (new.partition_by, new.kind == "partitioned")
    if partitioning or option(old.options, "server") != option(new.options, "server"):
        raise Unsupported(
            f"{old.name}: a table cannot become partitioned, foreign, or an ordinary one again",
            hint="create a new table and copy its rows",
        )
    if old.inherits != new.inherits:
        raise Unsupported(
            f"{old.name}: a table with columns of its own cannot become a child, nor a child a table of its own",
            hint="create a new table and copy its rows",
        )
    statements = [alter_table(new.name, action) for action in _option_actions(old, new)]
    if old.partition_of != new.partition_of:
        if old.partition_of:
            statements.append(alter_table(old.partition_of[0], f"DETACH PARTITION {qualified(old.name)}"))
        if new.partition_of:
            parent, bound = new.partition_of
            statements.append(alter_table(parent, f"ATTACH PARTITION {qualified(new.name)} {bound}"))
    return tuple(statements)


def _option_actions(old: Table, new: Table) -> list[str]:
    changed = {name for name, _ in set(old.options) ^ set(new.options)}
    actions = []
    if "unlogged" in changed:
        actions.append("SET UNLOGGED" if option(new.options, "unlogged") else "SET LOGGED")
    if "row_security" in changed:
        actions.append(f"{'ENABLE' if option(new.options, 'row_security') else 'DISABLE'} ROW LEVEL SECURITY")
    if "force_row_security" in changed:
        actions.append(f"{'' if option(new.options, 'force_row_security') else 'NO '}FORCE ROW LEVEL SECURITY")
    if "access_method" in changed:
        actions.append(f"SET ACCESS METHOD {quote(option(new.options, 'access_method') or 'heap')}")
    if "with" in changed:
        before, after = (set(filter(None, (option(t.options, "with") or "").split(", "))) for t in (old, new))
        gone = {item.split("=")[0] for item in before} - {item.split("=")[0] for item in after}
        actions += [f"RESET ({', '.join(sorted(gone))})"] if gone else []
        actions += [f"SET ({', '.join(sorted(after - before))})"] if after - before else []
    return actions


# -- types and sequences ----------------------------------------------------------------------------------------------


def _add_enum_value(change: c.AddEnumValue) -> str:
    sql = f"ALTER TYPE {qualified(change.enum)} ADD VALUE {literal(change.value)}"
    if change.before is not None:
        return f"{sql} BEFORE {literal(change.before)}"
    return f"{sql} AFTER {literal(change.after)}" if change.after is not None else sql


def _create_domain(domain: Domain, context: RenderContext) -> tuple[str, ...]:
    name = qualified(domain.name)
    later = [f"ALTER DOMAIN {name} ADD {check_definition(check)}" for check in domain.checks if not check.validated]
    under = [item for item in (*context.old.domains, *context.new.domains) if is_over(domain, item)]
    made = create_domain(domain, begins_with_default=any(item.default for item in under))
    return (made, *later, *comment("DOMAIN", name, domain.comment))


def _alter_domain(old: Domain, new: Domain, context: RenderContext) -> tuple[str, ...]:
    if (old.nullable and not new.nullable) or any(item.validated for item in _missing(new.checks, old.checks)):
        refuse_where_held(new.name, context)
    if (old.type, old.collation) != (new.type, new.collation):
        raise Unsupported(
            f"{old.name}: the type of a domain cannot be changed from {old.type} to {new.type}",
            hint="create another domain and change the columns to it",
        )
    head = f"ALTER DOMAIN {qualified(new.name)}"
    statements = [f"{head} DROP CONSTRAINT {quote(item.name or '')}" for item in _missing(old.checks, new.checks)]
    if old.default != new.default:
        statements.append(f"{head} SET DEFAULT {new.default.sql}" if new.default else f"{head} DROP DEFAULT")
    if old.nullable != new.nullable:
        statements.append(f"{head} {'DROP' if new.nullable else 'SET'} NOT NULL")
    for item in new.checks:
        if item in old.checks:
            continue
        if replace(item, validated=False) in old.checks:
            statements.append(f"{head} VALIDATE CONSTRAINT {quote(item.name or '')}")
        else:
            statements.append(f"{head} ADD {check_definition(item)}")
            statements += on_domain(new.name, item.name or "", context)
    if old.comment != new.comment:
        statements.append(f"COMMENT ON DOMAIN {qualified(new.name)} IS {_text(new.comment)}")
    return tuple(statements)


def _missing(checks: tuple[Check, ...], others: tuple[Check, ...]) -> list[Check]:
    """The checks that are not among ``others``; a check that was only not valid yet is there."""
    return [
        check
        for check in checks
        if check not in others and not (not check.validated and replace(check, validated=True) in others)
    ]


def _alter_sequence(old: Sequence, new: Sequence, context: RenderContext) -> tuple[str, ...]:
    statements = list(alter_sequence(old, new, context))
    if old.owned_by != new.owned_by:
        # Until its new owner is there, the sequence belongs to nobody: it must not go with the old one.
        owned = _owner_of_old(new, context)
        statements += owned or (f"ALTER SEQUENCE {qualified(new.name)} OWNED BY NONE",)
    return tuple(statements)


def _filled_before(change: c.ValidateConstraint, context: RenderContext) -> tuple[str, ...]:
    """Rows without a value get the default, where there is one, before NOT NULL is to hold for them."""
    return tuple(fill(change.table, columns, context) for columns in filled_with(change, context))
