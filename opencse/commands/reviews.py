"""The command `reviews`: show who looked at the flags of a run, and what came of it."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from opencse.command import Command
from opencse.options import AsJson, RunPath
from opencse.terminal import print_json, print_table, print_text

if TYPE_CHECKING:
    from audit.log.review_summary import Reviewed, ReviewSummary


def reviews(run: RunPath, as_json: AsJson = False) -> None:
    """Show who looked at which flag, for how long, and what was decided; and how many people were cleared."""
    from audit.log.log_folder import open_log
    from audit.log.review_summary import summarise
    from audit.log.reviews import recorded_reviews
    from pipeline.run_folder import open_run

    folder = open_run(run)
    recorded = recorded_reviews(open_log(folder.path))
    summary = summarise(folder.table("flags").to_pylist(), recorded)
    if as_json:
        print_json({"reviews": [asdict(one) for one in recorded], **summary.to_json()})
    else:
        _print_summary(summary)


def _print_summary(summary: ReviewSummary) -> None:
    columns = ["flag", "reviews", "by", "seconds", "rows opened", "outcome", "the flag was", "contested", "why"]
    print_table(
        f"{len(summary.reviewed)} of {summary.flags} flags reviewed", columns, [_line(r) for r in summary.reviewed]
    )
    for agreement in summary.agreements:
        kappa = "" if agreement.kappa is None else f", kappa {agreement.kappa:.2f}"
        print_text(
            f"Flags that both {' and '.join(agreement.readers)} read: {agreement.flags}; decided alike:"
            f" {agreement.same}{kappa}."
        )
    print_text(
        f"{summary.surfaced} people and units were surfaced: {summary.cleared} cleared, {summary.upheld} with a flag"
        f" that was agreed with, {summary.open} open."
    )


def _line(reviewed: Reviewed) -> tuple[object, ...]:
    standing = reviewed.standing
    return (
        reviewed.flag_id[:12],
        len(reviewed.reviews),
        standing.reviewer,
        standing.seconds,
        standing.opened,
        standing.outcome,
        {"agreed": "agreed with", "overrode": "overridden"}.get(reviewed.sense),
        reviewed.contest or None,
        standing.reason,
    )


COMMAND = Command(reviews, panel="Check a run", examples=("opencse reviews build/run",))
