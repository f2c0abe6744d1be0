"""One drawn force judged: what every detector and baseline says in it, against its truth.

What is kept of a force is small: how often p-values are small, how each selection went, and the rates. Each force is
written once, whole or not at all, so a measurement that was cut off goes on where it stopped.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
from joblib import Parallel, delayed

from audit.rates import RateOptions, Truth, rates
from data.synthetic.generate import GENERATOR
from data.synthetic.memory_world import MemoryWorld, make_world
from data.synthetic.world import load as load_world
from data.vocabulary import CONCERNS
from models.nulls.settled import is_settled
from models.panel import build_panel
from models.peers import peer_groups
from models.selection.fdr import combine, select_by_fdr
from pipeline.settings import Settings, load
from pipeline.trial import Trial, feature_table, try_records
from stress.ranking import combined_scores

NULL, PLANTED = "drawn-null", "drawn"
SETTINGS = Path(__file__).with_name("settings.toml")
WORKLOADS = (5.0, 10.0, 20.0)
"""How many of a thousand subjects are selected where methods are compared at equal workload."""

Q = 0.1
SMALL = (0.01, 0.001)
KEPT = (
    *("precision", "false_discovery_proportion", "false_positive_rate", "false_positive_ratio", "recall"),
    *("evidence_precision", "evidence_recall", "prevalence", "tied_at_cut"),
)
BY = ("all", "typology", "archetype", "ethnicity", "sex", "disability")


@dataclass(frozen=True)
class Job:
    """One force to judge: the name of its world, seed and size, and where its results are kept."""

    world: str
    seed: int
    people: int
    folder: Path

    @property
    def place(self) -> Path:
        """The folder of this force's results."""
        return self.folder / f"{self.world}-{self.people}-{self.seed}"


def judge_all(world: str, seeds: Iterable[int], *, people: int, folder: Path, workers: int) -> None:
    """Judge the forces of some seeds, in parallel; those that have been judged are left alone."""
    jobs = [Job(world, seed, people, folder) for seed in seeds]
    waiting = [job for job in jobs if not job.place.exists()]
    print(f"{world}: {len(jobs) - len(waiting)} of {len(jobs)} forces are there, {len(waiting)} to go", flush=True)
    seeds_done = Parallel(n_jobs=workers, return_as="generator_unordered")(delayed(judge)(job) for job in waiting)
    for number, seed in enumerate(seeds_done, start=1):
        print(f"  {number} of {len(waiting)}: seed {seed}", flush=True)


def judge(job: Job) -> int:
    """Make a force, try the pipeline on it, and keep what is measured; return the seed."""
    world = make_world(load_world(job.world, people=job.people, seed=job.seed))
    settings = load(SETTINGS)
    planted = len(world.truth["truth_subject"]) > 0
    trial = try_records(world.records, settings=settings, evidence=planted)
    truth = _truth(world)
    trial = _with_combined(trial)
    parts = {
        "p_values": small_p_values(trial, truth),
        "outcomes": trial.selections.to_pandas(),
        "rates": judged_rates(trial, truth, world),
        "nulls": unsettled_nulls(trial),
        "clean": clean_calibration(trial, truth, settings) if planted else pd.DataFrame(),
    }
    half = job.place.with_name(f".{job.place.name}")
    shutil.rmtree(half, ignore_errors=True)
    half.mkdir(parents=True)
    for name, table in parts.items():
        table.assign(world=job.world, seed=job.seed, generator=GENERATOR).to_parquet(half / f"{name}.parquet")
    half.rename(job.place)
    return job.seed


def gather(world: str, part: str, *, folder: Path, people: int, seeds: Sequence[int] | None = None) -> pd.DataFrame:
    """Return one part of the results of all forces that have been judged, or of some seeds."""
    places = sorted(folder.glob(f"{world}-{people}-*/{part}.parquet"))
    tables = [t for t in (pd.read_parquet(place) for place in places) if len(t)]
    results = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()
    return results if seeds is None or results.empty else results[results["seed"].isin(list(seeds))]


def _truth(world: MemoryWorld) -> Truth:
    truth = world.truth
    return Truth.of(truth["truth_subject"], truth["truth_archetype"], truth["truth_row"])


def _with_combined(trial: Trial) -> Trial:
    """Add the order in which everybody is ranked by all detectors and rules together to the scores."""
    combined = combined_scores(trial.comparisons, trial.contradictions)
    return replace(trial, scores=pa.concat_tables([trial.scores, combined]))


