"""What others need for the same: a naive checker, the tools of other frameworks; and our benches of single features."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import venv
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from urllib.parse import urlsplit

from pytest_schemadrift.core.cache import cache_folder
from pytest_schemadrift.servers import Server
from tests.benchmarks import apply as apply_bench
from tests.benchmarks import fixtures as fixtures_bench
from tests.benchmarks import hook as hook_bench
from tests.benchmarks.check import CHECK, IMPORTS
from tests.benchmarks.databases import bench
from tests.benchmarks.rows import Row
from tests.benchmarks.timing import Command, beyond, in_turns, timed
from tests.benchmarks.writers import write_django, write_sqlalchemy

NAIVE = """
import asyncio, sys
sys.path.insert(0, ".")
import settings
from tortoise import Tortoise
import sqlglot
from pytest_schemadrift import SchemaExporter
async def main():
    await Tortoise.init(config=settings.TORTOISE_ORM)
    client = Tortoise.get_connection("default")
    url, dialect = sys.argv[1:]
    generator = client.schema_generator(client)
    for models in Tortoise.apps.values():
        for model in models.values():
            wanted = generator._get_table_sql(model, False)["table_creation_string"]
            sqlglot.parse(wanted, read=dialect)
            live = await SchemaExporter(url, tables=[model._meta.db_table]).export()
            sqlglot.parse(live, read=dialect)
    await Tortoise.close_connections()
asyncio.run(main())
"""
ROUNDS = 3
NOISE = 0.1
"""Seconds below which a difference of two processes says nothing."""
PEERS_TARGET = 0.25
PEERS = ("alembic", "sqlalchemy", "psycopg[binary]", "pymysql", "django>=5.2", "django-extensions")


def naive(dialect: str, size: int, server: Server | None) -> Iterator[Row]:
    """A connection, a set of queries and two parsed texts for each table, as such checkers are usually begun."""
    spelled = {"mariadb": "mysql"}.get(dialect, dialect)
    with bench(dialect, size, server) as made:
        commands = {
            "imports": Command((sys.executable, "-c", IMPORTS), made.folder),
            "ours": Command(CHECK, made.folder),
        }
        found = in_turns(commands, ROUNDS)
        imports, checked = found["imports"], found["ours"]
        slow = timed(Command((sys.executable, "-c", NAIVE, made.url, spelled), made.folder))
    whole = slow.wall / checked.wall
    inner = beyond(slow, imports).wall / max(NOISE, beyond(checked, imports).wall)
    words = f"it takes {slow.wall:.1f} s, we take {checked.wall:.1f} s, imports {imports.wall:.1f} s of both"
    yield Row("naive", f"{dialect}, {size:,} models, end to end", whole, "x", 2.0, at_least=True, against=words)
    yield Row("naive", f"{dialect}, {size:,} models, beyond imports", inner, "x", 15.0, at_least=True, against=words)


ALEMBIC = """
import json, sys, time
from sqlalchemy import create_engine
from alembic.migration import MigrationContext
from alembic.autogenerate import compare_metadata
from models import metadata
engine = create_engine(sys.argv[1])
metadata.create_all(engine)
times = []
for _ in range(int(sys.argv[2])):
    with engine.connect() as connection:
        options = {"compare_type": True, "compare_server_default": True}
        context = MigrationContext.configure(connection, opts=options)
        begin = time.perf_counter()
        found = compare_metadata(context, metadata)
        times.append(time.perf_counter() - begin)
flat = [item for diff in found for item in (diff if isinstance(diff, list) else [diff])]
print(json.dumps({"times": times, "drift": len(flat)}))
"""
SQLDIFF = """
import io, json, sys, time
import django
from django.conf import settings
from urllib.parse import urlsplit
url = urlsplit(sys.argv[1])
engine = {"postgresql": "postgresql", "mysql": "mysql", "sqlite": "sqlite3"}[url.scheme.partition("+")[0]]
if engine == "mysql":
    import pymysql
    pymysql.version_info = (2, 2, 7, "final", 0)
    pymysql.install_as_MySQLdb()
from urllib.parse import parse_qs, unquote
query = parse_qs(url.query)
place = {"ENGINE": "django.db.backends." + engine, "NAME": url.path[1:] if engine != "sqlite3" else url.path}
if engine != "sqlite3":
    place |= {"USER": unquote(url.username or ""), "PASSWORD": unquote(url.password or ""),
              "HOST": (query.get("host") or query.get("unix_socket") or [url.hostname or ""])[0],
              "PORT": str(url.port or "")}
