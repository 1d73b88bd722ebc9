"""A live database against its applied migrations, with the tools themselves."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_schemadrift.commands import applied
from pytest_schemadrift.dialects.base import IsKnown
from pytest_schemadrift.schema.model import Schema
from pytest_schemadrift.sources.scratch import LiveServer
from tests.commands.test_pending import EXAMPLES, Deployed, native  # noqa: F401
from tests.harness import as_role


@pytest.mark.parametrize(
    "dialect",
    [pytest.param(name, marks=getattr(pytest.mark, name)) for name in ("sqlite", "postgres", "mysql", "mariadb")],
)
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
    project.sql("ALTER TABLE users ADD COLUMN by_hand INTEGER; CREATE INDEX quick ON posts (id, author_id)")
    done = project.drift("gate")
    assert done.returncode == 1
    assert "users.by_hand" in done.stdout
    assert "quick of posts is extra" in done.stdout
    assert "from live to its applied migrations" in done.stdout
    assert "users.name" not in done.stdout
    assert project.drift("check", "--source", "applied", "-q").returncode == 1
    if dialect == "postgres":
        _counts_storage_where_asked(project)
    on_table = " ON posts" if dialect in ("mysql", "mariadb") else ""
    project.sql(f"DROP INDEX quick{on_table}; ALTER TABLE users DROP COLUMN by_hand")
    assert project.call("tortoise", "migrate").returncode == 0
    done = project.drift("gate")
    assert done.returncode == 0, done.stdout
    assert "not applied yet" not in done.stdout


@pytest.mark.sqlite
def test_what_tortoise_migrate_passes_over_for_ever_is_drift(
    native: Callable[[str], Deployed],  # noqa: F811
    fresh_database: Callable[[str], str],
) -> None:
    """Of an app without the setting nothing is ever applied: what waits is missing, and no advice to apply it helps."""
    project = native(fresh_database("sqlite"))
    settings = project.folder / "native/settings.py"
    settings.write_text(settings.read_text().replace(', "migrations": "native.migrations"', ""))
    done = project.drift("gate")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "column users.name" in done.stdout
    assert "no drift" not in done.stdout
    assert "app 'native' has no migrations setting: " in done.stdout
    write = 'write "migrations": "native.migrations" into the app \'native\' of the configuration'
    assert f"to fix it: {write}\n" in done.stdout
    assert (
        f"to fix it: {write}, then tortoise migrate; then look again"
        in project.drift("check", "--source", "live").stdout
    )
    assert f"to do: {write}, then tortoise migrate, or say " in project.drift("apply", "--yes").stderr


@pytest.mark.sqlite
def test_a_table_that_is_there_before_its_migration_is_no_stranger(
    native: Callable[[str], Deployed],  # noqa: F811
    fresh_database: Callable[[str], str],
) -> None:
    """The migration will fail on it; a table of somebody else stays unmanaged."""
    project = native(fresh_database("sqlite"))
    project.sql("CREATE TABLE audit (id INT)")
    assert project.drift("gate").returncode == 0
    project.sql("DELETE FROM tortoise_migrations")
    done = project.drift("gate")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "SD102 table users is extra" in done.stdout
    assert "ignored (unmanaged): table audit is extra" in done.stdout
    assert "to fix it: find out what created the table" in done.stdout
    assert project.call("tortoise", "migrate").returncode != 0


@pytest.mark.sqlite
def test_a_record_that_has_lost_a_migration_is_no_go(
    native: Callable[[str], Deployed],  # noqa: F811
    fresh_database: Callable[[str], str],
) -> None:
    """The tool runs it again, in a database that has had what comes after it."""
    project = native(fresh_database("sqlite"))
    assert project.call("tortoise", "migrate").returncode == 0
    project.sql("DELETE FROM tortoise_migrations WHERE name = '0001_initial'")
    done = project.drift("gate")
    assert done.returncode == 2, done.stdout + done.stderr
    told = (
        "applied migration native.0002_names depends on one that is not recorded: "
        "native.0001_initial is not in tortoise_migrations, and tortoise migrate would run it now; "
        "if what it did is there, put its row back"
    )
    assert told in " ".join(done.stdout.split())
    assert "not applied yet" not in done.stdout
    (found,) = json.loads(project.drift("gate", "--format", "json").stdout)["connections"]
    assert (found["in_sync"], found["unreadable"][0]["name"]) == (False, "native.0002_names")
    assert project.drift("check", "--source", "applied", "-q").returncode == 2
    assert project.call("tortoise", "migrate").returncode != 0
    project.sql(
        "INSERT INTO tortoise_migrations (app, name, applied_at) VALUES ('native', '0001_initial', '2026-01-01')"
    )
    assert project.drift("gate").returncode == 0


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
def test_a_migration_in_the_place_of_applied_ones_is_recorded_and_not_run(
    native: Callable[[str], Deployed],  # noqa: F811
    fresh_database: Callable[[str], str],
) -> None:
    """Tortoise (1.1.9) does not read ``replaces``: it would create the tables a second time."""
    project = native(fresh_database("sqlite"))
    folder = project.folder / "native" / "migrations"
    first, squashed, second = (folder / f"{name}.py" for name in ("0001_initial", "0001_squashed", "0002_names"))
    text = first.read_text()
    replaces = '    initial = True\n    replaces = [("native", "0001_initial"), ("native", "0001_more")]'
    squashed.write_text(text.replace("    initial = True", replaces))
    second.write_text(second.read_text().replace("0001_initial", "0001_squashed"))
    delete = "delete the files of native.0001_initial, which native.0001_squashed replaces: Tortoise runs both"
    assert f"to fix it: {delete}\n" in project.drift("check", "--source", "migrations").stdout
    first.unlink()
    record = "tortoise migrate --fake native 0001_squashed"
    earlier = f"to do: apply native.0001_more with an earlier revision, then {record}"
    assert project.drift("gate").stderr.rstrip().endswith(earlier)
    assert f"{earlier}, then tortoise migrate, or say" in project.drift("apply", "--yes").stderr
    squashed.write_text(squashed.read_text().replace(', ("native", "0001_more")', ""))
    assert f"to do: {record}\n" in project.drift("gate").stderr
    done = project.drift("check", "--source", "live")
    assert "after them: no drift is left" in done.stdout, done.stdout
    assert f"to fix it: {record} && tortoise migrate\n" in done.stdout
    assert project.call(*record.split()).returncode == 0
    done = project.drift("gate")
    assert done.returncode == 0, done.stdout + done.stderr
    assert project.call("tortoise", "migrate").returncode == 0
    assert project.drift("check", "--source", "live").returncode == 0
    squashed.write_text(text)
    done = project.drift("gate")
    assert done.returncode == 2
    assert "not on disk: native.0001_initial (recorded in tortoise_migrations)" in done.stderr
    assert done.stderr.rstrip().endswith("name it in the replaces of that one")


BRANCH = """
from tortoise import fields, migrations
from tortoise.migrations import operations as ops

