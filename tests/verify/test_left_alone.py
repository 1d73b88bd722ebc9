"""What is left alone and said, of tables and types that nobody could read or change; without a server."""

from __future__ import annotations

import pytest

from pytest_schemadrift.dialects import get_dialect
from pytest_schemadrift.dialects.postgres import POSTGRES
from pytest_schemadrift.errors import Unsupported
from pytest_schemadrift.planning.diff import diff
from pytest_schemadrift.planning.policy import Policy
from pytest_schemadrift.schema.build import make_schema
from pytest_schemadrift.schema.model import Mark, Name, Schema, Sequence, UnsupportedObject, View
from pytest_schemadrift.sources.ddl import parse_sql
from pytest_schemadrift.verify.left_alone import (
    distinct,
    is_beside,
    is_on_both,
    leave_alone,
    perhaps_hidden,
    plan_what_can_be,
    there_but_unread,
    unread_of,
)
from tests.dialects.postgres.database import NEWEST, parsed

MOVED = "PARTITION BY RANGE (a)"


def left(old: str, new: str) -> tuple[list[str], dict[str, UnsupportedObject]]:
    """The kinds of change that are planned, and what is left alone, by its name."""
    plan, target, alone = plan_what_can_be(parsed(old), parsed(new), POSTGRES, NEWEST, ())
    assert len(diff(parsed(old), target)) == len(plan.changes)
    return [type(change).__name__ for change in plan.changes], {item.name: item for item in alone}


def test_a_table_whose_change_cannot_be_made_stays_and_the_others_change() -> None:
    kinds, alone = left(
        "CREATE TABLE m (a int); CREATE TABLE t (a int)",
        f"CREATE TABLE m (a int) {MOVED}; CREATE TABLE t (a int, b int)",
    )
    assert kinds == ["AddColumn"]
    (item,) = alone.values()
    assert (item.kind, item.table, item.failing) == ("table", Name("", "m"), "cannot be changed")
    assert item.reason.endswith("an ordinary one again: create a new table and copy its rows")


def test_all_that_can_be_changed_is_planned_as_ever() -> None:
    assert left("CREATE TABLE t (a int)", "CREATE TABLE t (a int, b int)") == (["AddColumn"], {})


def test_a_type_whose_change_cannot_be_made_stays_with_its_reason_beside_a_table() -> None:
    kinds, alone = left(
        "CREATE DOMAIN d AS int; CREATE TABLE m (a int); CREATE TABLE t (a d)",
        f"CREATE DOMAIN d AS text; CREATE TABLE m (a int) {MOVED}; CREATE TABLE t (a d, b int)",
    )
    assert kinds == ["AddColumn"]
    assert set(alone) == {"d", "m"}
    assert (alone["d"].kind, alone["d"].table, alone["d"].failing) == ("domain", None, "cannot be changed")
    assert "from integer to text: create another domain" in alone["d"].reason


def test_a_partition_follows_no_change_that_is_refused() -> None:
    kinds, alone = left(
        "CREATE TABLE m (a int); CREATE TABLE t (a int)",
        f"CREATE TABLE m (a int) {MOVED}; CREATE TABLE m1 PARTITION OF m FOR VALUES FROM (1) TO (5) {MOVED};"
        "CREATE TABLE m2 PARTITION OF m1 FOR VALUES FROM (1) TO (2); CREATE TABLE t (a int, b int)",
    )
    assert kinds == ["AddColumn"]
    assert set(alone) == {"m", "m1", "m2"}
    assert alone["m1"].reason == "it is a partition of m, which cannot be changed"
    assert alone["m2"].reason == "it is a partition of m1, which cannot be changed"
    assert {item.kind for item in alone.values()} == {"table"}


def test_what_a_table_that_stays_refers_to_stays_too_at_any_depth() -> None:
    """It would lose its parent otherwise, and with it the key that the rows are held by."""
    kinds, alone = left(
        "CREATE TABLE g (id int PRIMARY KEY); CREATE TABLE p (id int PRIMARY KEY REFERENCES g (id));"
        "CREATE TABLE m (a int REFERENCES p (id)); CREATE TABLE gone (a int)",
        f"CREATE TABLE m (a int) {MOVED}",
    )
    assert kinds == ["DropTable"]
    assert set(alone) == {"g", "p", "m"}
    assert alone["p"].reason == "m needs it, which cannot be changed"
    assert alone["g"].reason == "p needs it, which cannot be changed"
    assert {(item.kind, item.table) for item in alone.values()} == {("table", Name("", name)) for name in "gpm"}


def test_a_parent_loses_no_column_that_its_child_is_to_keep_and_cannot_change() -> None:
    """It would go from both, with the values of the child's rows."""
    old = "CREATE TABLE p (a int, b int); CREATE TABLE m (c int) INHERITS (p); CREATE TABLE t (a int);"
    kinds, alone = left(
        old, "CREATE TABLE p (a int); CREATE TABLE m (c int, b int) INHERITS (p); CREATE TABLE t (a int, b int)"
    )
    assert kinds == ["AddColumn"]
    assert alone["m"].reason == "column b comes from p, and is another one there"
    assert alone["p"].reason == "m has column b from it and is to keep it: drop it from both or from neither"


