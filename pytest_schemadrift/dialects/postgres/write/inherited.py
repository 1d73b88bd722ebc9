"""What tables that inherit, and partitions, have of a column themselves."""

from __future__ import annotations

from pytest_schemadrift.dialects.base import RenderContext
from pytest_schemadrift.dialects.postgres.capabilities import SET_EXPRESSION_SINCE, major
from pytest_schemadrift.dialects.postgres.names import qualified, quote
from pytest_schemadrift.dialects.postgres.read.types import using
from pytest_schemadrift.dialects.postgres.write.dependents import mentions
from pytest_schemadrift.dialects.postgres.write.family import heirs_of, lineage_of
from pytest_schemadrift.dialects.postgres.write.marks import marks_of
from pytest_schemadrift.errors import Unsupported
from pytest_schemadrift.schema import changes as c
from pytest_schemadrift.schema.model import Column, Name


def is_done_by_parent(change: c.AlterColumnType, context: RenderContext) -> bool:
    """Whether a parent's column gets the type, and so do those of all that inherit it: theirs alone is refused."""
    parents = lineage_of(change.table, context)[1:]
    of_parents = [part for part in context.parts if isinstance(part, c.AlterColumnType) and part.table in parents]
    return any((part.new.name, part.new.type) == (change.new.name, change.new.type) for part in of_parents)


def own_defaults_off(table: Name, column: str, context: RenderContext) -> list[str]:
    """The defaults of a column's heirs off, which a change of its type would have to convert."""
    return [f"{_head(heir, column)} DROP DEFAULT" for heir, default in _own_defaults(table, column, context) if default]


def own_defaults_back(table: Name, old: Column, new: Column, context: RenderContext) -> list[str]:
    """The defaults that a column's heirs had, or that they had none: what a parent is given they are given, too."""
    statements = []
    for heir, sql in _own_defaults(table, old.name, context):
        default = sql
        before, after = context.old.table(heir), context.new.table(heir)
        own = before and before.column(old.name)  # a column of its own that was merged is compared, too
        wanted = after and after.column(new.name)
        if own and wanted and own.default != wanted.default:
            default = wanted.default.sql if wanted.default is not None else ""
        elif sql and old.type != new.type:
            default = using(f"({sql})", old.type, new.type) or sql
        statements.append(f"{_head(heir, new.name)} {f'SET DEFAULT {default}' if default else 'DROP DEFAULT'}")
    return statements


def own_expressions_back(table: Name, column: str, context: RenderContext, *, recreated: bool) -> list[str]:
    """The expressions of a generated column that its heirs had: what a parent is given they are given, too.

    ``recreated`` says that the column went and came back, which leaves the columns of the heirs' own. Raises
    ``Unsupported`` before PostgreSQL 17, where no statement gives a column another expression.
    """
    statements = []
    for heir in heirs_of(table, context):
        for mark in marks_of("table", heir, column, context):
            if mark.aspect != "own expression" or (recreated and mark.values[1] == "local"):
                continue
            if major(context.info) < SET_EXPRESSION_SINCE:
                raise Unsupported(
                    f"{table}.{column}: {heir} computes it in another way, which PostgreSQL cannot put back before 17",
                    hint="change both by hand: detach the partition, or end the inheritance, and bring it back after",
                )
            wanted = context.new.table(heir)
            own = wanted.column(column) if wanted is not None else None
            sql = own.generated.expression.sql if own is not None and own.generated is not None else mark.values[0]
            statements.append(f"{_head(heir, column)} SET EXPRESSION AS ({sql})")
    return statements


def refuse_computed_by_heirs(table: Name, column: str, context: RenderContext) -> None:
    """Raise ``Unsupported`` where a table that inherits a column computes one of its own from it.

    The server takes no other type of it, and lets it not go, as long as the computed one is there.
    """
    parts = [part for other in context.changes for part in c.simple_changes(other)]
    dropped = {(part.table, part.column.name) for part in parts if isinstance(part, c.DropColumn)}
    for heir in heirs_of(table, context):
        found = context.old.table(heir)
        for item in found.columns if found is not None else ():
            if item.generated is None or not mentions(item.generated.expression.sql, column):
                continue
            parents = [context.old.table(name) for name in lineage_of(heir, context)[1:]]
            inherited = any(parent is not None and parent.column(item.name) is not None for parent in parents)
            if inherited or (heir, item.name) not in dropped:
                what = f"{table}.{column}: {heir}.{item.name} is computed from it, so it can neither change nor go"
                way = f"ALTER TABLE {qualified(heir)} DROP COLUMN {quote(item.name)}; the plan then adds it again"
                if inherited:
                    way = "change both by hand: end the inheritance, and bring it back after"
                raise Unsupported(what, hint=way)


def _head(heir: Name, column: str) -> str:
    return f"ALTER TABLE ONLY {qualified(heir)} ALTER COLUMN {quote(column)}"


def _own_defaults(table: Name, column: str, context: RenderContext) -> list[tuple[Name, str]]:
    """Each heir whose default is another one, and that default, which may be none."""
    return [
        (heir, "".join(mark.values))
        for heir in heirs_of(table, context)
        for mark in marks_of("table", heir, column, context)
        if mark.aspect == "own default"
    ]
