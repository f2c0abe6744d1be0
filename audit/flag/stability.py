"""Would a flag be raised again: with peers drawn anew, with another seed, on a neighbouring as-of date?

A flag that depends on who happened to be among the peers, on a seed or on the day is weaker than one that does not.
Each question is answered by doing the comparison and the selection again, many times, and counting.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

import numpy as np

from audit.flag.comparison import settings_at
from audit.flag.replay import find_flag
from audit.flag.rerun import Rerun
from audit.flag.rule_comparison import RuleComparison
from data.arrays import Positions
from data.errors import UsageError
from data.progress import StageProgress
from data.random import generator
from data.store import Store
from data.vocabulary import BY_COMPARISON, SUBJECT_KINDS
from features.engine import compute_all
from features.gaps.source_gaps import examine
from features.history import history
from models.excess.estimate import estimate
from models.panel import Panel
from pipeline.analysis import by_rules
from pipeline.compare import Selector, compare_panel
from pipeline.detector_scores import DetectorScores, detectors_of, panels_of, score_panel, seed_of
from pipeline.excess import compare_excess, select_excess
from pipeline.extras import check_extras
from pipeline.known_days import last_known
from pipeline.loading import load_records
from pipeline.private_ids import source_of_run
from pipeline.run_folder import RunFolder
from pipeline.settings import Settings

DRAWS: Final = 20
SEEDS: Final = 5
STEP_DAYS: Final = 30


@dataclass(frozen=True)
class Stability:
    """How often a flag was raised again: `survived` of `tried`, or why it was not tried.

    `note` says what a reader should know of the count, such as which detectors had to be left as they were.
    """

    of: str
    tried: int
    survived: int
    note: str = ""

    def sentence(self) -> str:
        """Return the count in words."""
        if not self.tried:
            return f"{self.of}: not tried ({self.note})."
        return f"{self.of}: raised again in {self.survived} of {self.tried}{f' ({self.note})' if self.note else ''}."


def stability(
    folder: RunFolder,
    start: str,
    *,
    draws: int = DRAWS,
    seeds: int = SEEDS,
    records: Path | None = None,
    source: str | None = None,
    progress: StageProgress | None = None,
) -> tuple[Stability, ...]:
    """Count how often the flag whose id begins with a text survives; the same run gives the same counts.

    Peers are drawn with replacement within each peer group, everybody is compared with those drawn, and the selection
    is made again. Another as-of date needs the records that the run read; `source` is the run's unless given.

    Raises:
        UsageError: no flag's id, or more than one, begins so; or the records are not those that the run read.
    """
    tell = progress or (lambda _: None)
    flag = find_flag(folder, start)
    if flag["promise"] in BY_COMPARISON or records is not None:
        check_extras(folder.settings, records=records is not None)
    rerun = Rerun(folder, folder.settings)
    if flag["family"] == "contradiction":
        answers = [_officers(rerun, flag, draws, tell), Stability("another seed", 0, 0, "what rules say has no seed")]
    elif flag["promise"] == "excess":
        answers = [_excess(rerun, flag, draws, tell), Stability("another seed", 0, 0, "what excess says has no seed")]
    else:
        settings = settings_at(rerun, flag)
        panels = panels_of(rerun.table(flag["subject_kind"], flag["as_of"]), settings)
        view = next(v for v in panels if v.concern == flag["concern"])
        answers = [_peers(view, flag, settings, draws, tell), _seeds(view, flag, settings, seeds, tell)]
    if records is None:
        return (*answers, Stability("a neighbouring as-of date", 0, 0, "it needs the records: name their folder"))
    return (*answers, _dates(folder, rerun, flag, records, source or source_of_run(folder), tell))


def _raised(
    view: Panel, settings: Settings, flag: Mapping[str, Any], scores: Sequence[DetectorScores] | None = None
) -> bool:
    return flag["subject_id"] in compare_panel(view, settings, scores=scores).selected


def _peers(view: Panel, flag: Mapping[str, Any], settings: Settings, draws: int, tell: StageProgress) -> Stability:
    detectors = detectors_of(view, settings)
    original = {s.detector.name: s for s in score_panel(view, settings)}
    held: set[str] = set()
    survived = 0
    for number in range(draws):
        tell(f"peers drawn anew: {number + 1} of {draws}")
        drawn = view.take(_resampled(view, _generator(settings, flag, number)))
        again = []
        for detector in detectors:
            fitted = detector.fit(drawn, seed=seed_of(settings, detector, view))
            try:
                again.append(replace(original[detector.name], scores=fitted.score(view)))
            except UsageError:
                held.add(detector.name)
                again.append(original[detector.name])
        survived += _raised(view, settings, flag, again)
    note = f"what {', '.join(sorted(held))} said was kept" if held else ""
    return Stability("peers drawn anew", draws, survived, note)


def _officers(rerun: Rerun, flag: Mapping[str, Any], draws: int, tell: StageProgress) -> Stability:
    """Fit what is ordinary under the rules to officers drawn with replacement, and select again."""
    with Store(threads=1) as store:
        by_rule = RuleComparison(rerun, flag, store)
        survived = 0
        for number in range(draws):
            tell(f"peers drawn anew: {number + 1} of {draws}")
            ids = by_rule.selection.ids
            survived += by_rule.raised_with(_generator(rerun.settings, flag, number).choice(ids, len(ids)))
    return Stability("peers drawn anew", draws, survived)


def _resampled(view: Panel, rng: np.random.Generator) -> Positions:
    """Return positions drawn with replacement within each peer group, in ascending order."""
    return _within_groups(view.group_of, rng)


def _within_groups(groups: Positions, rng: np.random.Generator) -> Positions:
    order = np.argsort(groups, kind="stable")
    members = np.split(order, np.flatnonzero(np.diff(groups[order])) + 1)
    return np.sort(np.concatenate([rng.choice(own, len(own)) for own in members]))


def _excess(rerun: Rerun, flag: Mapping[str, Any], draws: int, tell: StageProgress) -> Stability:
    """Estimate everybody's rates next to peers drawn with replacement, and select again; what was learned stays."""
    settings, past = rerun.settings, rerun.past(flag["subject_kind"], flag["as_of"])
    assert past is not None, "a run with flags of excess keeps its past"
    original = compare_excess(past, flag["concern"], settings)
    groups = original.standings.groups(original.ids, 0, 1)[:, 0]
    survived = 0
    for number in range(draws):
        tell(f"peers drawn anew: {number + 1} of {draws}")
        positions = _within_groups(groups, _generator(settings, flag, number))
        drawn = replace(original.standings, drawn=np.bincount(positions, minlength=len(groups)).astype(np.float64))
        again = [
            estimate(past, one.indicator, drawn, times=settings.excess.times, q=settings.excess.q, learned=one.learned)
            for one in original.indicators
        ]
        survived += flag["subject_id"] in select_excess(past, flag["concern"], settings, drawn, again).selected
    return Stability("peers drawn anew", draws, survived, "how the past fades was kept")


