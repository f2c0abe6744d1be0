"""What keeps a finished run from saying what it seems to say: rows lost, nobody there, nobody compared."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from pipeline.compare import SelectionSummary
from pipeline.load_report import LoadReport
from pipeline.rule_selection import RuleSelectionSummary

LARGEST_LOSS: Final = 0.05
"""A table that loses a greater share of its rows to quarantine is warned of."""


def run_warnings(
    loaded: LoadReport, selections: Sequence[SelectionSummary], rules: Sequence[RuleSelectionSummary]
) -> tuple[str, ...]:
    """Return a sentence for each thing for which "0 flags" would be no result; empty where there is none.

    Example:
        >>> from pipeline.load_report import LoadReport, TableCount
        >>> counts = (TableCount("officer", 10, 10, 0), TableCount("complaint", 10, 9, 1))
        >>> run_warnings(LoadReport("folder", (), counts, (), (), ()), (), ())[0]
        'complaint lost 1 of its 10 rows to quarantine: more than 5%.'
    """
    return (*record_warnings(loaded), *_nobody_compared(selections, rules))


def record_warnings(loaded: LoadReport) -> tuple[str, ...]:
    """Return a sentence for each table that lost too many rows, and one where nobody is there."""
    return (*_lost(loaded), *_nobody(loaded))


def _lost(loaded: LoadReport) -> Iterator[str]:
    for count in loaded.counts:
        if count.quarantined > LARGEST_LOSS * count.rows_in:
            yield (
                f"{count.table} lost {count.quarantined:,} of its {count.rows_in:,} rows to quarantine: "
                f"more than {LARGEST_LOSS:.0%}."
            )


def _nobody(loaded: LoadReport) -> Iterator[str]:
    officers = next((count.loaded for count in loaded.counts if count.table == "officer"), None)
    if officers is None:
        yield "There is no table of officers: nothing can be said of anybody."
    elif officers == 0:
        yield "No officer was loaded: nothing can be said of anybody."


def _nobody_compared(selections: Sequence[SelectionSummary], rules: Sequence[RuleSelectionSummary]) -> Iterator[str]:
    if not any(s.compared for s in selections) and not any(r.tested for r in rules):
        yield "Nobody could be compared, and no rule had a claim to judge: that nobody is flagged says nothing."
