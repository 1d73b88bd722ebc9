"""``--schema-drift-tenants``: a test for each tenant, the same on every worker, and one that fails hides no other."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from tests.plugin.conftest import DRIFT, IN_SYNC, PYPROJECT, Project, Run

TENANTS = f'{PYPROJECT}[tool.schemadrift.tenants.default]\nurls = "tenants.txt"\n'


def tenants(folder: Path, **scripts: str | None) -> None:
    """A SQLite file for each; one of ``None`` is not there."""
    lines = []
    for name, script in scripts.items():
        path = folder / f"{name}.sqlite3"
        lines.append(f"{name} = sqlite://{path}\n")
        if script is not None:
            with sqlite3.connect(path) as connection:
                connection.executescript(script)
            connection.close()
    (folder / "tenants.txt").write_text("".join(lines))


@pytest.mark.parametrize("workers", [(), ("-n", "2")])
def test_each_tenant_is_an_item_whose_id_can_be_pasted_back(
    project: Project, run: Run, workers: tuple[str, ...]
) -> None:
    folder = project(pyproject=TENANTS)
    tenants(folder, acme=IN_SYNC, globex=IN_SYNC + DRIFT, initech=IN_SYNC, gone=None)
    result = run("--schema-drift", "--schema-drift-tenants", "--schema-drift-report", "drift.html", *workers)
    result.assert_outcomes(passed=3, failed=1, errors=1)
    output = result.stdout.str()
    assert "FAILED pyproject.toml::default[globex]" in output
    assert "ERROR pyproject.toml::default[gone]" in output
    assert "there is no SQLite database" in output
    assert "next: schemadrift check --tenants" in output
    page = (folder / "drift.html").read_text()
    assert page.count("default, 2 tenants") > 0, "what is true of several is there once"
    run("--schema-drift", "--schema-drift-tenants", "pyproject.toml::default[acme]").assert_outcomes(passed=1)


def test_without_the_option_or_without_tenants_nothing_is_asked_of_them(project: Project, run: Run) -> None:
    folder = project(pyproject=TENANTS)
    tenants(folder, acme=None)
    run("--schema-drift").assert_outcomes(passed=4)
    result = run("--schema-drift", "--schema-drift-tenants", "--schema-drift-source", "snapshot")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    (folder / "pyproject.toml").write_text(PYPROJECT)
    result = run("--schema-drift", "--schema-drift-tenants")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "no connection has tenants" in result.stderr.str()
    assert 'urls = "tenants.txt"' in result.stderr.str(), "SQLite has no schemas"
