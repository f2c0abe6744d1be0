"""Reviews: what people decided about flags, appended to a run's ledger and never taken back.

No outcome stands without a reason. A later review of a flag supersedes an earlier one, and both stay in the ledger.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Literal, get_args

from audit.flag.replay import find_flag
from audit.log.log_folder import LogFolder, open_log
from data.errors import InputRejected, UsageError
from ledger.checkpoints import Checkpoint
from pipeline.digest import canonical
from pipeline.run_folder import RunFolder

Outcome = Literal["no_concern", "support", "advice", "referred", "recording_error", "other"]
OUTCOMES: Final[tuple[Outcome, ...]] = get_args(Outcome)
"""What a review can end in."""

CLEARING: Final = frozenset({"no_concern", "recording_error"})
"""The outcomes that override a flag: there was nothing, or nothing but a record that is wrong."""

AGREEING: Final = frozenset({"support", "advice", "referred"})
"""The outcomes that agree with a flag: it was worth a human look and something follows."""

COLUMNS: Final = ("flag_id", "outcome", "reason", "reviewer", "seconds", "opened", "contested")
"""The columns of a file of reviews; the first three must be there."""

_LONGEST: Final = 10_000


@dataclass(frozen=True, kw_only=True)
class Review:
    """One decision: of which flag, its outcome and reason; by whom (a pseudonym), how long, how many rows were opened.

    `contested` says that the person concerned contested what was decided before; `at` is the time in UTC.
    """

    flag_id: str
    outcome: Outcome
    reason: str
    reviewer: str | None = None
    seconds: int | None = None
    opened: int | None = None
    contested: bool = False
    at: str = ""

    def faults(self) -> list[str]:
        """Return what keeps the review from being recorded."""
        faults = []
        if self.outcome not in OUTCOMES:
            faults.append(f"there is no outcome {self.outcome!r} (there are: {', '.join(OUTCOMES)})")
        if not self.reason.strip():
            faults.append("no outcome stands without a reason")
        if len(self.reason) > _LONGEST:
            faults.append(f"the reason is longer than {_LONGEST:,} characters")
        if any("\ud800" <= character <= "\udfff" for character in self.reason + (self.reviewer or "")):
            faults.append("the text is not UTF-8")
        faults += [f"{name} is below 0" for name in ("seconds", "opened") if (getattr(self, name) or 0) < 0]
        return faults

    def leaf(self) -> bytes:
        """Return the review as a leaf of a ledger."""
        return canonical({"kind": "review", **asdict(self)})


def record_reviews(folder: RunFolder, reviews: Sequence[Review]) -> Checkpoint:
    """Append reviews to a run's ledger, all or none, with the time where they have none.

    Flags may be named by the beginning of their id.

    Raises:
        UsageError: a review has no reason, an unknown outcome or an unknown flag, or is there already; nothing was
            recorded.
        VerificationFailed: the run's ledger does not check out.
    """
    faults = [f"review {n}: {fault}" for n, review in enumerate(reviews, start=1) for fault in review.faults()]
    if faults:
        raise UsageError("The reviews cannot be recorded.", found="; ".join(faults), hint="Nothing was recorded.")
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    leaves = [
        Review(
            **{**asdict(review), "flag_id": find_flag(folder, review.flag_id)["flag_id"], "at": review.at or now}
        ).leaf()
        for review in reviews
    ]
    log = open_log(folder.path)
    there = {leaf.line for leaf in log.leaves()}
    again = [n for n, leaf in enumerate(leaves, start=1) if leaf in there or leaf in leaves[: n - 1]]
    if again:
        raise UsageError(
            "The reviews cannot be recorded.",
            found=f"review {', '.join(map(str, again))}: the same is recorded already, of the same second",
            hint="Nothing was recorded.",
        )
    return log.append(leaves)


def recorded_reviews(log: LogFolder) -> list[Review]:
    """Return the reviews in a ledger, the earliest first."""
    return [_from_leaf(leaf.content) for leaf in log.leaves() if leaf.kind == "review"]


def _from_leaf(content: Any) -> Review:
    fields = {name: value for name, value in content.items() if name != "kind"}
    numbers = {n: None if fields.get(n) is None else int(fields[n]) for n in ("seconds", "opened")}
    return Review(**{**fields, **numbers})


def read_reviews(path: Path) -> list[Review]:
    """Return the reviews in a CSV file with the columns of `COLUMNS`.

    Raises:
        InputRejected: the file cannot be read, columns are missing or unknown, or cells cannot be read; each is named.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            columns = reader.fieldnames or []
            rows = list(reader)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputRejected("The file of reviews cannot be read.", found=str(error), where=str(path)) from error
    wrong = [f"no column {name}" for name in COLUMNS[:3] if name not in columns]
    wrong += [f"the column {name} is none of {', '.join(COLUMNS)}" for name in columns if name not in COLUMNS]
    reviews, faults = _from_rows(rows) if not wrong else ([], wrong)
    if faults:
        raise InputRejected(
            "The file of reviews cannot be used.",
            expected=f"the columns {', '.join(COLUMNS)}, the last four as needed",
            found="; ".join(faults[:10]),
            where=str(path),
            hint="Nothing was recorded.",
        )
    return reviews


def _from_rows(rows: Iterable[dict[str, Any]]) -> tuple[list[Review], list[str]]:
    reviews, faults = [], []
    for line, row in enumerate(rows, start=2):
        try:
            reviews.append(_from_row(row))
            faults += [f"line {line}: {fault}" for fault in reviews[-1].faults()]
        except ValueError as error:
            faults.append(f"line {line}: {error}")
    return reviews, faults


def _from_row(row: dict[str, Any]) -> Review:
    if None in row or None in row.values():
        raise ValueError("more or fewer cells than columns")
    contested = row.get("contested", "").strip().lower()
    if contested not in ("", "yes", "no", "true", "false"):
        raise ValueError(f"contested is yes or no, not {contested[:20]!r}")
    return Review(
        flag_id=row["flag_id"].strip(),
        outcome=row["outcome"].strip(),
        reason=row["reason"],
        reviewer=row.get("reviewer", "").strip() or None,
        seconds=_number(row, "seconds"),
        opened=_number(row, "opened"),
        contested=contested in ("yes", "true"),
    )


def _number(row: dict[str, Any], name: str) -> int | None:
    text = row.get(name, "").strip()
    if text and not text.isdecimal():
        raise ValueError(f"{name} is a whole number, not {text[:20]!r}")
    return int(text) if text else None
