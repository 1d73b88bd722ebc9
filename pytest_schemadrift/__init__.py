"""Find the drift between Tortoise ORM models and live databases, and the SQL that fixes it.

Importing this package imports nothing heavy: each public name is loaded when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_schemadrift.api import apply, check, diff, reverse
    from pytest_schemadrift.dialects.mysql import AsyncmyDumper
    from pytest_schemadrift.dialects.postgres import AsyncpgDumper
    from pytest_schemadrift.dialects.sqlite import AiosqliteDumper
    from pytest_schemadrift.errors import SchemaDriftError
    from pytest_schemadrift.planning.build import generate_alter_statements, generate_diff_sql
    from pytest_schemadrift.planning.drift import Drift
    from pytest_schemadrift.planning.renames import calculate_similarity
    from pytest_schemadrift.schema.model import Schema
    from pytest_schemadrift.sources.database import SchemaExporter
    from pytest_schemadrift.sources.ddl import parse_sql

__all__ = [
    "AiosqliteDumper",
    "AsyncmyDumper",
    "AsyncpgDumper",
    "Drift",
    "Schema",
    "SchemaDriftError",
    "SchemaExporter",
    "apply",
    "calculate_similarity",
    "check",
    "diff",
    "generate_alter_statements",
    "generate_diff_sql",
    "parse_sql",
    "reverse",
]

_HOMES = {
    "AiosqliteDumper": "dialects.sqlite",
    "AsyncmyDumper": "dialects.mysql",
    "AsyncpgDumper": "dialects.postgres",
    "Drift": "planning.drift",
    "Schema": "schema.model",
    "SchemaDriftError": "errors",
    "SchemaExporter": "sources.database",
    "apply": "api",
    "calculate_similarity": "planning.renames",
    "check": "api",
    "diff": "api",
    "generate_alter_statements": "planning.build",
    "generate_diff_sql": "planning.build",
    "parse_sql": "sources.ddl",
    "reverse": "api",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
