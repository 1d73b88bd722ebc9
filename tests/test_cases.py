"""Golden cases: every folder below ``cases`` is a story, held to the same eight laws on every dialect it names.

1. The plan is the golden file. 2. New against new is silent. 3. ``evolve`` agrees without a server. 4. On a real
server the golden SQL turns the old database, rows included, into one that is equal to a fresh new one, and every value
that should survive did. 5. Planning again is empty. 6. A scratch copy proves the plan; on PostgreSQL, where it takes a
third of the time, that of one case in three, of others every day. 7. The way back leads to the old schema with every
value that should survive, or says that rows may be in its way; one case in three is tried. 8. Where ``--online`` has
another plan, that converges too, and the rows survive it. With ``make test ALL=1`` all laws are held to all cases.
``make accept`` rewrites golden files where 2 to 6 hold.

The SQL of a golden file was executed when the file was written, and as long as law 1 holds it is still that SQL. On a
server one case in three executes it again, others every day, and is held to the laws that need it: 2, 4, 5, 7 and 8.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import re
import sys
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest

from pytest_schemadrift.applying.executor import execute
from pytest_schemadrift.commands import CheckOptions, Project, accepted_renames, check_server, loaded_models
from pytest_schemadrift.core.config.settings import load_settings
from pytest_schemadrift.core.config.tortoise import parse_tortoise_config
from pytest_schemadrift.dialects import get_dialect
from pytest_schemadrift.errors import SchemaDriftError, StatementFailed, Unsupported
from pytest_schemadrift.planning.build import build_plan
from pytest_schemadrift.planning.diff import diff
from pytest_schemadrift.planning.hazards import Hazard
from pytest_schemadrift.planning.normalize import normalize
from pytest_schemadrift.planning.policy import Policy, suited
from pytest_schemadrift.planning.undo import plans_back, with_valid_indexes
from pytest_schemadrift.schema.capabilities import ServerInfo
from pytest_schemadrift.schema.changes import CreateTable, Rename, table_of
from pytest_schemadrift.schema.evolve import evolve
from pytest_schemadrift.schema.model import Schema
from pytest_schemadrift.sources.database import dump, open_server
from pytest_schemadrift.sources.models import model_ddl
from pytest_schemadrift.sources.scratch import LiveServer
from pytest_schemadrift.verify.verdict import Comparison, compare
from tests.conftest import POSTGRES_VERSION
from tests.harness import (
    ALIKE,
    EVERY_SERVER,
    ONE_OF,
    Survivors,
    golden,
    has_its_server,
    has_its_turn,
    load,
    rows,
    run,
    surviving_columns,
    wanted_of,
)

CASES = Path(os.environ.get("SCHEMADRIFT_CASES", Path(__file__).parent / "cases")).absolute()
DIALECTS = ("postgres", "mysql", "mariadb", "sqlite")
_DIALECT = "|".join(DIALECTS)
_EXPECTED = rf"expected\.({_DIALECT})(\.sql|\.error|-[0-9]+(\.[0-9]+)?\.sql)"
KNOWN = re.compile(rf"(old|new)(\.({_DIALECT}))?\.sql|models\.py|{_EXPECTED}")
ACCEPT = bool(os.environ.get("SCHEMADRIFT_ACCEPT"))
OLDEST = {"postgres": (16,), "sqlite": (3, 40)}
"""Whose plans are in ``expected.postgres.sql`` and ``expected.sqlite.sql``."""
NEWER_POSTGRES = "18"
"""The second PostgreSQL of every run: for stories that go otherwise there, or that an older one cannot tell, and..."""
NEWER_TOO = ("keys", "columns")
"""...for all of these folders that have their turn: since 18 every NOT NULL is a constraint, and constraints have more
that may differ."""

ONLINE = ("postgres", "mariadb")
"""The servers with online forms: MySQL's are MariaDB's, and those of a newer PostgreSQL the same."""

Version = tuple[int, ...]


def folders() -> list[Path]:
    return sorted({path.parent for path in CASES.rglob("*") if path.is_file() and "__pycache__" not in path.parts})


def _version(text: str) -> Version:
    return tuple(int(number) for number in re.findall(r"\d+", text))


def _versions(folder: Path, dialect: str) -> dict[Version, Path]:
    """The golden files that hold from a version on."""
    return {_version(path.stem.rpartition("-")[2]): path for path in folder.glob(f"expected.{dialect}-*.sql")}


def _golden_file(folder: Path, dialect: str, version: Version) -> Path | None:
    newer = _versions(folder, dialect)
    since = max((one for one in newer if one <= version), default=None)
    first = folder / f"expected.{dialect}.sql"
    return newer[since] if since is not None else first if first.is_file() else None


def expected_plan(folder: Path, dialect: str, version: Version) -> Path:
    """The golden file for a server of this version: ``expected.DIALECT-VERSION.sql`` holds from that one on."""
    found = _golden_file(folder, dialect, version)
    assert found is not None, "this story is about newer servers"
    return found


def stories() -> Iterator[object]:
    for folder in folders():
        for dialect in DIALECTS:
            for server in _servers(folder, dialect):
                name = f"{folder.relative_to(CASES)}-{server}"
                yield pytest.param(folder, server, id=name, marks=[getattr(pytest.mark, dialect)])


def _has_its_turn(law: str, folder: Path, dialect: str) -> bool:
    return ACCEPT or has_its_turn(f"{law} {folder.relative_to(CASES)} {dialect}")


def _servers(folder: Path, dialect: str) -> list[str]:
    """The servers of a run that a story is about: ``postgres``, and ``postgres-18`` beside an older one."""
    told = any(folder.glob(f"expected.{dialect}.*"))
    if (
        dialect in ALIKE
        and _is_alike(folder)
        and not ACCEPT
        and not has_its_server(str(folder.relative_to(CASES)), dialect)
    ):
        return []
    if dialect != "postgres":
        return [dialect] if told else []
    newer = _version(NEWER_POSTGRES)
    found = ["postgres"] if told or _golden_file(folder, dialect, _version(POSTGRES_VERSION)) else []
    again = told and folder.parent.name in NEWER_TOO and _has_its_turn("newer", folder, dialect)
    since = [version for version in _versions(folder, dialect) if version <= newer]
    if _version(POSTGRES_VERSION) < newer and (again or since):
        found.append(f"postgres-{NEWER_POSTGRES}")
    return found


def _is_alike(folder: Path) -> bool:
    """Whether MySQL and MariaDB are told the same, and what they are to execute is the same."""
    files = [{path.name.replace(kind, "", 1): path.read_text() for path in folder.glob(f"*.{kind}*")} for kind in ALIKE]
    return files[0] == files[1]


@pytest.mark.parametrize("folder", folders(), ids=lambda folder: str(folder.relative_to(CASES)))
def test_folder_is_well_formed(folder: Path) -> None:
    unknown = [path.name for path in folder.iterdir() if path.is_file() and not KNOWN.fullmatch(path.name)]
    assert not unknown, f"unknown file names: {unknown}"
    assert any(folder.glob("expected.*")), "a case without expected.* proves nothing"
    assert (folder / "models.py").exists() != any(folder.glob("new*.sql")), "exactly one of new.sql and models.py"
    assert (folder / "old.sql").read_text().startswith("-- "), "old.sql begins with why this case exists"


@pytest.mark.parametrize(("folder", "server"), list(stories()))
def test_case(folder: Path, server: str, fresh_database: Callable[[str], str]) -> None:
    run(_test_case(folder, server.partition("-")[0], lambda _: fresh_database(server), online=server in ONLINE))


def old_of(folder: Path, dialect: str) -> str:
    """The script of the database that a case begins with."""
    return _text(folder, "old", dialect)


def _text(folder: Path, stem: str, dialect: str) -> str:
    special = folder / f"{stem}.{dialect}.sql"
    return (special if special.exists() else folder / f"{stem}.sql").read_text()


def _accept(folder: Path, dialect: str, version: Version, plan: str) -> None:
    """Write a golden file. What an older server has stays, and a newer one with another plan gets a file of its own."""
    known = expected_plan(folder, dialect, version)
    oldest = OLDEST.get(dialect)
    if oldest is not None and version[: len(oldest)] > oldest and known.read_text() != plan:
        name = ".".join(str(number) for number in version[: len(oldest)])
        known = folder / f"expected.{dialect}-{name}.sql"
    known.write_text(plan)


def _directives(text: str, word: str) -> list[str]:
    return re.findall(rf"^-- {word}: (.+)$", text, re.MULTILINE)


class Story:
    """One case on one dialect."""

    def __init__(self, folder: Path, dialect: str) -> None:
        self.folder, self.dialect = folder, dialect
        self.old = _text(folder, "old", dialect)
        self.models = folder / "models.py"
        self.new = "" if self.models.exists() else _text(folder, "new", dialect)
        self.policy = Policy(whole=not self.models.exists())
        for setting in _directives(self.old, "policy"):
            name, _, value = setting.partition("=")
            parsed: object = {"true": True, "false": False}.get(value.strip(), value.strip())
            self.policy = Policy(**{**_as_dict(self.policy), name.strip(): parsed})
        self.column_storage = self.policy.column_storage
        if self.models.exists():
            self.policy = replace(self.policy, column_storage=False)  # models cannot say it
        self.is_executed = dialect == "sqlite" or EVERY_SERVER or _has_its_turn("executed", folder, dialect)
        self.is_proven = dialect != "postgres" or _has_its_turn("proof", folder, dialect)

    async def compare(self, server: LiveServer, *, again: bool = False) -> Comparison:
        """The comparison with what is wanted; ``again`` is the one that finds nothing, which needs no answers."""
        answers = () if again else tuple(_directives(self.old, "rename"))
        if not self.models.exists():
            wanted, live = wanted_of(self.new, server), await dump(server)
            renames = accepted_renames(answers, live, wanted.schema)
            return await compare(server, live, wanted, self.policy, renames=renames, prove=self._proves(again))
        project = _project(self.models, server.url, self.policy)
        with loaded_models(project) as models:
            options = CheckOptions(prove=self._proves(again), renames=answers)
            drift = await check_server(project, models, "default", server, options)
        assert drift.old is not None and drift.new is not None
        return Comparison(
            drift.old,
            drift.new,
            drift.plan,
            drift.compared,
            drift.ignored,
            proven=drift.proven,
            proof_note=drift.proof_note,
            unreadable=drift.unreadable,
        )

    def _proves(self, again: bool) -> bool:
        return self.is_proven and not again

    async def create_new(self, server: LiveServer) -> None:
        if not self.models.exists():
            await load(server, self.new)
            return
        project = _project(self.models, server.url, self.policy)
        with loaded_models(project) as models:  # Tortoise's own DDL, and what generate_schemas forgets
            source = model_ddl(models, "default", server_version=server.info.version_text)
        await load(server, [f"CREATE EXTENSION {name}" for name in _directives(self.old, "extension")])
        await load(server, source.script())


def _as_dict(policy: Policy) -> dict[str, object]:
    return {name: getattr(policy, name) for name in Policy.__dataclass_fields__}


def _module(path: Path) -> ModuleType:
    name = "case_" + re.sub(r"\W", "_", str(path.parent.relative_to(CASES)))
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec is not None and spec.loader is not None
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


def _project(models: Path, url: str, policy: Policy) -> Project:
    settings = load_settings(models.parent, {"extra_defaults": policy.extra_defaults, "unmanaged": policy.unmanaged})
    config = {
        "connections": {"default": url},
        "apps": {"models": {"models": [_module(models).__name__], "default_connection": "default"}},
    }
    return Project(settings, parse_tortoise_config(config, origin=str(models), project_dir=models.parent))


async def _test_case(folder: Path, dialect: str, fresh_database: Callable[[str], str], *, online: bool) -> None:
    story = Story(folder, dialect)
    error_file = folder / f"expected.{dialect}.error"
    async with open_server(fresh_database(dialect)) as empty:
        await _needs_extensions(story, empty)
        for version in _directives(story.old, "before"):
            if empty.info.version >= _version(version):
                pytest.skip(f"the server is not older than {version}")
        await load(empty, story.old)
        old = await _asked_again(empty, story)
        if error_file.exists():
            assert error_file.read_text().strip() in await _refusal(story, old)
            return
        found = await story.compare(old)
        assert not found.unreadable
        for name in _directives(story.old, "ignored"):
            assert name in {str(table_of(item.change)) for item in found.ignored}, f"{name} is not listed as ignored"
        if found.plan and story.is_proven:
            assert found.proven, f"law 6: a scratch copy proves the plan: {found.proof_note}"
        _assert_evolves(found)
        if not ACCEPT:
            expected = expected_plan(folder, dialect, old.info.version).read_text()
            assert golden(found.plan) == expected, "law 1: the plan is the golden file"
        if not story.is_executed:
            return
        async with open_server(fresh_database(dialect)) as blank:
            await story.create_new(blank)
            again = await story.compare(await _asked_again(blank, story), again=True)
            assert golden(again.plan) == "", "law 2: new against new is silent"
        await _assert_executes(story, found, old, again.old, golden(found.plan))
    if online:
        await _assert_converges_online(story, found, lambda: fresh_database(dialect), old.info)
    for breaks in _directives(story.old, "refused with"):
        async with open_server(fresh_database(dialect)) as refusing:
            await _assert_refuses(story, refusing, golden(found.plan), breaks)
    if ACCEPT:
        _accept(folder, dialect, old.info.version, golden(found.plan))


async def _needs_extensions(story: Story, server: LiveServer) -> None:
    """A server without an extension that the story is about (pgvector, SQLite's FTS5) tells it no further."""
    asked = {
        "postgres": (
            r"^CREATE EXTENSION (?:IF NOT EXISTS )?(\w+)",
            "SELECT count(*) FROM pg_available_extensions WHERE name = $1",
        ),
        "sqlite": (r"^CREATE VIRTUAL TABLE \w+ USING (\w+)", "SELECT count(*) FROM pragma_module_list WHERE name = ?"),
    }
    pattern, sql = asked.get(story.dialect, ("(?!)", ""))
    for name in re.findall(pattern, story.old, re.MULTILINE):
        if await server.connection.fetch(sql, name) == [(0,)]:
            pytest.skip(f"the server has no extension {name}")


async def _asked_again(server: LiveServer, story: Story) -> LiveServer:
    """As one that connects now finds it: extensions and their schemas are asked for when a session begins."""
    info = await server.dialect.read_server_info(server.connection)
    return replace(server, info=replace(info, column_storage=story.column_storage))


async def _assert_refuses(story: Story, server: LiveServer, script: str, breaks: str) -> None:
    """With one more row, which the change does not allow, the plan fails and all rows are as they were."""
    await load(server, story.old)
    await load(server, breaks)
    found = await story.compare(server)
    places = [(table.name, column.name) for table in found.old.tables for column in table.columns]
    before = await rows(server, places)
    with pytest.raises(StatementFailed):
        await load(server, script)
    if server.dialect.capabilities(server.info).transactional_ddl:
        with contextlib.suppress(StatementFailed):
            await server.connection.execute("ROLLBACK")
    assert await rows(server, places) == before, "law 4: a refused plan loses nothing"


async def _refusal(story: Story, old: LiveServer) -> str:
    """Why the change is not made: of a single table it is said, and nothing is planned for that table."""
    try:
        found = await story.compare(old)
    except SchemaDriftError as error:
        return str(error)
    assert golden(found.plan) == ""
    return "; ".join(item.reason for item in found.unreadable)


def _assert_evolves(found: Comparison) -> None:
    evolved = evolve(found.old, found.plan.changes)
    assert not diff(evolved, found.new), "law 3: evolve(old, changes) == new"


def _programs(schema: Schema, new: Schema) -> set[tuple[object, str]]:
    """The views, and the triggers of tables that stay: no model says them, and ``normalize`` takes them as they are."""
    tables = {table.name for table in new.tables}
    triggers = {(table.name, item.name) for table in schema.tables if table.name in tables for item in table.triggers}
    return triggers | {("view", str(view.name)) for view in schema.views}


async def _assert_executes(story: Story, found: Comparison, old: LiveServer, fresh: Schema, script: str) -> None:
    survivors = surviving_columns(found.plan, found.old, found.new, old)
    before = await rows(old, survivors.values())
    await load(old, script)
    after = await rows(old, survivors)
    assert not survivors.lost(before, after), "law 4: every value that should survive did"
    for question in _directives(story.old, "afterwards"):
        sql, _, value = question.rpartition(" => ")
        ((found_value,),) = await old.connection.fetch(sql)
        assert str(found_value) == value, f"law 4: {sql}"
    again = await story.compare(old, again=True)
    outcome = again.old
    start = evolve(found.old, [change for change in found.plan.changes if isinstance(change, Rename)])
    assert _programs(outcome, found.new) == _programs(start, found.new), "law 4: views and triggers are still there"
    policy = suited(story.policy, old.dialect.capabilities(old.info))
    wanted, _ = normalize(outcome, fresh, policy)
    wanted = old.dialect.with_alike(outcome, wanted)
    left = [change for change in diff(outcome, wanted) if not isinstance(change, CreateTable) or story.policy.whole]
    assert not left, "law 4: the old database with the golden SQL is a fresh new one"
    assert golden(again.plan) == "", "law 5: planning again is empty"
    if zlib.crc32(story.folder.name.encode()) % ONE_OF == 0:
        await _assert_leads_back(story, found, old)


async def _assert_converges_online(story: Story, found: Comparison, url: Callable[[], str], info: ServerInfo) -> None:
    dialect = get_dialect(info.dialect)
    renames = [change for change in found.plan.changes if isinstance(change, Rename)]
    plan = build_plan(found.old, found.new, dialect, info, renames=renames, online=True)
    if plan.sql() == found.plan.sql():
        return
    async with open_server(url()) as blank:
        await load(blank, story.old)
        server = await _asked_again(blank, story)
        survivors = surviving_columns(found.plan, found.old, found.new, server)
        before = await rows(server, survivors.values())
        outcome = await execute(server, plan)
        assert outcome.ok, f"law 8: {outcome.error}"
        assert not survivors.lost(before, await rows(server, survivors)), "law 8: every value that should survive did"
        assert not (await story.compare(server, again=True)).plan, "law 8: what is made online is what is wanted"


async def _assert_leads_back(story: Story, found: Comparison, server: LiveServer) -> None:
    target = evolve(found.old, found.plan.changes)
    renames = [change for change in found.plan.changes if isinstance(change, Rename)]
    try:
        plans = plans_back(found.old, target, server.dialect, server.info, renames)
    except Unsupported:
        return
    if not plans:
        return
    survivors = surviving_columns(plans[0], target, found.old, server) if len(plans) == 1 else Survivors()
    before = await rows(server, survivors.values())
    for plan in plans:
        try:
            await load(server, golden(plan))
        except StatementFailed as error:
            assert any(Hazard.MAY_FAIL_ON_DATA in step.hazards for step in plan.steps), f"law 7: {error}"
            return
    assert not survivors.lost(before, await rows(server, survivors)), "law 7: every value that should survive did"
    outcome = await dump(server)
    policy = suited(replace(story.policy, whole=True), server.dialect.capabilities(server.info))
    wanted, _ = normalize(outcome, with_valid_indexes(found.old), policy)
    assert diff(outcome, wanted) == (), "law 7: the way back leads to the old schema"
