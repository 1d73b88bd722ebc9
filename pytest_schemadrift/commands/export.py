"""Write the live schema down."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Literal

from pytest_schemadrift.core.config.settings import nearest
from pytest_schemadrift.errors import (
    ConfigurationError,
)
from pytest_schemadrift.schema.model import Schema
from pytest_schemadrift.sources.database import ddl_text, dump

if TYPE_CHECKING:
    pass

from pytest_schemadrift.commands.project import CheckOptions, Project, opened


async def export_live(
    project: Project | None,
    options: CheckOptions,
    tables: Sequence[str] = (),
    format: Literal["sql", "json"] = "sql",  # noqa: A002  the word of the interface
) -> str:
    """The live schema as DDL that the same server accepts, or as JSON.

    Raises ``ConfigurationError`` for an unknown table.
    """
    async with opened(project, options) as server:
        schema = await dump(server)
        if tables:
            schema = _only_tables(schema, tables)
        if format == "json":
            return json.dumps(asdict(schema), indent=2, ensure_ascii=False, sort_keys=True)
        return ddl_text(schema, server.dialect, server.info)


def _only_tables(schema: Schema, tables: Sequence[str]) -> Schema:
    known = {str(table.name): table for table in schema.tables}
    for name in tables:
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
