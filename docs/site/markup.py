"""What is written for readers of the files, and has to be otherwise on the site."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
LINK = re.compile(r"(?<!!)\[([^\]]+)\]\(([^)#:]+)(#[^)]*)?\)")


def with_plain_bars(text: str) -> str:
    """`(1 \\| g)` in a table as `(1 | g)`: GitHub wants the backslash there, Python-Markdown prints it."""
    return "\n".join(
        re.sub(r"`[^`]+`", lambda code: code[0].replace("\\|", "|"), line) if line.startswith("|") else line
        for line in text.split("\n")
    )


def without_links_outside(text: str, page: Path) -> str:
    """Links to files of the repository that are no part of the site, as the names of these files.

    A link to a file that does not exist is left as it is: MkDocs then refuses to build.
    """

    def replaced(link: re.Match[str]) -> str:
        target = (page.parent / link[2]).resolve()
        is_page = target.is_relative_to(ROOT / "docs") and target.suffix not in (".py", ".json")
        if is_page or not target.exists():
            return link[0]
        name = target.relative_to(ROOT).as_posix()
        return f"`{name}`" if link[1].strip("`") in (name, target.name) else f"{link[1]} (`{name}`)"

    return LINK.sub(replaced, text)
