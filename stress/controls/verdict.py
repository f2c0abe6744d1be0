"""From readings to verdicts: whether more was found where nothing is than chance allows.

A control fails where the chance of counting so many, if no more were expected than allowed, is under `FALSE_ALARM`
shared among the controls and, within one, among what it judges. The chance is the binomial tail at n trials of the
allowed share. It is exact for worlds or draws with one stated rate; for sums of unlike chances, and for counts drawn
without replacement, it is never too small from one above the expected number on.

Source: Hoeffding (1956), Annals of Mathematical Statistics 27:713, theorem 5, for unlike chances; Vatutin and Mikhailov
(1982), Theory of Probability 27:734, for the hypergeometric as such a sum.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from typing import Any, Final

import numpy as np

from stress.controls.control import Reading

FALSE_ALARM: Final = 0.05
"""The chance that an audit in which everything holds has any failing control."""

PASSED, FAILED, TOO_FEW, NOT_JUDGED, NOT_RUN = "passed", "failed", "too_few", "not_judged", "not_run"
"""What becomes of what a control counts. `too_few`: even if all had been counted, it could not have failed."""


@dataclass(frozen=True)
class ControlVerdict:
    """What one control says of one thing it counted, over all draws or worlds.

    `share` is count / n, `allowed` the share that was permitted, and `standard_error` that of a share of the allowed
    size among n. `chance` is that of counting as many if no more were expected than allowed; `level` what it is held
    against. What cannot be said is None. `reason` says why a control was not run.
    """

    control: str
    what: str
    subject_kind: str
    concern: str
    count: float
    n: float
    share: float | None
    allowed: float | None
    standard_error: float | None
    chance: float | None
    level: float | None
    status: str
    real: float | None = None
    real_n: float | None = None
    reason: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return the verdict as plain values."""
        return asdict(self)

    def sentence(self) -> str:
        """Return what was counted in plain words."""
        if self.status == NOT_RUN:
            return f"{_words(self.control)}: {self.reason}"
        whom = " ".join(part for part in (self.concern, f"{self.subject_kind}s" if self.subject_kind else "") if part)
        text = f"{self.what}{f' ({whom})' if whom else ''}: {self.count:g} of {self.n:g}"
        return text if self.allowed is None else f"{text}, where {self.allowed * self.n:.3g} were allowed for"


def judge(
    readings: Mapping[str, Sequence[Reading]], *, absent: Mapping[str, str] | None = None
) -> list[ControlVerdict]:
    """Return a verdict for everything that each control counted; `absent` says of others why they were not run.

    Example:
        >>> worlds = Reading(what="worlds", subject_kind="", concern="", count=9, n=10, allowed=1.0)
        >>> [verdict.status for verdict in judge({"null_world": [worlds]})]
        ['failed']
    """
    verdicts: list[ControlVerdict] = []
    # Bonferroni, first among controls and then within each, so that one with many readings takes nothing from others.
    level = FALSE_ALARM / max(len(readings), 1)
    for control, control_readings in sorted(readings.items()):
        totals = pool(control_readings)
        tests = sum(1 for r in totals if r.allowed is not None and r.n > 0)
        verdicts += [_verdict(control, r, level / max(tests, 1)) for r in totals]
    return verdicts + [_not_run(control, reason) for control, reason in sorted((absent or {}).items())]


def pool(readings: Iterable[Reading]) -> list[Reading]:
    """Add what was counted in several draws, worlds or seeds of the same thing; the real count is their mean."""
    by_key = sorted(readings, key=_key)
    return [_added(list(group)) for _, group in groupby(by_key, key=_key)]


def _key(reading: Reading) -> tuple[str, str, str]:
    return reading.what, reading.subject_kind, reading.concern


