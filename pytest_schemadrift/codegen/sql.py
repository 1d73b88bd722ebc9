"""Parts of a table in the database's own words, for what a framework has no words for."""

from __future__ import annotations

from dataclasses import dataclass, replace

from pytest_schemadrift.dialects import get_dialect
from pytest_schemadrift.dialects.base import Dialect, RenderContext
from pytest_schemadrift.planning.normalize import STORAGE_OPTIONS
from pytest_schemadrift.schema.build import make_schema
from pytest_schemadrift.schema.capabilities import ServerInfo
from pytest_schemadrift.schema.changes import AlterColumnNullability, AlterTableOptions, CreateIndex, SimpleChange
from pytest_schemadrift.schema.model import Check, Column, Exclusion, ForeignKey, Index, PrimaryKey, Table

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

    @property
    def has_comments(self) -> bool:
        """Whether tables and columns have comments."""
        return self._dialect.capabilities(self.info).comments

    @property
    def _dialect(self) -> Dialect:
        return get_dialect(self.info.dialect)

    def quote(self, name: str) -> str:
        """An identifier, quoted."""
        return self._dialect.quote(name)

    def has_quote(self, table: Table) -> bool:
        """Whether the table's name, or a column's, holds the character that names are quoted with."""
        mark = self.quote("")[0]
        return any(mark in name for name in (*table.name, *(column.name for column in table.columns)))

    def column_type(self, table: Table, column: Column) -> str:
        """All that stands between a column's name and its NOT NULL: type, collation, expression, identity."""
        return self._dialect.parts().column_type(table, column, self.info)

    def primary_key(self, table: Table, key: PrimaryKey) -> str:
        """A line of CREATE TABLE."""
        return self._dialect.parts().primary_key(table, key)

    def unique(self, index: Index) -> str:
        """A unique constraint as a line of CREATE TABLE."""
        return self._dialect.parts().unique(index, self.info)

    def check(self, check: Check) -> str:
        """A CHECK as a line of CREATE TABLE."""
        return self._dialect.parts().check(check)

    def foreign_key(self, key: ForeignKey) -> str:
        """A foreign key as a line of CREATE TABLE."""
        return self._dialect.parts().foreign_key(key)

    def exclusion(self, exclusion: Exclusion) -> str:
        """PostgreSQL's EXCLUDE as a line of CREATE TABLE."""
        return self._dialect.parts().exclusion(exclusion)

    def create_index(self, table: Table, index: Index) -> tuple[str, ...]:
        """The statements that create an index once its table is there."""
        bare = replace(table, indexes=())
        return self._rendered(CreateIndex(table.name, index), bare, replace(bare, indexes=(index,)))

    def after_table(self, table: Table) -> tuple[str, ...]:
        """The statements for what a table is and no model can say (UNLOGGED, row security), where these come after."""
        statements = [sql for column in table.columns for sql in self._not_inherited(table, column)]
        stored = tuple((name, value) for name, value in table.options if name in STORAGE_OPTIONS)
        if stored != table.options and self._dialect.parts().options_apart:
            plain = replace(table, options=stored)
            statements += self._rendered(AlterTableOptions(plain, table), plain, table)
        return tuple(statements)

    def _not_inherited(self, table: Table, column: Column) -> tuple[str, ...]:
        """NO INHERIT of a NOT NULL, which has the name that the server makes up for a field's."""
        if not column.not_inherited:
            return ()
        usual = replace(column, not_inherited=False, not_null_name=None)
        plain = replace(table, columns=(usual,), inherits=())
        return self._rendered(AlterColumnNullability(table.name, usual, column), plain, table)

    def _rendered(self, change: SimpleChange, old: Table, new: Table) -> tuple[str, ...]:
        dialect = self._dialect
        schemas = [make_schema(dialect.name, tables=[table]) for table in (old, new)]
        return dialect.render(change, RenderContext(schemas[0], schemas[1], self.info, dialect.capabilities(self.info)))

    def table_options(self, table: Table) -> str:
        """What follows the closing parenthesis, where Tortoise would write something else."""
        return self._dialect.parts().table_options(table, self.info, _CHARSET)
