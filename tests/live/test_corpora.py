"""Other people's cases: public DDL pairs and sample databases, with an oracle that shares no code with the engine.

For every pair whose own DDL the server accepts: load ``old``, execute the plan to ``new``, and compare with a fresh
``new`` as ``pg_dump``, SHOW CREATE TABLE or SQLite's pragmas tell it, names of constraints and column order aside.
``new`` against ``new`` is silent. The corpora lie outside of the repository; without them nothing is collected.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from pytest_schemadrift.errors import SchemaDriftError
from pytest_schemadrift.planning.diff import diff
from pytest_schemadrift.sources.database import dump, open_server
from pytest_schemadrift.sources.ddl import parse_sql
from pytest_schemadrift.sources.scratch import LiveServer
from pytest_schemadrift.sources.structure import structure_only
from tests.conftest import postgres_programs
from tests.harness import CORPORA, ONE_OF, compare_with_script, exported, load, of_the_day, run

CHUNKS = {"postgres": 12, "mysql": 4, "mariadb": 4, "sqlite": 1}
WANTED = 0.97

_COMMENT = "comments on constraints and types are not compared: no model can say them"
_SAME = "the server says the same in two ways, which its second reading settles: rightly no drift"
LEFT: dict[str, str] = {
    "postgres tests_comments.yml CommentOnConstraint": _COMMENT,
    "postgres tests_comments.yml CommentOnConstraintWithDotInName": _COMMENT,
    "postgres tests_comments.yml CommentOnType": _COMMENT,
    "postgres tests_constraints.yml AtTimeZoneCheckEquivalentToTimezoneFunction": _SAME,
    "postgres tests_indices.yml AtTimeZoneIndexEquivalentToTimezoneFunction": _SAME,
    "postgres tests_datatypes.yml NullCast": "DEFAULT NULL under a cast is no default",
    "mariadb tests_constraints.yml CheckTableLevelToUnnamedColumnLevel": "a check of a column, or of its table",
}
"""Pairs that do not converge, each with its reason."""

if not CORPORA.is_dir():
    pytest.skip("the corpora are not here", allow_module_level=True)


@cache
def pairs(dialect: str) -> list[dict[str, Any]]:
    rows = [json.loads(line) for line in (CORPORA / "ddl-pairs.jsonl").read_text().splitlines()]
    kind = "mysql" if dialect == "mariadb" else dialect
    other = {"mysql": ("mariadb", "tidb", "!mysql"), "mariadb": ("mysql", "tidb", "!mariadb")}.get(dialect, ())
    return [row for row in rows if row["dialect"] == kind and row["flavor"] not in other]


# --- the oracle ------------------------------------------------------------------------------------------------------


async def picture(server: LiveServer) -> list[str]:
    """What the server's own tools say of a database, names of constraints and the order of columns aside."""
    if server.dialect.name == "postgres":
        return _pg_dump(server.url)
    if server.dialect.name == "sqlite":
        return await _pragmas(server)
    return await _show_create(server)


def _pg_dump(url: str) -> list[str]:
    parts = urlsplit(url)
    host = parse_qs(parts.query)["host"][0]
    done = subprocess.run(
        [str(postgres_programs() / "pg_dump"), "-s", "-O", "-x", "-h", host, "-U", "postgres", parts.path[1:]],
        capture_output=True,
        text=True,
        check=True,
    )
    text = "\n".join(line for line in done.stdout.splitlines() if not line.startswith(("--", "\\")))
    found = []
    for statement in re.split(r";\n", text):
        lines = [_unnamed(line.strip().rstrip(",")) for line in statement.strip().splitlines() if line.strip()]
        if lines and not lines[0].startswith(("SET ", "SELECT pg_catalog.set_config")):
            found.append(" ".join([lines[0], *sorted(lines[1:])]))
    return sorted(found)


_NAME = r'(?:"(?:[^"]|"")+"|[\w$]+)'


