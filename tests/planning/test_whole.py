"""The order in which an export makes a whole database, and what it leaves out; without a server."""

from __future__ import annotations

from pytest_schemadrift.dialects.base import Pieces, Place
from pytest_schemadrift.dialects.postgres import POSTGRES
from pytest_schemadrift.planning.whole import Whole, whole
from pytest_schemadrift.schema.build import make_schema
from pytest_schemadrift.schema.model import Name, Schema, UnsupportedObject, View
from tests.dialects.postgres.database import NEWEST, parsed

A, B, V, W = (Place("relation", name) for name in ("a", "b", "v", "w"))
F, G = (Place("function", f"{name}(integer)") for name in "fg")


def made(schema: Schema, pieces: Pieces | None = None) -> Whole:
    return whole(schema, POSTGRES, NEWEST, pieces or Pieces())


def heads(schema: Schema, pieces: Pieces | None = None) -> list[str]:
    """The first three words of each statement."""
    return [" ".join(sql.split()[:3]) for sql in made(schema, pieces).statements]


def views(*names: str) -> list[View]:
    return [View(Name("", name), f"CREATE VIEW {name}") for name in names]


def test_a_function_is_made_before_the_table_that_calls_it_and_after_what_it_reads() -> None:
    schema = parsed("CREATE TABLE a (x int); CREATE TABLE b (x int)")
    pieces = Pieces(
        {F: "CREATE FUNCTION f", G: "CREATE FUNCTION g"},
        {A: (F,), F: (G, B)},
        before=("SET check_function_bodies = off",),
    )
    assert heads(schema, pieces) == [
        "SET check_function_bodies =",
        "CREATE FUNCTION g",
        'CREATE TABLE "b"',
        "CREATE FUNCTION f",
        'CREATE TABLE "a"',
    ]
    assert heads(parsed("CREATE TABLE a (x int)"), Pieces(before=("SET a = b",))) == ['CREATE TABLE "a"']


def test_what_nobody_needs_and_nobody_names_is_not_made() -> None:
    schema = parsed("CREATE TABLE a (x int)")
    assert heads(schema, Pieces({F: "CREATE FUNCTION f"})) == ['CREATE TABLE "a"']
    named = make_schema("postgres", unsupported=[UnsupportedObject("function", F.name, "is a function")])
    found = made(named, Pieces({F: "CREATE FUNCTION f"}))
    assert (found.statements, found.left_out) == (["CREATE FUNCTION f"], [])


def test_what_no_statement_is_known_for_takes_along_what_needs_it() -> None:
    schema = parsed("CREATE TABLE a (x int); CREATE TABLE b (x int REFERENCES a)")
    lacking = make_schema("postgres", tables=schema.tables, views=views("v", "w"))
    cast = Place("other", "cast of t")
    pieces = Pieces(needs={F: (cast,), V: (F,), W: (A,)}, missing=frozenset([cast]))
    found = made(lacking, pieces)
    assert [sql for sql in found.statements if "VIEW" in sql] == ["CREATE VIEW w"]
    assert found.left_out == ["relation v: it needs function f(integer)"]
    unread = make_schema(
        "postgres",
        tables=schema.tables[1:],
        unsupported=[UnsupportedObject("table", "a", "is foreign", table=Name("", "a"))],
    )
    found = made(unread)
    assert found.statements == [], "neither the table nor its foreign key"
    assert found.left_out == ["relation b: it needs relation a", "table a: is foreign"]


def test_what_belongs_to_a_table_that_is_not_made_is_not_made() -> None:
    schema = parsed("CREATE TABLE a (x int); CREATE TABLE b (x int); CREATE INDEX i ON b (x); CREATE INDEX j ON a (x)")
    lost = made(schema, Pieces(needs={B: (F,)}, missing=frozenset([F])))
    assert [" ".join(sql.split()[:3]) for sql in lost.statements] == ['CREATE TABLE "a"', 'CREATE INDEX "j"']
    assert lost.left_out == ["relation b: it needs function f(integer)"]


def test_two_that_need_each_other_are_both_made() -> None:
    schema = parsed(
        "CREATE TABLE a (id int PRIMARY KEY, b int); CREATE TABLE b (id int PRIMARY KEY, a int REFERENCES a);"
        "ALTER TABLE a ADD FOREIGN KEY (b) REFERENCES b"
    )
    assert heads(schema) == ['CREATE TABLE "a"', 'CREATE TABLE "b"', 'ALTER TABLE "a"']
    assert heads(schema, Pieces(needs={B: (F,)}, missing=frozenset([F]))) == [], "nor their foreign keys"
    needing = Pieces({F: "CREATE FUNCTION f", G: "CREATE FUNCTION g"}, {A: (F,), F: (G,), G: (F,)})
    assert heads(schema, needing)[:2] == ["CREATE FUNCTION g", "CREATE FUNCTION f"]


