"""What must be there before anything is asked of Tortoise."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pytest_schemadrift.errors import ConfigurationError
from pytest_schemadrift.sources.orm import version


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
    with pytest.raises(ConfigurationError, match=r"is no Tortoise ORM: it has no tortoise\.nothing_of_the_kind"):
        version.assert_tortoise()
