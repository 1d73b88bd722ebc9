"""Parts of CREATE TABLE by themselves."""

from __future__ import annotations

from dataclasses import replace

from pytest_schemadrift.dialects.base import Parts
from pytest_schemadrift.dialects.mysql.collations import charset_of, default_collation, spelled
from pytest_schemadrift.dialects.mysql.names import quote
from pytest_schemadrift.dialects.mysql.write.definitions import (
    check_definition,
    column_definition,
    foreign_key_definition,
    index_definition,
    option,
    primary_key_definition,
    table_collation,
)
from pytest_schemadrift.schema.capabilities import ServerInfo
from pytest_schemadrift.schema.model import Column, Table


def _column_type(table: Table, column: Column, info: ServerInfo) -> str:
    bare = replace(column, default=None, comment=None)
    text = column_definition(bare, table_collation(table, info), info).removeprefix(quote(column.name)).lstrip()
    return text if column.nullable else text.replace(" NOT NULL", "", 1)


def _table_options(table: Table, info: ServerInfo, charset: str) -> str:
    own = {name: value for name, value in table.options if name != "collation"}
    collation = table_collation(table, info)
    if not own and collation == default_collation(charset, info):
        return ""
    words = [f"CHARACTER SET {charset_of(collation)} COLLATE {spelled(collation, info)}"]
    return " ".join([*words, *(option(name, value) for name, value in own.items())])


PARTS = Parts(
    column_type=_column_type,
    primary_key=lambda table, key: primary_key_definition(key),
    unique=index_definition,
    check=lambda check: check_definition(replace(check, column=None)),
    foreign_key=foreign_key_definition,
    table_options=_table_options,
)
