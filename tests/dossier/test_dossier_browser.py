"""The dossier in a real browser: from disk, without a network, by keyboard alone, and for screen readers.

Needs Chromium: on Debian and Ubuntu `apt-get install chromium`; another place is named by OPENCSE_CHROMIUM.
"""

from __future__ import annotations

import csv
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.run_folder import RunFolder
from tests.dossier.dossiers import FORMULA, HOSTILE, hostile_copy, material_of, write_page

playwright = pytest.importorskip("playwright.sync_api")
CHROMIUM = os.environ.get("OPENCSE_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium: apt-get install chromium")
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]


@pytest.fixture(scope="module")
def browser() -> Iterator[playwright.Browser]:
    with playwright.sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=CHROMIUM, args=[*QUIET, "--disable-component-update"])
        yield started
        started.close()


class Reader:
    """One reader with a page open from disk; whatever the page asks of a network fails, and is kept."""

    def __init__(self, browser: playwright.Browser, file: Path, **more: object) -> None:
        self.context = browser.new_context(offline=True, **more)
        self.page = self.context.new_page()
        self.faults: list[str] = []
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("console", lambda m: self.faults.append(m.text) if m.type == "error" else None)
        self.page.on(
            "request", lambda r: self.faults.append(r.url) if not r.url.startswith(("file:", "blob:")) else None
        )
        self.page.goto(file.as_uri())
        self.page.wait_for_selector("html[data-ready]")

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def tab_to(self, selector: str) -> None:
        """Move the focus by the tabulator until it is on an element."""
        wanted = self.page.locator(selector).first.element_handle()
        for _ in range(200):
            self.press("Tab")
            if self.page.evaluate("element => element === document.activeElement", wanted):
                return
        pytest.fail(f"{selector} cannot be reached by keyboard")

    def open_first_flag(self) -> None:
        self.tab_to("#list tbody a")
        self.press("Enter")
        self.page.wait_for_selector("article[data-ready]")


@pytest.fixture
def reader(browser: playwright.Browser, finished: RunFolder, tmp_path: Path) -> Iterator[Reader]:
    opened = Reader(browser, write_page(material_of(finished), tmp_path / "dossier.html"))
    yield opened
    opened.context.close()
    assert opened.faults == []


def test_by_keyboard_alone_a_reader_searches_sorts_opens_a_flag_and_walks_its_lineage(
    reader: Reader, finished: RunFolder
) -> None:
    page, flags = reader.page, finished.table("flags").to_pylist()
    reader.tab_to("#search")
    page.keyboard.type(str(flags[0]["subject_id"]))
    rows = page.locator("#list tbody tr")
    assert 0 < rows.count() < len(flags)
    page.locator("#search").fill("")
    reader.tab_to("th[data-column=as_of] button")
    reader.tab_to("th[data-column=q_value] button")
    reader.press("Enter")
    assert page.locator("th[data-column=q_value]").get_attribute("aria-sort") == "ascending"
    reader.open_first_flag()
    assert page.evaluate("document.activeElement.id") == "flag-title"
    for _ in range(3):
        node = "article details.node:not([open]) > summary"
        reader.tab_to(node)
        reader.press("Enter")
    assert page.locator("article details.node[open]").count() >= 4
    reader.press("Escape")
    page.wait_for_selector("#whole:not([hidden])")


def test_a_picture_is_drawn_and_gives_way_to_the_table_behind_it(reader: Reader) -> None:
    reader.page.locator("#promise").select_option("comparison")
    reader.open_first_flag()
    picture = reader.page.locator("article figure").first
    assert picture.locator("svg[role=img]").count() == 1
    reader.tab_to("article .switch")
    reader.press("Enter")
    assert picture.locator(".chart").is_hidden()
    assert picture.locator(".behind table tbody tr").count() > 0


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_axe_reports_no_serious_fault(
    browser: playwright.Browser, finished: RunFolder, tmp_path: Path, width: int, scheme: str
) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    file = write_page(material_of(finished), tmp_path / "dossier.html")
    reader = Reader(browser, file, viewport={"width": width, "height": 900}, color_scheme=scheme, bypass_csp=True)
    for opened in (False, True):
        if opened:
            reader.open_first_flag()
        violations = axe.run(reader.page).response["violations"]
        assert [v["id"] for v in violations if v["impact"] in ("serious", "critical")] == []
    overflow = reader.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert overflow <= 0
    reader.context.close()


def test_hostile_words_show_as_text_and_no_cell_of_the_csv_starts_a_formula(
    browser: playwright.Browser, finished: RunFolder, tmp_path: Path
) -> None:
    reader = Reader(browser, write_page(hostile_copy(finished, tmp_path / "run"), tmp_path / "dossier.html"))
    with reader.page.expect_download() as download:
        reader.page.locator("#export").click()
    with Path(download.value.path()).open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    standard = rows[0].index("standard")
    assert {row[standard] for row in rows[1:]} == {f"'{FORMULA}"}
    reader.open_first_flag()
    assert HOSTILE.replace("\x1b", "")[:40] in reader.page.locator("article").inner_text().replace("\x1b", "")
    assert "taken" not in reader.page.title()
    assert reader.page.locator("article b").count() == 0
    assert reader.faults == []
    reader.context.close()
