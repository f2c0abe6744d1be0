"""The dossier as a file: complete in itself, the same each time, and closed to words that try to be markup."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import shutil
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from audit.flag.rederivation import rederivation_faults
from audit.flag.verify import verify
from audit.log.log_folder import open_log
from audit.log.reviews import Review, record_reviews
from audit.specification.survival import BY_CONSTRUCTION, COMPARED
from audit.specification.survival import SCHEMA as SURVIVAL
from data.errors import UsageError
from data.vocabulary import BY_COMPARISON
from dossier.clearing import clearings
from dossier.curve_survival import outside_curves, survival_of_flags
from dossier.distributions import BINS, histogram
from dossier.page import CHARTS, dossier_page
from dossier.run_page import run_page
from ledger.merkle import is_included, leaf_hash
from pipeline.digest import file_digest
from pipeline.promised import is_kept, measured_rates
from pipeline.run import run
from pipeline.run_folder import MANIFEST, RunFolder
from pipeline.run_ledger import OUTSIDE
from pipeline.seal import PAGE, seal
from pipeline.settings import load
from tests import small_force
from tests.dossier.dossiers import HOSTILE, crowded_copy, details_of, hostile_copy, material_of

LARGEST = 25 * 1024 * 1024


class Elements(HTMLParser):
    """Collects the elements of a page with their attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))


@pytest.fixture(scope="module")
def page(finished: RunFolder) -> str:
    return dossier_page(material_of(finished))


def test_the_same_run_gives_the_same_page(finished: RunFolder, page: str) -> None:
    assert dossier_page(material_of(finished)) == page


def test_nothing_is_loaded_and_only_the_pages_own_scripts_may_run(page: str) -> None:
    elements = Elements(page)
    loading = [a for _, a in elements.elements if {"src", "srcset", "action", "data"} & a.keys()]
    links = [a["href"] for _, a in elements.elements if "href" in a]
    assert loading == []
    assert [link for link in links if link is None or not link.startswith("#")] == []
    policy = next(a["content"] for _, a in elements.elements if a.get("http-equiv") == "Content-Security-Policy")
    scripts = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    digests = [base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts]
    assert len(digests) == 2
    assert policy == (
        "default-src 'none'; style-src 'unsafe-inline'; script-src " + " ".join(f"'sha256-{d}'" for d in digests)
    )


def test_every_flag_has_a_page_with_its_rows_and_its_way_down_to_the_files(finished: RunFolder, page: str) -> None:
    details = {flag["id"]: flag for flag in details_of(page)}
    assert set(details) == set(finished.table("flags")["flag_id"].to_pylist())
    evidence = finished.table("evidence").to_pylist()
    digests = {item["name"]: item["sha256"] for item in finished.manifest["inputs"]}
    for flag, about in details.items():
        direct = {e["row_sha256"] for e in evidence if e["flag_id"] == flag and e["part"] == "direct"}
        listed = {row[-1] for table in about["rows"] for row in table["rows"]}
        assert listed <= direct
        assert sum(table["total"] for table in about["rows"]) == len(direct)
        files = {e["source_file"] for e in evidence if e["flag_id"] == flag}
        assert {name for name, _ in leaves(about["lineage"])} == files
        assert all(digest == digests[name] for name, digest in leaves(about["lineage"]))


def leaves(node: dict[str, Any]) -> list[tuple[str, str]]:
    """The files at the ends of a lineage, with the digest that each shows."""
    if node["kind"] == "file":
        return [(node["name"], dict(node["facts"])["SHA-256"])]
    return [leaf for below in node["below"] for leaf in leaves(below)]


def test_a_flag_by_comparison_shows_where_it_lies_among_its_peers(finished: RunFolder, page: str) -> None:
    compared = {f["flag_id"]: f for f in finished.table("flags").to_pylist() if f["promise"] in BY_COMPARISON}
    assert compared
    for about in details_of(page):
        if about["id"] in compared:
            parts = [part for score in about["scores"] for part in score["parts"]]
            assert parts
            assert all(sum(bar[2] for bar in part["histogram"]) > 0 for part in parts)


