"""The command line on real SQLite projects: exit codes, what is printed where, and errors of at most five lines."""

from __future__ import annotations

import asyncio
import json
import os
import pty
import re
import select
import shlex
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from pytest_schemadrift.cli import cli, django_booleans, hoisted, main
from pytest_schemadrift.cli.group import FAIL_ON, exit_code
from pytest_schemadrift.cli.group import run as run_coroutine
from pytest_schemadrift.cli.listing import GROUPS
from pytest_schemadrift.commands.history import record
from pytest_schemadrift.commands.project import open_project, url_option, with_urls
from pytest_schemadrift.commands.tenants.reader import remedy_for
from pytest_schemadrift.planning.drift import Drift, Pending
from pytest_schemadrift.report.markdown import LONGEST_SUMMARY
from pytest_schemadrift.sources.database import open_server
from tests.harness import as_role, load

ROOT = Path(__file__).parents[1]
COMMAND = Path(sys.executable).with_name("schemadrift")
MODELS = """
from tortoise import fields
from tortoise.models import Model

class User(Model):
    id = fields.IntField(primary_key=True)
    email = fields.CharField(max_length=255, unique=True)
    age = fields.IntField(null=True)

    class Meta:
        table = "users"
"""
SETTINGS = """
TORTOISE_ORM = {
    "connections": {"default": "sqlite://shop.sqlite3"},
    "apps": {"shop": {"models": ["PACKAGE.models"], "default_connection": "default"}},
}
"""
IN_SYNC = (
    "CREATE TABLE users (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, email VARCHAR(255) NOT NULL UNIQUE, age INT)"
)
DRIFTED = IN_SYNC.replace(", age INT", "").replace("(255)", "(100)")


class Project:
    """A throw-away project with one SQLite database."""

    def __init__(self, folder: Path, package: str) -> None:
        self.folder, self.package = folder, package
        (folder / package).mkdir()
        (folder / package / "__init__.py").touch()
        self.write("models.py", MODELS)
        self.write("settings.py", SETTINGS.replace("PACKAGE", package))
        (folder / "pyproject.toml").write_text(
            f'[tool.schemadrift]\ntortoise_orm = "{package}.settings.TORTOISE_ORM"\n'
        )

    def write(self, name: str, text: str) -> None:
        (self.folder / self.package / name).write_text(text)

    def database(self, script: str) -> None:
        with sqlite3.connect(self.folder / "shop.sqlite3") as connection:
            connection.executescript(script)
        connection.close()


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[Project]:
    package = "shop_" + "".join(letter if letter.isalnum() else "_" for letter in request.node.name)[:60]
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TORTOISE_ORM", raising=False)
    path = list(sys.path)
    yield Project(tmp_path, package)
    sys.path[:] = path
    for name in [name for name in sys.modules if name.split(".")[0] == package]:
        del sys.modules[name]


Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    def call(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as stopped:
            main(arguments)
        out, err = capsys.readouterr()
        return int(stopped.value.code or 0), out, err

    return call


def assert_polite(result: tuple[int, str, str], *words: str) -> None:
    """Exit 2, at most five lines, no traceback, and the words that help."""
    code, out, err = result
    assert code == 2
    assert len(err.strip().splitlines()) <= 5, err
    assert "Traceback" not in err + out
    for word in words:
        assert word in err


def test_check_in_sync_exits_with_0(project: Project, run: Run) -> None:
    project.database(IN_SYNC)
    code, out, _ = run("check")
    assert code == 0
    assert "in sync (1 table" in out


def test_check_with_drift_shows_words_place_sql_and_next_command(project: Project, run: Run) -> None:
    project.database(DRIFTED)
    code, out, _ = run("check")
    assert code == 1
    assert "column users.age (INT) is missing" in out
    assert "column users.email is VARCHAR(100), should be VARCHAR(255)" in out
    assert f"{project.package}/models.py:5 (shop.User)" in out
    (rebuild,) = (line for line in out.splitlines() if "is rebuilt" in line)
    assert rebuild.startswith("    table users is rebuilt (")
    assert 'CREATE TABLE "schemadrift_new_users"' not in out, "as short as what apply shows"
    said = run("check", "-v")[1]
    assert 'CREATE TABLE "schemadrift_new_users"' in said
    assert f"({said.count(';')} statements, -v shows them)" in rebuild
    assert "proven: the fix was run on a scratch copy" in out
    assert "schemadrift apply --connection default" in out


def test_the_printed_sql_is_the_fix(project: Project, run: Run) -> None:
    project.database(DRIFTED + "; INSERT INTO users (email) VALUES ('a@b')")
    _, sql, _ = run("diff")
    with sqlite3.connect("shop.sqlite3", isolation_level=None) as connection:
        connection.executescript(sql)
        assert connection.execute("SELECT id, email, age FROM users").fetchall() == [(1, "a@b", None)]
    connection.close()
    assert run("check")[0] == 0
    assert run("diff") == (0, "", "")


def test_quiet_prints_the_verdict_alone_wherever_it_stands(project: Project, run: Run) -> None:
    project.database(DRIFTED)
    for arguments in (("-q", "check"), ("check", "-q")):
        code, out, _ = run(*arguments)
        assert code == 1
        assert len(out.splitlines()) == 1


def test_what_is_not_shown_is_not_above_and_nothing_is_counted_in_an_empty_table(project: Project, run: Run) -> None:
    project.database("CREATE TABLE users (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, fax TEXT)")
    assert "  all of it runs inside of one guarded transaction" in run("check")[1]
    assert "  the SQL above runs inside of one guarded transaction" in run("check", "-v")[1]
    out = run("apply", "--dry-run")[1]
    assert out.count("rows: no row of users was found") == 1, out
    assert "0 of 0" not in out


def test_diff_with_exit_code(project: Project, run: Run) -> None:
    project.database(DRIFTED)
    assert run("diff", "--exit-code")[0] == 1
    assert run("diff")[0] == 0


@pytest.mark.processes
def test_diff_of_two_files_needs_no_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Run) -> None:
    monkeypatch.chdir(tmp_path)
    Path("old.sql").write_text("CREATE TABLE t (a INT);")
    Path("new.sql").write_text("CREATE TABLE t (a INT, b TEXT);")
    code, out, _ = run("diff", "old.sql", "new.sql", "--dialect", "sqlite")
    assert (code, 'ALTER TABLE "t" ADD COLUMN "b" TEXT;' in out) == (0, True)
    assert run("diff", "new.sql", "new.sql", "--dialect", "sqlite") == (0, "", "")
    assert_polite(run("diff", "old.sql", "new.sql"), "--dialect")
    assert_polite(run("diff", "old.sql", "none.sql", "--dialect", "sqlite"), "there is no file 'none.sql'")
    assert_polite(run("diff", "lvie", "new.sql", "--dialect", "sqlite"), "there is no source 'lvie'", "mean 'live'?")


