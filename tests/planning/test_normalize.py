"""What the wanted schema adopts from the live one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pytest_schemadrift.dialects import get_dialect
from pytest_schemadrift.planning.diff import diff
from pytest_schemadrift.planning.normalize import normalize, spellings
from pytest_schemadrift.planning.policy import Policy, Severity, suited
from pytest_schemadrift.schema import changes as c
from pytest_schemadrift.schema.model import Name, Schema
from pytest_schemadrift.sources.ddl import parse_sql

BARE = "CREATE TABLE t (id INTEGER PRIMARY KEY, mood TEXT NOT NULL)"
WITH_DEFAULT = "CREATE TABLE t (id INTEGER PRIMARY KEY, mood TEXT NOT NULL DEFAULT 'good')"
OTHER = WITH_DEFAULT.replace("good", "bad")


@pytest.mark.parametrize("live", [BARE, WITH_DEFAULT])
def test_a_default_of_python_may_be_there_or_not(live: str) -> None:
    old = parse_sql(live, "sqlite")
    new, ignored = normalize(old, parse_sql(WITH_DEFAULT, "sqlite"), Policy(python_defaults=True))
    assert new == old
    assert [item.reason for item in ignored] == ["default of Python"][: live == BARE]


@pytest.mark.parametrize(
    ("live", "severity", "python_defaults"),
    [(OTHER, "warn", True), (BARE, "fail", True), (BARE, "warn", False)],
    ids=["another default", "strict", "a default of the database"],
)
def test_a_default_that_counts(live: str, severity: Severity, python_defaults: bool) -> None:
    wanted = parse_sql(WITH_DEFAULT, "sqlite")
    policy = Policy(extra_defaults=severity, python_defaults=python_defaults)
    assert normalize(parse_sql(live, "sqlite"), wanted, policy) == (wanted, ())


def settled(old: str, new: str, dialect: str = "postgres", **policy: Any) -> tuple[list[str], list[str]]:
    """The kinds of change that are left, and what was adopted and is told."""
    before, after = parse_sql(old, dialect), parse_sql(new, dialect)
    wanted, ignored = normalize(before, after, Policy(**policy))
    return kinds(before, wanted), [f"{type(item.change).__name__}: {item.reason}" for item in ignored]


def kinds(old: Schema, new: Schema) -> list[str]:
    return sorted(type(change).__name__ for change in diff(old, new))


T = "CREATE TABLE t (a int);"
GONE = "CREATE TABLE gone (a int);"


def test_a_table_that_no_model_has_is_what_the_policy_says() -> None:
    assert settled(T + GONE, T) == ([], ["DropTable: unmanaged"])
    assert settled(T + GONE, T, unmanaged="ignore") == ([], [])
    assert settled(T + GONE, T, unmanaged="fail") == (["DropTable"], [])
    assert settled(T + GONE, T, whole=True) == (["DropTable"], [])


def test_an_excluded_table_is_left_alone_whichever_side_has_it() -> None:
    excluded = frozenset({Name("", "gone")})
    for whole in (True, False):
        assert settled(T + GONE, T, unmanaged="fail", whole=whole, excluded=excluded) == ([], [])
        assert settled(T, T + GONE, unmanaged="fail", whole=whole, excluded=excluded) == ([], [])
        assert settled(T + GONE, T + GONE.replace("int", "text"), whole=whole, excluded=excluded) == ([], [])


def test_partitions_and_inheritance_are_the_databases_own_business_unless_a_file_says_them() -> None:
    old = """CREATE TABLE m (a int) PARTITION BY RANGE (a); CREATE TABLE m1 PARTITION OF m FOR VALUES FROM (1) TO (2);
        CREATE TABLE p (x int); CREATE TABLE c (y int) INHERITS (p)"""
    new = "CREATE TABLE m (a int); CREATE TABLE p (x int); CREATE TABLE c (y int)"
    assert settled(old, new, unmanaged="fail") == ([], [])
    assert settled(old, new, whole=True)[0].count("AlterTableOptions") == 2


TYPES = "CREATE TYPE mood AS ENUM ('a'); CREATE DOMAIN d AS int; CREATE SEQUENCE s; "


def test_types_and_sequences_stay_with_the_tables_that_no_model_has() -> None:
    drops = ["DropDomain", "DropEnum", "DropSequence"]
    assert settled(TYPES + T, T) == ([], [])
    assert settled(TYPES + T, T, unmanaged="fail") == (drops, [])
    assert settled(TYPES + T, T, whole=True) == (drops, [])
    used = "CREATE TABLE t (m mood, d d[]);"  # a model names them and does not describe them
    assert settled(TYPES + used, used, unmanaged="fail") == (["DropSequence"], [])
    assert settled(TYPES + used, used, whole=True) == (drops, [])
    assert settled(T, TYPES + T) == (["CreateDomain", "CreateEnum", "CreateSequence"], [])


def test_a_sequence_of_a_column_that_numbers_itself_is_none_of_its_own() -> None:
    old = "CREATE TABLE t (id int, a int); CREATE SEQUENCE s OWNED BY t.id; CREATE SEQUENCE r OWNED BY t.a"
    for numbered in ("id serial", "id int GENERATED ALWAYS AS IDENTITY"):
        before, after = parse_sql(old, "postgres"), parse_sql(f"CREATE TABLE t ({numbered}, a int)", "postgres")
        wanted, _ = normalize(before, after, Policy())
        assert [item.name.name for item in wanted.sequences] == ["r"]


def test_schemas_and_extensions_of_others_stay_beside_models_alone() -> None:
    old = "CREATE SCHEMA s; CREATE EXTENSION citext;" + T
    more = "CREATE SCHEMA r; CREATE EXTENSION hstore;" + T
    assert settled(old, T, unmanaged="fail") == ([], [])
    assert settled(old, more, unmanaged="fail") == (["CreateExtension", "CreateNamespace"], [])
    assert settled(old, T, whole=True) == (["DropNamespace"], [])  # what names no extension says nothing of them
    drops = ["CreateExtension", "CreateNamespace", "DropExtension", "DropNamespace"]
    assert settled(old, more, whole=True) == (drops, [])


SAID = """COMMENT ON TABLE t IS 'x'; COMMENT ON COLUMN t.a IS 'x'; COMMENT ON TYPE mood IS 'x';
    COMMENT ON DOMAIN d IS 'x'; COMMENT ON CONSTRAINT k ON t IS 'x'"""


def test_comments_count_where_the_policy_and_the_side_that_is_wanted_can_say_them() -> None:
    plain = TYPES + "CREATE TABLE t (a int, CONSTRAINT k CHECK (a > 0));"
    of_table = ["SetColumnComment", "SetTableComment"]
    for old, new in ((plain, plain + SAID), (plain + SAID, plain)):
        assert settled(old, new) == (of_table, [])
        assert settled(old, new, whole=True) == (
            ["SetColumnComment", "SetConstraintComment", "SetTableComment", "SetTypeComment", "SetTypeComment"],
            [],
        )
        assert settled(old, new, comments=False) == ([], [])
        assert settled(old, new, comments=False, whole=True) == ([], [])


def test_a_constraints_comment_is_found_under_the_name_that_stays() -> None:
    old = "CREATE TABLE t (a int, CONSTRAINT k CHECK (a > 0), CONSTRAINT p PRIMARY KEY (a)); {}"
    said = "COMMENT ON CONSTRAINT {} ON t IS 'x'; COMMENT ON CONSTRAINT {} ON t IS 'y'"
    new = old.replace(" k ", " other ").replace(" p ", " q ")
    assert settled(old.format(said.format("k", "p")), new.format(said.format("other", "q")), whole=True) == ([], [])


def test_views_and_triggers_are_as_the_database_has_them() -> None:
    views = "CREATE VIEW v AS SELECT a FROM t; CREATE TRIGGER r AFTER INSERT ON t FOR EACH ROW EXECUTE FUNCTION f();"
    old = parse_sql(T + views, "postgres")
    for whole in (True, False):
        wanted, _ = normalize(old, parse_sql(T, "postgres"), Policy(whole=whole))
        assert wanted.views == old.views
        assert wanted.tables[0].triggers == old.tables[0].triggers != ()


def test_storage_and_row_security_count_only_where_they_are_named() -> None:
    old = "CREATE TABLE t (a int) WITH (fillfactor = 70); ALTER TABLE t ENABLE ROW LEVEL SECURITY"
    assert settled(old, T) == ([], [])
    assert settled(old, T, whole=True) == (["AlterTableOptions"], [])  # the rows' security
    assert settled(T, old) == (["AlterTableOptions"], [])
    assert settled(old, "CREATE TABLE t (a int) WITH (fillfactor = 80)") == (["AlterTableOptions"], [])
    stored = "CREATE TABLE t (a int) WITH (fillfactor = 70)"
    assert settled(stored, T, whole=True) == ([], [])
    assert settled("CREATE UNLOGGED TABLE t (a int)", T) == (["AlterTableOptions"], [])


def test_storage_of_an_index_counts_only_where_it_is_named_and_stays_with_its_name() -> None:
    table = "CREATE TABLE t (a int, b int, PRIMARY KEY (a){pk}); CREATE INDEX i ON t ({i}); "
    bare, tuned = table.format(pk="", i="b"), table.format(pk=" WITH (fillfactor = 50)", i="b) WITH (fillfactor = 60")
    for whole in (True, False):
        assert settled(tuned, bare, whole=whole) == ([], [])
    assert settled(bare, tuned) == (["AddPrimaryKey", "CreateIndex", "DropIndex", "DropPrimaryKey"], [])
    other = parse_sql(table.format(pk="", i="b, a"), "postgres")
    wanted, _ = normalize(parse_sql(tuned, "postgres"), other, Policy())
    assert [index.options for index in wanted.tables[0].indexes] == [(("with", "fillfactor=60"),)]
    lists = "CREATE TABLE t (a int, b int); CREATE INDEX j ON t (b) WITH (lists = 3)"
    assert settled(lists, lists.replace("3", "4")) == (["CreateIndex", "DropIndex"], [])
    assert settled(lists, lists.replace(" WITH (lists = 3)", "")) == (["CreateIndex", "DropIndex"], [])


def test_the_order_of_columns_counts_where_the_policy_says_so() -> None:
    old, new = "CREATE TABLE t (a int, b int, c int)", "CREATE TABLE t (c int, x int, a int, b int)"
    assert settled(old, new) == (["AddColumn"], [])
    assert settled(old, new, column_order=True) == (["AddColumn", "MoveColumns"], [])


NAMED = "CREATE TABLE t (a int, b int, CONSTRAINT {0}_p PRIMARY KEY (a), CONSTRAINT {0}_c CHECK (a > 0));"
INDEXES = "CREATE INDEX {0}_i ON t (b); CREATE UNIQUE INDEX {0}_u ON t (a, b)"


def test_names_count_where_the_policy_says_so() -> None:
    old, new = (NAMED + INDEXES).format("one"), (NAMED + INDEXES).format("two")
    assert settled(old, new) == ([], [])
    renames = ["RenameConstraint", "RenameConstraint", "RenameIndex", "RenameIndex"]
    assert settled(old, new, names="strict") == (renames, [])
    mixed = "CREATE TABLE t (a int, b int, CONSTRAINT a CHECK (a > 0), CONSTRAINT {} CHECK (b > 0))"
    assert settled(mixed.format("one"), mixed.format("two")) == ([], [])
    unnamed = "CREATE TABLE t (a int, b int, PRIMARY KEY (a)); CREATE TABLE u (a int, PRIMARY KEY (a))"
    named = unnamed.replace("PRIMARY KEY", "CONSTRAINT odd PRIMARY KEY", 1)
    assert settled(named, unnamed, names="strict") == (["RenameConstraint"], [])


def test_a_new_index_gets_another_name_where_one_that_stays_has_it() -> None:
    old = T + "CREATE INDEX i1 ON t (a)"
    new = T + "CREATE INDEX other ON t (a); CREATE INDEX i1 ON t (a DESC)"
    before = parse_sql(old, "postgres")
    for names, taken in (("shape", False), ("strict", True)):
        wanted, _ = normalize(before, parse_sql(new, "postgres"), Policy(names=names))  # type: ignore[arg-type]
        [made] = [change.index for change in diff(before, wanted) if isinstance(change, c.CreateIndex)]
        assert (made.name == "i1") is taken


def test_an_index_that_changes_in_place_keeps_its_name_beside_a_new_one_of_that_name() -> None:
    before, wanted = (
        parse_sql(f"CREATE TABLE t (a int, b int, {keys})", "mysql")
        for keys in ("KEY i1 (a), KEY i2 (b)", "KEY i1 (b) COMMENT 'other', KEY i2 (a, b)")
    )
    [table] = normalize(before, wanted, Policy(whole=True))[0].tables
    assert {index.name: len(index.parts) for index in table.indexes} == {"i2": 1, "i2_1": 2}


def test_of_two_alike_the_one_of_the_same_name_is_the_same() -> None:
    old = parse_sql(T + "CREATE INDEX i1 ON t (a); CREATE INDEX i2 ON t (a)", "postgres")
    for kept, gone in (("i1", "i2"), ("i2", "i1")):
        wanted, _ = normalize(old, parse_sql(T + f"CREATE INDEX {kept} ON t (a)", "postgres"), Policy(whole=True))
        [change] = diff(old, wanted)
        assert isinstance(change, c.DropIndex)
        assert change.index.name == gone


def test_a_constraint_that_only_its_enforcement_differs_from_is_the_same_one() -> None:
    old = "CREATE TABLE t (a int, CONSTRAINT one CHECK (a > 0), CONSTRAINT two CHECK (a > 0) NOT ENFORCED)"
    new = "CREATE TABLE t (a int, CONSTRAINT x CHECK (a > 0) NOT ENFORCED, CONSTRAINT y CHECK (a > 0))"
    assert settled(old, new, "mysql") == ([], [])
    alone = "CREATE TABLE t (a int, CONSTRAINT z CHECK (a > 0){})"
    assert settled(alone.format(""), alone.format(" NOT ENFORCED"), "mysql") == (["SetEnforced"], [])


def test_on_update_that_no_model_can_say_is_told() -> None:
    old = "CREATE TABLE t (a datetime DEFAULT NULL ON UPDATE CURRENT_TIMESTAMP)"
    new = "CREATE TABLE t (a datetime)"
    assert settled(old, new, "mysql") == ([], ["AlterColumnOptions: extra ON UPDATE"])
    assert settled(old, new, "mysql", extra_defaults="ignore") == ([], [])
    assert settled(old, new, "mysql", extra_defaults="fail") == (["AlterColumnOptions"], [])
    assert settled(old, new, "mysql", whole=True) == (["AlterColumnOptions"], [])


FOLDED = """CREATE TABLE {0} (Id int PRIMARY KEY, {1} int, KEY k ({1}), UNIQUE KEY u ({1}, Id));
    CREATE TABLE child (p int, {1} int, CONSTRAINT f FOREIGN KEY (p) REFERENCES {0} ({1}))"""


def test_what_only_its_case_differs_in_is_spelled_as_in_the_database_where_the_server_takes_it_as_one() -> None:
    old, new = FOLDED.format("Parent", "Code"), FOLDED.format("PARENT", "CODE").replace("Id", "ID")
    both = {"case_insensitive_tables": True, "case_insensitive_columns": True}
    assert settled(old, new, "mysql", **both) == ([], [])
    assert settled(old, FOLDED.format("PARENT", "Code"), "mysql", case_insensitive_tables=True) == ([], [])
    assert settled(old, FOLDED.format("Parent", "CODE"), "mysql", case_insensitive_columns=True) == ([], [])
    assert "CreateTable" in settled(old, FOLDED.format("PARENT", "Code"), "mysql")[0]
    assert "AddColumn" in settled(old, FOLDED.format("Parent", "CODE"), "mysql")[0]
    two = "CREATE TABLE a (x int); CREATE TABLE A (x int)"
    assert settled("CREATE TABLE a (x int)", two, "mysql", **both) == (["CreateTable"], [])  # both are wanted
    umlaut = "CREATE TABLE {} (x int)"
    assert "CreateTable" in settled(umlaut.format("ä"), umlaut.format("Ä"), "mysql", **both)[0]


def test_of_several_tables_that_differ_in_case_alone_it_is_the_same_one_in_each_process() -> None:
    letters = ["abC", "aBc", "aBC", "Abc", "AbC", "ABc", "ABC"]
    old = parse_sql("; ".join(f"CREATE TABLE {name} (x int)" for name in letters), "mysql")
    new = parse_sql("CREATE TABLE abc (x int)", "mysql")
    assert spellings(old, new, Policy(case_insensitive_tables=True)) == {Name("", "abc"): Name("", "abC")}


def test_a_table_of_another_database_is_another_one_whatever_its_case() -> None:
    old, new = parse_sql("CREATE TABLE s.a (x int)", "mysql"), parse_sql("CREATE TABLE r.A (x int)", "mysql")
    assert spellings(old, new, Policy(case_insensitive_tables=True)) == {}
    assert spellings(old, old, Policy(case_insensitive_tables=True)) == {}


def test_not_null_that_was_never_validated_keeps_its_name() -> None:
    old = replace(parse_sql("CREATE TABLE t (a int)", "postgres"))
    for name, said, left in (("n", "m", []), ("n", None, ["AlterColumnNullability"])):
        tables = [
            replace(old.tables[0], columns=(replace(old.tables[0].columns[0], unvalidated=word),))
            for word in (name, said)
        ]
        before, after = (replace(old, tables=(table,)) for table in tables)
        wanted, _ = normalize(before, after, Policy())
        assert bool(diff(before, wanted)) == bool(left)
        assert wanted.tables[0].columns[0].unvalidated == (said and "n")


def test_a_check_of_a_domain_that_holds_for_all_values_is_no_less_than_one_for_new_ones() -> None:
    base, check = "CREATE DOMAIN d AS int; CREATE TABLE t (a d);", "ALTER DOMAIN d ADD CONSTRAINT k CHECK (VALUE > 0)"
    valid, later = f"{base} {check}", f"{base} {check} NOT VALID"
    assert settled(valid, later) == ([], [])
    assert settled(later, later) == ([], [])
    assert settled(later, valid) == (["AlterDomain"], [])
    assert settled(base, later) == (["AlterDomain"], [])


def test_a_partition_that_only_one_of_two_databases_has_is_a_difference() -> None:
    whole = "CREATE TABLE w (a int) PARTITION BY RANGE (a);"
    part = "CREATE TABLE w1 PARTITION OF w FOR VALUES FROM (1) TO (5);"
    assert settled(whole + part, whole, whole=True) == (["DropTable"], [])
    assert settled(whole + part, whole, unmanaged="fail") == ([], [])


def test_where_names_count_a_new_index_has_the_wanted_one_whatever_a_table_that_stays_calls_its_own() -> None:
    old = T + "CREATE TABLE other (a int); CREATE INDEX i ON other (a);"
    postgres = get_dialect("postgres")
    for names, kept in (("shape", False), ("strict", True)):
        wanted, _ = normalize(
            parse_sql(old, "postgres"),
            parse_sql(T + "CREATE INDEX i ON t (a);", "postgres"),
            suited(Policy(names=names), postgres.capabilities(postgres.default_info)),  # type: ignore[arg-type]
        )
        [made] = [index for table in wanted.tables if table.name.name == "t" for index in table.indexes]
        assert (made.name == "i") is kept


def test_only_types_that_a_column_names_stay_with_the_tables_of_models() -> None:
    """Their words are looked for one by one, not in those of two types side by side."""
    table = "CREATE TABLE t (a date, b abstime);"
    beside = "CREATE TYPE ea AS ENUM ('x'); CREATE TYPE ed AS ENUM ('x');"
    assert settled(table + beside, table, unmanaged="fail") == (["DropEnum", "DropEnum"], [])


def test_storage_parameters_of_an_index_stay_where_they_are_not_said() -> None:
    """A new index under the name of an old one of the same method has them, too."""
    kept = "(fillfactor=70, deduplicate_items=off)"
    for index in ("CREATE INDEX {} ON t (a)", "ALTER TABLE t ADD CONSTRAINT {} EXCLUDE USING btree (a WITH =)"):
        old = f"{T}{index.format('i')} WITH {kept}"
        assert settled(old, f"{T}{index.format('i')}") == ([], [])
        assert settled(old, f"{T}{index.format('other')}") == ([], [])
        assert settled(old, f"{T}{index.format('i')} WITH (fillfactor=70)") == ([], [])
        assert settled(old, f"{T}{index.format('i')} WITH (fillfactor=80)")[0] != []
        assert settled(f"{T}{index.format('i')}", old)[0] != []
        for columns, method, said in (("b", "btree", True), ("b", "gist", False)):
            table = T.replace("a int", "a int, b int")
            another = index.replace("(a", f"({columns}").replace("USING btree", f"USING {method}")
            another = another.replace("ON t (b", f"ON t USING {method} (b")
            before = parse_sql(f"{table}{index.format('i')} WITH {kept}", "postgres")
            wanted, _ = normalize(before, parse_sql(f"{table}{another.format('i')}", "postgres"), Policy())
            [made] = [*wanted.tables[0].indexes, *wanted.tables[0].exclusions]
            assert ("with" in dict(made.options)) is said
    key = "CREATE TABLE t (a int, CONSTRAINT k PRIMARY KEY (a){})"
    assert settled(key.format(" WITH (fillfactor=70)"), key.format("")) == ([], [])


def test_a_primary_key_that_only_one_side_has_comes_or_goes() -> None:
    keyed = T.replace("a int", "a int NOT NULL PRIMARY KEY")
    assert "AddPrimaryKey" in settled(T, keyed)[0]
    assert "DropPrimaryKey" in settled(keyed, T)[0]


def test_a_default_of_the_database_that_no_model_has_is_told() -> None:
    old, new = T.replace("a int", "a int DEFAULT 5"), T
    assert settled(old, new) == ([], ["AlterColumnDefault: extra default"])
    assert settled(old, new, extra_defaults="ignore") == ([], [])
    assert settled(old, new, extra_defaults="fail") == (["AlterColumnDefault"], [])


def test_of_two_new_indexes_of_one_shape_one_is_the_old_one() -> None:
    two = T + "CREATE INDEX j ON t (a); CREATE INDEX k ON t (a)"
    before = parse_sql(T + "CREATE INDEX i ON t (a)", "postgres")
    wanted, _ = normalize(before, parse_sql(two, "postgres"), Policy())
    assert {index.name for index in wanted.tables[0].indexes} in ({"i", "j"}, {"i", "k"})
    assert kinds(before, wanted) == ["CreateIndex"]


def test_an_index_keeps_the_comment_that_nobody_says_otherwise() -> None:
    indexed = "CREATE TABLE t (a int, b int, KEY k ({}){})"
    assert settled(indexed.format("a", " COMMENT 'x'"), indexed.format("a", ""), "mysql") == ([], [])
    before = parse_sql(indexed.format("a", " COMMENT 'x'"), "mysql")
    for said, comment in (("", "x"), (" COMMENT 'y'", "y")):
        wanted, _ = normalize(before, parse_sql(indexed.format("b", said), "mysql"), Policy())
        assert [index.comment for index in wanted.tables[0].indexes] == [comment]


def test_how_a_columns_values_are_kept_stays_unless_it_is_compared() -> None:
    plain = parse_sql("CREATE TABLE t (a text)", "postgres")
    (column,) = plain.tables[0].columns
    stored = replace(column, options=(("storage", "external"),))
    old = replace(plain, tables=(replace(plain.tables[0], columns=(stored,)),))
    assert normalize(old, plain, Policy())[0].tables[0].columns == (stored,)
    assert normalize(old, plain, Policy(column_storage=True))[0].tables[0].columns == (column,)
    number = parse_sql("CREATE TABLE t (a int)", "postgres")  # which is not kept in such a way
    policy = suited(Policy(), get_dialect("postgres").capabilities(get_dialect("postgres").default_info))
    assert normalize(old, number, policy)[0].tables[0].columns[0].options == ()
