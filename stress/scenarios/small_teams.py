"""The same people are organised in smaller teams."""

from __future__ import annotations

import numpy as np

from stress.draft import Draft
from stress.scenario import Scenario

UNIT_COLUMNS = (("posting", "unit_id"), ("shift", "unit_id"))


def split_teams(draft: Draft, dose: float) -> None:
    """Split every team into parts: officers go to a part by chance, and stay there."""
    parts = 1 + round(dose)
    teams = draft.keys("unit")[draft.column("unit", "kind") == "team"]
    officers = np.sort(draft.keys("officer"))
    level = draft.rng.random(len(officers))
    if parts == 1:
        return
    units = _new_units(draft, teams, parts)
    part = np.minimum((level * parts).astype(np.int64), parts - 1)
    for table, column in UNIT_COLUMNS:
        _move(draft, table, column, units, part[np.searchsorted(officers, draft.column(table, "officer_id"))])
    requested = part[np.searchsorted(officers, draft.column("transfer_request", "officer_id"))]
    _move(draft, "transfer_request", "from_unit_id", units, requested)
    _move_grievances(draft, units, officers, part, draft.rng.integers(0, parts, draft.size("grievance")))
    draft.rename_subjects("unit", units)
    _follow_truth(draft, units)


def _new_units(draft: Draft, teams: np.ndarray, parts: int) -> dict[int, list[int]]:
    """Add units for all parts but the first, which keeps its team's id; return the ids of all parts of each team."""
    position = np.flatnonzero(np.isin(draft.keys("unit"), teams))
    found = {int(t): [int(t)] for t in draft.keys("unit")[position]}
    olds = draft.keys("unit")[position].tolist()
    for number in range(1, parts):
        names = [f"{name} {number + 1}" for name in draft.column("unit", "name")[position]]
        for old, new in zip(olds, draft.copy("unit", position, planted=False, name=names).tolist(), strict=True):
            found[old].append(new)
    return found


def _move(draft: Draft, table: str, column: str, units: dict[int, list[int]], part: np.ndarray) -> None:
    known = np.array(sorted(units), dtype=np.int64)
    new = np.array([units[int(u)] for u in known], dtype=np.int64)
    old = draft.column(table, column)
    at = np.searchsorted(known, old).clip(max=len(known) - 1)
    where = known[at] == old
    draft.change(table, where, **{column: new[at[where], part[where]]})


def _move_grievances(
    draft: Draft, units: dict[int, list[int]], officers: np.ndarray, part: np.ndarray, otherwise: np.ndarray
) -> None:
    """Let a grievance follow whoever raised it; one that nobody is named in goes to a part by chance."""
    raised = draft.column("grievance", "raised_by_id")
    at = np.searchsorted(officers, raised).clip(max=len(officers) - 1)
    known = officers[at] == raised
    _move(draft, "grievance", "unit_id", units, np.where(known, part[at], otherwise))


def _follow_truth(draft: Draft, units: dict[int, list[int]]) -> None:
    """Say of planted rows about a team in which part they now are."""
    where: dict[tuple[str, int], int] = {}
    for table, column in (("grievance", "unit_id"), ("transfer_request", "from_unit_id"), ("shift", "unit_id")):
        rows = draft.truth["truth_row"].to_pylist()
        wanted = {r["row_id"] for r in rows if r["table_name"] == table and r["subject_kind"] == "unit"}
        chosen = np.isin(draft.keys(table), sorted(wanted))
        pairs = zip(draft.keys(table)[chosen].tolist(), draft.column(table, column)[chosen].tolist(), strict=True)
        where |= {(table, row): unit for row, unit in pairs}
    draft.move_rows(where, units)


SCENARIO = Scenario(
    question="What if the same people are organised in smaller teams?",
    modelled_on="teams of a handful, as specialist squads and partner units are. Splitting by chance is an assumption.",
    expects="less can be said of any one team: planted teams are found less, and chance finds more of the others where"
    " a method does not allow for it",
    dose="further parts that every team is split into: 1 halves teams",
    doses=(1.0, 2.0, 4.0),
    tables=("unit", "posting", "shift", "transfer_request", "grievance"),
    records=split_teams,
)
