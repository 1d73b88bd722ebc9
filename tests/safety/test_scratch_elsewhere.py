"""A role that may create no database: all is settled and proven on a server of the same version, started for it."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlsplit

import pytest

from pytest_schemadrift.core.config.settings import ScratchChoice
from pytest_schemadrift.dialects.mysql import connection
from pytest_schemadrift.errors import ServerUnavailable, Unsupported
from pytest_schemadrift.planning.policy import Policy
from pytest_schemadrift.servers import Server, find
from pytest_schemadrift.servers import __name__ as servers_module
from pytest_schemadrift.sources.database import dump, open_server
from pytest_schemadrift.sources.ddl import parse_sql
from pytest_schemadrift.verify.verdict import Comparison, Wanted, compare
from tests.harness import ONE_OF, as_role, load, run

tried = pytest.mark.tried("a role without the right to create databases")

OLD = """
    CREATE TABLE t (id int PRIMARY KEY, a varchar(100), b numeric(9, 2) DEFAULT 1, c varchar(9),
        CONSTRAINT c_ok CHECK (c IN ('x', 'y')));
    CREATE INDEX low ON t ({lower});
"""
NEW = """
    CREATE TABLE t (id int PRIMARY KEY, a varchar(200), b numeric(9, 2) DEFAULT 1, c varchar(9),
        CONSTRAINT c_ok CHECK ((c = ANY (ARRAY['x'::text, 'y'::text]))) );
    CREATE INDEX low ON t ({lower});
