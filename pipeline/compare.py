"""Run every rule and detector and write down what each says of whom."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from data.store import Store
from data.vocabulary import CONCERNS
from features.table import FeatureTable
from models.baselines import baselines
from models.contradictions.claim_query import count_query
from models.contradictions.rule import Rule
from models.detector import Detector
from models.panel import Panel, build_panel
from models.peers import peer_groups
from models.purposes import Purposes, enforce, report_breaches, revealed
from models.scores import Scores
from pipeline.settings import Settings

SHOWN: Final = 5
"""How many contributions are kept with a score."""

LISTED: Final = 20
"""One in so many has contributions listed: those with the highest scores, and those whose p-value is as small."""

SCHEMA: Final = pa.schema(
    [
        ("subject_kind", pa.string()),
        ("subject_id", pa.int64()),
        ("as_of", pa.date32()),
        ("concern", pa.string()),
        ("detector", pa.string()),
        ("family", pa.string()),
        ("score", pa.float64()),
        ("p_value", pa.float64()),
        ("peer_group", pa.string()),
        ("peers", pa.int64()),
        ("contributions", pa.string()),
    ]
)
"""The columns of `scores.parquet`; contributions are JSON, the strongest first, and listed for those who stand out."""


@dataclass(frozen=True)
class Detected:
    """What one detector says of every subject of a panel."""

    detector: Detector
    panel: Panel
    scores: Scores


@dataclass(frozen=True)
class Contradicted:
    """What one rule says of every officer who made a claim: arrays aligned to `ids`."""

    rule: Rule
    as_of: date
    ids: npt.NDArray[np.int64]
    hits: npt.NDArray[np.int64]
    judged: npt.NDArray[np.int64]
    cannot_say: npt.NDArray[np.int64]

    @property
    def share(self) -> npt.NDArray[np.float64]:
        """Contradicted claims in percent of those that could be judged; 0 where none could."""
        return 100.0 * self.hits / np.maximum(self.judged, 1)

    @property
    def reached(self) -> npt.NDArray[np.bool_]:
        """Who reaches the rule's tolerance."""
        enough: npt.NDArray[np.bool_] = self.hits >= self.rule.minimum_hits
        return enough & (self.share >= self.rule.minimum_share)


def enforce_purposes(settings: Settings, purposes: Purposes) -> None:
    """Check, before anything is computed, that no indicator or rule feeds a concern its data may not serve.

    Raises:
        PurposeBreached: some do; all are listed.
    """
    enforce(purposes, settings.indicators)
    report_breaches(
        [
            f"{r.name} feeds {r.concern} with {', '.join(sorted(read - purposes.feeds[r.concern]))}"
            for r in settings.rules
            if not purposes.allows(read := revealed(r.tables, r.categories), r.concern)
        ]
    )


def detect(table: FeatureTable, settings: Settings) -> list[Detected]:
    """Run all detectors on one table of feature values, concern by concern, and the baselines beside them."""
    return [d for view in panels_of(table, settings) for d in detect_in(view, settings)]


def panels_of(table: FeatureTable, settings: Settings) -> list[Panel]:
    """Return what detectors see of a table, a panel for each concern that anything feeds."""
    groups = peer_groups(table.subjects, smallest=settings.peers.smallest_group)
    views = [build_panel(table, groups, settings.indicators, concern) for concern in CONCERNS]
    return [view for view in views if view.series]


def detect_in(view: Panel, settings: Settings) -> list[Detected]:
    """Run on one panel all detectors that have something to say of it, and the baselines beside them."""
    told = [*detectors_of(view, settings), *(b for b in baselines().values() if b.can_score(view))]
    return [Detected(d, view, d.score(view, seed=seed_of(settings, d, view))) for d in told]


def detectors_of(view: Panel, settings: Settings) -> list[Detector]:
    """Return the detectors that have something to say of a panel."""
    return [d for d in settings.detectors if d.can_score(view)]


def seed_of(settings: Settings, detector: Detector, view: Panel) -> int:
    """Derive a detector's seed from the run's by name, so that adding a detector leaves the others' untouched."""
    name = f"{settings.seed}/{detector.name}/{view.concern}/{view.kind}/{view.as_of}"
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big") % 2**31


