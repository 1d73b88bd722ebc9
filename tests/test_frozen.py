"""Our frozen classes are to everybody what those of ``dataclasses`` are."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from collections.abc import Callable
from typing import Any

import pytest

from pytest_schemadrift.schema import changes, model
from pytest_schemadrift.schema.frozen import dataclass as ours


def made(decorator: Callable[..., Any]) -> tuple[type[Any], type[Any]]:
    """A class and one that inherits from it."""

    @decorator(frozen=True, slots=True)
    class Point:
        x: int
        names: tuple[str, ...] = ()
        many: list[int] = dataclasses.field(default_factory=list, hash=False)
        note: str = dataclasses.field(default="", compare=False, repr=False)

        def __post_init__(self) -> None:
            if self.x < 0:
                raise ValueError(self.x)

        @property
        def double(self) -> int:
            """Twice."""
            return 2 * self.x

    @decorator(frozen=True, slots=True)
    class Named(Point):
        """With a name."""

        label: str = "none"

        def __eq__(self, other: object) -> bool:
            return isinstance(other, Named) and self.label == other.label

        def __hash__(self) -> int:
            return 7

    return Point, Named


@pytest.mark.parametrize("decorator", [dataclasses.dataclass, ours])
def test_a_class_does_what_it_does_with_dataclasses(decorator: Callable[..., Any]) -> None:
    point, named = made(decorator)
    one = point(1, ("a",), note="x")
    assert (one.x, one.names, one.many, one.note, one.double) == (1, ("a",), [], "x", 2)
    assert one == point(x=1, names=("a",), note="y")
    assert one != point(1)
    assert one != named(1, ("a",))
    assert one != (1, ("a",), [])
    assert point(1).many is not point(1).many
    assert repr(one).endswith("Point(x=1, names=('a',), many=[])")
    single = decorator(frozen=True, slots=True)(type("Single", (), {"__annotations__": {"parts": tuple}}))
    empty = decorator(frozen=True, slots=True)(type("Empty", (), {}))
    assert (repr(single((1, "100%"))), repr(single(())), repr(empty())) == (
        "Single(parts=(1, '100%'))",
        "Single(parts=())",
        "Empty()",
    )
    assert repr(type("Heir", (single,), {})(())) == "Heir(parts=())"
    assert dataclasses.replace(one, x=2) == point(2, ("a",))
    assert [item.name for item in dataclasses.fields(named)] == ["x", "names", "many", "note", "label"]
    assert dataclasses.asdict(one) == {"x": 1, "names": ("a",), "many": [], "note": "x"}
    assert (point.__match_args__, hasattr(one, "__dict__")) == (("x", "names", "many", "note"), False)
    assert (named(1) == named(2), hash(named(1)), named(1, label="b").label) == (True, 7, "b")
    assert (copy.copy(one), hash(point(1))) == (one, hash(point(1, note="other")))
    for change in (lambda: setattr(one, "x", 3), lambda: delattr(one, "x")):
        with pytest.raises((dataclasses.FrozenInstanceError, AttributeError)):
            change()
    for wrong in ({}, {"x": 1, "y": 2}):
        with pytest.raises(TypeError):
            point(**wrong)
    with pytest.raises(ValueError, match="-1"):
        dataclasses.replace(one, x=-1)


def test_values_are_hashed_compared_and_sent_to_other_processes() -> None:
    column = model.Column("a", "integer")
    add = changes.AddColumn(model.Name("", "t"), column)
    assert pickle.loads(pickle.dumps(add)) == add
    assert {add: 1}[changes.AddColumn(model.Name("", "t"), model.Column("a", "integer"))] == 1
    assert add != changes.DropColumn(model.Name("", "t"), column)


def test_what_it_does_not_know_is_refused() -> None:
    with pytest.raises(AssertionError, match=r"Odd\.x"):

        @ours(frozen=True, slots=True)
        class Odd:
            x: int = dataclasses.field(default=1, init=False)
