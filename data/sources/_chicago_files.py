"""The files of the Chicago release that are read, with the columns that are needed or used."""

from __future__ import annotations

from typing import Final

from data.sources._release_files import ReleaseFile

PROFILES: Final = ReleaseFile(
    "profiles",
    "officers/final-profiles",
    ("UID", "gender", "race", "appointed_date", "resignation_date"),
    ("birth_year",),
    numbers=("UID", "birth_year"),
)
UNITS: Final = ReleaseFile(
    "units",
    "unit-history/unit-history",
    ("UID", "unit", "unit_start_date", "unit_end_date"),
    numbers=("UID", "unit"),
)
SALARIES: Final = ReleaseFile("salaries", "salary/salaries", ("UID", "year", "rank"), numbers=("UID", "year"))
ACCUSED: Final = ReleaseFile(
    "accused",
    "complaints/complaints-accused",
    ("cr_id", "UID", "complaint_code", "complaint_category", "final_finding"),
    numbers=("cr_id", "UID"),
)
CASES: Final = ReleaseFile(
    "cases",
    "complaints/complaints-complaints",
    ("cr_id", "incident_date", "complaint_date", "closed_date"),
    numbers=("cr_id",),
)
FORCE: Final = ReleaseFile(
    "force",
    "TRR/trr_main",
    ("trr_id", "UID", "trr_date", "officer_injured", "subject_injured", "firearm_used", "taser"),
    ("trr_time", "event_no"),
    numbers=("trr_id", "UID", "event_no"),
)
FILES: Final = (PROFILES, UNITS, SALARIES, ACCUSED, CASES, FORCE)

FORCE_UNIT: Final = 0
"""The unit that stands for the force itself; all others are its teams."""

UNKNOWN_UNIT: Final = -1
"""The unit of a posting whose number is missing."""
