"""The command `reviews`, and what reviews come to."""

from __future__ import annotations

import shutil
from pathlib import Path

from audit.log.review_summary import summarise
from audit.log.reviews import Review
from pipeline.run_folder import RunFolder
from tests.command_line import json_of, output_of


def test_reviews_are_listed_with_who_looked_and_what_came_of_it(finished: RunFolder, tmp_path: Path) -> None:
    run = Path(shutil.copytree(finished.path, tmp_path / "run"))
    flags = json_of("flags", run)
    for outcome, reason in (("referred", "As the roster shows."), ("no_concern", "On loan to custody.")):
        options = ("--outcome", outcome, "--reason", reason, "--reviewer", "R1", "--seconds", 60)
        output_of("review", run, flags[0]["flag_id"], *options)
    summary = json_of("reviews", run)
    assert [review["outcome"] for review in summary["reviews"]] == ["referred", "no_concern"]
    assert summary["outcomes"] == {"no_concern": 1}
    assert (summary["reviewed"], summary["overrode"], summary["median_seconds"]) == (1, 1, 60)
    text = output_of("reviews", run)
    assert "On loan to custody." in text
    assert "surfaced" in text


def flag(name: str, subject: int) -> dict[str, object]:
    return {"flag_id": name, "subject_kind": "officer", "subject_id": subject}


def review(name: str, outcome: str, **more: object) -> Review:
    return Review(flag_id=name, outcome=outcome, reason="x", **more)  # type: ignore[arg-type]


def test_a_person_is_cleared_when_every_flag_was_last_found_to_be_nothing() -> None:
    flags = [flag("a", 1), flag("b", 1), flag("c", 2), flag("d", 3), flag("e", 4), flag("f", 4)]
    done = [
        *(review("a", "no_concern"), review("b", "recording_error")),
        *(review("c", "referred"), review("c", "no_concern")),
        review("d", "support"),
        review("e", "no_concern"),
    ]
    summary = summarise(flags, done)
    assert (summary.surfaced, summary.cleared, summary.upheld, summary.open) == (4, 2, 1, 1)


def test_contests_say_how_they_ended_and_two_readers_how_far_they_agree() -> None:
    flags = [flag(name, number) for number, name in enumerate("abcd")]
    done = [review(name, "no_concern", reviewer="R1") for name in "abc"]
    done += [review("a", "no_concern", reviewer="R2"), review("b", "referred", reviewer="R2")]
    done += [review("c", "no_concern", reviewer="R2")]
    done += [review("b", "no_concern", contested=True), review("d", "advice"), review("d", "advice", contested=True)]
    summary = summarise(flags, done)
    assert [one.contest for one in summary.reviewed] == ["", "contested, changed", "", "contested, upheld"]
    (agreement,) = summary.agreements
    assert (agreement.readers, agreement.flags, agreement.same, agreement.kappa) == (("R1", "R2"), 3, 2, 0.0)