settings.configure(INSTALLED_APPS=["bench", "django_extensions"], DATABASES={"default": place}, USE_TZ=True,
                   DEFAULT_AUTO_FIELD="django.db.models.AutoField")
django.setup()
from django.core.management import call_command
call_command("migrate", run_syncdb=True, verbosity=0)
times = []
for _ in range(int(sys.argv[2])):
    out = io.StringIO()
    begin = time.perf_counter()
    try:
        call_command("sqldiff", "-a", stdout=out)
    except SystemExit:
        pass
    times.append(time.perf_counter() - begin)
lines = [line.strip() for line in out.getvalue().splitlines()]
lines = [line for line in lines if line and not line.startswith(("BEGIN", "COMMIT", "--"))]
print(json.dumps({"times": times, "drift": len(lines)}))
"""


def peers(dialect: str, size: int, rounds: int, server: Server | None) -> Iterator[Row]:
    """Comparing alone, imports left out, on a schema that the tool itself has just created."""
    with bench(dialect, size, server) as made:
        commands = {
            "imports": Command((sys.executable, "-c", IMPORTS), made.folder),
            "ours": Command(CHECK, made.folder),
        }
        found = in_turns(commands, rounds)
    ours = beyond(found["ours"], found["imports"]).wall
    target = PEERS_TARGET if size >= 200 else None
    yield Row("peers", f"{dialect}, {size} models: schemadrift check", ours, target=target, against="false drift: 0")
    python = _peers()
    for name, script, write in (
        ("Alembic compare_metadata", ALEMBIC, write_sqlalchemy),
        ("django-extensions sqldiff", SQLDIFF, write_django),
    ):
        yield _peer(name, script, write, dialect, size, rounds, server, python, ours)


def _peer(name, script, write, dialect, size, rounds, server, python, ours):  # type: ignore[no-untyped-def]
    database = f"peer_{name.partition(' ')[0].lower().replace('-', '_')}"
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), size)
        url = server.create_database(database) if server is not None else f"sqlite://{folder}/peer.db"
        try:
            done = subprocess.run(
                [python, "-c", script, _sqlalchemy_url(url, dialect), str(rounds)],
                cwd=folder,
                env={"PATH": "/usr/bin:/bin", "PYTHONPATH": folder},
                capture_output=True,
                text=True,
                check=False,
            )
        finally:
            if server is not None:
                server.drop_database(database)
    what = f"{dialect}, {size} models: {name}"
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["no reason"])[-1]
        return Row("peers", what, None, note=f"could not be run: {reason[:120]}")
    found = json.loads(done.stdout.splitlines()[-1])
    seconds = median(found["times"])
    return Row("peers", what, seconds, against=f"false drift: {found['drift']}; {seconds / ours:.1f} × ours")


def _sqlalchemy_url(url: str, dialect: str) -> str:
    if dialect == "sqlite":
        return f"sqlite:///{urlsplit(url).path}"
    scheme = "postgresql+psycopg" if dialect == "postgres" else "mysql+pymysql"
    return f"{scheme}://{url.partition('://')[2]}"


def _peers() -> Path:
    """The interpreter of an environment with the other tools, kept in the cache folder."""
    folder = cache_folder() / "bench-peers"
    python = folder / "bin" / "python"
    if not (folder / "ready").exists():
        venv.create(folder, with_pip=True, clear=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *PEERS], check=True)
        (folder / "ready").touch()
    return python


def unmeasured() -> Iterator[Row]:
    """Tools that are not run here, and why."""
    yield Row(
        "peers", "Skeema, migra, pg_dump with apgdiff", None, note="they compare two databases, and ask no models"
    )
    states = "tortoise makemigrations, aerich migrate, Django makemigrations --check"
    yield Row("peers", states, None, note="they compare two states of the models: none looks at a database")


def fixtures() -> Iterator[Row]:
    """How long a test run waits for its databases."""
    for what, seconds in fixtures_bench.measure():
        yield Row("fixtures", what, seconds, target=fixtures_bench.TARGETS.get(what))


def hook() -> Iterator[Row]:
    """The commit hook on unchanged models."""
    for cost in hook_bench.measure():
        against = f"imports and init: {cost.imports:.2f} s; hook: {cost.check:.2f} s; rewriting: {cost.snapshot:.2f} s"
        if cost.project.startswith("the"):
            yield Row("hook", f"{cost.project}, unchanged", cost.check, target=1.0, against=against)
        else:
            yield Row("hook", f"{cost.project}, unchanged", cost.ratio, "x", 0.6, against=against)


def apply() -> Iterator[Row]:
    """What each form of a plan costs on a million rows."""
    for what, seconds in apply_bench.measure():
        yield Row("apply", what, seconds)
