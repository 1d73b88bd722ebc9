"""What a naive checker needs for the same; and our benches of single features."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from tests.benchmarks import apply as apply_bench
from tests.benchmarks import fixtures as fixtures_bench
from tests.benchmarks import hook as hook_bench
from tests.benchmarks.check import CHECK, IMPORTS
from tests.benchmarks.databases import Bench
from tests.benchmarks.rows import Row
from tests.benchmarks.timing import Command, beyond, in_turns, timed

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
ROUNDS = 2
NOISE = 0.1
"""Seconds below which a difference of two processes says nothing."""


def naive(made: Bench) -> Iterator[Row]:
    """A connection, a set of queries and two parsed texts for each table, as such checkers are usually begun."""
    spelled = {"mariadb": "mysql"}.get(made.dialect, made.dialect)
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
    where = f"{made.dialect}, {made.size:,} models"
    yield Row("naive", f"{where}, end to end", whole, "x", 2.0, at_least=True, against=words)
    yield Row("naive", f"{where}, beyond imports", inner, "x", 15.0, at_least=True, against=words)


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
            yield Row("hook", f"{cost.project}, unchanged: check", cost.ratio, "x", 0.6, against=against)
            yield Row(
                "hook", f"{cost.project}, unchanged: the snapshot", cost.snapshot_ratio, "x", 0.6, against=against
            )


def apply() -> Iterator[Row]:
    """What each form of a plan costs on 300,000 rows."""
    for what, seconds in apply_bench.measure():
        yield Row("apply", what, seconds)
