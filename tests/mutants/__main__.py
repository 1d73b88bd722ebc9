"""``make mutants``: how many of a sample of mutants the fast tests notice, and which they do not.

``python -m tests.mutants [--sample N] [--seed N] [--only WORD] [--lines FROM-TO] [--servers] [--write FILE]``. The
tests of a module are collected once; each mutant gets a forked process, in whose memory alone the module's functions
are exchanged: no file is changed. What renders for PostgreSQL and MySQL is held against the golden cases there
(``--servers``: up to some minutes for each mutant). For all else the tests with a server are not asked, so that what
is listed as a survivor may still be noticed there.
docs/mutants.md says what was run and what became of each survivor.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import math
import os
import random
import signal
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import CodeType, FunctionType, ModuleType

import click
import pytest

from tests.mutants.mutate import Mutant, mutants

ROOT = Path(__file__).parents[2]
PACKAGE = "pytest_schemadrift"
_SQLITE = ["tests/test_cases.py", "tests/dialects/sqlite/test_rebuild.py", "tests/safety/test_analyzed.py"]
TARGETS: dict[str, list[str]] = {
    "dialects/sqlite/write/rebuild.py": _SQLITE,
    "dialects/sqlite/write/transaction.py": _SQLITE,
    "dialects/sqlite/write/render.py": _SQLITE,
    "dialects/sqlite/write/definitions.py": _SQLITE,
    "planning/order.py": ["tests/planning/test_order.py", *_SQLITE],
    "planning/apart.py": ["tests/planning/test_apart.py"],
    "planning/last.py": ["tests/planning/test_order.py"],
    "planning/phases.py": ["tests/planning/test_order.py", *_SQLITE],
    "planning/renames.py": ["tests/planning/test_renames.py"],
    "planning/safe_mode.py": ["tests/planning/test_safe_mode.py", "tests/planning/test_needs.py"],
    "planning/needs.py": ["tests/planning/test_needs.py", "tests/planning/test_safe_mode.py"],
    "planning/ignoring.py": ["tests/planning/test_ignoring.py", "tests/safety/test_ignoring.py"],
    "planning/accepted.py": ["tests/planning/test_accepted.py", "tests/commands/test_accepted.py"],
    "planning/normalize.py": ["tests/planning/test_normalize.py"],
    "planning/hazards.py": ["tests/planning", *_SQLITE],
    "planning/script.py": ["tests/planning/test_script.py"],
    "planning/whole.py": ["tests/planning/test_whole.py"],
    "dialects/postgres/own_session.py": ["tests/dialects/postgres/test_own_session.py"],
    "dialects/postgres/looking.py": ["tests/dialects/postgres/test_looking.py"],
    "dialects/postgres/pieces.py": ["tests/dialects/postgres/test_pieces.py"],
    "dialects/mysql/pieces.py": ["tests/dialects/mysql/test_pieces.py"],
    "verify/suspicion.py": ["tests/verify/test_suspicion.py"],
    "verify/left_alone.py": ["tests/verify/test_left_alone.py"],
    "verify/stretches.py": ["tests/verify/test_stretches.py"],
    "planning/severity.py": ["tests/planning/test_severity.py"],
    "planning/left_empty.py": ["tests/planning/test_left_empty.py", "tests/planning/test_severity.py"],
    "dialects/compatibility.py": ["tests/dialects/test_compatibility.py", "tests/planning/test_severity.py"],
    "applying/executor.py": ["tests/apply/test_executor.py", "tests/apply/test_parts.py"],
    "commands/glance.py": ["tests/test_guard.py"],
    "commands/pending.py": ["tests/commands/test_applied.py"],
    "commands/tenants/journal.py": ["tests/commands/tenants/test_journal.py"],
    "planning/undo.py": ["tests/planning/test_undo.py"],
    "sources/orm/fingerprint.py": ["tests/sources/test_fingerprint.py"],
}
"""Module -> the tests that are run for its mutants, the fastest first; those for SQLite alone."""
NO_SERVER = "not postgres and not mysql and not mariadb"
ON_SERVERS: dict[str, str] = {
    **{
        f"dialects/postgres/write/{name}.py": "postgres"
        for name in ("alter", "definitions", "dependents", "enums", "fill", "render", "sequences")
    },
    **{f"dialects/mysql/write/{name}.py": "mysql" for name in ("alter", "columns", "definitions", "rename_column")},
}
"""Module -> the server on which the golden cases are run for its mutants."""
SLOW = 5
"""A mutant that takes that many times as long as the tests without one, counts as noticed: it comes to no end."""


@dataclass
class Result:
    """What became of a module's sample."""

    module: str
    possible: int
    killed: int = 0
    endless: int = 0
    survivors: list[Mutant] = field(default_factory=list)


