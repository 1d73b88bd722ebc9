"""Literals that MySQL has turned into bytes mean what was written only where they stand beside bytes."""

from __future__ import annotations

import pytest

from pytest_schemadrift.dialects.mysql.catalog.beside_bytes import without_binary
from pytest_schemadrift.dialects.mysql.catalog.rows import ColumnRow

COLUMNS = [
    ColumnRow(name, None, "YES", type_, None, "", None, "", None)
    for name, type_ in (("b", "varbinary(30)"), ("v", "varchar(30)"), ("x`y", "blob"))
]


@pytest.mark.parametrize(
    ("shown", "written"),
    [
        ("(`b` <> _binary'x')", "(`b` <> 'x')"),
        ("(`x``y` = _binary'`v`(')", "(`x``y` = '`v`(')"),
        ("(`b` in (0x00ff,_binary'a\\'b'))", "(`b` in (0x00ff,'a\\'b'))"),
        ("(_binary'é' in (`b`,`v`))", "('é' in (`b`,`v`))"),
        ("((`b` = _binary'é') and (`v` = _binary'ü'))", "((`b` = 'é') and (`v` = _binary'ü'))"),
        ("(not((`b` like _binary'x' escape _binary'|')))", "(not((`b` like 'x' escape '|')))"),
        ("(substr(`b`,1,2) between _binary'a' and _binary'b')", "(substr(`b`,1,2) between 'a' and 'b')"),
        ("(concat(`b`,_binary'-') = _binary'q')", "(concat(`b`,'-') = 'q')"),
    ],
)
def test_beside_bytes_it_is_what_wwithout_binary(shown: str, written: str) -> None:
    assert without_binary(shown, COLUMNS) == written


@pytest.mark.parametrize(
    "shown",
    [
        "(`v` = _binary'x')",
        "(`v` in (_binary'x'))",
        "(length(`b`) = _binary'x')",
        "concat(`b`,upper(_binary'x'))",
        "if(`b`,`v`,_binary'x')",
        "(`v` = concat(_binary'x',_utf8mb4'b'))",
        "(json_extract(`v`,_binary'$.b') = `b`)",
    ],
)
def test_elsewhere_it_stays(shown: str) -> None:
    assert without_binary(shown, COLUMNS) == shown
