"""Every error that a user's mistake can cause says what to do about it."""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import pytest_schemadrift
from pytest_schemadrift.cli.group import run as run_command
from pytest_schemadrift.errors import ConfigurationError
from pytest_schemadrift.plugin.loop import LoopThread

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


@pytest.mark.parametrize("run", [run_command, LoopThread().run])
def test_code_of_the_project_cannot_end_the_process_with_a_verdict(run: Callable[[Any], object]) -> None:
    """``sys.exit(0)`` would be "in sync", and would end the plugin's loop, for which pytest would wait for ever."""

    async def prepare() -> None:
        sys.exit(0)

    with pytest.raises(ConfigurationError, match=r"own code ended the process: sys.exit\(0\)\n  where: .*test_errors"):
        run(prepare())