def _unnamed(line: str) -> str:
    line = re.sub(rf"\bCONSTRAINT {_NAME}", "CONSTRAINT _", line)
    line = re.sub(rf"^(CREATE (?:UNIQUE )?INDEX) {_NAME}", r"\1 _", line)
    line = re.sub(rf"^(COMMENT ON (?:CONSTRAINT|INDEX)) {_NAME}(?:\.{_NAME})?", r"\1 _", line)
    if options := re.search(r" WITH \(([^()]*)\)$", line):
        line = line[: options.start(1)] + ", ".join(sorted(options[1].split(", "))) + ")"
    line = re.sub(r"^(ALTER INDEX) \S+ ATTACH PARTITION \S+", r"\1 _", line)
    return re.sub(rf"\b{_NAME}\.{_NAME}_seq\d*\b|SEQUENCE NAME \S+|{_NAME}_seq\d*\b", "_seq", line)


async def _show_create(server: LiveServer) -> list[str]:
    names = await server.connection.fetch(
        "SELECT TABLE_NAME AS n FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() "
        "AND TABLE_TYPE = 'BASE TABLE' ORDER BY 1"
    )
    found = []
    for (name,) in names:
        ((_, text, *_),) = await server.connection.fetch(f"SHOW CREATE TABLE {server.dialect.quote(name)}")
        lines = [line.strip().rstrip(",") for line in str(text).splitlines()]
        lines = [re.sub(r"(CONSTRAINT|KEY) `(?:[^`]|``)*`( |$)", r"\1 _ ", line) for line in lines]
        lines = [line.replace(" USING BTREE", "") for line in lines]  # the default, printed where it was written
        lines[-1] = re.sub(r" AUTO_INCREMENT=\d+", "", lines[-1])
        found.append(" ".join([name, *sorted(lines)]))
    return found


async def _pragmas(server: LiveServer) -> list[str]:
    fetch = server.connection.fetch
    found = []
    tables = await fetch("SELECT name, type, wr, strict FROM pragma_table_list WHERE schema = 'main'")
    for name, kind, without_rowid, strict in sorted(tables):
        if name.startswith("sqlite_") or kind != "table":
            continue
        columns = await fetch(
            "SELECT lower(name), lower(type), \"notnull\" AND NOT (pk AND lower(type) = 'integer'), dflt_value, "
            "pk, hidden FROM pragma_table_xinfo(?)",
            name,
        )
        keys = await fetch(
            'SELECT lower("table"), lower("from"), coalesce("to", \'\'), on_update, on_delete '
            "FROM pragma_foreign_key_list(?)",
            name,
        )
        indexes = []
        for index, unique, partial in await fetch('SELECT name, "unique", partial FROM pragma_index_list(?)', name):
            parts = await fetch('SELECT lower(name), "desc", coll, key FROM pragma_index_xinfo(?)', index)
            where = await fetch("SELECT sql FROM sqlite_master WHERE name = ?", index)
            predicate = re.split(r"(?i)\bwhere\b", where[0][0], maxsplit=1)[-1] if partial and where else ""
            indexes.append(repr((unique, [part for part in parts if part[3]], re.sub(r"\s+|[\"`]", "", predicate))))
        ((text,),) = await fetch("SELECT sql FROM sqlite_master WHERE name = ? AND type = 'table'", name)
        checks = sorted(re.sub(r"\s+|[\"`\[\]]", "", check) for check in re.findall(r"(?i)check\s*\(([^()]*)\)", text))
        counted = len(re.findall(r"(?i)\bautoincrement\b", text))
        found.append(
            repr((name.lower(), without_rowid, strict, sorted(columns), sorted(keys), sorted(indexes), checks, counted))
        )
    return found


# --- the pairs -------------------------------------------------------------------------------------------------------


async def _accepted(url: str, script: str) -> bool:
    async with open_server(url) as server:
        try:
            await load(server, structure_only(script, server.dialect.name))
        except SchemaDriftError:
            return False
    return True


