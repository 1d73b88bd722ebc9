"""What MySQL and MariaDB can do, by version."""

from __future__ import annotations

from pytest_schemadrift.dialects.compatibility import compatibility
from pytest_schemadrift.dialects.mysql.collations import lacks_characters
from pytest_schemadrift.dialects.mysql.connection import needs_whole_key
from pytest_schemadrift.dialects.mysql.engines import converts_options
from pytest_schemadrift.dialects.mysql.older_defaults import as_collated
from pytest_schemadrift.dialects.mysql.read.defaults import fits
from pytest_schemadrift.dialects.mysql.read.types import conversion
from pytest_schemadrift.dialects.mysql.write.columns import fills_with_update
from pytest_schemadrift.dialects.mysql.write.rename_column import copies_to_rename
from pytest_schemadrift.schema.capabilities import Capabilities, Conversion, ServerInfo
from pytest_schemadrift.schema.model import Check, Column


def capabilities(info: ServerInfo) -> Capabilities:
    """The abilities of this server; both kinds and all supported versions differ only in their names."""
    return Capabilities(
        dialect=info.dialect,
        foreign_key_needs_index=True,
        shared_names=frozenset(["foreign key", "check"] if info.dialect == "mysql" else ["foreign key"]),
        transactional_ddl=False,
        alters_columns=True,
        alters_column_whole=True,
        comment_builds_index=info.dialect == "mysql" or info.version < (11, 8),  # MariaDB: ALGORITHM=INSTANT (11.8.9)
        creates_foreign_keys_inline=False,
        comments=True,
        foreign_key_blocks_type_change=True,
        foreign_key_needs_whole_key=needs_whole_key(info),
        has_schemas=False,
        case_insensitive_columns=True,
        case_insensitive_tables=info.setting("lower_case_table_names", "0") != "0",
        sets_generated_expression=True,
        scans_on_not_null=True,
        conversion=conversion,
        converts_column_options=lambda old, new: _converts_column_options(old, new, info),
        converts_options=lambda old, new: converts_options(old, new, info),
        compatibility=compatibility,
        lacks_characters=lambda old, new: lacks_characters(old, new, info),
        fills_with_update=lambda column: fills_with_update(column, info),
        copies_to_rename=lambda table, column: info.dialect == "mysql" and copies_to_rename(table, column),
        updates_fire_triggers=True,
        takes_default=lambda type_: info.dialect == "mariadb" or not type_.endswith(("text", "blob", "json")),
        fits=lambda type_, value: fits(type_, value, info.dialect),
        as_collated=lambda old, new: as_collated(old, new, info),
        alters_enforcement=lambda constraint: info.dialect == "mysql" and isinstance(constraint, Check),
    )


def _converts_column_options(old: Column, new: Column, info: ServerInfo) -> Conversion:
    """MySQL refuses values of another reference system than the column's (error 3643); MariaDB does not look."""
    srid = dict(new.options).get("srid")
    is_held = info.dialect == "mysql" and srid is not None and srid != dict(old.options).get("srid")
    return Conversion.MAY_FAIL if is_held else Conversion.METADATA
