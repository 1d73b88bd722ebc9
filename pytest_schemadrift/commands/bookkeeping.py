"""Tables in which migration tools of other languages and libraries keep what they have applied.

They are known by their name and columns, because ``migrations`` or ``schema_version`` may as well be a table of the
application. One that the wanted side has is compared like any other.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pytest_schemadrift.schema.model import names_of_tables

if TYPE_CHECKING:
    from pytest_schemadrift.schema.model import Name, Schema

COLUMNS: Mapping[str, tuple[frozenset[str], ...]] = {
    name: tuple(frozenset(columns.split()) for columns in shapes)
    for name, shapes in {
        "__diesel_schema_migrations": ("version run_on",),
        "__drizzle_migrations": ("id hash created_at",),
        "__efmigrationshistory": ("migrationid productversion",),
        "_prisma_migrations": ("id checksum migration_name applied_steps_count",),
        "_sqlx_migrations": ("version description installed_on checksum",),
        "_yoyo_log": ("id migration_hash migration_id operation",),
        "_yoyo_migration": ("migration_hash migration_id applied_at_utc",),
        "_yoyo_version": ("version installed_at_utc",),
        "ar_internal_metadata": ("key value created_at updated_at",),  # Rails
        "databasechangelog": ("id author filename orderexecuted md5sum",),  # Liquibase
        "databasechangeloglock": ("id locked lockgranted lockedby",),
        "doctrine_migration_versions": ("version executed_at execution_time",),
        "flyway_schema_history": ("installed_rank version script checksum installed_on",),
        "goose_db_version": ("id version_id is_applied tstamp",),
        "knex_migrations": ("id name batch migration_time",),
        "knex_migrations_lock": ("index is_locked",),
        "migratehistory": ("id name migrated_at",),  # peewee-migrate
        "migration": ("name app_name ran_on",),  # Piccolo
        "migrations": ("id timestamp name", "id migration batch"),  # TypeORM; Laravel
        "mikro_orm_migrations": ("id name executed_at",),
        "pgmigrations": ("id name run_on",),  # node-pg-migrate
        "schema_migrations": ("version",),  # Rails, dbmate, golang-migrate, Ecto
        "schemaversion": ("version name md5 run_at",),  # Postgrator
        "sequelizemeta": ("name",),
        "typeorm_metadata": ("type database schema table name value",),
        "yoyo_lock": ("locked ctime pid",),
    }.items()
}
"""Table -> the columns of each tool that calls one so, all in lower case."""


def kept_by_other_tools(schema: Schema, wanted: Schema | None = None) -> frozenset[Name]:
    """The tables of ``schema`` in which another tool keeps its books, but for those that ``wanted`` has in any case."""
    named = {name.name.lower() for name in names_of_tables(wanted)} if wanted else set()
    found = set()
    for table in schema.tables:
        shapes = COLUMNS.get(table.name.name.lower(), ()) if table.name.name.lower() not in named else ()
        columns = {column.name.lower() for column in table.columns} if shapes else set()
        if any(shape <= columns for shape in shapes):
            found.add(table.name)
    return frozenset(found)
