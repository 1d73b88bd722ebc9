"""A live database against its applied migrations, with the tools themselves."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.commands.test_pending import DIALECTS, EXAMPLES, Deployed, native  # noqa: F401


@pytest.mark.parametrize("dialect", DIALECTS)
def test_what_was_done_by_hand_is_found_and_pending_migrations_are_no_drift(
    dialect: str,
    native: Callable[[str], Deployed],  # noqa: F811
    fresh_database: Callable[[str], str],
) -> None:
    project = native(fresh_database(dialect))
    done = project.drift("gate")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "in sync" in done.stdout
    assert "not applied yet, and no drift: native.0002_names, native.0003_first_user" in done.stdout
    project.sql("ALTER TABLE users ADD COLUMN by_hand INTEGER; CREATE INDEX quick ON posts (author_id)")
    done = project.drift("gate")
    assert done.returncode == 1
    assert "users.by_hand" in done.stdout
    assert "quick of posts is extra" in done.stdout
    assert "from live to its applied migrations" in done.stdout
    assert "users.name" not in done.stdout
    assert project.drift("check", "--source", "applied", "-q").returncode == 1
    if dialect == "postgres":
        _counts_storage_where_asked(project)
    project.sql("DROP INDEX quick; ALTER TABLE users DROP COLUMN by_hand")
    assert project.call("tortoise", "migrate").returncode == 0
    done = project.drift("gate")
    assert done.returncode == 0, done.stdout
    assert "not applied yet" not in done.stdout


def _counts_storage_where_asked(project: Deployed) -> None:
    project.sql("ALTER TABLE users ALTER COLUMN email SET STORAGE EXTERNAL")
    assert "storage" not in project.drift("gate").stdout
    settings = project.folder / "pyproject.toml"
    before = settings.read_text()
    settings.write_text(f"{before}\n[tool.schemadrift]\ncolumn_storage = true\n")
    assert 'ALTER TABLE "users" ALTER COLUMN "email" SET STORAGE DEFAULT' in project.drift("gate", "-v").stdout
    settings.write_text(before)


@pytest.mark.sqlite
def test_what_cannot_be_told_is_no_go(
    native: Callable[[str], Deployed],  # noqa: F811
    fresh_database: Callable[[str], str],
) -> None:
    project = native(fresh_database("sqlite"))
    (project.folder / "native" / "migrations" / "0001_initial.py").rename(project.folder / "gone.py")
    for name in ("0002_names.py", "0003_first_user.py"):
        (project.folder / "native" / "migrations" / name).unlink()
    (project.folder / "native" / "migrations" / "0009_other.py").write_text("class Migration: ...\n")
    done = project.drift("gate")
    assert done.returncode == 2
    assert len(done.stderr.strip().splitlines()) <= 5
    assert "Traceback" not in done.stderr
    project.sql("DROP TABLE tortoise_migrations")
    assert project.drift("gate").returncode == 2


@pytest.mark.sqlite
def test_applied_migrations_of_aerich(tmp_path: Path, fresh_database: Callable[[str], str]) -> None:
    folder = tmp_path / "project"
    shutil.copytree(EXAMPLES / "aerich_migrations", folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.rmtree(folder / "migrations")
    project = Deployed(folder, fresh_database("sqlite"))
    assert project.call("aerich", "init-db").returncode == 0
    models = folder / "olden" / "models.py"
    models.write_text(
        models.read_text().replace("    name =", "    nick = fields.CharField(max_length=20, null=True)\n    name =")
    )
    assert project.call("aerich", "migrate", "--name", "nick").returncode == 0
    done = project.drift("gate")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "not applied yet, and no drift: olden.1_" in done.stdout
    project.sql("ALTER TABLE users ADD COLUMN by_hand INTEGER")
    done = project.drift("gate")
    assert done.returncode == 1
    assert "users.by_hand" in done.stdout
    assert "users.nick" not in done.stdout
