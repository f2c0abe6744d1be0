"""The specifications there are of one kind of subject and concern: combinations of choices that come to a difference.

A choice may change nothing: leaving a family of detectors out that has nothing to say of culture, or another null where
no detector uses one. Specifications that are the same by construction would count one result several times, so that of
those only the one nearest to the run's own settings is kept. Combinations that leave nothing to look with are none.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import Any, Final

import numpy as np

from audit.specification.choices import AppliedChoices, Choices, SpecificationPlan, changed
from audit.specification.run_values import RunValues
from data.random import generator
from data.vocabulary import CONCERNS, SUBJECT_KINDS, Concern, SubjectKind
from features.table import FeatureTable
from models.detector import Detector
from models.panel import Panel, build_panel
from models.pattern import Pattern
from models.peers import PeerGroups, peer_groups
from pipeline.detector_scores import detectors_of
from pipeline.settings import ByRate, Settings

NEAR: Final = 2
"""Of too many specifications, those that differ from the run's own settings in so many choices are all run."""

FEWEST: Final = 100
"""However many those are, so many of the others are run at least, lest nothing be known of them."""

PanelKey = tuple[int, int]
"""Positions of a choice of windows and one of peers: what decides which panel detectors see."""


@dataclass(frozen=True)
class Specification:
    """One combination of choices, and for how many it stands: more than itself where others were not run."""

    choices: Choices
    weight: float = 1.0


@dataclass(frozen=True)
class Space:
    """The specifications to be run of one kind of subject and concern, the run's own settings first.

    `panels` holds, by windows and peers, what detectors see on each date. `combinations` counts all combinations of
    choices, `empty` those that leave nothing to look with, `duplicates` those that are the same as another by
    construction, and `distinct` the rest, of which `chosen` are run.
    """

    kind: SubjectKind
    concern: Concern
    panels: dict[PanelKey, tuple[Panel, ...]]
    chosen: tuple[Specification, ...]
    combinations: int
    empty: int
    duplicates: int
    distinct: int

    @property
    def whole(self) -> bool:
        """Say whether every specification is run."""
        return len(self.chosen) == self.distinct


def spaces(values: RunValues, plan: SpecificationPlan) -> list[Space]:
    """Return the specifications of every kind of subject and concern that the run compared."""
    cache = _PanelCache(values, plan)
    candidates = [_space(cache, plan, kind, concern) for kind in SUBJECT_KINDS for concern in CONCERNS]
    return [space for space in candidates if space is not None]


class _PanelCache:
    """Panels by kind, concern, windows and peers, each made once."""

    def __init__(self, values: RunValues, plan: SpecificationPlan) -> None:
        self.values, self.plan = values, plan
        self._groups: dict[tuple[date, SubjectKind, int], PeerGroups] = {}
        self._panels: dict[tuple[SubjectKind, Concern, PanelKey], tuple[Panel, ...]] = {}

    def applied(self, *, windows: int = 0, peers: int = 0) -> AppliedChoices:
        return self.plan.applied((windows, peers, 0, 0, 0, 0), self.values.settings)

    def of(self, kind: SubjectKind, concern: Concern, key: PanelKey) -> tuple[Panel, ...]:
        """Return the panels of the dates on which the run compared anybody."""
        if (kind, concern, key) not in self._panels:
            dates = [d for d in self.values.dates if (d, kind) in self.values.tables]
            panels = [self._panel(d, kind, concern, key) for d in dates]
            if key != (0, 0):
                compared = {panel.as_of for panel in self.of(kind, concern, (0, 0))}
                panels = [panel for panel in panels if panel.as_of in compared]
            else:
                panels = [panel for panel in panels if panel.series]
            self._panels[kind, concern, key] = tuple(panels)
        return self._panels[kind, concern, key]

    def _panel(self, day: date, kind: SubjectKind, concern: Concern, key: PanelKey) -> Panel:
        table = self.values.tables[day, kind]
        windows = self.applied(windows=key[0]).windows
        values = table if windows is None else _over(table, windows)
        return build_panel(values, self._peers(day, kind, key[1], table), self.values.settings.indicators, concern)

    def _peers(self, day: date, kind: SubjectKind, peers: int, table: FeatureTable) -> PeerGroups:
        if (day, kind, peers) not in self._groups:
            applied = self.applied(peers=peers)
            smallest = applied.settings.peers.smallest_group
            self._groups[day, kind, peers] = peer_groups(table.subjects, smallest=smallest, levels=applied.levels)
        return self._groups[day, kind, peers]


def _over(table: FeatureTable, windows: frozenset[int]) -> FeatureTable:
    return replace(table, cells={key: cells for key, cells in table.cells.items() if key[1] in windows})


