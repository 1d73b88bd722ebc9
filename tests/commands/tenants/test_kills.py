"""``apply --tenants`` is killed again and again; the attack by itself is ``python -m tests.commands.tenants.kills``."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.harness import ONE_OF

ROOT = Path(__file__).parents[3]


@pytest.mark.processes
@pytest.mark.skipif(ONE_OF > 1, reason="twenty kills take up to a minute: make test ALL=1")
@pytest.mark.parametrize(
    "tenants",
    [
        "sqlite 20",
        pytest.param("schemas 20", marks=pytest.mark.postgres),
        pytest.param("pooled 20", marks=pytest.mark.postgres),
        pytest.param("postgres 20 4 processes", marks=pytest.mark.postgres),
        pytest.param("mysql 20", marks=pytest.mark.mysql),
        pytest.param("mariadb 20", marks=pytest.mark.mariadb),
    ],
)
def test_whoever_is_killed_loses_no_row_and_every_resume_is_complete(tenants: str) -> None:
    attack = [sys.executable, "-m", "tests.commands.tenants.kills", *tenants.split()]
    done = subprocess.run(attack, cwd=ROOT, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr
    assert "killed 20 times" in done.stdout
