"""How text from outside is shown: nothing that a terminal obeys, and no password.

Names, comments and defaults come from databases and models, messages from servers and drivers. A control character in
one of them could erase the line that it stands in, hide another one or turn its direction; so what is printed shows
those characters as escapes (``\\x1b``). The escapes are Python's, so that source code stays what it was.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable
from urllib.parse import unquote

HIDDEN = (
    "\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f"
    "\ufeff\ufff9-\ufffb\U000e0000-\U000e007f\ud800-\udfff"
)
"""The inside of a character class: what moves a cursor, turns the direction of text, or is not seen (Unicode's
categories Cc, Cf, Zl, Zp, Cs). Left out are tabs, line feeds, and the joiners that scripts and emoji need."""
_HIDDEN = f"[{HIDDEN}]"  # as all patterns here it is compiled when it is needed first: a guard needs none

STYLE = f"\x1b{os.urandom(8).hex()}["
"""Stands for the beginning of a colour of ours (``ESC [``) until the text is finished: nobody else can know it."""


def reason(error: Exception) -> str:
    """What the system says of a file, without the number and the path that are told elsewhere."""
    return getattr(error, "strerror", None) or str(error)


def visible(text: str) -> str:
    """``text`` with every character that could act on a terminal, or that nobody sees, as an escape."""
    return re.sub(_HIDDEN, lambda found: escape(found[0]), text)


def listed(names: Iterable[str]) -> str:
    """Names in one line, with commas; one in which a reader could see another name, or another line, is in quotes."""
    return ", ".join(json.dumps(name, ensure_ascii=False) if re.search(_MISREAD, name) else name for name in names)


_MISREAD = r'[\n\t,"()]|^\s|\s$|^$'


def escape(character: str) -> str:
    """``\\x1b``, ``\\u202e`` or ``\\U000e0001``."""
    code = ord(character)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def has_hidden(text: str) -> bool:
    """Whether ``visible`` would change it."""
    return re.search(_HIDDEN, text) is not None


def visible_json(text: str) -> str:
    """A JSON text that means the same, whose strings hide nothing."""
    return re.sub(_HIDDEN, lambda found: json.dumps(found[0])[1:-1], text)


def finished(text: str) -> str:
    """A text with colours of ours, as a terminal gets it: all but those is made visible."""
    return "\x1b[".join(visible(part) for part in text.split(STYLE))


_URL = r"(?i)(?P<head>\b[a-z][\w+.-]*://(?:[^:/?#@\s'\"]*:)?)[^\s'\"<>]*@"
"""A URL up to its last ``@``: what is between may hold characters that should have been percent-encoded."""
_HALF_A_URL = (
    r"(?i)(?P<head>\b[a-z][\w+.-]*://(?:[^:/?#@\s'\"]*(?::\*\*\*)?@)?(?:\[[^\]\s]*\]|[^:/?#@\s'\"\[]+)):(?!\d{1,5}(?:[/?#\s'\",;.)]|$))(?!\*\*\*)"
    r"[^@\s'\"]+(?![^\s'\"]*@)"
)
"""``scheme://user:secret`` without a host, or what is no number in place of a port, which is none."""
_PARAMETER = r"(?i)\b(password|passwd|pwd|passfile|sslpassword)=[^&\s'\"]+"


def mask(text: str) -> str:
    """``text`` with the password of every URL and ``password=`` parameter replaced by ``***``."""
    if "://" in text:
        text = re.sub(_HALF_A_URL, r"\g<head>:***", re.sub(_URL, _without_password, text))
    return re.sub(_PARAMETER, r"\1=***", text) if "=" in text else text


def _without_password(found: re.Match[str]) -> str:
    head = found["head"]
    return f"{head}***@" if head.endswith(":") else found[0]


def unexpected(error: BaseException) -> str:
    """An error that is none of ours, in one line: its kind, and its own words without what could be a secret."""
    said = mask_error(str(error)).strip().partition("\n")[0][:_LONGEST]
    return f"unexpected {type(error).__name__}{f': {said}' if said else ''}"


_LONGEST = 300
_TELLING_NAME = r"[\w.-]*(?:passw|pwd|secret|token|api_?key|credential|dsn)[\w.-]*"
_ASSIGNED = (
    rf"(?ix)(?P<head>(?P<quote>['\"])?{_TELLING_NAME}(?(quote)(?P=quote))\s*(?:=|(?(quote):|(?!)))\s*)"
    r"(?:'(?:[^'\\]|\\.)*'?|\"(?:[^\"\\]|\\.)*\"?|[^\s,;)}'\"]+)"
)
"""``DB_PASSWORD=…``, ``password = '…'``, ``{'api_key': …}``."""
_ACCOUNT = r"(?<![\w/:])(?P<user>[^\s:@/'\"(]+):(?!//)[^\s@'\"]+@"
"""``user:password@`` without a scheme, as where a whole address was put into ``host``."""
_INPUT_VALUE = r"(?s)input_value=.*?(?=, input_type=|\]\s|$)"
"""What pydantic quotes of the values that it refuses, settings read from the environment among them."""
_NO_NUMBER = r"(?s)(invalid literal for int\(\) with base 10: ).*"
"""What Python quotes of a port that is no number."""
_SHORTEST = 6


def mask_error(text: str) -> str:
    """As ``mask``, for what drivers, settings and the interpreter say: anything that could be a secret is replaced.

    That is too much for a report, whose SQL may speak of a column ``password``.
    """
    text = re.sub(_INPUT_VALUE, "input_value=***", mask(text)) if "input_value=" in text else mask(text)
    text = re.sub(_NO_NUMBER, r"\1***", text)
    text = re.sub(_ACCOUNT, r"\g<user>:***@", re.sub(_ASSIGNED, r"\g<head>***", text))
    for secret in _known_secrets():
        if secret in text:
            text = text.replace(secret, "***")
    return text


def _known_secrets() -> list[str]:
    """The values of environment variables whose name says so, and the passwords of URLs among the others."""
    found = set()
    for name, value in os.environ.items():
        if re.fullmatch(_TELLING_NAME, name, re.IGNORECASE) and not value.startswith("/"):
            found.add(value)
        elif "://" in value and (password := re.search(r"://[^:/?#@\s]*:([^\s]+)@", value)):
            found |= {password[1], unquote(password[1])}
    return sorted((text for text in found if len(text) >= _SHORTEST and text not in _WORDS), key=len, reverse=True)


_WORDS = frozenset({"postgres", "postgresql", "mariadb", "sqlite", "asyncpg", "asyncmy", "password"})
"""Passwords that everybody uses in tests, and that messages use as words."""
