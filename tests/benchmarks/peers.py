"""What other tools need for the same tables, as whole processes: those that know models, and those that do not.

Each looks at a schema that is in sync, so whatever it reports is false drift. Those that know models import theirs, as
ours does; those that do not compare two databases, or a database with files, and have no models to import.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import venv
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from pytest_schemadrift.core.cache import cache_folder
from pytest_schemadrift.servers import Server
from tests.benchmarks.check import CHECK
from tests.benchmarks.databases import Bench, schemadrift
from tests.benchmarks.rows import Row
from tests.benchmarks.timing import Command, Sample, in_turns, timed
from tests.benchmarks.writers import write_django, write_sqlalchemy

PYTHON = ("alembic", "sqlalchemy", "psycopg[binary]", "pymysql", "django>=5.2", "django-extensions")
MIGRA = ("migra", "psycopg2-binary", "sqlalchemy<2", "setuptools<80")
"""migra's last release is of 2022: it needs ``pkg_resources``, and SQLAlchemy as it was then."""

ALEMBIC = """
import json, sys
from sqlalchemy import create_engine
from alembic.migration import MigrationContext
from alembic.autogenerate import compare_metadata
from models import metadata
engine = create_engine(sys.argv[1])
if sys.argv[2] == "create":
    metadata.create_all(engine)
with engine.connect() as connection:
    options = {"compare_type": True, "compare_server_default": True}
    found = compare_metadata(MigrationContext.configure(connection, opts=options), metadata)
print(len([item for diff in found for item in (diff if isinstance(diff, list) else [diff])]))
"""
SQLDIFF = """
import io, sys
import django
from django.conf import settings
from urllib.parse import parse_qs, unquote, urlsplit
url = urlsplit(sys.argv[1])
engine = {"postgresql": "postgresql", "mysql": "mysql", "sqlite": "sqlite3"}[url.scheme.partition("+")[0]]
if engine == "mysql":
    import pymysql
    pymysql.version_info = (2, 2, 7, "final", 0)
    pymysql.install_as_MySQLdb()
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
if sys.argv[2] == "create":
    call_command("migrate", run_syncdb=True, verbosity=0)
out = io.StringIO()
try:
    call_command("sqldiff", "-a", stdout=out)
except SystemExit:
    pass
lines = [line.strip() for line in out.getvalue().splitlines()]
print(len([line for line in lines if line and not line.startswith(("BEGIN", "COMMIT", "--"))]))
"""


@dataclass(frozen=True, slots=True)
class Peer:
    """A tool that is ready: how it is run, and how many lines of drift it told at the first run."""

    name: str
    command: Command
    drift: int


class NotToBeHad(Exception):
    """Says why a tool is not measured."""


FEW = 200
"""django-extensions takes a minute to make and compare a thousand tables; it is measured with so many."""


def rows(made: Bench, rounds: int, server: Server | None) -> Iterator[Row]:
    """A row for each tool of a server: how many times as long as ours it takes."""
    where = f"{made.dialect}, {made.size:,} models"
    with ExitStack() as stack:
        ready: list[Peer] = []
        for name, prepare in _TOOLS[made.dialect].items():
            try:
                ready.append(stack.enter_context(prepare(made, server)))
            except (NotToBeHad, subprocess.CalledProcessError) as error:
                reason = (getattr(error, "stderr", None) or str(error)).strip()[-160:]
                yield Row("peers", f"{where}: {name}", None, note=f"not run: {reason}")
        commands = {"ours": Command(CHECK, made.folder)} | {peer.name: peer.command for peer in ready}
        timed(commands["ours"])  # as the others, which were run to see that they work
        found = in_turns(commands, rounds, is_warm=True)
    ours = found["ours"]
    yield Row("peers", f"{where}: schemadrift check", ours.wall, sample=ours, against="false drift: 0")
    for peer in ready:
        yield _row(f"{where}: {peer.name}", found[peer.name], ours, peer.drift)


def _row(what: str, theirs: Sample, ours: Sample, drift: int) -> Row:
    against = f"ours: {ours.wall:.2f} s, {ours.cpu:.2f} s; false drift: {drift}"
    return Row("peers", what, theirs.wall / ours.wall, "x", 1.0, at_least=True, sample=theirs, against=against)


@contextmanager
def _alembic(made: Bench, server: Server | None) -> Iterator[Peer]:
    with tempfile.TemporaryDirectory() as name:
        write_sqlalchemy(Path(name), made.size)
        with _of_models("Alembic compare_metadata", ALEMBIC, Path(name), made, server) as peer:
            yield peer


@contextmanager
def _sqldiff(made: Bench, server: Server | None) -> Iterator[Peer]:
    if made.size > FEW:
        raise NotToBeHad(f"it takes longer than all others together; {FEW} tables say how it compares")
    with tempfile.TemporaryDirectory() as name:
        write_django(Path(name), made.size)
        with _of_models("django-extensions sqldiff", SQLDIFF, Path(name), made, server) as peer:
            yield peer


@contextmanager
def _of_models(title: str, script: str, folder: Path, made: Bench, server: Server | None) -> Iterator[Peer]:
    """A tool with models of its own, on tables that it has made itself."""
    python = _environment("bench-peers", PYTHON)
    with ExitStack() as stack:
        url = f"sqlite://{folder}/peer.db"
        if server is not None:
            database = f"peer_{title.partition(' ')[0].lower().replace('-', '_')}"
            url = server.create_database(database)
            stack.callback(server.drop_database, database)
        command = (str(python), "-c", script, _sqlalchemy_url(url, made.dialect))
        done = _run(*command, "create", folder=folder)
        yield Peer(title, Command((*command, "compare"), folder, {"PYTHONPATH": str(folder)}), int(done.split()[-1]))


