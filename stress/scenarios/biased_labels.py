"""A supervised model is trained on outcomes that fall more often on some groups, at the same conduct."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from data.arrays import Floats, Integers
from data.calendar import day_number
from features.table import from_arrow
from pipeline.scores_table import SCHEMA
from pipeline.trial import Trial
from stress.draft import NULL, Draft
from stress.scenario import Scenario

NAME = "trained_on_outcomes"
EXCESS = {"black": 0.90, "asian": 0.55, "mixed": 0.41}
UPHELD = ("written_warning", "final_warning", "dismissed", "reflective_practice")
STRENGTH = 0.1


def train_and_score(draft: Draft, trials: Sequence[Trial], dose: float) -> pa.Table:
    """Train on last year's values and this year's outcomes, and score everybody by this year's values."""
    earlier, latest = trials[0], trials[-1]
    past_ids, past = _values(earlier)
    present_ids, present = _values(latest)
    level = draft.rng.random(draft.size("officer"))
    labels = _labels(draft, past_ids, level, since=earlier.as_of[0], until=latest.as_of[0], dose=dose)
    return _rows(present_ids, latest.as_of[0], _predict(past, labels, present))


def _values(trial: Trial) -> tuple[Integers, Floats]:
    """Return the officers of a trial and all their values, one column an indicator and window; nothing known is 0."""
    officers = trial.subjects.filter(pc.equal(trial.subjects["subject_kind"], "officer"))
    rows = trial.features.filter(pc.equal(trial.features["subject_kind"], "officer"))
    table = from_arrow(rows, officers, kind="officer", as_of=trial.as_of[0])
    # Counts are heavy-tailed: on the logarithm's scale a few large ones do not decide the fit.
    columns = [np.log1p(np.nan_to_num(cells.value).clip(min=0)) for cells in table]
    return table.ids, np.column_stack(columns)


def _labels(
    draft: Draft, ids: Integers, level: Floats, *, since: date, until: date, dose: float
) -> npt.NDArray[np.bool_]:
    """Return who had something upheld between two days, and who is said to have though they had not."""
    first_day, last_day = day_number(since), day_number(until)

    def upheld(table: str, closed: str, outcomes: Sequence[str]) -> Integers:
        day = draft.column(table, closed)
        within = (day != NULL) & (day >= first_day) & (day < last_day)
        owner: Integers = draft.column(table, "officer_id")[within & np.isin(draft.column(table, "outcome"), outcomes)]
        return owner

    upheld_ids = np.concatenate(
        [upheld("conduct_case", "closed_on", UPHELD), upheld("complaint", "finalised_on", ("case_to_answer",))]
    )
    labels = np.isin(ids, upheld_ids)
    group = dict(
        zip(
            draft.keys("protected_characteristic").tolist(),
            draft.column("protected_characteristic", "ethnicity"),
            strict=True,
        )
    )
    chance = dict(zip(draft.keys("officer").tolist(), level.tolist(), strict=True))
    excess = dose * float(labels.mean()) * np.array([EXCESS.get(group.get(i) or "", 0.0) for i in ids.tolist()])
    false_labels: npt.NDArray[np.bool_] = np.array([chance[i] for i in ids.tolist()]) < excess
    return labels | false_labels


def _predict(past: Floats, labels: npt.NDArray[np.bool_], present: Floats) -> Floats:
    """Return the chance of an outcome by ridge-penalised logistic regression on standardised values."""
    from sklearn.linear_model import LogisticRegression

    if labels.all() or not labels.any():
        return np.zeros(len(present))
    mean, spread = past.mean(axis=0), past.std(axis=0)
    spread[spread == 0] = 1.0
    model = LogisticRegression(C=STRENGTH, max_iter=1000, random_state=0).fit((past - mean) / spread, labels)
    # Rounded, because the solver's last bits differ between processors and would reorder ties.
    scores: Floats = np.round(model.decision_function((present - mean) / spread), 9)
    return scores


def _rows(ids: Integers, as_of: date, scores: Floats) -> pa.Table:
    n = len(ids)
    columns = {
        "subject_kind": pa.repeat("officer", n),
        "subject_id": pa.array(ids),
        "as_of": pa.repeat(pa.scalar(as_of, pa.date32()), n),
        "concern": pa.repeat("standards", n),
        "detector": pa.repeat(NAME, n),
        "family": pa.repeat("baseline", n),
        "score": pa.array(scores),
        "contributions": pa.repeat("[]", n),
    }
    arrays = [columns[f.name] if f.name in columns else pa.nulls(n, f.type) for f in SCHEMA]
    return pa.Table.from_arrays(arrays, schema=SCHEMA)


SCENARIO = Scenario(
    question="What if a model is trained on outcomes that fall more often on some groups, at the same conduct?",
    modelled_on="Chicago, where 9.1% of complaints about Black and 4.8% about White officers were sustained (ratio"
    " 1.9); for Asian and Mixed officers the ratios of allegations in London (Casey 2022) stand in.",
    expects="the trained method flags innocent people of those groups more, as far as its inputs tell them apart;"
    " methods without labels do not move",
    dose="how far the published excess of outcomes applies: 1 is as published",
    doses=(0.5, 1.0, 3.0),
    rounds=(12, 0),
    method=train_and_score,
)
