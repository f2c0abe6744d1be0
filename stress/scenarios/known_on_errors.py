"""The day on which a row became known was typed with day and month swapped."""

from __future__ import annotations

import numpy as np

from stress.draft import Draft
from stress.scenario import Scenario

TABLES = ("complaint", "conduct_case", "use_of_force", "stop_search", "shift", "absence", "declaration")


def swap_day_and_month(draft: Draft, dose: float) -> None:
    """Swap day and month of the known-on day of a share of rows, where the day is twelve or less."""
    for table in TABLES:
        if table not in draft:
            continue
        level = draft.rng.random(draft.size(table))
        known_on = draft.column(table, "known_on")
        swapped = swap(known_on)
        rows = (level < dose) & (swapped != known_on)
        draft.change(table, rows, known_on=swapped[rows])


def swap(days: np.ndarray) -> np.ndarray:
    """Return days with day and month swapped where that is a day, as numbers since 1970.

    Example:
        >>> swap(np.array([59, 80]))  # 1 March becomes 3 January, 22 March stays
        array([ 2, 80])
    """
    date = days.astype("datetime64[D]")
    year, month = date.astype("datetime64[Y]"), date.astype("datetime64[M]")
    in_month = (date - month).astype(np.int64)
    in_year = (month - year).astype(np.int64)
    exchanged = (year.astype("datetime64[M]") + in_month.clip(max=11)).astype("datetime64[D]") + in_year
    result: np.ndarray = np.where(in_month < 12, exchanged.astype(np.int64), days)
    return result


SCENARIO = Scenario(
    question="What if the day on which rows became known was typed with day and month swapped?",
    modelled_on="the commonest way in which a date is typed wrongly. The share is an assumption.",
    expects="rows move out of windows or come in before they happened; where the contract forbids that they are not"
    " loaded. Nothing is expected to point at a group",
    dose="share of rows whose known-on day was typed so",
    doses=(0.05, 0.2, 0.5),
    tables=TABLES,
    breaks=(
        ("complaint", "order(received_on, known_on)"),
        ("conduct_case", "order(opened_on, known_on)"),
        ("use_of_force", "order(used_at, known_on)"),
        ("stop_search", "order(searched_at, known_on)"),
        ("declaration", "order(declared_on, known_on)"),
    ),
    records=swap_day_and_month,
)
