"""The law of ``reverse``: the models that it writes have no drift against the database that they were written from."""

from __future__ import annotations

import importlib
import itertools
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from pytest_schemadrift.codegen import Written
from pytest_schemadrift.codegen.shapes import single_key
from pytest_schemadrift.commands import CheckOptions, Project, ReverseOptions, check_project, reverse_live
from pytest_schemadrift.core.config.settings import load_settings
from pytest_schemadrift.core.config.tortoise import parse_tortoise_config
from pytest_schemadrift.dialects import get_dialect
from pytest_schemadrift.errors import ConfigurationError
from pytest_schemadrift.planning.build import create_statements
from pytest_schemadrift.planning.describe import describe
from pytest_schemadrift.planning.drift import Drift
from pytest_schemadrift.schema.build import make_schema, make_table
from pytest_schemadrift.schema.model import Column, ForeignKey, Index, IndexPart, Name, PrimaryKey, Schema, Table
from pytest_schemadrift.sources.database import open_server
from tests.codegen.rows import use
from tests.codegen.test_emit import formatted
from tests.conftest import POSTGRES_VERSION
from tests.harness import CORPORA, load, of_the_day, run
from tests.strategies import schemas

DATABASES = Path(__file__).parents[1] / "examples" / "reverse"
SAMPLES = CORPORA / "databases"
DIALECTS = ("postgres", "mysql", "mariadb", "sqlite")
NUMBERS = itertools.count()
STRICT = frozenset({"series", "search", "chinook-postgres", "chinook-sqlite", "sakila-sqlite"})
"""Where every name is one that models can say: foreign keys have none, or the server's own."""


_SHOP = {"Customer", "Inventory", "Payment", "Rental", "Staff", "Store"}
WITHOUT_ROW: dict[str, set[str]] = {
    "sakila-mariadb": _SHOP,
    "sakila-sqlite": _SHOP,
    "sakila-postgres": _SHOP,
}
"""A shop needs its manager and a manager their shop: no first row can be inserted, nor any that needs one of them."""