def test_export_is_ddl_that_sqlite_accepts(project: Project, run: Run) -> None:
    project.database(IN_SYNC)
    _, out, _ = run("export")
    connection = sqlite3.connect(":memory:")
    connection.executescript(out)
    assert connection.execute("SELECT name FROM sqlite_master WHERE name = 'users'").fetchall() == [("users",)]
    connection.close()
    code, table, _ = run("export", "users", "--format", "json")
    assert code == 0
    assert [item["name"] for item in json.loads(table)["tables"]] == [["", "users"]]
    assert_polite(run("export", "user"), "there is no table 'user'", "users")


def test_export_needs_only_a_url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Run) -> None:
    monkeypatch.chdir(tmp_path)
    with sqlite3.connect("x.sqlite3") as connection:
        connection.execute(IN_SYNC)
    connection.close()
    code, out, _ = run("--database-url", f"sqlite://{tmp_path}/x.sqlite3", "export")
    assert code == 0
    assert 'CREATE TABLE "users"' in out


def test_a_report_goes_to_a_file(project: Project, run: Run) -> None:
    project.database(DRIFTED)
    assert run("check", "--format", "json", "-o", "drift.json") == (1, "", "")
    assert json.loads(Path("drift.json").read_text())["in_sync"] is False
    assert_polite(run("check", "-o", "no/such/folder/x"), "cannot write")


def test_rename_is_proposed_and_answered(project: Project, run: Run) -> None:
    project.database(IN_SYNC.replace("email", "mail") + "; INSERT INTO users (mail) VALUES ('a@b')")
    code, out, _ = run("check")
    assert code == 1
    assert "--rename users.mail=email" in out
    code, out, _ = run("check", "--rename", "users.mail=email")
    assert "column users.mail is renamed to email" in out
    assert "DELETES_DATA" not in out
    assert_polite(run("check", "--rename", "nonsense"), "is not a rename")


