"""The check of each connection: computed once for a run, whatever the number of workers, and kept in a file."""

from __future__ import annotations

import pickle
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, cast
from urllib.parse import quote, unquote

from filelock import FileLock

from pytest_schemadrift.commands import check_source, check_spun_up, loaded_models
from pytest_schemadrift.commands.source import told_what_was_looked_at
from pytest_schemadrift.commands.tenants.judge import Judge
from pytest_schemadrift.commands.tenants.reader import Reader
from pytest_schemadrift.core.config.tortoise import one_line
from pytest_schemadrift.core.private import read_private, write_private
from pytest_schemadrift.errors import SchemaDriftError, ServerUnavailable, mask
from pytest_schemadrift.planning.describe import subject
from pytest_schemadrift.planning.drift import Drift, Origin
from pytest_schemadrift.plugin.options import in_words_of_pytest
from pytest_schemadrift.plugin.run import PREPARED
from pytest_schemadrift.report.words import origin_of
from pytest_schemadrift.shown import mask_error

if TYPE_CHECKING:
    from pytest_schemadrift.commands import Project
    from pytest_schemadrift.commands.tenants.find import Tenant
    from pytest_schemadrift.plugin.databases import Databases
    from pytest_schemadrift.plugin.run import Run
    from pytest_schemadrift.schema.model import Name


class CouldNotTell(Exception):
    """The check itself failed; the text is what a user is shown."""


RESULTS = "results"
"""Below the run's folder: a pickle for each connection, which only this user can have written."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A check that could not be made, as its lines read."""

    text: str


def results_of(folder: Path) -> dict[str, Drift | Failure]:
    """What the processes of a run have found so far, by connection."""
    paths = sorted((folder / RESULTS).glob("*.pickle"))
    found = {unquote(path.stem): _read(path) for path in paths}
    return {connection: result for connection, result in found.items() if result is not None}


def _read(path: Path) -> Drift | Failure | None:
    """What a process of this run wrote; a file that anybody else can have written is none."""
    content = read_private(path)
    return None if content is None else cast("Drift | Failure", pickle.loads(content))  # noqa: S301


class SchemaDrift:
    """``check(connection) -> Drift``; the first caller of a run computes it, the others read it."""

    def __init__(self, run: Run, project: Project, databases: Databases) -> None:
        self._run, self._project, self._databases = run, project, databases
        self._folder = run.folder / RESULTS
        self._known: dict[str, Drift | Failure] = {}
        self._judge: Judge | None = None

    def check(self, connection: str = "default") -> Drift:
        """Return the drift of a connection. Raises ``CouldNotTell`` with the reason in a few lines."""
        if connection not in self._known:
            self._known[connection] = self._shared(connection)
        found = self._known[connection]
        if isinstance(found, Failure):
            raise CouldNotTell(found.text)
        return found

    def is_first(self, connection: str, item: str) -> bool:
        """Whether ``item`` is the one of all processes that tells why a connection could not be checked."""
        path = self._path(connection).with_suffix(".told")
        try:
            path.touch(exist_ok=False)
        except FileExistsError:
            return path.read_text() == item  # it is run again
        path.write_text(item)
        return True

    def _path(self, connection: str) -> Path:
        return self._folder / f"{quote(connection, safe='')}.pickle"

    def check_tenant(self, connection: str, tenant: str) -> Drift:
        """Return the drift of a tenant. Raises ``CouldNotTell`` with the reason in a few lines."""
        found = self._shared(f"{connection}[{tenant}]", lambda: self._compute_tenant(connection, tenant))
        if isinstance(found, Failure):
            raise CouldNotTell(found.text)
        return found

    def _compute_tenant(self, connection: str, name: str) -> Drift | Failure:
        tenant = self._run.found_tenants(connection).get(name)
        if tenant is None:
            return Failure(f"there is no tenant {name!r} of {connection!r} any more")
        with loaded_models(self._project) as models:
            if self._judge is None:
                self._judge = Judge(self._project, models, self._run.options)
            self._judge.models = models
            drift = self._run.loop.run(_look(self._judge, tenant))
        if drift.skipped:
            return Failure(mask(drift.skipped))
        return replace(drift, origins=_named_origins(drift))

    def _shared(self, connection: str, compute: Callable[[], Drift | Failure] | None = None) -> Drift | Failure:
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._path(connection)
        with FileLock(f"{path}.lock"):
            known = _read(path)
            if known is not None:
                return known
            found = self._computed(connection, compute or (lambda: self._compute(connection)))
            write_private(path, pickle.dumps(found))
            return found

    def _computed(self, connection: str, compute: Callable[[], Drift | Failure]) -> Drift | Failure:
        try:
            return compute()
        except ServerUnavailable as error:
            if self._run.options.unreachable == "fail":
                return Failure(in_words_of_pytest(error))
            name = self._run.connection(connection)
            dialect = self._project.tortoise.connection(name).dialect
            return Drift(name, dialect, skipped=f"skipped: {error.what.splitlines()[0]}")
        except SchemaDriftError as error:
            return Failure(in_words_of_pytest(error))
        except Exception as error:  # of the project's own schemadrift_prepare or hooks, whatever they do
            return Failure(mask_error(_unexpected(error, connection, self._project.settings.project_dir)))

    def _compute(self, look: str) -> Drift:
        run, project, options = self._run, self._project, self._run.options
        connection = project.tortoise.connection(run.connection(look) or look).name
        source = run.source(look)
        if source.kind in ("migrations", PREPARED):
            with self._databases.prepared_once(connection) as (database, failed):
                note = self._databases.difference(connection)
                spun_up = check_spun_up(
                    project, connection, database.url, source, options=options, failed=failed, note=note
                )
                drift = run.loop.run(spun_up)
        else:
            with loaded_models(project) as models:
                drift = run.loop.run(check_source(project, models, connection, source, options))
        drift = told_what_was_looked_at(project, drift, source, options.source, _LOOK)
        return replace(drift, origins=_named_origins(drift))


_LOOK = "pytest --schema-drift --schema-drift-source live"


async def _look(judge: Judge, tenant: Tenant) -> Drift:
    async with Reader(judge) as reader:
        return await reader.check(tenant)


def _unexpected(error: Exception, connection: str, project_dir: Path) -> str:
    """Three lines; the place is the project's own line that the error came through, else the last one of all."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if project_dir in Path(frame.filename).parents]
    own = [frame for frame in own if "site-packages" not in frame.filename]
    place = (own or frames)[-1]
    to_do = "correct it there" if own else f"schemadrift -v check --connection {connection} shows all of it"
    return (
        f"the check of {connection!r} failed: {one_line(error)}\n"
        f"  where: {place.filename}:{place.lineno}\n  to do: {to_do}"
    )


def _named_origins(drift: Drift) -> Mapping[tuple[Name, str | None], Origin]:
    """The few places that a report names, in the place of the models themselves."""
    places = {}
    for step in drift.steps:
        table, column = subject(step.change)
        origin = origin_of(drift, step.change)
        if table is not None and origin is not None:
            places[table, column] = origin
    return places
