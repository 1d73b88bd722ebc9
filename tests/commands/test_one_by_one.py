"""Which changes pass a name on: every kind is known, so that none starts while its name may still be another's."""

from __future__ import annotations

import pytest

from pytest_schemadrift.commands.one_by_one import _given_up, _taken
from pytest_schemadrift.schema import changes as c
from tests.report.test_wording import SAID, kind

EXAMPLES = {type(change): change for change, _, name in sorted(SAID, key=lambda said: said[2] is not None)}
"""One of each kind, with a name where there is one."""
WITHOUT_A_NAME_OF_THE_SCHEMA = (
    c.AddColumn, c.AddEnumValue, c.DropColumn, c.CreateNamespace, c.DropNamespace, c.CreateExtension, c.DropExtension,
)  # fmt: skip
"""What they add or drop shares its name with nothing that other changes make or drop."""


@pytest.mark.parametrize("change", EXAMPLES.values(), ids=kind)
def test_what_comes_takes_a_name_and_what_goes_gives_it_up(change: c.SimpleChange) -> None:
    word = kind(change)
    counts = not isinstance(change, WITHOUT_A_NAME_OF_THE_SCHEMA)
    renamed = isinstance(change, c.RenameIndex | c.RenameConstraint)
    assert bool(_given_up(change)) == ((counts and word.startswith("Drop")) or renamed)
    assert bool(_taken(change)) == ((counts and word.startswith(("Create", "Add"))) or renamed)