@contextmanager
def _migra(made: Bench, server: Server | None) -> Iterator[Peer]:
    """Two equal databases."""
    assert server is not None
    python = _environment("bench-migra", MIGRA)
    with _twin("peer_migra", made, server) as url:
        urls = [_libpq_url(url) for url in (made.url, url)]
        program = "import sys; from migra.command import run, parse_args; sys.exit(run(parse_args(sys.argv[1:])))"
        command = Command((str(python), "-W", "ignore", "-c", program, *urls), made.folder, ok=(0, 2, 3))
        yield Peer("migra", command, _lines(command))


@contextmanager
def _apgdiff(made: Bench, server: Server | None) -> Iterator[Peer]:
    """Two equal databases, each dumped by pg_dump."""
    assert server is not None
    for program, package in (("apgdiff", "apgdiff"), ("pg_dump", "postgresql-client")):
        if shutil.which(program) is None:
            raise NotToBeHad(f"{program} is not installed (Debian: apt-get install {package})")
    with _twin("peer_apgdiff", made, server) as url, tempfile.TemporaryDirectory() as name:
        dumps = " && ".join(
            f"pg_dump --schema-only --dbname '{_libpq_url(each)}' > {name}/{file}.sql"
            for file, each in (("old", made.url), ("new", url))
        )
        command = Command(("sh", "-c", f"{dumps} && apgdiff {name}/old.sql {name}/new.sql"), made.folder)
        yield Peer("pg_dump and apgdiff", command, _lines(command))


@contextmanager
def _skeema(made: Bench, server: Server | None) -> Iterator[Peer]:
    """A database, and the files that Skeema has written of it."""
    assert server is not None
    if shutil.which("skeema") is None:
        raise NotToBeHad("skeema is not installed (Debian: apt-get install skeema)")
    url = urlsplit(made.url)
    options = parse_qs(url.query)
    place = ["--user", unquote(url.username or "root"), f"--password={unquote(url.password or '')}"]
    if "unix_socket" in options:
        place += ["--host", "localhost", "--socket", options["unix_socket"][0]]
    else:
        place += ["--host", url.hostname or "127.0.0.1", "--port", str(url.port or 3306)]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "schemas"
        flavor = [f"--flavor={made.dialect}:{'.'.join(server.version.split('.')[:2])}"]
        _run("skeema", "init", "--dir", "schemas", "--schema", url.path[1:], *place, *flavor, folder=Path(name))
        written = len(list(folder.rglob("*.sql")))
        if written < made.size:
            raise NotToBeHad(f"skeema init writes {written} files of {made.size} tables of this server")
        command = Command(("skeema", "diff", place[2]), folder, ok=(0, 1))
        yield Peer("Skeema diff", command, _lines(command))


_MODELS = {"Alembic compare_metadata": _alembic, "django-extensions sqldiff": _sqldiff}
_TOOLS = {
    "postgres": {**_MODELS, "migra": _migra, "pg_dump and apgdiff": _apgdiff},
    "mysql": {**_MODELS, "Skeema diff": _skeema},
    "mariadb": {**_MODELS, "Skeema diff": _skeema},
    "sqlite": _MODELS,
}


@contextmanager
def _twin(name: str, made: Bench, server: Server) -> Iterator[str]:
    """A second database with the same tables."""
    url = server.create_database(name)
    try:
        schemadrift(made.folder, "migrate", "-q", "--database-url", url)
        yield url
    finally:
        server.drop_database(name)


def _run(*command: str, folder: Path) -> str:
    """What a program prints. Raises ``CalledProcessError``."""
    environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(folder), "HOME": str(folder)}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=True).stdout


def _lines(command: Command) -> int:
    """How many statements a tool prints for a schema that is in sync."""
    done = subprocess.run(command.arguments, cwd=command.folder, capture_output=True, text=True, check=False)
    if done.returncode not in command.ok:
        lines = [line for line in (done.stderr or done.stdout).splitlines() if line.strip()]
        traceback = any(line.startswith("Traceback") for line in lines)
        raise NotToBeHad((lines[-1] if traceback else lines[0]) if lines else f"it exits with {done.returncode}")
    return sum(line.rstrip().endswith(";") for line in done.stdout.splitlines())


def _sqlalchemy_url(url: str, dialect: str) -> str:
    if dialect == "sqlite":
        return f"sqlite:///{urlsplit(url).path}"
    scheme = "postgresql+psycopg" if dialect == "postgres" else "mysql+pymysql"
    return f"{scheme}://{url.partition('://')[2]}"


def _libpq_url(url: str) -> str:
    return f"postgresql://{url.partition('://')[2]}"


def _environment(name: str, packages: tuple[str, ...]) -> Path:
    """The interpreter of an environment with other tools, kept in the cache folder."""
    folder = cache_folder() / name
    python = folder / "bin" / "python"
    if not (folder / "ready").exists():
        venv.create(folder, with_pip=True, clear=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *packages], check=True, stdout=sys.stderr)
        (folder / "ready").touch()
    return python


def unmeasured() -> Iterator[Row]:
    """Tools that are not run here, and why."""
    states = "tortoise makemigrations, aerich migrate, Django makemigrations --check"
    yield Row("peers", states, None, note="they compare two states of the models: none looks at a database")
