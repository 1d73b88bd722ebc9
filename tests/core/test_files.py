"""A report, a snapshot or an export is there as a whole, or the one before is."""

from __future__ import annotations

import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pytest_schemadrift.core.files import write_whole

LIMIT = 1 << 20


@contextmanager
def no_room() -> Iterator[None]:
    """No file grows beyond this, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (LIMIT, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_file_is_exchanged_and_keeps_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "drift.prom"
    write_whole(path, "one \N{BULLET}")
    path.chmod(0o640)
    with path.open() as reader:
        write_whole(path, "two")
        assert reader.read() == "one \N{BULLET}", "who reads it meanwhile"
    assert (path.read_text(), path.stat().st_mode & 0o777) == ("two", 0o640)
    with no_room(), pytest.raises(OSError, match="File too large"):
        write_whole(path, "3" * (LIMIT + 1))
    assert (path.read_text(), [*tmp_path.iterdir()]) == ("two", [path])


def test_what_cannot_be_exchanged_is_written_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, link, second = (tmp_path / name for name in ("report", "link", "second"))
    path.write_text("one")
    link.symlink_to("report")
    write_whole(link, "through the link")
    assert link.is_symlink() and path.read_text() == "through the link"
    second.hardlink_to(path)
    write_whole(path, "under two names")
    assert second.read_text() == "under two names"
    second.unlink()
    write_whole(Path("/dev/null"), "nowhere")
    assert not Path("/dev/null").is_file()

    def refused(*_: object) -> int:
        raise PermissionError

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", refused)  # a file that is mounted
        write_whole(path, "mounted")
    with monkeypatch.context() as patched:
        patched.setattr(os, "open", refused)  # a folder that takes no other file
        write_whole(path, "alone")
    assert (path.read_text(), {*tmp_path.iterdir()}) == ("alone", {path, link})
