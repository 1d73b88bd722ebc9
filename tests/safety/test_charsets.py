"""Two databases of MySQL or MariaDB with other character sets: what names none has that of its database."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pytest_schemadrift.commands import diff_sources
from pytest_schemadrift.planning.drift import Drift
from pytest_schemadrift.sources.database import dump, open_server
from tests.commands.test_pending import Deployed, native  # noqa: F401
from tests.harness import load, run

SERVERS = [pytest.param(name, marks=getattr(pytest.mark, name)) for name in ("mysql", "mariadb")]
KIND = "two databases whose tables get another character set from each"


async def _filled(url: str, charset: str, script: str) -> None:
    async with open_server(url) as server:
        await load(server, [f"ALTER DATABASE `{server.info.database}` CHARACTER SET {charset}"])
    async with open_server(url) as server:
        await load(server, script)


@pytest.mark.tried(KIND)
@pytest.mark.parametrize("dialect", SERVERS)
def test_equal_texts_are_other_tables_and_other_texts_may_be_equal(
    dialect: str, fresh_database: Callable[[str], str]
) -> None:
    left, right = fresh_database(dialect), fresh_database(dialect)
    plain = "CREATE TABLE t (id int PRIMARY KEY, a varchar(9)); CREATE TABLE u (a varchar(9)) CHARACTER SET ascii;"
    more = "CREATE TABLE n (a varchar(9), b varchar(9) CHARACTER SET latin1)"
    run(_filled(left, "latin1", plain))
    run(_filled(right, "utf8mb4", plain + more))

    async def differ() -> Drift:
        return await diff_sources(None, left, right)

    drift = run(differ())
    tables = {str(getattr(change, "table", "")) for change in drift.plan.changes if hasattr(change, "old")}
    assert drift.proven
    assert any("`t`" in sql and "utf8mb4" in sql for sql in drift.plan.sql()), "latin1 is not utf8mb4"
    assert "u" not in tables, "ascii is ascii"

    async def follow() -> None:
        async with open_server(left) as server:
            await load(server, drift.plan.sql())
        async with open_server(left) as server, open_server(right) as twin:
            shown = [await _charsets(one) for one in (server, twin)]
            assert shown[0] == shown[1]
            assert await dump(server) != await dump(twin), "each says it in words of its database"

    run(follow())
    assert run(differ()).in_sync


async def _charsets(server: object) -> list[tuple[object, ...]]:
    rows = await server.connection.fetch(  # type: ignore[attr-defined]
        "SELECT table_name AS t, column_name AS c, collation_name AS k FROM information_schema.columns "
        "WHERE table_schema = DATABASE() ORDER BY t, c"
    )
    return [tuple(row) for row in rows]


@pytest.mark.mariadb
@pytest.mark.tried(KIND)
def test_applied_migrations_are_run_with_the_charset_of_the_live_database(
    native: Callable[[str], Deployed],  # noqa: F811
    fresh_database: Callable[[str], str],
) -> None:
    """Tortoise writes CHARACTER SET utf8mb4 into each table: in a database of another one that is no drift.

    The way to the database's own character set could not have kept every text.
    """
    url = fresh_database("mariadb")
    run(_filled(url, "latin1", "SELECT 1"))
    project = native(url)
    done = project.drift("gate")
    assert done.returncode == 0, done.stdout + done.stderr
    project.sql("ALTER TABLE users CONVERT TO CHARACTER SET latin1")
    done = project.drift("gate")
    assert done.returncode == 1
    assert "users" in done.stdout
    assert "posts" not in done.stdout
    waiting = project.drift("check", "--source", "live")
    assert waiting.returncode == 1
    assert "utf8mb4" in waiting.stdout, "what is pending does not repair it"
    _same_text_is_the_same_table(project)


RAW = "CREATE TABLE raw (a varchar(9))"
MIGRATION = f"""
from tortoise import migrations
from tortoise.migrations.operations import RunSQL

class Migration(migrations.Migration):
    dependencies = [("native", "0003_first_user")]
    operations = [RunSQL("{RAW}")]
"""


def _same_text_is_the_same_table(project: Deployed) -> None:
    """Between the live database and its migrations, in both directions."""
    (project.folder / "native" / "migrations" / "0004_raw.py").write_text(MIGRATION)
    project.sql(RAW)
    for sides in (("live", "migrations"), ("migrations", "live")):
        found = project.drift("diff", *sides).stdout
        assert "ALTER TABLE `users`" in found
        assert "`raw`" not in found
