"""Which Tortoise this is, and whether it is one at all."""

from __future__ import annotations

import re
import sys
from functools import cache
from importlib.util import find_spec

from pytest_schemadrift.errors import ConfigurationError

__all__ = ["NEWEST", "OLDEST", "assert_tortoise", "behind", "numbers", "tortoise_version"]

DISTRIBUTION = "tortoise-orm"
OLDEST = "0.19.3"
"""The oldest release that is tested."""
NEWEST = "1.1.9"
"""The newest release that is tested; later ones are taken as they are, and named where something goes wrong."""

_PARTS = (
    "tortoise.models",
    "tortoise.fields.relational",
    "tortoise.indexes",
    "tortoise.backends.base.schema_generator",
)
"""What every Tortoise ORM has and we need."""


def numbers(text: str) -> tuple[int, ...]:
    """``"1.1.9rc1"`` -> ``(1, 1, 9)``."""
    found = re.match(r"\d+(?:\.\d+)*", text)
    return tuple(int(part) for part in found[0].split(".")) if found else ()


def tortoise_version() -> str:
    """The version of Tortoise ORM: of the package that is loaded, else the installed one; ``""`` where none is."""
    loaded: object = getattr(sys.modules.get("tortoise"), "__version__", None)
    if isinstance(loaded, str):
        return loaded
    from importlib.metadata import PackageNotFoundError, version  # a tenth of what a guard may take

    try:
        return version(DISTRIBUTION)
    except PackageNotFoundError:
        return ""


@cache
def assert_tortoise() -> None:
    """See that the package ``tortoise`` is a Tortoise ORM that we know.

    Raises ``ConfigurationError`` in one sentence: it is missing, it is something else, or it is too old. A newer
    release than any that we know is taken as it is.
    """
    installed = tortoise_version()
    if find_spec("tortoise") is None:
        raise ConfigurationError("Tortoise ORM is not installed", hint=f"pip install {DISTRIBUTION}")
    missing = next((part for part in _PARTS if not _exists(part)), "")
    if missing:
        raise ConfigurationError(
            f"the package 'tortoise' is not Tortoise ORM: it has no {missing}",
            where=_place(),
            hint=f"uninstall what put it there, then: pip install {DISTRIBUTION}",
        )
    if installed and numbers(installed) < numbers(OLDEST):
        raise ConfigurationError(
            f"Tortoise ORM {installed} is too old: {OLDEST} is the oldest that is supported",
            hint=f"pip install '{DISTRIBUTION}>={OLDEST}'",
        )


def behind(error: BaseException) -> ConfigurationError | None:
    """What lies behind an error that nobody expected, as far as Tortoise is to blame, else ``None``.

    There is not Tortoise ORM or none that we know, or it is newer than any that was tried and has something no longer.
    """
    try:
        assert_tortoise()
    except ConfigurationError as found:
        return found
    installed = tortoise_version()
    if numbers(installed) <= numbers(NEWEST) or not isinstance(error, AttributeError | ImportError | TypeError):
        return None
    from pytest_schemadrift.core.config.tortoise import one_line

    return ConfigurationError(
        f"Tortoise ORM {installed} is newer than {NEWEST}, the last that this schemadrift was tried with: "
        f"{one_line(error)}",
        hint=f"upgrade pytest-schemadrift, or pip install '{DISTRIBUTION}<={NEWEST}'",
    )


def _exists(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except (ImportError, AttributeError, ValueError):  # of its parents
        return False


def _place() -> str:
    spec = find_spec("tortoise")
    return spec.origin or "" if spec else ""
