"""What must be there before anything is asked of Tortoise."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pytest_schemadrift import cli
from pytest_schemadrift.errors import ConfigurationError
from pytest_schemadrift.sources.orm import version
from pytest_schemadrift.sources.orm.generator import refusal
from tests.compat.rows import ROWS


@pytest.fixture(autouse=True)
def _asked_anew() -> Iterator[None]:
    version.assert_tortoise.cache_clear()
    yield
    version.assert_tortoise.cache_clear()


@pytest.mark.parametrize("installed", ["0.19.3", "0.25.4", "1.1.9", "1.2.0rc1", "17.0", ""])
def test_a_newer_one_is_taken_as_it_is(installed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(version, "tortoise_version", lambda: installed)
    version.assert_tortoise()


@pytest.mark.parametrize("installed", ["0.19.2", "0.9", "0.19.0.dev1"])
def test_an_older_one_is_refused(installed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(version, "tortoise_version", lambda: installed)
    with pytest.raises(ConfigurationError, match=f"Tortoise ORM {installed} is too old: 0.19.3 is the oldest"):
        version.assert_tortoise()


def test_a_package_of_that_name_that_is_something_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(version, "_PARTS", ("tortoise.models", "tortoise.nothing_of_the_kind"))
    with pytest.raises(ConfigurationError, match=r"is not Tortoise ORM: it has no tortoise\.nothing_of_the_kind"):
        version.assert_tortoise()


@pytest.mark.parametrize("error", [AttributeError("no _get_table_sql"), ImportError("no Context"), TypeError("a word")])
def test_a_newer_one_that_has_something_no_longer_is_named(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(version, "tortoise_version", lambda: version.NEWEST)
    assert version.behind(error) is None
    monkeypatch.setattr(version, "tortoise_version", lambda: "1.9.0")
    found = str(version.behind(error))
    assert found.startswith(
        f"Tortoise ORM 1.9.0 is newer than {version.NEWEST}, the last that this schemadrift was tried"
    )
    assert str(error) in found
    assert version.behind(ValueError("of a model")) is None


def test_the_newest_is_the_newest_row_of_the_table() -> None:
    assert max((row.tortoise for row in ROWS), key=version.numbers) == version.NEWEST


def test_a_private_name_that_is_gone_is_no_fault_of_the_model(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a project whose Tortoise was upgraded: neither "correct the model" nor "report the traceback"."""
    monkeypatch.setattr(version, "tortoise_version", lambda: "1.9.0")
    gone = AttributeError("'SqliteSchemaGenerator' object has no attribute '_get_table_sql'")
    said = str(refusal("shop.User", gone))
    assert "Tortoise ORM 1.9.0 is newer" in said
    assert "correct the model" not in said
    assert "correct the model" in str(refusal("shop.User", ValueError("max_length")))


def test_a_command_says_that_the_package_is_something_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """``migrate`` and ``reverse`` import the first of it without asking what it is."""

    def fails(*_: object, **__: object) -> None:
        raise ModuleNotFoundError("No module named 'tortoise.models'")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(cli.cli, "main", fails)
    monkeypatch.setattr(version, "_PARTS", ("tortoise.nothing_of_the_kind",))
    with pytest.raises(SystemExit) as ended:
        cli.main(["migrate"])
    assert ended.value.code == 2
    assert "the package 'tortoise' is not Tortoise ORM" in capsys.readouterr().err
