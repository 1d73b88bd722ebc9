"""Migrations that a live database has not had yet, by what their tool has written down there."""

from __future__ import annotations

from collections.abc import Mapping

from pytest_schemadrift.errors import StatementFailed
from pytest_schemadrift.schema.name import Name
from pytest_schemadrift.sources.database import dump
from pytest_schemadrift.sources.migrations import Migrations, migration_names, without_ending
from pytest_schemadrift.sources.scratch import LiveServer

BOOKKEEPING = {"Tortoise": ("tortoise_migrations", "name"), "Aerich": ("aerich", "version")}
"""The table of each tool, and its column that names a migration; the app is in ``app``."""

Names = Mapping[str, tuple[str, ...]]
"""Migrations by app."""


async def applied_migrations(server: LiveServer, migrations: Migrations, record: LiveServer) -> Names | None:
    """What the tool has written down as applied, in that order; ``None`` where a database with tables has no record.

    ``record`` is the database that has the record: the same one, but for Aerich with apps on several connections.
    Something else made those tables, and nothing can be told of migrations. An empty database has had none. The table
    of tortoise-pathway has the name of Tortoise's; that one alone has an ``id``. Raises ``StatementFailed`` where there
    is a record that cannot be read, as by a role without the right to.
    """
    table, column = BOOKKEEPING[migrations.tool]
    quote = record.dialect.quote
    try:
        rows = await record.connection.fetch(
            f"SELECT t.{quote('app')} AS a, t.{quote(column)} AS n, t.{quote('id')} FROM {quote(table)} t ORDER BY 1, 3"
        )
    except StatementFailed:
        tables = (await dump(record)).tables
        if any(item.name == Name("", table) for item in tables):
            await _assert_readable(record, table)
        if record is not server:
            tables = (await dump(server)).tables
        return None if tables else {}
    found: dict[str, tuple[str, ...]] = {}
    for app, name, _ in rows:
        found[str(app)] = (*found.get(str(app), ()), str(name))
    return found


async def _assert_readable(server: LiveServer, table: str) -> None:
    try:
        await server.connection.fetch(f"SELECT count(*) AS n FROM {server.dialect.quote(table)}")
    except StatementFailed as error:
        raise StatementFailed(
            f"the record of migrations cannot be read: {error.what}",
            sql=error.sql,
            where=table,
            hint=f"let the role read it: GRANT SELECT ON {server.dialect.quote(table)} TO ...",
        ) from None


def pending_migrations(migrations: Migrations, applied: Names) -> Names:
    """The migrations on disk that are not applied, in their order; apps without any are left out."""
    found = {}
    for app, names in migration_names(migrations).items():
        done = {without_ending(name) for name in applied.get(app, ())}
        waiting = tuple(name for name in names if without_ending(name) not in done)
        if waiting:
            found[app] = waiting
    return found
