"""What a PostgreSQL server can do."""

from __future__ import annotations

import re

from pytest_schemadrift.dialects.compatibility import compatibility
from pytest_schemadrift.dialects.postgres.names import words
from pytest_schemadrift.dialects.postgres.read.fitting import fits
from pytest_schemadrift.dialects.postgres.read.types import conversion, has_storage
from pytest_schemadrift.schema.capabilities import Capabilities, ServerInfo
from pytest_schemadrift.schema.model import Check, Column, ForeignKey

SET_EXPRESSION_SINCE = 17
"""``ALTER COLUMN … SET EXPRESSION`` (release notes of 17)."""
CHECKED_VIRTUAL_SINCE = 19
"""SET EXPRESSION of a virtual column in a table with a CHECK: 18 refuses it."""
ALTERS_ENFORCEMENT_SINCE = {ForeignKey: 18, Check: 19}
"""``ALTER CONSTRAINT … [NOT] ENFORCED`` (documentation of ALTER TABLE, 18 and 19)."""
STORAGE_DEFAULT_SINCE = 16
"""``ALTER COLUMN … SET STORAGE DEFAULT`` (release notes of 16)."""
DROP_EXPRESSION_SINCE = 13
"""``ALTER COLUMN … DROP EXPRESSION`` (release notes of 13)."""


_ONE_VALUE = words(
    """
    now transaction_timestamp statement_timestamp current_timestamp localtimestamp current_time localtime timezone
    current_setting current_schema current_user lower upper concat length md5 date_trunc date_part extract age
    make_date make_time make_timestamp make_timestamptz make_interval to_timestamp to_date to_char json_build_object
    json_build_array jsonb_build_object jsonb_build_array to_json to_jsonb array_append coalesce nullif greatest least
    round floor ceil abs substring replace row and or not in any all
    varchar varying char character bpchar numeric decimal bit time timestamp timestamptz timetz interval float
    """
)
"""Functions with one value for a whole statement, and other words before a parenthesis; any other may be volatile."""


def major(info: ServerInfo) -> int:
    """The server's major version; the newest where no server was asked."""
    return info.version[0] if info.version else 18


def is_volatile(sql: str) -> bool:
    """Whether an expression may have another value for each row: it calls a function that is not known to have one."""
    text = re.sub(r"'(?:[^']|'')*'", "''", sql)
    called = re.findall(r"""([\w.$"]+)\s*\(""", text)
    return any(name.lower() not in _ONE_VALUE for name in called)


def rewrites_to_add(column: Column) -> bool:
    """Whether ADD COLUMN writes every row again, to give each a default of its own."""
    return column.default is not None and is_volatile(column.default.sql)


def capabilities(info: ServerInfo) -> Capabilities:
    """The abilities of a server."""
    return Capabilities(
        dialect="postgres",
        shared_names=frozenset(["index", "key", "constraint"]),
        transactional_ddl=True,
        alters_columns=True,
        alters_column_whole=False,
        comment_builds_index=False,
        creates_foreign_keys_inline=False,
        comments=True,
        foreign_key_blocks_type_change=False,
        foreign_key_needs_whole_key=False,
        has_schemas=True,
        case_insensitive_columns=False,
        case_insensitive_tables=False,
        sets_generated_expression=major(info) >= SET_EXPRESSION_SINCE,
        scans_on_not_null=True,
        has_storage=has_storage,
        conversion=conversion,
        compatibility=compatibility,
        rewrites_to_add=rewrites_to_add,
        fits=fits,
        alters_enforcement=lambda constraint: major(info) >= ALTERS_ENFORCEMENT_SINCE[type(constraint)],
    )
