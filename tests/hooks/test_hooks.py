"""The commit hooks in real Git repositories, run by the real pre-commit and prek."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from filelock import FileLock

from tests import forks

ROOT = Path(__file__).parents[2]
PUBLISHED = ("pyproject.toml", ".pre-commit-hooks.yaml", "hooks")
DOOR = ROOT / "hooks" / "schemadrift_hook.py"
TOOLS = ("pre-commit", "prek")
BARE_PATH = "/usr/bin:/bin"
BIN = Path(sys.prefix) / "bin"
MODELS = """from tortoise import fields
from tortoise.models import Model


class Customer(Model):
    id = fields.IntField(primary_key=True)
    name = fields.CharField(max_length=60)

    class Meta:
        table = "customers"
"""


def git(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"]
    return subprocess.run(
        ["git", *identity, *arguments],
        cwd=folder,
        env={**clean_environment(), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def clean_environment() -> dict[str, str]:
    """Without what an outer hook, environment or project has set."""
    left_out = ("GIT_", "PRE_COMMIT", "PREK", "VIRTUAL_ENV", "PYTEST", "COV_", "TORTOISE", "CONDA_PREFIX", "UV_PROJECT")
    return {name: value for name, value in os.environ.items() if not name.startswith(left_out)}


@pytest.fixture(scope="session")
def hooks(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> tuple[Path, str]:
    """A repository with the hooks of this tree, and its revision; one for all workers."""
    base = tmp_path_factory.getbasetemp()
    shared = (base if worker_id == "master" else base.parent) / "hooks"
    with FileLock(f"{shared}.lock"):
        if not shared.exists():
            making = shared.with_name("hooks-making")
            making.mkdir()
            for name in PUBLISHED:
                source = ROOT / name
                if source.is_dir():
                    shutil.copytree(source, making / name, ignore=shutil.ignore_patterns("__pycache__"))
                else:
                    shutil.copy(source, making / name)
            git(making, "init", "-q")
            git(making, "add", "-A")
            git(making, "commit", "-qm", "hooks")
            making.rename(shared)
    return shared, git(shared, "rev-parse", "HEAD").stdout.strip()


@pytest.fixture(scope="session")
def prefix(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment of a project: this run's own, whose Python forks what a hook lets it run (``tests/forks.py``)."""
    programs = forks.programs()
    if programs is None:
        return Path(sys.prefix)
    folder = tmp_path_factory.mktemp("prefix")
    command = programs / "modules" / "pytest_schemadrift"
    script(
        folder / "bin" / "python",
        f'test "$1" = -c || exit 1\nshift 2  # and the text that a hook gives\nexec "{command}" "$@"',
    )
    return folder


@dataclass
class Repository:
    """A project in a Git repository with the hooks installed."""

    folder: Path
    tool: str
    home: Path
    """Where the tool keeps the environments of hooks."""
    path: str = field(default_factory=lambda: os.environ["PATH"])

    def write(self, name: str, text: str) -> None:
        place = self.folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")

    def commit(self, *names: str, message: str = "change", **environment: str) -> subprocess.CompletedProcess[str]:
        """``git commit`` of these files, with the hooks; what is printed is in ``stdout``."""
        assert git(self.folder, "add", *names).returncode == 0
        done = git(
            self.folder,
            "commit",
            "-m",
            message,
            PATH=self.path,
            PRE_COMMIT_HOME=str(self.home),
            PREK_HOME=str(self.home),
            **dict.fromkeys(("PIP_NO_INDEX", "UV_NO_INDEX", "UV_OFFLINE"), "1"),  # nothing is installed for a hook
            **environment,
        )
        done.stdout += done.stderr
        return done

    @property
    def commits(self) -> int:
        return int(git(self.folder, "rev-list", "--count", "HEAD").stdout or 0)


Make = Callable[..., Repository]