def test_a_flag_by_a_rule_shows_the_contradicted_days_of_everybody_who_claimed(finished: RunFolder, page: str) -> None:
    by_rule = {f["flag_id"]: f for f in finished.table("flags").to_pylist() if f["promise"] == "contradiction"}
    scores = finished.table("scores").to_pylist()
    assert by_rule
    for about in (details for details in details_of(page) if details["id"] in by_rule):
        (score,) = about["scores"]
        (part,) = score["parts"]
        everybody = [
            json.loads(row["contributions"])[0]["hit_days"] for row in scores if row["detector"] == score["detector"]
        ]
        assert part["histogram"] == histogram(np.array(everybody, dtype=np.float64))
        assert part["hit_days"] in everybody


def test_hostile_words_are_data_and_never_markup(finished: RunFolder, tmp_path: Path) -> None:
    page = dossier_page(hostile_copy(finished, tmp_path / "run"))
    plain = Elements(dossier_page(material_of(finished)))
    elements = Elements(page)
    assert HOSTILE not in page
    assert [tag for tag, _ in elements.elements].count("script") == [t for t, _ in plain.elements].count("script")
    assert not [a for _, a in elements.elements if "onmouseover" in a]


def test_a_flag_takes_so_little_room_that_five_thousand_stay_under_25_megabytes(
    finished: RunFolder, tmp_path: Path
) -> None:
    page = dossier_page(crowded_copy(finished, tmp_path / "run", flags=200))
    assert len(details_of(page)) == 200
    assert len(page.encode()) * 25 < LARGEST + 24 * len(dossier_page(material_of(finished)).encode())


def test_a_histogram_counts_every_value_once() -> None:
    rng = np.random.default_rng(1)
    for values in (rng.poisson(2, 300).astype(float), rng.gamma(2, 30, 300), np.zeros(5), np.array([0.0, 1e6])):
        bars = histogram(values)
        assert sum(bar[2] for bar in bars) == len(values)
        assert len(bars) <= BINS + 1
        assert [bar[0] for bar in bars] == sorted(bar[0] for bar in bars)
    assert histogram(np.array([])) == []


def test_each_kind_of_picture_is_a_specification_that_names_only_data_it_is_given() -> None:
    folder = Path(__file__).parents[2] / "dossier" / "assets" / "charts"
    assert sorted(path.name for path in folder.iterdir()) == sorted(f"{name}.vl.json" for name in CHARTS)
    for path in folder.iterdir():
        assert '"url"' not in path.read_text(encoding="utf-8")


def seal_of(page: str) -> tuple[dict[str, Any], list[bytes]]:
    """What a page says of the seal, and the hashes that its proofs name by number."""
    (text,) = re.findall(r'<script type="application/json" id="data-seal">([^<]*)</script>', page)
    seal = json.loads(text)
    hashes = base64.b64decode(seal["hashes"])
    return seal, [hashes[at : at + 32] for at in range(0, len(hashes), 32)]


def test_every_flags_page_holds_the_proof_that_the_run_sealed_it(finished: RunFolder, page: str) -> None:
    seal, hashes = seal_of(page)
    assert seal["root"] == finished.manifest["seal"]["root"]
    for about in details_of(page):
        leaf = about["leaf"]
        assert json.loads(leaf["content"])["flag_id"] == about["id"]
        assert hashes[leaf["hash"]] == leaf_hash(leaf["content"].encode())
        assert is_included(
            hashes[leaf["hash"]],
            index=leaf["index"],
            size=seal["size"],
            proof=[hashes[step] for step in leaf["proof"]],
            root=bytes.fromhex(seal["root"]),
        )


