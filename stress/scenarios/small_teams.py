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
    # Each officer's part is theirs in every table and on every day, or teams would mix.
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
    rows = np.flatnonzero(np.isin(draft.keys("unit"), teams))
    parts_of = {int(t): [int(t)] for t in draft.keys("unit")[rows]}
    olds = draft.keys("unit")[rows].tolist()
    for number in range(1, parts):
        names = [f"{name} {number + 1}" for name in draft.column("unit", "name")[rows]]
        for old, new in zip(olds, draft.copy("unit", rows, planted=False, name=names).tolist(), strict=True):
            parts_of[old].append(new)
    return parts_of


def _move(draft: Draft, table: str, column: str, units: dict[int, list[int]], part: np.ndarray) -> None:
    team_ids = np.array(sorted(units), dtype=np.int64)
    part_ids = np.array([units[int(u)] for u in team_ids], dtype=np.int64)
    current = draft.column(table, column)
    at = np.searchsorted(team_ids, current).clip(max=len(team_ids) - 1)
    rows = team_ids[at] == current
    draft.change(table, rows, **{column: part_ids[at[rows], part[rows]]})


def _move_grievances(
    draft: Draft, units: dict[int, list[int]], officers: np.ndarray, part: np.ndarray, otherwise: np.ndarray
) -> None:
    """Let a grievance follow whoever raised it; one that nobody is named in goes to a part by chance."""
    raised = draft.column("grievance", "raised_by_id")
    at = np.searchsorted(officers, raised).clip(max=len(officers) - 1)
    is_officer = officers[at] == raised
    _move(draft, "grievance", "unit_id", units, np.where(is_officer, part[at], otherwise))


def _follow_truth(draft: Draft, units: dict[int, list[int]]) -> None:
    """Say of planted rows about a team in which part they now are."""
    unit_of_row: dict[tuple[str, int], int] = {}
    for table, column in (("grievance", "unit_id"), ("transfer_request", "from_unit_id"), ("shift", "unit_id")):
        rows = draft.truth["truth_row"].to_pylist()
        row_ids = {r["row_id"] for r in rows if r["table_name"] == table and r["subject_kind"] == "unit"}
        selected = np.isin(draft.keys(table), sorted(row_ids))
        pairs = zip(draft.keys(table)[selected].tolist(), draft.column(table, column)[selected].tolist(), strict=True)
        unit_of_row |= {(table, row): unit for row, unit in pairs}
    draft.move_rows(unit_of_row, units)


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
