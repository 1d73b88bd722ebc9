"""What a PostgreSQL server can do."""

from __future__ import annotations

from pytest_schemadrift.dialects.postgres.names import NAME_BYTES
from pytest_schemadrift.dialects.postgres.types import conversion
from pytest_schemadrift.traits import ServerFacts, Traits

SET_EXPRESSION_SINCE = 17
"""``ALTER COLUMN … SET EXPRESSION`` (release notes of 17)."""
DROP_EXPRESSION_SINCE = 13
"""``ALTER COLUMN … DROP EXPRESSION`` (release notes of 13)."""


def major(facts: ServerFacts) -> int:
    """The server's major version; the newest where no server was asked."""
    return facts.version[0] if facts.version else 18


def traits_of(facts: ServerFacts) -> Traits:
    """The abilities of a server."""
    return Traits(
        dialect="postgres",
        transactional_ddl=True,
        alters_columns=True,
        alters_column_whole=False,
        creates_foreign_keys_inline=False,
        comments=True,
        unique_is_index=False,
        foreign_key_needs_index=False,
        foreign_key_blocks_type_change=False,
        has_schemas=True,
        has_enums=True,
        identifier_limit=NAME_BYTES,
        identifier_limit_in_bytes=True,
        case_insensitive_columns=False,
        case_insensitive_tables=False,
        sets_generated_expression=major(facts) >= SET_EXPRESSION_SINCE,
        scans_on_not_null=True,
        conversion=conversion,
    )
