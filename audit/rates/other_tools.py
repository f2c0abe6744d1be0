"""Flags of another tool: a plain list, checked, and measured as a run's own, beside what runs on the same records.

The list is a CSV file with a header: `subject`, `concern` and `date`, and where known `kind` (officer or unit), `score`
and `cited` (rows, as `table:id`, several with a semicolon between). Nothing else of the tool is needed.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from audit.rates.audit_inputs import AuditInputs
from audit.rates.inputs import Background, read_background
from audit.rates.rate_options import RateOptions
from audit.rates.rates_report import RatesReport, rates_report
from audit.rates.truth_tables import Truth
from data.contract import CONTRACT
from data.errors import InputRejected, UsageError
from data.schema import is_as_of_day
from data.store import Store
from data.vocabulary import CONCERNS, SUBJECT_KINDS
from models.baselines import baselines
from models.detectors import detectors
from models.rules import rules
from pipeline.digest import file_digest
from pipeline.given_ids import GivenIds, key_domain
from pipeline.load_report import LoadReport
from pipeline.loading import load_records

NEEDED: Final = ("subject", "concern", "date")
OPTIONAL: Final = ("kind", "score", "cited")

FAMILY: Final = "foreign"
"""The family of another tool's flags."""

MOST_DATES: Final = 24
"""How many dates a list may have: each is a day as of which everything is computed."""

SHOWN: Final = 10
"""How many faults are listed at once."""

LIST: Final = "a CSV file with the columns subject, concern, date, and where known kind, score, cited"


@dataclass(frozen=True)
class ForeignList:
    """A checked list: flags and the rows they cite, with the columns of a run's tables, and the scores it gives."""

    name: str
    flags: pa.Table
    evidence: pa.Table
    scores: pa.Table | None
    dates: tuple[date, ...]


Number = Callable[[str, str], int | None]
"""Gives the number by which records know an id, from what it is an id of and its text; None where they have none."""


def whole_number(domain: str, text: str) -> int | None:
    """Return an id of records whose ids are numbers."""
    return int(text) if _is_id(text) else None


def numbers_of(loaded: LoadReport) -> Number:
    """Return what numbers the ids of a list as the records that were loaded are numbered."""
    numbers = {of: {text: n for n, text in enumerate(ids, start=1)} for of, ids in loaded.crosswalk.items()}

    def number(domain: str, text: str) -> int | None:
        return numbers[domain].get(text) if domain in numbers else whole_number(domain, text)

    return number


def check_list(path: Path) -> None:
    """Check a list before the records are read: all of it but whether the records have its ids.

    Raises:
        InputRejected: the file cannot be read, or lines of it are not flags.
    """
    numbers: dict[tuple[str, str], int] = {}
    read_list(path, number=lambda domain, text: numbers.setdefault((domain, text), len(numbers)) if text else None)


def read_list(path: Path, *, number: Number = whole_number) -> ForeignList:
    """Read and check another tool's flags; all faults are listed at once. `number` gives the number of each id.

    Raises:
        InputRejected: the file cannot be read, or lines of it are not flags.
    """
    header, rows = _cells(path)
    _check_header(header, path)
    faults: list[str] = []
    flags = [flag for line, cells in rows if (flag := _flag(header, line, cells, number, faults)) is not None]
    faults += _repeated(flags)
    dates = sorted({f["as_of"] for f in flags})
    if len(dates) > MOST_DATES:
        faults.append(
            f"there are {len(dates)} dates; give all flags of one computation the day it stood on, {MOST_DATES} at most"
        )
    if not rows:
        faults.append("there is no line after the header")
    if path.stem in reserved_names():
        faults.append(
            f"the file is named like the detector, rule or baseline '{path.stem}', whose place it would take in the"
            " tables: give it the tool's name"
        )
    if faults:
        more = f"; and {len(faults) - SHOWN} more" if len(faults) > SHOWN else ""
        raise InputRejected(
            f"The list of flags has {len(faults)} fault{'s' if len(faults) > 1 else ''}.",
            expected=LIST,
            found="; ".join(faults[:SHOWN]) + more,
            where=str(path),
        )
    return _foreign_list(path.stem, flags, tuple(dates), scored="score" in header)


def reserved_names() -> set[str]:
    """Return the names that the tables of an audit use already: of detectors, rules, baselines, and of all together."""
    return {"all", *detectors(), *rules(), *baselines()}


