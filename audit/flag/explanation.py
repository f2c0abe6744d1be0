"""A flag explained: why, compared with whom, on which rows, and what would have changed it."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from audit.flag.cited_rows import cited_rows, evidence_of, loaded_rows
from audit.flag.fewer_counts import fewer_counts
from audit.flag.removal import Removal
from audit.flag.replay import find_flag
from audit.flag.rerun import Rerun
from audit.flag.rule_comparison import RuleComparison
from data.arrow import is_text
from data.contract import CONTRACT
from data.store import Store
from models.excess.relative_rates import ASSUMPTION, RelativeRates
from models.selection.fdr import decisive_sources
from pipeline.run_folder import RunFolder
from pipeline.settings import Settings

if TYPE_CHECKING:
    from audit.flag.stability import Stability  # it takes loading records, which nothing else here needs

ROWS: Final = 5
"""How many rows of each table are shown unless more are asked for."""


@dataclass(frozen=True)
class Explanation:
    """Everything there is to say about one flag.

    `scores` holds, for each detector or rule, its score, p-value, peer group and contributions. `cited` counts the rows
    by (table, indicator or rule, part). `rows` holds the first of the rows that the flag rests on, by table, with
    file and row of origin. `changes` says in words what would have kept the flag from being raised; `removal` names the
    very rows, and `survival` counts how often it is raised again, where they were asked for.
    """

    flag: dict[str, Any]
    scores: tuple[dict[str, Any], ...]
    cited: tuple[tuple[str, str, str, int], ...]
    rows: dict[str, list[dict[str, Any]]]
    changes: tuple[str, ...]
    assumptions: tuple[str, ...]
    removal: Removal | None = None
    survival: tuple[Stability, ...] = ()


def explain(folder: RunFolder, start: str, *, rows: int = ROWS, rerun: Rerun | None = None) -> Explanation:
    """Explain the flag whose id begins with a text, from the run folder alone.

    What takes computing the comparison again is left out: see `audit.flag.removal` and `audit.flag.stability`. `rerun`
    is the run's comparison done again, where it is there already.

    Raises:
        UsageError: no flag's id, or more than one, begins so.
        VerificationFailed: a file of the run cannot be read.
    """
    flag, settings = dict(find_flag(folder, start)), folder.settings
    rerun = rerun or Rerun(folder, settings)
    evidence = evidence_of(folder, flag["flag_id"])[flag["flag_id"]]
    counts = Counter((e.table_name, e.indicator, e.part) for e in evidence)
    direct = [e for e in evidence if e.part == "direct"]
    rows_by_table = cited_rows(direct, loaded_rows(folder, direct), flag["as_of"])
    scores = _scores(rerun.scores, flag)
    return Explanation(
        flag=flag,
        scores=scores,
        cited=tuple((*key, n) for key, n in sorted(counts.items())),
        rows={name: table.slice(0, rows).to_pylist() for name, table in rows_by_table.items()},
        changes=tuple(_changes(rerun, flag, scores)),
        assumptions=tuple(_assumptions(flag, settings)),
    )


def _scores(table: pa.Table, flag: dict[str, Any]) -> tuple[dict[str, Any], ...]:
    subject, day = pa.scalar(flag["subject_id"], pa.int64()), pa.scalar(flag["as_of"], pa.date32())
    about_flag = pc.and_(pc.equal(table["subject_id"], subject), pc.equal(table["as_of"], day))
    for name in ("subject_kind", "concern"):
        about_flag = pc.and_(about_flag, is_text(table[name], flag[name]))
    rows = [s for s in table.filter(about_flag).to_pylist() if _same_family(s, flag)]
    return tuple(s | {"contributions": json.loads(s["contributions"])} for s in rows)


def _same_family(score: dict[str, Any], flag: dict[str, Any]) -> bool:
    if flag["family"] == "contradiction":
        return score["detector"] in flag["detectors"]
    if flag["promise"] == "excess":
        return bool(score["family"] == "excess")
    return score["family"] not in ("contradiction", "excess", "baseline")


def _changes(rerun: Rerun, flag: dict[str, Any], scores: tuple[dict[str, Any], ...]) -> list[str]:
    settings = rerun.settings
    if flag["family"] == "contradiction":
        practices = rerun.folder.table("practices").to_pylist()
        said = [p["sentence"] for p in practices if p["rule"] in flag["detectors"] and p["as_of"] == flag["as_of"]]
        return [_rule_change(rerun, flag, scores[0]["contributions"][0]), *said]
    if flag["promise"] == "excess":
        return _excess_changes(flag, scores[0]["contributions"], settings)
    known = {d.name: d for d in settings.detectors if settings.takes_part(d, flag["concern"])}
    tested_scores = [s for s in scores if s["p_value"] is not None and s["detector"] in known]
    p_values = np.array([s["p_value"] for s in tested_scores])
    weights = [settings.combination.weight(known[s["detector"]].family) for s in tested_scores]
    strongest = decisive_sources(p_values, flag["threshold"], method=settings.combination.method, weights=weights)
    lines = list[str]()
    for score, weight in ((tested_scores[n], weights[n]) for n in strongest):
        cut = flag["threshold"] * weight / sum(weights)
        name = score["detector"].replace("_", " ")
        together = f"{name}: it looks at all counts together, so that none can be said to have been too many."
        own = fewer_counts(rerun, flag, known[score["detector"]], cut)
        lines += [together] if own is None else own
    return list(dict.fromkeys(lines))  # two detectors may say the same of the same count


def _excess_changes(flag: dict[str, Any], contributions: list[dict[str, Any]], settings: Settings) -> list[str]:
    """Say by how many events, weighted by age, the chance would have risen over the cut."""
    lines = []
    for c in contributions:
        own = RelativeRates(c["shape"], np.array([c["events"]]), np.array([c["due"]]))
        needed = float(own.events_needed(settings.excess.times, flag["threshold"])[0])
        lines.append(
            f"{c['indicator'].replace('_', ' ')}: weighted by age there are {c['events']:.1f} events where peers have"
            f" {c['due']:.1f}; with fewer than {needed:.1f} it would not reach the cut."
        )
    return lines


def _rule_change(rerun: Rerun, flag: dict[str, Any], counted: dict[str, Any]) -> str:
    with Store(threads=1) as store:
        fewer = RuleComparison(rerun, flag, store).fewer()
    if fewer is None:
        return "No fewer contradicted days would have kept it from being raised: the run's own values do not raise it."
    return (
        f"With {fewer} of the {counted['hit_days']} contradicted days borne out the rest would not reach the cut:"
        " so many are ordinary enough here."
    )


def _assumptions(flag: dict[str, Any], settings: Settings) -> list[str]:
    if flag["family"] == "contradiction":
        return [f"It cannot see {blind}." for blind in settings.repertoire.rules[flag["detectors"][0]].blind_to]
    if flag["promise"] == "excess":
        return [f"excess: {ASSUMPTION}."]
    known = {d.name: d for d in settings.detectors}
    return [f"{n}: {known[n].assumption}." for n in flag["detectors"] if n in known]


def shown_columns(table: str) -> list[str]:
    """Return the columns of a table that are worth showing beside a row: its contract columns without the ids."""
    return [c.name for c in CONTRACT[table].columns if c.name not in ("officer_id", "known_on", CONTRACT[table].key)]
