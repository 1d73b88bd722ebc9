"""Parts of CREATE TABLE by themselves."""

from __future__ import annotations

from dataclasses import replace

from pytest_schemadrift.dialects.base import Parts
from pytest_schemadrift.dialects.sqlite.names import quote
from pytest_schemadrift.dialects.sqlite.write.definitions import (
    check_definition,
    column_definition,
    foreign_key_definition,
    primary_key_definition,
    table_options,
    unique_definition,
)
from pytest_schemadrift.schema.capabilities import ServerInfo
from pytest_schemadrift.schema.model import Column, PrimaryKey, Table


def _column_type(table: Table, column: Column, info: ServerInfo) -> str:
    text = column_definition(replace(column, default=None, comment=None, nullable=True, options=()))
    return text.removeprefix(quote(column.name)).lstrip()


def _primary_key(table: Table, key: PrimaryKey) -> str:
    return primary_key_definition(key, [column.name for column in table.columns if column.autoincrement])


PARTS = Parts(
    column_type=_column_type,
    primary_key=_primary_key,
    unique=lambda index, info: unique_definition(index),
    check=check_definition,
    foreign_key=foreign_key_definition,
    table_options=lambda table, info, charset: table_options(table.options).strip(),
)
