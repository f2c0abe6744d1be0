"""What each detector says of a panel: everybody's scores and p-values, and what detectors and seeds those come from."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from data.memo import current, digest_of, recall
from data.vocabulary import CONCERNS, Concern
from features.table import FeatureTable
from models.baselines import baselines
from models.detector import Detector
from models.panel import Panel, build_panel
from models.peers import peer_groups
from models.scores import Scores
from pipeline.settings import Settings


@dataclass(frozen=True)
class DetectorScores:
    """What one detector says of every subject of a panel."""

    detector: Detector
    panel: Panel
    scores: Scores


def panels_of(table: FeatureTable, settings: Settings, concerns: Sequence[Concern] = CONCERNS) -> list[Panel]:
    """Return what detectors see of a table, a panel for each of some concerns that anything feeds."""
    groups = peer_groups(table.subjects, smallest=settings.peers.smallest_group)
    panels = [build_panel(table, groups, settings.indicators, concern) for concern in concerns]
    return [p for p in panels if p.series]


def score_panel(view: Panel, settings: Settings, *, with_baselines: bool = True) -> tuple[DetectorScores, ...]:
    """Run on one panel all detectors that have something to say of it, and the baselines beside them."""
    detectors = detectors_of(view, settings)
    if with_baselines:
        detectors += [b for b in baselines().values() if b.can_score(view)]
    if current() is None:
        return tuple(DetectorScores(d, view, d.score(view, seed=seed_of(settings, d, view))) for d in detectors)
    # Panels are hashed once for all detectors; settings say which file or estimator a name stands for.
    panel, rest = digest_of(view.content), settings.model_dump_json()
    return tuple(
        DetectorScores(d, view, recall("scores", (d.name, panel, rest), partial(d.score, view, seed=seed)))
        for d, seed in ((d, seed_of(settings, d, view)) for d in detectors)
    )


def detectors_of(view: Panel, settings: Settings) -> list[Detector]:
    """Return the detectors that have something to say of a panel."""
    return [d for d in settings.detectors if d.can_score(view)]


def seed_of(settings: Settings, detector: Detector, view: Panel) -> int:
    """Derive a detector's seed from the run's by name, so that adding a detector leaves the others' untouched."""
    name = f"{settings.seed}/{detector.name}/{view.concern}/{view.kind}/{view.as_of}"
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big") % 2**31
