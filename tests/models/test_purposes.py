"""The purpose firewall, the peer groups and the policies."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest

from data.errors import UsageError
from features.base import DeclarationFaulty
from features.catalogue import indicators
from features.expression import col
from models.catalogue import rules
from models.peers import peer_groups
from models.policy import policies, read
from models.purposes import CONCERNS, PurposeBreached, enforce, load
from models.rule import Rule
from pipeline.detect import enforce_purposes
from pipeline.settings import load as load_settings


def test_everything_declared_keeps_to_its_purposes() -> None:
    enforce_purposes(load_settings(), load())


def test_health_never_feeds_standards_and_protected_characteristics_feed_nothing() -> None:
    purposes = load()
    assert "health" not in purposes.feeds["standards"]
    assert all("protected" not in purposes.feeds[c] for c in CONCERNS)
    assert purposes.audience["welfare"] not in (purposes.audience["standards"], purposes.audience["culture"])


def test_sickness_that_feeds_standards_stops_the_programme() -> None:
    sickness = replace(indicators()["sickness_spells"], concerns=("standards",), standard="fitness_for_duty")
    with pytest.raises(PurposeBreached, match="sickness_spells feeds standards with health"):
        enforce(load(), [sickness])


def test_an_exposures_data_counts_as_well() -> None:
    by_sickness = replace(indicators()["complaints"], exposure="sickness_spells")
    with pytest.raises(PurposeBreached, match="complaints feeds standards with health"):
        enforce(load(), [by_sickness, indicators()["sickness_spells"]])


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('welfare   = ["attendance"', 'welfare   = ["protected", "attendance"', "protected"),
        ('welfare   = "occupational_health"', 'welfare   = "professional_standards"', "shares its audience"),
        ("culture   = [", "fashion   = [", r"\[feeds\] names"),
    ],
)
def test_a_purposes_file_that_breaks_the_wall_is_refused(tmp_path: Path, old: str, new: str, words: str) -> None:
    text = (Path(__file__).parents[2] / "models" / "purposes.toml").read_text()
    assert old in text
    changed = tmp_path / "purposes.toml"
    changed.write_text(text.replace(old, new))
    with pytest.raises(PurposeBreached, match=words):
        load(changed)


def subjects(rows: list[tuple[str | None, str | None, int | None]]) -> pa.Table:
    role, rank, area = zip(*rows, strict=True)
    return pa.table({"role": list(role), "rank": list(rank), "area_id": pa.array(area, pa.int64())})


def test_a_subject_is_compared_within_the_narrowest_group_that_is_large_enough() -> None:
    rows: list[tuple[str | None, str | None, int | None]] = [("custody", "constable", 1)] * 5
    rows += [("custody", "constable", 2)] * 2 + [("custody", "sergeant", 2)] + [(None, None, None)]
    groups = peer_groups(subjects(rows), smallest=5)
    assert groups.labels[0] == "role=custody rank=constable area=1"
    assert groups.labels[5] == "role=custody rank=constable"
    assert groups.labels[7] == "role=custody"
    assert groups.labels[8] == "everybody"
    assert groups.sizes["role=custody rank=constable"] == 7
    assert groups.sizes["everybody"] == 9


def test_every_policy_has_dates_and_sources() -> None:
    assert {r.policy for r in rules().values()} <= set(policies())
    assert all(p.source for policy in policies().values() for p in policy.period)


def test_overlapping_periods_are_refused_and_separate_ones_are_not(tmp_path: Path) -> None:
    head = 'name = "p"\nversion = 1\nsummary = "s"\n'
    period = '[[period]]\nfrom = {}\nsource = "s"\n'
    path = tmp_path / "p.toml"
    path.write_text(head + period.format("2020-01-01") + period.format("2021-01-01"))
    with pytest.raises(UsageError, match="overlap"):
        read(path)
    path.write_text(head + period.format("2020-01-01\nto = 2021-01-01") + period.format("2021-01-01"))
    assert [p.since for p in read(path).period] == [date(2020, 1, 1), date(2021, 1, 1)]


def test_a_policy_that_is_not_one_is_refused_with_all_faults(tmp_path: Path) -> None:
    path = tmp_path / "p.toml"
    path.write_text('name = "p"\nversion = "x"\n[[period]]\nfrom = "soon"\n')
    with pytest.raises(UsageError) as caught:
        read(path)
    for fault in ("version", "summary", "period.0.from", "period.0.source"):
        assert fault in str(caught.value)


def test_a_bad_rule_fails_when_it_is_built_with_all_its_faults() -> None:
    good = rules()["undeclared_interest"]
    with pytest.raises(DeclarationFaulty) as caught:
        replace(good, question="Say so", policy="none", standard="manners", blind_to=(), where=col.nothing == 1)
    for fault in ("question mark", "no policy none", "manners", "cannot see", "nothing is not a column"):
        assert fault in str(caught.value)


def test_a_rule_cannot_read_what_only_audits_may() -> None:
    good: Rule = rules()["undeclared_interest"]
    with pytest.raises(DeclarationFaulty, match="protected_characteristic"):
        replace(good, other="protected_characteristic")