def test_a_flags_page_shows_its_reviews_and_its_leaf(finished: RunFolder, tmp_path: Path) -> None:
    copy = RunFolder(Path(shutil.copytree(finished.path, tmp_path / "run")))
    flag = copy.table("flags")["flag_id"].to_pylist()[0]
    record_reviews(copy, [Review(flag_id=flag, outcome="no_concern", reason="The reader was broken.", at="2026-01-02")])
    pages = {about["id"]: about for about in details_of(dossier_page(material_of(copy)))}
    log = open_log(copy.path)
    for about in pages.values():
        assert log.proof(about["leaf"]["index"])["leaf"] == about["leaf"]["content"]
    assert pages[flag]["reviews"] == [["2026-01-02", None, "no_concern", "The reader was broken.", ""]]
    assert sum(len(about["reviews"]) for about in pages.values()) == 1


def test_a_flags_page_says_what_would_have_kept_it_away_where_that_was_sought(finished: RunFolder) -> None:
    first, second, *_ = (flag["flag_id"] for flag in material_of(finished).flags)
    changed = clearings(finished, [first])
    pages = {about["id"]: about for about in details_of(dossier_page(replace(material_of(finished), changes=changed)))}
    assert "would not have been raised" in pages[first]["changes"]["fewest"]
    assert pages[first]["changes"]["rows"]
    assert pages[first]["changes"]["again"] == []  # how often it is raised again was not counted
    assert pages[second]["changes"] is None


def test_the_page_opens_with_what_this_run_promises_and_what_was_kept_elsewhere(finished: RunFolder, page: str) -> None:
    kept = json.loads((Path(__file__).parents[2] / "dossier" / "assets" / "kept.json").read_text(encoding="utf-8"))
    before = page.split('<section id="flags"')[0]
    assert all(f"<td>{cell}</td>" in before for row in kept["rows"] for cell in row if cell)
    levels = {s["concern"]: s["level"] for s in finished.manifest["selections"] if s["subject_kind"] == "officer"}
    assert {concern for concern, level in levels.items() if level is None} == {"welfare"}
    assert "For welfare this run promises no rate" in before
    for concern in ("standards", "culture"):
        kept = is_kept(measured_rates(), concern, 0.1)
        promise = "a false discovery rate of 0.1, which" if kept else "no rate: 0.1 was aimed at"
        assert f"For {concern} this run promises {promise}" in before


def test_the_page_that_a_run_carries_is_sealed_and_is_what_the_run_says(finished: RunFolder, tmp_path: Path) -> None:
    folder = RunFolder(Path(shutil.copytree(finished.path, tmp_path / "run")))
    for name in (MANIFEST, *OUTSIDE):  # as before a run is sealed
        (folder.path / name).unlink()
    inputs = [SimpleNamespace(**item) for item in finished.manifest["inputs"]]
    seal(folder.path, inputs=inputs, facts=facts_of(finished), page=run_page)
    (entry,) = [item for item in folder.manifest["outputs"] if item["path"] == PAGE]
    assert entry["sha256"] == file_digest(folder.path / PAGE)
    assert (folder.path / PAGE).read_bytes() == run_page(folder.path, facts_of(folder))
    assert [fault for check in verify(folder) for fault in check.faults] == []
    text = (folder.path / PAGE).read_text(encoding="utf-8")
    (folder.path / PAGE).write_text(text.replace("Dossier of a run", "Dossier of a riot"), encoding="utf-8")
    assert any(PAGE in fault for check in verify(folder) for fault in check.faults)


def facts_of(folder: RunFolder) -> dict[str, Any]:
    """The manifest of a run without what its seal adds last."""
    return {name: value for name, value in folder.manifest.items() if name != "outputs"}


@pytest.mark.nightly
def test_a_run_that_is_made_again_has_the_same_page(force: Path, tmp_path: Path) -> None:
    folder = run(force, out=tmp_path / "run", settings=load(), as_of=[small_force.AS_OF], page=run_page).folder
    assert rederivation_faults(folder, force, page=run_page) == []
    assert rederivation_faults(folder, force) == []  # the page is then taken as it is