@pytest.fixture
def repository(hooks: tuple[Path, str], prefix: Path, tmp_path: Path) -> Make:
    """Make a repository with a project on SQLite; its environment is ``.venv``, linked to the one of this run."""

    def make(
        *ids: str,
        tool: str = "pre-commit",
        name: str = "project",
        inside: str = "",
        environment: str = ".venv",
        url: str = "sqlite://app.db",
        args: str = "",
        settings: str = "",
    ) -> Repository:
        source, revision = hooks
        folder = tmp_path / name
        made = Repository(folder, tool, source.with_name(f"home-{tool}"))
        (folder / inside).mkdir(parents=True)
        place = f"{inside}/" if inside else ""
        made.write(f"{place}shop/__init__.py", "")
        made.write(f"{place}shop/models.py", MODELS)
        config = {"connections": {"default": url}, "apps": {"shop": {"models": ["shop.models"]}}}
        made.write(f"{place}shop/settings.py", f"TORTOISE_ORM = {config!r}\n")
        made.write(
            f"{place}pyproject.toml", f'[tool.schemadrift]\ntortoise_orm = "shop.settings.TORTOISE_ORM"\n{settings}'
        )
        entries = "".join(f"      - id: {name}\n{args}" for name in ids)
        made.write(
            ".pre-commit-config.yaml",
            f"repos:\n  - repo: {source.as_uri()}\n    rev: {revision}\n    hooks:\n{entries}",
        )
        made.write(".gitignore", ".venv\nvenv\n*.db\n__pycache__\n")
        if environment:
            (folder / inside / environment).symlink_to(prefix)
        git(folder, "init", "-q")
        git(folder, "add", "-A")
        git(folder, "commit", "-qm", "start")
        installed = subprocess.run(
            [BIN / tool, "install"], cwd=folder, env=clean_environment(), capture_output=True, text=True, check=False
        )
        assert installed.returncode == 0, installed.stdout + installed.stderr
        return made

    return make