class Migration(migrations.Migration):
    dependencies = [("native", "0001_initial")]
    operations = [
        ops.AddField(model_name="User", name="NAME", field=fields.CharField(default="", db_default="", max_length=50)),
    ]
"""


@pytest.mark.sqlite
def test_of_branches_side_by_side_all_that_are_applied_count(
    native: Callable[[str], Deployed],  # noqa: F811
    fresh_database: Callable[[str], str],
) -> None:
    """Neither is among what the other depends on; the later one was applied first, and its column stands first."""
    project = native(fresh_database("sqlite"))
    settings = project.folder / "pyproject.toml"
    settings.write_text(f"{settings.read_text()}\n[tool.schemadrift]\ncolumn_order = true\n")
    folder = project.folder / "native" / "migrations"
    for path in folder.glob("000[23]*.py"):
        path.unlink()
    for name in ("aa", "bb"):
        (folder / f"0002_{name}.py").write_text(BRANCH.replace("NAME", name))
    waiting = []
    for name in ("0002_bb", "0002_aa"):
        assert project.call("tortoise", "migrate", "native", name).returncode == 0
        done = project.drift("gate")
        assert done.returncode == 0, done.stdout
        waiting.append("no drift: native.0002_aa" in done.stdout)
    assert waiting == [True, False]


@pytest.mark.postgres
def test_a_role_that_may_only_read_is_enough_and_one_that_may_not_read_the_record_is_told(
    native: Callable[[str], Deployed],  # noqa: F811
    fresh_database: Callable[[str], str],
) -> None:
    project = native(fresh_database("postgres"))
    project.sql("DROP ROLE IF EXISTS only_looks; CREATE ROLE only_looks LOGIN")
    project.sql("ALTER ROLE only_looks SET default_transaction_read_only = on")
    looks = Deployed(project.folder, as_role(project.url, "only_looks"))
    done = looks.drift("gate")
    assert done.returncode == 2
    assert "the record of migrations cannot be read: PostgreSQL: permission denied" in done.stderr
    assert 'GRANT SELECT ON "tortoise_migrations"' in done.stderr
    assert "the record of migrations cannot be read" in looks.drift("apply", "--dry-run").stderr
    checked = looks.drift("check", "--source", "live", "--no-prove").stdout
    assert "migrations may wait for this database: the record of migrations cannot be read" in checked
    project.sql("GRANT SELECT ON tortoise_migrations TO only_looks")
    before = project.structure()
    assert looks.drift("gate").returncode == 0
    assert project.structure() == before


@pytest.mark.sqlite
def test_a_deployment_under_way_is_no_drift(
    native: Callable[[str], Deployed],  # noqa: F811
    fresh_database: Callable[[str], str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The record moves while the schema is read: whenever it is looked at, and only once."""
    project = native(fresh_database("sqlite"))
    read, steps = applied.dump_unless_known, ["0003_first_user", "0002_names"]

    async def meanwhile(server: LiveServer, is_known: IsKnown | None) -> tuple[str, Schema | None]:
        found = await read(server, is_known)
        if steps:
            assert project.call("tortoise", "migrate", "native", steps.pop()).returncode == 0
        return found

    monkeypatch.setattr(applied, "dump_unless_known", meanwhile)
    with monkeypatch.context() as impatient:
        impatient.setattr(applied, "_READINGS", 1)
        done = project.drift("gate")
    assert done.returncode == 2
    assert "migrations are being applied to the database right now" in done.stderr
    done = project.drift("gate")
    assert done.returncode == 0, done.stdout + done.stderr
    assert not steps and "not applied yet" not in done.stdout


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
    project.sql("ALTER TABLE users DROP COLUMN by_hand")
    assert project.call("aerich", "upgrade").returncode == 0
    models.write_text(
        models.read_text().replace("    nick =", "    town = fields.CharField(max_length=20)\n    nick =")
    )
    assert project.call("aerich", "migrate", "--name", "town").returncode == 0
    assert project.call("aerich", "upgrade").returncode == 0
    assert project.drift("gate").returncode == 0
    project.sql("DELETE FROM aerich WHERE version LIKE '1_%'")
    done = project.drift("gate")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "users.nick" in done.stdout
    assert "to fix it: find out whether the record of migrations lost a row: put it back" in done.stdout
    assert project.call("aerich", "upgrade").returncode != 0, "it runs the migration again"
