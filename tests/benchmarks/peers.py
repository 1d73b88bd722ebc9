"""What other tools need for the same tables, as whole processes: those that know models, and those that do not.

Each looks at the tables that Tortoise has made. Alembic's models, Skeema's files and the second database of migra and
apgdiff are made of them, so whatever these report is false drift; Django's models say the same in Django's words, and
what sqldiff reports is partly how they differ.
"""

from __future__ import annotations

import re
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from pytest_schemadrift.errors import ServerUnavailable
from pytest_schemadrift.servers import Server
from pytest_schemadrift.servers.find import find_postgres
from tests.benchmarks import tools
from tests.benchmarks.check import CHECK
from tests.benchmarks.databases import Bench
from tests.benchmarks.rows import Row
from tests.benchmarks.timing import PATIENCE, Command, Sample, in_turns, timed
from tests.benchmarks.writers import write_django

PYTHON = ("alembic", "sqlacodegen", "sqlalchemy", "psycopg[binary]", "pymysql", "django>=5.2", "django-extensions")
MIGRA = ("migra", "psycopg2-binary", "sqlalchemy<2", "setuptools<80")
"""migra's last release is of 2022: it needs ``pkg_resources``, and SQLAlchemy as it was then."""

ALEMBIC = """
import sys
from sqlalchemy import create_engine
from alembic.migration import MigrationContext
from alembic.autogenerate import compare_metadata
from models import metadata
engine = create_engine(sys.argv[1])
with engine.connect() as connection:
    options = {"compare_type": True, "compare_server_default": True}
    found = compare_metadata(MigrationContext.configure(connection, opts=options), metadata)
print(len([item for diff in found for item in (diff if isinstance(diff, list) else [diff])]), "differences")
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
out = io.StringIO()
try:
    call_command("sqldiff", "-a", stdout=out)
except SystemExit:
    pass
lines = [line.strip() for line in out.getvalue().splitlines()]
print(len([line for line in lines if line and not line.startswith(("BEGIN", "COMMIT", "--"))]), "differences")
"""


@dataclass(frozen=True, slots=True)
class Place:
    """The tables that a tool looks at. ``twin`` is the URL of an equal database (PostgreSQL), ``folder`` a free one."""

    made: Bench
    server: Server | None
    twin: str
    folder: Path


@dataclass(frozen=True, slots=True)
class Peer:
    """A tool that has run: how, what that took, and how many differences it told."""

    name: str
    command: Command
    first: Sample
    told: int


class NotToBeHad(Exception):
    """Says why a tool is not measured."""


def rows(made: Bench, rounds: int, server: Server | None) -> Iterator[Row]:
    """A row for each tool of a server: how many times as long as ours it takes."""
    where = f"{made.dialect}, {made.size:,} models"
    with ExitStack() as stack:
        twin = stack.enter_context(_twin(made, server)) if made.dialect == "postgres" and server else ""
        ready: list[Peer] = []
        for name, prepare in _TOOLS[made.dialect].items():
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            try:
                ready.append(_peer(name, prepare(Place(made, server, twin, folder)), folder / "told"))
            except (NotToBeHad, RuntimeError, ServerUnavailable, subprocess.CalledProcessError) as error:
                reason = (getattr(error, "stderr", None) or str(error)).strip()[-160:]
                yield Row("peers", f"{where}: {name}", None, note=f"not run: {' '.join(reason.split())}")
        commands = {"ours": Command(CHECK, made.folder)}
        timed(commands["ours"])  # as the others, which were run to see that they work
        found = {peer.name: peer.first for peer in ready if peer.first.wall > PATIENCE}
        commands |= {peer.name: peer.command for peer in ready if peer.name not in found}
        found |= in_turns(commands, rounds, is_warm=True)
    ours = found["ours"]
    yield Row("peers", f"{where}: schemadrift check", ours.wall, sample=ours, against="false drift: 0")
    for peer in ready:
        yield _row(f"{where}: {peer.name}", found[peer.name], ours, peer.told)


def _peer(name: str, command: Command, told: Path) -> Peer:
    """Run a tool for the first time. Raises ``RuntimeError`` where it fails."""
    first = timed(replace(command, output=told))
    text = told.read_text(errors="replace")
    number = re.search(r"^(\d+) differences$", text, re.MULTILINE)
    statements = sum(line.rstrip().endswith(";") for line in text.splitlines())
    return Peer(name, command, first, int(number[1]) if number else statements)


def _row(what: str, theirs: Sample, ours: Sample, told: int) -> Row:
    word = "differences told" if "sqldiff" in what else "false drift"
    against = f"ours: {ours.wall:.2f} s, {ours.cpu:.2f} s; {word}: {told}"
    return Row("peers", what, theirs.wall / ours.wall, "x", 1.0, at_least=True, sample=theirs, against=against)


