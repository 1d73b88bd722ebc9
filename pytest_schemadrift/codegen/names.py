"""Python names from database names: PEP 8, legal, never in the way of each other or of the framework's own."""

from __future__ import annotations

import keyword
import re
import unicodedata
from collections.abc import Collection, Iterable

_BOUNDARY = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def words(name: str) -> list[str]:
    """The words of a database name: ``OrderItems``, ``order items`` and ``order_items`` are two each."""
    text = unicodedata.normalize("NFKC", name)
    text = "".join(letter if _is_usual(letter) else "_" for letter in text)
    return [word for piece in text.split("_") for word in _BOUNDARY.sub("_", piece).split("_") if word]


def _is_usual(letter: str) -> bool:
    """A letter or digit that stands on its own: marks that join what comes before would change other letters."""
    return f"a{letter}".isidentifier() and (letter.isidentifier() or letter.isdecimal())


def class_name(name: str) -> str:
    """``order_items`` -> ``OrderItems``; the table's own words, neither singular nor plural."""
    text = "".join(word[0].upper() + (word[1:].lower() if word.isupper() else word[1:]) for word in words(name))
    return text if text.isidentifier() else f"Table{text}"


def field_name(name: str) -> str:
    """``CustomerId`` -> ``customer_id``; without double underscores, which are lookups to both frameworks."""
    text = unicodedata.normalize("NFKC", "_".join(words(name)).lower())
    return text if text.isidentifier() else f"field_{text}".rstrip("_")


def member_name(value: str) -> str:
    """``in-progress`` -> ``IN_PROGRESS``: a member of an enumeration."""
    text = unicodedata.normalize("NFKC", "_".join(words(value)).upper())
    return text if text.isidentifier() else f"VALUE_{text}".rstrip("_")


def free_name(wanted: str, taken: Collection[str], suffix: str) -> str:
    """``wanted``, or with ``suffix`` where it is a keyword or taken, or with a number where that is taken too."""
    if is_free(wanted, taken):
        return wanted
    with_suffix = wanted + suffix
    if is_free(with_suffix, taken):
        return with_suffix
    number = 2
    while not is_free(f"{with_suffix}{number}", taken):
        number += 1
    return f"{with_suffix}{number}"


def is_free(name: str, taken: Collection[str]) -> bool:
    """Whether a name can be used."""
    return name not in taken and not keyword.iskeyword(name)


def distinct(names: Iterable[str], taken: Collection[str], suffix: str) -> list[str]:
    """Each name, made unique in its order."""
    used, found = set(taken), []
    for name in names:
        found.append(free_name(name, used, suffix))
        used.add(found[-1])
    return found
