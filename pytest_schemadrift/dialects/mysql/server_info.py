"""What the server says of itself: which of the two it is, its version, and what names and texts mean there."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from pytest_schemadrift.dialects.flavors import flavor_in
from pytest_schemadrift.dialects.mysql.catalog.queries import query
from pytest_schemadrift.dialects.mysql.collations import canonical_charset, canonical_collation
from pytest_schemadrift.dialects.mysql.connection import INNODB, keep_engine, settings_query
from pytest_schemadrift.schema.capabilities import ServerInfo

if TYPE_CHECKING:
    from pytest_schemadrift.dialects.base import Connection

DEFAULT_INFO = ServerInfo(
    dialect="mysql",
    version=(9, 7, 0),
    version_text="9.7.0",
    charset="utf8mb4",
    collation="utf8mb4_0900_ai_ci",
    collations=(("utf8mb4", "utf8mb4_0900_ai_ci"),),
    settings=(
        ("default_storage_engine", "InnoDB"),
        ("explicit_defaults_for_timestamp", "1"),
        ("lower_case_table_names", "0"),
    ),
)
MARIADB_INFO = ServerInfo(
    dialect="mariadb",
    version=(11, 8, 0),
    version_text="11.8.0-MariaDB",
    charset="utf8mb4",
    collation="utf8mb4_uca1400_ai_ci",
    collations=tuple(
        (charset, f"{charset}_uca1400_ai_ci") for charset in ("ucs2", "utf16", "utf32", "utf8mb3", "utf8mb4")
    ),
    settings=DEFAULT_INFO.settings,
)


def is_mariadb(version_text: str) -> bool:
    """MariaDB says so in its version; the number alone does not tell (``5.5.5-10.11.6-MariaDB``)."""
    return "mariadb" in version_text.lower()


def parse_version(text: str) -> tuple[int, ...]:
    """``(10, 11, 6)`` of ``5.5.5-10.11.6-MariaDB-log``: old protocols put a false 5.5.5 in front."""
    text = text.removeprefix("5.5.5-")
    match = re.match(r"\d+(?:\.\d+)*", text)
    return tuple(int(part) for part in match[0].split(".")) if match else ()


async def read_server_info(connection: Connection) -> ServerInfo:
    """Ask the server for everything that changes how a DDL text is to be understood: three small queries.

    See ``keep_engine`` for a server whose tables are not of InnoDB unless they say so.
    """
    [facts] = await connection.fetch(query("facts"))
    version_text, database, charset, collation, engine, lower, explicit, comment, mode, engine_of_shells = facts
    if engine == engine_of_shells != INNODB:
        engine = await keep_engine(connection, str(engine))
    collations = {
        canonical_charset(str(name)): canonical_collation(str(default), canonical_charset(str(name)))
        for name, default in await connection.fetch(query("collations"))
    }
    mariadb = is_mariadb(str(version_text))
    override = "character_set_collations" if mariadb else "default_collation_for_utf8mb4"
    found = await connection.fetch(settings_query(override, "aurora_version"))
    session = {str(name): str(value) for name, value in found}
    is_aurora = session.pop("aurora_version", None) is not None
    collations.update(_overridden(session.pop(override, "")))
    return ServerInfo(
        dialect="mariadb" if mariadb else "mysql",
        version=parse_version(str(version_text)),
        version_text=str(version_text),
        database=str(database or ""),
        default_schema=str(database or ""),
        charset=canonical_charset(str(charset)),
        collation=canonical_collation(str(collation), canonical_charset(str(charset))),
        collations=tuple(sorted(collations.items())),
        settings=(
            ("default_storage_engine", str(engine)),
            ("engine_of_shells", str(engine_of_shells)),
            ("explicit_defaults_for_timestamp", str(explicit)),
            ("lower_case_table_names", str(lower)),
            ("session", json.dumps(session, sort_keys=True)),
            ("sql_mode", str(mode)),  # that of a session which nobody has set up
        ),
        flavor=flavor_in(str(version_text), str(comment), "aurora" if is_aurora else ""),
    )


def _overridden(value: str) -> dict[str, str]:
    """MySQL names one collation for utf8mb4; MariaDB lists ``charset=collation`` pairs."""
    if "=" not in value:
        return {"utf8mb4": canonical_collation(value)} if value else {}
    pairs = (item.strip().partition("=") for item in value.split(","))
    return {
        canonical_charset(name): canonical_collation(default, canonical_charset(name)) for name, _, default in pairs
    }
