"""Every error that a user's mistake can cause says what to do about it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import pytest_schemadrift

PACKAGE = Path(pytest_schemadrift.__file__).parent
FOR_USERS = {
    *("Busy", "ConfigurationError", "ConnectionFailed", "DDLSyntaxError", "DriverMissing", "ModelsUnavailable"),
    *("ServerUnavailable", "StalePlan"),
}
"""Those that name something a user wrote, set or started; the others are reasons that a report shows."""


@pytest.mark.slow
def test_each_says_what_to_do() -> None:
    silent = [
        f"{path.relative_to(PACKAGE)}:{call.lineno}: {ast.unparse(call)[:80]}"
        for path in sorted(PACKAGE.rglob("*.py"))
        for call in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in FOR_USERS
        if "hint" not in {keyword.arg for keyword in call.keywords}
    ]
    assert not silent, "\n".join(silent)
