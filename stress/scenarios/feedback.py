"""People who are flagged are scrutinised more, so more is recorded about them, month after month."""

from __future__ import annotations

import numpy as np

from data.calendar import day_number
from pipeline.settings import Settings
from stress.draft import NULL, Draft
from stress.scenario import Round, Scenario

MOST = 4


def scrutinise(draft: Draft, round_: Round, dose: float) -> Settings:
    """Record more about whoever is flagged for standards, in the month until the next run."""
    if round_.until is None:
        return round_.settings
    flags = round_.trial.flags.to_pylist()
    flagged_ids = {f["subject_id"] for f in flags if f["subject_kind"] == "officer" and f["concern"] == "standards"}
    officers = np.sort(draft.keys("officer"))
    # Drawn for everybody, flagged or not, so that the stream does not depend on who is.
    level = draft.rng.random((MOST, len(officers)))
    moment = draft.rng.random((MOST, len(officers)))
    flagged = np.isin(officers, sorted(flagged_ids))
    first_day, last_day = day_number(round_.as_of), day_number(round_.until)
    reports = flagged & (level * MOST < dose)
    slot, index = np.nonzero(reports)
    day = first_day + (moment[slot, index] * (last_day - first_day - 1)).astype(np.int64)
    _report(draft, officers[index], day)
    return round_.settings


def _report(draft: Draft, officers: np.ndarray, day: np.ndarray) -> None:
    """Log a complaint for each time somebody looked closer and wrote down what would have passed."""
    if not len(officers):
        return
    case_id = int(draft.column("complaint", "complaint_id").max(initial=0)) + 1
    draft.add(
        "complaint",
        len(officers),
        complaint_id=case_id + np.arange(len(officers)),
        officer_id=officers,
        complainant_id=NULL,
        category="duties",
        source="public",
        occurred_on=day,
        received_on=day,
        known_on=day,
    )


SCENARIO = Scenario(
    question="What if people who are flagged are scrutinised more, so that more is recorded about them?",
    modelled_on="the loop described for predictive policing (Lum and Isaac 2016): what is looked for is found where one"
    " looks. A complaint that would have been settled on the spot is logged; how often is an assumption.",
    expects="whoever is flagged once, rightly or wrongly, stays flagged and is surer to be; newcomers are displaced",
    dose="further complaints logged in a month about each flagged officer, up to 4",
    doses=(0.5, 1.0, 2.0),
    tables=("complaint",),
    rounds=tuple(range(11, -1, -1)),
    between=scrutinise,
)
