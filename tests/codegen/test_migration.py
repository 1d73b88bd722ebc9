"""What a migration records of the models, and which of several does."""

from __future__ import annotations

from itertools import permutations

import pytest

from pytest_schemadrift.codegen.migration import spread

TEAM = "ops.CreateModel(name='Team', fields=[('id', fields.IntField())])"
ARTICLE = "ops.CreateModel(name='Article', fields=[('owner', fields.ForeignKeyField('people.Person'))])"
FAVOURITE = "ops.AddField(model_name='Person', name='f', field=fields.ForeignKeyField('shop.Article'))"
OF_TEAM = "ops.AddField(model_name='Order', name='team', field=fields.ForeignKeyField('people.Team'))"
RENAMED = "ops.RenameModel(old_name='Crew', new_name='Team')"


@pytest.mark.parametrize("apps", [*permutations(("people", "shop")), ("people", "shop", "people"), ("shop",)])
def test_nothing_is_recorded_before_what_it_refers_to(apps: tuple[str, ...]) -> None:
    operations = {"people": (TEAM, FAVOURITE), "shop": (ARTICLE, OF_TEAM)}
    found = spread(apps, operations)
    assert [app for app, _ in found][: len(apps)] == list(apps)
    recorded = [operation for _, some in found for operation in some]
    of_apps = [operation for app in set(apps) for operation in operations[app]]
    assert sorted(recorded) == sorted(of_apps)
    places = {operation: place for place, (_, some) in enumerate(found) for operation in some}
    for first, then in ((ARTICLE, FAVOURITE), (TEAM, OF_TEAM)):
        if first in places and then in places:
            assert places[first] <= places[then]
    for app, some in found:
        assert [item for item in operations[app] if item in some] == list(some), "in the order of their app"


def test_what_needs_nothing_of_others_takes_no_more_migrations() -> None:
    assert spread(("a", "b", "a"), {"a": (TEAM,), "b": ()}) == [("a", ()), ("b", ()), ("a", (TEAM,))]
    assert spread(("people", "shop"), {"people": (RENAMED,), "shop": (OF_TEAM,)}) == [
        ("people", (RENAMED,)),
        ("shop", (OF_TEAM,)),
    ]
    assert spread(("shop", "people"), {"people": (RENAMED,), "shop": (OF_TEAM,)}) == [
        ("shop", ()),
        ("people", (RENAMED,)),
        ("shop", (OF_TEAM,)),
    ]


def test_models_that_cannot_be_without_each_other_are_recorded_all_the_same() -> None:
    one = "ops.CreateModel(name='A', fields=[('b', fields.ForeignKeyField('y.B'))])"
    other = "ops.CreateModel(name='B', fields=[('a', fields.ForeignKeyField('x.A'))])"
    assert spread(("x", "y"), {"x": (one,), "y": (other,)})[2:] == [("x", (one,)), ("y", (other,))]
