"""One comment on a pull request that says what drifted, and is updated rather than repeated: the action's last step.

``python comment.py REPORT.md``, with the variables that a job of GitHub Actions has. A pull request without drift gets
no comment, unless there is one that is out of date. Where the token may not write, as in one from a fork, it says so
and fails nothing: the job summary has the report. The standard library alone.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

LONGEST = 60_000
"""Characters; GitHub takes 65,536."""
PER_PAGE = 100
SECONDS = 20


def main() -> int:
    """Write, update or leave the comment; always 0, for the check has its own exit code."""
    report = Path(sys.argv[1])
    event = json.loads(Path(os.environ["GITHUB_EVENT_PATH"]).read_text("utf-8"))
    number = event.get("pull_request", {}).get("number")
    if number is None or not report.is_file():
        print("schemadrift: nothing to comment on")
        return 0
    try:
        comment(int(number), report.read_text("utf-8"), in_sync=os.environ.get("EXIT_CODE") == "0")
    except HTTPError as error:
        print(
            f"::notice title=schema drift::no comment on the pull request: GitHub answers {error.code} {error.reason}"
        )
    except (OSError, HTTPException, ValueError) as error:  # not there, too slow, gone in the middle, not GitHub
        print(f"::notice title=schema drift::no comment on the pull request: {error}")
    return 0


def comment(number: int, report: str, *, in_sync: bool) -> None:
    """Bring the comment of this project up to date. Raises ``OSError``, ``HTTPException``, ``ValueError``."""
    issues = f"repos/{os.environ['GITHUB_REPOSITORY']}/issues"
    mark = f"<!-- schemadrift: {os.environ.get('PROJECT', '.').replace('-->', '')} -->"
    body = f"{mark}\n{shortened(report)}"
    ours = next((item for item in comments(f"{issues}/{number}/comments") if item["body"].startswith(mark)), None)
    if ours is None and not in_sync:
        ask("POST", f"{issues}/{number}/comments", {"body": body})
    elif ours is not None and ours["body"] != body:
        ask("PATCH", f"{issues}/comments/{ours['id']}", {"body": body})


def shortened(report: str) -> str:
    """The report, or the beginning of it where GitHub would not take it all."""
    if len(report) <= LONGEST:
        return report
    kept = report[:LONGEST].rpartition("\n")[0]
    open_block = "\n```" if kept.count("```") % 2 else ""
    details = "\n</details>" * max(0, kept.count("<details>") - kept.count("</details>"))
    return f"{kept}{open_block}{details}\n\nThe job summary has the rest.\n"


def comments(path: str) -> Iterator[dict[str, Any]]:
    """All comments, page by page."""
    page = 1
    while True:
        found = ask("GET", f"{path}?per_page={PER_PAGE}&page={page}")
        yield from found
        if len(found) < PER_PAGE:
            return
        page += 1


def ask(method: str, path: str, content: dict[str, str] | None = None) -> Any:
    """Ask GitHub's API. Raises ``OSError`` (``HTTPError`` for a refusal), ``HTTPException``, ``ValueError``."""
    request = Request(
        f"{os.environ['GITHUB_API_URL']}/{path}",
        method=method,
        data=None if content is None else json.dumps(content).encode(),
        headers={
            "Accept": "application/vnd.github+json",
            "Authorization": f"Bearer {os.environ['GITHUB_TOKEN']}",
            "Content-Type": "application/json",
            "X-GitHub-Api-Version": "2022-11-28",
        },
    )
    with urlopen(request, timeout=SECONDS) as answer:
        return json.load(answer)


if __name__ == "__main__":
    sys.exit(main())
