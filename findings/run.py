"""Run every finding, one by one, and print a table: ``python3 findings/run.py [NAME …]``, or ``make findings``.

Exit code 1 where a behaviour changed; what could not be run here (no network, no package) is only shown.
"""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

FOLDER = Path(__file__).parent
RESULTS = {0: "held", 1: "changed"}


def main(names: Sequence[str]) -> int:
    """Run the findings named (all where none is); 1 if one changed, 2 if a name is unknown."""
    scripts = {path.stem: path for path in sorted(FOLDER.glob("*.sh"))}
    unknown = [name for name in names if name not in scripts]
    if unknown:
        sys.stderr.write(f"there is no finding {unknown[0]!r}: findings/README.md lists them\n")
        return 2
    changed = []
    width = max(map(len, scripts))
    sys.stdout.write(f"{'name':{width}}  {'result':16}  {'seconds':>7}  version\n")
    for name in names or scripts:
        begun = time.monotonic()
        done = subprocess.run([str(scripts[name])], capture_output=True, text=True, check=False)
        result = RESULTS.get(done.returncode, "could not be run")
        seconds = time.monotonic() - begun
        sys.stdout.write(f"{name:{width}}  {result:16}  {seconds:7.0f}  {_version(scripts[name])}\n")
        sys.stdout.flush()
        if result != "held":
            sys.stderr.write((done.stdout if result == "changed" else "") + done.stderr)
        if result == "changed":
            changed.append(name)
    return 1 if changed else 0


def _version(script: Path) -> str:
    found = re.search(r"^# Version: +(.+)$", script.read_text(encoding="utf-8"), re.MULTILINE)
    return found[1] if found else ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
