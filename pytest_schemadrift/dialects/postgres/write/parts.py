"""Parts of CREATE TABLE by themselves."""

from __future__ import annotations

from dataclasses import replace

from pytest_schemadrift.dialects.base import Parts
from pytest_schemadrift.dialects.postgres.names import quote
from pytest_schemadrift.dialects.postgres.write.definitions import (
    check_definition,
    column_definition,
    exclusion_definition,
    foreign_key_definition,
    primary_key_definition,
    unique_definition,
)
from pytest_schemadrift.schema.capabilities import ServerInfo
from pytest_schemadrift.schema.model import Column, Table


def _column_type(table: Table, column: Column, info: ServerInfo) -> str:
    text = column_definition(table.name, replace(column, default=None, comment=None, nullable=True))
    return text.removeprefix(quote(column.name)).lstrip()


PARTS = Parts(
    column_type=_column_type,
    primary_key=lambda table, key: primary_key_definition(key),
    unique=lambda index, info: unique_definition(index),
    check=check_definition,
    foreign_key=foreign_key_definition,
    exclusion=exclusion_definition,
    options_apart=True,
)
