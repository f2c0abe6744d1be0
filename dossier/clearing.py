"""What would have kept flags from being raised: fewer of what counts, the fewest rows without which they go, chance."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

from audit.flag.explanation import explain
from audit.flag.given_explanation import with_given_ids
from audit.flag.removal import Removal, smallest_removal
from audit.flag.rerun import Rerun
from audit.flag.stability import stability
from pipeline.given_ids import GivenIds, given_ids
from pipeline.run_folder import RunFolder
from pipeline.wording import duration

LISTED: Final = 10
"""How many rows of a set are named; `opencse explain --json` names all."""


REMOVAL_SECONDS: Final = 1.6
STABILITY_SECONDS: Final = 13.0
"""Processor seconds that one flag takes for each thousand subjects: to find the fewest rows, and to draw peers anew.

Measured on flags of welfare and culture in a drawn force of 1,500 people over 18 months.
"""


@dataclass(frozen=True)
class Clearing:
    """What would have kept one flag from being raised, in sentences.

    `rows` names the fewest rows without which it goes, as far as they are listed; `again` says how often it is raised
    again with peers drawn anew and with other seeds, and is empty where that was not counted.
    """

    fewer: tuple[str, ...]
    fewest: str
    rows: tuple[str, ...]
    again: tuple[str, ...]

    @property
    def content(self) -> dict[str, Any]:
        """The sentences by name, as a flag's page holds them."""
        return {"fewer": list(self.fewer), "fewest": self.fewest, "rows": list(self.rows), "again": list(self.again)}


def clearing_cost(folder: RunFolder, number: int, *, stable: bool) -> str:
    """Say about how long it takes to compute so many flags of a run again, as `clearings` does."""
    seconds = number * len(folder.table("subjects")) / 1000 * (REMOVAL_SECONDS + STABILITY_SECONDS * stable)
    return (
        f"{number:,} flags are computed again and again, which takes about {duration(seconds)}; here it may be half or"
        " twice that."
    )


def clearings(
    folder: RunFolder,
    flag_ids: Iterable[str],
    *,
    stable: bool = False,
    progress: Callable[[str], None] = lambda _: None,
) -> dict[str, Clearing]:
    """Return, by flag, what would have kept it from being raised. Each flag is computed again many times.

    With `stable` also how often it is raised again with peers drawn anew and with other seeds.

    Raises:
        CodeNotTrusted: the user's own files took part in the run, and the folder was not opened to run them.
    """
    by_flag, ids, rerun = {}, given_ids(folder), Rerun(folder, folder.settings)
    for number, flag_id in enumerate(flag_ids, start=1):
        progress(f"what would have changed flag {number}")
        removal = smallest_removal(folder, flag_id, rerun=rerun)
        again = [count.sentence() for count in stability(folder, flag_id)] if stable else []
        fewer = with_given_ids(explain(folder, flag_id, rows=0, rerun=rerun), ids).changes
        by_flag[flag_id] = Clearing(fewer, removal.sentence(), tuple(_rows(removal, ids)), tuple(again))
    return by_flag


def _rows(removal: Removal, ids: GivenIds) -> list[str]:
    keys = [ids.row_id(r.table_name, r.row_id) for r in removal.rows[:LISTED]]
    named = [
        f"{r.table_name} {key}: {r.source_file}, row {r.source_row}" for key, r in zip(keys, removal.rows, strict=False)
    ]
    left = len(removal.rows) - LISTED
    return [*named, f"and {left:,} more"] if left > 0 else named