def _space(cache: _PanelCache, plan: SpecificationPlan, kind: SubjectKind, concern: Concern) -> Space | None:
    if not cache.of(kind, concern, (0, 0)):
        return None
    windows, peers = len(plan.alternatives[0]), len(plan.alternatives[1])
    panels = {(w, p): cache.of(kind, concern, (w, p)) for w in range(windows) for p in range(peers)}
    identities = _Identities(plan, cache.values.settings, panels)
    distinct: dict[Any, Choices] = {}
    empty = duplicates = 0
    for choices in plan.combinations():
        identity = identities.of(choices)
        empty += identity is None
        duplicates += identity is not None and identity in distinct
        if identity is not None:
            distinct.setdefault(identity, choices)
    if not distinct:
        return None
    chosen = _sample(list(distinct.values()), plan, f"{cache.values.settings.seed}/{plan.seed}/{kind}/{concern}")
    used = {(specification.choices[0], specification.choices[1]) for specification in chosen}
    needed = {key: panels[key] for key in sorted(used)}
    return Space(kind, concern, needed, chosen, plan.size, empty, duplicates, len(distinct))


def _sample(distinct: list[Choices], plan: SpecificationPlan, stream: str) -> tuple[Specification, ...]:
    """Return all specifications, or of too many those near to the run's settings and a sample of the others."""
    near = [choices for choices in distinct if changed(choices) <= NEAR]
    rest = [choices for choices in distinct if changed(choices) > NEAR]
    places = max(plan.most - len(near), FEWEST)
    if len(rest) <= places:
        return tuple(Specification(choices) for choices in distinct)
    # Those near to the run's settings are all run, since they are what a reader asks about first.
    rng = generator(stream)
    drawn = np.sort(rng.choice(len(rest), size=places, replace=False)).tolist()
    sampled = [Specification(rest[at], len(rest) / places) for at in drawn]
    return (*(Specification(choices) for choices in near), *sampled)


class _Identities:
    """Tells which combinations of choices are the same by construction."""

    def __init__(self, plan: SpecificationPlan, settings: Settings, panels: dict[PanelKey, tuple[Panel, ...]]) -> None:
        self.plan, self.settings = plan, settings
        self._detectors = {
            key: [detectors_of(v, settings) for v in panels_by_date] for key, panels_by_date in panels.items()
        }
        self._distinct_panels: list[tuple[Panel, ...]] = []
        self._number_of = {key: self._number(dates) for key, dates in panels.items()}
        self._subjects = tuple(len(view.ids) for view in panels[0, 0])
        self._applied = [
            [plan.applied(tuple(n if at == d else 0 for at in range(6)), settings) for n in range(len(choices))]
            for d, choices in enumerate(plan.alternatives)
        ]

    def _number(self, panels_by_date: tuple[Panel, ...]) -> int:
        """Return the number of the first panels that hold the same series and peers."""
        for number, other in enumerate(self._distinct_panels):
            if all(_alike(a, b) for a, b in zip(panels_by_date, other, strict=True)):
                return number
        self._distinct_panels.append(panels_by_date)
        return len(self._distinct_panels) - 1

    def of(self, choices: Choices) -> Any:
        """Return what tells a combination from others; None where it leaves nothing to look with on some date."""
        windows, peers, null, combination, selection, detectors = choices
        without = self._applied[5][detectors].without
        detectors_by_date = [[d for d in each if d.family not in without] for each in self._detectors[windows, peers]]
        if not all(detectors_by_date):
            return None
        patterns = any(isinstance(d, Pattern) for each in detectors_by_date for d in each)
        return (
            self._number_of[windows, peers],
            tuple(tuple(d.name for d in each) for each in detectors_by_date),
            self._applied[2][null].settings.calibration.scores if patterns else None,
            tuple(_combined(self._applied[3][combination].settings, each) for each in detectors_by_date),
            self._selected(self._applied[4][selection].settings, windows, peers),
        )

    def _selected(self, settings: Settings, windows: int, peers: int) -> Any:
        how = settings.selection[self._concern]
        if isinstance(how, ByRate):
            return how.q, how.dependence
        return tuple(round(how.per_thousand * n / 1000) for n in self._subjects)

    @cached_property
    def _concern(self) -> Concern:
        return self._distinct_panels[0][0].concern


def _alike(one: Panel, other: Panel) -> bool:
    return [s.key for s in one.series] == [s.key for s in other.series] and one.peers == other.peers


def _combined(settings: Settings, detectors: list[Detector]) -> Any:
    """Return what tells ways of combining apart; one detector alone is not combined, and weights count as shares."""
    if len(detectors) == 1:
        return None
    weights = [settings.combination.weight(d.family) for d in detectors]
    return settings.combination.method, tuple(w / min(weights) for w in weights)
