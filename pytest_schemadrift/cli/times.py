"""Times as options take them."""

from __future__ import annotations

from pytest_schemadrift.errors import ConfigurationError

_UNITS = {"ms": 0.001, "min": 60.0, "m": 60.0, "s": 1.0, "h": 3600.0}


def seconds(option: str, text: str) -> float:
    """Seconds; a bare number is of seconds. Raises ``ConfigurationError`` for what is not a time."""
    unit = next((unit for unit in _UNITS if text.endswith(unit)), "")
    try:
        return float(text.removesuffix(unit)) * _UNITS.get(unit, 1.0)
    except ValueError:
        raise ConfigurationError(
            f"{option} {text!r} is not a time", hint="write seconds, such as 5, or 500ms, 2min"
        ) from None
