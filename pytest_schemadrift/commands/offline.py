"""What a snapshot needs of SQL: reading it, comparing it with the models, spelling the models; all without a server."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_schemadrift.commands.comparison import parse_models
from pytest_schemadrift.commands.project import (
    CheckOptions,
    Project,
    compared_tables,
    is_excluded,
    look_options,
    policy_of,
)
from pytest_schemadrift.commands.renames import accepted_renames
from pytest_schemadrift.core.gc_pause import paused_collector
from pytest_schemadrift.dialects import get_dialect
from pytest_schemadrift.errors import DDLSyntaxError
from pytest_schemadrift.planning.drift import Drift
from pytest_schemadrift.planning.letters import letters_of
from pytest_schemadrift.planning.renames import propose_renames
from pytest_schemadrift.schema.evolve import evolve
from pytest_schemadrift.schema.model import Schema
from pytest_schemadrift.sources.database import ddl_text
from pytest_schemadrift.sources.ddl import parse_sql
from pytest_schemadrift.sources.snapshot import assert_merged
from pytest_schemadrift.verify.verdict import compare_without_server

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_schemadrift.core.config.settings import Settings
    from pytest_schemadrift.planning.letters import Letters
    from pytest_schemadrift.schema.model import Name
    from pytest_schemadrift.sources.models import ModelSource


@paused_collector()
def ddl_of_models(project: Project, source: ModelSource, dialect: str) -> tuple[str, bool]:
    """The models' schema as DDL in the dialect's spelling, and whether it says all that the models do."""
    chosen = get_dialect(dialect)
    schema, _ = parse_models(source, chosen.name, chosen.default_info)
    schema = _looked_at(schema, project.settings, letters_of(chosen.capabilities(chosen.default_info)))
    return ddl_text(schema, chosen, chosen.default_info), not schema.unsupported


@paused_collector()
def compare_offline(
    project: Project, source: ModelSource, dialect: str, options: CheckOptions, *, text: str, path: Path
) -> Drift:
    """The drift from a snapshot's DDL to these models of a connection.

    All that a snapshot says was once said by models, so whatever is only in the file counts. Raises
    ``DDLSyntaxError`` with the file's name and line, ``Unsupported``.
    """
    chosen, settings = get_dialect(dialect), project.settings
    info = chosen.default_info
    letters = letters_of(chosen.capabilities(info))
    wanted, source = parse_models(source, chosen.name, info)
    wanted = _looked_at(wanted, settings, letters)
    old = _looked_at(read_ddl(text, chosen.name, path), settings, letters)
    if options.apps or options.models:
        there = {table.name for table in old.tables}
        chosen_tables = {letters.known(table.name, there) for table in source.statements}
        old = _without(old, lambda name: name not in chosen_tables)
    renames = accepted_renames([*settings.renames, *options.renames], old, wanted, letters=letters)
    policy = replace(policy_of(settings), whole=True, extra_defaults="fail", unmanaged="fail")
    result = compare_without_server(old, wanted, chosen, info, policy, renames=renames, ignore=options.ignore)
    proposals = propose_renames(evolve(old, renames), result.new, settings.rename_threshold) if result.plan else ()
    return Drift(
        source.connection,
        chosen.name,
        source="snapshot",
        tables=compared_tables(project, source, letters),
        plan=result.plan,
        proof_note="a snapshot has no server to try it on" if result.plan else "",
        ignored=result.ignored,
        proposals=proposals,
        unreadable=result.unreadable,
        notes=source.notices,
        remedy=f"schemadrift snapshot {look_options(project, options)}".rstrip(),
        origins=source.origins,
        letters=letters,
        old=result.old,
        new=result.new,
    )


def read_ddl(text: str, dialect: str, path: Path | str) -> Schema:
    """The schema of a DDL file. Raises ``DDLSyntaxError`` with its place, also for what Git left of a merge."""
    assert_merged(text, str(path))
    try:
        return parse_sql(text, dialect)
    except DDLSyntaxError as error:
        raise DDLSyntaxError(error.what, path=str(path), line=error.line, sql=error.sql, hint=error.hint) from None


def _looked_at(schema: Schema, settings: Settings, letters: Letters) -> Schema:
    """A schema without the tables that a project never looks at."""
    return _without(schema, lambda name: is_excluded(settings, name, letters))


def _without(schema: Schema, left_out: Callable[[Name], bool]) -> Schema:
    return replace(
        schema,
        tables=tuple(table for table in schema.tables if not left_out(table.name)),
        sequences=tuple(item for item in schema.sequences if not (item.owned_by and left_out(item.owned_by[0]))),
        unsupported=tuple(item for item in schema.unsupported if not (item.table and left_out(item.table))),
    )