def test_functions_and_what_they_use_or_serve_are_made_in_the_order_of_their_needs() -> None:
    schema = parsed(
        "CREATE TABLE a (x int); CREATE TYPE mood AS ENUM ('sad'); CREATE DOMAIN age AS int; CREATE SEQUENCE ticket"
    )
    used = (Place("type", "mood"), Place("type", "age"), Place("relation", "ticket"))
    named = make_schema(
        "postgres",
        tables=schema.tables,
        enums=schema.enums,
        domains=schema.domains,
        sequences=schema.sequences,
        unsupported=[UnsupportedObject("function", F.name, "is a function")],
    )
    for needed, head in zip(used, ("CREATE TYPE", "CREATE DOMAIN", "CREATE SEQUENCE"), strict=True):
        statements = heads(named, Pieces({F: "CREATE FUNCTION f"}, {F: (needed,), needed: ()}))
        (place,) = [number for number, sql in enumerate(statements) if sql.startswith(head)]
        assert place < statements.index("CREATE FUNCTION f")
        statements = heads(named, Pieces({F: "CREATE FUNCTION f"}, {needed: (F,)}))
        (place,) = [number for number, sql in enumerate(statements) if sql.startswith(head)]
        assert place > statements.index("CREATE FUNCTION f"), "a domain's check calls it"
        lost = made(named, Pieces({F: "CREATE FUNCTION f"}, {F: (needed,)}, missing=frozenset([needed])))
        assert "CREATE FUNCTION f" not in lost.statements
        assert f"function f(integer): it needs {needed.kind} {needed.name}" in lost.left_out


def test_rules_policies_statistics_and_indexes_come_last_in_that_order() -> None:
    (table,) = parsed("CREATE TABLE a (x int)").tables
    parts = [
        UnsupportedObject(kind, f"the_{kind}", "is not compared", f"CREATE {kind.upper()} p;", Name("", "a"))
        for kind in ("index", "statistics", "policy", "rule")
    ]
    elsewhere = UnsupportedObject("rule", "other", "is not compared", "CREATE RULE other", Name("", "b"))
    schema = make_schema("postgres", tables=[table], unsupported=[*parts, elsewhere])
    found = made(schema, Pieces(needs={A: ()}))
    assert found.statements[1:] == ["CREATE RULE p", "CREATE POLICY p", "CREATE STATISTICS p", "CREATE INDEX p"]
    assert found.left_out == ["rule other: is not compared"]


def test_a_schema_is_made_for_functions_and_types_that_no_table_is_in() -> None:
    schema = parsed("CREATE SCHEMA shop; CREATE TABLE shop.a (x int); CREATE TABLE b (x int)")
    table = Place("relation", "shop.a")
    pieces = Pieces(
        {F: "CREATE FUNCTION f", G: "CREATE FUNCTION g"},
        {table: (F, G)},
        {F: "tools", G: "shop", table: "shop", B: "unused"},
        given=[
            (Place("schema", "tools"), "COMMENT ON SCHEMA tools IS 'x'"),
            (Place("schema", "unused"), "COMMENT ON SCHEMA unused IS 'x'"),
            (B, "COMMENT ON TABLE b IS 'x'"),
            (V, "COMMENT ON VIEW v IS 'x'"),
        ],
    )
    statements = made(schema, pieces).statements
    assert [sql for sql in statements if "SCHEMA" in sql] == [
        'CREATE SCHEMA IF NOT EXISTS "tools"',
        'CREATE SCHEMA IF NOT EXISTS "shop"',
        "COMMENT ON SCHEMA tools IS 'x'",
    ]
    assert statements[-1] == "COMMENT ON TABLE b IS 'x'"
    assert not any("VIEW v" in sql for sql in statements)


def test_a_body_is_made_under_its_mode_and_triggers_in_their_turn() -> None:
    (table,) = parsed(
        "CREATE TABLE a (x int); CREATE TRIGGER first BEFORE INSERT ON a FOR EACH ROW EXECUTE FUNCTION f();"
        "CREATE TRIGGER second BEFORE INSERT ON a FOR EACH ROW EXECUTE FUNCTION f()"
    ).tables
    first, second = (Place("trigger", name) for name in ("first", "second"))
    pieces = Pieces(
        {F: "CREATE FUNCTION f"},
        {A: (F,)},
        around={F: ("SET mode = 1", "SET mode = 0"), first: ("SET mode = 2", "SET mode = 0")},
        turns=(second, first),
        notes={F: "f: its body is left out", G: "g: its body is left out"},
    )
    found = made(make_schema("postgres", tables=[table]), pieces)
    assert found.statements[:3] == ["SET mode = 1", "CREATE FUNCTION f", "SET mode = 0"]
    assert [" ".join(sql.split()[:3]) for sql in found.statements[4:]] == [
        *("CREATE TRIGGER second", "SET mode =", "CREATE TRIGGER first", "SET mode ="),
    ]
    assert found.left_out == ["f: its body is left out"]
