"""Files that somebody may have written, nested deeper than Python reads: each is as good as any other damaged file."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_schemadrift.cli.merge import _read as read_report
from pytest_schemadrift.commands.history import read_history
from pytest_schemadrift.commands.plans import read_plan_file
from pytest_schemadrift.commands.tenants.journal import open_journal
from pytest_schemadrift.commands.watch.answer import Remembered, remembered
from pytest_schemadrift.core.config.tortoise import _read_config_file as read_settings
from pytest_schemadrift.errors import ConfigurationError
from pytest_schemadrift.guard import _was_in_order

DEEP = "[" * 200_000


@pytest.fixture
def deep(tmp_path: Path) -> Path:
    path = tmp_path / "deep.json"
    path.write_text(DEEP)
    path.chmod(0o600)
    return path


@pytest.mark.parametrize("read", [read_report, read_plan_file, read_settings, read_history])
def test_what_somebody_names_is_refused(deep: Path, read: Callable[[object], object]) -> None:
    with pytest.raises(ConfigurationError, match=r"nested too deep|has no run of a check"):
        read(str(deep) if read is read_report else deep)


def test_what_we_keep_is_as_good_as_none(deep: Path) -> None:
    assert not _was_in_order(deep, "digest", time.time())
    assert remembered(deep) == Remembered()
    with open_journal(deep, resume=True, aims={}) as journal:
        assert journal is not None


def test_a_folder_in_the_place_of_the_guards_file_tells_nothing(tmp_path: Path) -> None:
    assert not _was_in_order(tmp_path, "digest", time.time())