def contradict(store: Store, rules: Iterable[Rule], as_of: date) -> list[Contradicted]:
    """Run the rules whose tables are there on the loaded records."""
    present = store.tables("loaded")
    found = []
    for rule in rules:
        if set(rule.tables) <= present:
            counted = store.arrow(count_query(rule, as_of), step=f"{as_of}/rules/{rule.name}")
            columns = [np.asarray(counted[n].to_numpy(), dtype=np.int64) for n in counted.column_names]
            found.append(Contradicted(rule, as_of, *columns))
    return found


def skipped_rules(rules: Sequence[Rule], present: set[str]) -> list[tuple[str, tuple[str, ...]]]:
    """Return the rules that cannot run, each with the absent tables it needs."""
    return [(r.name, tuple(sorted(set(r.tables) - present))) for r in rules if not set(r.tables) <= present]


def scores_table(detected: Sequence[Detected], contradicted: Sequence[Contradicted]) -> pa.Table:
    """Return everything that was said as rows of `scores.parquet`."""
    parts = [_detector_rows(d) for d in detected] + [_rule_rows(c) for c in contradicted]
    if not parts:
        return SCHEMA.empty_table()
    keys = ["as_of", "subject_kind", "concern", "detector", "subject_id"]
    return pa.concat_tables(parts).sort_by([(key, "ascending") for key in keys])


def _detector_rows(detected: Detected) -> pa.Table:
    view, scores = detected.panel, detected.scores
    n = len(view.ids)
    own = detected.detector.family
    family = "unit" if view.kind == "unit" and own != "baseline" else own
    columns = [
        pa.repeat(view.kind, n),
        pa.array(view.ids),
        pa.repeat(pa.scalar(view.as_of, pa.date32()), n),
        pa.repeat(view.concern, n),
        pa.repeat(detected.detector.name, n),
        pa.repeat(family, n),
        pa.array(scores.score),
        pa.array(scores.p_value, mask=np.isnan(scores.p_value)),
        pa.array(view.peers.labels, pa.string()),
        pa.array([view.peers.sizes[label] for label in view.peers.labels], pa.int64()),
        pa.array(_listed(scores), pa.string()),
    ]
    return pa.Table.from_arrays(columns, schema=SCHEMA)


def _listed(scores: Scores) -> list[str]:
    """Return the strongest contributions as JSON, for those who stand out; an empty list for all others."""
    n = len(scores.score)
    rank = np.searchsorted(np.sort(scores.score), scores.score, side="left")
    stand_out = (scores.score > 0) & (
        (rank >= n - n // LISTED) | (np.nan_to_num(scores.p_value, nan=1.0) <= 1 / LISTED)
    )
    listed = ["[]"] * n
    for at in np.flatnonzero(stand_out).tolist():
        listed[at] = as_json([c.to_json() for c in scores.contributions.first(at, SHOWN)])
    return listed


def _rule_rows(contradicted: Contradicted) -> pa.Table:
    n = len(contradicted.ids)
    columns = [
        pa.repeat("officer", n),
        pa.array(contradicted.ids),
        pa.repeat(pa.scalar(contradicted.as_of, pa.date32()), n),
        pa.repeat(contradicted.rule.concern, n),
        pa.repeat(contradicted.rule.name, n),
        pa.repeat("contradiction", n),
        pa.array(contradicted.hits.astype(np.float64)),
        pa.nulls(n, pa.float64()),
        pa.nulls(n, pa.string()),
        pa.nulls(n, pa.int64()),
        pa.array([as_json([rule_contribution(contradicted, at)]) for at in range(n)], pa.string()),
    ]
    return pa.Table.from_arrays(columns, schema=SCHEMA)


def rule_contribution(contradicted: Contradicted, at: int) -> dict[str, int | str]:
    """Return what a rule counted for one officer."""
    return {
        "rule": contradicted.rule.name,
        "window_days": contradicted.rule.window,
        "hits": int(contradicted.hits[at]),
        "judged": int(contradicted.judged[at]),
        "cannot_say": int(contradicted.cannot_say[at]),
    }


def as_json(content: object) -> str:
    """Return compact JSON with sorted keys."""
    return json.dumps(content, sort_keys=True, separators=(",", ":"))
