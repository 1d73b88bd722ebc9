"""How names, types and printed statements of the catalog are written in the schema."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import field
from typing import Self

from pytest_schemadrift.dialects.postgres.catalog.rows import TypeRow
from pytest_schemadrift.dialects.postgres.names import quote_needed
from pytest_schemadrift.dialects.postgres.read.types import without_full_precision
from pytest_schemadrift.dialects.postgres.server_info import schemas_of
from pytest_schemadrift.schema.capabilities import ServerInfo
from pytest_schemadrift.schema.frozen import dataclass
from pytest_schemadrift.schema.model import Name

_IDENTIFIER = r'(?:"(?:[^"]|"")*"|[\w$]+)'
_PRINTED_WITH_SCHEMA = re.compile(
    r"CREATE (?:OR REPLACE (?:FUNCTION|PROCEDURE) |STATISTICS "
    rf"|(?:UNIQUE )?INDEX {_IDENTIFIER} ON (?:ONLY )?|RULE {_IDENTIFIER} AS\s+ON \w+ TO )"
)
"""What stands before the name that the server qualifies whatever the search path is (``pg_get_functiondef``,
``pg_get_statisticsobjdef``, ``pg_get_indexdef``, ``pg_get_ruledef``)."""


@dataclass(frozen=True, slots=True)
class Naming:
    """What the default schema, the search path and the schemas that are looked at make of a name."""

    default_schema: str
    only_schemas: tuple[str, ...]
    extension_types: dict[str, str]
    """A type of an extension on the search path, as the server shows it -> its name without the schema."""
    _home: str
    _types: dict[str, str] = field(default_factory=dict)
    """A type as the server shows it -> as it is shown here."""

    @classmethod
    def of(cls, info: ServerInfo, types: Iterable[TypeRow]) -> Self:
        """That of a connection; ``types`` are all types of the database."""
        visible = set(schemas_of(info))
        extension_types = {
            f"{quote_needed(row.schema)}.{quote_needed(row.name)}": quote_needed(row.name)
            for row in types
            if row.extension and row.schema in visible and row.schema != info.default_schema
        }
        home = f"{quote_needed(info.default_schema)}."
        return cls(info.default_schema, tuple(info.only_schemas), extension_types, home)

    def name(self, schema: str, name: str) -> Name:
        """A name as the other packages have it."""
        return Name("" if schema == self.default_schema else schema, name)

    def bare(self, name: str) -> str:
        """A qualified name in SQL as ``name`` would have it."""
        return name.removeprefix(self._home)

    def at_home(self, sql: str) -> str:
        """A statement as it is for whoever looks in the default schema, which some are printed with all the same."""
        found = _PRINTED_WITH_SCHEMA.match(sql)
        return sql if found is None else found[0] + self.bare(sql[found.end() :])

    def is_looked_at(self, *schemas: str | None) -> bool:
        """Whether what has to do with these schemas is to be looked at."""
        return not self.only_schemas or any(schema in self.only_schemas for schema in schemas)

    def type(self, text: str) -> str:
        """A type as it is shown: those of extensions on the search path go without their schema."""
        if text not in self._types:
            self._types[text] = self._shown_type(text)
        return self._types[text]

    def _shown_type(self, text: str) -> str:
        if self.extension_types and "." in text:
            for qualified, bare in self.extension_types.items():
                if text == qualified or text.startswith((f"{qualified}(", f"{qualified}[")):
                    return bare + text[len(qualified) :]
        return without_full_precision(text)
