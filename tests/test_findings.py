"""The findings are run by hand (`make findings`); here, only that each keeps the rules of findings/README.md."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent.parent / "findings"
SCRIPTS = sorted(FOLDER.glob("*.sh"))

pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="the source distribution has no findings")


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_a_finding_says_what_it_saw_and_cleans_up(script: Path) -> None:
    text = script.read_text(encoding="utf-8")
    head = re.match(r"#!/usr/bin/env bash\n((?:#.*\n)+)", text)
    assert head is not None, "a head comment follows the first line"
    for part in ("Version", "Behaviour", "Output"):
        assert re.search(rf"^# {part}: +\S", head[1], re.MULTILINE), f"the head comment says no {part.lower()}"
    assert os.access(script, os.X_OK), "it is not executable"
    assert "mktemp -d" in text
    assert re.search(r"^trap .*rm -rf .*EXIT$", text, re.MULTILINE), "a trap removes the temp folder"
    pinned = r"\bpip\b.* [A-Za-z0-9._-]+==\d|\bnpm install\b.* \S+@\d|^package=\S+ version=\d"
    assert re.search(pinned, text, re.MULTILINE), "a package is pinned"
    assert "schemadrift" not in text, "a finding runs without our package"


def test_the_list_names_every_finding_once() -> None:
    listed = re.findall(r"^\| \[([a-z0-9-]+)\]", (FOLDER / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(listed) == [script.stem for script in SCRIPTS]
