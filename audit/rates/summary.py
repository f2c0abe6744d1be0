"""The short account of an audit: a few tables and sentences that a reader can act on; the rest is in the files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from audit.rates.groups import TOGETHER
from audit.rates.measures import FORCE
from audit.rates.selections import EQUAL, FLAGGED
from audit.rates.truth_tables import CHARACTERISTICS

FOUR_FIFTHS: Final = (
    "The four-fifths rule compares how often groups get a favourable outcome, here: not being flagged. Where few are"
    " flagged, nearly everybody of every group is not, and the rule passes whatever the flags do: with 3.2% of one"
    " group flagged and 5.8% of another it compares 0.968 with 0.942 and sees 0.97, while being flagged is 1.8 times"
    " as likely. Read the ratios of flags and of false positives; the rule stands beside them because others quote it."
)
"""Why the four-fifths rule says nothing here; printed wherever it is computed."""

NO_TRUTH: Final = (
    "There is no truth for these records, so nobody can say which flags are right: there are no error rates here, only"
    " on whom flags fall and how stable they are. What was recorded later is another matter: see opencse outcomes."
)
"""Said first where an audit has no truth."""

LARGEST: Final = 5
"""How many groups of false flags are named in a sentence."""

LONGEST: Final = 10
"""How many rows of a list are shown where a list may be long; the tables have all."""


@dataclass(frozen=True)
class Section:
    """One table of the account, with sentences beneath it; without rows it is only sentences."""

    title: str
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[Any, ...], ...] = ()
    sentences: tuple[str, ...] = ()


def summarise(rates: pd.DataFrame) -> list[Section]:
    """Return the short account of a table of rates, as of each date in turn."""
    judged = bool((rates["measure"] == "prevalence").any())
    sections = [] if judged else [Section("No truth", sentences=(NO_TRUTH,))]
    for as_of in sorted(rates["as_of"].unique()):
        sections += _of_date(rates[rates["as_of"] == as_of], judged, str(as_of))
    return [s for s in sections if s.rows or s.sentences]


def _of_date(rates: pd.DataFrame, judged: bool, as_of: str) -> list[Section]:
    sections = [_overview(rates, judged, as_of)]
    if judged:
        sections += [_per_force(rates), _other_ways(rates), _by_typology(rates)]
        sections += [_innocent_kinds(rates), _evidence(rates)]
    sections += [_by_group(rates, judged), _crossed(rates, judged), _stable(rates)]
    return sections


def span(row: dict[str, Any] | None, *, digits: int = 2) -> str | None:
    """Return a value with its interval as text, marked `few` where it rests on few; None where there is no row."""
    return _written(row, 1.0, digits, "")


def percent(row: dict[str, Any] | None) -> str | None:
    """Return a proportion with its interval in percent, as `span` does."""
    return _written(row, 100.0, 1, "%")


def _written(row: dict[str, Any] | None, scale: float, digits: int, unit: str) -> str | None:
    if row is None:
        return None
    if row["status"] == "undefined":
        return "undefined"
    value, low, high = (_number(scale * row[c], digits) for c in ("value", "low", "high"))
    return f"{value}{unit} ({low}–{high}){' few' if row['status'] == 'too_few' else ''}"


def _number(value: float, digits: int) -> str:
    if np.isnan(value):
        return "–"
    return "∞" if np.isinf(value) else f"{value:,.{digits}f}"


def _pick(rates: pd.DataFrame, **wanted: str) -> pd.DataFrame:
    mask = np.ones(len(rates), dtype=np.bool_)
    for column, value in wanted.items():
        mask &= (rates[column] == value).to_numpy(dtype=np.bool_)
    return rates[mask]


def _by_measure(
    rates: pd.DataFrame, keys: Sequence[str]
) -> Iterator[tuple[tuple[str, ...], dict[str, dict[str, Any]]]]:
    """Yield the rows of each key as a mapping from measure to row, in the order in which they stand."""
    for key, rows in rates.groupby(list(keys), sort=False):
        names = key if isinstance(key, tuple) else (key,)
        yield tuple(str(k) for k in names), {r["measure"]: r for r in _listed(rows)}


def _listed(rates: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(k): v for k, v in row.items()} for row in rates.to_dict("records")]


def _overview(rates: pd.DataFrame, judged: bool, as_of: str) -> Section:
    rows = []
    for key, m in _by_measure(_pick(rates, basis=FLAGGED, by="all"), ["subject_kind", "concern", "scope", "name"]):
        flagged = m.get("flags_per_1000")
        if flagged is None or (flagged["count"] == 0 and key[2] != "all"):
            continue
        told = [percent(m.get(n)) for n in ("precision", "recall", "false_positive_rate")] if judged else []
        kind = "–" if key[2] == "all" else key[2]
        rows.append((*key[:2], key[3], kind, int(flagged["count"]), int(flagged["n"]), span(flagged, digits=1), *told))
    columns = ("subject", "concern", "flagged by", "which is a", "flagged", "of", "per 1,000")
    more = ("precision", "recall", "false-positive rate") if judged else ()
    return Section(f"What was flagged as of {as_of}", (*columns, *more), tuple(rows))


def _per_force(rates: pd.DataFrame) -> Section:
    sentences = []
    counted = _pick(rates, basis=FLAGGED, scope="all", measure=f"innocent_flagged_per_{FORCE}")
    for concern, rows in counted.groupby("concern", sort=False):
        whole = _listed(_pick(rows, by="all"))[0]
        if whole["count"] == 0:
            sentences.append(
                f"{concern}: nobody innocent was flagged here; up to {whole['high']:,.0f} could have been."
            )
            continue
        said = f"{concern}: {whole['value']:,.0f} innocent people flagged ({whole['low']:,.0f}–{whole['high']:,.0f})"
        parts = [_largest(rows, by) for by in ("standing", "archetype", "ethnicity", "sex", "disability")]
        sentences.append(f"{said}, of whom " + "; ".join(p for p in parts if p) + ".")
    return Section(f"For each {FORCE:,} people", sentences=tuple(sentences))


def _largest(rows: pd.DataFrame, by: str) -> str:
    some = _pick(rows, by=by)
    some = some[some["count"] > 0].sort_values(["value", "group"], ascending=[False, True]).head(LARGEST)
    named = ", ".join(f"{r['value']:,.0f} {_words(r['group'])}" for r in _listed(some))
    return f"{_words(by)}: {named}" if named else ""


def _words(name: str) -> str:
    return name.replace("_", " ")


def _other_ways(rates: pd.DataFrame) -> Section:
    rows = []
    keys = ["subject_kind", "concern", "scope", "name"]
    for key, m in _by_measure(_pick(rates, basis=EQUAL, by="all"), keys):
        places = _places(rates, key)
        if places == 0 or m["flags_per_1000"]["count"] < places - 0.5:
            continue
        innocent = m.get(f"innocent_flagged_per_{FORCE}") or m.get("innocent_flagged_per_1000")
        tied = int(m["tied_at_cut"]["value"]) or None
        told = [percent(m.get(n)) for n in ("precision", "recall")]
        selected = f"{m['flags_per_1000']['count']:g}"
        rows.append((*key[:2], key[3], key[2], selected, tied, span(innocent, digits=0), *told))
    columns = (
        "subject",
        "concern",
        "by",
        "which is a",
        "selected",
        "tied at cut",
        "innocent, scaled",
        "precision",
        "recall",
    )
    note = (
        f"As many places each as were flagged for the concern in all; those that can say something of fewer are in the"
        f" tables. Innocent people are scaled to {FORCE:,}, units to 1,000. Those who tie at the cut count with the"
        f" share there was room for."
    )
    return Section(
        "The same workload, given to each detector and baseline alone", columns, tuple(rows), (note,) if rows else ()
    )


def _places(rates: pd.DataFrame, key: tuple[str, ...]) -> float:
    """Return how many places there were: the most that any way of selecting for the same concern filled."""
    some = _pick(rates, basis=EQUAL, by="all", measure="flags_per_1000", subject_kind=key[0], concern=key[1])
    return float(some["count"].max())


def _by_typology(rates: pd.DataFrame) -> Section:
    some = _listed(_pick(rates, basis=FLAGGED, scope="all", measure="recall", by="typology"))
    rows = [
        (r["subject_kind"], r["concern"], _words(r["group"]), int(r["count"]), int(r["n"]), percent(r)) for r in some
    ]
    return Section(
        "What was found, by what was planted", ("subject", "concern", "planted", "flagged", "of", "recall"), tuple(rows)
    )


def _innocent_kinds(rates: pd.DataFrame) -> Section:
    rows: list[tuple[Any, ...]] = []
    some = _pick(rates, basis=FLAGGED, scope="all", measure="false_positive_rate")
    some = some[some["by"].isin(["standing", "archetype"])]
    for (kind, concern, by), part in some.groupby(["subject_kind", "concern", "by"], sort=False):
        shown = part[part["count"] > 0].sort_values(["value", "group"], ascending=[False, True])
        rows += [
            (str(kind), str(concern), str(by), _words(r["group"]), int(r["count"]), int(r["n"]), percent(r))
            for r in _listed(shown.head(LONGEST))
        ]
    columns = ("subject", "concern", "by", "innocent people who are", "flagged", "of", "false-positive rate")
    note = "The highest rates; all are in the tables. An officer may be of several archetypes."
    return Section("Which innocent people are flagged", columns, tuple(rows), (note,) if rows else ())


def _evidence(rates: pd.DataFrame) -> Section:
    rows = []
    some = rates[rates["measure"].isin(["evidence_precision", "evidence_recall"])]
    for key, m in _by_measure(_pick(some, by="all"), ["subject_kind", "concern", "scope", "name"]):
        if m["evidence_precision"]["n"] or m["evidence_recall"]["n"]:
            rows.append((*key[:2], key[3], *(percent(m[n]) for n in ("evidence_precision", "evidence_recall"))))
    columns = ("subject", "concern", "flagged by", "of cited rows, planted", "of planted rows, cited")
    return Section("Whether true flags point at the right rows", columns, tuple(rows))


def _by_group(rates: pd.DataFrame, judged: bool) -> Section:
    rows: list[tuple[Any, ...]] = []
    some = _pick(rates, basis=FLAGGED, scope="all", subject_kind="officer")
    some = some[some["by"].isin(CHARACTERISTICS) & some["concern"].isin(_with_flags(rates))]
    for (concern, by, group), m in _by_measure(some, ["concern", "by", "group"]):
        flags, ratio, passes = m["flags_per_1000"], m.get("flag_rate_ratio"), m.get("not_flagged_ratio")
        told = [percent(m.get("false_positive_rate")), span(m.get("false_positive_ratio"))] if judged else []
        rule = (
            None if passes is None or np.isnan(passes["value"]) else f"{passes['value']:.2f} {_passes(passes['value'])}"
        )
        rows.append(
            (concern, _words(by), _words(group), int(flags["n"]), span(flags, digits=0), span(ratio), *told, rule)
        )
    more = ("false-positive rate", "its ratio") if judged else ()
    columns = ("concern", "by", "group", "n", "flags per 1,000", "flag-rate ratio", *more, "four-fifths")
    return Section("On whom flags fall", columns, tuple(rows), (FOUR_FIFTHS, *_chance(some, judged)) if rows else ())


def _with_flags(rates: pd.DataFrame) -> list[str]:
    """Return the concerns for which any officer was flagged."""
    some = _pick(rates, basis=FLAGGED, scope="all", by="all", measure="flags_per_1000", subject_kind="officer")
    return [str(c) for c in some.loc[some["count"] > 0, "concern"]]


def _passes(value: float) -> str:
    return "passes" if value >= 0.8 else "fails"


def _chance(rates: pd.DataFrame, judged: bool) -> tuple[str, ...]:
    measure = "false_positive_ratio" if judged else "flag_rate_ratio"
    told = rates[(rates["measure"] == measure) & (rates["status"] == "ok")]
    told = told[~told["by"].str.contains(TOGETHER, regex=False)] if told["by"].isin(CHARACTERISTICS).any() else told
    apart = int(((told["low"] > 1) | (told["high"] < 1)).sum())
    said = f"{apart} of {len(told)} {_words(measure)}s with enough people have an interval that leaves out 1;"
    return (f"{said} about {0.05 * len(told):.1f} would if there were no differences at all.",) if len(told) else ()


def _crossed(rates: pd.DataFrame, judged: bool) -> Section:
    measure = "false_positive_ratio" if judged else "flag_rate_ratio"
    some = _pick(rates, basis=FLAGGED, scope="all", measure=measure)
    some = some[some["by"].str.contains(TOGETHER, regex=False) & (some["status"] == "ok")]
    apart = some[(some["low"] > 1) | (some["high"] < 1)]
    apart = apart.assign(sure=np.maximum(apart["low"], 1 / np.maximum(apart["high"], 1e-12)))
    apart = apart.sort_values(["sure", "by", "group"], ascending=[False, True, True])
    rows = [
        (r["concern"], r["by"], r["group"], r["reference"], int(r["count"]), int(r["n"]), span(r))
        for r in _listed(apart.head(LONGEST))
    ]
    columns = ("concern", "by", "group", "next to", "flagged", "of", _words(measure))
    return Section("Two characteristics together: the surest differences", columns, tuple(rows), _chance(some, judged))


def _stable(rates: pd.DataFrame) -> Section:
    rows = []
    for r in _listed(rates[rates["measure"] == "kept_share"]):
        if r["n"]:
            others = r["reference_count"] / r["reference_n"] if r["reference_n"] else np.nan
            told = f"{100 * others:.1f}%"
            rows.append((r["subject_kind"], r["concern"], r["name"], r["group"], int(r["n"]), percent(r), told))
    columns = (
        "subject",
        "concern",
        "flagged by",
        "as of",
        "were flagged",
        "of them flagged again",
        "of others flagged",
    )
    return Section("How stable flags are", columns, tuple(rows))