"""
LOWER = {"postgres": "lower(a)", "mariadb": "a", "mysql": "(lower(a))"}
PROGRAMS = [
    pytest.param(kind, marks=getattr(pytest.mark, kind)) for kind in ("mysql", "mariadb")[: 2 if ONE_OF == 1 else 1]
]
SPELLED = {"postgres": "c IN ('x','y')", "mariadb": "(c) in ('x','y')", "mysql": "(c) in ('x','y')"}


@dataclass
class Weak:
    """A database as a role sees it that owns its tables and may create no database."""

    url: str
    role: str
    server: Server
    dialect: str

    def old(self) -> str:
        return OLD.format(lower=LOWER[self.dialect])

    def new(self) -> str:
        """Another length, and a check and an index that are only spelled otherwise."""
        check = SPELLED[self.dialect]
        head = NEW.format(lower=LOWER[self.dialect].upper() if self.dialect != "mariadb" else "`a`")
        return head.replace("(c = ANY (ARRAY['x'::text, 'y'::text]))", check)


@pytest.fixture(params=[pytest.param(kind, marks=getattr(pytest.mark, kind)) for kind in LOWER])
def weak(
    request: pytest.FixtureRequest, fresh_database: Callable[[str], str], running_server: Callable[[str], Server]
) -> Iterator[Weak]:
    dialect = request.param
    url, role = fresh_database(dialect), f"owner_{secrets.token_hex(4)}"
    server = running_server(dialect)
    name = urlsplit(url).path[1:]
    if dialect == "postgres":
        server.execute(f"CREATE ROLE {role} LOGIN")
        server.execute(f"ALTER DATABASE {name} OWNER TO {role}")
        account = role
    else:
        password = secrets.token_hex(8)
        server.execute(f"CREATE USER {role}@localhost IDENTIFIED BY '{password}'")
        server.execute(f"GRANT ALL ON `{name}`.* TO {role}@localhost")
        account = f"{role}:{password}"
    found = Weak(as_role(url, account), role, server, dialect)

    async def prepare() -> None:
        async with open_server(found.url) as opened:
            await load(opened, found.old())

    run(prepare())
    yield found
    server.drop_database(name)
    server.execute(f"DROP ROLE {role}" if dialect == "postgres" else f"DROP USER {role}@localhost")


async def _compared(weak: Weak, choice: ScratchChoice) -> Comparison:
    async with open_server(weak.url, scratch=choice) as server:
        statements = weak.new().strip().removesuffix(";").split(";")
        parsed = parse_sql(weak.new(), server.info.dialect, server.info)
        return await compare(server, await dump(server), Wanted(parsed, lambda names: statements), Policy())


def _no_programs(*_: object, **__: object) -> None:
    raise ServerUnavailable("none")


@tried
@pytest.mark.parametrize("choice", ["auto", "own"])
def test_it_is_settled_and_proven_on_a_server_of_the_same_version(weak: Weak, choice: ScratchChoice) -> None:
    found = run(_compared(weak, choice))
    assert [type(change).__name__ for change in found.plan.changes] == ["AlterColumnType"]
    assert (found.compared, found.proven, found.proof_note, found.uncertain) == ("scratch", True, "", frozenset())
    [note] = found.notes
    kind = find.SERVERS[weak.dialect]
    assert note.startswith(f"compared on {kind} {find.version_number(weak.server.version)} that was started here")
    if choice == "own":  # it was not even tried on the server
        assert note.endswith("that was started here")
    else:
        helps = f'ALTER ROLE "{weak.role}" CREATEDB' if weak.dialect == "postgres" else "GRANT ALL ON `schemadrift"
        assert helps in note
    again = run(_compared(weak, choice))  # from what is remembered
    assert (again.compared, again.proven, again.notes) == ("scratch", True, found.notes)
    if choice == "auto" and weak.dialect != "postgres":  # which lets a role see what it does not own
        other = replace(weak, url=weak.url.replace(weak.role, f"{weak.role}_too"))
        password = urlsplit(weak.url).password
        weak.server.execute(f"CREATE USER {weak.role}_too@localhost IDENTIFIED BY '{password}'")
        weak.server.execute(f"GRANT ALL ON `{urlsplit(weak.url).path[1:]}`.* TO {weak.role}_too@localhost")
        [theirs] = run(_compared(other, choice)).notes
        weak.server.execute(f"DROP USER {weak.role}_too@localhost")
        assert f"{weak.role}_too" in theirs, "why another role could make none is not told of this one"


@tried
def test_on_the_server_alone_it_says_the_statement_that_would_help(weak: Weak) -> None:
    found = run(_compared(weak, "server"))
    assert (found.compared, found.proven) == ("static", None)
    helps = f'ALTER ROLE "{weak.role}" CREATEDB' if weak.dialect == "postgres" else "GRANT ALL ON `schemadrift"
    assert helps in found.notes[0]
    assert helps in found.proof_note
    certain = [step.change for place, step in enumerate(found.plan.steps) if place not in found.uncertain]
    assert "AlterColumnType" in {type(change).__name__ for change in certain}  # a length is no spelling


@tried
def test_without_programs_here_it_says_so_too(weak: Weak, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(f"{servers_module}.start_server", _no_programs)
    monkeypatch.setenv("SCHEMADRIFT_VALUE_CACHE_DIR", str(tmp_path))
    found = run(_compared(weak, "auto"))
    assert (found.compared, found.proven) == ("static", None)
    assert "is here to be started instead" in found.notes[0]


@tried
@pytest.mark.parametrize("weak", PROGRAMS, indirect=True)
def test_a_trigger_or_function_that_the_role_may_not_create_there(weak: Weak, monkeypatch: pytest.MonkeyPatch) -> None:
    """So it is on servers with a binary log, unless ``log_bin_trust_function_creators`` is on (1419)."""
    assert connection._CONDITIONS[1419] == connection._CONDITIONS[1142]
    scratch = r"`schemadrift\_scratch\_%`.*"
    weak.server.execute(f"GRANT ALL ON {scratch} TO {weak.role}@localhost")
    weak.server.execute(f"REVOKE TRIGGER, CREATE ROUTINE ON {scratch} FROM {weak.role}@localhost")

    async def work() -> None:
        async with open_server(weak.url) as opened:
            await load(opened, "CREATE TRIGGER fills BEFORE INSERT ON t FOR EACH ROW SET NEW.c = 'x'")
        with monkeypatch.context() as without:
            without.setattr(f"{servers_module}.start_server", _no_programs)
            found = await _compared(weak, "auto")
        assert (found.compared, found.proven, found.notes) == ("scratch", None, ())
        assert "trigger fills of t cannot be created in a scratch database: " in found.proof_note
        own = SimpleNamespace(server=weak.server, stop=lambda: None)
        monkeypatch.setattr(f"{servers_module}.start_server", lambda *_, **__: own)
        found = await _compared(weak, "auto")
        assert (found.compared, found.proven) == ("scratch", True)
        assert "was started here, since trigger fills of t cannot be created in a scratch" in found.notes[0]
        async with open_server(weak.url) as opened:
            await load(
                opened,
                """DROP TRIGGER fills; CREATE FUNCTION f(x varchar(9)) RETURNS int NO SQL RETURN 1;
                CREATE VIEW v AS SELECT f(c) FROM t""",
            )
        found = await _compared(weak, "auto")
        assert found.proven
        assert "was started here, since function f cannot be created in a scratch" in found.notes[0]

    run(work())


@tried
@pytest.mark.parametrize("weak", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True)
def test_roles_that_policies_and_grants_name_are_there_too(weak: Weak) -> None:
    other = f"other_{secrets.token_hex(4)}"
    weak.server.execute(f"CREATE ROLE {other}")

    async def prepare() -> None:
        async with open_server(weak.url) as opened:
            await load(
                opened,
                f"""ALTER TABLE t ENABLE ROW LEVEL SECURITY; CREATE POLICY mine ON t TO {weak.role}, {other}
                USING (a = current_user); GRANT SELECT (a) ON t TO {other}; CREATE VIEW v AS SELECT a FROM t;
                GRANT SELECT ON v TO {other}""",
            )

    try:
        run(prepare())
        found = run(_compared(weak, "auto"))
    finally:
        weak.server.drop_database(urlsplit(weak.url).path[1:])
        weak.server.execute(f"DROP ROLE {other}")
    assert [type(change).__name__ for change in found.plan.changes] == ["AlterColumnType"]
    assert f"{other}" in "".join(found.plan.sql())
    assert (found.proven, found.proof_note) == (True, "")


@pytest.mark.parametrize(
    "kind", [pytest.param(kind, marks=getattr(pytest.mark, kind)) for kind in ("mysql", "mariadb")]
)
@pytest.mark.parametrize(("other", "says"), [("1", "lower_case_table_names = 0 spells"), ("", "")])
@pytest.mark.tried("a scratch database on a server that takes names in another way")
def test_a_server_that_folds_names_otherwise_settles_nothing(
    kind: str, other: str, says: str, fresh_database: Callable[[str], str]
) -> None:
    """``Users`` and ``users`` are one table to the one, two to the other: it cannot say what the live one means."""

    async def work() -> None:
        url = fresh_database(kind)
        async with open_server(url) as server:
            mine = server.info.setting("lower_case_table_names")
            settings = {**dict(server.info.settings), "lower_case_table_names": other or mine}
            live = replace(server.info, settings=tuple(settings.items()))
            opening = server.dialect.open_scratch_elsewhere
            assert opening is not None
            made = []
            try:
                async with opening(server.connection, url, live):
                    made.append(True)
            except Unsupported as error:
                assert says, error
                assert says in error.what
            assert bool(made) == (not says)

    run(work())
