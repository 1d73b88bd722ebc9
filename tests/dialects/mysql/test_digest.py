"""The catalog queries for several databases at once, whatever their names hold."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pytest_schemadrift.dialects.mysql.catalog.ask import digest_of_answers, further_queries
from pytest_schemadrift.dialects.mysql.catalog.digest import of_databases, order_of
from pytest_schemadrift.dialects.mysql.catalog.queries import query
from pytest_schemadrift.dialects.mysql.catalog.rows import TableRow
from pytest_schemadrift.dialects.mysql.server_info import DEFAULT_INFO


@pytest.mark.parametrize(
    ("name", "written"),
    [("acme", "'acme'"), ("a%sb", "'a%sb'"), ("a'b", "'a''b'"), ("SELECT %s", "'SELECT %s'")],
)
def test_a_query_for_databases_names_each_of_them_as_it_is(name: str, written: str) -> None:
    """Also where the name holds what stands for a name in the query."""
    text = "SELECT a AS a FROM t WHERE s = %s ORDER BY a"
    one = f"(SELECT {written} AS home, a AS by_a, a AS a FROM t WHERE s = {written} \n)"
    assert of_databases(text, [name]) == one
    assert of_databases(text, [name, name]) == f"{one}\nUNION ALL\n{one}"


@pytest.mark.parametrize("kind", ["mysql", "mariadb"])
def test_a_digest_has_an_order_of_its_own_where_a_query_has_none(kind: str) -> None:
    """MariaDB's information_schema.tables has that of the files: a table that was made again is elsewhere in it."""
    info = replace(DEFAULT_INFO, dialect=kind)
    of_all = [TableRow("t", "BASE TABLE", None, None, "partitioned", None), TableRow("v", "VIEW", *[None] * 4)]
    names = ["tables", f"columns_{kind}", *further_queries(kind, of_all, [])]
    assert {"partitions", "views"} < {*names}
    for name in names:
        rows = [("b", None), ("a", 1), ("b", "x")]
        is_same = digest_of_answers(info, {name: rows}) == digest_of_answers(info, {name: rows[::-1]})
        assert is_same == (order_of(query(name)) == []), name
    assert digest_of_answers(info, {"tables": [("a",)]}) != digest_of_answers(info, {"tables": [("b",)]})
