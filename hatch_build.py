"""What a package index shows: the README without links and pictures that lead into the repository."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface


class ReadmeHook(MetadataHookInterface):
    """Fills ``[project] readme``; an index resolves no path of ours, so such a link becomes its words."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Set the text of the long description."""
        text = Path(self.root, "README.md").read_text("utf-8")
        metadata["readme"] = {"content-type": "text/markdown", "text": without_own_links(text)}


def without_own_links(text: str) -> str:
    """Markdown without comments, without pictures of the repository, and with the words alone of links into it."""
    text = re.sub(r"<!--.*?-->\n*", "", text, flags=re.DOTALL)
    text = re.sub(r"!\[[^]]*\]\((?!https://)[^)]*\)\n*", "", text)
    return re.sub(r"(?<!!)\[([^]]*)\]\((?!https://)[^)]*\)", r"\1", text)
