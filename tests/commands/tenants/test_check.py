"""All tenants in one check: each is judged as the ordinary check of it alone would, and equal ones only once."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest
import xmlschema

from pytest_schemadrift.cli.group import run as wait
from pytest_schemadrift.commands.check import check_connection
from pytest_schemadrift.commands.project import CheckOptions, loaded_models, open_connection, open_project
from pytest_schemadrift.commands.tenants import judge as tenants_judge
from pytest_schemadrift.commands.tenants import reader as tenants_reader
from pytest_schemadrift.commands.tenants.check import TenantOptions, check_tenants
from pytest_schemadrift.commands.tenants.find import find_tenants
from pytest_schemadrift.commands.tenants.judge import Judge
from pytest_schemadrift.dialects.postgres.catalog import ask
from pytest_schemadrift.dialects.postgres.catalog.queries import query
from pytest_schemadrift.dialects.postgres.names import quote_needed
from pytest_schemadrift.planning.drift import Drift
from pytest_schemadrift.report.json import as_object, json_schema
from pytest_schemadrift.sources.database import dump, open_server
from tests.commands.tenants.test_find import tenants
from tests.commands.test_pending import Deployed, native  # noqa: F401
from tests.harness import load
from tests.test_cli import DRIFTED, IN_SYNC, Project, Run, project, run  # noqa: F401


def files(project: Project, **scripts: str) -> None:  # noqa: F811
    """A SQLite file for each tenant, named in tenants.txt; one with the script ``-`` is not there."""
    for name, script in scripts.items():
        if script == "-":
            continue
        with sqlite3.connect(project.folder / f"{name}.sqlite3") as connection:
            connection.executescript(script)
        connection.close()
    (project.folder / "tenants.txt").write_text("".join(f"{name} = sqlite://{name}.sqlite3\n" for name in scripts))
    tenants(project, 'urls = "tenants.txt"')


EXTRA = IN_SYNC + "; CREATE INDEX by_hand ON users (age)"


def test_tenants_are_grouped_by_what_differs_and_one_that_cannot_be_opened_hides_no_other(
    project: Project,  # noqa: F811
    run: Run,  # noqa: F811
) -> None:
    files(project, a=IN_SYNC, b=DRIFTED, c=IN_SYNC, d=DRIFTED, e=EXTRA, gone="-", f=IN_SYNC, away="-")
    code, out, _ = run("check", "--tenants")
    assert code == 2
    assert "2 tenants (away, gone): not checked: there is no SQLite database ….sqlite3: correct the path" in out
    shards = [f"part{number}.json" for number in (1, 2)]
    for number, name in enumerate(shards, 1):  # one of the two in each
        run("check", "--tenants", "--shard", f"{number}/2", "--format", "json", "-o", name)
    assert "2 tenants (away, gone): not checked: there is no SQLite database ….sqlite3" in run("merge", *shards)[1]
    fixed = run("fix-sequences", "--tenant", "away", "--tenant", "gone")[1]
    assert "2 tenants (away, gone): failed: there is no SQLite database ….sqlite3" in fixed
    listed = (project.folder / "tenants.txt").read_text()
    (project.folder / "tenants.txt").write_text(listed.replace("away = sqlite://away.sqlite3\n", ""))
    code, out, _ = run("check", "--tenants")
    assert code == 2
    heads = [line for line in out.splitlines() if line.startswith("default: ")]
    assert "3 tenants: in sync (1 table" in heads[0]
    assert "2 tenants (b, d): " in heads[1]
    assert "1 tenant (e): " in heads[2]
    assert "1 tenant (gone): not checked: " in heads[3]
    assert out.count("column users.age (INT) is missing") == 1
    assert out.count("proven: ") == 2
    code, out, _ = run("check", "--tenant", "[a-f]", "--format", "json")
    assert code == 1
    report = json.loads(out)
    jsonschema.validate(report, json_schema())
    assert [item["tenants"] for item in report["connections"]] == [["a", "c", "f"], ["b", "d"], ["e"]]
    assert run("check", "--tenant", "a", "--tenant", "c")[0] == 0
    assert not (project.folder / "gone.sqlite3").exists()


def test_every_format_names_the_tenants(project: Project, run: Run) -> None:  # noqa: F811
    files(project, a=IN_SYNC, bela=DRIFTED, carl=DRIFTED)
    for name in ("github", "markdown", "sarif", "junit", "html"):
        out = run("check", "--tenants", "--format", name)[1]
        assert "bela, carl" in out.replace("%2C", ","), name


@pytest.mark.slow
def test_reports_for_machines_and_pages_name_all_tenants_of_a_group(project: Project, run: Run) -> None:  # noqa: F811
    many = [f"t{number:02d}" for number in range(14)]
    files(project, a=IN_SYNC, **dict.fromkeys(many, DRIFTED))
    sarif = json.loads(run("check", "--tenants", "--format", "sarif")[1])
    assert [result["properties"]["tenants"] for result in sarif["runs"][0]["results"]] == [many]
    fingerprints = {str(result["partialFingerprints"]) for result in sarif["runs"][0]["results"]}
    fewer = json.loads(run("check", "--tenant", "t0[0-3]", "--format", "sarif")[1])
    assert {str(result["partialFingerprints"]) for result in fewer["runs"][0]["results"]} == fingerprints
    junit = ElementTree.fromstring(run("check", "--tenants", "--format", "junit")[1])
    suites = [[item.get("value") for item in suite.iter("property")] for suite in junit.iter("testsuite")]
    assert suites == [many, ["a"]]
    xmlschema.XMLSchema(Path(__file__).parents[2] / "report" / "junit-10.xsd").validate(
        run("check", "--tenants", "--format", "junit")[1]
    )
    assert ", ".join(many) in run("check", "--tenants", "--format", "markdown")[1]
    html = run("check", "--tenants", "--format", "html")[1]
    table = html[html.index("<tbody>") : html.index("</tbody>")]
    assert table.count("<tr>") == 2
    assert ", ".join(many) in table
    assert "SD201 column users.age (INT) is missing" in table
    assert "14 of 15 tenants not in sync" in html


def test_shards_are_a_partition_and_globs_must_mean_somebody(project: Project, run: Run) -> None:  # noqa: F811
    names = [f"t{number}" for number in range(7)]
    files(project, **dict.fromkeys(names, IN_SYNC))
    seen: list[str] = []
    for number in (1, 2, 3):
        report = json.loads(run("check", "--tenants", "--shard", f"{number}/3", "--format", "json")[1])
        seen += report["connections"][0]["tenants"]
    assert sorted(seen) == names
    for command in (["check"], ["apply", "--yes"]):
        code, out, err = run(*command, "--tenants", "--shard", "8/8")
        assert (code, out.strip(), err) == (0, "", "no tenant is in this shard: there are fewer tenants than shards\n")
    for arguments in (["--tenant", "x*"], ["--tenants", "--shard", "4/3"], ["--tenants", "--source", "snapshot"]):
        code, _, err = run("check", *arguments)
        assert code == 2
        assert "Traceback" not in err


def test_what_tenants_have_in_common_is_judged_once(
    project: Project,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    files(project, **{f"t{number}": DRIFTED if number % 3 else IN_SYNC for number in range(9)})
    judged = []
    examine = tenants_judge.examine

    async def counted(*arguments: Any, **more: Any) -> Any:
        judged.append(arguments[2])
        return await examine(*arguments, **more)

    monkeypatch.setattr(tenants_judge, "examine", counted)
    drifts = wait(check_tenants(open_project(project.folder), CheckOptions(), TenantOptions(jobs=3)))
    assert [len(drift.tenants) for drift in drifts] == [6, 3]
    assert len(judged) == 2


@pytest.mark.processes
@pytest.mark.sqlite
def test_tenants_that_wait_for_different_migrations_are_different_groups(
    native: Callable[[str], Deployed],  # noqa: F811
    tmp_path: Path,
) -> None:
    behind = native(f"sqlite://{tmp_path / 'behind.sqlite3'}")
    for name, steps in (("ahead", []), ("also", []), ("second", ["native", "0002_names"])):
        shop = Deployed(behind.folder, f"sqlite://{tmp_path / name}.sqlite3")
        done = shop.call("tortoise", "migrate", *steps)
        assert done.returncode == 0, done.stderr
    (behind.folder / "tenants.txt").write_text(
        "".join(f"{name} = sqlite://{tmp_path / name}.sqlite3\n" for name in ("ahead", "also", "behind", "second"))
    )
    with (behind.folder / "pyproject.toml").open("a") as file:
        file.write('\n[tool.schemadrift.tenants.default]\nurls = "tenants.txt"\n')
    done = behind.drift("check", "--tenants", "--format", "json")
    assert done.returncode == 1, done.stdout + done.stderr
    found = {tuple(item["tenants"]): item for item in json.loads(done.stdout)["connections"]}
    assert found["ahead", "also"]["in_sync"] is True
    assert [len(found[name,]["pending_migrations"]) for name in ("second", "behind")] == [1, 2]


BASE = """
    CREATE TYPE mood AS ENUM ('sad', 'happy');
    CREATE TABLE users (id SERIAL PRIMARY KEY, email VARCHAR(255) NOT NULL UNIQUE, age INT);
