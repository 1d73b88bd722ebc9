"""What failed in the suite is tried once more by itself."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

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