@pytest.fixture(autouse=True)
def _modules_of_the_test(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.syspath_prepend(str(tmp_path))
    yield
    importlib.invalidate_caches()


def reversed_models(url: str, *tables: str, **options: Any) -> Written:
    wanted = ReverseOptions(tables, everything=not tables, **options)
    return run(reverse_live(None, CheckOptions(database_urls=(("", url),)), wanted))


def module_of(written: Written, folder: Path) -> str:
    """Write the module under a name of its own, and return that name."""
    name = f"reversed_{next(NUMBERS)}"
    (folder / f"{name}.py").write_text(written.text, encoding="utf-8")
    return name


def config_of(url: str, module: str) -> dict[str, Any]:
    return {"connections": {"default": url}, "apps": {"models": {"models": [module]}}}


def drift_of(url: str, module: str, folder: Path, **settings: object) -> Drift:
    tortoise = parse_tortoise_config(config_of(url, module), origin="test", project_dir=folder)
    project = Project(load_settings(folder, settings), tortoise)
    (drift,) = run(check_project(project, CheckOptions(prove=False)))
    return drift


def assert_in_sync(drift: Drift) -> None:
    assert [describe(step.change) for step in drift.steps] == []
    assert drift.unreadable == ()
    assert drift.in_sync


def assert_every_table_is_written_or_named(url: str, written: Written, drift: Drift) -> None:
    async def names() -> list[str]:
        from pytest_schemadrift.sources.database import dump

        async with open_server(url) as server:
            return [str(table.name) for table in (await dump(server)).tables]

    compared = {str(table) for table in drift.tables}
    for name in run(names()):
        short = name.rpartition(".")[2]
        assert name in compared or name in " ".join(written.not_expressed) or f'table = "{short}"' in written.text, name


OWN_VALUES = {"meta": "{}", "special_features": "Trailers", "from_account": 1, "crate_number": 1}
"""Where a CHECK or a key of several columns asks for it."""
SET_BY_TRIGGERS = ("last_update", "fulltext")


async def create_from(url: str, script: str) -> None:
    async with open_server(url) as server:
        await load(server, script)


async def insert_rows(url: str, module: str, dialect: str) -> set[str]:
    """Use the models; the names of those that got no row."""
    from tortoise import Tortoise
    from tortoise.backends.base.executor import EXECUTOR_CACHE

    EXECUTOR_CACHE.clear()  # Tortoise remembers INSERT statements by connection name and table alone
    await Tortoise.init(config=config_of(url, module), _create_db=False)
    try:
        classes = [
            value
            for value in vars(sys.modules[module]).values()
            if isinstance(value, type) and value.__module__ == module and hasattr(value, "_meta")
        ]
        concrete = [cls for cls in classes if not cls._meta.abstract]  # type: ignore[attr-defined]
        own = OWN_VALUES if dialect != "postgres" else {}
        made = await use(concrete, dialect, own, SET_BY_TRIGGERS)
        return {cls.__name__ for cls in concrete} - set(made)
    finally:
        await Tortoise.close_connections()


def _databases() -> list[Any]:
    return [
        pytest.param(
            path, path.stem.partition(".")[2], id=path.stem, marks=getattr(pytest.mark, path.stem.partition(".")[2])
        )
        for path in sorted(DATABASES.glob("*.sql"))
    ]


def _samples() -> list[Any]:
    return [
        pytest.param(path, dialect, id=path.stem, marks=getattr(pytest.mark, dialect))
        for path in sorted(SAMPLES.glob("*.sql"))
        for dialect in DIALECTS
        if path.stem.endswith(dialect)
    ]


def assert_law(url: str, name: str, folder: Path) -> tuple[Written, str]:
    written = reversed_models(url)
    assert formatted(written.text) == written.text
    module = module_of(written, folder)
    drift = drift_of(url, module, folder, extra_defaults="fail")
    assert_in_sync(drift)
    assert_every_table_is_written_or_named(url, written, drift)
    if name in STRICT:
        assert_in_sync(drift_of(url, module, folder, names="strict"))
    return written, module


def use_with_django(url: str, dialect: str, folder: Path) -> None:
    """The same for Django: its checks pass, and it sees the rows that Tortoise made."""
    written = reversed_models(url, style="django")
    assert formatted(written.text) == written.text
    package = folder / "app"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "models.py").write_text(written.text, encoding="utf-8")
    program = Path(__file__).parents[1] / "codegen" / "django_use.py"
    done = subprocess.run(
        [sys.executable, str(program), dialect, url],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    seen = json.loads(done.stdout.splitlines()[-1])
    assert sum(seen.values()) >= 3, seen


NEWEST = """
    CREATE TABLE booked (id uuid PRIMARY KEY DEFAULT uuidv7(), room int4range, during daterange, a integer, b integer,
        v integer GENERATED ALWAYS AS (a + 1) VIRTUAL, CONSTRAINT a_is_there NOT NULL a NO INHERIT,
        CONSTRAINT free UNIQUE (room, during WITHOUT OVERLAPS), CONSTRAINT soft CHECK (a > 0) NOT ENFORCED);
    ALTER TABLE booked ADD CONSTRAINT b_is_there NOT NULL b NOT VALID;
    CREATE TABLE used (id integer PRIMARY KEY, room int4range, during daterange, host inet,
        booked uuid REFERENCES booked (id) NOT ENFORCED,
        CONSTRAINT stay FOREIGN KEY (room, PERIOD during) REFERENCES booked (room, PERIOD during));
    CREATE INDEX used_host ON used USING gist (host inet_ops);
"""


@pytest.mark.postgres
def test_what_the_newest_releases_brought_is_written(fresh_database: Callable[[str], str], tmp_path: Path) -> None:
    """Models say all of it but NOT VALID, which is named, and is the only drift from them."""
    url = fresh_database("postgres-18")
    run(create_from(url, NEWEST))
    written = reversed_models(url)
    drift = drift_of(url, module_of(written, tmp_path), tmp_path, extra_defaults="fail")
    assert [line.rpartition(": ")[2] for line in written.not_expressed] == ["b_is_there of booked"]
    assert [change.code for change in drift.plan.changes] == ["SD413"]
    assert drift.unreadable == ()
    for words in ("WITHOUT OVERLAPS", "PERIOD", "NOT ENFORCED", "VIRTUAL", "uuidv7()", "NO INHERIT", "inet_ops"):
        assert words in written.text.replace("\n", " ") or (words == "inet_ops" and POSTGRES_VERSION >= "19")


PARTS = """
    CREATE TABLE whole (id integer PRIMARY KEY) PARTITION BY RANGE (id);
    CREATE TABLE half PARTITION OF whole FOR VALUES FROM (0) TO (9) PARTITION BY RANGE (id);
    CREATE TABLE quarter PARTITION OF half FOR VALUES FROM (0) TO (5);
    CREATE TABLE parent (id integer PRIMARY KEY);
    CREATE TABLE child () INHERITS (parent);
    CREATE TABLE grandchild () INHERITS (child);
    CREATE TABLE other (note text) INHERITS (parent);
"""


@pytest.mark.postgres
def test_what_holds_rows_of_a_table_is_named_at_any_depth(fresh_database: Callable[[str], str]) -> None:
    url = fresh_database("postgres")
    run(create_from(url, PARTS))
    said = dict(line.split(": ") for line in reversed_models(url).not_expressed if line.count(": ") == 1)
    assert said == {
        "partitions, which belong to their table": "half, quarter",
        "no column of their own, so they belong to the table that they inherit from": "child, grandchild",
        "inheritance, so the models are unmanaged": "other",
    }
    assert reversed_models(url, "parent").text.count("grandchild") == 1
    with pytest.raises(ConfigurationError) as refused:
        reversed_models(url, "quarter")
    assert str(refused.value).splitlines() == ["quarter is a partition of half", "  to do: reverse whole instead"]


@pytest.mark.parametrize(("path", "dialect"), _databases())
def test_a_database_of_our_own(path: Path, dialect: str, fresh_database: Callable[[str], str], tmp_path: Path) -> None:
    url = fresh_database(dialect)
    run(create_from(url, path.read_text()))
    written, module = assert_law(url, path.stem.partition(".")[0], tmp_path)
    again = reversed_models(url)
    assert again == written, "the order is stable"
    assert run(insert_rows(url, module, dialect)) == WITHOUT_ROW.get(path.stem, set())
    use_with_django(url, dialect, tmp_path)


@pytest.mark.parametrize(("path", "dialect"), of_the_day(_databases()))
def test_the_law_holds_of_a_package(
    path: Path, dialect: str, fresh_database: Callable[[str], str], tmp_path: Path
) -> None:
    """Every file is laid out and stands alone: whichever is imported first, nothing is missing."""
    url = fresh_database(dialect)
    run(create_from(url, path.read_text()))
    for split in ("prefix", "schema"):
        written = reversed_models(url, split=split)
        package = f"reversed_{next(NUMBERS)}"
        (tmp_path / package).mkdir()
        for name, text in written.files.items():
            assert formatted(text) == text
            (tmp_path / package / name).write_text(text, encoding="utf-8")
        assert sum(text.count("\nclass ") for text in written.files.values()) == written.text.count("\nclass ")
        for name in sorted(written.files, reverse=True):
            module = f"{package}.{name.removesuffix('.py')}"
            subprocess.run([sys.executable, "-W", "error", "-c", f"import {module}"], cwd=tmp_path, check=True)
        assert_in_sync(drift_of(url, package, tmp_path, extra_defaults="fail"))


@pytest.mark.parametrize(("path", "dialect"), of_the_day(_samples()))
def test_a_sample_database(path: Path, dialect: str, fresh_database: Callable[[str], str], tmp_path: Path) -> None:
    url = fresh_database(dialect)

    async def create() -> None:
        async with open_server(url) as server:
            if dialect == "mariadb":  # as the client of a dump does
                await server.connection.execute("SET foreign_key_checks = 0")
            lines = path.read_text().splitlines()
            await load(server, "\n".join(line for line in lines if not line.startswith(("\\", "LOCK", "UNLOCK"))))

    run(create())
    _, module = assert_law(url, path.stem, tmp_path)
    assert run(insert_rows(url, module, dialect)) == WITHOUT_ROW.get(path.stem, set())
    use_with_django(url, dialect, tmp_path)


QUOTES = {
    "postgres": """
        CREATE TYPE mood AS ENUM ('a'); CREATE DOMAIN code AS text;
        CREATE TABLE t (id int PRIMARY KEY, m mood[], c code, b text, n int,
            CONSTRAINT "c""q{0}%s" CHECK (b <> 'it''s {x} %s'), CONSTRAINT "u""q" UNIQUE (n));
        CREATE INDEX "i""q" ON t (n, b);
    """,
    "mysql": """
        CREATE TABLE t (id int PRIMARY KEY, b varchar(10), n int, CONSTRAINT `c``q{0}%s` CHECK (b <> 'it''s {x} %s'),
            UNIQUE KEY `u``q` (n), KEY `i``q` (n, b));
    """,
    "sqlite": """
        CREATE TABLE t (id INTEGER PRIMARY KEY, b TEXT, n INT, CONSTRAINT "c""q{0}%s" CHECK (b <> 'it''s {x} %s'),
            CONSTRAINT "u""q" UNIQUE (n));
        CREATE UNIQUE INDEX "i""q" ON t (n, b);
    """,
}


@pytest.mark.parametrize("dialect", [pytest.param(name, marks=getattr(pytest.mark, name)) for name in QUOTES])
def test_names_with_quotes_and_types_that_columns_only_name(
    dialect: str, fresh_database: Callable[[str], str], tmp_path: Path
) -> None:
    """Even where everything that no model has is to fail: what a column is made of belongs to it."""
    url = fresh_database(dialect)
    run(create_from(url, QUOTES[dialect]))
    module = module_of(reversed_models(url), tmp_path)
    assert_in_sync(drift_of(url, module, tmp_path, unmanaged="fail", names="shape" if dialect == "mysql" else "strict"))


@st.composite
def twisted(draw: Callable[..., Any], dialect: str) -> Schema:
    """A random schema whose tables have keys of every kind, and a table between two of them."""
    schema = draw(schemas(dialect))
    tables = [_twist(draw, table) for table in schema.tables]
    plain = [table for table in tables if single_key(table) == "id"]
    if plain and draw(st.booleans()):
        tables.append(_link(draw, draw(st.sampled_from(plain)), draw(st.sampled_from(plain))))
    kept = {table.name for table in plain}
    tables = [
        replace(table, foreign_keys=tuple(key for key in table.foreign_keys if key.ref_table in kept))
        for table in tables
    ]
    return make_schema(dialect, tables=tables)


def _twist(draw: Callable[..., Any], table: Table) -> Table:
    """The key stays as it is, counts no more, has a second column, or goes."""
    kind = draw(st.sampled_from(("counts", "plain", "composite", "none")))
    if kind == "counts":
        return table
    first = replace(table.columns[0], autoincrement=False)
    in_keys = {name for key in table.foreign_keys for name in key.columns}
    numbers = [column for column in table.columns[1:] if column.type.lower() in ("integer", "int", "date")]
    others = [column for column in numbers if column.name not in in_keys and not column.generated]
    parts = [IndexPart("id")]
    if kind == "composite" and others:
        parts.append(IndexPart(others[0].name))
        second = replace(others[0], nullable=False)
        columns = [first, *(second if column is others[0] else column for column in table.columns[1:])]
    else:
        columns = [first, *table.columns[1:]]
    return replace(table, columns=tuple(columns), primary_key=PrimaryKey(tuple(parts)) if kind != "none" else None)


def _link(draw: Callable[..., Any], one: Table, other: Table) -> Table:
    columns = [
        Column("one_id", one.columns[0].type, nullable=False),
        Column("other_id", other.columns[0].type, nullable=False),
    ]
    parts = (IndexPart("one_id"), IndexPart("other_id"))
    has_key = draw(st.booleans())
    return make_table(
        Name("", "between"),
        columns,
        primary_key=PrimaryKey(parts) if has_key else None,
        indexes=() if has_key else (Index("between_once", parts, unique=True),),
        foreign_keys=[
            ForeignKey("between_one", ("one_id",), one.name, ("id",), on_delete="CASCADE"),
            ForeignKey("between_other", ("other_id",), other.name, ("id",), on_delete="CASCADE"),
        ],
    )


@pytest.mark.parametrize(
    "dialect", of_the_day([pytest.param(name, marks=getattr(pytest.mark, name)) for name in DIALECTS], 2)
)
def test_random_schemas(dialect: str, fresh_database: Callable[[str], str], tmp_path: Path) -> None:
    @settings(
        max_examples=15,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(twisted(dialect))
    def holds(schema: Schema) -> None:
        url = fresh_database(dialect)

        async def create() -> None:
            async with open_server(url) as server:
                await load(server, create_statements(schema, get_dialect(dialect), server.info))

        run(create())
        written = reversed_models(url)
        module = module_of(written, tmp_path)
        assert_in_sync(drift_of(url, module, tmp_path, extra_defaults="fail"))
        assert run(insert_rows(url, module, dialect)) == set()

    holds()


@pytest.mark.parametrize("dialect", [pytest.param("postgres", marks=pytest.mark.postgres)])
def test_a_strict_type_checker_has_nothing_to_say(
    dialect: str, fresh_database: Callable[[str], str], tmp_path: Path
) -> None:
    names = []
    for path in (DATABASES / "shop.postgres.sql", DATABASES / "search.postgres.sql", DATABASES / "forum.sqlite.sql"):
        url = fresh_database(path.stem.partition(".")[2])
        run(create_from(url, path.read_text()))
        names.append(f"{module_of(reversed_models(url), tmp_path)}.py")
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", *names]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
