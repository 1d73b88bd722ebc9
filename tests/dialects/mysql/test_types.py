"""Types: one text per type, and an honest word on what changing one does to the rows."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pytest_schemadrift.dialects.mysql.connection import SQL_MODE
from pytest_schemadrift.dialects.mysql.read.script import parse
from pytest_schemadrift.dialects.mysql.read.types import conversion, from_catalog, is_compressed
from pytest_schemadrift.dialects.mysql.server_info import DEFAULT_INFO, MARIADB_INFO
from pytest_schemadrift.errors import StatementFailed
from pytest_schemadrift.schema.capabilities import Conversion, ServerInfo
from tests.dialects.mysql.database import BOTH, opened, run


def type_of(written: str, info: ServerInfo) -> str:
    (table,) = parse(f"CREATE TABLE t (c {written})", info).tables
    return table.columns[0].type


SPELLINGS = [
    ("BOOL", "tinyint(1)", "tinyint(1)"),
    ("INTEGER", "int", "int(11)"),
    ("int(11)", "int", "int(11)"),
    ("int(5)", "int", "int(11)"),
    ("bigint(3) unsigned", "bigint unsigned", "bigint(20) unsigned"),
    ("int(5) zerofill", "int(5) unsigned zerofill", "int(5) unsigned zerofill"),
    ("tinyint(2)", "tinyint", "tinyint(4)"),
    ("INT UNSIGNED", "int unsigned", "int(10) unsigned"),
    ("tinyint(1) unsigned", "tinyint unsigned", "tinyint(1) unsigned"),
    ("bigint zerofill", "bigint(20) unsigned zerofill", "bigint(20) unsigned zerofill"),
    ("DEC(5)", "decimal(5,0)", "decimal(5,0)"),
    ("float(30)", "double", "double"),
    ("double precision", "double", "double"),
    ("year(4)", "year", "year(4)"),
    ("long varchar", "mediumtext", "mediumtext"),
    ("text(100)", "text", "text"),
    ("text(100) character set latin1", "tinytext", "tinytext"),
    ("char byte", "binary(1)", "binary(1)"),
    ("varchar(5) character set binary", "varbinary(5)", "varbinary(5)"),
    ("datetime(0)", "datetime", "datetime"),
    ("enum('a ', \"it's\")", "enum('a','it''s')", "enum('a','it''s')"),
    ("geometrycollection", "geomcollection", "geometrycollection"),
    ("vector", "vector(2048)", "vector(2048)"),
]


@pytest.mark.parametrize(("written", "mysql", "mariadb"), SPELLINGS)
def test_aliases(written: str, mysql: str, mariadb: str) -> None:
    assert type_of(written, DEFAULT_INFO) == mysql
    assert type_of(written, MARIADB_INFO) == mariadb


def test_display_widths_of_mysql_before_8_0_19_are_forgotten() -> None:
    assert from_catalog("int(11) unsigned", DEFAULT_INFO) == "int unsigned"
    assert from_catalog("tinyint(1)", DEFAULT_INFO) == "tinyint(1)"
    assert from_catalog("int(5) unsigned zerofill", DEFAULT_INFO) == "int(5) unsigned zerofill"
    assert from_catalog("int(11)", MARIADB_INFO) == "int(11)"
    assert from_catalog("int(5) unsigned", MARIADB_INFO) == "int(10) unsigned"
    for kept in ("int(5) unsigned zerofill", "tinyint(1)", "tinyint(1) unsigned", "year(4)"):
        assert from_catalog(kept, MARIADB_INFO) == kept
    assert from_catalog("datetime /* mariadb-5.3 */", MARIADB_INFO) == "datetime"
    assert from_catalog("varchar(9) /*M!100301 COMPRESSED*/", MARIADB_INFO) == "varchar(9)"
    for labels in ("enum('--c','/*d','e')", "set('/* a */','COMPRESSED*/')"):
        assert from_catalog(labels, MARIADB_INFO) == from_catalog(labels, DEFAULT_INFO) == labels
        assert not is_compressed(labels)


CONVERSIONS = [
    ("varchar(10)", "varchar(20)", Conversion.METADATA),
    ("varchar(100)", "varchar(300)", Conversion.METADATA),
    ("varchar(50)", "varchar(100)", Conversion.REWRITE),
    ("varchar(20)", "varchar(10)", Conversion.MAY_FAIL),
    ("varchar(20)", "text", Conversion.REWRITE),
    ("text", "varchar(20)", Conversion.LOSSY),
    ("tinytext", "longtext", Conversion.REWRITE),
    ("int", "bigint", Conversion.REWRITE),
    ("bigint", "int", Conversion.MAY_FAIL),
    ("int", "int unsigned", Conversion.MAY_FAIL),
    ("int unsigned", "bigint", Conversion.REWRITE),
    ("int", "varchar(20)", Conversion.REWRITE),
    ("int", "varchar(5)", Conversion.MAY_FAIL),
    ("varchar(20)", "int", Conversion.LOSSY),
    ("int", "decimal(12,2)", Conversion.REWRITE),
    ("int", "decimal(10,2)", Conversion.MAY_FAIL),
    ("decimal(10,2)", "decimal(12,2)", Conversion.REWRITE),
    ("decimal(10,2)", "decimal(10,1)", Conversion.LOSSY),
    ("decimal(10,2)", "decimal(9,2)", Conversion.MAY_FAIL),
    ("decimal(10,2)", "int", Conversion.LOSSY),
    ("double", "float", Conversion.LOSSY),
    ("double", "int", Conversion.LOSSY),
    ("datetime(6)", "datetime", Conversion.LOSSY),
    ("datetime", "datetime(6)", Conversion.REWRITE),
    ("datetime", "date", Conversion.LOSSY),
    ("date", "datetime", Conversion.REWRITE),
    ("datetime", "timestamp", Conversion.LOSSY),
    ("timestamp", "datetime", Conversion.LOSSY),
    ("enum('a')", "enum('a','b')", Conversion.METADATA),
    ("enum('a','b')", "enum('b','a')", Conversion.MAY_FAIL),
    ("json", "longtext", Conversion.REWRITE),
    ("longtext", "json", Conversion.LOSSY),
    ("varchar(20)", "char(20)", Conversion.LOSSY),
    ("char(20)", "varchar(20)", Conversion.REWRITE),
    ("binary(4)", "binary(8)", Conversion.LOSSY),
    ("binary(4)", "varbinary(8)", Conversion.REWRITE),
    ("blob", "varbinary(8)", Conversion.MAY_FAIL),
    ("date", "varchar(10)", Conversion.MAY_FAIL),
    ("enum('a','b')", "varchar(5)", Conversion.MAY_FAIL),
]


@pytest.mark.parametrize(("old", "new", "expected"), CONVERSIONS)
def test_conversions(old: str, new: str, expected: Conversion) -> None:
    assert conversion(old, new) is expected


VALUES = {
    "varchar(20)": "'9'",
    "int": "7",
    "int unsigned": "4000000000",
    "bigint": "9000000000",
    "decimal(10,2)": "99999999.99",
    "double": "1.5",
    "datetime(6)": "'2020-01-01 10:00:00.600000'",
    "datetime": "'2020-01-01 10:00:00'",
    "date": "'2020-01-01'",
    "text": "'9'",
    "enum('a','b')": "'b'",
    "char(20)": "'9'",
    "binary(4)": "'abcd'",
}
SILENTLY_ALTERED = (
    ("text", "varchar(3)", "'abc '"),
    ("varchar(20)", "char(20)", "'a  '"),
    ("varchar(20)", "decimal(5,2)", "'1.239'"),
    ("varchar(30)", "date", "'2020-01-02 10:11:12'"),
    ("varchar(20)", "float", "'1.23456789'"),
    ("varchar(20)", "enum('x','y')", "'2'"),
    ("varchar(20)", "set('x','y')", "'x,x'"),
    ("enum('b','a')", "int", "'a'"),
    ("int", "enum('x','y')", "1"),
    ("binary(4)", "binary(8)", "'abcd'"),
)
"""Conversions that no server refuses, and values that are others afterwards."""


@pytest.mark.parametrize("dialect", BOTH)
def test_what_is_called_lossless_loses_nothing(dialect: str, fresh_database: Callable[[str], str]) -> None:
    """Each conversion that we call REWRITE or METADATA keeps a telling value; LOSSY ones pass without an error."""

    async def check() -> None:
        async with opened(fresh_database(dialect)) as database:
            ((mode,),) = await database.connection.fetch("SELECT @@sql_mode AS m")
            assert set(mode.split(",")) == set(SQL_MODE.split(","))
            for old, new, expected in CONVERSIONS:
                if old not in VALUES or expected is Conversion.MAY_FAIL:
                    continue
                await database.connection.execute(f"CREATE TABLE v (c {old})")
                await database.connection.execute(f"INSERT INTO v VALUES ({VALUES[old]})")
                await database.connection.execute(f"ALTER TABLE v MODIFY c {new}")
                kept = await database.connection.fetch(f"SELECT c = {VALUES[old]} AS same FROM v")
                assert expected is Conversion.LOSSY or kept == [(1,)], (old, new)
                await database.connection.execute("DROP TABLE v")

    run(check())


@pytest.mark.parametrize("dialect", BOTH)
def test_what_may_fail_fails_and_does_not_cut(dialect: str, fresh_database: Callable[[str], str]) -> None:
    async def check() -> None:
        async with opened(fresh_database(dialect)) as database:
            for old, new, value in (
                ("varchar(20)", "varchar(3)", "'long'"),
                ("varchar(20)", "varchar(3)", "'abc '"),
                ("bigint", "int", "9000000000"),
                ("int", "int unsigned", "-1"),
                ("int", "varchar(2)", "12345"),
                ("decimal(10,2)", "decimal(4,2)", "12345"),
                ("enum('a','b')", "enum('a')", "'b'"),
            ):
                await database.connection.execute(f"CREATE TABLE v (c {old})")
                await database.connection.execute(f"INSERT INTO v VALUES ({value})")
                assert conversion(old, new) is Conversion.MAY_FAIL
                with pytest.raises(StatementFailed):
                    await database.connection.execute(f"ALTER TABLE v MODIFY c {new}")
                await database.connection.execute("DROP TABLE v")

    run(check())


@pytest.mark.parametrize("dialect", BOTH)
def test_what_is_altered_without_a_word_is_called_lossy(dialect: str, fresh_database: Callable[[str], str]) -> None:
    async def check() -> None:
        async with opened(fresh_database(dialect)) as database:
            for old, new, value in SILENTLY_ALTERED:
                await database.connection.execute(f"CREATE TABLE v (c {old})")
                await database.connection.execute(f"INSERT INTO v VALUES ({value})")
                before = await database.connection.fetch("SELECT hex(concat(c)) AS h FROM v")
                await database.connection.execute(f"ALTER TABLE v MODIFY c {new}")
                assert await database.connection.fetch("SELECT hex(concat(c)) AS h FROM v") != before, (old, new)
                assert conversion(old, new) is Conversion.LOSSY, (old, new)
                await database.connection.execute("DROP TABLE v")

    run(check())
