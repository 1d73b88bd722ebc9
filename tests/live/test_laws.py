"""Laws over random schemas, with the server as the oracle."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pytest_schemadrift.dialects import get_dialect
from pytest_schemadrift.planning.build import build_plan, create_statements
from pytest_schemadrift.planning.diff import diff
from pytest_schemadrift.planning.normalize import normalize
from pytest_schemadrift.planning.policy import Policy
from pytest_schemadrift.schema.model import Schema
from pytest_schemadrift.sources.database import ddl_text, dump, open_server
from pytest_schemadrift.sources.ddl import parse_sql
from tests.harness import load, run
from tests.strategies import schemas

DIALECTS = [pytest.param(name, marks=getattr(pytest.mark, name)) for name in ("postgres", "mysql", "mariadb", "sqlite")]
WHOLE = Policy(whole=True)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_laws_hold_for_random_pairs(dialect: str, fresh_database: Callable[[str], str]) -> None:
    @settings(
        max_examples=20,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
    )
    @given(schemas(dialect), schemas(dialect))
    def holds(old: Schema, new: Schema) -> None:
        run(_laws(dialect, old, new, fresh_database))

    holds()


async def _laws(dialect: str, a: Schema, b: Schema, fresh_database: Callable[[str], str]) -> None:
    chosen = get_dialect(dialect)
    async with open_server(fresh_database(dialect)) as first, open_server(fresh_database(dialect)) as second:
        texts = {}
        for server, schema in ((first, a), (second, b)):
            texts[server.url] = create_statements(schema, chosen, server.info)
            await load(server, texts[server.url])
        old, new = await dump(first), await dump(second)

        # diff(b, b) is empty, and reading our own export gives the same schema
        assert diff(new, new) == ()
        assert parse_sql(ddl_text(new, chosen, second.info), dialect, second.info) == new

        # static equality is sound: what two texts make equal, the server calls equal
        written = {
            server.url: parse_sql(";\n".join(texts[server.url]), dialect, server.info) for server in (first, second)
        }
        for table in written[first.url].tables:
            if written[second.url].table(table.name) == table:
                assert old.table(table.name) == new.table(table.name)

        # apply(diff(a, b), a) is b, and then there is nothing left to do
        wanted, _ = normalize(old, new, WHOLE)
        await load(first, build_plan(old, wanted, chosen, first.info).sql())
        outcome = await dump(first)
        settled, _ = normalize(outcome, new, WHOLE)
        assert diff(outcome, settled) == ()


@given(st.data())
@settings(max_examples=60, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
def test_evolving_by_the_diff_gives_the_new_schema(data: st.DataObject) -> None:
    from pytest_schemadrift.schema.evolve import evolve

    dialect = data.draw(st.sampled_from(("postgres", "mysql", "sqlite")))
    old, new = data.draw(schemas(dialect)), data.draw(schemas(dialect))
    wanted, _ = normalize(old, new, WHOLE)
    assert evolve(old, diff(old, wanted)) == wanted
    assert diff(wanted, wanted) == ()