"""
NIGHTS = [
    "",
    "SELECT 1",
    "ALTER TABLE users ALTER age SET DEFAULT 1",
    "ALTER TABLE users ALTER age TYPE bigint",
    "ALTER TABLE users ALTER email DROP NOT NULL",
    "ALTER TABLE users DROP age",
    "ALTER TABLE users ADD fax TEXT",
    "ALTER TABLE users ADD fax TEXT; ALTER TABLE users DROP fax",
    "ALTER TABLE users ADD m mood",
    "ALTER TABLE users ADD m mood DEFAULT 'sad'",
    "ALTER TABLE users ADD CHECK (age > 0)",
    "ALTER TABLE users ADD CHECK (age > 0) NOT VALID",
    "ALTER TABLE users ADD CHECK (email <> 'SCHEMA.users')",
    "CREATE INDEX a ON users (age)",
    "CREATE INDEX a ON users (age) WHERE age > 3",
    "CREATE TABLE more (id INT PRIMARY KEY REFERENCES users)",
    "CREATE TABLE more (id INT PRIMARY KEY REFERENCES neighbour.things)",
    "CREATE VIEW adults AS SELECT id FROM users WHERE age > 17",
    "CREATE VIEW neighbour.SCHEMA_adults AS SELECT id FROM users WHERE age > 17",
    "COMMENT ON TABLE users IS 'people'",
    "ALTER TABLE users ENABLE ROW LEVEL SECURITY",
    "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';"
    "CREATE TRIGGER t BEFORE INSERT ON users FOR EACH ROW EXECUTE FUNCTION f()",
    "ALTER TABLE users INHERIT neighbour.parents",
    "ALTER SEQUENCE users_id_seq INCREMENT 7",
    "ALTER TABLE users ALTER id SET DEFAULT nextval('neighbour.numbers')",
    "ALTER TABLE users ALTER age TYPE neighbour.whole",
    "ALTER TABLE users ALTER email TYPE neighbour.word USING 'a'",
    "CREATE TABLE neighbour.SCHEMA_of (id INT REFERENCES users)",
    "DROP TABLE users",
]


def on_postgres(
    project: Project,  # noqa: F811
    url: str,
    nights: Sequence[str],
    given: Sequence[str] = (),
) -> list[str]:
    """A schema for each night, in which that happened; their names, which may be ``given``."""
    names = list(given) or [f"t{number:02d}" for number in range(len(nights))]

    async def work() -> None:
        async with open_server(url) as server:
            await load(
                server,
                "CREATE SCHEMA neighbour; CREATE TABLE neighbour.things (id INT PRIMARY KEY);"
                "CREATE TABLE neighbour.parents (age INT); CREATE SEQUENCE neighbour.numbers;"
                "CREATE DOMAIN neighbour.whole AS INT; CREATE TYPE neighbour.word AS ENUM ('a')",
            )
            for name, night in zip(names, nights, strict=True):
                schema = quote_needed(name)
                await load(server, f"CREATE SCHEMA {schema}; SET search_path = {schema}")
                await load(server, f"{BASE}; {night.replace('SCHEMA', name)}")

    wait(work())
    project.write(
        "settings.py",
        f"TORTOISE_ORM = {{'connections': {{'default': {url!r}}}, "
        f"'apps': {{'shop': {{'models': ['{project.package}.models']}}}}}}",
    )
    tenants(project, f"python = '{project.package}.everybody:names'" if given else 'schemas = "t[0-9]*"')
    if given:
        project.write("everybody.py", f"def names():\n    return {names!r}\n")
    return names


def essence(drift: Drift) -> Any:
    """What a report says of the tenant itself, not of the places where it has neighbours."""
    found = as_object([drift])["connections"][0]
    return {name: found[name] for name in ("in_sync", "changes", "unreadable", "proven", "tables")}


@pytest.mark.postgres
def test_each_schema_gets_the_verdict_of_a_check_of_it_alone_and_equal_keys_mean_equal_schemas(
    project: Project,  # noqa: F811
    fresh_database: Callable[[str], str],
) -> None:
    url = fresh_database("postgres")
    names = on_postgres(project, url, NIGHTS)
    opened = open_project(project.folder, overrides={"exclude": ["*.*"]})
    options = CheckOptions(prove=False)
    together = {name: essence(drift) for drift in wait(check_tenants(opened, options)) for name in drift.tenants}
    assert sorted(together) == names

    async def alone() -> tuple[dict[str, Any], dict[str, Any]]:
        verdicts, keys = {}, {}
        with loaded_models(opened) as models:
            judge = Judge(opened, models, options)
            for tenant in await find_tenants(opened, "default", 10.0):
                seen = judge.seen_by(tenant)
                async with open_connection(seen, "default", 10.0) as server:
                    live = await dump(server)
                    keys[tenant.name] = (judge.key(tenant, live, server.info, ()), live)
                settings = replace(seen.tortoise.connection("default"), schemas=())
                whole = replace(seen, tortoise=replace(seen.tortoise, connections={"default": settings}))
                verdicts[tenant.name] = essence(await check_connection(whole, models, "default", options))
        return verdicts, keys

    verdicts, keys = wait(alone())
    for name, night in zip(names, NIGHTS, strict=True):
        assert together[name] == verdicts[name], night
    for one, other in combinations(names, 2):
        (key, schema), (other_key, other_schema) = keys[one], keys[other]
        if key == other_key:
            assert schema == other_schema
            assert (schema.marks, schema.dependents) == (other_schema.marks, other_schema.dependents)
    assert keys["t00"][0] == keys["t01"][0] == keys["t07"][0]
    assert len({key for key, _ in keys.values()}) == len(NIGHTS) - 2


@pytest.mark.postgres
def test_the_search_path_that_a_tenant_is_told_leads_a_shell_to_its_schemas(
    project: Project,  # noqa: F811
    fresh_database: Callable[[str], str],
) -> None:
    url = fresh_database("postgres")
    names = ("T, 1", "t_b")
    settings = f"{url}{'&' if '?' in url else '?'}schema=base,shared"
    project.write(
        "settings.py",
        f"TORTOISE_ORM = {{'connections': {{'default': {settings!r}}}, "
        f"'apps': {{'shop': {{'models': ['{project.package}.models']}}}}}}",
    )
    tenants(project, 'schemas = "[Tt]*[1b]"')
    opened = open_project(project.folder)

    async def work() -> list[tuple[str, list[str]]]:
        async with open_server(url) as server:
            for name in (*names, "shared"):
                await server.connection.execute(f"CREATE SCHEMA {server.dialect.quote(name)}")
            seen = []
            for name in names:
                (drift,) = await check_tenants(opened, CheckOptions(), TenantOptions(patterns=(name,)))
                (line,) = drift.session
                await server.connection.execute(line)
                ((path,),) = await server.connection.fetch("SELECT current_schemas(false)::text[]")
                seen.append((drift.tenants[0], path))
            return seen

    assert wait(work()) == [(name, [name, "shared"]) for name in names]


@pytest.mark.postgres
def test_what_lies_in_a_schema_is_found_by_its_number_as_by_its_schema(
    project: Project,  # noqa: F811
    fresh_database: Callable[[str], str],
) -> None:
    """PostgreSQL notes of every relation in which schema it is (``pg_depend``); an index finds it there."""
    url = fresh_database("postgres")
    names = on_postgres(
        project,
        url,
        [
            *NIGHTS[:3],
            "CREATE TABLE parts (id INT) PARTITION BY LIST (id); CREATE TABLE one PARTITION OF parts FOR VALUES IN (1)",
            "CREATE TABLE neighbour.SCHEMA_moved (id SERIAL); ALTER TABLE neighbour.SCHEMA_moved set schema SCHEMA",
            "CREATE MATERIALIZED VIEW m AS SELECT 1 AS a; CREATE UNLOGGED TABLE quick (id INT)",
        ],
    )

    async def both(name: str) -> tuple[set[Any], set[Any]]:
        async with open_server(url) as server:
            fetch = server.connection.fetch
            by_number = {number for (number,) in await fetch(query("relations_of", 16), [name])}
            by_schema = await fetch(
                "SELECT oid FROM pg_class WHERE relnamespace = $1::text::regnamespace "
                "AND relkind IN ('r', 'p', 'f', 'v', 'm', 'S')",
                name,
            )
        return by_number, {number for (number,) in by_schema}

    for name in [*names, "neighbour"]:
        by_number, by_schema = wait(both(name))
        assert by_number == by_schema, name
        assert len(by_number) >= 2


@pytest.mark.postgres
def test_schemas_of_one_database_are_read_over_one_connection_for_each_job(
    project: Project,  # noqa: F811
    fresh_database: Callable[[str], str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    on_postgres(project, fresh_database("postgres"), [""] * 12)
    opened_alone = []
    real = tenants_reader.open_connection

    def counted(*arguments: Any) -> Any:
        opened_alone.append(arguments)
        return real(*arguments)

    monkeypatch.setattr(tenants_reader, "open_connection", counted)
    drifts = wait(check_tenants(open_project(project.folder), CheckOptions(), TenantOptions(jobs=2)))
    assert [len(drift.tenants) for drift in drifts] == [12]
    assert not any("t0" in line for line in drifts[0].session), "what is true of one of them is not told of all"
    assert len(opened_alone) <= 2  # for the first one of each job, which nobody had judged yet


BETWEEN_SCHEMAS = """
CREATE VIEW neighbour.both AS SELECT a.id, b.email FROM t00.users a JOIN t01.users b USING (id);
CREATE RULE shout AS ON INSERT TO neighbour.things DO ALSO SELECT count(*) FROM t00.users;
CREATE FUNCTION neighbour.first_of(t00.users[]) RETURNS t01.users LANGUAGE sql AS 'SELECT $1[1].id, NULL::text, 1';
CREATE FUNCTION t00.of_type(age t00.users.age%TYPE) RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE TABLE neighbour.of_rows (one t00.users, many t01.users[]);
CREATE TYPE neighbour.part AS (inner_one t00.users);
CREATE DOMAIN neighbour.parts AS neighbour.part[];
CREATE TABLE t02.of_parts (them neighbour.parts);
CREATE POLICY mine ON t01.users USING (id IN (SELECT id FROM t00.users));
CREATE MATERIALIZED VIEW t02.kept AS SELECT id FROM t01.users;
CREATE UNIQUE INDEX kept_id ON t02.kept (id);
CREATE STATISTICS t00.both_of ON email, age FROM t00.users;
CREATE STATISTICS neighbour.also_of ON id, age FROM t01.users;
CREATE FUNCTION neighbour.watched() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER watched BEFORE UPDATE OF age ON t00.users FOR EACH ROW EXECUTE FUNCTION neighbour.watched();
CREATE PUBLICATION news FOR TABLE t00.users WHERE (age > 3), t01.users (id, email);
CREATE TYPE t01.span AS RANGE (subtype = int4);
CREATE AGGREGATE t02.total (int) (SFUNC = int4pl, STYPE = int);
"""


@pytest.mark.postgres
def test_what_stands_on_a_schema_is_found_by_indexes_as_among_all(
    project: Project,  # noqa: F811
    fresh_database: Callable[[str], str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The same schema, whether the server leaves out what other schemas have to do with each other, or we do."""
    url = fresh_database("postgres")
    names = on_postgres(project, url, [*[""] * 3, *NIGHTS])
    by_index = ask.of_schemas

    def among_all(name: str, text: str, *more: Any) -> str:
        return text if name in ("dependents", "others") else by_index(name, text, *more)

    async def work() -> None:
        async with open_server(url) as server:
            await load(server, BETWEEN_SCHEMAS)
        found = 0
        for name in [*names, "neighbour"]:
            async with open_server(url, only_schemas=(name,), settings=[f"SET search_path = {name}"]) as server:
                monkeypatch.setattr(ask, "of_schemas", by_index)
                seen = await dump(server)
                monkeypatch.setattr(ask, "of_schemas", among_all)
                every = await dump(server)
            assert seen == every, name
            assert (seen.dependents, seen.unsupported) == (every.dependents, every.unsupported), name
            found += len(seen.dependents)
        assert found > 40

    wait(work())
