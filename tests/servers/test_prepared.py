"""A data folder is set up once, and a set-up that fails leaves none behind."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from pytest_schemadrift.errors import ServerUnavailable
from pytest_schemadrift.servers import prepared
from pytest_schemadrift.servers.accounts import Account
from pytest_schemadrift.servers.find import Programs


def test_a_data_folder_is_set_up_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prepared, "servers_folder", lambda *_: tmp_path)
    programs = Programs(tmp_path / "bin", "16.4", "a wheel")
    calls = []

    def set_up(data: Path) -> None:
        calls.append(data)
        (data / "PG_VERSION").write_text("16")
        if len(calls) == 1:
            raise subprocess.CalledProcessError(1, "initdb", stderr="initdb: error: no space left")

    def data_of(*options: str) -> Path:
        return prepared.prepared_data("postgres", programs, list(options), Account(), set_up)

    with pytest.raises(ServerUnavailable, match="PostgreSQL could not set up a data folder: initdb: error: no space"):
        data_of("-U", "postgres")
    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == []
    folder = data_of("-U", "postgres")
    assert (folder / "PG_VERSION").read_text() == "16"
    assert data_of("-U", "postgres") == folder
    assert data_of("-U", "other") != folder
    assert len(calls) == 3
    assert not any(data.exists() for data in calls)
