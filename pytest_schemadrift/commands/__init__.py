"""What a user can ask for: the only place where the rooms of the house meet."""

from pytest_schemadrift.commands.check import accepted_renames, check_connection, check_server
from pytest_schemadrift.commands.databases import bring_up, with_url
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
from pytest_schemadrift.commands.reverse import ReverseOptions, reverse_live
from pytest_schemadrift.commands.sides import diff_sources, structure_only
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
    "structure_only",
    "with_url",
    "with_urls",
]
