"""Questions to a person: short answers, asked again until one is understood; the end of input is an answer too."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from enum import Enum

from pytest_schemadrift.cli.group import say
from pytest_schemadrift.core.aside import answers


class Answer(Enum):
    """What a person said."""

    YES = "y"
    NO = "n"
    ALL = "a"
    QUIT = "q"


_WORDS: Mapping[str, Answer] = {
    "y": Answer.YES,
    "yes": Answer.YES,
    "n": Answer.NO,
    "no": Answer.NO,
    "a": Answer.ALL,
    "all": Answer.ALL,
    "q": Answer.QUIT,
    "quit": Answer.QUIT,
}


_MEANINGS = {
    Answer.YES: "yes",
    Answer.NO: "no",
    Answer.ALL: "yes to all harmless ones",
    Answer.QUIT: "quit",
}


def meanings(known: Iterable[Answer] = Answer) -> str:
    """``y = yes, n = no``: what may be answered."""
    return ", ".join(f"{item.value} = {_MEANINGS[item]}" for item in known)


def ask(question: str, *, default: Answer | None, offer_all: bool = False) -> Answer:
    """Ask until the answer is understood; Enter is ``default``. Ctrl-C and the end of input are ``QUIT``."""
    known = [Answer.YES, Answer.NO, *([Answer.ALL] if offer_all else []), Answer.QUIT]
    letters = "/".join(item.value.upper() if item is default else item.value for item in known)
    one_line = question.replace("\n", "\\n")
    while True:
        try:
            say(f"  {one_line} [{letters}] ", nl=False)
            line = sys.stdin.readline()
        except KeyboardInterrupt:
            line = ""
        if not line:
            say()
            return Answer.QUIT
        text = line.strip().lower()
        answer = default if not text else _WORDS.get(text)
        if answer in known:
            return answer
        say(f"  {text!r} is no answer: {meanings(known)}" if text else f"  please answer: {meanings(known)}")


def is_terminal() -> bool:
    """Whether there is somebody to ask."""
    return sys.stdin.isatty() and answers().isatty()
