"""What a reader of the Chicago release should know: what was mended, merged or read as unknown, and how often."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from data.constraints import STAGED
from data.sources import _chicago_codes as codes
from data.sources._chicago_files import ACCUSED, CASES, FORCE, PROFILES, SALARIES, UNITS, UNKNOWN_UNIT
from data.store import Store, literal

INCIDENT_AFTER_COMPLAINT: Final = (
    "coalesce(TRY_CAST(c.incident_date AS DATE) > TRY_CAST(c.complaint_date AS DATE), false)"
)
"""True for a case `c` whose incident is dated after the complaint about it."""


@dataclass(frozen=True)
class Note:
    """A sentence about a staged table with a `{count}`, and a `{listed}` where values are named.

    `rows` is the FROM clause of what is counted; `lists` the text column whose values are named.
    """

    table: str
    says: str
    rows: str
    lists: str = "NULL"


def notes_on(table: str, *, store: Store) -> list[str]:
    """Return the notes on a staged table whose count is not zero."""
    notes = []
    for note in (note for note in NOTES if note.table == table):
        count, values = store.rows(
            f"SELECT count(*), string_agg(DISTINCT listed, ', ' ORDER BY listed) "
            f"FROM (SELECT {note.lists} AS listed {note.rows})"
        )[0]
        if count:
            notes.append(note.says.format(count=count, listed=values))
    return notes


def _listed(values: tuple[str, ...]) -> str:
    return ", ".join(literal(value) for value in values)


_KNOWN_CODES: Final = _listed(
    (*(code for line in codes.CATEGORIES.values() for code in codes.codes(line)), *codes.CLOSING_ONLY)
)
_RANKED: Final = f"(SELECT source_row FROM {STAGED}.posting WHERE posting_id % 2 = 1)"

NOTES: Final = (
    Note(
        "officer",
        "{count} officers have no departure date although their last unit row has ended; they read as serving.",
        f"FROM {PROFILES.relation} WHERE resignation_date IS NULL AND UID IN (SELECT UID FROM {UNITS.relation}) "
        f"AND UID NOT IN (SELECT UID FROM {UNITS.relation} WHERE unit_end_date IS NULL AND UID IS NOT NULL)",
    ),
    Note(
        "posting",
        "{count} unit rows have no unit number; they are postings to the unit 'Unit unknown'.",
        f"FROM {STAGED}.posting WHERE unit_id = {UNKNOWN_UNIT} AND posting_id % 2 = 0",
    ),
    Note(
        "posting",
        "{count} postings begin where the salary list shows another rank; they cite the salary row.",
        f"FROM {_RANKED}",
    ),
    Note(
        "posting",
        "{count} salary rows begin no posting and are merged into those there are.",
        f"FROM {SALARIES.relation} WHERE source_row NOT IN {_RANKED}",
    ),
    Note(
        "posting",
        "{count} officers have no unit history, so no posting.",
        f"FROM {STAGED}.officer WHERE officer_id NOT IN "
        f"(SELECT officer_id FROM {STAGED}.posting WHERE officer_id IS NOT NULL)",
    ),
    Note(
        "complaint",
        "{count} complaint rows lost their incident date, because it lay after the complaint.",
        f"FROM {ACCUSED.relation} JOIN {CASES.relation} AS c USING (cr_id) WHERE {INCIDENT_AFTER_COMPLAINT}",
    ),
    Note(
        "complaint",
        "{count} complaint rows lie before the officer's appointment; they are kept.",
        f"FROM {STAGED}.complaint JOIN {PROFILES.relation} AS p ON officer_id = TRY_CAST(p.UID AS BIGINT) "
        "WHERE received_on < TRY_CAST(p.appointed_date AS DATE)",
    ),
    Note(
        "complaint",
        "{count} complaint rows have codes without a category of ours and read as other: {listed}.",
        f"FROM {ACCUSED.relation} WHERE complaint_code NOT IN ({_KNOWN_CODES})",
        "complaint_code",
    ),
    Note(
        "complaint",
        "{count} complaint rows have codes that are given at closing and read as other: {listed}.",
        f"FROM {ACCUSED.relation} WHERE complaint_code IN ({_listed(codes.CLOSING_ONLY)})",
        "complaint_code",
    ),
    Note(
        "complaint",
        "{count} complaint rows have no code and read as other.",
        f"FROM {ACCUSED.relation} WHERE complaint_code IS NULL",
    ),
    Note(
        "complaint",
        "{count} complaint rows have findings without an outcome of ours and read as having none: {listed}.",
        f"FROM {ACCUSED.relation} WHERE final_finding NOT IN ({_listed(tuple(codes.FINDINGS))})",
        "final_finding",
    ),
    Note(
        "complaint",
        "{count} cases name no officer of the release and are not read.",
        f"FROM {CASES.relation} WHERE cr_id NOT IN (SELECT cr_id FROM {ACCUSED.relation} WHERE cr_id IS NOT NULL)",
    ),
    Note(
        "use_of_force",
        "{count} uses of force have no time of day and read as midnight.",
        f"FROM {FORCE.relation} WHERE trr_time IS NULL",
    ),
)
"""Every note, in the order in which they are told."""
