"""What failed in the suite is tried once more by itself, and what is much alike has its turn."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests import harness
from tests.harness import PLUGINS_OFF

ROOT = Path(__file__).parents[1]
UNSTEADY = """
import pathlib

def test_passes():
    pass

def test_fails_once():
    there = pathlib.Path("seen")
    seen = there.exists()
    there.touch()
    assert seen
"""


@pytest.mark.processes
@pytest.mark.parametrize(
    ("text", "code", "heard"),
    [
        (UNSTEADY, 0, "UNSTEADY"),
        (UNSTEADY + "\ndef test_fails(): assert 0\n", 1, "once more"),
        ("import pytest\n@pytest.mark.parametrize('n', range(4))\ndef test_fails(n): assert 0\n", 1, ""),
    ],
)
def test_what_fails_is_tried_once_more(text: str, code: int, heard: str, pytester: pytest.Pytester) -> None:
    test = pytester.makepyfile(text)
    pytester.makepyprojecttoml("[tool.pytest.ini_options]\n")
    program = f"import sys; sys.path.append({str(ROOT)!r}); from tests.suite import main; sys.exit(main(sys.argv[1:]))"
    found = pytester.run(sys.executable, "-c", program, *PLUGINS_OFF, "-q", test.name)
    assert found.ret == code
    said = found.stdout.str()
    assert heard in said
    assert ("once more" in said, "UNSTEADY" in said) == (bool(heard), heard == "UNSTEADY")


@pytest.mark.parametrize("number", [1, 2, 3, 4, 10])
def test_each_has_its_turn_within_three_days_and_no_day_is_without_any(
    number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    days = []
    for turn in range(739_950, 739_953):
        monkeypatch.setattr(harness, "ONE_OF", 3)
        monkeypatch.setattr(harness, "TURN", turn)
        days.append(harness.of_the_day(range(number), 3))
    assert all(days)
    assert {one for day in days for one in day} == {*range(number)}
    assert len(days[0]) <= number / 3 + 1
    assert harness.of_the_day([], 3) == []
    monkeypatch.setattr(harness, "ONE_OF", 1)
    assert harness.of_the_day(range(number), 3) == [*range(number)]


def test_a_story_is_tried_on_one_of_two_servers_and_the_next_day_on_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(harness, "EVERY_SERVER", False)
    for name in ("columns/one", "tables/two", "keys/three"):
        found = []
        for turn in (739_950, 739_951):
            monkeypatch.setattr(harness, "TURN", turn)
            found += [kind for kind in harness.ALIKE if harness.has_its_server(name, kind)]
            assert harness.has_its_server(name, "postgres")
        assert sorted(found) == ["mariadb", "mysql"]
    monkeypatch.setattr(harness, "EVERY_SERVER", True)
    assert harness.has_its_server("columns/one", "mysql") and harness.has_its_server("columns/one", "mariadb")
