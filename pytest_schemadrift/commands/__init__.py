"""What a user can ask for: the only package that brings all others together.

Importing this package imports none of its modules: a commit hook that finds nothing changed needs few of them.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_schemadrift.commands.check import check_connection, check_server
    from pytest_schemadrift.commands.databases import bring_up, with_url
    from pytest_schemadrift.commands.diff import diff_sources
    from pytest_schemadrift.commands.export import export_live
    from pytest_schemadrift.commands.project import (
        BOOKKEEPING,
        CheckOptions,
        Project,
        chosen_connections,
        loaded_models,
        model_tables,
        open_project,
        with_urls,
    )
    from pytest_schemadrift.commands.renames import accepted_renames
    from pytest_schemadrift.commands.reverse import ReverseOptions, reverse_live
    from pytest_schemadrift.commands.source import Source, check_project, check_source, check_spun_up, source_of

__all__ = [
    "BOOKKEEPING",
    "CheckOptions",
    "Project",
    "ReverseOptions",
    "Source",
    "accepted_renames",
    "bring_up",
    "check_connection",
    "check_project",
    "check_server",
    "check_source",
    "check_spun_up",
    "chosen_connections",
    "diff_sources",
    "export_live",
    "loaded_models",
    "model_tables",
    "open_project",
    "reverse_live",
    "source_of",
    "with_url",
    "with_urls",
]

_HOMES = {
    "BOOKKEEPING": "project",
    "CheckOptions": "project",
    "Project": "project",
    "ReverseOptions": "reverse",
    "Source": "source",
    "accepted_renames": "renames",
    "bring_up": "databases",
    "check_connection": "check",
    "check_project": "source",
    "check_server": "check",
    "check_source": "source",
    "check_spun_up": "source",
    "chosen_connections": "project",
    "diff_sources": "diff",
    "export_live": "export",
    "loaded_models": "project",
    "model_tables": "project",
    "open_project": "project",
    "reverse_live": "reverse",
    "source_of": "source",
    "with_url": "databases",
    "with_urls": "project",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value