class _Examination:
    """A plugin of pytest that runs the collected tests once for each mutant, in place of once."""

    def __init__(self, module: str, sample: int, seed: int, lines: range) -> None:
        self.path = ROOT / PACKAGE / module
        self.source = self.path.read_text()
        everything = list(mutants(self.source))
        within = [mutant for mutant in everything if not lines or mutant.line in lines]
        chosen = random.Random(f"{seed} {module}").sample(within, min(sample, len(within)))
        self.chosen = sorted(chosen, key=lambda mutant: mutant.line)
        self.result = Result(module, len(everything))

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Run the tests as they are, which must pass, and then with each mutant."""
        name = f"{PACKAGE}.{self.result.module.removesuffix('.py').replace('/', '.')}"
        functions = dict(_functions(importlib.import_module(name)))
        began = time.monotonic()
        if _noticed(session, lambda: None, math.inf) is not False:
            raise pytest.UsageError(f"the tests for {self.result.module} fail without a mutant")
        patience = SLOW * (time.monotonic() - began + 1)
        before = _codes(ast.parse(self.source))
        for number, mutant in enumerate(self.chosen, 1):
            changed = {place: code for place, code in _codes(mutant.tree).items() if code != before[place]}
            noticed = _noticed(session, partial(_exchange, functions, changed), patience)
            if noticed is None:
                self.result.endless += 1
            elif noticed:
                self.result.killed += 1
            else:
                self.result.survivors.append(mutant)
            word = {True: "killed", False: "SURVIVED", None: "endless"}[noticed]
            place = f"{number}/{len(self.chosen)} {self.result.module}:{mutant.line}"
            print(f"{place} {mutant.what}: {word}", flush=True)
        return True


_Place = tuple[str, int]
"""A function's name within its module, and its first line."""


def _codes(tree: ast.Module) -> dict[_Place, CodeType]:
    """The functions and methods of a module; those inside of another function are part of that."""
    found: dict[_Place, CodeType] = {}

    def collect(code: CodeType) -> None:
        for part in code.co_consts:
            if isinstance(part, CodeType):
                found[part.co_qualname, part.co_firstlineno] = part
                if not part.co_flags & inspect.CO_NEWLOCALS:  # the body of a class
                    collect(part)

    collect(compile(tree, PACKAGE, "exec"))
    return found


def _functions(module: ModuleType) -> Iterator[tuple[_Place, FunctionType]]:
    """The same functions as they are in memory, whatever decorates them."""
    owners = [module, *(value for value in vars(module).values() if inspect.isclass(value))]
    for value in (value for owner in owners for value in vars(owner).values()):
        inner = next((part for name in ("__func__", "fget", "func") if (part := getattr(value, name, None))), value)
        found = inspect.unwrap(inner) if callable(inner) else inner
        if isinstance(found, FunctionType) and found.__module__ == module.__name__:
            yield (found.__code__.co_qualname, found.__code__.co_firstlineno), found


def _exchange(functions: Mapping[_Place, FunctionType], codes: Mapping[_Place, CodeType]) -> None:
    for place, code in codes.items():
        functions[place].__code__ = code


def _noticed(session: pytest.Session, exchange: Callable[[], None], seconds: float) -> bool | None:
    """Whether a test fails after an exchange; ``None`` where they come to no end."""
    child = os.fork()
    if child == 0:
        os.setsid()
        if not os.environ.get("SCHEMADRIFT_MUTANTS_LOUD"):
            nothing = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nothing, 1)
            os.dup2(nothing, 2)
        code = 1
        try:
            exchange()
            code = int(_fails(session))
        finally:
            os._exit(code)
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return status != 0
        time.sleep(0.02)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return None


def _fails(session: pytest.Session) -> bool:
    for item, following in zip(session.items, [*session.items[1:], None], strict=True):
        session.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        if session.testsfailed:
            return True
    return False


def _examine(module: str, tests: list[str], marked: str, sample: int, seed: int, lines: range) -> Result:
    examination = _Examination(module, sample, seed, lines)
    with tempfile.TemporaryDirectory() as folder:
        quiet = ["-q", "--no-header", "--capture=no", "-p", "no:cacheprovider", "-p", "no:xdist"]
        code = pytest.main([*quiet, f"--basetemp={folder}/tests", "-m", marked, *tests], plugins=[examination])
    if code != pytest.ExitCode.OK:
        raise click.ClickException(f"the tests for {module} could not be run")
    return examination.result


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
@click.option("--lines", default="", help="Only mutants in these lines, such as 10-20.")
@click.option("--servers", is_flag=True, help="What renders for PostgreSQL and MySQL, by the golden cases on them.")
@click.option("--write", type=click.Path(path_type=Path), help="Where to write the figures as Markdown.")
def main(sample: int, seed: int, only: str, lines: str, servers: bool, write: Path | None) -> None:
    """Try a sample of mutants of each module, and list those that no test noticed."""
    os.chdir(ROOT)
    chosen = [(module, tests, NO_SERVER) for module, tests in TARGETS.items()]
    if servers:
        os.environ["SCHEMADRIFT_TEST_EVERY_SERVER"] = "1"
        chosen = [(module, ["tests/test_cases.py"], kind) for module, kind in ON_SERVERS.items()]
    first, _, last = lines.partition("-")
    within = range(int(first), int(last or first) + 1) if lines else range(0)
    results = [_examine(*each, sample, seed, within) for each in chosen if only in each[0]]
    text = _as_markdown(results, seed)
    print(text)
    if write is not None:
        write.write_text(text)


if __name__ == "__main__":
    main()
