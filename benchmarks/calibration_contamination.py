"""What contamination does to each way of making p-values, and what combining them costs.

    python benchmarks/calibration_contamination.py [--repeats 40] [--jobs 2] [--part PART]

Forces of 2,000 subjects, of whom a share is unusual, again and again. False discovery rate and power of the selection
by Benjamini-Hochberg at q = 0.1, each a mean over the repeats with its standard error, for every null, how far peers
differ, how many events there are, and how large the share is. Everything is drawn from the seed in the name of its
setting. Results go to benchmarks/results/.

counts: peers have rates of their own, gamma-distributed, and Poisson counts given rate and exposure; the unusual have
theirs multiplied by 3 to 6. scores: those of the unusual lie one to two times as far out as that of one ordinary
subject in a thousand. combination: five p-values of one subject, dependent in several ways.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import sys
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path

import numpy as np
import numpy.typing as npt
from joblib import Parallel, delayed
from scipy import stats

from data.arrays import Floats
from models.nulls.gamma_poisson import fit, upper_tail
from models.nulls.score_nulls import calibrate, calibrate_conformal
from models.selection.fdr import combine, select_by_fdr

Row = dict[str, object]

RESULTS = Path(__file__).parent / "results"
PEOPLE = 2000
Q = 0.1
CONTAMINATION = (0.0, 0.01, 0.02, 0.05, 0.1)
SHAPES = (1.2, 4.0, 20.0)
RATES = (1.0, 6.0, 20.0)

ORDINARY: dict[str, Callable[[np.random.Generator, int], Floats]] = {
    "normal": lambda rng, n: rng.normal(size=n),
    "chi-square 10": lambda rng, n: rng.chisquare(10, size=n),
    "exponential": lambda rng, n: rng.exponential(size=n),
    "logistic": lambda rng, n: rng.logistic(size=n),
    "log-normal 0.5": lambda rng, n: np.exp(0.5 * rng.normal(size=n)),
    "Student 5": lambda rng, n: rng.standard_t(5, size=n),
    "Student 3": lambda rng, n: rng.standard_t(3, size=n),
}


def generator(*names: object) -> np.random.Generator:
    digest = hashlib.sha256("/".join(map(str, names)).encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:8], "big"))


def judged(p_value: Floats, marked: npt.NDArray[np.bool_]) -> tuple[float, float, float]:
    """The false share of the selected, the share of the unusual found, and that of the ordinary under 0.001."""
    chosen = select_by_fdr(p_value, q=Q).chosen
    false = np.sum(chosen & ~marked) / max(chosen.sum(), 1)
    return (
        float(false),
        float(chosen[marked].mean()) if marked.any() else np.nan,
        float(np.mean(p_value[~marked] <= 0.001)),
    )


def counts(share: float, shape: float, rate: float, repeat: int) -> dict[str, tuple[float, float, float]]:
    rng = generator("counts", share, shape, rate, repeat)
    exposure = rng.uniform(60, 220, PEOPLE)
    own = rng.gamma(shape, 1 / shape, PEOPLE) * rate / 200
    marked = np.arange(PEOPLE) < round(share * PEOPLE)
    own[marked] *= rng.uniform(3, 6, int(marked.sum()))
    seen = rng.poisson(own * exposure).astype(float)
    together = np.zeros(PEOPLE, dtype=np.intp)
    found = {"true parameters": judged(upper_tail(seen, rate / 200 * exposure, shape), marked)}
    for name, cut in (("fitted", 0.95), ("fitted to everybody", 1 - 1e-12)):
        null = fit(seen, exposure, together, cut=cut)
        assert null is not None
        found[name] = judged(upper_tail(seen, null.expected(exposure, together), null.shape), marked)
    expected = seen.sum() / exposure.sum() * exposure
    found["Poisson"] = judged(np.maximum(stats.poisson.sf(seen - 1, expected), 1e-300), marked)
    return found


def scores(share: float, ordinary: str, repeat: int) -> dict[str, tuple[float, float, float]]:
    rng = generator("scores", share, ordinary, repeat)
    draw = ORDINARY[ordinary]
    middle, far = np.quantile(draw(generator("far", ordinary), 400_000), [0.5, 0.999])
    marked = np.arange(2 * PEOPLE) % PEOPLE < round(share * PEOPLE)
    score = draw(rng, 2 * PEOPLE) + np.where(marked, (far - middle) * rng.uniform(1, 2, 2 * PEOPLE), 0.0)
    mine, theirs, who = score[:PEOPLE], np.sort(score[PEOPLE:]), marked[:PEOPLE]
    found = {m: judged(calibrate(mine, method=m).p_value, who) for m in ("tail", "empirical", "rank")}
    references = {
        "conformal, clean reference": score[PEOPLE:][~marked[PEOPLE:]],
        "conformal, part of the force": theirs,
        "conformal, its top 2% cut off": theirs[: int(0.98 * PEOPLE)],
        "conformal, its top 5% cut off": theirs[: int(0.95 * PEOPLE)],
    }
    for name, reference in references.items():
        found[name] = judged(calibrate_conformal(mine, reference=reference, reason=name).p_value, who)
    return found


def repeated(
    part: str,
    one: Callable[..., dict[str, tuple[float, float, float]]],
    settings: list[tuple[object, ...]],
    args: argparse.Namespace,
) -> Iterator[Row]:
    names = {"counts": ("contamination", "shape", "rate"), "scores": ("contamination", "ordinary")}[part]
    for at, setting in enumerate(settings):
        print(f"{part} {at + 1} of {len(settings)}: {setting}", file=sys.stderr)
        worlds = Parallel(n_jobs=args.jobs)(delayed(one)(*setting, r) for r in range(args.repeats))
        for null in worlds[0]:
            values = np.array([w[null] for w in worlds])
            error = np.std(values, axis=0, ddof=1) / np.sqrt(len(values))
            mean = values.mean(axis=0)
            row: Row = {**dict(zip(names, setting, strict=True)), "null": null, "repeats": len(values)}
            for name, m, e in zip(("fdr", "power", "under_0.001"), mean, error, strict=True):
                digits = 5 if name == "under_0.001" else 3
                row |= {name: round(float(m), digits), f"{name}_se": round(float(e), digits)}
            yield row


# ---------------------------------------------------------------- combination

SOURCES = 5
DRAWS = 400_000


def simes(p: Floats) -> Floats:
    steps = np.arange(1, p.shape[1] + 1)
    return np.asarray(np.minimum(1.0, np.min(np.sort(p, axis=1) * p.shape[1] / steps, axis=1)))


def cauchy(p: Floats) -> Floats:
    return np.asarray(stats.cauchy.sf(np.mean(np.tan((0.5 - np.minimum(p, 0.99)) * np.pi), axis=1)))


def e_mean(p: Floats, kappa: float = 0.2) -> Floats:
    """The mean of e-values kappa p^(kappa - 1), turned back: Vovk and Wang (2021), Annals of Statistics 49:1736."""
    return np.asarray(np.minimum(1.0, 1.0 / np.mean(kappa * p ** (kappa - 1), axis=1)))


MERGES: dict[str, tuple[str, Callable[[Floats], Floats]]] = {
    "Bonferroni": ("any", combine),
    "Hommel": ("any", lambda p: np.minimum(1.0, simes(p) * np.sum(1 / np.arange(1, p.shape[1] + 1)))),
    "harmonic mean times e ln K": (
        "any",
        lambda p: np.minimum(1.0, np.e * np.log(p.shape[1]) * combine(p, method="harmonic")),
    ),
    "mean of e-values": ("any", e_mean),
    "Simes": ("positive", simes),
    "harmonic mean": ("approximate", lambda p: combine(p, method="harmonic")),
    "Cauchy": ("approximate", cauchy),
}


def dependent(name: str, rng: np.random.Generator, shift: Floats) -> Floats:
    n = DRAWS
    if name == "the same":
        return np.repeat(stats.norm.sf(rng.normal(size=(n, 1))), SOURCES, axis=1)
    if name == "exclusive":
        return np.asarray((rng.random((n, 1)) + np.arange(SOURCES) / SOURCES) % 1)
    common = {"independent": 0.0, "correlated 0.5": 0.5, "correlated 0.9": 0.9, "heavy tails in common": 0.3}[name]
    z = np.sqrt(common) * rng.normal(size=(n, 1)) + np.sqrt(1 - common) * rng.normal(size=(n, SOURCES)) + shift
    if name == "heavy tails in common":
        return np.asarray(stats.t.sf(z / np.sqrt(rng.chisquare(1, size=(n, 1))), 1))
    return np.asarray(stats.norm.sf(z))


def combinations() -> Iterator[Row]:
    still = np.zeros(SOURCES)
    for name in ("independent", "correlated 0.5", "correlated 0.9", "heavy tails in common", "the same", "exclusive"):
        p = np.maximum(dependent(name, generator("size", name), still), 1e-300)
        for merge, (valid, combined) in MERGES.items():
            for level in (0.01, 0.001):
                share = float(np.mean(combined(p) <= level))
                yield _merged(merge, valid, "size", name, level, share)
    shifts = {"one strong": [4.5, 0, 0, 0, 0], "two": [3.5, 3.5, 0, 0, 0], "all moderate": [2.8] * SOURCES}
    for evidence, shift in shifts.items():
        for name in ("independent", "correlated 0.5"):
            p = np.maximum(dependent(name, generator("power", name, evidence), np.array(shift)), 1e-300)
            for merge, (valid, combined) in MERGES.items():
                share = float(np.mean(combined(p) <= 1e-4))
                yield _merged(merge, valid, f"power, {evidence}", name, 1e-4, share)


def _merged(merge: str, valid: str, what: str, dependence: str, level: float, share: float) -> Row:
    error = float(np.sqrt(share * (1 - share) / DRAWS))
    return {
        "merge": merge,
        "valid_under": valid,
        "what": what,
        "dependence": dependence,
        "level": level,
        "share": round(share, 6),
        "share_se": round(error, 6),
    }


def write(name: str, rows: list[Row]) -> None:
    RESULTS.mkdir(exist_ok=True)
    with (RESULTS / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    print(f"benchmarks/results/{name}.csv: {len(rows)} rows")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=40)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--part", choices=["combination", "scores", "counts"], help="Only this part.")
    args = parser.parse_args()
    if args.part in (None, "combination"):
        write("calibration_combination", list(combinations()))
    if args.part in (None, "scores"):
        write("calibration_scores", list(repeated("scores", scores, list(product(CONTAMINATION, ORDINARY)), args)))
    if args.part in (None, "counts"):
        write("calibration_counts", list(repeated("counts", counts, list(product(CONTAMINATION, SHAPES, RATES)), args)))


if __name__ == "__main__":
    main()
