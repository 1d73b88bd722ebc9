"""What of a DDL script shapes a schema, as a scratch database is to run it."""

from __future__ import annotations

import re

from pytest_schemadrift.dialects import get_dialect, split_script
from pytest_schemadrift.dialects.mysql.names import literal
from pytest_schemadrift.dialects.mysql.read.zones import zone_set

_STRUCTURE = frozenset(
    """TABLE INDEX UNIQUE FULLTEXT SPATIAL TYPE DOMAIN SEQUENCE EXTENSION VIEW MATERIALIZED FUNCTION TRIGGER OR UNLOGGED
    PROCEDURE AGGREGATE OPERATOR CAST COLLATION VIRTUAL SCHEMA TEXT CONSTRAINT RULE POLICY STATISTICS""".split()  # noqa: SIM905
)


_KEY_CHECKS = re.compile(
    r"\s*(?:/\*M?!\d*\s*)?SET\b.*?(?<![@\w])(FOREIGN_KEY_CHECKS|RESTRICT_FK_ON_NON_STANDARD_KEY)\s*=\s*(0|OFF)?",
    re.IGNORECASE | re.DOTALL,
)


def structure_only(text: str, dialect: str) -> list[str]:
    """The statements of a script that shape a schema; rows, grants and whole databases are none of our business.

    On MySQL and MariaDB, dumps set ``foreign_key_checks`` where a table refers to one that comes later, exports what
    lets a foreign key refer to a part of a key, and both the time zone in which a TIMESTAMP is written.
    """
    chosen = []
    of_mysql = dialect in ("mysql", "mariadb")
    for statement in split_script(text, dialect):
        zone = zone_set(statement) if of_mysql else None
        if zone is not None:
            chosen.append(f"SET {_KEEP_ZONE}, time_zone = {literal(zone)}" if zone else _ZONE_AGAIN)
            continue
        if checks := _KEY_CHECKS.match(statement):
            chosen.append(f"SET {checks[1].lower()} = {0 if checks[2] else 1}")
            continue
        words = [token.upper for token in get_dialect(dialect).tokenize(statement)[:3]]
        shapes = len(words) > 1 and words[0] in ("CREATE", "ALTER", "DROP") and words[1] in _STRUCTURE
        if words[1:2] == ["SCHEMA"] and of_mysql:
            shapes = False  # there, a schema is a database
        if shapes or words[:2] == ["COMMENT", "ON"]:
            chosen.append(_unless_there(statement, dialect))
    if any(_KEEP_ZONE in statement for statement in chosen):
        chosen.append(_ZONE_AGAIN)  # in which the catalog is read
    return chosen


_KEEP_ZONE = "@zone_before = coalesce(@zone_before, @@time_zone)"
_ZONE_AGAIN = "SET time_zone = coalesce(@zone_before, @@time_zone)"


def _unless_there(statement: str, dialect: str) -> str:
    """A schema or an extension may be there already: a scratch database has those that unqualified names need."""
    tokens = get_dialect(dialect).tokenize(statement)
    words = [token.upper for token in tokens]
    made = words[:2] in (["CREATE", "SCHEMA"], ["CREATE", "EXTENSION"])
    if not made or words[2:3] == ["IF"] or words.count("CREATE") > 1:  # with objects in it, it must be new
        return statement
    place = tokens[1].end
    return f"{statement[:place]} IF NOT EXISTS{statement[place:]}"
