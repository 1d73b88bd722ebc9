"""The order of a plan, without a server: parents first, keys off before what they stand on, what is used last to go."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest

from pytest_schemadrift.dialects import get_dialect
from pytest_schemadrift.planning.diff import diff
from pytest_schemadrift.planning.hazards import Hazard, hazards_of
from pytest_schemadrift.planning.order import order
from pytest_schemadrift.schema import changes as c
from pytest_schemadrift.schema.evolve import evolve
from pytest_schemadrift.schema.model import Name
from pytest_schemadrift.sources.ddl import parse_sql


def ordered(old: str, new: str, dialect: str = "postgres", *, shuffled: int = 0) -> list[c.Change]:
    """The ordered changes of one script into another, which lead there whatever their order was before."""
    before, after = (parse_sql(text, dialect) for text in (old, new))
    value = get_dialect(dialect)
    changes = list(diff(before, after))
    if shuffled:
        random.Random(shuffled).shuffle(changes)
    found = order(changes, before, after, value.capabilities(value.default_info))
    assert not diff(evolve(before, found), after)
    return list(found)


def kinds(changes: list[c.Change]) -> list[str]:
    return [type(change).__name__ for change in changes]


def comes_before(changes: list[c.Change], *names: str) -> None:
    found = kinds(changes)
    places = [found.index(name) for name in names]
    assert all(first < second for first, second in pairwise(places)), found


PARENTS = """
CREATE TABLE a (id int PRIMARY KEY, b int REFERENCES b (id));
CREATE TABLE b (id int PRIMARY KEY, c int REFERENCES c (id));
CREATE TABLE c (id int PRIMARY KEY);
"""


def parents_later(text: str) -> str:
    """A script whose keys point at tables that come later, which PostgreSQL would not take as it stands."""
    return "\n".join(reversed([line for line in text.splitlines() if line]))


def tables(changes: list[c.Change], kind: type) -> list[str]:
    return [change.table.name.name for change in changes if isinstance(change, kind)]  # type: ignore[attr-defined]


@pytest.mark.parametrize("dialect", ["postgres", "mysql", "sqlite"])
def test_parents_are_created_first_and_dropped_last(dialect: str) -> None:
    script = parents_later(PARENTS)
    assert tables(ordered("", script, dialect), c.CreateTable) == ["c", "b", "a"]
    assert tables(ordered(script, "", dialect), c.DropTable) == ["a", "b", "c"]


CYCLE = """
CREATE TABLE a (id int PRIMARY KEY, b int);
CREATE TABLE b (id int PRIMARY KEY, a int REFERENCES a (id));
ALTER TABLE a ADD CONSTRAINT a_b FOREIGN KEY (b) REFERENCES b (id);
"""


@pytest.mark.parametrize("dialect", ["postgres", "mysql"])
def test_a_cycle_is_closed_after_both_tables_and_opened_before(dialect: str) -> None:
    created = ordered("", CYCLE, dialect)
    assert kinds(created) == ["CreateTable", "CreateTable", "AddForeignKey"]
    first = created[0]
    assert isinstance(first, c.CreateTable)
    assert first.table.foreign_keys == ()
    assert kinds(ordered(CYCLE, "", dialect)) == ["DropForeignKey", "DropTable", "DropTable"]


def test_a_table_that_refers_to_itself_is_no_cycle() -> None:
    found = ordered("", "CREATE TABLE t (id int PRIMARY KEY, up int REFERENCES t (id))")
    assert kinds(found) == ["CreateTable"]
    (table,) = (change.table for change in found if isinstance(change, c.CreateTable))
    assert len(table.foreign_keys) == 1


def test_a_type_comes_before_the_column_and_goes_after_it() -> None:
    plain, typed = "CREATE TABLE t (id int)", "CREATE TYPE e AS ENUM ('a'); CREATE TABLE t (id int, m e)"
    comes_before(ordered(plain, typed), "CreateEnum", "AddColumn")
    comes_before(ordered(typed, plain), "DropColumn", "DropEnum")


def test_a_foreign_key_is_taken_off_around_the_key_that_it_stands_on() -> None:
    rest = "; CREATE TABLE c (p int CONSTRAINT fk REFERENCES p (id))"
    old = "CREATE TABLE p (id int CONSTRAINT one UNIQUE, n int)" + rest
    new = "CREATE TABLE p (id int CONSTRAINT one PRIMARY KEY, n int)" + rest
    comes_before(ordered(old, new), "DropForeignKey", "DropUnique", "AddPrimaryKey", "AddForeignKey")


def test_a_foreign_key_is_taken_off_around_a_type_where_the_server_demands_it() -> None:
    text = (
        "CREATE TABLE p (id {0} PRIMARY KEY); CREATE TABLE c (p {0}, CONSTRAINT fk FOREIGN KEY (p) REFERENCES p (id))"
    )
    old, new = text.format("int"), text.format("bigint")
    assert kinds(ordered(old, new)) == ["AlterColumnType", "AlterColumnType"]
    found = kinds(ordered(old, new, "mysql"))
    assert found[0] == "DropForeignKey"
    assert found[-1] == "AddForeignKey"


def test_a_generated_column_makes_way_for_the_removal_of_its_base() -> None:
    tail = "CREATE INDEX i ON t (g)"
    found = ordered(
        f"CREATE TABLE t (n int, m int, g int GENERATED ALWAYS AS (n + m) STORED, CHECK (g > 0)); {tail}",
        f"CREATE TABLE t (n int, g int GENERATED ALWAYS AS (n) STORED, CHECK (g > 0)); {tail}",
    )
    comes_before(found, "DropIndex", "DropColumn", "AddColumn", "CreateIndex")
    comes_before(found, "DropCheck", "DropColumn", "AddColumn", "AddCheck")


def test_a_column_whose_name_is_part_of_another_is_not_in_the_way() -> None:
    text = "CREATE TABLE t (n {0}, nn int, twice int GENERATED ALWAYS AS (nn * 2) STORED)"
    assert kinds(ordered(text.format("int"), text.format("bigint"))) == ["AlterColumnType"]


def test_a_default_waits_for_the_type_and_not_null_for_both() -> None:
    found = ordered("CREATE TABLE t (a text)", "CREATE TABLE t (a int NOT NULL DEFAULT 1)")
    assert kinds(found) == ["AlterColumnType", "AlterColumnDefault", "AlterColumnNullability"]


@pytest.mark.parametrize("wanted", ["", "CONSTRAINT k FOREIGN KEY (a) REFERENCES p NOT ENFORCED"])
def test_a_key_that_goes_or_counts_no_longer_does_so_before_the_rows_are_filled(wanted: str) -> None:
    parent = "CREATE TABLE p (id int PRIMARY KEY); "
    old = f"{parent}CREATE TABLE t (a int, CONSTRAINT k FOREIGN KEY (a) REFERENCES p)"
    new = f"{parent}CREATE TABLE t (a int NOT NULL DEFAULT 0{', ' if wanted else ''}{wanted})"
    comes_before(ordered(old, new), "SetEnforced" if wanted else "DropForeignKey", "AlterColumnNullability")


def test_what_numbers_the_rows_goes_before_a_type_that_cannot_and_comes_after_one_that_can() -> None:
    numbered, text = "CREATE TABLE t (a int GENERATED ALWAYS AS IDENTITY)", "CREATE TABLE t (a text NOT NULL)"
    comes_before(ordered(numbered, text), "AlterColumnIdentity", "AlterColumnType")
    comes_before(ordered(text, numbered), "AlterColumnType", "AlterColumnIdentity")


def test_sqlite_rebuilds_a_table_once_and_does_the_rest_in_place() -> None:
    old = "CREATE TABLE t (a INT, b INT); CREATE TABLE u (a INT)"
    new = "CREATE TABLE t (a TEXT, b INT NOT NULL); CREATE TABLE u (a INT, b INT); CREATE INDEX i ON u (a)"
    found = ordered(old, new, "sqlite")
    assert kinds(found) == ["RebuildTable", "AddColumn", "CreateIndex"]
    rebuilt = found[0]
    assert isinstance(rebuilt, c.RebuildTable)
    assert {change.table for change in rebuilt.changes if isinstance(change, c.AlterColumnType)} == {Name("", "t")}


def test_mysql_alters_a_table_in_one_statement() -> None:
    found = ordered("CREATE TABLE t (a int, b int)", "CREATE TABLE t (a bigint, b bigint)", "mysql")
    assert kinds(found) == ["AlterTable"]


def test_renames_come_first_in_the_order_given() -> None:
    schema = parse_sql("CREATE TABLE a (x int)", "postgres")
    value = get_dialect("postgres")
    renames = [c.RenameTable(Name("", "a"), Name("", "b")), c.RenameColumn(Name("", "b"), "x", "y")]
    create = c.CreateNamespace("s")
    found = order([create, *renames], schema, evolve(schema, renames), value.capabilities(value.default_info))
    assert found == (*renames, create)


EVERYTHING = (
    "CREATE TYPE e AS ENUM ('a'); CREATE TABLE t (id int PRIMARY KEY, m e, n int UNIQUE, CHECK (n > 0));"
    "CREATE TABLE u (t int REFERENCES t (id), n int); CREATE INDEX i ON u (n)",
    "CREATE TYPE f AS ENUM ('b'); CREATE TABLE t (id bigint PRIMARY KEY, m f, n text);"
    "CREATE TABLE u (t bigint REFERENCES t (id), n int, o int NOT NULL); CREATE TABLE v (u int)",
)


@pytest.mark.parametrize("seed", range(1, 6))
@pytest.mark.parametrize("dialect", ["postgres"])
def test_the_order_of_the_changes_given_does_not_matter(dialect: str, seed: int) -> None:
    assert ordered(*EVERYTHING, dialect, shuffled=seed) == ordered(*EVERYTHING, dialect)


BEFORE_DROPS = """
CREATE TABLE p (id int NOT NULL PRIMARY KEY, code varchar(9), x int, KEY by_x (x));
CREATE TABLE gone (id int PRIMARY KEY, p int, CONSTRAINT gone_p FOREIGN KEY (p) REFERENCES p (id));
CREATE TABLE t (id int PRIMARY KEY, p int, n varchar(9), y int, CONSTRAINT y_check CHECK (y > 0), UNIQUE KEY y_key (y));
CREATE TABLE u (id int PRIMARY KEY, z int, z2 int);
"""
AFTER_DROPS = """
CREATE TABLE p (id bigint NOT NULL PRIMARY KEY, code varchar(9), UNIQUE KEY code (code));
CREATE TABLE t (id int PRIMARY KEY, p bigint, n int, KEY t_p (p), CONSTRAINT t_p FOREIGN KEY (p) REFERENCES p (id));
CREATE TABLE u (id int PRIMARY KEY, z int NOT NULL, CHECK (z > 3));
"""


@pytest.mark.parametrize("dialect", ["mysql", "mariadb"])
@pytest.mark.parametrize("shuffled", range(5))
def test_what_may_fail_runs_before_what_destroys_where_a_failed_plan_is_not_undone(dialect: str, shuffled: int) -> None:
    changes = ordered(BEFORE_DROPS, AFTER_DROPS, dialect, shuffled=shuffled)
    before, after = (parse_sql(text, dialect) for text in (BEFORE_DROPS, AFTER_DROPS))
    value = get_dialect(dialect)
    capabilities = value.capabilities(value.default_info)
    hazards = [set(hazards_of(change, capabilities, before, after)) for change in changes]
    destroying = [place for place, found in enumerate(hazards) if Hazard.DELETES_DATA in found]
    failing = [place for place, found in enumerate(hazards) if Hazard.MAY_FAIL_ON_DATA in found]
    assert max(failing) < min(destroying), kinds(changes)
    assert len(destroying) == 4
    comes_before(changes, "DropForeignKey", "AlterTable", "AddForeignKey", "DropTable")


def test_one_statement_of_one_table_is_not_divided() -> None:
    changes = ordered("CREATE TABLE t (a int, b int)", "CREATE TABLE t (a int NOT NULL)", "mysql")
    assert kinds(changes) == ["AlterTable"]


def test_a_name_that_is_wanted_again_is_freed_first() -> None:
    old = "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE o (p int, CONSTRAINT k FOREIGN KEY (p) REFERENCES p (id))"
    new = old.replace("TABLE o", "TABLE n")
    comes_before(ordered(old, new, "mysql"), "DropTable", "CreateTable")


IN_TURN = {
    "what a schema holds comes after it": (
        "",
        "CREATE SCHEMA s; CREATE TYPE s.e AS ENUM ('a'); CREATE SEQUENCE s.q; CREATE TABLE s.t (id int)",
        [["CreateNamespace", kind] for kind in ("CreateEnum", "CreateSequence", "CreateTable")],
    ),
    "a schema goes when it is empty": (
        "CREATE SCHEMA s; CREATE TYPE s.e AS ENUM ('a'); CREATE SEQUENCE s.q; CREATE DOMAIN s.d AS int;"
        "CREATE TABLE s.t (id int)",
        "",
        [[kind, "DropNamespace"] for kind in ("DropEnum", "DropSequence", "DropDomain", "DropTable")],
    ),
    "an extension brings the types of tables, enums and domains": (
        "",
        "CREATE EXTENSION citext; CREATE DOMAIN d AS citext; CREATE TABLE t (a citext)",
        [["CreateExtension", "CreateDomain", "CreateTable"]],
    ),
    "an extension goes after what uses its types": (
        "CREATE EXTENSION citext; CREATE DOMAIN d AS citext; CREATE TABLE t (id int, a citext)",
        "CREATE TABLE t (id int)",
        [["DropColumn", "DropExtension"], ["DropDomain", "DropExtension"]],
    ),
    "a domain may be over an enum, and a column of the domain": (
        "CREATE TABLE t (id int)",
        "CREATE TYPE e AS ENUM ('a'); CREATE DOMAIN d AS e; CREATE TABLE t (id int, a d)",
        [["CreateEnum", "CreateDomain", "AddColumn"]],
    ),
    "they go the other way round": (
        "CREATE TYPE e AS ENUM ('a'); CREATE DOMAIN d AS e; CREATE TABLE t (id int, a d)",
        "CREATE TABLE t (id int)",
        [["DropColumn", "DropDomain", "DropEnum"]],
    ),
    "a default asks a sequence that is there": (
        "CREATE TABLE t (a int)",
        "CREATE SEQUENCE s; CREATE TABLE t (a int DEFAULT nextval('s'))",
        [["CreateSequence", "AlterColumnDefault"]],
    ),
    "a sequence goes when no default asks it": (
        "CREATE SEQUENCE s; CREATE TABLE t (a int DEFAULT nextval('s'))",
        "CREATE TABLE t (a int)",
        [["AlterColumnDefault", "DropSequence"]],
    ),
    "a default is a value that the enum has": (
        "CREATE TYPE e AS ENUM ('a'); CREATE TABLE t (a e)",
        "CREATE TYPE e AS ENUM ('a', 'b'); CREATE TABLE t (a e DEFAULT 'b')",
        [["AddEnumValue", "AlterColumnDefault"]],
    ),
    "a check is off while the type of its column changes": (
        "CREATE TABLE t (a int, CONSTRAINT c CHECK (a > 0))",
        "CREATE TABLE t (a text, CONSTRAINT c CHECK (a > ''))",
        [["DropCheck", "AlterColumnType", "AddCheck"]],
    ),
    "what stands on a column goes before it": (
        "CREATE TABLE p (id int PRIMARY KEY);"
        "CREATE TABLE t (id int, b int PRIMARY KEY CONSTRAINT f REFERENCES p, CONSTRAINT c CHECK (b > id),"
        "CONSTRAINT u UNIQUE (b, id), CONSTRAINT e EXCLUDE USING gist (b WITH =)); CREATE INDEX i ON t (b)",
        "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE t (id int)",
        [
            [f"Drop{kind}", "DropColumn"]
            for kind in ("ForeignKey", "Check", "Unique", "Exclusion", "Index", "PrimaryKey")
        ],
    ),
    "what stands on a column comes after it": (
        "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE t (id int)",
        "CREATE TABLE p (id int PRIMARY KEY);"
        "CREATE TABLE t (id int, b int PRIMARY KEY CONSTRAINT f REFERENCES p, CONSTRAINT c CHECK (b > id),"
        "CONSTRAINT u UNIQUE (b, id), CONSTRAINT e EXCLUDE USING gist (b WITH =)); CREATE INDEX i ON t (b)",
        [
            ["AddColumn", kind]
            for kind in ("AddForeignKey", "AddCheck", "AddUnique", "AddExclusion", "CreateIndex", "AddPrimaryKey")
        ],
    ),
    "a new table may refer to a key that is new too": (
        "CREATE TABLE p (id int, no int)",
        "CREATE TABLE p (id int PRIMARY KEY, no int CONSTRAINT u UNIQUE);"
        "CREATE TABLE c (a int REFERENCES p (id), b int REFERENCES p (no))",
        [["AddPrimaryKey", "CreateTable"], ["AddUnique", "CreateTable"]],
    ),
    "a table that refers to a key goes before the key": (
        "CREATE TABLE p (id int PRIMARY KEY, no int CONSTRAINT u UNIQUE);"
        "CREATE TABLE c (a int REFERENCES p (id), b int REFERENCES p (no))",
        "CREATE TABLE p (id int, no int)",
        [["DropTable", "DropPrimaryKey"]],
    ),
    "a foreign key refers to columns that a unique key has by then": (
        "CREATE TABLE p (no int); CREATE TABLE c (a int)",
        "CREATE TABLE p (no int CONSTRAINT u UNIQUE); CREATE TABLE c (a int CONSTRAINT f REFERENCES p (no))",
        [["AddUnique", "AddForeignKey"]],
    ),
    "a foreign key that is to be enforced is recreated around a change of its column": (
        "CREATE TABLE p (id int PRIMARY KEY);"
        "CREATE TABLE c (a bigint, CONSTRAINT f FOREIGN KEY (a) REFERENCES p NOT ENFORCED)",
        "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE c (a int, CONSTRAINT f FOREIGN KEY (a) REFERENCES p)",
        [["DropForeignKey", "AlterColumnType", "AddForeignKey"]],
    ),
    "a foreign key is taken off around its key, whatever other tables go": (
        "CREATE TABLE a (id int); CREATE TABLE p (id int CONSTRAINT one UNIQUE);"
        "CREATE TABLE t (p int CONSTRAINT fk REFERENCES p (id))",
        "CREATE TABLE p (id int CONSTRAINT one PRIMARY KEY); CREATE TABLE t (p int CONSTRAINT fk REFERENCES p (id))",
        [["DropForeignKey", "DropUnique", "AddPrimaryKey", "AddForeignKey"]],
    ),
    "a foreign key that is enforced from now on, and nothing else, stays": (
        "CREATE TABLE p (id int PRIMARY KEY);"
        "CREATE TABLE c (a int, CONSTRAINT f FOREIGN KEY (a) REFERENCES p NOT ENFORCED)",
        "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE c (a int, CONSTRAINT f FOREIGN KEY (a) REFERENCES p)",
        [["SetEnforced"]],
    ),
    "a permanent table refers to no unlogged one": (
        "CREATE UNLOGGED TABLE p (id int PRIMARY KEY); CREATE TABLE c (a int)",
        "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE c (a int CONSTRAINT f REFERENCES p)",
        [["AlterTableOptions", "AddForeignKey"]],
    ),
    "a table becomes unlogged when no other refers to it": (
        "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE c (a int CONSTRAINT f REFERENCES p)",
        "CREATE UNLOGGED TABLE p (id int PRIMARY KEY); CREATE TABLE c (a int)",
        [["DropForeignKey", "AlterTableOptions"]],
    ),
    "a column that stops being computed lets the type of its base change": (
        "CREATE TABLE t (n int, g int GENERATED ALWAYS AS (n) STORED)",
        "CREATE TABLE t (n bigint, g int)",
        [["AlterColumnGenerated", "AlterColumnType"]],
    ),
    "a column is computed from one that is there": (
        "CREATE TABLE t (n int, g int GENERATED ALWAYS AS (n) STORED)",
        "CREATE TABLE t (n int, g int GENERATED ALWAYS AS (n + m) STORED, m int)",
        [["AddColumn", "AlterColumnGenerated"]],
    ),
    "no primary key is added over a NOT NULL that was never validated": (
        "CREATE TABLE t (a int); ALTER TABLE t ADD CONSTRAINT n NOT NULL a NOT VALID",
        "CREATE TABLE t (a int CONSTRAINT n NOT NULL PRIMARY KEY)",
        [["ValidateConstraint", "AddPrimaryKey"]],
    ),
}
"""What a server would refuse, or lose, the other way round: old, new, and kinds of changes in their turn."""


@pytest.mark.parametrize("shuffled", [1, 2, 3])
@pytest.mark.parametrize("why", IN_TURN)
def test_what_is_needed_is_there_by_then(why: str, shuffled: int) -> None:
    old, new, turns = IN_TURN[why]
    found = ordered(old, new, shuffled=shuffled)
    for turn in turns:
        comes_before(found, *turn)


@pytest.mark.parametrize("shuffled", [1, 2, 3])
def test_a_column_that_is_computed_from_another_comes_after_it_and_goes_before_it(shuffled: int) -> None:
    plain = "CREATE TABLE t (id int)"
    computed = "CREATE TABLE t (id int, a int, z int GENERATED ALWAYS AS (a) STORED)"
    both = [ordered(plain, computed, shuffled=shuffled), ordered(computed, plain, shuffled=shuffled)]
    names = [
        [change.column.name for change in found if isinstance(change, c.AddColumn | c.DropColumn)] for found in both
    ]
    assert names == [["a", "z"], ["z", "a"]]


def test_what_does_not_stand_on_a_column_that_is_made_again_stays() -> None:
    script = (
        "CREATE TABLE t (n int, {0}k int CONSTRAINT u UNIQUE, g int GENERATED ALWAYS AS (n{1}) STORED,"
        "CONSTRAINT c CHECK (k > 0), CONSTRAINT e EXCLUDE USING gist (k WITH =)); CREATE INDEX i ON t (k)"
    )
    found = ordered(script.format("m int, ", " + m"), script.format("", ""))
    assert sorted(kinds(found)) == ["AddColumn", "DropColumn", "DropColumn"]


@pytest.mark.parametrize("kind", ["PrimaryKey", "ForeignKey", "Unique", "Exclusion"])
def test_what_stands_on_a_column_that_is_made_again_is_made_again(kind: str) -> None:
    script = (
        "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE t (n int, {0}g int GENERATED ALWAYS AS (n{1}) STORED "
        "PRIMARY KEY CONSTRAINT f REFERENCES p, CONSTRAINT u UNIQUE (g, n), CONSTRAINT e EXCLUDE USING gist (g WITH =))"
    )
    found = ordered(script.format("m int, ", " + m"), script.format("", ""))
    comes_before(found, f"Drop{kind}", "DropColumn", "AddColumn", f"Add{kind}")


@pytest.mark.parametrize("dialect", ["postgres", "mysql", "sqlite"])
def test_names_that_change_places_are_free_in_turn_whatever_the_order_was_before(dialect: str) -> None:
    script = (
        "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE t (a int, b int, c int, CONSTRAINT {0} FOREIGN KEY (a) "
        "REFERENCES p (id), CONSTRAINT {1} FOREIGN KEY (b) REFERENCES p (id)); "
        "CREATE INDEX {2} ON t (a, b); CREATE INDEX {3} ON t (b, a); CREATE INDEX {4} ON t (c, a)"
    )
    old, new = script.format("f", "g", "i", "j", "k"), script.format("g", "f", "k", "i", "j")
    found = [ordered(old, new, dialect, shuffled=shuffled) for shuffled in range(4)]
    assert all(other == found[0] for other in found)
