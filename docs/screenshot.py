"""Draw what a failure looks like on a terminal: ``python docs/screenshot.py`` runs the shop with a drift in it.

The picture is made of what is really printed, colours included, and needs no font from elsewhere.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from io import StringIO
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

ROOT = Path(__file__).parents[1]
PICTURE = ROOT / "docs" / "images" / "failure.svg"
COMMAND = "pytest --schema-drift"
WIDTH = 100
THEME = TerminalTheme(
    (24, 26, 31),
    (214, 218, 226),
    [(24, 26, 31), (240, 98, 98), (120, 200, 110), (229, 192, 100), (97, 165, 240), (198, 120, 221), (86, 190, 200),
     (214, 218, 226)],
    [(110, 118, 130), (255, 120, 120), (150, 225, 140), (245, 214, 130), (125, 190, 255), (220, 150, 240),
     (120, 215, 225), (255, 255, 255)],
)  # fmt: skip
FONT = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)


def printed() -> str:
    """What pytest prints for the drifted shop, from the failures on."""
    kept = {name: value for name, value in os.environ.items() if name not in ("CI", "BUILD_NUMBER", "NO_COLOR")}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "no:asyncio", "--schema-drift", "--color=yes"],
        cwd=ROOT / "examples" / "shop",
        env={**kept, "SHOP_DRIFT": "1", "COLUMNS": str(WIDTH), "PYTEST_ADDOPTS": "", "FORCE_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 1:
        sys.exit(f"the shop should have drifted:\n{done.stdout}{done.stderr}")
    lines = done.stdout.splitlines()
    start = next(place for place, line in enumerate(lines) if "FAILURES" in line)
    return "\n".join(line for line in lines[start:] if "json report" not in line)


def main() -> None:
    """Write the picture."""
    console = Console(record=True, width=WIDTH, file=StringIO(), force_terminal=True, color_system="truecolor")
    console.print(Text.assemble(("$ ", "bold green"), ("SHOP_DRIFT=1 ", "dim"), (COMMAND, "bold")))
    console.print(Text.from_ansi(printed()))
    PICTURE.parent.mkdir(exist_ok=True)
    PICTURE.write_text(
        FONT.sub("", console.export_svg(title="examples/shop", theme=THEME, unique_id="failure")), "utf-8"
    )
    print(PICTURE.relative_to(ROOT))


if __name__ == "__main__":
    main()
