"""The pictures of a dossier in the README and the docs, taken anew by a browser without a window.

    python benchmarks/dossier_pictures.py [--dossier FILE] [--out docs/pictures]

Without a dossier one is made first, below `build/pictures`: a synthetic force of 600 people over a year, a run, and its
dossier with error rates and what would have changed the most certain flags. Chromium is found as the tests find it
(`OPENCSE_CHROMIUM` names another). Desktop and phone, light and dark, the first page and the page of a flag.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.dossier.browsers import CHROMIUM, NONE, opened

SCREENS = {"desktop": {"width": 1280, "height": 860}, "phone": {"width": 390, "height": 844}}
SCHEMES = ("light", "dark")
PICTURED = ("desktop", "light")
"""The one whose pictures the docs show at length; of the others there is one picture each."""


def make_dossier(place: Path) -> Path:
    """Make a force, run on it and write its dossier; what is there already is taken as it is."""
    page = place / "dossier.html"
    if not page.exists():
        world = place / "world"
        opencse("generate", "demo", "--people", "600", "--months", "12", "--out", world)
        opencse("run", "--records", world / "records", "--out", place / "run")
        opencse("dossier", place / "run", "--truth", world / "truth", "--changes", "3", "--out", page)
    return page


def opencse(*arguments: str | Path) -> None:
    subprocess.run([sys.executable, "-m", "opencse", *map(str, arguments)], check=True)


def take(page: Path, out: Path) -> None:
    """Take the pictures of a dossier."""
    out.mkdir(parents=True, exist_ok=True)
    for screen, size in SCREENS.items():
        for scheme in SCHEMES:
            with opened(page, viewport=size, color_scheme=scheme) as tab:
                shoot(tab, out / f"dossier-{screen}-{scheme}.png")
                tab.locator("#list tbody a").first.click()
                tab.wait_for_selector("article[data-ready]")
                shoot(tab, out / f"flag-{screen}-{scheme}.png")
                if (screen, scheme) == PICTURED:
                    tab.locator("#flag figure").first.scroll_into_view_if_needed()
                    shoot(tab, out / "flag-peers.png")
                    tab.keyboard.press("Escape")
                    tab.locator("#flags").scroll_into_view_if_needed()
                    tab.evaluate("document.getElementById('flags').scrollIntoView()")
                    shoot(tab, out / "dossier-flags.png")


def shoot(tab: Any, path: Path) -> None:
    tab.wait_for_timeout(300)  # pictures are drawn after the page is ready
    tab.screenshot(path=str(path), animations="disabled")
    print(path)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Take the pictures of a dossier anew.")
    parser.add_argument("--dossier", type=Path)
    parser.add_argument("--out", type=Path, default=Path("docs/pictures"))
    options = parser.parse_args()
    if CHROMIUM is None:
        sys.exit(f"No pictures: {NONE}.")
    take((options.dossier or make_dossier(Path("build/pictures"))).resolve(), options.out)