def test_colour_only_where_it_is_wanted(project: Project, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    project.database(DRIFTED)
    assert "\033[" not in run("check")[1]
    assert "\033[" in run("check", "--color")[1]
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\033[" in run("check")[1]
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\033[" not in run("check")[1]


def test_explain(run: Run) -> None:
    assert "AlterColumnType" in run("explain", "sd203")[1]
    assert "backup" in run("explain", "deletes-data")[1]
    assert_polite(run("explain", "nothing-like-it"), "there is no code", "explain --all lists them")
    assert_polite(run("explain", "sd2"), "there is no code", "these begin with it: SD201, SD202, SD203")
    assert_polite(run("explain", "add-colum"), "did you mean AddColumn or DropColumn?")
    code, out, _ = run("explain", "SD203", "drops-index")
    assert code == 0
    assert [line.split(": ")[1] for line in out.splitlines() if "page: " in line] == [
        "docs/codes/SD203.md",
        "docs/hazards/DROPS_INDEX.md",
    ]
    pages = {place.stem for folder in ("codes", "hazards") for place in (ROOT / "docs" / folder).glob("*.md")}
    assert {line.split()[0] for line in run("explain", "--all")[1].splitlines()} == pages
    assert run("explain")[0] == 2


def every_command() -> list[tuple[str, click.Command]]:
    return [("", cli), *cli.every_command().items()]


def test_no_line_of_the_list_is_cut() -> None:
    grouped = [name for names in GROUPS.values() for name in names]
    assert sorted(grouped) == sorted(cli.every_command()), "each command is in one group"
    for name, command in cli.every_command().items():
        assert command.short_help, name
        assert len(command.short_help) <= 50, name
        assert command.short_help.endswith("."), name


@pytest.mark.parametrize(("name", "command"), every_command())
def test_every_option_has_a_sentence_and_its_default(name: str, command: click.Command) -> None:
    said = CliRunner().invoke(cli, [*([name] if name else []), "--help"], prog_name="schemadrift", terminal_width=100)
    assert said.exit_code == 0
    assert "..." not in said.output.replace("]...", "").replace("CODE...", "")
    assert "\u2026" not in said.output
    for option in command.params:
        if not isinstance(option, click.Option):
            continue
        words = option.help or ""
        assert words.endswith("."), (name, option.opts)
        assert words[0].isupper() or words[0] == "$", (name, option.opts)
        has_value = not option.is_flag and not option.multiple
        default = option.get_default(click.Context(command))
        if option.secondary_opts or (has_value and isinstance(default, str | float) and default != ""):
            record = option.get_help_record(click.Context(command, show_default=True))
            assert record is not None
            assert "default" in record[1], (name, option.opts)


def test_names_have_dashes_or_underscores() -> None:
    for name in cli.every_command():
        said = CliRunner().invoke(cli, [name.replace("-", "_"), "--help"])
        assert said.exit_code == 0, name
    said = CliRunner().invoke(cli, ["fix_sequence"])
    assert said.exit_code == 2
    assert "did you mean fix-sequences?" in said.output


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shells_complete_commands_and_options(shell: str, monkeypatch: pytest.MonkeyPatch, run: Run) -> None:
    monkeypatch.setenv("_SCHEMADRIFT_COMPLETE", f"{shell}_source")
    assert "_SCHEMADRIFT_COMPLETE" in run()[1]
    monkeypatch.setenv("_SCHEMADRIFT_COMPLETE", f"{shell}_complete")
    monkeypatch.setenv("COMP_WORDS", "schemadrift check --unreach" if shell != "fish" else "schemadrift check")
    monkeypatch.setenv("COMP_CWORD", "2" if shell != "fish" else "--unreach")
    assert "--unreachable" in run()[1]
    monkeypatch.setenv("COMP_WORDS", "schemadrift check --source " if shell != "fish" else "schemadrift check --source")
    monkeypatch.setenv("COMP_CWORD", "3" if shell != "fish" else "")
    said = run()[1]
    assert "snapshot" in said
    assert "" not in said.splitlines(), "zsh's script does not see an empty line"
    if shell == "fish":
        monkeypatch.setenv("COMP_WORDS", "schemadrift")
        monkeypatch.setenv("COMP_CWORD", "appl")
        assert run()[1] == "plain,apply\tFix the drift; or run a saved plan.\n", "its script ends at the second comma"


def test_a_column_that_is_not_dropped_may_have_been_renamed_to_one_unlike_it(project: Project, run: Run) -> None:
    """Below the threshold nobody is asked; who is refused is told how to say it, and the answer keeps the values."""
    there = IN_SYNC.replace("age INT", "years_since_birth INT NOT NULL")
    project.write("models.py", MODELS.replace("IntField(null=True)", "IntField()"))
    project.database(f"{there}; INSERT INTO users VALUES (1, 'a', 44)")
    out = run("apply", "--yes")[1]
    assert "looks like a rename" not in out
    (answer,) = re.findall(r"if it was renamed: (--rename \S+)", out)
    assert answer == "--rename users.years_since_birth=age"
    assert run("apply", "--yes", *answer.split())[0] == 0
    with sqlite3.connect(project.folder / "shop.sqlite3") as connection:
        assert connection.execute("SELECT age FROM users").fetchall() == [(44,)]
    connection.close()


COMPLETED = {
    "auto_m": "auto_migrate ",
    "check --verb": "check --verbose ",
    "check --source snap": "check --source snapshot ",
    "diff wan": "diff wanted.sql ",
    "explain dele": "explain DELETES_DATA ",
}
"""What was typed before Tab, and what stands there after it."""


@pytest.mark.processes
def test_tab_completes_in_a_real_bash(tmp_path: Path) -> None:
    """As docs/commands.md says: the script is loaded, and somebody types."""
    (tmp_path / "wanted.sql").touch()
    loaded = subprocess.run(
        [COMMAND],
        env={**os.environ, "_SCHEMADRIFT_COMPLETE": "bash_source"},
        capture_output=True,
        text=True,
        check=True,
    )
    (tmp_path / "bashrc").write_text(
        f"PATH={COMMAND.parent}:$PATH\n{loaded.stdout}\n" + r"""bind -x '"\C-g": printf "[%s]\n" "$READLINE_LINE"'"""
    )
    ours, theirs = pty.openpty()
    bash = subprocess.Popen(
        ["bash", "--rcfile", "bashrc", "-i"],
        cwd=tmp_path,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
        env={**os.environ, "TERM": "dumb", "HISTFILE": ""},
    )
    os.close(theirs)
    try:
        for typed, completed in COMPLETED.items():
            os.write(ours, f"schemadrift {typed}\t\x07".encode())
            seen = ""
            while not (line := re.search(r"\[(schemadrift [^]]*)\]", seen)):
                assert select.select([ours], [], [], 60)[0], seen
                seen += os.read(ours, 4096).decode()
            assert line[1] == f"schemadrift {completed}", seen
            os.write(ours, b"\x15")
    finally:
        bash.kill()
        bash.wait()
        os.close(ours)


def test_verbose_shows_the_traceback_and_keeps_the_exit_code(project: Project, run: Run) -> None:
    code, _, err = run("check", "-v", "--database-url", "asyncpg://shop:s3cret@127.0.0.1:9/shop")
    assert code == 2
    assert "Traceback" in err
    assert "s3cret" not in err


def test_an_unexpected_error_is_one_line_and_a_request(
    project: Project, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("a bug with asyncpg://shop:s3cret@host/shop")

    monkeypatch.setattr("pytest_schemadrift.commands.check_project", broken)
    result = run("check")
    assert_polite(result, "unexpected ZeroDivisionError", "report")
    assert "s3cret" not in result[2]


def test_an_interrupt_is_quiet(project: Project, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("pytest_schemadrift.commands.check_project", interrupted)
    code, out, err = run("check")
    assert (code, out, err.strip()) == (130, "", "schemadrift: interrupted")


@pytest.mark.processes
def test_a_reader_that_leaves_early_does_not_change_the_verdict(project: Project) -> None:
    project.database(DRIFTED)
    command = [sys.executable, "-m", "pytest_schemadrift", "check"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        errors = process.stderr.read()
    assert (process.returncode, errors) == (1, b"")


@pytest.mark.processes
def test_two_files_are_compared_without_importing_the_project(project: Project, run: Run) -> None:
    project.write("settings.py", "raise RuntimeError('imported')")
    Path("old.sql").write_text("CREATE TABLE t (a INT);")
    assert run("diff", "old.sql", "old.sql", "--dialect", "sqlite") == (0, "", "")


# --- from another folder ----------------------------------------------------------------------------------------------


def test_a_project_is_the_same_from_each_of_its_folders(
    project: Project, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.database(DRIFTED)
    at_home = run("check", "--no-color")
    assert at_home[0] == 1
    monkeypatch.chdir(project.folder / project.package)
    assert run("check", "--no-color") == at_home
    monkeypatch.chdir(project.folder / project.package)
    assert run("check", "--format", "concise")[1].startswith("models.py:"), "for an editor that is open here"
    monkeypatch.chdir("/")
    for folder, typed in ((project.folder / project.package, 0), (project.folder, 2)):
        there, look = ["-C", str(folder)], ["check", "--no-color"]
        code, out, _ = run(*look[:typed], *there, *look[typed:])
        assert f"--connection default {shlex.join(there)}\n" in out, "what is advised leads there, too"
        assert (code, out.replace(f" {shlex.join(there)}", ""), "") == at_home


@pytest.mark.processes
def test_paths_of_the_command_line_are_meant_from_where_one_is(
    project: Project, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.database(DRIFTED)
    inner = project.folder / project.package
    monkeypatch.chdir(inner)
    assert run("export", "-o", "live.sql")[0] == 0
    assert (inner / "live.sql").read_text() and not (project.folder / "live.sql").exists()
    monkeypatch.chdir(inner)
    assert run("diff", "live.sql", "live", "--dialect", "sqlite", "--exit-code")[:2] == (0, "")
    monkeypatch.chdir(inner)
    assert run("check", "--source", "live.sql")[0] == 1
    monkeypatch.chdir(inner)
    code, out, _ = run("export", "--database-url", "sqlite://../shop.sqlite3")
    assert code == 0
    assert out == (inner / "live.sql").read_text()
    monkeypatch.chdir(inner)
    assert run("plan", "-o", "drift.json")[0] in (0, 1)
    monkeypatch.chdir(inner)
    assert run("apply", "drift.json", "--dry-run")[0] == 1


def test_a_folder_that_is_not_there(run: Run) -> None:
    code, _, err = run("-C", "/nowhere/at/all", "check")
    assert code == 2
    assert "-C /nowhere/at/all: No such file or directory" in err


# --- bad input -------------------------------------------------------------------------------------------------------


def test_an_unknown_connection_names_the_known_ones(project: Project, run: Run) -> None:
    assert_polite(run("check", "--connection", "defualt"), "'defualt'", "default")


def test_a_source_that_is_not_there(project: Project, run: Run) -> None:
    assert_polite(run("check", "--source", "migrations"), "'default' has no migrations", "tortoise makemigrations")
    assert_polite(run("check", "--source", "migration"), "'migration'", "did you mean 'migrations'")
    known = "known are: a .sql file, a database URL, all, applied, auto, live, migrations, snapshot"
    assert_polite(run("check", "--source", "zzz"), known)


def test_the_hint_of_a_gate_is_a_command_that_works(project: Project, run: Run) -> None:
    project.database(IN_SYNC)
    result = run("gate")
    assert_polite(result, "'default' has no migrations")
    command = result[2].strip().partition("compare with the models: schemadrift ")[2].split()
    assert command[0] != "gate" and run(*command)[0] == 0


def test_a_misspelt_option_of_the_command_or_of_all_commands(run: Run) -> None:
    for wrong, hint in (
        (["check", "--databse-url", "x"], "no option '--databse-url': did you mean --database-url?"),
        (["check", "--formt", "json"], "no option '--formt': did you mean --format?"),
        (["--verbsoe", "check"], "no option '--verbsoe': did you mean --verbose or --version?"),
        (["check", "-x"], "no option '-x': schemadrift check --help lists the options"),
    ):
        code, _, err = run(*wrong)
        assert code == 2
        assert hint in err


@pytest.mark.parametrize("seconds", ["0", "-1"])
def test_a_timeout_is_more_than_nothing(project: Project, run: Run, seconds: str) -> None:
    project.database(IN_SYNC)
    code, _, err = run("check", f"--timeout={seconds}")
    assert code == 2
    assert "--timeout" in err
    assert "server" not in err, "no server was asked"


def test_no_configuration_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Run) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TORTOISE_ORM", raising=False)
    assert_polite(run("check"), "no Tortoise configuration", "pyproject.toml")


def test_an_unimportable_settings_module(project: Project, run: Run) -> None:
    project.write("settings.py", "import a_module_that_is_not_there")
    assert_polite(run("check"), "a_module_that_is_not_there")


def test_a_missing_settings_variable(project: Project, run: Run) -> None:
    assert_polite(run("--config", f"{project.package}.settings.TORTOISE", "check"), "has no TORTOISE", "TORTOISE_ORM")


def test_an_unknown_key_of_the_configuration(project: Project, run: Run) -> None:
    path = Path("pyproject.toml")
    path.write_text(path.read_text() + 'unmanged = "fail"\n')
    assert_polite(run("check"), "unmanged", "unmanaged")


def test_models_that_tortoise_refuses(project: Project, run: Run) -> None:
    project.write("models.py", MODELS + "    def __init_subclass__(cls): raise TypeError('no children')\n")
    project.write("models.py", MODELS.replace("age = fields.IntField(null=True)", 'a = fields.ForeignKeyField("x.Y")'))
    project.database(IN_SYNC)
    assert_polite(run("check"))


def test_a_missing_database_file(project: Project, run: Run) -> None:
    assert_polite(run("check"), "there is no SQLite database", "shop.sqlite3")
    assert not Path("shop.sqlite3").exists(), "a check creates nothing"


def test_a_file_that_is_no_database(project: Project, run: Run) -> None:
    Path("shop.sqlite3").write_text("this is a text, and quite a long one, certainly no SQLite database" * 20)
    assert_polite(run("check"))


def test_an_unreachable_server_is_skipped_on_request(project: Project, run: Run) -> None:
    url = "asyncpg://shop:s3cret@127.0.0.1:9/shop"
    result = run("check", "--database-url", url)
    assert_polite(result, "127.0.0.1")
    assert "s3cret" not in result[1] + result[2]
    code, out, _ = run("check", "--database-url", url, "--unreachable", "skip")
    assert code == 0
    assert "skipped" in out
    assert "in sync" not in out
    report = json.loads(run("check", "--database-url", url, "--unreachable", "skip", "--format", "json")[1])
    assert report["in_sync"] is None, "nobody knows"
    assert "127.0.0.1" in report["connections"][0]["skipped"]


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["asyncpg", "mysql"])
def test_a_server_that_hangs_times_out(project: Project, run: Run, scheme: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"{scheme}://shop:s3cret@127.0.0.1:{server.getsockname()[1]}/shop"
        result = run("check", "--database-url", url, "--timeout", "0.5")
        assert_polite(result, "127.0.0.1")
        assert "s3cret" not in result[1] + result[2]


@pytest.mark.processes
def test_a_wrong_password(project: Project, run: Run, running_server: Callable[[str], object]) -> None:
    url = str(running_server("mariadb").url)  # type: ignore[attr-defined]
    wrong = as_role(url, "nobody_at_all:s3cret")
    result = run("check", "--database-url", wrong)
    assert_polite(result, "nobody_at_all")
    assert "s3cret" not in result[1] + result[2]


@pytest.mark.processes
def test_a_broken_sql_file_is_named_with_its_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Run) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.sql").write_text("CREATE TABLE t (a INT);")
    Path("b.sql").write_text("CREATE TABLE t (a INT);\n<<<<<<< HEAD\nCREATE TABLE u (a INT);\n>>>>>>> x\n")
    assert_polite(run("diff", "a.sql", "b.sql", "--dialect", "sqlite"), "conflict", "b.sql:2")
    Path("b.sql").write_text("CREATE TABLE t (a TEXT DEFAULT 'x);\n")
    assert_polite(run("diff", "a.sql", "b.sql", "--dialect", "sqlite"), "b.sql:1", "quote")
    Path("b.sql").write_text("CREATE TABLE t (a INT,, b);\n")
    assert_polite(run("diff", "a.sql", "b.sql", "--dialect", "sqlite"))
    assert_polite(run("diff", "a.sql", "missing.sql", "--dialect", "sqlite"), "missing.sql")


HOSTILE = [
    'a"b',
    "semi;colon",
    "two  blanks",
    "ünïcödé",
    "select",
    "it's",
    "back\\slash",
    "per%cent",
    "[brackets]",
    "-- x",
]


def test_hostile_table_names_round_trip(project: Project, run: Run) -> None:
    models = ["from tortoise import fields", "from tortoise.models import Model"]
    for number, name in enumerate(HOSTILE):
        models.append(
            f"class T{number}(Model):\n    id = fields.IntField(primary_key=True)\n"
            f"    class Meta:\n        table = {name!r}\n"
        )
    project.write("models.py", "\n".join(models))
    script = [
        f'CREATE TABLE "{name.replace(chr(34), chr(34) * 2)}" (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL)'
        for name in HOSTILE
    ]
    project.database(";".join(script))
    code, out, _ = run("check")
    # Tortoise writes broken DDL for a name with a double quote: said for that table, the others are in sync
    assert code == 2
    assert 'table a"b could not be read: Tortoise' in out
    assert out.count("could not be read") == 1
    assert "SD" not in out


def test_options_may_stand_anywhere_and_take_djangos_form() -> None:
    assert hoisted(["diff", "--no-color", "--timeout=3", "a"]) == ["--no-color", "--timeout=3", "diff", "a"]
    assert hoisted(["check", "-q", "--connection", "a", "--", "-v"]) == ["-q", "--connection", "a", "check", "--", "-v"]
    assert django_booleans(["check", "--prove=False", "--color=True", "--connection=no", "--", "--prove=0"]) == [
        "check",
        "--no-prove",
        "--color",
        "--connection=no",
        "--",
        "--prove=0",
    ]
    assert django_booleans(["--no-prove=False", "--exit-code=False", "--exit-code=yes"]) == ["--prove", "--exit-code"]


@pytest.mark.processes
def test_the_version_is_printed_without_loading_anything_heavy() -> None:
    code = (
        "import sys; from pytest_schemadrift import cli\n"
        "heavy = {'tortoise', 'rich', 'asyncpg', 'asyncmy', 'aiosqlite', 'pytest'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    done = subprocess.run(
        [sys.executable, "-m", "pytest_schemadrift", "--version"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0
    assert "schemadrift" in done.stdout


@pytest.mark.processes
def test_a_check_that_is_known_to_be_in_sync_imports_nothing_that_compares(project: Project, run: Run) -> None:
    project.database(IN_SYNC)
    assert run("snapshot")[0] == 0
    code = (
        "import sys; from pytest_schemadrift.cli import main\n"
        "def imported_by(source, *names):\n"
        "    try: main(['check', '--source', source])\n"
        "    except SystemExit as end: assert end.code == 0, end.code\n"
        "    print(*{*names} & {*sys.modules}, file=sys.stderr)\n"
        "ours = 'pytest_schemadrift.'\n"
        "imported_by('snapshot', 'pluggy', ours + 'schema.model')\n"
        "compares = ours + 'schema.changes', ours + 'verify.verdict', ours + 'cli.apply'\n"
        "imported_by('all', *compares, 'importlib.metadata', 'shutil', 'pluggy')"
    )
    command = [sys.executable, "-c", code]
    first, second = (
        subprocess.run(command, check=True, cwd=project.folder, capture_output=True, text=True) for _ in range(2)
    )
    assert "in sync" in second.stdout
    assert first.stderr.split()
    assert not second.stderr.split()


@pytest.mark.parametrize(
    ("script", "any_", "missing", "destructive"),
    [
        (IN_SYNC, 0, 0, 0),
        (IN_SYNC.replace(", age INT", ""), 1, 1, 0),
        (IN_SYNC.replace("age INT", "age INT, note TEXT"), 1, 0, 1),
        (IN_SYNC.replace("(255)", "(100)"), 1, 0, 0),
        (IN_SYNC.replace("age INT", "years INT"), 1, 1, 1),
    ],
)
def test_fail_on_says_which_drift_fails(
    script: str, any_: int, missing: int, destructive: int, project: Project, run: Run
) -> None:
    project.database(script)
    for fail_on, code in (("any", any_), ("missing", missing), ("destructive", destructive)):
        assert run("check", "--no-prove", "--fail-on", fail_on)[0] == code, fail_on


@pytest.mark.slow
@pytest.mark.parametrize(
    "dialect", [pytest.param(name, marks=getattr(pytest.mark, name)) for name in ("postgres", "mysql", "mariadb")]
)
def test_fail_on_means_the_same_on_every_server(
    dialect: str, project: Project, run: Run, fresh_database: Callable[[str], str]
) -> None:
    url = fresh_database(dialect)
    assert run("migrate", "--database-url", url)[0] == 0

    def codes(script: str, *names: str) -> list[int]:
        async def work() -> None:
            async with open_server(url) as server:
                await load(server, script)

        asyncio.run(work())
        check = ("check", "--no-prove", "--database-url", url, "--fail-on")
        return [run(*check, name)[0] for name in names]

    extra = codes("ALTER TABLE users ADD COLUMN note TEXT", "missing", "destructive", "breaks-queries")
    assert extra == [0, 1, 0]
    script = "ALTER TABLE users DROP COLUMN note; ALTER TABLE users DROP COLUMN age"
    assert codes(script, "missing", "destructive", "breaks-queries") == [1, 0, 1]


@pytest.mark.parametrize("fail_on", FAIL_ON)
def test_migrations_that_wait_fail_whatever_is_to(fail_on: str) -> None:
    """What the models need may be in them: which of it, they are not asked."""
    waits = Drift("default", "sqlite", pending=Pending(("shop.0002_more",), "tortoise migrate", is_ahead=True))
    assert exit_code([waits], fail_on) == 1


@pytest.mark.parametrize(
    ("script", "codes"),
    [
        (IN_SYNC, (0, 0, 0)),
        (IN_SYNC.replace(", age INT", ""), (1, 1, 1)),
        (IN_SYNC.replace("age INT", "age INT, note TEXT"), (0, 0, 0)),
        (IN_SYNC.replace(" UNIQUE", ""), (0, 1, 1)),
    ],
)
def test_fail_on_takes_a_severity(script: str, codes: tuple[int, ...], project: Project, run: Run) -> None:
    project.database(script)
    for fail_on, code in zip(("breaks-queries", "risks-data", "costs-speed"), codes, strict=True):
        assert run("check", "--no-prove", "--fail-on", fail_on)[0] == code, fail_on


def test_a_url_of_the_environment_is_one_of_the_command_line(
    project: Project, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.database(DRIFTED)
    with sqlite3.connect("other.sqlite3") as connection:
        connection.executescript(IN_SYNC)
    connection.close()
    for name in ("SCHEMADRIFT_DATABASE_URL", "SCHEMADRIFT_DATABASE_URL_DEFAULT"):
        with monkeypatch.context() as patch:
            patch.setenv(name, "sqlite://other.sqlite3")
            assert run("check")[0] == 0
            assert run("check", "--database-url", "sqlite://shop.sqlite3")[0] == 1
            patch.setenv(name, "sqlite://shop.sqlite3")
            out = run("check")[1] + run("plan", "-o", "drift.plan.json")[1]
            assert "to fix it: schemadrift apply --connection default\n" in out, "it is still set then"
            assert "to run it: schemadrift apply drift.plan.json\n" in out
    monkeypatch.setenv("SCHEMADRIFT_DATABASE_URL_OTHER", "sqlite://other.sqlite3")
    assert_polite(run("check"), "'OTHER'")
    monkeypatch.delenv("SCHEMADRIFT_DATABASE_URL_OTHER")
    monkeypatch.setenv("SCHEMADRIFT_DATABASE_URL", "default=sqlite://other.sqlite3")
    assert_polite(run("check"), "set SCHEMADRIFT_DATABASE_URL_DEFAULT to the URL alone")


TWO_CONNECTIONS = """
TORTOISE_ORM = {{
    "connections": {{"default": "sqlite://default.sqlite3", "audit": "sqlite://audit.sqlite3"}},
    "apps": {{
        "shop": {{"models": ["{package}.models"], "default_connection": "audit"}},
    }},
}}
"""


def test_a_url_without_a_name_is_for_the_connection_that_was_chosen(project: Project, run: Run) -> None:
    """It was for ``default``, so that ``apply --connection audit`` changed the configured database."""
    project.write("settings.py", TWO_CONNECTIONS.format(package=project.package))
    for name in ("default", "audit", "copy"):
        with sqlite3.connect(f"{name}.sqlite3") as connection:
            connection.executescript(DRIFTED)
        connection.close()
    _, out, err = run("--connection", "audit", "--database-url", "sqlite://copy.sqlite3", "apply", "--yes")
    assert "copy.sqlite3" in out, err
    assert "audit.sqlite3" not in out
    for name, columns in (("default", 2), ("audit", 2), ("copy", 3)):
        with sqlite3.connect(f"{name}.sqlite3") as connection:
            found = connection.execute("SELECT count(*) FROM pragma_table_info('users')").fetchone()
        connection.close()
        assert found == (columns,), name
    several = run(
        "--connection", "audit", "--connection", "default", "--database-url", "sqlite://copy.sqlite3", "check"
    )
    assert_polite(
        several, "--database-url names no connection, and there are several: write audit=sqlite://copy.sqlite3"
    )


@pytest.mark.parametrize(("value", "words"), [("", "is empty"), ("s3cret", "is not a URL")])
def test_a_wrong_url_of_the_environment_is_named_by_its_variable(
    value: str, words: str, project: Project, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.database(IN_SYNC)
    monkeypatch.setenv("SCHEMADRIFT_DATABASE_URL", value)
    code, out, err = run("check")
    assert code == 2
    assert f"$SCHEMADRIFT_DATABASE_URL {words}" in err
    assert "s3cret" not in out + err


def test_a_job_summary_is_appended_where_the_job_has_one(
    project: Project, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.database(DRIFTED)
    summary = project.folder / "summary.md"
    summary.write_text("before\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    assert run("check", "-q")[0] == 1
    text = summary.read_text()
    assert text.startswith("before\n## Schema drift\n")
    assert "**SD201** column users.age (INT) is missing" in text
    assert "```sql" in text
    room = len(text.removeprefix("before\n").encode())
    summary.write_text("x" * (LONGEST_SUMMARY - room))
    assert run("check", "-q")[0] == 1
    assert summary.stat().st_size == LONGEST_SUMMARY, "all that there is room for"
    summary.write_text("x" * (LONGEST_SUMMARY - room + 1))
    assert run("check", "-q")[0] == 1
    text = summary.read_text()
    assert len(text.encode()) <= LONGEST_SUMMARY and "**SD201** column users.age (INT) is missing" in text
    assert "```sql" not in text and "The SQL is too long for a summary: `schemadrift check` prints it." in text
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(project.folder / "nowhere" / "summary.md"))
    code, _, err = run("check", "-q")
    assert code == 1
    assert "no job summary" in err


class Spelled:
    """Counts how often its ``repr`` is asked for."""

    count = 0

    def __repr__(self) -> str:
        type(self).count += 1
        return "spelled"


def test_running_a_coroutine_does_not_spell_out_its_result() -> None:
    async def work() -> Spelled:
        return Spelled()

    assert isinstance(run_coroutine(work()), Spelled)
    assert Spelled.count == 0

    async def fail() -> None:
        raise LookupError("as it is")

    with pytest.raises(LookupError, match="as it is"):
        run_coroutine(fail())


@pytest.mark.slow
def test_the_history_of_a_drift(project: Project, run: Run) -> None:
    def look(script: str, hour: int) -> None:
        (project.folder / "shop.sqlite3").unlink(missing_ok=True)
        project.database(script)
        run("check", "--no-prove", "--record", "runs.jsonl")
        lines = (project.folder / "runs.jsonl").read_text().splitlines()
        lines[-1] = re.sub(r'"time": "[^"]+"', f'"time": "2026-01-01T{hour:02d}:00:00+00:00"', lines[-1])
        (project.folder / "runs.jsonl").write_text("".join(f"{line}\n" for line in lines))

    without = IN_SYNC.replace(", age INT", "")
    for hour, script in enumerate([IN_SYNC, without, without, DRIFTED, IN_SYNC, without]):
        look(script, hour)
    with (project.folder / "runs.jsonl").open("a") as file:
        file.write('{"version": 1, "ti')  # killed meanwhile
    code, out, _ = run("history", "runs.jsonl")
    assert (code, out.splitlines()) == (
        0,
        [
            "default (live): SD201 column users.age (INT) is missing (breaks-queries)",
            "  seen at 2026-01-01T01:00:00+00:00, not there at 2026-01-01T00:00:00+00:00; "
            "gone at 2026-01-01T04:00:00+00:00, last seen at 2026-01-01T03:00:00+00:00",
            "default (live): SD203 column users.email is VARCHAR(100), should be VARCHAR(255) (harmless)",
            "  seen at 2026-01-01T03:00:00+00:00, not there at 2026-01-01T02:00:00+00:00; "
            "gone at 2026-01-01T04:00:00+00:00, last seen at 2026-01-01T03:00:00+00:00",
            "default (live): SD201 column users.age (INT) is missing (breaks-queries)",
            "  seen at 2026-01-01T05:00:00+00:00, not there at 2026-01-01T04:00:00+00:00; "
            "still there at 2026-01-01T05:00:00+00:00",
            "6 runs, 3 drifts, 1 still there, 1 line could not be read",
        ],
    )
    lines = (project.folder / "runs.jsonl").read_text().splitlines()
    (project.folder / "other.jsonl").write_text(
        "\n".join([*lines[3:], '{"version": 1, "time": "soon", "connections": {}}', *lines[:3]])
    )
    back = "1 run earlier than the one before in the file: put together from several files, or written while a clock"
    assert run("history", "other.jsonl")[1] == out.replace("1 line could", "2 lines could") + f"{back} was set back\n"
    run("check", "--no-prove", "--record", "runs.jsonl")  # the line that was half written stays alone
    code, out, _ = run("history", "runs.jsonl")
    assert out.endswith("7 runs, 3 drifts, 1 still there, 1 line could not be read\n")
    *still, unread = run("-q", "history", "runs.jsonl")[1].splitlines()
    assert len(still) == 2 and "still there" in still[1] and unread == "1 line could not be read"


def test_a_history_that_somebody_else_wrote_is_shown_or_counted(project: Project, run: Run) -> None:
    def line(what: str, at: str = "2026-01-01T00:00:00+00:00", time: str = "2026-01-01T00:00:00+00:00") -> str:
        known = [{"of": "users", "at": at, "by": "eve"}]
        change = {"what": what, "severity": "harmless", "last_changes": known}
        return json.dumps({"version": 1, "time": time, "connections": {"shop": {what: change}}})

    path = project.folder / "runs.jsonl"
    path.write_text(
        "\n".join(
            [
                line("\x1b[31mred\nshop: nothing", time="2026-01-01\x1b00:00:00"),
                line("half \ud83d of it"),
                line("ever", at="0001-01-01T00:00:00+14:00"),
            ]
        )
    )
    code, out, _ = run("history", "runs.jsonl")
    assert (code, out.splitlines()[::2]) == (
        0,
        [
            "shop: \\x1b[31mred\\nshop: nothing (harmless)",
            "shop: half \\ud83d of it (harmless)",
            "2 runs, 2 drifts, 1 still there, 1 line could not be read",
        ],
    )
    assert "\x1b" not in out


@pytest.mark.parametrize("file", ["/dev/full", "pipe", "."])
def test_a_record_that_cannot_be_written_hides_no_report(project: Project, run: Run, file: str) -> None:
    project.database(DRIFTED)
    os.mkfifo(project.folder / "pipe")
    code, out, err = run("check", "--no-prove", "--format", "concise", "--record", file)
    assert (code, "SD201" in out) == (2, True)
    assert f"cannot write {file}: " in err and "None" not in err


def test_a_run_that_could_not_look_ends_no_drift(project: Project, run: Run, tmp_path: Path) -> None:
    when = datetime.now(UTC) + timedelta(hours=1)
    project.database(DRIFTED)
    run("check", "--no-prove", "--record", "runs.jsonl")
    record([Drift("default", "sqlite", skipped="skipped: nobody answered")], tmp_path / "runs.jsonl", when)
    assert run("history", "runs.jsonl")[1].endswith("2 runs, 2 drifts, 2 still there\n")
    record([Drift("default", "sqlite")], tmp_path / "runs.jsonl", when)
    assert run("history", "runs.jsonl")[1].endswith("3 runs, 2 drifts, 0 still there\n")
    assert run("-q", "history", "runs.jsonl")[1] == ""


def test_a_history_that_is_not_there(project: Project, run: Run) -> None:
    code, _, err = run("history", "none.jsonl")
    assert code == 2
    assert "cannot read none.jsonl" in err
    code, _, err = run("history", "pyproject.toml")
    assert code == 2
    assert "pyproject.toml has no run of a check" in err


def test_a_history_of_a_newer_version_is_not_told_in_part(project: Project, run: Run) -> None:
    run_of = (
        '{"version": 1, "time": "2026-01-01T00:00:00+00:00", "connections": {"default (live)": {"f": {"what": %s}}}}'
    )
    odd = run_of.replace("%s", '5, "severity": "harmless"')
    path = project.folder / "runs.jsonl"
    path.write_text(f"{odd}\n" + odd.replace('{"f": {"what": 5, "severity": "harmless"}}', "{}") + "\n")
    code, out, _ = run("history", "runs.jsonl")
    assert (code, out) == (0, "1 run, 0 drifts, 0 still there, 1 line could not be read\n")
    with path.open("a") as file:
        file.write(odd.replace('"version": 1', '"version": 2') + "\n")
    code, out, err = run("history", "runs.jsonl")
    assert (code, out) == (2, "")
    assert "runs.jsonl has runs of a newer schemadrift" in err


def test_advice_names_the_database_that_was_looked_at(project: Project, run: Run, tmp_path: Path) -> None:
    project.database(IN_SYNC)
    other = tmp_path / "the other.sqlite3"
    with sqlite3.connect(other) as connection:
        connection.executescript(DRIFTED)
    connection.close()
    url = f"--database-url=sqlite://{other}"
    for form in ("text", "markdown"):
        code, out, _ = run("check", url, "--format", form)
        (advised,) = re.findall(r"[tT]o fix it: `?(schemadrift apply [^`\n]*)", out)
        assert code == 1
        assert shlex.split(advised)[1:] == ["apply", "--connection", "default", *url.split("=", 1)], form
    _, out, _ = run("plan", url, "-o", "plan.json")
    (to_run,) = re.findall(r"to run it: (schemadrift apply .*)", out)
    assert shlex.split(to_run)[1:] == ["apply", "plan.json", *url.split("=", 1)]
    assert run(*shlex.split(advised)[1:], "--yes")[0] == 0
    assert run("check", url)[0] == 0


def test_advice_has_no_password(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(project.folder)
    named = with_urls(open_project(), (("", "postgres://app:s3cret@db/shop?sslmode=require"),))
    option = named.tortoise.connection("default").option
    assert option == '--database-url "$SCHEMADRIFT_DATABASE_URL"', "which works as typed once that is set"
    assert (
        url_option("the-reports", "mysql://a:b@db/x")
        == '--database-url the-reports="$SCHEMADRIFT_DATABASE_URL_THE_REPORTS"'
    )
    waiting = Drift("default", "postgres", named_by=option, pending=Pending(("0002",), "tortoise migrate"))
    with pytest.raises(AssertionError, match=r"migrate, with the URL of --database-url .\$SCHEMADRIFT_DATABASE_URL"):
        waiting.assert_none()
    assert remedy_for(["acme"], option) == f"schemadrift apply --tenant acme {option} --yes"
    assert remedy_for(["a*", "b c"], "") == "schemadrift apply --tenant 'a[*]' --tenant 'b c' --yes"


@pytest.mark.postgres
def test_a_schema_that_is_not_there_is_told_before_anything_is_planned(
    project: Project, run: Run, fresh_database: Callable[[str], str]
) -> None:
    """PostgreSQL takes any search path; a scratch copy, whose schemas are ours, proved a plan that could not run."""
    url = fresh_database("postgres")
    nowhere = f"{url}{'&' if '?' in url else '?'}schema=Nope"
    for command in (["check"], ["plan"], ["apply", "--yes"], ["migrate"]):
        assert_polite(run(*command, "--database-url", nowhere), "there is no schema nope", "CREATE SCHEMA nope")
    execute(url, "CREATE SCHEMA nope; CREATE ROLE stranger_of_nope LOGIN")
    try:
        theirs = as_role(nowhere, "stranger_of_nope")
        assert_polite(run("check", "--database-url", theirs), "GRANT USAGE ON SCHEMA nope")
        execute(url, "REVOKE ALL ON SCHEMA public FROM PUBLIC")
        plain = as_role(url, "stranger_of_nope")  # whose search path begins with "$user"
        assert_polite(run("check", "--database-url", plain), "GRANT USAGE ON SCHEMA public")
    finally:
        execute(url, "DROP ROLE stranger_of_nope")
    assert run("apply", "--yes", "--database-url", nowhere)[0] == 0


@pytest.mark.postgres
def test_a_search_path_of_nothing_is_enough_where_every_model_names_its_schema(
    project: Project, run: Run, fresh_database: Callable[[str], str]
) -> None:
    url = fresh_database("postgres")
    project.write("models.py", MODELS.replace('table = "users"', 'table = "users"\n        schema = "shop"'))
    nowhere = f"{url}{'&' if '?' in url else '?'}schema=nope"
    assert run("apply", "--yes", "--database-url", nowhere)[0] == 0
    assert run("check", "--database-url", nowhere)[0] == 0


def execute(url: str, script: str) -> None:
    async def work() -> None:
        async with open_server(url) as server:
            await load(server, script)

    run_coroutine(work())
