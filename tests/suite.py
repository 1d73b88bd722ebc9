"""The whole suite, and once more by itself what failed in it.

``python -m tests.suite ARGUMENTS…`` takes pytest's arguments and ends with its exit code. Many processes, four
servers and whatever else the machine does run beside each test. One that fails there and passes alone is printed in red
as unsteady: that is a fault, of the test or of the code, but it does not say that the change under test broke something
(as ``--rerun`` of CPython's suite). Where more than ``FEW`` failed there is no second run.
"""

from __future__ import annotations

import subprocess
import sys

import pytest

FEW = 3


class Failures:
    """Hears which tests failed, in their setup and teardown too."""

    def __init__(self) -> None:
        self.names: dict[str, None] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.names[report.nodeid] = None


def main(arguments: list[str]) -> int:
    """The exit code: that of the second run where there is one."""
    failures = Failures()
    code = int(pytest.main(arguments, plugins=[failures]))
    if code != pytest.ExitCode.TESTS_FAILED or not 1 <= len(failures.names) <= FEW:
        return code
    print("\nonce more, alone:", *failures.names, sep="\n  ", flush=True)
    code = subprocess.run([sys.executable, "-m", "pytest", "-q", *failures.names], check=False).returncode
    if code == 0:
        red, plain = ("\033[31m", "\033[0m") if sys.stdout.isatty() else ("", "")
        print(
            f"{red}UNSTEADY, failed among the others and passed alone:", *failures.names, sep="\n  ", end=f"{plain}\n"
        )
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
