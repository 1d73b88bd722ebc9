"""How text from outside is shown: nothing that a terminal obeys, and no password.

Names, comments and defaults come from databases and models, messages from servers and drivers. A control character in
one of them could erase the line that it stands in, hide another one or turn its direction; so what is printed shows
those characters as escapes (``\\x1b``). The escapes are Python's, so that source code stays what it was.
"""

from __future__ import annotations

import json
import re
import secrets

HIDDEN = (
    "\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f"
    "\ufeff\ufff9-\ufffb\U000e0000-\U000e007f\ud800-\udfff"
)
"""The inside of a character class: what moves a cursor, turns the direction of text, or is not seen (Unicode's
categories Cc, Cf, Zl, Zp, Cs). Left out are tabs, line feeds, and the joiners that scripts and emoji need."""
_HIDDEN = re.compile(f"[{HIDDEN}]")

STYLE = f"\x1b{secrets.token_hex(8)}["
"""Stands for the beginning of a colour of ours (``ESC [``) until the text is finished: nobody else can know it."""


def visible(text: str) -> str:
    """``text`` with every character that could act on a terminal, or that nobody sees, as an escape."""
    return _HIDDEN.sub(lambda found: escape(found[0]), text)


def escape(character: str) -> str:
    """``\\x1b``, ``\\u202e`` or ``\\U000e0001``."""
    code = ord(character)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def has_hidden(text: str) -> bool:
    """Whether ``visible`` would change it."""
    return _HIDDEN.search(text) is not None


def visible_json(text: str) -> str:
    """A JSON text that means the same, whose strings hide nothing."""
    return _HIDDEN.sub(lambda found: json.dumps(found[0])[1:-1], text)


def finished(text: str) -> str:
    """A text with colours of ours, as a terminal gets it: all but those is made visible."""
    return "\x1b[".join(visible(part) for part in text.split(STYLE))
