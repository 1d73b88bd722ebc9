"""What tables and views of a database stand on and the model has no word for: functions, types, collations."""

from __future__ import annotations

from pytest_schemadrift.dialects.base import Connection, Pieces, Place
from pytest_schemadrift.dialects.postgres.capabilities import major
from pytest_schemadrift.dialects.postgres.catalog.naming import Naming
from pytest_schemadrift.dialects.postgres.catalog.queries import query
from pytest_schemadrift.dialects.postgres.names import literal, quote_needed
from pytest_schemadrift.schema.capabilities import ServerInfo
from pytest_schemadrift.schema.model import Name

_OUTLINE = "range type {}: its canonical function {} is written in C and is left out"


async def pieces(connection: Connection, info: ServerInfo) -> Pieces:
    """Everything of the database that another object may stand on, and what stands on what. Raises ``StatementFailed``.

    The order is that of ``pg_depend``. Bodies of functions that are text are not looked into: the server does not
    either where ``check_function_bodies`` is off.
    """
    naming = Naming.of(info, ())
    texts: dict[Place, str] = {}
    notes: dict[Place, str] = {}
    for schema, name, kind, definition, without in await connection.fetch(query("lent_types", major(info))):
        place = Place(str(kind).lower(), str(naming.name(schema, name)))
        head, home = f"CREATE {kind} ", f"{quote_needed(schema)}."
        texts[place] = definition if place.name != name else head + definition[len(head) :].removeprefix(home)
        if without:
            notes[place] = _OUTLINE.format(place.name, without)
    needs: dict[Place, tuple[Place, ...]] = {}
    schemas: dict[Place, str] = {}
    missing: set[Place] = set()
    for kind, schema, name, sql, kinds, of_schemas, names in await connection.fetch(query("pieces", major(info))):
        place = _place(naming, kind, schema, name)
        schemas[place] = naming.name(schema, name).schema
        of = zip(kinds or (), of_schemas or (), names or (), strict=True)
        needs[place] = tuple(_place(naming, *item) for item in of)
        if kind == "other":
            missing.add(place)
        elif kind == "function":
            texts[place] = naming.at_home(sql)
    before = ("SET check_function_bodies = off",) if any(place.kind == "function" for place in texts) else ()
    return Pieces(
        texts, needs, schemas, frozenset(missing), notes, before, given=await _given(connection, info, naming)
    )


async def _given(connection: Connection, info: ServerInfo, naming: Naming) -> list[tuple[Place, str]]:
    """What was given to objects and is not in their definition: comments, the states of triggers and rules, marks."""
    rows = await connection.fetch(query("given", major(info)))
    found = []
    for kind, of_schema, of, head, schema, rest, comment in rows:
        home = "" if schema in ("", naming.default_schema) else f"{quote_needed(schema)}."
        said = "" if comment is None else f" IS {literal(comment)}"
        found.append((_place(naming, kind, of_schema, of), f"{head}{home}{rest}{said}"))
    return found


def _place(naming: Naming, kind: str, schema: str, name: str) -> Place:
    return Place(kind, str(naming.name(schema, name) if schema else Name("", name)))
