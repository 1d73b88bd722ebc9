"""Which foreign keys, and which tables between two others, Tortoise can say: a relation makes its column, too."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from pytest_schemadrift.codegen import keys
from pytest_schemadrift.codegen.keys import is_implied
from pytest_schemadrift.codegen.shapes import is_plain_unique, single_key
from pytest_schemadrift.codegen.sql import Sql
from pytest_schemadrift.codegen.tortoise_words import Words
from pytest_schemadrift.schema.model import Column, ForeignKey, Index, Name, Table


class Relations:
    """What Tortoise makes of references among ``tables``."""

    def __init__(self, sql: Sql, words: Words, tables: Sequence[Table]) -> None:
        self.sql, self.words = sql, words
        self.key_types = self._key_types(tables)
        """The type that references to a numbered key have, by the key's table."""

    def _key_types(self, tables: Sequence[Table]) -> dict[Name, str]:
        """The type that a counting key gives to those that refer to it: Tortoise lets it differ from its own."""
        referring: dict[Name, Counter[str]] = {}
        for table in tables:
            for key in table.foreign_keys:
                column = table.column(key.columns[0])
                if len(key.columns) == 1 and column is not None:
                    referring.setdefault(key.ref_table, Counter())[self.reference_type(table, column)] += 1
        found = {}
        for table in tables:
            column = table.column(single_key(table) or "")
            if column is not None and self.counts(table, column):
                types = referring.get(table.name)
                found[table.name] = types.most_common(1)[0][0] if types else self._unreferenced_type(table, column)
        return found

    def _unreferenced_type(self, table: Table, column: Column) -> str:
        """SQLite's counting keys are INTEGER whatever their field is; nobody says which, so it is the usual one."""
        type_sql = self.reference_type(table, column)
        return "INT" if self.sql.family == "sqlite" and type_sql == "INTEGER" and column.autoincrement else type_sql

    def reference_type(self, table: Table, column: Column) -> str:
        """The type of a column without what makes it count."""
        return self.sql.column_type(table, replace(column, autoincrement=False, identity=None))

    def counts(self, table: Table, column: Column) -> bool:
        """Whether the database numbers the rows by this column."""
        return keys.counts(table, column, self.sql.family)

    def obstacle(self, table: Table, key: ForeignKey, column: Column, target: Table, other: Column) -> str:
        """Why a foreign key cannot be one of Tortoise's; ``""`` where it can."""
        wanted = self.reference_type(target, other)
        if single_key(target) == other.name:
            wanted = self.key_types.get(target.name, wanted)
        elif self.counts(target, other):
            return f"{target.name}.{other.name} is numbered, and Tortoise would number this column too"
        if column.generated or self.counts(table, column) or column.on_update:
            return "its column gets its values from the database"
        if self.reference_type(table, column) != wanted:
            return f"its type is not that of {target.name}.{other.name}"
        if self.action(key) not in self.words.actions or key.match != "SIMPLE" or key.options:
            return "Tortoise has no word for what it says"
        if key.on_delete == "SET NULL" and not column.nullable:
            return "it is SET NULL on a column that is NOT NULL"
        return ""

    def action(self, key: ForeignKey) -> str:
        """What ON DELETE is in Tortoise's words; to MySQL and MariaDB, NO ACTION and RESTRICT are one."""
        plain = key.on_delete == "NO ACTION" and self.sql.family == "mysql"
        return "RESTRICT" if plain and "NO ACTION" not in self.words.actions else key.on_delete

    def is_link(self, table: Table) -> bool:
        """The table that Tortoise itself makes for a many-to-many field: no primary key, one unique index on both."""
        first, second = table.foreign_keys
        indexes = [index for index in table.indexes if not is_implied(table, index, self.sql.family)]
        same = first.on_delete == second.on_delete and not (also(first) or also(second))
        return (
            same
            and table.primary_key is None
            and not (table.checks or table.comment or self.sql.table_options(table) or self.sql.after_table(table))
            and not any(column.comment or column.options or column.on_update for column in table.columns)
            and self._are_of_link(table, indexes)
        )

    def _are_of_link(self, table: Table, indexes: Sequence[Index]) -> bool:
        if not self.words.unique_links:
            return not indexes
        columns = tuple(column.name for column in table.columns)
        return len(indexes) == 1 and is_plain_unique(indexes[0]) and indexes[0].columns == columns


def also(key: ForeignKey) -> str:
    """What a foreign key says after ON DELETE."""
    words = [f"ON UPDATE {key.on_update}"] if key.on_update != "NO ACTION" else []
    if key.initially_deferred:
        words.append("DEFERRABLE INITIALLY DEFERRED")
    elif key.deferrable:
        words.append("DEFERRABLE")
    return " ".join(words)
