"""Storage engines that do not keep a table's rows in the table, by the names that information_schema shows."""

from __future__ import annotations

from pytest_schemadrift.schema.capabilities import Conversion, ServerInfo
from pytest_schemadrift.schema.model import Table

ON_OTHER_SERVERS = frozenset(("FEDERATED", "FEDERATEDX", "CONNECT", "SPIDER", "S3", "OQGRAPH", "SPHINX"))
"""Those whose rows another server, a service or a file has: not even a count asks them."""
_OF_OTHER_TABLES = frozenset(("MRG_MYISAM", "MERGE"))
"""Those whose rows are those of the tables in UNION, which information_schema does not show."""
_KEEPS_NOTHING = frozenset(("BLACKHOLE", "EXAMPLE"))
_UNTIL_IT_STOPS = frozenset(("MEMORY", "HEAP"))


def keeps_rows_elsewhere(engine: str) -> bool:
    """Whether what a table of this engine shows are no rows of its own."""
    return reaches_elsewhere(engine) or engine.upper() in _OF_OTHER_TABLES


def reaches_elsewhere(engine: str) -> bool:
    """Whether a second table of this engine would be one more way to the same rows, outside of its database."""
    return engine.upper() in ON_OTHER_SERVERS


def converts_options(old: Table, new: Table, info: ServerInfo) -> Conversion:
    """What another engine does to the rows.

    BLACKHOLE takes them and keeps none; those of MEMORY are gone when the server stops (manual, "Alternative Storage
    Engines").
    """
    was, wanted = (_engine(table, info) for table in (old, new))
    if was == wanted:
        return Conversion.REWRITE
    if wanted in _KEEPS_NOTHING:
        return Conversion.DELETES
    return Conversion.LOSSY if wanted in _UNTIL_IT_STOPS else Conversion.REWRITE


def _engine(table: Table, info: ServerInfo) -> str:
    return (dict(table.options).get("engine") or info.setting("default_storage_engine", "InnoDB")).upper()
