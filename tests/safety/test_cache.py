"""What is kept from run to run: it executes nothing, and another user's files are none."""

from __future__ import annotations

import os
import pickle
import stat
from pathlib import Path

import pytest

from pytest_schemadrift.core import cache
from pytest_schemadrift.core.cache import cached, key_of
from pytest_schemadrift.core.private import read_private, write_private
from pytest_schemadrift.schema.model import STORED, Name, Schema, Table

WRITTEN = Schema("sqlite", (Table(Name("", "written"), ()),))
COMPUTED = Schema("sqlite", (Table(Name("", "computed"), ()),))
tried = pytest.mark.tried("files that another user put into the cache")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SCHEMADRIFT_VALUE_CACHE_DIR", str(tmp_path))
    return tmp_path


def value() -> Schema:
    return cached("kind", key_of("text"), STORED, lambda: COMPUTED)


def written(folder: Path) -> Path:
    """The cache as an earlier run left it."""
    cached("kind", key_of("text"), STORED, lambda: WRITTEN)
    [path] = (folder / "kind").iterdir()
    return path


class Touches:
    """Leaves a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> object:
        return Path.touch, (self.path,)


def test_a_value_of_our_own_is_read(folder: Path) -> None:
    path = written(folder)
    assert value() == WRITTEN
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


@tried
def test_what_is_found_there_is_never_executed(folder: Path) -> None:
    path, proof = written(folder), folder / "executed"
    content = pickle.dumps(Touches(proof))
    for name in (path, path.with_suffix(".pickle")):
        write_private(name, content)
    assert value() == COMPUTED
    assert not proof.exists()
    pickle.loads(content)
    assert proof.exists()  # it would have been


@tried
@pytest.mark.parametrize("damage", ["half", "nothing", "one letter", "another key", "another kind"])
def test_a_file_that_is_not_what_was_stored_under_its_name_is_none(folder: Path, damage: str) -> None:
    path = written(folder)
    content = path.read_bytes()
    if damage == "another key":
        cached("kind", key_of("other"), STORED, lambda: WRITTEN)
        path = next(item for item in (folder / "kind").iterdir() if item != path).replace(path)
    elif damage == "another kind":
        cached("other", key_of("text"), STORED, lambda: WRITTEN)
        (folder / "other" / path.name).replace(path)
    else:
        changed = {"half": content[: len(content) // 2], "nothing": b"", "one letter": content.replace(b"tt", b"th")}
        write_private(path, changed[damage])
    assert path.read_bytes() != content
    assert value() == COMPUTED
    assert value() == COMPUTED
    assert path.read_bytes() != content


@tried
@pytest.mark.parametrize("mode", [0o644, 0o640, 0o666, 0o604])
def test_what_a_checkout_or_an_archive_brought_along_is_not_read(folder: Path, mode: int) -> None:
    path = written(folder)
    path.chmod(mode)
    assert value() == COMPUTED
    assert value() == COMPUTED
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@tried
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_file_of_another_user_is_not_read_and_a_folder_not_written(folder: Path) -> None:
    path = written(folder)
    os.chown(path, 1, 1)
    assert value() == COMPUTED
    for foreign in (path.parent, folder):
        written(folder)
        os.chown(foreign, 1, 1)
        before = path.read_bytes()
        path.chmod(0o644)
        assert value() == COMPUTED
        assert path.read_bytes() == before
        os.chown(foreign, 0, 0)


@tried
def test_a_link_or_a_pipe_is_not_followed(folder: Path) -> None:
    path = written(folder)
    elsewhere = folder / "elsewhere"
    path.rename(elsewhere)
    path.symlink_to(elsewhere)
    assert value() == COMPUTED
    path.unlink()
    os.mkfifo(path, 0o600)
    assert read_private(path) is None
    assert value() == COMPUTED


def test_the_key_changes_with_every_source_of_the_package(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A checkout is asked file by file, an installed package for the one file that its installation wrote."""

    def stamp() -> str:
        cache._code_stamp.cache_clear()
        return cache._code_stamp()

    package = tmp_path / "pytest_schemadrift"
    (package / "core").mkdir(parents=True)
    (package / "planning").mkdir()
    for name in ("core/cache.py", "planning/diff.py"):
        (package / name).write_text("")
        os.utime(package / name, (1, 1))
    monkeypatch.setattr(cache, "__file__", str(package / "core" / "cache.py"))
    try:
        before = stamp()
        os.utime(package / "planning" / "diff.py", (2, 2))
        assert stamp() != before
        record = tmp_path / "pytest_schemadrift-9.9.9.dist-info" / "RECORD"
        record.parent.mkdir()
        record.write_text("")
        installed = stamp()
        assert "9.9.9" in installed
        os.utime(package / "planning" / "diff.py", (3, 3))
        assert stamp() == installed
        os.utime(record, (4, 4))
        assert stamp() != installed
    finally:
        cache._code_stamp.cache_clear()
