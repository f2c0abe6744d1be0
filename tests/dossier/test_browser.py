"""The dossier in a browser, opened from disk without a network, as its readers use it."""

from __future__ import annotations

import csv
import io
import time
from pathlib import Path
from typing import Any

import pytest

from pipeline.run_folder import RunFolder
from tests.dossier.browsers import needs_browser, opened
from tests.dossier.dossiers import FORMULAS, HOSTILE, crowded_copy, hostile_copy, material_of, write_page

pytestmark = needs_browser

PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def dossier(finished: RunFolder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_page(material_of(finished), tmp_path_factory.mktemp("dossier") / "dossier.html")


@pytest.fixture(scope="module")
def hostile(finished: RunFolder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("hostile")
    many = crowded_copy(finished, place / "many", flags=len(FORMULAS)).folder
    return write_page(hostile_copy(many, place / "run"), place / "dossier.html")


def first_column(tab: Any) -> list[str]:
    texts: list[str] = tab.locator("#list tbody tr td:first-child").all_inner_texts()
    return texts


def walk_to(tab: Any, selector: str, *, steps: int = 400) -> None:
    """Press the tabulator until what is wanted has the focus."""
    for _ in range(steps):
        if tab.evaluate("wanted => document.activeElement.matches(wanted)", selector):
            return
        tab.keyboard.press("Tab")
    raise AssertionError(f"the keyboard does not reach {selector}")


def open_first_flag(tab: Any) -> None:
    tab.locator("#list tbody a").first.click()
    tab.wait_for_selector("article[data-ready]")


def test_searching_leaves_the_flags_that_have_the_words(dossier: Path, finished: RunFolder) -> None:
    flags = finished.table("flags").to_pylist()
    wanted = {f["flag_id"][:12] for f in flags if "office day without entry" in str(f["detectors"]).replace("_", " ")}
    with opened(dossier) as tab:
        assert len(first_column(tab)) == min(len(flags), 50)
        tab.fill("#search", "office_day_without_entry")
        assert set(first_column(tab)) == wanted
        tab.fill("#search", "no such words")
        assert first_column(tab) == []
        assert tab.inner_text("#count").startswith("0 of")


def test_a_filter_and_a_head_order_what_is_listed(dossier: Path) -> None:
    with opened(dossier) as tab:
        tab.select_option("#concern", "standards")
        tab.get_by_role("button", name="subject", exact=True).click()
        cells = tab.locator("#list tbody tr").evaluate_all(
            "rows => rows.map(r => [r.cells[1].innerText, r.cells[3].innerText])"
        )
        assert {concern for _, concern in cells} == {"standards"}
        subjects = [int(subject.split()[1]) for subject, _ in cells]
        assert subjects == sorted(subjects)
        tab.get_by_role("button", name="subject", exact=True).click()
        assert tab.locator("#list th[aria-sort=descending]").count() == 1
        again = tab.locator("#list tbody tr td:nth-child(2)").all_inner_texts()
        assert [int(subject.split()[1]) for subject in again] == sorted(subjects, reverse=True)


def test_a_flag_is_opened_walked_down_to_its_files_and_read_as_a_table_by_keyboard_alone(
    dossier: Path, finished: RunFolder
) -> None:
    files = {item["name"] for item in finished.manifest["inputs"]}
    with opened(dossier) as tab:
        walk_to(tab, "#search")
        tab.keyboard.type("peer_rate")
        walk_to(tab, "#list tbody a")
        tab.keyboard.press("Enter")
        tab.wait_for_selector("article[data-ready]")
        assert tab.evaluate("document.activeElement.id") == "flag-title"
        walk_to(tab, "#flag .switch")
        tab.keyboard.press("Enter")
        switch = "#flag figure:first-of-type"
        assert tab.locator(f"{switch} .behind table").first.is_visible()
        assert not tab.locator(f"{switch} .chart").first.is_visible()
        assert tab.evaluate("document.activeElement.getAttribute('aria-expanded')") == "true"
        for _ in range(4):  # detector, indicator, table, file: closed parts are not in the tabulator's way
            walk_to(tab, "details.node:not([open]) > summary")
            tab.keyboard.press("Enter")
        shown = tab.locator(".node .node .node .node .node > summary").all_inner_texts()
        assert {text.split(maxsplit=1)[1] for text in shown if text} & {name.replace("_", " ") for name in files}
        tab.keyboard.press("Escape")
        tab.wait_for_selector("#whole:not([hidden])")


def test_a_flags_page_says_what_was_not_computed_and_the_command_that_computes_it(dossier: Path) -> None:
    with opened(dossier) as tab:
        tab.fill("#search", "peer_rate")
        open_first_flag(tab)
        flag = tab.evaluate("location.hash").removeprefix("#flag/")[:12]
        parts = tab.locator("#flag .part").all_inner_texts()
        assert [part.splitlines()[0] for part in parts] == [
            *("Fewer rows", "Other peers and seeds", "Other defensible choices")
        ]
        assert all("Not computed for this page." in part for part in parts)
        commands = [part.splitlines()[-1] for part in parts]
        assert commands[:2] == [f"opencse explain RUN {flag}", f"opencse explain RUN {flag} --stability"]
        assert commands[2].startswith("opencse dossier RUN --survival")


def test_pictures_of_what_is_ordinary_are_drawn_when_they_are_asked_for(dossier: Path) -> None:
    with opened(dossier) as tab:
        tab.fill("#search", "self rostered")
        open_first_flag(tab)
        headings = tab.locator("#flag figure h4").all_text_contents()
        assert len(headings) == len(set(headings))
        rest = tab.locator("#flag details", has=tab.locator("summary", has_text="within what 19 in 20 peers show"))
        assert rest.locator("svg").count() == 0
        rest.locator("summary").click()
        rest.locator("svg[role=img]").first.wait_for()
        assert rest.locator("svg[role=img]").count() == rest.locator("figure").count() > 0


def test_every_picture_of_a_flag_has_a_name_and_bars(dossier: Path) -> None:
    with opened(dossier) as tab:
        open_first_flag(tab)
        pictures = tab.locator("#flag figure svg[role=img]")
        assert pictures.count() > 0
        for at in range(pictures.count()):
            assert pictures.nth(at).get_attribute("aria-label")
            assert pictures.nth(at).locator("path, circle, rect").count() > 1


@pytest.mark.parametrize(
    ("scheme", "size"),
    [
        pytest.param("light", None, id="desktop-light"),
        pytest.param("dark", PHONE, id="phone-dark"),
        # Colours and layout each take both of their values above.
        pytest.param("dark", None, id="desktop-dark", marks=pytest.mark.nightly),
        pytest.param("light", PHONE, id="phone-light", marks=pytest.mark.nightly),
    ],
)
def test_nothing_serious_stands_in_the_way_of_any_reader(
    dossier: Path, scheme: str, size: dict[str, int] | None
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    with opened(dossier, color_scheme=scheme, **({"viewport": size} if size else {})) as tab:
        assert serious(Axe().run(tab)) == []
        assert tab.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        open_first_flag(tab)
        assert serious(Axe().run(tab)) == []
        assert tab.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def serious(results: Any) -> list[str]:
    return [
        f"{fault['id']}: {fault['nodes'][0]['html'][:120]}"
        for fault in results.response["violations"]
        if fault["impact"] in ("serious", "critical")
    ]


def test_hostile_words_are_shown_as_words(hostile: Path) -> None:
    with opened(hostile) as tab:
        shown = tab.locator("#list tbody td.why").first.evaluate("cell => cell.textContent")
        assert shown.split()[0] == HOSTILE.split()[0]
        open_first_flag(tab)
        assert tab.title().startswith("Dossier")
        assert HOSTILE in tab.locator("#flag").evaluate("part => part.textContent")
        assert tab.locator("b[onmouseover]").count() == 0


def test_a_saved_table_starts_no_formula_and_loses_no_word(hostile: Path, tmp_path: Path) -> None:
    with opened(hostile) as tab:
        with tab.expect_download() as awaited:
            tab.click("#export")
        awaited.value.save_as(tmp_path / "flags.csv")
    rows = list(csv.DictReader(io.StringIO((tmp_path / "flags.csv").read_bytes().decode(), newline="")))
    assert len(rows) == len(FORMULAS)
    assert {row["standard"] for row in rows} == {f"'{text}" for text in FORMULAS[:-1]} | {FORMULAS[-1]}
    assert {row["explanation"] for row in rows} == {HOSTILE}


@pytest.mark.nightly
def test_five_thousand_flags_open_in_under_three_seconds(finished: RunFolder, tmp_path: Path) -> None:
    page = write_page(crowded_copy(finished, tmp_path / "run", flags=5000), tmp_path / "dossier.html")
    with opened(page) as tab:
        assert tab.inner_text("#count").startswith("5,000 of 5,000 flags")
        started = time.perf_counter()
        tab.reload()
        tab.wait_for_selector("html[data-ready]")
        assert time.perf_counter() - started < 3
