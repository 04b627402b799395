"""What MkDocs does with our pages beyond Markdown: runs their Python, and mends some of it."""

from __future__ import annotations

import logging
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File

sys.path.insert(0, str(Path(__file__).parent))

from execute import PageError, blocks, run_page
from markup import with_plain_bars, without_links_outside

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

LOG = logging.getLogger("mkdocs.hooks.bayesformula")


def on_page_markdown(markdown: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:
    """A page as Python-Markdown wants it, its code run."""
    text = without_links_outside(with_plain_bars(markdown), Path(config.docs_dir) / page.file.src_uri)
    if not blocks(text) or os.environ.get("DOCS_RUN") == "off":
        return text
    began = time.perf_counter()
    try:
        ran = run_page(text, page.file.src_uri.removesuffix(".md").replace("/", "-"))
    except PageError as error:
        raise PluginError(str(error)) from error
    folder = page.file.src_uri.rpartition("/")[0]
    for name, content in ran.figures.items():
        files.append(File.generated(config, f"{folder}/{name}".lstrip("/"), content=content))
    LOG.info("%s: ran in %.0f s", page.file.src_uri, time.perf_counter() - began)
    return ran.text
