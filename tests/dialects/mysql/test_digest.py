"""The catalog queries for several databases at once, whatever their names hold."""

from __future__ import annotations

import pytest

from pytest_schemadrift.dialects.mysql.catalog.digest import of_databases


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