def _cells(path: Path) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Return the header and, with their line numbers, the lines that are not blank."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            header = [name.strip() for name in next(reader, [])]
            rows = [(reader.line_num, [c.strip() for c in cells]) for cells in reader if any(c.strip() for c in cells)]
    except UnicodeDecodeError as error:
        raise InputRejected(
            "The list of flags is not text.", expected="UTF-8", found=f"byte {error.start} is not", where=str(path)
        ) from error
    except csv.Error as error:
        raise InputRejected(
            "The list of flags is not CSV.", expected=LIST, found=str(error), where=str(path)
        ) from error
    except OSError as error:
        found = "nothing there" if isinstance(error, FileNotFoundError) else (error.strerror or str(error))
        raise InputRejected(
            "The list of flags cannot be opened.", expected=LIST, found=found, where=str(path)
        ) from error
    return header, rows


def _check_header(header: Sequence[str], path: Path) -> None:
    faults = [f"no column {name}" for name in NEEDED if name not in header]
    faults += [f"a column '{name}' that means nothing here" for name in header if name not in (*NEEDED, *OPTIONAL)]
    faults += [
        f"the column {name} {header.count(name)} times" for name in sorted(set(header)) if header.count(name) > 1
    ]
    if faults:
        wrong_separator = len(header) == 1 and any(mark in header[0] for mark in ";\t|")
        raise InputRejected(
            "The header of the list of flags cannot be used." if header else "The list of flags is empty.",
            expected=LIST,
            found="; ".join(faults),
            where=f"{path}, line 1",
            hint="Separate the columns by commas." if wrong_separator else "Rename or leave out columns.",
        )


def _flag(
    header: Sequence[str], line: int, cells: Sequence[str], number: Number, faults: list[str]
) -> dict[str, Any] | None:
    if len(cells) != len(header):
        faults.append(f"line {line} has {len(cells)} values where the header has {len(header)}")
        return None
    values = dict(zip(header, cells, strict=True))
    before = len(faults)
    kind = values.get("kind") or "officer"
    flag = {
        "subject_id": _subject(values["subject"], kind, line, number, faults),
        "concern": _one_of(values["concern"], CONCERNS, "concern", line, faults),
        "as_of": _day(values["date"], line, faults),
        "subject_kind": _one_of(kind, SUBJECT_KINDS, "kind", line, faults),
        "score": _number(values.get("score", ""), line, faults),
        "cited": list(_rows(values.get("cited", ""), line, number, faults)),
        "line": line,
    }
    return flag if len(faults) == before else None


def _is_id(text: str) -> bool:
    """Say whether a text is a whole number as records may hold: of 64 bits, with its sign."""
    return re.fullmatch(r"-?[0-9]{1,19}", text) is not None and -(2**63) <= int(text) < 2**63


def _subject(text: str, kind: str, line: int, number: Number, faults: list[str]) -> int | None:
    known = number(kind, text)
    if known is None:
        what = "the whole number that the records know it by" if number is whole_number else "an id of the records"
        faults.append(f"line {line}: the subject is '{text}', not {what}")
    return known


def _one_of(text: str, allowed: Sequence[str], column: str, line: int, faults: list[str]) -> str:
    if text not in allowed:
        faults.append(f"line {line}: the {column} is '{text}', not one of {', '.join(allowed)}")
    return text


def _day(text: str, line: int, faults: list[str]) -> date | None:
    try:
        if len(text) != 10:
            raise ValueError
        day = datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007 - a calendar date has no zone
    except ValueError:
        faults.append(f"line {line}: the date is '{text}', not a day as YYYY-MM-DD")
        return None
    if not is_as_of_day(day):
        faults.append(f"line {line}: the date is '{text}', outside the days that records may have")
        return None
    return day


def _number(text: str, line: int, faults: list[str]) -> float | None:
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if value != value or value in (float("inf"), float("-inf")):
        faults.append(f"line {line}: the score is '{text}', not a number")
    return value


def _rows(text: str, line: int, number: Number, faults: list[str]) -> Iterator[tuple[str, int]]:
    for part in filter(None, (p.strip() for p in text.split(";"))):
        table, _, row = part.partition(":")
        known = number(key_domain(table), row) if table in CONTRACT.records else None
        if known is None:
            faults.append(f"line {line}: '{part}' cites no row; write table:id, such as complaint:1234")
        else:
            yield table, known


def _repeated(flags: Sequence[dict[str, Any]]) -> list[str]:
    first: dict[tuple[Any, ...], int] = {}
    faults = []
    for flag in flags:
        key = (flag["subject_kind"], flag["subject_id"], flag["concern"], flag["as_of"])
        if key in first:
            faults.append(f"line {flag['line']} repeats line {first[key]}: same subject, concern and date")
        first.setdefault(key, flag["line"])
    return faults


