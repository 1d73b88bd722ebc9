"""Times that can be compared: processes run in turns, so that a busy moment of the machine meets all of them."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Sample:
    """Seconds of wall clock and of processor, and the peak of memory in MB (0 where it was not looked at)."""

    wall: float
    cpu: float
    peak: float = 0.0


@dataclass(frozen=True, slots=True)
class Command:
    """A process to time; ``ok`` are the exit codes that are not a failure, ``before`` is called ahead of each run.

    ``keeps`` says that its first run keeps what makes the next ones shorter: then the first never counts. ``output``
    is the file that gets what it prints.
    """

    arguments: Sequence[str]
    folder: Path
    environment: Mapping[str, str] | None = None
    ok: tuple[int, ...] = (0,)
    before: Callable[[], object] | None = None
    keeps: bool = False
    output: Path | None = None


def timed(command: Command) -> Sample:
    """Run it once. Raises ``RuntimeError`` with the end of its output where it fails."""
    if command.before is not None:
        command.before()
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **(command.environment or {})}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # nobody works without byte code
    with tempfile.TemporaryFile() if command.output is None else command.output.open("wb+") as output:
        begin = time.perf_counter()
        process = subprocess.Popen(
            command.arguments, cwd=command.folder, env=environment, stdout=output, stderr=subprocess.STDOUT
        )
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - begin
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode not in command.ok:
            output.seek(0)
            text = output.read().decode(errors="replace")[-1500:]
            raise RuntimeError(f"{' '.join(command.arguments)} exits with {process.returncode}:\n{text}")
    scale = 1024 if sys.platform != "darwin" else 1024 * 1024
    return Sample(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / scale)


PATIENCE = 3.0
"""Seconds after which no further round begins, and a process that took as long is not run again, unless it keeps what
makes the next run another one. So a run of all of it ends within a quarter of an hour."""


def in_turns(
    commands: Mapping[str, Command], rounds: int, patience: float = PATIENCE, *, is_warm: bool = False
) -> dict[str, Sample]:
    """The medians of each, one round after the other; a first round, which warms caches, does not count.

    There are fewer rounds, but at least one, where they would take longer than ``patience`` seconds. ``is_warm``:
    every command has run before, so that the first round counts.
    """
    found: dict[str, list[Sample]] = {name: [] for name in commands}
    slow: set[str] = set()
    begin = time.perf_counter()
    for number in range(1 if is_warm else 0, rounds + 1):
        if number > 1 and time.perf_counter() - begin > patience:
            break
        for name in [name for name in commands if name not in slow]:
            sample = timed(commands[name])
            if sample.wall > patience and (number or not commands[name].keeps):
                slow.add(name)
            if number or name in slow:
                found[name].append(sample)
    return {name: middle(samples) for name, samples in found.items()}


def middle(samples: Sequence[Sample]) -> Sample:
    """The median of each figure."""
    return Sample(
        median(sample.wall for sample in samples),
        median(sample.cpu for sample in samples),
        median(sample.peak for sample in samples),
    )


def beyond(whole: Sample, base: Sample) -> Sample:
    """What one takes more than the other."""
    return Sample(whole.wall - base.wall, whole.cpu - base.cpu, whole.peak - base.peak)
