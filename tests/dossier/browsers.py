"""A browser for tests: Chromium without a window, cut off from the network."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import pytest

CHROMIUM: Final = next(
    (
        path
        for name in (os.environ.get("OPENCSE_CHROMIUM", ""), "chromium", "chromium-browser", "google-chrome")
        if name and (path := shutil.which(name))
    ),
    None,
)

NONE: Final = (
    "there is no Chromium: install it with the system's packages (Debian: apt-get install chromium),"
    " or set OPENCSE_CHROMIUM to its program"
)

needs_browser = pytest.mark.skipif(CHROMIUM is None, reason=NONE)

_OWN: Final = ("file:", "blob:")
_SWITCHES: Final = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


@contextmanager
def opened(page: Path, **options: Any) -> Iterator[Any]:
    """Open a page from disk, with the network cut off; wait until it is ready, and fail on any of its own errors.

    The browser's driver draws names from Python's global generator. What it drew is put back: whoever reads the page
    decides nothing by chance.
    """
    from playwright.sync_api import sync_playwright

    state = random.getstate()
    faults: list[str] = []
    try:
        with sync_playwright() as driver, driver.chromium.launch(executable_path=CHROMIUM, args=_SWITCHES) as browser:
            tab = browser.new_context(offline=True, **options).new_page()
            tab.set_default_timeout(300_000)  # however busy the machine is
            tab.on("pageerror", lambda error: faults.append(str(error)))
            tab.on("console", lambda line: faults.append(line.text) if line.type == "error" else None)
            tab.on(
                "request", lambda asked: None if asked.url.startswith(("file:", "blob:")) else faults.append(asked.url)
            )
            tab.goto(page.as_uri())
            tab.wait_for_selector("html[data-ready]")
            yield tab
    finally:
        random.setstate(state)
    assert faults == []