def test_the_table_that_a_partition_belongs_to_stays_with_it() -> None:
    kinds, alone = left(
        f"CREATE TABLE whole (a int) {MOVED}; CREATE TABLE m PARTITION OF whole FOR VALUES FROM (1) TO (5) {MOVED};",
        "CREATE TABLE m (a int);",
    )
    assert kinds == []
    assert set(alone) == {"m", "whole"}
    assert alone["whole"].reason == "m needs it, which cannot be changed"


def test_a_foreign_key_to_what_is_no_key_is_refused_with_its_table() -> None:
    """MySQL would refuse it (error 6125)."""
    mysql = get_dialect("mysql")
    p = "CREATE TABLE p (id int);"
    old = parse_sql(f"{p} CREATE TABLE m (a int); CREATE TABLE t (a int)", "mysql")
    new = parse_sql(
        f"{p} CREATE TABLE m (a int, FOREIGN KEY (a) REFERENCES p (id)); CREATE TABLE t (a int, b int)", "mysql"
    )
    plan, _, alone = plan_what_can_be(old, new, mysql, mysql.default_info, ())
    assert [type(change).__name__ for change in plan.changes] == ["AddColumn"]
    assert [item.name for item in alone] == ["m"]


def test_a_refusal_without_advice_is_told_by_its_first_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(old: Schema, new: Schema, *more: object, **options: object) -> None:
        if diff(old, new):
            raise Unsupported("not here\nnor there")

    monkeypatch.setattr("pytest_schemadrift.verify.left_alone.assert_keys_are_kept", refused)
    assert left("CREATE TABLE t (a int)", "CREATE TABLE t (a int, b int)")[1]["t"].reason == "not here"


def test_what_lies_with_no_single_table_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(old: Schema, new: Schema, *more: object, **options: object) -> None:
        if len(diff(old, new)) == 2:
            raise Unsupported("the two together")

    monkeypatch.setattr("pytest_schemadrift.verify.left_alone.assert_keys_are_kept", refused)
    with pytest.raises(Unsupported, match="the two together"):
        left(
            "CREATE TABLE a (x int); CREATE TABLE b (x int)",
            "CREATE TABLE a (x int, y int); CREATE TABLE b (x int, y int)",
        )


def unread(kind: str = "table", name: str = "t", reason: str = "why", table: Name | None = None) -> UnsupportedObject:
    return UnsupportedObject(kind, name, reason, "", table)


T, S = Name("", "t"), Name("s", "t")
TABLE = parsed("CREATE TABLE t (a int)")
NOTHING = make_schema("postgres")


def test_what_stands_beside_a_table_is_no_part_of_it() -> None:
    view = make_schema("postgres", views=[View(T, "CREATE MATERIALIZED VIEW t AS SELECT 1", materialized=True)])
    for kind in ("policy", "rule", "statistics", "sequence"):
        assert is_beside(unread(kind, table=T), TABLE)
    assert is_beside(unread("index", table=T), view)
    assert not is_beside(unread("index", table=T), TABLE)
    assert not is_beside(unread("table", table=T), view)


def test_what_both_have_with_the_same_text_is_equal_but_for_parts_of_tables() -> None:
    def on_both(kind: str, table: Name | None, texts: tuple[str, str] = ("text", "text")) -> bool:
        items = [UnsupportedObject(kind, "n", "why", text, table) for text in texts]
        return is_on_both(items[0], *(make_schema("postgres", unsupported=[item]) for item in items))

    assert on_both("table", T)
    assert on_both("policy", T)
    assert on_both("function", None)
    assert not on_both("index", T)
    assert not on_both("table", T, ("", ""))
    assert not on_both("table", T, ("text", "another"))
    item = UnsupportedObject("table", "n", "why", "text", T)
    there = make_schema("postgres", unsupported=[item])
    assert not is_on_both(item, there, NOTHING)
    assert not is_on_both(item, NOTHING, there)


def test_a_wanted_table_that_is_there_in_another_form_is_not_made() -> None:
    other = [unread(table=T), unread("policy", table=T), unread(table=Name("", "u"))]
    (item,) = there_but_unread(make_schema("postgres", unsupported=other), TABLE)
    assert item == unread(table=T)
    (item,) = there_but_unread(make_schema("postgres", views=[View(T, "v"), View(S, "w")]), TABLE)
    assert (item.kind, item.table, item.sql) == ("table", T, "v")
    assert item.reason == "the database has a view of that name"
    (item,) = there_but_unread(make_schema("postgres", sequences=[Sequence(T), Sequence(S)]), TABLE)
    assert (item.kind, item.table, item.reason) == ("table", T, "the database has a sequence of that name")
    row_type = UnsupportedObject("type", "t", "why", "CREATE TYPE t AS (a integer)")
    (item,) = there_but_unread(make_schema("postgres", unsupported=[row_type]), TABLE)
    assert (item.kind, item.table, item.reason) == ("table", T, "the database has a composite type of that name")
    both = make_schema("postgres", tables=TABLE.tables, unsupported=other, views=[View(S, "w")])
    assert there_but_unread(both, TABLE) == []


