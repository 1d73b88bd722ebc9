"""Which types take all that another takes; each pair was asked of a server with the values at its limits."""

from __future__ import annotations

import pytest

from pytest_schemadrift.dialects.compatibility import is_wider


@pytest.mark.parametrize(
    ("there", "wanted"),
    [
        ("bigint", "integer"),
        ("int(11)", "smallint(6)"),
        ("int", "tinyint(1)"),
        ("bigint unsigned", "int unsigned"),
        ("decimal(12,2)", "decimal(10,2)"),
        ("numeric(12,4)", "numeric(10, 2)"),
        ("numeric", "numeric(10,2)"),
        ("VARCHAR(60)", "varchar(50)"),
        ("character varying", "character varying(50)"),
        ("character varying", "text"),
        ("text", "character varying(50)"),
        ("tinytext", "varchar(63)"),
        ("mediumtext", "text"),
        ("longblob", "blob"),
        ("varchar(36)", "char(36)"),
        ("varbinary(20)", "varbinary(16)"),
        ("longtext", "json"),
        ("character varying", "character(5)"),
        ("text", "char(5)"),
        ("char(9)", "char(5)"),
    ],
)
def test_more_room_and_not_the_other_way_round(there: str, wanted: str) -> None:
    assert is_wider(there, wanted)
    assert not is_wider(wanted, there)


@pytest.mark.parametrize(
    ("there", "wanted"),
    [
        ("int", "int(11)"),
        ("int unsigned", "smallint"),
        ("decimal(10,1)", "decimal(10,2)"),
        ("decimal(12,4)", "decimal(12,2)"),
        ("double", "int"),
        ("numeric(5)", "numeric(10,2)"),
        ("character varying", "varbinary(4)"),
        ("character(5)", "char(5)"),
        ("decimal(20,0)", "int"),
        ("char(60)", "varchar(50)"),
        ("tinytext", "varchar(64)"),
        ("varbinary(60)", "varchar(50)"),
        ("binary(20)", "binary(16)"),  # a value of 16 bytes comes back with four zero bytes
        ("varchar(35)", "char(36)"),
        ("bigint[]", "integer[]"),
        ("timestamp(6) without time zone", "timestamp(3) without time zone"),
    ],
)
def test_another_type_or_less_room(there: str, wanted: str) -> None:
    assert not is_wider(there, wanted)
