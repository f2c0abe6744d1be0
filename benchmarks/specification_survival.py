"""Do flags that survive more specifications turn out right more often? Measured on worlds whose truth is known.

    python benchmarks/specification_survival.py --seeds 401 --seeds 402    judge worlds that have not been judged yet
    python benchmarks/specification_survival.py --report                   the tables, from what has been judged so far

Settings are those of the measurements of detection, in which every concern is selected by false discovery rate.
"""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Annotated

import numpy as np
import pandas as pd
import typer

from audit.rates.truth_tables import Truth
from audit.specification.choices import load_plan
from audit.specification.curve import draw_curve
from audit.specification.run_values import RunValues
from audit.specification.survival import COMPARED, Survival, choice_masks, survivals
from audit.specification.survival_precision import precision_by_survival
from data.synthetic.generate import GENERATOR
from data.synthetic.memory_world import make_world
from data.synthetic.world import load as load_world
from pipeline.settings import load
from pipeline.trial import try_records

HERE = Path(__file__).parent
SETTINGS = HERE / "detection" / "settings.toml"
RESULTS = HERE / "results" / "specification"
KEPT = Path("build/specification")


def judge(seed: int, *, people: int, workers: int, folder: Path) -> None:
    """Draw the curve of one world, and keep its survivals and what each choice comes to."""
    settings, plan = load(SETTINGS), load_plan()
    made = make_world(load_world("demo", people=people, seed=seed))
    trial = try_records(made.records, settings=settings)
    truth = Truth.of(made.truth["truth_subject"], made.truth["truth_archetype"], made.truth["truth_row"])
    began = time.perf_counter(), time.process_time()
    curve = draw_curve(RunValues.of_trial(trial, settings), plan, truth=truth, workers=workers)
    took = time.perf_counter() - began[0], time.process_time() - began[1]
    p_values = {(f["subject_kind"], f["concern"], f["subject_id"]): f["p_value"] for f in trial.flags.to_pylist()}
    rows = [
        {
            **{k: getattr(s, k) for k in ("subject_kind", "concern", "subject_id", "basis", "flagged_by_run")},
            **{k: getattr(s, k) for k in ("share", "changes", "right")},
            "change": s.change,
            "p_value": p_values.get((s.subject_kind, s.concern, s.subject_id)),
        }
        for s in survivals(curve)
    ]
    folder.mkdir(parents=True, exist_ok=True)
    pd.DataFrame(rows).assign(seed=seed).to_csv(folder / f"survival-{people}-{seed}.csv", index=False)
    choices = pd.DataFrame([row for side in curve.slices for row in _choices(side, plan)])
    choices.assign(seed=seed).to_csv(folder / f"choices-{people}-{seed}.csv", index=False)
    told = {"generator": GENERATOR, "seed": seed, "seconds": took[0], "cpu_seconds": took[1], "workers": workers}
    (folder / f"time-{people}-{seed}.json").write_text(json.dumps(told), encoding="utf-8")


def _choices(side, plan):
    """Yield for each choice how many the specifications that make it flag, and how many of those rightly."""
    for (dimension, choice), mask in choice_masks(side, plan).items():
        flagged = side.flagged[mask]
        yield {
            "subject_kind": side.kind,
            "concern": side.concern,
            "dimension": dimension,
            "choice": choice,
            "specifications": int(mask.sum()),
            "flagged": float(flagged.sum(axis=1).mean()),
            "right": float((flagged & side.right).sum(axis=1).mean()),
            "kept": float(flagged[:, side.own].mean()) if side.own.any() else np.nan,
        }


def write_report(folder: Path, *, people: int, out: Path) -> None:
    """Write, of all worlds judged, how often flags of each decile are right, and what each choice comes to."""
    survival, choices = (_gather(folder, part, people) for part in ("survival", "choices"))
    told = survival[survival["basis"] == COMPARED]
    found = [_as_survival(row) for row in told.to_dict("records")]
    out.mkdir(parents=True, exist_ok=True)
    deciles = pd.DataFrame([vars(d) for d in precision_by_survival(found)])
    deciles[deciles["flags"] > 0].to_csv(out / "precision.csv", index=False, float_format="%.4f")
    keys = ["subject_kind", "concern", "dimension", "choice"]
    means = choices.groupby(keys, sort=False)[["specifications", "flagged", "right", "kept"]].mean().reset_index()
    means.to_csv(out / "choices.csv", index=False, float_format="%.3f")
    generators = [json.loads(path.read_text("utf-8")).get("generator") for path in folder.glob(f"time-{people}-*.json")]
    known = sorted(set(generators)) if None not in generators else []  # from before they said so
    ranking = {"generators": known, **_ranking(told)}
    (out / "ranking.json").write_text(json.dumps(ranking, indent=2) + "\n", encoding="utf-8")


def _gather(folder: Path, part: str, people: int) -> pd.DataFrame:
    paths = sorted(folder.glob(f"{part}-{people}-*.csv"))
    # One of the dimensions is called "null", which pandas would read as nothing.
    told = [pd.read_csv(path, keep_default_na=False, na_values=[""]) for path in paths]
    return pd.concat(told, ignore_index=True)


def _as_survival(row):
    names = ("subject_kind", "concern", "subject_id", "basis", "flagged_by_run", "share")
    # The seed stands in for the date, which plays no part here.
    return Survival(as_of=row["seed"], flag_id=None, right=row["right"] in (True, "True"), **{n: row[n] for n in names})


def _ranking(told: pd.DataFrame) -> dict[str, object]:
    """Return how well shares and p-values tell right flags from wrong ones, resampling worlds for the error."""
    run = told[told["flagged_by_run"]].assign(right=lambda t: t["right"].astype(str) == "True")
    seeds = sorted(run["seed"].unique().tolist())
    rng = np.random.Generator(np.random.Philox(1))
    drawn = [pd.concat([run[run["seed"] == s] for s in rng.choice(seeds, len(seeds))]) for _ in range(1000)]
    found: dict[str, object] = {"seeds": seeds, "flags": len(run), "right": int(run["right"].sum())}
    for name, strength in (("share", lambda t: t["share"]), ("p_value", lambda t: -t["p_value"])):
        again = np.array([_concordance(strength(t).to_numpy(), t["right"].to_numpy()) for t in drawn])
        low, high = np.nanquantile(again, [0.025, 0.975])
        found[name] = {
            "concordance": _concordance(strength(run).to_numpy(), run["right"].to_numpy()),
            "standard_error": float(np.nanstd(again, ddof=1)),
            "low": float(low),
            "high": float(high),
        }
    return found


def _concordance(strength: np.ndarray, right: np.ndarray) -> float:
    """Return how often a right flag is stronger than a wrong one, ties counting half; NaN where there is but one."""
    one, other = strength[right][:, None], strength[~right][None, :]
    return float(np.mean((one > other) + 0.5 * (one == other))) if one.size and other.size else float("nan")


def main(
    seeds: Annotated[list[int] | None, typer.Option("--seeds", help="Seeds of worlds to judge.")] = None,
    people: int = 2000,
    workers: int = 1,
    folder: Path = KEPT,
    report: Annotated[bool, typer.Option("--report", help="Write the tables.")] = False,
    out: Path = RESULTS,
) -> None:
    """Judge the worlds that are named and not judged yet; write the tables if asked to."""
    for seed in seeds or []:
        if not (folder / f"time-{people}-{seed}.json").exists():
            judge(seed, people=people, workers=workers, folder=folder)
            print(f"seed {seed}", flush=True)
    if report:
        write_report(folder, people=people, out=out)


if __name__ == "__main__":
    typer.run(main)
