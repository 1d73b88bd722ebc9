"""Where a model stands, as readers of reports look for it: from the root of the checkout."""

from __future__ import annotations

import os
from pathlib import Path


def from_checkout(path: str) -> str:
    """``path``, with forward slashes, from the root of the checkout: the project may be a folder within.

    The root is ``$GITHUB_WORKSPACE`` or the folder above that has ``.git``; a path outside of it stays as it is.
    """
    absolute = Path(path).absolute()
    workspace = os.environ.get("GITHUB_WORKSPACE")
    roots = [Path(workspace)] if workspace else []
    roots += [folder for folder in absolute.parents if (folder / ".git").exists()]
    root = next((root for root in roots if absolute.is_relative_to(root)), None)
    return (absolute.relative_to(root) if root else Path(path)).as_posix()
