"""Names that Python takes, from names that a database takes."""

from __future__ import annotations

import ast
import keyword

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_schemadrift.codegen.names import class_name, distinct, field_name, free_name, member_name


@pytest.mark.parametrize(
    ("name", "cls", "field"),
    [
        ("users", "Users", "users"),
        ("order_items", "OrderItems", "order_items"),
        ("OrderItems", "OrderItems", "order_items"),
        ("HTTPServerLog", "HTTPServerLog", "http_server_log"),
        ("T_PATIENT", "TPatient", "t_patient"),
        ("customerId", "CustomerId", "customer_id"),
        ("2fa codes", "Table2faCodes", "field_2fa_codes"),
        ("données", "Données", "données"),
        ("a__b", "AB", "a_b"),
        ("_hidden", "Hidden", "hidden"),
        ("%", "Table", "field"),
        ("group by", "GroupBy", "group_by"),
        ("ﬁle", "File", "file"),
    ],
)
def test_words_become_a_class_and_a_field(name: str, cls: str, field: str) -> None:
    assert class_name(name).lower() == cls.lower()
    assert field_name(name) == field


@given(st.text(min_size=1, max_size=20))
def test_whatever_the_name_the_result_is_an_identifier_that_python_leaves_as_it_is(name: str) -> None:
    for made in (class_name(name), free_name(field_name(name), (), "_field"), member_name(name)):
        assert made.isidentifier()
        (assign,) = ast.parse(f"{made}_ = 1").body
        assert isinstance(assign, ast.Assign)
        assert assign.targets[0].id == f"{made}_"  # type: ignore[attr-defined]
    assert "__" not in field_name(name)
    assert not field_name(name).startswith("_")


@pytest.mark.slow
@given(st.lists(st.sampled_from(("class", "save", "a", "A", "a_field", "import")), max_size=8))
def test_no_name_is_given_twice_nor_one_that_is_taken(names: list[str]) -> None:
    made = distinct((field_name(name) for name in names), {"save"}, "_field")
    assert len(set(made)) == len(names)
    assert "save" not in made
    assert not any(map(keyword.iskeyword, made))
