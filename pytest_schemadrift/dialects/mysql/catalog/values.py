"""Columns, defaults, checks and options as the catalog shows them, as values of the model."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pytest_schemadrift.dialects.mysql.catalog.beside_bytes import without_binary
from pytest_schemadrift.dialects.mysql.catalog.letters import with_letters
from pytest_schemadrift.dialects.mysql.catalog.rows import CheckRow, ColumnRow
from pytest_schemadrift.dialects.mysql.catalog.views import of_its_own
from pytest_schemadrift.dialects.mysql.collations import canonical_collation
from pytest_schemadrift.dialects.mysql.names import unescape
from pytest_schemadrift.dialects.mysql.read.defaults import default_from_text, default_from_value, now_expression
from pytest_schemadrift.dialects.mysql.read.expressions import make_expression
from pytest_schemadrift.dialects.mysql.read.options import set_option
from pytest_schemadrift.dialects.mysql.read.table import fold_json
from pytest_schemadrift.dialects.mysql.read.tokens import tokenize
from pytest_schemadrift.dialects.mysql.read.types import from_catalog, is_compressed
from pytest_schemadrift.schema.capabilities import ServerInfo
from pytest_schemadrift.schema.model import Check, Column, Expression, Generated, Options, options

_OPTION = re.compile(r"""(?P<name>(?:(?:DATA|INDEX) DIRECTORY|`?\w+`?))\s*=\s*(?P<value>"[^"]*"|'[^']*'|\S+)""")


class Values:
    """Makes values of the rows of one database; columns that are alike in many tables are one value."""

    def __init__(self, info: ServerInfo, schema: str) -> None:
        self.info = info
        self.schema = schema
        self.mariadb = info.dialect == "mariadb"
        self._columns: dict[ColumnRow, Column] = {}
        self._options: dict[tuple[str | None, str | None, str], Options] = {}

    def column(self, row: ColumnRow, column_checks: dict[str, Check], columns: Sequence[ColumnRow]) -> Column:
        """One of the ``columns`` of a table; those that are alike in many tables are one value."""
        if (column_checks and row.name.lower() in column_checks) or _names_bytes(row):
            return self._read_column(row, column_checks, columns)
        known = self._columns.get(row)
        if known is None:
            known = self._columns[row] = self._read_column(row, column_checks, columns)
        return known

    def _read_column(self, row: ColumnRow, column_checks: dict[str, Check], columns: Sequence[ColumnRow]) -> Column:
        name, catalog_type, srid = row.name, row.type, row.srid
        type_ = from_catalog(catalog_type, self.info)
        own = canonical_collation(row.collation) if row.collation else None
        if self.mariadb and name.lower() in column_checks:
            check = column_checks.pop(name.lower())
            type_, own, left = fold_json(name, type_, own, check)
            if left is not None:
                column_checks[name.lower()] = left
        lowered, is_shrunk = row.extra.lower(), is_compressed(catalog_type)
        generated = None
        if " generated" in lowered and row.generation:
            generated = Generated(self.expression(row.generation, columns), stored=lowered.startswith("stored"))
        return Column(
            name=name,
            type=type_,
            nullable=row.nullable == "YES",
            default=None if generated else self._default(row.default_text, type_, lowered, columns),
            autoincrement="auto_increment" in lowered,
            generated=generated,
            collation=own if own != self.info.collation else None,
            on_update=self._on_update(row.extra, type_) if "on update" in lowered else None,
            comment=row.comment or None,
            options=options(invisible="invisible" in lowered, compressed=is_shrunk, srid=srid)
            if srid is not None or is_shrunk or "invisible" in lowered
            else (),
        )

    def _default(self, text: str | None, type_: str, extra: str, columns: Sequence[ColumnRow]) -> Expression | None:
        """MySQL shows a literal's value and says DEFAULT_GENERATED of expressions; MariaDB shows SQL."""
        if text is None or (self.mariadb and text == "NULL"):
            return None
        if self.mariadb:
            own = text if self.schema else of_its_own(text, self.info.database)  # nextval(`database`.`sequence`)
            return default_from_text(own, type_, "mariadb")
        if "default_generated" in extra:
            return default_from_text(self._unescaped(text, columns), type_, "mysql")
        return default_from_value(text, type_, "mysql")

    def _on_update(self, extra: str, type_: str) -> Expression | None:
        found = re.search(r"on update (\S+)", extra, re.IGNORECASE)
        return now_expression(tokenize(found[1]), type_, self.info.dialect) if found else None

    def expression(self, text: str, columns: Sequence[ColumnRow]) -> Expression:
        """An expression of an index, a check or a generated column; ``columns`` are those of the table."""
        return make_expression(self._unescaped(text, columns))

    def _unescaped(self, text: str, columns: Sequence[ColumnRow]) -> str:
        r"""MySQL's catalog shows expressions with ``\'`` for every quote, and bytes read as Latin-1 (seen in 9.7)."""
        if self.mariadb:
            return text
        return without_binary(with_letters(unescape(text) if "\\" in text else text), columns)

    def check(self, row: CheckRow, columns: Sequence[ColumnRow]) -> Check:
        """A check of a column (MariaDB) or of the table, whose ``columns`` are needed to read it."""
        expression = self.expression(row.clause, columns)
        if row.level == "Column":
            return Check(None, expression, column=row.name)
        return Check(row.name, expression, enforced=row.enforced == "YES")

    def table_options(self, engine: str | None, collation: str | None, create_options: str) -> Options:
        """What a table says that is not what the database gives by itself; most tables say the same."""
        said = engine, collation, create_options
        if said not in self._options:
            self._options[said] = options(**self._table_options(engine, collation, create_options))
        return self._options[said]

    def _table_options(self, engine: str | None, collation: str | None, create_options: str) -> dict[str, str]:
        found: dict[str, str] = {}
        for match in _OPTION.finditer(create_options) if create_options else ():
            if not match["name"].endswith(" DIRECTORY"):  # where the files lie is not compared
                set_option(found, match["name"], match["value"].strip("\"'"))
        if engine and engine.lower() != self.info.setting("default_storage_engine", "InnoDB").lower():
            found["engine"] = engine
        own = canonical_collation(collation or self.info.collation)
        if own != self.info.collation:
            found["collation"] = own
        return found


def _names_bytes(row: ColumnRow) -> bool:
    """Whether other columns of the table say what its text means."""
    return "_binary" in (row.generation or "") or "_binary" in (row.default_text or "")
