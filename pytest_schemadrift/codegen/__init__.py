"""A schema as the source of models: ``write_models``.

``outline`` decides names and relations for every style; a style (``tortoise``, ``django``) puts them into its
framework's words and keeps what it has no word for in the database's own; ``emit`` lays the text out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from pytest_schemadrift.codegen.left_out import left_out
from pytest_schemadrift.codegen.module import Header, Job, Progress, Written, silent
from pytest_schemadrift.codegen.package import Split
from pytest_schemadrift.codegen.sql import Sql
from pytest_schemadrift.core.gc_pause import paused_collector
from pytest_schemadrift.schema.build import make_table
from pytest_schemadrift.schema.capabilities import ServerInfo
from pytest_schemadrift.schema.model import Column, Name, Schema, Table

__all__ = ["Header", "Progress", "Request", "Split", "Style", "Written", "silent", "write_models"]

Style = Literal["tortoise", "django"]


@dataclass(frozen=True, slots=True)
class Request:
    """What to write: tables of the schema, and views with the columns that the database gives them."""

    tables: Sequence[Table]
    views: Mapping[Name, Sequence[Column]] = field(default_factory=dict)
    style: Style = "tortoise"
    app: str = "models"
    whole: bool = False
    """Whether these are all tables of the database, and not some by name."""
    managed: bool | None = None
    """``None`` is as the style has it: Tortoise's models are managed, Django's are not."""
    split: Split = "none"
    """Whether they become a package, and what has a module of its own."""


def write_models(
    schema: Schema, info: ServerInfo, request: Request, header: Header, progress: Progress = silent
) -> Written:
    """The source of a module with one model for each table and view, and what of them it does not express.

    ``progress(done, total)`` is called after each model.
    """
    from pytest_schemadrift.codegen.django import django_module
    from pytest_schemadrift.codegen.tortoise import tortoise_module

    views = [make_table(name, columns, kind="view") for name, columns in request.views.items()]
    by_name = {table.name: table for table in schema.tables}
    tables = [_with_columns(table, request.views, by_name) for table in request.tables]
    known = {table.name for table in tables}
    every = [*tables, *(view for view in views if view.name not in known)]
    managed = request.style == "tortoise" if request.managed is None else request.managed
    looked_at = frozenset(t.name for t in every if t.kind in _LOOKED_AT or t.inherits or not managed)
    sql = Sql(info)
    quoted = {table.name for table in every if sql.has_quote(table)}
    missing = left_out(schema, every, request.views, whole=request.whole)
    missing += [f"a quote in a name, which no framework doubles: the tables: {_listed(quoted)}"] if quoted else []
    every = [_as_if_validated(table) for table in every if table.columns and table.name not in quoted]
    job = Job(schema, every, sql, header, looked_at, request.app, missing, progress, request.split)
    write = django_module if request.style == "django" else tortoise_module
    with paused_collector():
        return write(job)


def _as_if_validated(table: Table) -> Table:
    """The models say that every row holds NOT NULL, which is what the constraint is there for."""
    columns = [
        replace(column, nullable=False, unvalidated=None) if column.unvalidated else column for column in table.columns
    ]
    return replace(table, columns=tuple(columns))


_LOOKED_AT = frozenset({"view", "virtual", "foreign"})
"""Kinds of tables that a framework can read from and should not create."""


def _listed(names: Iterable[Name]) -> str:
    return ", ".join(map(str, sorted(names)))


def _with_columns(table: Table, columns: Mapping[Name, Sequence[Column]], tables: Mapping[Name, Table]) -> Table:
    """The table with columns that the schema does not list: a virtual table's, and those of the tables it inherits."""
    if table.name in columns:
        return replace(table, columns=tuple(columns[table.name]))
    if not table.inherits:
        return table
    inherited = {
        column.name: replace(column, autoincrement=False, identity=None)
        for parent in table.inherits
        if parent in tables
        for column in _with_columns(tables[parent], columns, tables).columns
    }
    return replace(table, columns=tuple((inherited | {column.name: column for column in table.columns}).values()))