def snapshot(made: Repository, inside: str = "") -> None:
    done = subprocess.run(
        [*forks.command("pytest_schemadrift"), "snapshot"],
        cwd=made.folder / inside,
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


WIDER = MODELS.replace("max_length=60", "max_length=90")


def test_the_manifest_is_valid() -> None:
    done = subprocess.run(
        [BIN / "pre-commit", "validate-manifest", ROOT / ".pre-commit-hooks.yaml"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("tool", TOOLS)
def test_a_clean_commit_passes_and_a_changed_model_fails_with_the_sql(tool: str, repository: Make) -> None:
    made = repository("schemadrift", tool=tool)
    snapshot(made)
    clean = made.commit("-A")
    assert clean.returncode == 0, clean.stdout
    assert "Passed" in clean.stdout
    mail = "    mail = fields.TextField(null=True)\n\n    class Meta"
    made.write("shop/models.py", MODELS.replace("    class Meta", mail))
    failed = made.commit("-A")
    assert failed.returncode == 1
    assert 'ALTER TABLE "customers" ADD COLUMN "mail" TEXT;' in failed.stdout
    assert "shop/models.py:9 (shop.Customer.mail)" in failed.stdout
    assert "schemadrift snapshot" in failed.stdout
    assert made.commits == 2


@pytest.mark.parametrize("tool", TOOLS)
def test_the_snapshot_is_rewritten_and_the_second_commit_passes(tool: str, repository: Make) -> None:
    made = repository("schemadrift-snapshot", "schemadrift", tool=tool)
    snapshot(made)
    assert made.commit("-A").returncode == 0
    made.write("shop/models.py", WIDER)
    stopped = made.commit("-A")
    assert stopped.returncode == 1
    assert "wrote schema/default.sql" in stopped.stdout
    assert "VARCHAR(90)" in (made.folder / "schema/default.sql").read_text()
    again = made.commit("-A")
    assert again.returncode == 0, again.stdout
    assert made.commits == 3


@pytest.mark.parametrize("tool", TOOLS)
def test_what_is_staged_is_judged_not_what_lies_about(tool: str, repository: Make) -> None:
    made = repository("schemadrift", tool=tool)
    snapshot(made)
    made.commit("-A")
    made.write("shop/models.py", WIDER)
    made.write("shop/other.py", "x = 1\n")
    passes = made.commit("shop/other.py")
    assert passes.returncode == 0, passes.stdout
    assert (made.folder / "shop/models.py").read_text() == WIDER
    git(made.folder, "add", "shop/models.py")
    made.write("shop/models.py", MODELS)
    failed = made.commit("shop/other.py")  # nothing new in it: the models are what is staged
    assert failed.returncode == 1
    assert "shop/models.py:7" in failed.stdout


@pytest.mark.parametrize("tool", TOOLS)
def test_a_commit_that_cannot_matter_runs_nothing(tool: str, repository: Make) -> None:
    made = repository("schemadrift", tool=tool, environment="")
    made.write("README.md", "hello\n")
    done = made.commit("README.md")
    assert done.returncode == 0, done.stdout
    assert "no files to check" in done.stdout.lower()


@pytest.mark.parametrize("tool", TOOLS)
def test_a_hook_has_no_environment(tool: str, repository: Make) -> None:
    made = repository("schemadrift-snapshot", "schemadrift", tool=tool)
    snapshot(made)
    assert made.commit("-A").returncode == 0
    assert not [path for path in made.home.rglob("*") if path.name in ("site-packages", "pyvenv.cfg")]


def test_the_door_opens_with_an_old_python(repository: Make) -> None:
    ast.parse(DOOR.read_text(), feature_version=(3, 9))
    made = repository("schemadrift", environment="", settings=f"python = '{sys.executable}' # ours\n")
    without = "import runpy, sys; sys.modules['tomllib'] = None; del sys.argv[0]; "
    without += "runpy.run_path(sys.argv[0], run_name='__main__')"
    done = subprocess.run(
        [sys.executable, "-c", without, DOOR, "snapshot"],
        cwd=made.folder,
        env={**clean_environment(), "PATH": BARE_PATH},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout.splitlines()[0]) == (0, "wrote schema/default.sql"), done.stdout + done.stderr


def test_a_bare_path_is_enough(repository: Make) -> None:
    made = repository("schemadrift")
    made.path = BARE_PATH
    snapshot(made)
    done = made.commit("-A")
    assert done.returncode == 0, done.stdout
    made.write("shop/models.py", WIDER)
    assert made.commit("-A").returncode == 1


def test_an_activated_environment_is_found_by_its_path(repository: Make) -> None:
    made = repository("schemadrift", environment="")
    made.path = f"{BIN}:{BARE_PATH}"
    snapshot(made)
    done = made.commit("-A", VIRTUAL_ENV=sys.prefix)
    assert done.returncode == 0, done.stdout


def test_the_system_twins_take_the_command_of_the_path(repository: Make) -> None:
    made = repository("schemadrift-snapshot-system", "schemadrift-system", environment="")
    made.path = f"{BIN}:{BARE_PATH}"
    made.write("shop/new.py", "")
    stopped = made.commit("-A")
    assert stopped.returncode == 1
    assert "wrote schema/default.sql" in stopped.stdout
    done = made.commit("-A")
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("tool", TOOLS)
@pytest.mark.parametrize("lock", ["", "uv.lock"])
def test_what_init_writes_runs_as_it_is(lock: str, tool: str, repository: Make, tmp_path: Path) -> None:
    made = repository(tool=tool, environment="")
    made.path = f"{BIN}:{BARE_PATH}"
    if lock:
        fake = tmp_path / "bin" / "uv"
        fake.parent.mkdir()
        fake.write_text('#!/bin/sh\n[ "$1" = run ] && shift && echo through uv && exec "$@"\n')
        fake.chmod(0o755)
        made.path = f"{fake.parent}:{made.path}"
        made.write(lock, "")
    (made.folder / ".pre-commit-config.yaml").unlink()
    written = subprocess.run(
        [*forks.command("pytest_schemadrift"), "init", "--commit-hook", "--no-ci", "--no-check"],
        cwd=made.folder,
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert written.returncode == 0, written.stderr
    made.write("shop/new.py", "")
    stopped = made.commit("-A")
    assert stopped.returncode == 1, stopped.stdout
    assert "wrote schema/default.sql" in stopped.stdout
    assert ("through uv" in stopped.stdout) == bool(lock)
    done = made.commit("-A")
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("tool", TOOLS)
def test_without_an_environment_it_says_what_was_tried(tool: str, repository: Make) -> None:
    made = repository("schemadrift", tool=tool, environment="", settings='python = "nowhere/bin/python"\n')
    made.path = BARE_PATH
    made.write("shop/new.py", "")
    done = made.commit("-A", SCHEMADRIFT_PYTHON="", CONDA_PREFIX=str(made.folder / "conda"))
    assert done.returncode == 1
    assert "exit code: 2" in done.stdout
    assert "python = 'nowhere/bin/python' of pyproject.toml (not there)" in done.stdout
    assert ".venv (not there), venv (not there)" in done.stdout
    assert "$CONDA_PREFIX (not there)" in done.stdout
    assert "to do: install it in the project's environment" in done.stdout


@pytest.mark.parametrize(
    "layout", ["venv", "setting", "variable", "conda", "uv", "pdm", "windows", "backslashes", "poetry"]
)
def test_every_layout_is_found(layout: str, repository: Make, prefix: Path, tmp_path: Path) -> None:
    place = tmp_path / "envs" / layout
    place.parent.mkdir()
    place.symlink_to(prefix)
    settings = f'python = "{place}/bin/python"\n' if layout == "setting" else ""
    if layout == "backslashes":
        settings = "python = 'tools\\Scripts\\python.exe'\n"
    made = repository("schemadrift", environment="venv" if layout == "venv" else "", settings=settings)
    made.path = BARE_PATH
    environment = {
        "variable": {"SCHEMADRIFT_PYTHON": str(place / "bin/python")},
        "conda": {"CONDA_PREFIX": str(place)},
        "uv": {"UV_PROJECT_ENVIRONMENT": str(place)},
    }.get(layout, {})
    if layout == "pdm":
        made.write(".pdm-python", f"{place}/bin/python\n")
    if layout == "windows":
        script(made.folder / ".venv/Scripts/python.exe", f'exec "{sys.executable}" "$@"')
    if layout == "backslashes":
        script(made.folder / "tools/Scripts/python.exe", f'exec "{sys.executable}" "$@"')
    if layout == "poetry":
        made.write("poetry.lock", "")
        script(tmp_path / "bin/poetry", f'[ "$*" = "env info --executable" ] && echo "{place}/bin/python"')
        made.path = f"{tmp_path / 'bin'}:{BARE_PATH}"
    snapshot(made)
    done = made.commit("-A", **environment)
    assert done.returncode == 0, done.stdout


def script(path: Path, body: str) -> None:
    path.parent.mkdir(parents=True)
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)


def test_a_worktree_uses_the_environment_of_the_main_checkout(repository: Make, tmp_path: Path) -> None:
    made = repository("schemadrift")
    made.path = BARE_PATH
    snapshot(made)
    assert made.commit("-A").returncode == 0
    other = tmp_path / "elsewhere" / "tree"
    assert git(made.folder, "worktree", "add", "-b", "side", str(other)).returncode == 0
    there = Repository(other, made.tool, made.home, BARE_PATH)
    there.write("shop/models.py", WIDER)
    failed = there.commit("-A")
    assert failed.returncode == 1
    assert "shop/models.py:7" in failed.stdout


@pytest.mark.parametrize("tool", TOOLS)
def test_a_project_in_a_folder_with_spaces_and_umlauts(tool: str, repository: Make) -> None:
    inside = "dienste/größe 'n"
    args = f'        args: [--project, "{inside}"]\n'
    made = repository("schemadrift", tool=tool, name="mein projekt ü", inside=inside, args=args)
    made.path = f"{BIN}:{BARE_PATH}" if tool == "prek" else BARE_PATH
    snapshot(made, inside)
    done = made.commit("-A")
    assert done.returncode == 0, done.stdout
    made.write(f"{inside}/shop/models.py", WIDER)
    assert made.commit("-A").returncode == 1


def test_an_unreachable_database_is_skipped_with_one_line(repository: Make) -> None:
    made = repository("schemadrift", url="asyncpg://u:secret@127.0.0.1:9/d", args="        verbose: true\n")
    made.write("shop/new.py", "")
    made.write(
        ".pre-commit-config.yaml", (made.folder / ".pre-commit-config.yaml").read_text() + "        verbose: true\n"
    )
    done = made.commit("-A")
    assert done.returncode == 0, done.stdout
    assert len([line for line in done.stdout.splitlines() if "skipped" in line]) == 1
    assert "secret" not in done.stdout


def test_conflict_markers_are_named_with_file_and_line(repository: Make) -> None:
    made = repository("schemadrift")
    snapshot(made)
    path = made.folder / "schema/default.sql"
    path.write_text(path.read_text().replace("CREATE TABLE", "<<<<<<< ours\nCREATE TABLE", 1))
    done = made.commit("-A")
    assert done.returncode == 1
    assert "conflict markers" in done.stdout and "schema/default.sql" in done.stdout
    assert "Traceback" not in done.stdout