async def _converges(dialect: str, pair: dict[str, Any], create: Callable[[str], str]) -> str | None:
    """``None`` where the pair's own DDL is refused, else ``""`` or what went wrong."""
    old_url, new_url = create(dialect), create(dialect)
    if not (await _accepted(old_url, pair["old"]) and await _accepted(new_url, pair["new"])):
        return None
    async with open_server(old_url) as old, open_server(new_url) as new:
        try:
            silent = await compare_with_script(new, pair["new"], prove=False)
            if silent.plan:
                return f"new against new is not silent: {silent.plan.sql()[:2]}"
            found = await compare_with_script(old, pair["new"], prove=False)
            await load(old, found.plan.sql())
            left = (await compare_with_script(old, pair["new"], prove=False)).plan.sql()
        except SchemaDriftError as error:
            return f"{type(error).__name__}: {error.what[:200]} {getattr(error, 'sql', '')[:120]}"
        if left:
            return f"planning again is not empty: {left[:2]}"
        here, there = await picture(old), await picture(new)
        if here != there:
            return f"differs: {sorted(set(here) ^ set(there))[:2]}"[:600]
    return ""


def _chunks() -> list[Any]:
    return [
        pytest.param(dialect, chunk, marks=getattr(pytest.mark, dialect))
        for dialect, chunks in CHUNKS.items()
        for chunk in of_the_day(range(chunks), 2 * ONE_OF)
    ]


@pytest.mark.parametrize(("dialect", "chunk"), _chunks())
def test_public_pairs_converge(
    dialect: str, chunk: int, fresh_database: Callable[[str], str], record_property: Callable[[str, object], None]
) -> None:
    accepted, wrong = 0, {}
    for pair in pairs(dialect)[chunk :: CHUNKS[dialect]]:
        name = f"{dialect} {pair['file']} {pair['name']}"
        outcome = run(_converges(dialect, pair, fresh_database))
        if outcome is None:
            continue
        accepted += 1
        if outcome:
            wrong[name] = outcome
    record_property("accepted", accepted)
    record_property("converged", accepted - len(wrong))
    unexpected = {name: reason for name, reason in wrong.items() if name not in LEFT}
    assert not unexpected, json.dumps(unexpected, indent=1)


def test_few_are_left() -> None:
    everything = sum(len(pairs(dialect)) for dialect in ("postgres", "mysql", "mariadb", "sqlite"))
    assert len(LEFT) <= everything * (1 - WANTED)


# --- the sample databases --------------------------------------------------------------------------------------------


def _samples() -> list[Any]:
    return [
        pytest.param(dialect, path, id=f"{path.stem}-{dialect}", marks=getattr(pytest.mark, dialect))
        for path in sorted((CORPORA / "databases").glob("*.sql"))
        for dialect in ("postgres", "mysql", "mariadb", "sqlite")
        if dialect in path.stem
    ]


@pytest.mark.parametrize(("dialect", "path"), _samples())
def test_sample_databases_round_trip(dialect: str, path: Path, fresh_database: Callable[[str], str]) -> None:
    async def check() -> None:
        async with open_server(fresh_database(dialect)) as first, open_server(fresh_database(dialect)) as second:
            if dialect in ("mysql", "mariadb"):  # as the client of a dump does
                await first.connection.execute("SET foreign_key_checks = 0")
                await second.connection.execute("SET foreign_key_checks = 0")
            await load(first, _sql_only(path))
            here = await dump(first)
            text = await exported(first)
            await load(second, text)
            assert diff(here, await dump(second)) == ()
            assert diff(here, parse_sql(text, dialect, first.info)) == ()

    run(check())


def _sql_only(path: Path) -> str:
    """Without the commands of psql, and without locks."""
    lines = path.read_text().splitlines()
    return "\n".join(line for line in lines if not line.startswith(("\\", "LOCK", "UNLOCK")))