def test_a_wanted_table_whose_name_an_index_or_an_extension_has_is_not_made() -> None:
    indexed = parsed("CREATE TABLE u (a int); CREATE INDEX t ON u (a)")
    wanted = make_schema("postgres", tables=[*indexed.tables, *TABLE.tables])
    (item,) = there_but_unread(indexed, wanted, {"index"})
    assert (item.kind, item.table, item.reason) == ("table", T, "the database has an index of that name")
    assert there_but_unread(indexed, wanted) == [], "a database in which tables and indexes share no names"
    member = make_schema("postgres", marks=[Mark("member", T, "", "extension", ("postgis",))])
    (item,) = there_but_unread(member, TABLE)
    assert (item.table, item.reason) == (T, "the database has something of the extension postgis of that name")


def test_several_tables_are_told_in_the_order_of_their_names() -> None:
    """A set has another order in each process."""
    eight = [Name("", f"t{number}") for number in range(8)]
    wanted = parsed("; ".join(f"CREATE TABLE {name} (a int)" for name in eight))
    members = make_schema("postgres", marks=[Mark("member", name, "", "extension", ("postgis",)) for name in eight])
    assert [item.table for item in there_but_unread(members, wanted)] == eight
    indexed = parsed("CREATE TABLE u (a int); " + "; ".join(f"CREATE INDEX {name} ON u (a)" for name in eight))
    both = make_schema("postgres", tables=[*indexed.tables, *wanted.tables])
    assert [item.table for item in there_but_unread(indexed, both, {"index"})] == eight
    parents = ", ".join(map(str, eight))
    old = "; ".join(f"CREATE TABLE {name} (a int)" for name in eight) + f"; CREATE TABLE m (a int) INHERITS ({parents})"
    _, alone = left(old, f"CREATE TABLE m (a int) {MOVED}")
    assert list(alone) == ["m", *map(str, eight)]


def test_a_table_of_a_database_that_a_role_does_not_see_whole_may_be_hidden() -> None:
    there = parsed("CREATE SCHEMA s; CREATE TABLE s.t (a int); CREATE TABLE t (a int)")
    hidden = make_schema("postgres", unsupported=[unread("database", "s", "no right", Name("s", ""))])

    def found(live: Schema, start: Schema, wanted: Schema, target: Schema, policy: Policy) -> list[Name | None]:
        return [item.table for item in perhaps_hidden(live, start, wanted, target, policy)]

    lax, strict = Policy(unmanaged="ignore"), Policy(unmanaged="fail")
    assert found(hidden, NOTHING, there, there, lax) == [S]
    (item,) = perhaps_hidden(hidden, NOTHING, there, there, lax)
    assert (item.kind, item.reason) == ("table", "it is missing or hidden: of its database no right")
    assert found(there, there, hidden, NOTHING, lax) == [S]
    assert found(hidden, there, there, there, lax) == []
    assert found(hidden, there, NOTHING, NOTHING, lax) == []  # what is seen here is not hidden here
    assert found(hidden, there, there, there, strict) == [Name("s", "")]
    other = make_schema("postgres", unsupported=[unread("table", "s", "no right", Name("s", ""))])
    assert found(other, NOTHING, there, there, strict) == []


def test_what_was_not_read_is_reported_of_wanted_tables_only() -> None:
    items = [unread("index", "i", table=T), unread("policy", "p", table=T), unread("index", "j", table=S)]
    live = make_schema("postgres", tables=TABLE.tables, unsupported=items)
    assert unread_of(live, live, TABLE, Policy()) == [items[0]]


def test_each_object_is_told_once_as_it_was_told_first() -> None:
    items = [unread(reason="one"), unread(reason="two"), unread(table=T), unread("index"), unread(name="u")]
    assert distinct(items) == (items[0], *items[2:])


def test_a_table_that_is_left_alone_keeps_its_types() -> None:
    old = parsed(
        "CREATE TYPE mood AS ENUM ('a'); CREATE TYPE gone AS ENUM ('a'); CREATE DOMAIN d AS int;"
        "CREATE TYPE dd AS ENUM ('a');"  # which no type of the table is, nor the words of two side by side
        "CREATE TABLE t (a mood, b d); CREATE TABLE u (a gone)"
    )
    new = parsed("CREATE TYPE mood AS ENUM ('a', 'b'); CREATE TABLE t (a int); CREATE TABLE w (a int)")
    found = leave_alone(old, new, {T})
    assert {table.name.name: len(table.columns) for table in found.tables} == {"t": 2, "w": 1}
    assert [enum.values for enum in found.enums] == [("a", "b")]
    assert [domain.name.name for domain in found.domains] == ["d"]
    assert leave_alone(old, new, set()) == new
