"""No missed drift: a live database is changed in every way that a schema can be, one at a time, with rows in it.

Exactly that change is found, the printed SQL leads back, the next check is empty, and the rows are still there. Undone,
it is found again. The digest by which a check knows a database that was in sync tells the two apart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from pytest_schemadrift.errors import Unsupported
from pytest_schemadrift.planning.undo import plans_back
from pytest_schemadrift.schema.changes import Change, Rename, simple_changes
from pytest_schemadrift.schema.evolve import evolve
from pytest_schemadrift.schema.model import Schema
from pytest_schemadrift.sources.database import dump, dump_unless_known, open_server
from pytest_schemadrift.sources.scratch import LiveServer
from pytest_schemadrift.verify.verdict import Comparison
from tests.harness import ALIKE, compare_with_script, has_its_server, has_its_turn, load, rows, run, surviving_columns
from tests.live.mutations import BASES, MUTATIONS, Mutation


def every_mutation() -> Iterator[object]:
    for dialect, mutations in MUTATIONS.items():
        for mutation in mutations:
            if all(mutation in MUTATIONS[other] for other in ALIKE) and not has_its_server(mutation.name, dialect):
                continue
            yield pytest.param(dialect, mutation, id=f"{dialect}-{mutation.name}", marks=getattr(pytest.mark, dialect))


def kinds(changes: tuple[Change, ...]) -> set[str]:
    """The kinds of change; unique index or constraint: one thing."""
    found = set()
    for change in changes:
        for part in simple_changes(change):
            name = type(part).__name__
            unique = getattr(getattr(part, "index", None), "unique", False) or name in ("AddUnique", "DropUnique")
            if unique and name in ("AddUnique", "CreateIndex"):
                found |= {"unique+", name}
            elif unique and name in ("DropUnique", "DropIndex"):
                found |= {"unique-", name}
            else:
                found.add(name)
    return found


def as_expected(found: set[str], expected: frozenset[str]) -> bool:
    if any(mark.startswith("unique") for mark in expected):
        found = found - {"AddUnique", "DropUnique", "CreateIndex"}
        found = found - ({"DropIndex"} - expected)
    else:
        found = found - {"unique+", "unique-"}
    return found == expected


@pytest.mark.parametrize(("dialect", "mutation"), list(every_mutation()))
def test_a_mutation_is_found_and_fixed(dialect: str, mutation: Mutation, fresh_database: Callable[[str], str]) -> None:
    run(_find_and_mend(dialect, mutation, fresh_database(dialect)))


async def _find_and_mend(dialect: str, mutation: Mutation, url: str) -> None:
    base = BASES[dialect]
    async with open_server(url) as server:
        if isinstance(mutation.how, tuple):
            assert mutation.how[0] in base
            script = base.replace(*mutation.how)
            await load(server, "\n".join(runnable(script, base, mutation)))
        else:
            await load(server, base)
            await load(server, mutation.how)
        found = await compare_with_script(server, base, prove=False)
        assert as_expected(kinds(found.plan.changes), mutation.found), kinds(found.plan.changes)

        digest, schema = await dump_unless_known(server, None)
        assert schema == found.old
        of_tenants = await digests_of_tenants(server) if has_its_turn(f"digests {dialect} {mutation.name}") else {}

        reached = evolve(found.old, found.plan.changes)
        assert way_back(found, found.new, server) == way_back(found, reached, server), "of a plan, saved or not"

        survivors = surviving_columns(found.plan, found.old, found.new, server)
        before = await rows(server, survivors.values())
        await load(server, found.plan.sql())
        again = await compare_with_script(server, base, prove=False)
        assert again.plan.sql() == []
        assert not digest or (await dump_unless_known(server, lambda _: True))[0] != digest
        assert None in of_tenants.values() or not of_tenants or await digests_of_tenants(server) != of_tenants
        after = await rows(server, survivors)
        assert not survivors.lost(before, after)

        await load(server, way_back(found, found.new, server))
        if mutation.name not in DAMAGE:
            assert in_any_order(await dump(server)) == in_any_order(found.old), "the way back leads to what was there"


DAMAGE = {"foreign keys not enforced", "a foreign key not enforced on its other side", "index invalid"}
"""What is there, and does less than it says (PostgreSQL): no way back makes that again."""


def in_any_order(schema: Schema) -> Schema:
    """PostgreSQL puts a column that comes back at the end."""
    tables = (replace(table, columns=tuple(sorted(table.columns, key=lambda c: c.name))) for table in schema.tables)
    return replace(schema, tables=tuple(tables))


def way_back(found: Comparison, target: Schema, server: LiveServer) -> list[str]:
    """What leads back from where a plan leads to; a saved plan knows that by its changes alone."""
    renames = [change for change in found.plan.changes if isinstance(change, Rename)]
    try:
        ways = plans_back(found.old, target, server.dialect, server.info, renames)
    except Unsupported as error:
        return [str(error)]
    return [sql for way in ways for sql in way.sql()]


async def digests_of_tenants(server: LiveServer) -> dict[str, str | None]:
    """By which tenants are recognised that are this database, or the schemas of it."""
    namespaces, names = server.dialect.namespaces, [server.info.database]
    ask = server.dialect.digests
    if namespaces is not None:
        ask, names = namespaces.digests, await namespaces.names(server.connection, server.info)
    if ask is None:
        return {}
    (found,) = [part async for part in ask(server.connection, server.info, names)]
    return found


def runnable(script: str, base: str, mutation: Mutation) -> list[str]:
    """Rows of a table that the mutation took away go with it."""
    if mutation.name == "table dropped":
        return [line for line in script.splitlines() if not line.startswith("INSERT INTO tight")]
    return script.splitlines()


@pytest.mark.parametrize("dialect", [pytest.param(name, marks=getattr(pytest.mark, name)) for name in BASES])
def test_an_untouched_database_has_no_drift(dialect: str, fresh_database: Callable[[str], str]) -> None:
    async def check() -> None:
        async with open_server(fresh_database(dialect)) as server:
            await load(server, BASES[dialect])
            assert (await compare_with_script(server, BASES[dialect])).plan.sql() == []

    run(check())
