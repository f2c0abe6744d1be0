"""The public Chicago release: complaints, uses of force and postings of one force, read into the contract.

The release (the Citizens Police Data Project of the Invisible Institute, from the force's answers to freedom of
information requests) has neither rosters nor absences; those tables stay absent. What is read, and how:

- Every data row of a mapped file is staged once and cited: officer and protected_characteristic from the profiles,
  complaint from the accused rows, use_of_force from the reports, posting from the unit history and, for a new rank,
  from the salary list; a unit is cited where its number first occurs. Keys made here are row numbers.
- **Nothing from later.** A complaint is known from the day it was made; its finding from the day the case closed.
  Codes that are given at closing read as `other`. The final rank in the profiles is not used: rank comes from the last
  salary year that was over, and a posting is cut in two where that rank changes; before that it is constable.
- **Mended**, and counted in the notes: an incident dated after its complaint loses that date; a use of force without a
  time of day gets midnight. Whole numbers lose the ".0" that spreadsheets add, before anything is compared.
- **Merged**: a salary row that shows no other rank than before, and a case that names no officer, add no row.
- **Refused**: the second of two rows that name the same officer in the same case for the same reason, and an accused
  row whose case is not in the release. Unit rows that end before they start and cases that close before they open break
  a rule of the contract and are quarantined by it.
- **Kept as they are**: overlapping postings (whoever needs one posting at a date takes the latest start, then the
  higher key), complaints before the year-exact appointment, officers who left without a departure date.
- Body-worn video is `false` throughout: the release predates it. A report that names neither firearm nor taser has the
  tactic `other`. The event number stands as incident_id, so that officers at one scene can be compared.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import ClassVar, Final

from data.constraints import STAGED
from data.contract import CONTRACT
from data.errors import InputRejected
from data.progress import StageProgress
from data.source import FaultHandler, InputFile, Source, StagedTables, handing_over
from data.sources import _chicago_codes as codes
from data.sources._chicago_files import (
    ACCUSED,
    CASES,
    FILES,
    FORCE,
    FORCE_UNIT,
    PROFILES,
    SALARIES,
    UNITS,
    UNKNOWN_UNIT,
)
from data.sources._chicago_notes import INCIDENT_AFTER_COMPLAINT, notes_on
from data.sources._record_files import records_folder, relative
from data.sources._release_files import RELEASE, ReleaseFile, find_release_file, hold, hold_nothing, staged_select
from data.store import Store, literal


class Chicago(Source):
    """The layout of the unified release: a folder each for officers, complaints, TRR, unit-history and salary."""

    summary: ClassVar[str] = "the public Chicago release (Citizens Police Data Project), unified layout"

    def stage(
        self,
        folder: Path,
        *,
        store: Store,
        progress: StageProgress,
        tables: Collection[str] | None = None,
        on_fault: FaultHandler | None = None,
        most_rows: int | None = None,
    ) -> StagedTables:
        """Stage what the release holds; see the module's text and `Source.stage`."""
        root = records_folder(folder)
        with store.scratch(RELEASE):
            inputs = _hold_all(root, store, progress, on_fault)
            names, notes = _stage_all(set(inputs), tables, store, progress)
        return StagedTables(tuple(inputs.values()), names, notes)


SOURCE: Final = Chicago()


def _hold_all(root: Path, store: Store, progress: StageProgress, on_fault: FaultHandler | None) -> dict[str, InputFile]:
    inputs = {}
    for file in FILES:
        with handing_over(on_fault):
            path = find_release_file(root, file)
            if path is not None:
                progress(f"Reading {relative(root, path)}")
                inputs[file.name] = hold(store, root, path, file)
        if file.name not in inputs:
            hold_nothing(store, file)
    if not inputs:
        raise InputRejected(
            "The folder does not hold the Chicago release.",
            expected=", ".join(f"{file.path}.csv or .csv.gz" for file in FILES),
            found="none of them",
            where=str(root),
        )
    return inputs


