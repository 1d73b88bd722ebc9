"""``--schema-drift-report``: one HTML page for all of the run."""

from __future__ import annotations

import pytest

from tests.plugin.conftest import DRIFT, IN_SYNC, PYPROJECT, Project, Run


@pytest.mark.parametrize("workers", [(), ("-n", "2")])
def test_the_page_is_written_once_with_all_that_was_found(workers: tuple[str, ...], project: Project, run: Run) -> None:
    path = project(IN_SYNC + DRIFT)
    result = run("--schema-drift", "--schema-drift-report", "out/drift.html", *workers)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["schema drift report: *out/drift.html"])
    assert result.stdout.str().count("schema drift report:") == 1
    (page,) = (path / "out").iterdir()
    text = page.read_text(encoding="utf-8")
    assert "column users.age (INT) is extra" in text
    assert "app/models.py:" in text
    assert text.count("<h1>") == 1


def test_an_ini_key_names_it_from_the_root_folder(project: Project, run: Run) -> None:
    path = project(pyproject=PYPROJECT + '[tool.pytest.ini_options]\nschema_drift_report = "drift.html"\n')
    assert run("--schema-drift", "tests").ret == pytest.ExitCode.OK
    assert "everything is in sync" in (path / "drift.html").read_text(encoding="utf-8")


def test_without_items_of_ours_nothing_is_written(project: Project, run: Run) -> None:
    path = project(IN_SYNC + DRIFT)
    assert run("--schema-drift-report", "drift.html").ret == pytest.ExitCode.OK
    assert not (path / "drift.html").exists()
