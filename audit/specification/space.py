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

from audit.specification.choices import Applied, Choices, Plan, changed
from audit.specification.run_values import Basis
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

Key = tuple[int, int]
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
    choices, `nothing` those that leave nothing to look with, `same` those that are the same as another by construction,
    and `distinct` the rest, of which `chosen` are run.
    """

    kind: SubjectKind
    concern: Concern
    panels: dict[Key, tuple[Panel, ...]]
    chosen: tuple[Specification, ...]
    combinations: int
    nothing: int
    same: int
    distinct: int

    @property
    def whole(self) -> bool:
        """Say whether every specification is run."""
        return len(self.chosen) == self.distinct


def spaces(basis: Basis, plan: Plan) -> list[Space]:
    """Return the specifications of every kind of subject and concern that the run compared."""
    views = _Views(basis, plan)
    found = [_space(views, plan, kind, concern) for kind in SUBJECT_KINDS for concern in CONCERNS]
    return [space for space in found if space is not None]


class _Views:
    """Panels by kind, concern, windows and peers, each made once."""

    def __init__(self, basis: Basis, plan: Plan) -> None:
        self.basis, self.plan = basis, plan
        self._groups: dict[tuple[date, SubjectKind, int], PeerGroups] = {}
        self._panels: dict[tuple[SubjectKind, Concern, Key], tuple[Panel, ...]] = {}

    def applied(self, *, windows: int = 0, peers: int = 0) -> Applied:
        return self.plan.applied((windows, peers, 0, 0, 0, 0), self.basis.settings)

    def of(self, kind: SubjectKind, concern: Concern, key: Key) -> tuple[Panel, ...]:
        """Return the panels of the dates on which the run compared anybody."""
        if (kind, concern, key) not in self._panels:
            dates = [d for d in self.basis.dates if (d, kind) in self.basis.tables]
            views = [self._panel(d, kind, concern, key) for d in dates]
            if key != (0, 0):
                compared = {view.as_of for view in self.of(kind, concern, (0, 0))}
                views = [view for view in views if view.as_of in compared]
            else:
                views = [view for view in views if view.series]
            self._panels[kind, concern, key] = tuple(views)
        return self._panels[kind, concern, key]

    def _panel(self, day: date, kind: SubjectKind, concern: Concern, key: Key) -> Panel:
        table = self.basis.tables[day, kind]
        windows = self.applied(windows=key[0]).windows
        kept = table if windows is None else _over(table, windows)
        return build_panel(kept, self._grouped(day, kind, key[1], table), self.basis.settings.indicators, concern)

    def _grouped(self, day: date, kind: SubjectKind, peers: int, table: FeatureTable) -> PeerGroups:
        if (day, kind, peers) not in self._groups:
            said = self.applied(peers=peers)
            smallest = said.settings.peers.smallest_group
            self._groups[day, kind, peers] = peer_groups(table.subjects, smallest=smallest, levels=said.levels)
        return self._groups[day, kind, peers]


def _over(table: FeatureTable, windows: frozenset[int]) -> FeatureTable:
    return replace(table, cells={key: cells for key, cells in table.cells.items() if key[1] in windows})


def _space(views: _Views, plan: Plan, kind: SubjectKind, concern: Concern) -> Space | None:
    if not views.of(kind, concern, (0, 0)):
        return None
    windows, peers = len(plan.alternatives[0]), len(plan.alternatives[1])
    panels = {(w, p): views.of(kind, concern, (w, p)) for w in range(windows) for p in range(peers)}
    tell = _Identity(plan, views.basis.settings, panels)
    kept: dict[Any, Choices] = {}
    nothing = same = 0
    for choices in plan.combinations():
        identity = tell.of(choices)
        nothing += identity is None
        same += identity is not None and identity in kept
        if identity is not None:
            kept.setdefault(identity, choices)
    if not kept:
        return None
    found = list(kept.values())
    chosen = _chosen(found, plan, f"{views.basis.settings.seed}/{plan.seed}/{kind}/{concern}")
    used = {(specification.choices[0], specification.choices[1]) for specification in chosen}
    needed = {key: panels[key] for key in sorted(used)}
    return Space(kind, concern, needed, chosen, plan.size, nothing, same, len(found))


def _chosen(found: list[Choices], plan: Plan, stream: str) -> tuple[Specification, ...]:
    """Return all specifications, or of too many those near to the run's settings and a sample of the others."""
    near = [choices for choices in found if changed(choices) <= NEAR]
    rest = [choices for choices in found if changed(choices) > NEAR]
    places = max(plan.most - len(near), FEWEST)
    if len(rest) <= places:
        return tuple(Specification(choices) for choices in found)
    rng = generator(stream)
    drawn = np.sort(rng.choice(len(rest), size=places, replace=False)).tolist()
    sampled = [Specification(rest[at], len(rest) / places) for at in drawn]
    return (*(Specification(choices) for choices in near), *sampled)


class _Identity:
    """Tells which combinations of choices are the same by construction."""

    def __init__(self, plan: Plan, settings: Settings, panels: dict[Key, tuple[Panel, ...]]) -> None:
        self.plan, self.settings = plan, settings
        self._speak = {key: [detectors_of(v, settings) for v in views] for key, views in panels.items()}
        self._seen: list[tuple[Panel, ...]] = []
        self._same = {key: self._number(views) for key, views in panels.items()}
        self._people = tuple(len(view.ids) for view in panels[0, 0])
        self._made = [
            [plan.applied(tuple(n if at == d else 0 for at in range(6)), settings) for n in range(len(known))]
            for d, known in enumerate(plan.alternatives)
        ]

    def _number(self, views: tuple[Panel, ...]) -> int:
        """Return the number of the first panels that hold the same series and peers."""
        for number, other in enumerate(self._seen):
            if all(_alike(a, b) for a, b in zip(views, other, strict=True)):
                return number
        self._seen.append(views)
        return len(self._seen) - 1

    def of(self, choices: Choices) -> Any:
        """Return what tells a combination from others; None where it leaves nothing to look with on some date."""
        windows, peers, null, combination, selection, detectors = choices
        without = self._made[5][detectors].without
        said = [[d for d in each if d.family not in without] for each in self._speak[windows, peers]]
        if not all(said):
            return None
        patterns = any(isinstance(d, Pattern) for each in said for d in each)
        return (
            self._same[windows, peers],
            tuple(tuple(d.name for d in each) for each in said),
            self._made[2][null].settings.calibration.scores if patterns else None,
            tuple(_combined(self._made[3][combination].settings, each) for each in said),
            self._selected(self._made[4][selection].settings, windows, peers),
        )

    def _selected(self, settings: Settings, windows: int, peers: int) -> Any:
        how = settings.selection[self._concern]
        if isinstance(how, ByRate):
            return how.q, how.dependence
        return tuple(round(how.per_thousand * n / 1000) for n in self._people)

    @cached_property
    def _concern(self) -> Concern:
        return self._seen[0][0].concern


def _alike(one: Panel, other: Panel) -> bool:
    return [s.key for s in one.series] == [s.key for s in other.series] and one.peers == other.peers


def _combined(settings: Settings, said: list[Detector]) -> Any:
    """Return what tells ways of combining apart; one detector alone is not combined, and weights count as shares."""
    if len(said) == 1:
        return None
    weights = [settings.combination.weight(d.family) for d in said]
    return settings.combination.method, tuple(w / min(weights) for w in weights)
