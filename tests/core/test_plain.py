"""Values as JSON: they come back as they were, from files that can execute nothing."""

from __future__ import annotations

import json
from dataclasses import fields, is_dataclass, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_schemadrift.core.plain import decode, encode
from pytest_schemadrift.schema import model
from pytest_schemadrift.schema.model import STORED, Check, Column, Expression, Index, IndexPart, Name, Schema, Table

COLUMNS = st.tuples(st.builds(Name, st.text(max_size=3), st.text(max_size=3)), st.text(max_size=3))
LEAVES = {
    "str": st.text(max_size=3),
    "bool": st.booleans(),
    "int | None": st.none() | st.integers(-9, 9),
    "bool | None": st.none() | st.booleans(),
    "str | None": st.none() | st.text(max_size=3),
    "Options": st.lists(st.tuples(st.text(max_size=2), st.text(max_size=2)), max_size=2).map(tuple),
    "tuple[str, ...]": st.lists(st.text(max_size=3), max_size=2).map(tuple),
    "tuple[Name, str] | None": st.none() | COLUMNS,
    "tuple[tuple[Name, str], ...]": st.lists(COLUMNS, max_size=2).map(tuple),
}


def anything(kind: str) -> st.SearchStrategy[object]:
    """Values of a field's type, as it is annotated in ``schema.model``."""
    if kind in LEAVES:
        return LEAVES[kind]
    if kind.startswith("tuple["):
        return st.lists(anything(kind.removeprefix("tuple[").removesuffix(", ...]")), max_size=2).map(tuple)
    if kind.endswith(" | None"):
        return st.none() | anything(kind.removesuffix(" | None"))
    made = getattr(model, kind)
    if kind == "Name":
        return st.builds(Name, st.text(max_size=3), st.text(max_size=3))
    return st.builds(made, **{field.name: anything(str(field.type)) for field in fields(made)})


def every_part(value: object) -> object:
    """A value as lists of all its fields, those too that equality does not see."""
    if is_dataclass(value) and not isinstance(value, type):
        return [type(value), *(every_part(getattr(value, field.name)) for field in fields(value))]
    if isinstance(value, tuple):
        return [type(value), *map(every_part, value)]
    return [type(value), value]


@pytest.mark.slow
@given(anything("Schema"))
def test_every_schema_comes_back_with_what_equality_does_not_see(schema: Schema) -> None:
    assert every_part(decode(encode(schema, STORED), STORED)) == every_part(schema)


def test_all_values_of_the_model_can_be_stored() -> None:
    values = {item for item in vars(model).values() if isinstance(item, type) and issubclass(item, model.Value)}
    assert set(STORED) == {Name, *values} - {model.Value}


def test_two_that_are_equal_but_not_the_same_stay_apart() -> None:
    one = Column("a", "int", default=Expression("NOW()", "now()"))
    two = replace(one, default=Expression("now ( )", "now()"))
    table = Table(Name("", "t"), (one, two, one), checks=(Check(None, Expression("x", "x")),))
    back = decode(encode(Schema("sqlite", (table,)), STORED), STORED).tables[0]
    assert [column.default.sql for column in back.columns] == ["NOW()", "now ( )", "NOW()"]
    assert back.columns[0] is back.columns[2]


def test_what_would_come_back_as_something_else_is_refused() -> None:
    part = IndexPart("a")
    for wrong in (
        Index("x", (part,), include=(1, 2)),  # type: ignore[arg-type]
        Column("a", "int", options=(("a", 1.5),)),  # type: ignore[arg-type]
        Column("a", b"int"),  # type: ignore[arg-type]
        ["a"],
        "a",
    ):
        with pytest.raises(TypeError):
            encode(wrong, STORED)
    mixed = Schema("sqlite", (Table(Name("", "t"), (), comment=Name("", "c")), Table(Name("", "u"), (), comment=3)))  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="numbers and values"):
        encode(mixed, STORED)


@pytest.mark.parametrize(
    "content",
    [b"", b"{}", b"[[],[]]", b"\xff\xfe", b"[1,2]", b"null", json.dumps([[[]] * len(STORED), [[99, []]]]).encode()],
)
def test_a_damaged_text_is_an_error_that_the_cache_expects(content: bytes) -> None:
    with pytest.raises((ValueError, TypeError, LookupError)):
        decode(content, STORED)
