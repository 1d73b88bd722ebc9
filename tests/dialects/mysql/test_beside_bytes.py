"""Literals that MySQL has turned into bytes mean what was written only where they stand beside bytes."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pytest_schemadrift.dialects.mysql.catalog.beside_bytes import without_binary
from pytest_schemadrift.dialects.mysql.catalog.rows import ColumnRow
from pytest_schemadrift.sources.database import open_server
from tests.harness import load, run

COLUMNS = [
    ColumnRow(name, None, "YES", type_, "utf8mb4_bin" if name == "l" else None, "", None, "", None)
    for name, type_ in (
        ("b", "varbinary(30)"),
        ("v", "varchar(30)"),
        ("x`y", "blob"),
        ("t", "bit(4)"),
        ("n", "int"),
        ("p", "point"),
        ("k", "enum('a','b')"),
        ("m", "set('x')"),
        ("l", "enum('a','b')"),
    )
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
        ("if((`v` > _utf8mb4'a'),`b`,_binary'x')", "if((`v` > _utf8mb4'a'),`b`,'x')"),
        ("if((`t` > 1),if((`t` > 2),_binary'x',`b`),_binary'y')", "if((`t` > 1),if((`t` > 2),'x',`b`),'y')"),
        ("(case when (`t` > 1) then `b` else _binary'x' end)", "(case when (`t` > 1) then `b` else 'x' end)"),
        ("(case `b` when _binary'x' then `v` else _binary'y' end)", "(case `b` when 'x' then `v` else _binary'y' end)"),
        (
            "concat((case when `b` then `v` else `b` end),_binary'x')",
            "concat((case when `b` then `v` else `b` end),'x')",
        ),
        ("elt(2,_binary'x',`b`)", "elt(2,'x',`b`)"),
        ("export_set(5,`b`,_binary'x',_binary',',3)", "export_set(5,`b`,'x',',',3)"),
        ("coalesce(make_set(3,`b`,`v`),_binary'x')", "coalesce(make_set(3,`b`,`v`),'x')"),
        ("(unhex(`v`) in (_binary'x',_binary'y'))", "(unhex(`v`) in ('x','y'))"),
        ("concat(cast(`v` as char charset binary),_binary'x')", "concat(cast(`v` as char charset binary),'x')"),
        ("concat(lpad(`b`,3,`v`),_binary'x')", "concat(lpad(`b`,3,`v`),'x')"),
        ("concat(trim(`v` from `b`),_binary'x')", "concat(trim(`v` from `b`),'x')"),
        ("greatest(`t`,_binary'x')", "greatest(`t`,'x')"),
        ("(`k` in (_binary'a',_binary'b'))", "(`k` in ('a','b'))"),
        ("((`b` & (`b` | 0x41)) = _binary'x')", "((`b` & (`b` | 0x41)) = 'x')"),
        ("concat((`b` ^ _binary'q'),_binary'x')", "concat((`b` ^ _binary'q'),'x')"),
        ("concat((~((`b` & NULL)) << `n`),_binary'x')", "concat((~((`b` & NULL)) << `n`),'x')"),
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
        "if(`v`,`v`,if(`b`,_binary'x',`v`))",
        "(case `v` when _binary'x' then `b` end)",
        "(case when `b` then _binary'x' else `v` end)",
        "(case when (`v` = `b`) then concat(_binary'x') end)",
        "elt(`b`,_binary'x',`v`)",
        "concat(replace(`v`,`b`,`b`),_binary'x')",
        "concat(nullif(`v`,`b`),_binary'x')",
        "concat(trim(`b` from `v`),_binary'x')",
        "concat(cast(`b` as char charset utf8mb4),_binary'x')",
        "(`t` = _binary'x')",
        "(`l` = _binary'a')",
        "(`b` & _binary'x')",
        "concat((`b` & `v`),_binary'x')",
        "concat((0x41 & 0x42),_binary'x')",
        "concat((`n` << `b`),_binary'x')",
        "concat(-(`b`),_binary'x')",
        "(~`b` = _binary'x')",
        "(json_extract(`v`,_binary'$.b') = `b`)",
    ],
)
def test_elsewhere_it_stays(shown: str) -> None:
    assert without_binary(shown, COLUMNS) == shown


LABELS = ["k enum('a','b') CHARACTER SET binary", "m set('x') CHARACTER SET binary", "l enum('a','b')"]
EXPRESSIONS = """
if(n > 1, b, 'x') | if(n > 1, v, 'x') | if(b = 'x', v, 'y') | if(b, 'x', v) | if(n > 1, if(n > 2, 'x', b), 'y')
case when n > 1 then b else 'x' end | case v when b then 'x' else 'y' end | case b when 'x' then v else 'y' end
case when n > 1 then case when n > 2 then b else 'x' end else 'y' end | concat(case when n > 1 then b else v end, 'x')
elt(1, b, 'x') | elt(if(n > 1, 1, 2), 'x', b) | make_set(3, b, 'x') | export_set(5, b, 'x', ',', 3) | field(b, 'x', v)
coalesce(b, 'x') | ifnull('x', b) | nullif(b, 'x') | nullif(t, 'x') | coalesce(t, 'x') | t = 'x' | concat(t, 'x')
concat_ws('x', b, v) | greatest(b, 'x') | insert(b, 1, 2, 'x') | replace(b, 'x', 'c') | lpad(b, 9, 'x') | locate('x', b)
concat(insert(b, 1, 1, v), 'x') | concat(replace(v, b, v), 'x') | concat(rpad(v, 3, b), 'x') | concat(repeat(b, 3), 'x')
concat(nullif(v, b), 'x') | concat(nullif(b, v), 'x') | concat(trim(b from v), 'x') | concat(trim(v from b), 'x')
concat(unhex(v), 'x') | unhex(v) in ('x', 'y') | concat(compress(v), 'x') | concat(hex(b), 'x') | concat(quote(b), 'x')
concat(cast(v as binary), 'x') | concat(cast(b as char), 'x') | concat(convert(b using utf8mb4), 'x') | concat(v, 'x')
concat(soundex(b), 'x') | concat(substring_index(b, v, 1), 'x') | concat(reverse(b), 'x') | concat(upper('x'), b)
b between 'x' and 'z' | 'x' in (b, v) | strcmp(b, 'x') | find_in_set('x', b) | concat(n, 'x')
b & 'x' | concat(b & b, 'x') | concat(b & v, 'x') | concat(b ^ n, 'x') | concat(b & t, 'x') | concat(b << n, 'x')
concat(n >> b, 'x') | concat(~b, 'x') | concat(~v, 'x') | ~(b & b) = 'x' | 'x' = (b << 'y') | concat(b & 0x41, 'x')
concat(0x41 & 0x42, 'x') | concat(b & null, 'x') | concat((b & n) & b, 'x') | b % 2 = 'x'
b & if(n > 1, 'x', b) | concat(inet6_aton(v) & inet6_aton('::1'), 'x') | concat(unhex(v) ^ b & b, 'x') | -b = 'x'
k = 'a' | l = 'a' | k in ('a', 'b') | concat(k, 'x') | concat(l, 'x') | concat(m, 'x') | find_in_set('x', m)
case k when 'a' then 'x' else 'y' end | concat(k + 1, 'x') | concat(upper(k), 'x') | concat(k & k, 'x') | nullif(k, 'a')
p <> 'x' | coalesce(p, 'x') | concat(st_x(p), 'x') | concat(st_astext(p), 'x') | concat(p, 'x')
"""


@pytest.mark.mysql
def test_it_is_what_the_server_turns_into_bytes(fresh_database: Callable[[str], str]) -> None:
    """Each literal that the next ALTER TABLE turned, and no other one, is written as it was."""
    expressions = [item.strip() for line in EXPRESSIONS.strip().splitlines() for item in line.split("|")]
    generated = (f"g{place} varbinary(99) AS ({sql})" for place, sql in enumerate(expressions))

    async def shown() -> list[tuple[str, str]]:
        async with open_server(fresh_database("mysql")) as server:
            await load(server, ["SET SESSION innodb_strict_mode = OFF"])
            columns = ", ".join(
                ["v varchar(30)", "b varbinary(30)", "n int", "t bit(4)", "p point", *LABELS, *generated]
            )
            await load(server, [f"CREATE TABLE t ({columns})"])
            query = """SELECT generation_expression AS text FROM information_schema.columns
                       WHERE table_schema = database() AND extra <> '' ORDER BY ordinal_position"""
            before = await server.connection.fetch(query)
            await load(server, ["ALTER TABLE t ADD COLUMN more int"])
            after = await server.connection.fetch(query)
        return [
            (old.replace("\\'", "'"), new.replace("\\'", "'")) for (old,), (new,) in zip(before, after, strict=True)
        ]

    for old, new in run(shown()):
        everywhere = new.replace("_utf8mb4'", "_binary'")  # as if somebody had written all of them as bytes
        plain = without_binary(everywhere, COLUMNS)
        assert plain == new.replace("_binary'", "'").replace("_utf8mb4'", "_binary'"), (old, new)
