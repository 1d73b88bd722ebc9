"""Packages that come and go while a process runs, as a watch does for weeks."""

from __future__ import annotations

import importlib.metadata
import os
import shutil
from pathlib import Path

import pytest

from pytest_schemadrift.core.installed import entry_points_of


def install(folder: Path, name: str) -> None:
    metadata = folder / f"{name}-1.0.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text(f"[of_tests]\n{name} = {name}\n")
    later(folder)


def later(folder: Path) -> None:
    """The folder was changed a second after what was there before: a clock may stand still for a moment."""
    now = folder.stat().st_mtime_ns + 10**9
    os.utime(folder, ns=(now, now))


def found() -> list[str]:
    names = [point.name for point in entry_points_of("of_tests")]
    assert names == [point.name for point in importlib.metadata.entry_points(group="of_tests")]
    return names


def test_what_is_installed_is_found_at_once_and_what_is_removed_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert found() == []
    install(tmp_path / "lib", "one")
    assert found() == [], "its folder is no place of modules"
    monkeypatch.syspath_prepend(tmp_path / "lib")
    monkeypatch.syspath_prepend(tmp_path / "missing")
    assert found() == ["one"]
    install(tmp_path / "lib", "two")
    assert sorted(found()) == ["one", "two"]
    monkeypatch.syspath_prepend("")
    monkeypatch.chdir(tmp_path)
    install(tmp_path, "three")
    assert sorted(found()) == ["one", "three", "two"]
    monkeypatch.chdir(tmp_path / "lib")
    assert sorted(found()) == ["one", "two"]
    shutil.rmtree(tmp_path / "lib" / "one-1.0.dist-info")
    later(tmp_path / "lib")
    assert found() == ["two"]


def test_they_are_read_again_only_where_packages_have_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    install(tmp_path / "lib", "one")  # what is known of this process is about other places
    monkeypatch.syspath_prepend(tmp_path / "lib")
    monkeypatch.syspath_prepend(tmp_path)
    expected = importlib.metadata.entry_points()
    monkeypatch.setattr(importlib.metadata, "entry_points", lambda: asked.append(1) or expected)
    for number in range(3):
        (tmp_path / f"{number}.sqlite3").touch()
        later(tmp_path)
        entry_points_of("pytest11")
        entry_points_of("schemadrift")
    assert len(asked) == 1
