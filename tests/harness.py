"""What tests of the engine share: load a script, read a schema back, and remember the rows."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import os
import sys
import zlib
from collections import Counter
from collections.abc import Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import pytest

from pytest_schemadrift.dialects import split_script
from pytest_schemadrift.planning.plan import Plan
from pytest_schemadrift.planning.policy import Policy
from pytest_schemadrift.schema.capabilities import Conversion
from pytest_schemadrift.schema.evolve import evolve
from pytest_schemadrift.schema.model import Name, Schema
from pytest_schemadrift.sources.database import ddl_text, dump, open_server
from pytest_schemadrift.sources.ddl import parse_sql
from pytest_schemadrift.sources.scratch import LiveServer
from pytest_schemadrift.sources.structure import structure_only
from pytest_schemadrift.verify.verdict import Comparison, Wanted, compare

T = TypeVar("T")

Place = tuple[Name, str]
"""A column: its table and its name."""
Rows = dict[Place, Counter[str]]
"""(table, column) -> how often each value is there."""


def as_role(url: str, account: str) -> str:
    """The URL with another ``user`` or ``user:password`` in it."""
    parts = urlsplit(url)
    place = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{account}@{place}{parts.path}?{parts.query}"


PLUGINS_OFF = [
    word
    for name in ("cacheprovider", "randomly", "asyncio", "anyio", "hypothesispytest")
    for word in ("-p", f"no:{name}")
]
"""What a pytest in a process of its own does without: asyncio warns, the last two are half of the time of a start."""


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    """As ``asyncio.run``; the result goes past the task, whose ``repr`` that writes (``cli.group.run`` says why)."""
    results = []

    async def keep() -> None:
        results.append(await coroutine)

    asyncio.run(keep())
    return results[0]


@dataclass(frozen=True)
class Finished:
    """How a run ended, and what it said."""

    returncode: int
    stdout: str
    stderr: str


def typed(
    folder: Path, *arguments: str, answers: str | None = None, environment: Mapping[str, str] | None = None
) -> Finished:
    """Run the command as if it were typed in a folder; without ``answers`` there is no input at all.

    It runs in this process, which takes a tenth of the time, and reads the modules of the folder as they are now.
    """
    from pytest_schemadrift.cli import main

    out, err, code = StringIO(), StringIO(), 0
    importlib.invalidate_caches()
    with (
        contextlib.chdir(folder),
        pytest.MonkeyPatch.context() as patch,
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        patch.setattr(sys, "stdin", StringIO(answers or ""))
        patch.setattr(sys, "path", [str(folder), *sys.path])
        patch.setattr(sys, "dont_write_bytecode", True)  # a file may be rewritten within a second
        for name, value in {"NO_COLOR": "1", **(environment or {})}.items():
            patch.setenv(name, value)
        try:
            main(arguments)
        except SystemExit as ended:
            code = int(ended.code or 0)
        finally:
            forget_modules(set(sys.modules), folder)
    return Finished(code, out.getvalue(), err.getvalue())


CORPORA = Path(os.environ.get("SCHEMADRIFT_TEST_CORPORA", Path(__file__).parents[2] / "shared" / "corpora"))
"""Public DDL that lies outside of the repository; its tests are collected only where it is there."""
ONE_OF = 1 if os.environ.get("SCHEMADRIFT_TEST_ALL") else 3
"""Of what is much alike (public cases, moments of a plan) one of so many is tried, all with ``make test ALL=1``."""
TURN = int(os.environ.setdefault("SCHEMADRIFT_TEST_TURN", str(date.today().toordinal())))
"""Which of them have their turn: other ones every day. The workers of a run inherit it."""


def has_its_turn(name: str) -> bool:
    """Whether what has this name is among those that are tried in this run."""
    return (zlib.crc32(name.encode()) + TURN) % ONE_OF == 0


def of_the_day(every: Iterable[T], one_of: int = ONE_OF) -> list[T]:
    """Those of what is much alike that are tried in this run: every ``one_of``-th, others each day, and never none."""
    found = list(every)
    return found if ONE_OF == 1 or not found else found[TURN % min(one_of, len(found)) :: one_of]


ALIKE = ("mysql", "mariadb")
"""Servers that are told and answer the same in many a story: one of them tries it, tomorrow the other one."""
EVERY_SERVER = ONE_OF == 1 or bool(os.environ.get("SCHEMADRIFT_TEST_EVERY_SERVER"))
"""Whether both do, as where a release of one of them is tried (``tests.releases``)."""


def has_its_server(name: str, dialect: str) -> bool:
    """Whether this server tries a story of this name that is alike on those that are ``ALIKE``."""
    return EVERY_SERVER or dialect not in ALIKE or ALIKE[(zlib.crc32(name.encode()) + TURN) % 2] == dialect


def forget_modules(names: Iterable[str], folder: Path) -> None:
    """Those of the modules that come from a folder are imported again."""
    inside = f"{folder}{os.sep}"  # a text: the paths of 1,500 modules take longer than many a command
    for name in names:
        known = vars(sys.modules[name])
        places = [known.get("__file__"), *known.get("__path__", ())]
        if any(place and f"{place}{os.sep}".startswith(inside) for place in places):
            del sys.modules[name]


async def load(server: LiveServer, script: str | Sequence[str]) -> None:
    """Execute a script, rows included."""
    statements = split_script(script, server.dialect.name, server.info) if isinstance(script, str) else script
    for statement in statements:
        await server.connection.execute(statement)


async def exported(server: LiveServer) -> str:
    """What ``schemadrift export`` writes of a database."""
    pieces = await server.dialect.pieces(server.connection, server.info)
    return ddl_text(await dump(server), server.dialect, server.info, pieces=pieces)


async def loaded(url: str, script: str) -> Schema:
    async with open_server(url) as server:
        await load(server, script)
        return await dump(server)


def wanted_of(text: str, server: LiveServer) -> Wanted:
    """A DDL script as the right side of a comparison."""
    return Wanted(
        parse_sql(text, server.dialect.name, server.info),
        lambda names: structure_only(text, server.dialect.name),
        whole=True,
    )


async def compare_with_script(server: LiveServer, new: str, policy: Policy | None = None, **options: Any) -> Comparison:
    """The drift from the open database to a DDL script."""
    return await compare(server, await dump(server), wanted_of(new, server), policy or Policy(whole=True), **options)


def golden(plan: Plan) -> str:
    """A plan as the text of a golden file: runnable, hazards as comments above their statement."""
    lines = [f"{sql};" for sql in plan.prologue] if plan else []
    for step in plan.steps:
        if step.hazards:
            lines.append(f"-- {', '.join(step.hazards)}")
        lines += [f"{sql};" for sql in step.sql]
    lines += [f"{sql};" for sql in plan.epilogue] if plan else []
    return "".join(f"{line}\n" for line in lines)


NULL = "\0NULL"
"""What NULL is among the values of ``Rows``, which no text of a database can be."""


def _comparable(value: object) -> str:
    """Numbers by value, everything else by its text: a conversion without loss keeps both."""
    kind = type(value)
    if kind is str or kind is int:  # most are, of which there are thousands
        return str(value)
    if value is None:
        return NULL
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return str(value)
    number = Decimal(str(value))
    return format(number.normalize(), "f") if number.is_finite() else str(number)


async def rows(server: LiveServer, columns: Iterable[tuple[Name, str]]) -> Rows:
    """Every value of the given columns, whole rows being compared column by column."""
    quote = server.dialect.quote
    found: Rows = {}
    for table, column in columns:
        source = ".".join(quote(part) for part in table if part)
        values = await server.connection.fetch(f"SELECT {quote(column)} FROM {source}")
        found[table, column] = Counter(_comparable(value) for (value,) in values)
    return found


class Survivors(dict[Place, Place]):
    """(table, column) of the new schema -> where its values were, for every column whose values must survive."""

    def __init__(self) -> None:
        super().__init__()
        self.filled: set[Place] = set()
        """Columns in which NULL becomes the default; every other value stays."""
        self.partly: set[Place] = set()
        """Those of them where it stays in the rows of tables that inherit."""
        self.respelled: dict[Place, dict[str, str]] = {}
        """The values of an enum that were renamed: what was ``sad`` is read as ``blue``."""

    def lost(self, before: Rows, after: Rows) -> list[str]:
        """What did not survive, in words: ``before`` by the old places, ``after`` by the new ones."""
        problems = []
        for here, there in self.items():
            names = self.respelled.get(here, {})
            expected: Counter[str] = Counter()
            for value, number in before[there].items():
                expected[names.get(value, value)] += number
            found = after[here]
            if here not in self.filled:
                if dict(found) != dict(expected):  # counters are compared in Python
                    problems.append(f"{there} -> {here}: {dict(expected)} became {dict(found)}")
                continue
            empty = expected.pop(NULL, 0)
            stays = NULL in found and here not in self.partly
            if expected - found or stays or (found - expected).total() != empty:
                problems.append(f"{there} -> {here}: {dict(expected)} and {empty} NULL became {dict(found)}")
        return problems


def surviving_columns(plan: Plan, old: Schema, new: Schema, server: LiveServer) -> Survivors:
    """The columns of ``new`` whose values must survive ``plan``, those that were computed among them."""
    from pytest_schemadrift.schema.changes import RenameColumn, RenameEnumValue, RenameTable

    place: dict[tuple[Name, str], tuple[Name, str]] = {
        (table.name, column.name): (table.name, column.name) for table in old.tables for column in table.columns
    }
    renames = [change for change in plan.changes if isinstance(change, RenameColumn | RenameTable)]
    for change in renames:
        if isinstance(change, RenameColumn):
            place[change.table, change.new] = place.pop((change.table, change.old))
        else:
            for table, column in list(place):
                if table == change.old:
                    place[change.new, column] = place.pop((table, column))
    start = evolve(old, renames)
    conversion = server.dialect.capabilities(server.info).conversion
    renamed: dict[str, dict[str, str]] = {}
    for change in plan.changes:
        if isinstance(change, RenameEnumValue):
            renamed.setdefault(change.enum.name, {})[change.old] = change.new
    survivors = Survivors()
    for table in new.tables:
        before = start.table(table.name)
        for column in table.columns:
            was = before.column(column.name) if before else None
            if was is None or column.generated:
                continue
            same = was.type == column.type or conversion(was.type, column.type) in (
                Conversion.METADATA,
                Conversion.REWRITE,
                Conversion.MAY_FAIL,
            )
            filled = (was.nullable or was.not_inherited) and not column.nullable and column.default is not None
            if not same:
                continue
            here = (table.name, column.name)
            survivors[here] = place[here]
            if filled:
                survivors.filled.add(here)
                if column.not_inherited:
                    survivors.partly.add(here)
            if column.type in renamed:
                survivors.respelled[here] = renamed[column.type]
    return survivors
