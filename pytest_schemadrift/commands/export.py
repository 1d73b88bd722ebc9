"""Write the live schema down."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from functools import partial
from typing import TYPE_CHECKING, Literal

from pytest_schemadrift.commands.project import (
    CheckOptions,
    Project,
    only_connection,
    opened,
    with_urls,
)
from pytest_schemadrift.core.config.settings import nearest
from pytest_schemadrift.errors import ConfigurationError, Unsupported
from pytest_schemadrift.planning.script import runnable
from pytest_schemadrift.schema.model import Schema
from pytest_schemadrift.shown import visible_json
from pytest_schemadrift.sources.database import ddl_text, dump

if TYPE_CHECKING:
    pass


async def export_live(
    project: Project | None,
    options: CheckOptions,
    tables: Sequence[str] = (),
    format: Literal["sql", "json"] = "sql",  # noqa: A002  the word of the interface
    *,
    seen: bool = False,
) -> str:
    """The live schema as DDL that the same server accepts, or as JSON.

    Where it is ``seen`` by a person, nothing in it acts on a terminal. Raises ``ConfigurationError`` for an unknown
    table, ``Unsupported`` for a name or text that cannot be spelled so. Schemas of the project's tenants, which are
    exported one by one, are left out.
    """
    async with opened(project, options) as whole:
        server = whole
        if project is not None and project.settings.tenants:
            from pytest_schemadrift.commands.own_schemas import own_part

            project = with_urls(project, options.database_urls)
            name = only_connection(project, next(iter(options.connections), None))
            server = await own_part(project, name, whole)
        schema = await dump(server)
        if tables:
            schema = _only_tables(schema, tables)
        if format == "json":
            return visible_json(json.dumps(asdict(schema), indent=2, ensure_ascii=False, sort_keys=True))
        spell = partial(runnable, dialect=server.dialect.name) if seen else str
        pieces = await server.dialect.pieces(server.connection, server.info)
        return ddl_text(schema, server.dialect, server.info, spell, pieces)


def _only_tables(schema: Schema, tables: Sequence[str]) -> Schema:
    known = {str(table.name): table for table in schema.tables}
    for name in tables:
        unread = next((item for item in schema.unsupported if str(item.table) == name and item.kind == "table"), None)
        if unread is not None:
            raise Unsupported(f"table {name} cannot be written as DDL: {unread.reason}", sql=unread.sql)
        if name not in known:
            raise ConfigurationError(f"there is no table {name!r}", hint=nearest(name, known))
    chosen = {known[name].name for name in tables}
    return replace(
        schema,
        tables=tuple(table for table in schema.tables if table.name in chosen),
        views=(),
        sequences=tuple(item for item in schema.sequences if item.owned_by and item.owned_by[0] in chosen),
        unsupported=tuple(item for item in schema.unsupported if item.table in chosen),
    )