def _generator(settings: Settings, flag: Mapping[str, Any], number: int) -> np.random.Generator:
    return generator(settings.seed, flag["flag_id"], "peers", number)


def _seeds(view: Panel, flag: Mapping[str, Any], settings: Settings, seeds: int, tell: StageProgress) -> Stability:
    survived = 0
    for number in range(seeds):
        tell(f"another seed: {number + 1} of {seeds}")
        other = settings.model_copy(update={"seed": (settings.seed + number + 1) % 2**32})
        survived += _raised(view, other, flag)
    return Stability("another seed", seeds, survived)


def _dates(
    folder: RunFolder, rerun: Rerun, flag: Mapping[str, Any], records: Path, source: str, tell: StageProgress
) -> Stability:
    """Run everything again a month before and a month after, the later one only as far as the records reach."""
    folder.check_known_people()
    name = f"an as-of date {STEP_DAYS} days away"
    with Store() as store:
        loaded = load_records(records, source=source, store=store, progress=tell)
        if {i.sha256 for i in loaded.inputs} != {i["sha256"] for i in folder.manifest["inputs"]}:
            raise UsageError(
                "These are not the records that the run read.",
                expected="files with the digests that the manifest lists",
                found="other files, or the same with other content",
                where=str(records),
            )
        days = [flag["as_of"] + timedelta(days=n) for n in (-STEP_DAYS, STEP_DAYS)]
        reached = [d for d in days if d <= last_known(store) + timedelta(days=1)]
        tell(f"features as of {', '.join(map(str, reached))}")
        raised = [d for d in reached if _raised_on(store, rerun, flag, d, tell)]
    told = ", ".join(f"{d}: {'raised' if d in raised else 'not raised'}" for d in reached)
    short = "" if len(reached) == len(days) else "; the records do not reach the later one"
    return Stability(name, len(reached), len(raised), told + short)


def _raised_on(store: Store, rerun: Rerun, flag: Mapping[str, Any], day: date, tell: StageProgress) -> bool:
    tell(f"rules and detectors as of {day}")
    if flag["family"] == "contradiction":
        return _raised_by_rule(store, rerun, flag, day)
    settings = settings_at(rerun, flag)
    sources = examine(store, as_ofs=[day])
    if flag["promise"] == "excess":
        kind, concern = flag["subject_kind"], flag["concern"]
        past = history(store, settings.indicators, [concern], kind=kind, as_of=day, sources=sources)
        return flag["subject_id"] in compare_excess(past, concern, settings).selected
    tables = compute_all(store, settings.indicators, kinds=SUBJECT_KINDS, as_ofs=[day], sources=sources)
    table = tables[day, flag["subject_kind"]]
    views = [v for v in panels_of(table, settings) if v.concern == flag["concern"]]
    return any(_raised(view, settings, flag) for view in views)


def _raised_by_rule(store: Store, rerun: Rerun, flag: Mapping[str, Any], day: date) -> bool:
    settings = rerun.settings
    officers = compute_all(store, [], kinds=["officer"], as_ofs=[day])[day, "officer"]
    _, selected = by_rules(store, officers, settings, Selector(settings))
    flags = [f for s in selected if s.concern == flag["concern"] for f in s.flags]
    return any((f.subject_id, list(f.detectors)) == (flag["subject_id"], list(flag["detectors"])) for f in flags)