def small_p_values(trial: Trial, truth: Truth) -> pd.DataFrame:
    """Count p-values at or under each small level, by detector, of everybody and of each archetype."""
    scores = trial.scores.select(["subject_kind", "subject_id", "concern", "detector", "p_value"]).to_pandas()
    scores = scores[scores["p_value"].notna()]
    groups = {"all": None, "no archetype": set(scores["subject_id"]) - set(truth.archetypes.ids.tolist())}
    groups |= {
        name: set(truth.archetypes.ids[truth.archetypes.archetype == name].tolist())
        for name in sorted(set(truth.archetypes.archetype.tolist()))
    }
    rows = []
    for group, members in groups.items():
        part = scores if members is None else scores[scores["subject_id"].isin(members)]
        if members is not None:
            part = part[part["subject_kind"] == "officer"]
        for keys, scores_of in part.groupby(["subject_kind", "concern", "detector"]):
            p = scores_of["p_value"].to_numpy()
            counts = {f"at_{level}": int((p <= level).sum()) for level in SMALL}
            rows.append(
                {
                    **dict(zip(("subject_kind", "concern", "detector"), keys, strict=True)),
                    "group": group,
                    "n": len(p),
                    **counts,
                }
            )
    return pd.DataFrame(rows)


def unsettled_nulls(trial: Trial) -> pd.DataFrame:
    """Count nulls by detector or rule, and those that give no p-value since their fit did not come to rest."""
    fits = [
        (compared.panel.kind, compared.panel.concern, one.detector.name, null.null)
        for compared in trial.comparisons
        for one in compared.scores
        for null in one.scores.nulls
    ]
    fits += [
        ("officer", selection.concern, evidence.counts.rule.name, evidence.fitted.null)
        for selection in trial.contradictions
        for evidence in selection.evidence
        if evidence.fitted is not None
    ]
    keys = ["subject_kind", "concern", "detector"]
    rows = pd.DataFrame([(*key, not is_settled(null), 1) for *key, null in fits], columns=[*keys, "count", "n"])
    return rows.groupby(keys)[["count", "n"]].sum().reset_index()


def judged_rates(trial: Trial, truth: Truth, world: MemoryWorld) -> pd.DataFrame:
    """Return the rates of what was flagged, and of every method at each workload."""
    inputs = {
        "subjects": trial.subjects,
        "scores": trial.scores,
        "truth": truth,
        "people": world.records["protected_characteristic"],
    }
    evidence = trial.evidence if len(trial.evidence) else None
    parts = [rates(trial.flags, **inputs, evidence=evidence).query("basis != 'equal_workload'").assign(workload=0.0)]
    for workload in WORKLOADS:
        at_workload = rates(trial.flags, **inputs, options=RateOptions(workload=workload))
        parts.append(at_workload[at_workload["basis"] == "equal_workload"].assign(workload=workload))
    whole = pd.concat(parts, ignore_index=True)
    wanted_rows = whole["measure"].isin(KEPT) & whole["by"].isin(BY)
    columns = ["subject_kind", "concern", "basis", "scope", "name", "measure", "by", "group", "workload"]
    counts = ["count", "n", "reference_count", "reference_n"]
    return whole.loc[wanted_rows & (whole["n"] > 0), [*columns, *counts]].reset_index(drop=True)


def clean_calibration(trial: Trial, truth: Truth, settings: Settings) -> pd.DataFrame:
    """Compare the power of detectors fitted to everybody with that of the same detectors fitted to clean peers only.

    Clean are those in whom nothing was planted. Both are selected by false discovery rate.
    """
    planted = {(k, i) for k, i in zip(truth.subjects.kind.tolist(), truth.subjects.ids.tolist(), strict=True)}
    rows = []
    for kind in ("officer", "unit"):
        for as_of in trial.as_of:
            table = feature_table(trial, kind, as_of)
            groups = peer_groups(table.subjects, smallest=settings.peers.smallest_group)
            for concern in CONCERNS:
                view = build_panel(table, groups, settings.indicators, concern)
                detectors = [d for d in settings.detectors if d.can_score(view)] if view.series else []
                if detectors:
                    rows += _power(view, detectors, planted, truth, settings, concern)
    return pd.DataFrame(rows)


def _power(view, detectors, planted, truth, settings, concern):
    ids = view.ids.tolist()
    clean = np.array([at for at, one in enumerate(ids) if (view.kind, one) not in planted], dtype=np.intp)
    subjects = truth.subjects
    sought = set(subjects.ids[(subjects.kind == view.kind) & (subjects.concern == concern)].tolist())
    positive = np.array([one in sought for one in ids])
    for name, at in (("everybody", np.arange(len(ids))), ("clean", clean)):
        columns = [d.fit(view.take(at), seed=1).score(view).p_value for d in detectors if not d.transductive]
        weights = [settings.combination.weight(d.family) for d in detectors if not d.transductive]
        p = combine(np.column_stack(columns), method=settings.combination.method, weights=weights)
        chosen = select_by_fdr(p, q=Q).chosen
        yield {
            "subject_kind": view.kind,
            "concern": concern,
            "fitted_to": name,
            "positives": int(positive.sum()),
            "found": int((chosen & positive).sum()),
            "selected": int(chosen.sum()),
        }