def _alembic(place: Place) -> Command:
    """With models that sqlacodegen writes of the tables."""
    python, url = str(tools.environment("bench-peers", PYTHON)), _sqlalchemy_url(place.made)
    models = _run(python, "-m", "sqlacodegen", "--generator", "tables", url, folder=place.folder)
    (place.folder / "models.py").write_text(models)
    _run(python, "-m", "compileall", "-q", ".", folder=place.folder)  # the first run is not to pay for it
    return Command((python, "-c", ALEMBIC, url), place.folder, {"PYTHONPATH": str(place.folder)})


def _sqldiff(place: Place) -> Command:
    python = str(tools.environment("bench-peers", PYTHON))
    write_django(place.folder, place.made.size)
    _run(python, "-m", "compileall", "-q", ".", folder=place.folder)
    command = (python, "-c", SQLDIFF, _sqlalchemy_url(place.made))
    return Command(command, place.folder, {"PYTHONPATH": str(place.folder)})


def _migra(place: Place) -> Command:
    """Two equal databases."""
    python = str(tools.environment("bench-migra", MIGRA))
    program = "import sys; from migra.command import run, parse_args; sys.exit(run(parse_args(sys.argv[1:])))"
    urls = [_libpq_url(url) for url in (place.made.url, place.twin)]
    return Command((python, "-W", "ignore", "-c", program, *urls), place.folder, ok=(0, 2, 3))


def _apgdiff(place: Place) -> Command:
    r"""Two equal databases, each dumped by pg_dump, without the lines ``\restrict`` that apgdiff ends at."""
    assert place.server is not None
    pg_dump = find_postgres(place.server.version.partition(".")[0]).folder / "pg_dump"
    dumps = [
        f"{pg_dump} --schema-only --no-owner --dbname '{_libpq_url(url)}' | sed -E '/^.(un)?restrict /d' > {file}.sql"
        for file, url in (("old", place.made.url), ("new", place.twin))
    ]
    return Command(("sh", "-c", " && ".join([*dumps, f"{' '.join(tools.apgdiff())} old.sql new.sql"])), place.folder)


def _skeema(place: Place) -> Command:
    """A database, and the files that Skeema has written of it."""
    skeema, url = tools.skeema(), urlsplit(place.made.url)
    options = parse_qs(url.query)
    password = f"--password={unquote(url.password or '')}"
    account = ["--user", unquote(url.username or "root"), password]
    if "unix_socket" in options:
        account += ["--host", "localhost", "--socket", options["unix_socket"][0]]
    else:
        account += ["--host", url.hostname or "127.0.0.1", "--port", str(url.port or 3306)]
    account += ["--connect-options", "readTimeout=5m"]  # 20 s were too few on a busy machine
    _run(*skeema, "init", "--dir", "schemas", "--schema", url.path[1:], *account, folder=place.folder)
    folder = place.folder / "schemas"
    written = len(list(folder.rglob("*.sql")))
    if written < place.made.size:
        raise NotToBeHad(f"skeema init writes {written} files of {place.made.size} tables of this server")
    return Command((*skeema, "diff", password), folder, ok=(0, 1))


_MODELS: dict[str, Callable[[Place], Command]] = {
    "Alembic compare_metadata": _alembic,
    "django-extensions sqldiff": _sqldiff,
}
_TOOLS = {
    "postgres": {**_MODELS, "migra": _migra, "pg_dump and apgdiff": _apgdiff},
    "mysql": {**_MODELS, "Skeema diff": _skeema},
    "mariadb": {**_MODELS, "Skeema diff": _skeema},
    "sqlite": _MODELS,
}


@contextmanager
def _twin(made: Bench, server: Server) -> Iterator[str]:
    """A copy of the database."""
    database = urlsplit(made.url).path[1:]
    server.disconnect(database)
    try:
        yield server.create_database("peer_twin", template=database)
    finally:
        server.drop_database("peer_twin")


def _run(*command: str, folder: Path) -> str:
    """What a program prints. Raises ``CalledProcessError``."""
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(folder)}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=True).stdout


def _sqlalchemy_url(made: Bench) -> str:
    if made.dialect == "sqlite":
        return f"sqlite:///{urlsplit(made.url).path}"
    scheme = "postgresql+psycopg" if made.dialect == "postgres" else "mysql+pymysql"
    return f"{scheme}://{made.url.partition('://')[2]}"


def _libpq_url(url: str) -> str:
    return f"postgresql://{url.partition('://')[2]}"


def unmeasured() -> Iterator[Row]:
    """Tools that are not run here, and why."""
    states = "tortoise makemigrations, aerich migrate, Django makemigrations --check"
    yield Row("peers", states, None, note="they compare two states of the models: none looks at a database")
