"""What MySQL and MariaDB can do, by version."""

from __future__ import annotations

from pytest_schemadrift.dialects.mysql.read.types import conversion
from pytest_schemadrift.dialects.mysql.write.alter import fills_with_update
from pytest_schemadrift.schema.capabilities import Capabilities, ServerInfo


def capabilities(info: ServerInfo) -> Capabilities:
    """The abilities of this server; both kinds and all supported versions differ only in their names."""
    return Capabilities(
        dialect=info.dialect,
        transactional_ddl=False,
        alters_columns=True,
        alters_column_whole=True,
        creates_foreign_keys_inline=False,
        comments=True,
        foreign_key_blocks_type_change=True,
        has_schemas=False,
        case_insensitive_columns=True,
        case_insensitive_tables=info.setting("lower_case_table_names", "0") != "0",
        sets_generated_expression=True,
        scans_on_not_null=True,
        conversion=conversion,
        fills_with_update=lambda column: fills_with_update(column, info),
        updates_fire_triggers=True,
    )