def _foreign_list(name: str, flags: Sequence[dict[str, Any]], dates: tuple[date, ...], *, scored: bool) -> ForeignList:
    ids = [f"{name}:{flag['line']}" for flag in flags]
    flag_table = pa.table(
        {
            "flag_id": ids,
            "subject_kind": [f["subject_kind"] for f in flags],
            "subject_id": pa.array([f["subject_id"] for f in flags], pa.int64()),
            "as_of": pa.array([f["as_of"] for f in flags], pa.date32()),
            "concern": [f["concern"] for f in flags],
            "family": [FAMILY] * len(flags),
            "detectors": pa.array([[name]] * len(flags), pa.list_(pa.string())),
        }
    )
    cited = [(i, table, row) for i, f in zip(ids, flags, strict=True) for table, row in f["cited"]]
    evidence = pa.table(
        {
            "flag_id": pa.array([c[0] for c in cited], pa.string()),
            "table_name": pa.array([c[1] for c in cited], pa.string()),
            "row_id": pa.array([c[2] for c in cited], pa.int64()),
            "part": pa.array(["direct"] * len(cited), pa.string()),
        }
    )
    scores = _score_table(name, flag_table, [f["score"] for f in flags]) if scored else None
    return ForeignList(name, flag_table, evidence, scores, dates)


def _score_table(name: str, flags: pa.Table, scores: Sequence[float | None]) -> pa.Table:
    table = flags.drop_columns(["flag_id", "detectors"]).append_column("score", pa.array(scores, pa.float64()))
    table = table.append_column("p_value", pa.nulls(len(flags), pa.float64()))
    return table.append_column("detector", pa.array([name] * len(flags), pa.string()))


def list_report(
    path: Path,
    *,
    records: Path,
    source: str = "folder",
    truth: Truth | None = None,
    about: Background | None = None,
    options: RateOptions,
    sweeps: bool = True,
) -> RatesReport:
    """Measure another tool's flags as a run's own are, beside every detector and baseline at the same workload.

    The subjects, and what the detectors and baselines say, come from a run on the records as of the list's own dates.

    Where the ids of the records are texts the list has these, and the report names people by them.

    Raises:
        InputRejected: the list or the records cannot be used.
        UsageError: there is a truth, whose ids are numbers, and those of the records are texts.
    """
    check_list(path)
    with Store() as store:
        loaded = load_records(records, source=source, store=store, check="constraints", tables=CONTRACT.readable)
        listed = read_list(path, number=numbers_of(loaded) if loaded.crosswalk else whole_number)
        subjects, scores = _trial_tables(store, listed.dates)
    _check_dates(listed, subjects, path)
    if loaded.crosswalk.keys() & {"officer", "unit"}:
        _check_no_truth(truth, records)
        about = None if about is None else read_background(records, source=source, known_by=loaded.crosswalk)
    if listed.scores:
        scores = pa.concat_tables([scores, listed.scores.select(scores.column_names)])
    inputs = AuditInputs(
        flags=listed.flags, subjects=subjects, scores=scores, evidence=listed.evidence, truth=truth, about=about
    )
    return rates_report(
        inputs,
        options=options,
        facts={"list": path.name, "list_sha256": file_digest(path)},
        ids=GivenIds.of(loaded.crosswalk),
        sweeps=sweeps,
    )


def _check_no_truth(truth: Truth | None, records: Path) -> None:
    if truth is not None:
        raise UsageError(
            "The truth cannot be told to be of these records.",
            expected="records whose ids are the numbers of the truth",
            found="ids that are texts",
            where=str(records),
            hint="Real records have no truth: leave --truth out.",
        )


def _check_dates(listed: ForeignList, subjects: pa.Table, path: Path) -> None:
    """Refuse a list on whose days nobody is in service: nothing could be measured, with truth or without.

    Raises:
        InputRejected: there are such days.
    """
    empty = sorted(set(listed.dates) - set(subjects["as_of"].to_pylist()))
    if empty:
        raise InputRejected(
            "Nobody in the records is in service on a day of the list of flags.",
            expected="the day that the records stood at when the tool ran",
            found=", ".join(map(str, empty)),
            where=str(path),
            hint="Check that the list and the records are of the same force and day.",
        )


def _trial_tables(store: Store, dates: Sequence[date]) -> tuple[pa.Table, pa.Table]:
    """Return the subjects and scores of the pipeline's own stages on loaded records, with nothing written."""
    from pipeline.settings import load
    from pipeline.trial import try_store

    trial = try_store(store, settings=load(), as_of=dates)
    columns = ["subject_kind", "subject_id", "as_of", "concern", "detector", "family", "score", "p_value"]
    return trial.subjects, trial.scores.select(columns)