def _added(group: Sequence[Reading]) -> Reading:
    first = group[0]

    def known(values: Iterable[float | None]) -> list[float]:
        return [v for v in values if v is not None]

    allowed = known(r.allowed for r in group)
    real, real_n = known(r.real for r in group), known(r.real_n for r in group)
    return Reading(
        what=first.what,
        subject_kind=first.subject_kind,
        concern=first.concern,
        count=sum(r.count for r in group),
        n=sum(r.n for r in group),
        allowed=sum(allowed) if allowed else None,
        real=sum(real) / len(real) if real else None,
        real_n=sum(real_n) / len(real_n) if real_n else None,
    )


def _verdict(control: str, reading: Reading, level: float) -> ControlVerdict:
    share = reading.count / reading.n if reading.n else None
    allowed = reading.allowed / reading.n if reading.n and reading.allowed is not None else None
    chance = None if allowed is None else tail(reading.count, reading.n, allowed)
    status = NOT_JUDGED
    if chance is not None and allowed is not None:
        # What would pass whatever was counted has not been tested.
        could_fail = tail(reading.n, reading.n, allowed) < level
        status = FAILED if chance < level else PASSED if could_fail else TOO_FEW
    error = None if allowed is None else float(np.sqrt(allowed * (1 - allowed) / reading.n))
    return ControlVerdict(
        control=control,
        what=reading.what,
        subject_kind=reading.subject_kind,
        concern=reading.concern,
        count=reading.count,
        n=reading.n,
        share=share,
        allowed=allowed,
        standard_error=error,
        chance=chance,
        level=None if chance is None else level,
        status=status,
        real=reading.real,
        real_n=reading.real_n,
    )


def tail(count: float, n: float, share: float) -> float:
    """Return the chance of at least `count` out of `n` where each has the chance `share`.

    Example:
        >>> round(tail(3, 5, 0.1), 5)
        0.00856
    """
    from scipy.stats import binom

    return float(binom.sf(count - 1, n, min(share, 1.0)))


def _not_run(control: str, reason: str) -> ControlVerdict:
    empty_counts = (0.0, 0.0, None, None, None, None, None)
    return ControlVerdict(control, "", "", "", *empty_counts, NOT_RUN, reason=reason)


def statuses(verdicts: Sequence[ControlVerdict]) -> dict[str, str]:
    """Return the status of each control: the worst of what it judged; too few only where nothing could be judged."""
    by_control: dict[str, str] = {}
    for control in sorted({v.control for v in verdicts}):
        labels = {v.status for v in verdicts if v.control == control}
        by_control[control] = next(s for s in (FAILED, PASSED, TOO_FEW, NOT_RUN, NOT_JUDGED) if s in labels)
    return by_control


NONE_RUN: Final = (
    "NO CONTROL WAS RUN: nothing here says whether the same settings find as much where there is nothing to find."
)
"""The first line of an audit that was made without controls."""


def headline(verdicts: Sequence[ControlVerdict]) -> str:
    """Return the first line of an audit: what its controls say, failures before everything else."""
    by_status = statuses(verdicts)
    names: dict[str, list[str]] = {}
    for name, status in by_status.items():
        names.setdefault(status, []).append(_words(name))
    judgeable = len(names.get(PASSED, [])) + len(names.get(FAILED, []))
    if FAILED in names:
        worst = min((v for v in verdicts if v.status == FAILED), key=lambda v: (v.chance or 0.0, v.control, v.what))
        text = f"CONTROLS FAILED: {', '.join(names[FAILED])}, such as {worst.sentence()}. Do not rely on what follows."
    elif not judgeable and TOO_FEW not in names:
        text = NONE_RUN
    elif not judgeable:
        text = "NO CONTROL COULD BE JUDGED: there were too few worlds or draws for any to fail."
    else:
        text = f"Controls passed: {', '.join(names[PASSED])}."
    additions = [
        *(f"{n}: too few to judge" for n in names.get(TOO_FEW, []) if judgeable),
        *(f"not run, {_words(v.control)}: {v.reason}" for v in verdicts if v.status == NOT_RUN),
    ]
    return " ".join([text, *(f"{m[:1].upper()}{m[1:]}." for m in additions)])


def _words(name: str) -> str:
    return name.replace("_", " ")