def test_a_flags_page_says_how_it_fares_in_a_specification_curve_of_its_own_run(
    finished: RunFolder, tmp_path: Path
) -> None:
    flags = [flag["flag_id"] for flag in material_of(finished).flags]
    curve = tmp_path / "curve"
    curve.mkdir()
    digest = file_digest(finished.path / MANIFEST)
    choice = {"dimension": "windows", "choice": "short"}
    compared = {"basis": COMPARED, "flag_id": flags[0], "specifications": 40, "survived": 30, "share": 0.75}
    compared |= {"standard_error": 0.02, "by_choice": [choice | {"specifications": 20, "share": 0.5}]}
    compared |= {"smallest_change": [choice], "as_small": 1, "changes": 1}
    rows = [compared, {"basis": BY_CONSTRUCTION, "flag_id": flags[1]}, {"basis": COMPARED, "flag_id": None}]
    pq.write_table(pa.Table.from_pylist(rows, schema=SURVIVAL), curve / "survival.parquet")
    (curve / "specifications.json").write_text(json.dumps({"manifest_sha256": digest}), encoding="utf-8")
    fares = survival_of_flags(finished, curve)
    assert set(fares) == {flags[0]}
    pages = {about["id"]: about for about in details_of(dossier_page(replace(material_of(finished), survival=fares)))}
    assert "raised in 30 of 40" in pages[flags[0]]["survival"]["sentence"]
    assert "loses it is windows: short" in pages[flags[0]]["survival"]["sentence"]
    (curve / "specifications.json").write_text(json.dumps({"manifest_sha256": "0" * 64}), encoding="utf-8")
    with pytest.raises(UsageError, match="of another run"):
        survival_of_flags(finished, curve)
    with pytest.raises(UsageError, match="cannot be read"):
        survival_of_flags(finished, tmp_path / "none")


def test_a_page_without_a_curve_says_of_which_flags_none_could_say_anything(finished: RunFolder) -> None:
    pages = {about["id"]: about for about in details_of(dossier_page(material_of(finished)))}
    by_family = {flag["family"]: pages[flag["flag_id"]]["survival"] for flag in material_of(finished).flags}
    assert "No choice of a curve bears on it" in by_family["contradiction"]["sentence"]
    assert by_family["peer"] is None  # a curve would say something, and was not drawn
    excess = {"family": "peer", "promise": "excess"}
    assert "It rests on an excess" in str(outside_curves(excess))


def test_a_page_with_a_truth_says_in_a_sentence_how_many_of_those_flagged_are_innocent(finished: RunFolder) -> None:
    row = {"as_of": date(2026, 1, 1), "subject_kind": "officer", "basis": "flagged", "scope": "all", "by": "all"}
    row |= {"group": "all", "name": "all", "concern": "standards", "measure": "precision", "status": "ok"}
    people = row | {"value": 0.25, "low": 0.1, "high": 0.5, "count": 3.0, "n": 12.0}
    teams = row | {"subject_kind": "unit", "concern": "culture", "value": 0.5, "count": 1.0, "n": 2.0}
    none = row | {"concern": "culture", "value": None, "count": 0.0, "n": 0.0}
    never = row | {"concern": "culture", "measure": "false_positive_rate", "by": "age_band", "group": "18-25"}
    never |= {"value": 0.0, "low": 0.0, "high": 0.1, "count": 0.0, "n": 30.0}
    rates = pd.DataFrame([people, teams, none, never])
    page = dossier_page(replace(material_of(finished), rates=rates))
    assert "Standards: 9 of 12 people flagged are innocent of what they are flagged for; 3 are not." in page
    assert "Culture: 1 of 2 teams flagged are innocent of what they are flagged for; 1 is not." in page
    assert "Culture: not computed, because none of the people are flagged." in page
    assert "Of none: the lines show how high it could be all the same." in page
    assert "age band: 18-25" in page
    assert "are innocent of" not in dossier_page(material_of(finished))
