"""What only gets another name, comment or state while a column under it is recreated or retyped, without a server."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pytest_schemadrift.dialects import get_dialect
from pytest_schemadrift.planning.apart import mentions, with_states_apart
from pytest_schemadrift.planning.diff import diff
from pytest_schemadrift.planning.normalize import normalize
from pytest_schemadrift.planning.policy import Policy
from pytest_schemadrift.schema import changes as c
from pytest_schemadrift.schema.evolve import evolve
from pytest_schemadrift.schema.model import Name
from pytest_schemadrift.sources.ddl import parse_sql

T = Name("", "t")
KEY = "CREATE TABLE p (g int PRIMARY KEY); "
COMPUTED = "CREATE TABLE t (a int, g int GENERATED ALWAYS AS (a * 2) STORED{}); "
PARTITION = (
    "CREATE TABLE t (a int, g int GENERATED ALWAYS AS (a * 2) STORED) PARTITION BY RANGE (a); "
    "CREATE TABLE h PARTITION OF t FOR VALUES FROM (1) TO (9); CREATE INDEX i ON h (g)"
)
HEIRS = (
    "CREATE TABLE a (a int, g int GENERATED ALWAYS AS (a * 2) STORED); CREATE TABLE b () INHERITS (a); "
    "CREATE TABLE c () INHERITS (b); CREATE INDEX i ON c (g)"
)
HEIR = "CREATE TABLE t (a int, b int); CREATE TABLE h () INHERITS (t); CREATE INDEX i ON h (b) WHERE a > 0"
ENUM = "CREATE TYPE m AS ENUM ('a', 'b'); CREATE TABLE t (a m, b int); CREATE INDEX i ON t (b) WHERE a > 'a'"
TEXT = "CREATE TABLE t (a text, b int); CREATE INDEX i ON t (b) WHERE a > 'x'"
INT = "CREATE TABLE t (a int, b int); CREATE INDEX i ON t (b) WHERE a > 0"


def apart(old: str, new: str) -> list[c.SimpleChange]:
    """The changes from one script to another, in which the server has to keep an answer to each name."""
    before = parse_sql(old, "postgres")
    wanted, _ = normalize(before, parse_sql(new, "postgres"), Policy(whole=True, names="strict"))
    dialect = get_dialect("postgres")
    found = with_states_apart(diff(before, wanted), before, dialect.capabilities(dialect.default_info))
    assert not diff(evolve(before, found), wanted)
    return found


def computed(more: str = "", after: str = "", before: str = "") -> tuple[str, str]:
    """A table whose generated column is computed in another way, where ``OLD`` is called ``NEW`` in what is wanted."""
    old = before + COMPUTED.format(more) + after
    return old, old.replace("a * 2", "a + 2").replace("OLD", "NEW")


@pytest.mark.parametrize(
    ("scripts", "kinds"),
    [
        (computed(after="CREATE INDEX OLD ON t (g)"), ["CreateIndex", "DropIndex"]),
        (computed(after="CREATE INDEX OLD ON t (a) INCLUDE (g)"), ["CreateIndex", "DropIndex"]),
        (computed(after="CREATE INDEX OLD ON t (a) WHERE g > 0"), ["CreateIndex", "DropIndex"]),
        (computed(after="CREATE INDEX OLD ON t ((g + 1))"), ["CreateIndex", "DropIndex"]),
        (computed(after="CREATE INDEX i ON t (g); COMMENT ON INDEX i IS 'OLD'"), ["CreateIndex", "DropIndex"]),
        (computed(after="CREATE INDEX OLD ON t (a)"), ["RenameIndex"]),
        (computed(more=", CONSTRAINT OLD UNIQUE (g)"), ["AddUnique", "DropUnique"]),
        (computed(more=", CONSTRAINT OLD PRIMARY KEY (g)"), ["AddPrimaryKey", "DropPrimaryKey"]),
        (computed(more=", CONSTRAINT OLD CHECK (g > 0)"), ["AddCheck", "DropCheck"]),
        (computed(more=", CONSTRAINT OLD CHECK (a > 0)"), ["RenameConstraint"]),
        (computed(more=", CONSTRAINT OLD EXCLUDE USING btree (g WITH =)"), ["AddExclusion", "DropExclusion"]),
        (computed(", CONSTRAINT OLD FOREIGN KEY (g) REFERENCES p", before=KEY), ["AddForeignKey", "DropForeignKey"]),
        (computed(", CONSTRAINT OLD FOREIGN KEY (a) REFERENCES p", before=KEY), ["RenameConstraint"]),
        (
            computed(", UNIQUE (g)", "CREATE TABLE f (n int, CONSTRAINT OLD FOREIGN KEY (n) REFERENCES t (g))"),
            ["AddForeignKey", "DropForeignKey"],
        ),
        # A type takes off the expressions that name its column; an index over the column goes along by itself.
        ((INT, INT.replace("a int", "a bigint").replace("INDEX i", "INDEX j")), ["CreateIndex", "DropIndex"]),
        (
            ("CREATE TABLE t (a int); CREATE INDEX i ON t (a)", "CREATE TABLE t (a bigint); CREATE INDEX j ON t (a)"),
            ["RenameIndex"],
        ),
        ((TEXT, TEXT.replace("text", 'text COLLATE "C"').replace("INDEX i", "INDEX j")), ["CreateIndex", "DropIndex"]),
        ((ENUM, ENUM.replace("'a', 'b'", "'b', 'a'").replace("INDEX i", "INDEX j")), ["CreateIndex", "DropIndex"]),
        # So does what is computed from the column.
        (
            (COMPUTED + "CREATE INDEX i ON t (g)", COMPUTED.replace("a int", "a bigint") + "CREATE INDEX j ON t (g)"),
            ["CreateIndex", "DropIndex"],
        ),
        # The tables that inherit, and the partitions, have the column from their parent.
        (
            computed(after="CREATE TABLE h () INHERITS (t); CREATE TABLE k () INHERITS (h); CREATE INDEX OLD ON k (g)"),
            ["CreateIndex", "DropIndex"],
        ),
        ((HEIRS, HEIRS.replace("a * 2", "a + 2").replace("INDEX i", "INDEX j")), ["CreateIndex", "DropIndex"]),
        ((HEIR, HEIR.replace("(a int", "(a bigint").replace("INDEX i", "INDEX j")), ["CreateIndex", "DropIndex"]),
        ((PARTITION, PARTITION.replace("a * 2", "a + 2").replace("INDEX i", "INDEX j")), ["CreateIndex", "DropIndex"]),
    ],
    ids=lambda value: None if isinstance(value, list) else value[0].rpartition("; ")[2] or value[0],
)
def test_what_gets_another_name_or_comment_is_recreated_with_the_column_beneath(
    scripts: tuple[str, str], kinds: list[str]
) -> None:
    old, new = (script.replace("{}", "") for script in scripts)
    moving = (c.AlterColumnGenerated, c.AlterColumnType, c.AlterColumnCollation, c.ReplaceEnum)
    found = [change for change in apart(old, new) if not isinstance(change, moving)]
    assert sorted(type(change).__name__ for change in found) == kinds


@pytest.mark.parametrize(
    ("table", "constraint"),
    [("CREATE TABLE f (n int);", "FOREIGN KEY (n) REFERENCES t (g)"), ("", "CHECK (g > 0)")],
    ids=["foreign key", "check"],
)
def test_what_is_validated_is_recreated_with_the_column_beneath(table: str, constraint: str) -> None:
    add = f"{table} ALTER TABLE {'f' if table else 't'} ADD CONSTRAINT u {constraint}"
    old, new = computed(", UNIQUE (g), CONSTRAINT b CHECK (a > 0)", f"{add} OLD")
    names = [type(change).__name__ for change in apart(old.replace("OLD", "NOT VALID"), new.replace("NEW", ""))]
    kind = "ForeignKey" if table else "Check"
    assert sorted(names) == sorted(["AlterColumnGenerated", f"Drop{kind}", f"Add{kind}"])


@pytest.mark.parametrize("wanted", ["x", "z"])
def test_the_comment_of_a_name_is_that_of_the_new_one_unless_the_plan_has_another(wanted: str) -> None:
    comment = "COMMENT ON CONSTRAINT OLD ON t IS '{}'"
    old, _ = computed(", CONSTRAINT OLD UNIQUE (g)", comment.format("x"))
    _, new = computed(", CONSTRAINT OLD UNIQUE (g)", comment.format(wanted))
    found = [change for change in apart(old, new) if isinstance(change, c.SetConstraintComment)]
    assert [(change.table, change.name, change.on, change.new) for change in found] == [
        (T, "new", "constraint", wanted)
    ]


def test_the_comment_of_the_index_behind_a_constraint_goes_on_with_it() -> None:
    before = parse_sql(COMPUTED.format(", CONSTRAINT old UNIQUE (g)"), "postgres")
    (table,) = before.tables
    (unique,) = (index for index in table.indexes if index.unique)
    (generated,) = (column for column in table.columns if column.generated)
    before = replace(before, tables=(replace(table, index_comments=(("old", "y"), ("other", "n"))),))
    dialect = get_dialect("postgres")
    capabilities = dialect.capabilities(dialect.default_info)
    renamed = c.RenameConstraint(T, unique, replace(unique, name="new"))
    found = with_states_apart([c.AlterColumnGenerated(T, generated, generated), renamed], before, capabilities)
    comments = [change for change in found if isinstance(change, c.SetConstraintComment)]
    assert comments == [c.SetConstraintComment(T, "new", None, "y", "index")]
    told = c.SetConstraintComment(T, "new", "y", "z", "index")
    found = with_states_apart([c.AlterColumnGenerated(T, generated, generated), renamed, told], before, capabilities)
    assert [change for change in found if isinstance(change, c.SetConstraintComment)] == [told]


def test_an_index_that_is_rebuilt_is_dropped_and_made_with_the_column_beneath() -> None:
    """One that is not valid; where the table has none of its name there is nothing to drop."""
    before = parse_sql(COMPUTED.format("") + "CREATE INDEX i ON t (g)", "postgres")
    (table,) = before.tables
    (index,) = table.indexes
    (generated,) = (column for column in table.columns if column.generated)
    dialect = get_dialect("postgres")
    capabilities = dialect.capabilities(dialect.default_info)
    moving, rebuilt = c.AlterColumnGenerated(T, generated, generated), c.RebuildIndex(T, index)
    found = with_states_apart([moving, rebuilt], before, capabilities)
    assert found == [moving, c.DropIndex(T, index), c.CreateIndex(T, index)]
    elsewhere = replace(rebuilt, index=replace(index, name="j"))
    assert with_states_apart([moving, elsewhere], before, capabilities) == [moving, elsewhere]
    again = [c.DropColumn(T, generated), c.AddColumn(T, generated), rebuilt]
    assert len(with_states_apart(again, before, capabilities)) == 4
    assert with_states_apart(again[1:], before, capabilities) == again[1:]


@pytest.mark.parametrize("dialect", ["mysql", "mariadb", "sqlite"])
def test_where_a_table_is_altered_as_a_whole_nothing_is_taken_apart(dialect: str) -> None:
    old, new = computed(after="CREATE INDEX OLD ON t (g)")
    before, wanted = parse_sql(old, dialect), parse_sql(new, dialect)
    value = get_dialect(dialect)
    changes = diff(before, wanted)
    assert with_states_apart(changes, before, value.capabilities(value.default_info)) == list(changes)


@pytest.mark.parametrize(
    ("expression", "column", "does"),
    [
        ("a > 0", "a", True),
        ("aa > 0", "a", False),
        ("a$ > 0", "a", False),
        ('"a b" > 0', "a b", True),
        ("x.y", "x.", False),
    ],
)
def test_an_expression_mentions_a_column_by_its_whole_name(expression: str, column: str, does: bool) -> None:
    assert mentions(expression, column) is does
