"""What the commit hook costs beside importing the models, which no hook can do without."""

from __future__ import annotations

import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.models import write_project
from tests.benchmarks.timing import Command, in_turns, timed

ROOT = Path(__file__).parents[2]
IMPORTS = """
import asyncio, settings
from tortoise import Tortoise
async def main():
    await Tortoise.init(config=settings.TORTOISE_ORM)
    await Tortoise.close_connections()
asyncio.run(main())
"""
DOOR = (sys.executable, str(ROOT / "hooks" / "schemadrift_hook.py"))


@dataclass(frozen=True)
class HookCost:
    """Medians of processor time in seconds, child processes included; ``ratio`` is the hook's to the imports'."""

    project: str
    imports: float
    check: float
    snapshot: float

    @property
    def ratio(self) -> float:
        """How much longer the hook takes than the imports alone."""
        return self.check / self.imports

    @property
    def snapshot_ratio(self) -> float:
        """The same of the hook that writes the snapshot, where there is nothing to write."""
        return self.snapshot / self.imports


def measure(models: int = 200, rounds: int = 7) -> list[HookCost]:
    """The hook on unchanged models: a generated project of ``models`` models, and the example shop."""
    with tempfile.TemporaryDirectory() as name:
        generated = write_project(Path(name), models, "asyncpg://u@127.0.0.1:9/d")
        return [
            _cost(f"{models} models", generated, rounds),
            _cost("the example shop", _shop(Path(name) / "s"), rounds),
        ]


def _shop(folder: Path) -> Path:
    import shutil

    shutil.copytree(ROOT / "examples" / "shop", folder, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "settings.py").write_text("from shop.settings import TORTOISE_ORM\n")
    return folder


def _cost(project: str, folder: Path, rounds: int) -> HookCost:
    (folder / ".venv").symlink_to(sys.prefix)
    commands = {
        "imports": Command((sys.executable, "-c", IMPORTS), folder),
        "check": Command((*DOOR, "check", "--unreachable", "skip"), folder),
        "snapshot": Command((*DOOR, "snapshot", "--exit-code"), folder),
    }
    for command in (("snapshot",), ("check", "--unreachable", "skip")):
        timed(
            Command((sys.executable, "-m", "pytest_schemadrift", *command), folder)
        )  # byte code, which no hook writes
    found = in_turns(commands, rounds)
    return HookCost(project, *(found[name].cpu for name in commands))


if __name__ == "__main__":
    for cost in measure():
        print(
            f"{cost.project}: imports {cost.imports:.2f} s, check {cost.check:.2f} s (x {cost.ratio:.2f}), "
            f"snapshot {cost.snapshot:.2f} s"
        )