def _stage_all(
    files: set[str], tables: Collection[str] | None, store: Store, progress: StageProgress
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Stage every wanted table whose files are there, and return their names and the notes."""
    statements: dict[str, tuple[tuple[ReleaseFile, ...], str]] = {
        "officer": ((PROFILES,), _officers()),
        "protected_characteristic": ((PROFILES,), _characteristics()),
        "unit": ((UNITS, PROFILES), _units()),
        "posting": ((UNITS, PROFILES), _postings()),
        "complaint": ((ACCUSED, CASES), _complaints()),
        "use_of_force": ((FORCE,), _force()),
    }
    names, notes = [], []
    for table, (sources, select) in statements.items():
        if (tables is not None and table not in tables) or not all(file.name in files for file in sources):
            continue
        progress(f"Mapping {table}")
        store.run(f"CREATE TABLE {STAGED}.{table} AS {select}", step=f"stage {table}")
        names.append(table)
        notes.extend(notes_on(table, store=store))
    return tuple(names), tuple(notes)


# ---------------------------------------------------------------- people


def _mapped(column: str, mapping: Mapping[str, str], *, otherwise: str = "NULL") -> str:
    cases = " ".join(f"WHEN {literal(a)} THEN {literal(b)}" for a, b in mapping.items())
    return f"CASE {column} {cases} ELSE {otherwise} END"


def _officers() -> str:
    cells = {"officer_id": "r.UID", "joined_on": "r.appointed_date", "left_on": "r.resignation_date"}
    select = staged_select(CONTRACT["officer"], cells=cells, values={"workforce": "'officer'"})
    return f"SELECT {select} FROM {PROFILES.relation} AS r ORDER BY r.source_row"


def _characteristics() -> str:
    born = "TRY_CAST(r.birth_year AS INTEGER)"
    first_year = f"greatest(year(TRY_CAST(r.appointed_date AS DATE)), {codes.RECORDS_BEGIN})"
    age = f"({first_year} - {born})"
    band = (
        f"CASE WHEN {age} BETWEEN 18 AND 25 THEN '18-25' WHEN {age} BETWEEN 26 AND 40 THEN '26-40' "
        f"WHEN {age} BETWEEN 41 AND 55 THEN '41-55' WHEN {age} BETWEEN 56 AND 99 THEN '56+' END"
    )
    values = {
        "sex": _mapped("r.gender", codes.SEXES),
        "ethnicity": _mapped("r.race", codes.ETHNICITIES, otherwise="'not_stated'"),
        "age_band": band,
    }
    select = staged_select(CONTRACT["protected_characteristic"], cells={"officer_id": "r.UID"}, values=values)
    return f"SELECT {select} FROM {PROFILES.relation} AS r ORDER BY r.source_row"


def _unit_number(column: str) -> str:
    return f"coalesce(TRY_CAST({column} AS BIGINT), {UNKNOWN_UNIT})"


def _units() -> str:
    """One row per unit number, cited where it first occurs; the force itself cites the first profile."""
    values = {
        "unit_id": "r.number",
        "name": f"CASE WHEN r.number = {FORCE_UNIT} THEN 'Force' WHEN r.number = {UNKNOWN_UNIT} THEN 'Unit unknown' "
        "WHEN r.number <= 25 THEN 'District ' || r.number ELSE 'Unit ' || r.number END",
        "kind": f"CASE WHEN r.number = {FORCE_UNIT} THEN 'force' ELSE 'team' END",
        "parent_unit_id": f"CASE WHEN r.number <> {FORCE_UNIT} THEN {FORCE_UNIT} END",
    }
    select = staged_select(CONTRACT["unit"], cells={}, values=values)
    return f"""
        SELECT {select} FROM (
            SELECT {_unit_number("unit")} AS number, source_file, min(source_row) AS source_row
            FROM {UNITS.relation} GROUP BY ALL
            UNION ALL SELECT {FORCE_UNIT}, source_file, source_row FROM {PROFILES.relation} WHERE source_row = 1
        ) AS r ORDER BY r.number
    """


def _role(number: str) -> str:
    cases = " ".join(
        f"WHEN {' OR '.join(f'{number} BETWEEN {low} AND {high}' for low, high in ranges)} THEN {literal(role)}"
        for role, ranges in codes.ROLES
    )
    return f"CASE {cases} ELSE 'headquarters' END"


def _ranks() -> str:
    """Common table expressions for the ranks over time.

    `steps` has a row per officer and day from which another rank holds, with the salary row that says so. A year's
    list counts from the next New Year's Day, when the year is over. The highest rank of a year stands for it.
    """
    order = [*codes.RANKS, "constable"]
    seniority = " ".join(
        f"WHEN rank IN ({', '.join(literal(r) for r in codes.RANKS[name])}) THEN {place}"
        for place, name in enumerate(order[:-1])
    )
    names = " ".join(f"WHEN {place} THEN {literal(name)}" for place, name in enumerate(order))
    return f"""
        yearly AS (
            SELECT UID, make_date(CAST(year AS INTEGER) + 1, 1, 1) AS day,
                CASE {seniority} ELSE {len(order) - 1} END AS place, source_file, source_row
            FROM {SALARIES.relation} WHERE regexp_full_match(year, '(19|20)[0-9]{{2}}')
            QUALIFY row_number() OVER (PARTITION BY UID, day ORDER BY place, source_row) = 1
        ),
        steps AS (
            SELECT UID, day, CASE place {names} END AS rank, source_file, source_row FROM yearly
            QUALIFY place <> lag(place, 1, {len(order) - 1}) OVER (PARTITION BY UID ORDER BY day)
        )
    """


def _postings() -> str:
    """The unit history, each row cut where the officer's rank changes while it is the latest posting in force."""
    cells = {
        "officer_id": "r.UID",
        "started_on": "r.started",
        "ended_on": "r.ended",
        "known_on": "r.started",
    }
    values = {
        "posting_id": "r.posting_id",
        "unit_id": "r.number",
        "rank": "r.rank",
        "role": _role("r.number"),
        "fte": "1.0",
    }
    return f"""
        WITH {_ranks()},
        history AS (
            SELECT UID, {_unit_number("unit")} AS number, unit_start_date, unit_end_date,
                TRY_CAST(unit_start_date AS DATE) AS started, TRY_CAST(unit_end_date AS DATE) AS ended,
                source_file, source_row
            FROM {UNITS.relation}
        ),
        cuts AS (
            SELECT history.source_row AS unit_row, steps.day, steps.rank, steps.source_file, steps.source_row
            FROM steps JOIN history ON history.UID = steps.UID AND history.started < steps.day
                AND (history.unit_end_date IS NULL OR history.ended >= steps.day)
            QUALIFY row_number() OVER (
                PARTITION BY steps.source_row ORDER BY history.started DESC, history.source_row DESC) = 1
        ),
        parts AS (
            SELECT 2 * h.source_row AS posting_id, h.UID, h.number, coalesce(s.rank, 'constable') AS rank,
                h.unit_start_date AS started, h.source_row AS unit_row, NULL::DATE AS day,
                h.source_file, h.source_row, h.unit_end_date
            FROM history AS h ASOF LEFT JOIN steps AS s ON s.UID = h.UID AND h.started >= s.day
            UNION ALL
            SELECT 2 * c.source_row + 1, h.UID, h.number, c.rank, CAST(c.day AS VARCHAR), c.unit_row, c.day,
                c.source_file, c.source_row, h.unit_end_date
            FROM cuts AS c JOIN history AS h ON h.source_row = c.unit_row
        ),
        r AS (
            SELECT *, coalesce(CAST(lead(day) OVER (PARTITION BY unit_row ORDER BY day NULLS FIRST) - 1 AS VARCHAR),
                unit_end_date) AS ended FROM parts
        )
        SELECT {staged_select(CONTRACT["posting"], cells=cells, values=values)} FROM r ORDER BY r.posting_id
    """


# ---------------------------------------------------------------- conduct and force


def _complaints() -> str:
    category = " ".join(
        f"WHEN r.complaint_code IN ({', '.join(literal(c) for c in codes.codes(listed))}) THEN {literal(name)}"
        for name, listed in codes.CATEGORIES.items()
    )
    internal = ", ".join(literal(c) for c in codes.codes(codes.INTERNAL))
    cells = {
        "complaint_id": "r.cr_id",
        "officer_id": "r.UID",
        "occurred_on": f"CASE WHEN {INCIDENT_AFTER_COMPLAINT} THEN NULL ELSE c.incident_date END",
        "received_on": "c.complaint_date",
        "finalised_on": "c.closed_date",
        "known_on": "c.complaint_date",
    }
    values = {
        "allegation_id": "r.source_row",
        "category": f"CASE {category} ELSE 'other' END",
        "source": f"CASE WHEN r.complaint_code IN ({internal}) THEN 'internal' ELSE 'public' END",
        "outcome": _mapped("r.final_finding", codes.FINDINGS),
    }
    refusal = (
        "CASE WHEN c.cr_id IS NULL THEN 'no_case: cr_id: expected a case of the release, found ' "
        "|| coalesce(left(r.cr_id, 60), 'nothing') "
        "WHEN r.nth > 1 THEN 'twin: the same officer stands in the same case for the same reason before' END"
    )
    return f"""
        SELECT {staged_select(CONTRACT["complaint"], cells=cells, values=values, refusal=refusal)}
        FROM (
            SELECT *, row_number() OVER (
                PARTITION BY cr_id, UID, complaint_code, complaint_category ORDER BY source_row) AS nth
            FROM {ACCUSED.relation}
        ) AS r
        LEFT JOIN (
            FROM {CASES.relation} QUALIFY row_number() OVER (PARTITION BY cr_id ORDER BY source_row) = 1
        ) AS c ON c.cr_id = r.cr_id
        ORDER BY r.source_row
    """


def _force() -> str:
    yes = "IN ('true', '1')"
    tactic = f"CASE WHEN r.firearm_used {yes} THEN 'firearm' WHEN r.taser {yes} THEN 'taser' ELSE 'other' END"
    severity = " ".join(
        f"WHEN {tactic} = {literal(name)} AND coalesce(r.subject_injured {yes}, false) = {str(hurt).lower()} "
        f"THEN {level}"
        for (name, hurt), level in codes.SEVERITIES.items()
    )
    cells = {
        "force_id": "r.trr_id",
        "officer_id": "r.UID",
        "incident_id": "r.event_no",
        "used_at": "r.trr_date || ' ' || coalesce(r.trr_time, '00:00:00')",
        "subject_injured": "r.subject_injured",
        "officer_injured": "r.officer_injured",
        "known_on": "r.trr_date",
    }
    values = {"tactic": tactic, "severity": f"CASE {severity} END", "video": "false"}
    lowered = ", ".join(f"lower({c}) AS {c}" for c in ("officer_injured", "subject_injured", "firearm_used", "taser"))
    return f"""
        SELECT {staged_select(CONTRACT["use_of_force"], cells=cells, values=values)}
        FROM (SELECT * REPLACE ({lowered}) FROM {FORCE.relation}) AS r ORDER BY r.source_row
    """
