"""Parts of a table in the database's own words, for what a framework has no words for."""

from __future__ import annotations

from dataclasses import dataclass, replace

from pytest_schemadrift.dialects import get_dialect
from pytest_schemadrift.dialects.base import RenderContext
from pytest_schemadrift.dialects.mysql.collations import charset_of, default_collation, spelled
from pytest_schemadrift.dialects.mysql.names import qualified
from pytest_schemadrift.dialects.mysql.write import definitions as mysql
from pytest_schemadrift.dialects.postgres.write import definitions as postgres
from pytest_schemadrift.dialects.sqlite.write import definitions as sqlite
from pytest_schemadrift.planning.normalize import STORAGE_OPTIONS
from pytest_schemadrift.schema.capabilities import ServerInfo
from pytest_schemadrift.schema.changes import AlterTableOptions, CreateIndex, SimpleChange
from pytest_schemadrift.schema.model import Check, Column, Exclusion, ForeignKey, Index, PrimaryKey, Table, make_schema

_CHARSET = "utf8mb4"
"""What Tortoise writes behind every table of MySQL and MariaDB."""


@dataclass(frozen=True, slots=True)
class Sql:
    """The words of one server."""

    info: ServerInfo

    @property
    def family(self) -> str:
        """The dialect by the name that drivers and frameworks know: MariaDB is ``mysql``."""
        return "mysql" if self.info.dialect == "mariadb" else self.info.dialect

    def quote(self, name: str) -> str:
        """An identifier, quoted."""
        return get_dialect(self.info.dialect).quote(name)

    def has_quote(self, table: Table) -> bool:
        """Whether the table's name, or a column's, holds the character that names are quoted with."""
        mark = self.quote("")[0]
        return any(mark in name for name in (*table.name, *(column.name for column in table.columns)))

    def column_type(self, table: Table, column: Column) -> str:
        """All that stands between a column's name and its NOT NULL: type, collation, expression, identity."""
        bare = replace(column, default=None, comment=None, nullable=True)
        if self.family == "mysql":
            bare = replace(bare, nullable=column.nullable)
            text = mysql.column_definition(bare, mysql.table_collation(table, self.info), self.info)
            text = text.replace(" NOT NULL", "", 1) if not column.nullable else text
        elif self.family == "sqlite":
            text = sqlite.column_definition(replace(bare, options=()))
        else:
            text = postgres.column_definition(bare)
        return text.removeprefix(self.quote(column.name)).lstrip()

    def primary_key(self, table: Table, key: PrimaryKey) -> str:
        """A line of CREATE TABLE."""
        if self.family == "mysql":
            return mysql.primary_key_definition(key)
        if self.family == "sqlite":
            return sqlite.primary_key_definition(key, [column.name for column in table.columns if column.autoincrement])
        return postgres.primary_key_definition(key)

    def unique(self, index: Index) -> str:
        """A unique constraint as a line of CREATE TABLE."""
        if self.family == "mysql":
            return mysql.index_definition(index, self.info)
        return sqlite.unique_definition(index) if self.family == "sqlite" else postgres.unique_definition(index)

    def check(self, check: Check) -> str:
        """A CHECK as a line of CREATE TABLE."""
        if self.family == "mysql":
            return mysql.check_definition(replace(check, column=None))
        return sqlite.check_definition(check) if self.family == "sqlite" else postgres.check_definition(check)

    def foreign_key(self, key: ForeignKey) -> str:
        """A foreign key as a line of CREATE TABLE."""
        if self.family == "mysql":
            return mysql.foreign_key_definition(key)
        return sqlite.foreign_key_definition(key) if self.family == "sqlite" else postgres.foreign_key_definition(key)

    def exclusion(self, exclusion: Exclusion) -> str:
        """PostgreSQL's EXCLUDE as a line of CREATE TABLE."""
        return postgres.exclusion_definition(exclusion)

    def create_index(self, table: Table, index: Index) -> tuple[str, ...]:
        """The statements that create an index once its table is there."""
        if self.family == "mysql":
            name = qualified(table.name)
            return (f"ALTER TABLE {name} ADD {mysql.index_definition(index, self.info)}",)
        bare = replace(table, indexes=())
        return self._rendered(CreateIndex(table.name, index), bare, replace(bare, indexes=(index,)))

    def after_table(self, table: Table) -> tuple[str, ...]:
        """PostgreSQL's statements for what a table is and no model can say: UNLOGGED, row security."""
        if self.family != "postgres":
            return ()
        stored = tuple((name, value) for name, value in table.options if name in STORAGE_OPTIONS)
        if stored == table.options:
            return ()
        plain = replace(table, options=stored)
        return self._rendered(AlterTableOptions(plain, table), plain, table)

    def _rendered(self, change: SimpleChange, old: Table, new: Table) -> tuple[str, ...]:
        dialect = get_dialect(self.info.dialect)
        schemas = [make_schema(dialect.name, tables=[table]) for table in (old, new)]
        return dialect.render(change, RenderContext(schemas[0], schemas[1], self.info, dialect.capabilities(self.info)))

    def table_options(self, table: Table) -> str:
        """What follows the closing parenthesis, where Tortoise would write something else."""
        if self.family == "sqlite":
            return sqlite.table_options(table.options).strip()
        if self.family == "mysql":
            own = {name: value for name, value in table.options if name != "collation"}
            collation = mysql.table_collation(table, self.info)
            if not own and collation == default_collation(_CHARSET, self.info):
                return ""
            words = [f"CHARACTER SET {charset_of(collation)} COLLATE {spelled(collation, self.info)}"]
            return " ".join([*words, *(mysql.option(name, value) for name, value in own.items())])
        return ""
