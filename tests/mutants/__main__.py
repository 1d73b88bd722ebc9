"""``make mutants``: how many of a sample of mutants the fast tests notice, and which they do not.

``python -m tests.mutants [--sample N] [--seed N] [--only WORD] [--write FILE]``. A mutant lives in the memory of a
forked process alone: no file is changed. The suite's tests with a server are not asked, so that what is listed as a
survivor may still be noticed there; docs/mutants.md says what was run and what became of each survivor.
"""

from __future__ import annotations

import ast
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import os
import random
import signal
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

import click

from tests.mutants.mutate import Mutant, mutants

ROOT = Path(__file__).parents[2]
PACKAGE = "pytest_schemadrift"
_SQLITE = ["tests/test_cases.py", "tests/dialects/sqlite/test_rebuild.py", "tests/safety/test_analyzed.py"]
TARGETS: dict[str, list[str]] = {
    "dialects/sqlite/write/rebuild.py": _SQLITE,
    "dialects/sqlite/write/frame.py": _SQLITE,
    "dialects/sqlite/write/render.py": _SQLITE,
    "dialects/sqlite/write/definitions.py": _SQLITE,
    "planning/order.py": ["tests/planning/test_order.py", *_SQLITE],
    "planning/phases.py": ["tests/planning/test_order.py", *_SQLITE],
    "planning/renames.py": ["tests/planning/test_renames.py"],
    "planning/safe_mode.py": ["tests/planning/test_safe_mode.py", "tests/planning/test_needs.py"],
    "planning/needs.py": ["tests/planning/test_needs.py", "tests/planning/test_safe_mode.py"],
    "planning/ignoring.py": ["tests/planning/test_ignoring.py", "tests/safety/test_ignoring.py"],
    "planning/accepted.py": ["tests/planning/test_accepted.py", "tests/commands/test_accepted.py"],
    "planning/normalize.py": ["tests/planning/test_normalize.py"],
    "planning/hazards.py": ["tests/planning", *_SQLITE],
    "verify/suspicion.py": ["tests/verify/test_suspicion.py"],
    "verify/left_alone.py": ["tests/verify/test_left_alone.py"],
    "verify/stretches.py": ["tests/verify/test_stretches.py"],
    "applying/executor.py": ["tests/apply/test_executor.py", "tests/apply/test_parts.py"],
}
"""Module -> the tests that are run for its mutants, the fastest first; those for SQLite alone."""
NO_SERVER = "not postgres and not mysql and not mariadb"
_QUIET = ["-W", "ignore::pytest.PytestAssertRewriteWarning"]
"""A plugin of pytest that is loaded before the fork: its asserts are not what is asked about."""
SLOW = 300
"""Seconds after which a mutant counts as noticed: it does not come to an end."""


@dataclass
class Result:
    """What became of a module's sample."""

    module: str
    possible: int
    killed: int = 0
    endless: int = 0
    survivors: list[Mutant] = field(default_factory=list)


class _Mutated(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Loads one module from a mutant's tree, and leaves all others to Python."""

    def __init__(self, name: str, path: Path, tree: ast.Module) -> None:
        self.name, self.path, self.tree = name, path, tree

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """The spec of the one module."""
        if fullname != self.name:
            return None
        return importlib.util.spec_from_file_location(fullname, self.path, loader=self)

    def exec_module(self, module: ModuleType) -> None:
        """Run the mutant as the module."""
        exec(compile(self.tree, str(self.path), "exec"), module.__dict__)


def _noticed(module: str, mutant: Mutant | None, tests: list[str]) -> bool | None:
    """Whether the tests fail; ``None`` where they came to no end."""
    child = os.fork()
    if child == 0:
        os.setsid()
        if not os.environ.get("SCHEMADRIFT_MUTANTS_LOUD"):
            nothing = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nothing, 1)
            os.dup2(nothing, 2)
        name = f"{PACKAGE}.{module.removesuffix('.py').replace('/', '.')}"
        if mutant is not None:
            sys.meta_path.insert(0, _Mutated(name, ROOT / PACKAGE / module, mutant.tree))
            importlib.import_module(name)  # before pytest, which loads the package of a plugin by itself
        import pytest

        code = pytest.main(["-x", "-q", "-p", "no:cacheprovider", *_QUIET, "-m", NO_SERVER, *tests])
        os._exit(0 if code == 0 else 1)
    ends = time.monotonic() + SLOW
    while time.monotonic() < ends:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return status != 0
        time.sleep(0.05)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return None


def _examine(module: str, sample: int, seed: int) -> Result:
    everything = list(mutants((ROOT / PACKAGE / module).read_text()))
    chosen = random.Random(f"{seed} {module}").sample(everything, min(sample, len(everything)))
    result = Result(module, len(everything))
    for number, mutant in enumerate(sorted(chosen, key=lambda item: item.line), 1):
        noticed = _noticed(module, mutant, TARGETS[module])
        if noticed is None:
            result.endless += 1
        elif noticed:
            result.killed += 1
        else:
            result.survivors.append(mutant)
        word = {True: "killed", False: "SURVIVED", None: "endless"}[noticed]
        print(f"{number}/{len(chosen)} {module}:{mutant.line} {mutant.what}: {word}", flush=True)
    return result


def _as_markdown(results: list[Result], seed: int) -> str:
    lines = [
        f"Seed {seed}.",
        "",
        "| module | possible | tried | killed | without an end | survived |",
        "| --- | --: | --: | --: | --: | --: |",
    ]
    for item in results:
        tried = item.killed + item.endless + len(item.survivors)
        lines.append(
            f"| `{item.module}` | {item.possible} | {tried} | {item.killed} | {item.endless} | {len(item.survivors)} |"
        )
    lines += ["", *(f"- `{item.module}:{one.line}` {one.what}" for item in results for one in item.survivors)]
    return "\n".join(lines) + "\n"


@click.command()
@click.option("--sample", default=20, help="How many mutants of each module.")
@click.option("--seed", default=1, help="Which ones.")
@click.option("--only", default="", help="Modules whose path contains this word.")
@click.option("--write", type=click.Path(path_type=Path), help="Where to write the figures as Markdown.")
def main(sample: int, seed: int, only: str, write: Path | None) -> None:
    """Try a sample of mutants of each module, and list those that no test noticed."""
    import sqlglot
    import tortoise  # loaded once, before the processes are forked

    del sqlglot, tortoise
    if any(name == PACKAGE or name.startswith(f"{PACKAGE}.") for name in sys.modules):
        raise click.ClickException(f"{PACKAGE} is loaded already: its modules could not be exchanged")
    os.chdir(ROOT)
    results = []
    for module, tests in TARGETS.items():
        if only in module:
            if _noticed(module, None, tests) is not False:
                raise click.ClickException(f"the tests for {module} fail without a mutant")
            results.append(_examine(module, sample, seed))
    text = _as_markdown(results, seed)
    print(text)
    if write is not None:
        write.write_text(text)


if __name__ == "__main__":
    main()
