"""The short report of rates: a few tables and sentences that a reader can act on; the rest is in the files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd

from audit.rates.groups import TOGETHER
from audit.rates.not_computed import reason_of
from audit.rates.rate_options import FORCE
from audit.rates.selections import EQUAL, FLAGGED
from audit.rates.truth_tables import CHARACTERISTICS
from audit.section import Section

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


def summarise(rates: pd.DataFrame) -> list[Section]:
    """Return the short report of a table of rates, as of each date in turn."""
    with_truth = bool((rates["measure"] == "prevalence").any())
    sections = [] if with_truth else [Section("No truth", sentences=(NO_TRUTH,))]
    for as_of in sorted(rates["as_of"].unique()):
        sections += _sections(rates[rates["as_of"] == as_of], with_truth, str(as_of))
    return [s for s in sections if s.rows or s.sentences]


def _sections(rates: pd.DataFrame, with_truth: bool, as_of: str) -> list[Section]:
    # Nine rows in ten are of two characteristics together, of which one section alone tells.
    crossed = rates["by"].str.contains(TOGETHER, regex=False).to_numpy(dtype=np.bool_)
    rates, two_characteristics = rates[~crossed], rates[crossed]
    sections = [_overview(rates, with_truth, as_of)]
    if with_truth:
        sections += [_innocent_people(rates), _equal_workload(rates), _recall_by_typology(rates)]
        sections += [_recall_by_intensity(rates)]
        sections += [_false_positives(rates), _evidence_rows(rates)]
    sections += [
        _by_characteristic(rates, with_truth),
        _by_two_characteristics(two_characteristics, with_truth),
        _date_overlap(rates),
    ]
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
        return f"not computed, because {reason_of(row)}"
    value, low, high = (_number(scale * row[c], digits) for c in ("value", "low", "high"))
    return f"{value}{unit} ({low}–{high}){' few' if row['status'] == 'too_few' else ''}"


def _number(value: float, digits: int) -> str:
    if np.isnan(value):
        return "–"
    return "∞" if np.isinf(value) else f"{value:,.{digits}f}"


def _where(rates: pd.DataFrame, **values: str) -> pd.DataFrame:
    mask = np.ones(len(rates), dtype=np.bool_)
    for column, value in values.items():
        mask &= (rates[column] == value).to_numpy(dtype=np.bool_)
    return rates[mask]


def _by_measure(
    rates: pd.DataFrame, keys: Sequence[str]
) -> Iterator[tuple[tuple[str, ...], dict[str, dict[str, Any]]]]:
    """Yield the rows of each key as a mapping from measure to row, in the order in which they stand."""
    groups: dict[tuple[str, ...], dict[str, dict[str, Any]]] = {}
    for row in _dicts(rates):
        groups.setdefault(tuple(str(row[key]) for key in keys), {})[row["measure"]] = row
    yield from groups.items()


def _dicts(rates: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(k): v for k, v in row.items()} for row in rates.to_dict("records")]


def _overview(rates: pd.DataFrame, with_truth: bool, as_of: str) -> Section:
    rows = []
    for key, m in _by_measure(_where(rates, basis=FLAGGED, by="all"), ["subject_kind", "concern", "scope", "name"]):
        flagged = m.get("flags_per_1000")
        if flagged is None or (flagged["count"] == 0 and key[2] != "all"):
            continue
        errors = [percent(m.get(n)) for n in ("precision", "recall", "false_positive_rate")] if with_truth else []
        kind = "–" if key[2] == "all" else key[2]
        rows.append(
            (*key[:2], key[3], kind, int(flagged["count"]), int(flagged["n"]), span(flagged, digits=1), *errors)
        )
    columns = ("subject", "concern", "flagged by", "which is a", "flagged", "of", "per 1,000")
    more = ("precision", "recall", "false-positive rate") if with_truth else ()
    return Section(f"What was flagged as of {as_of}", (*columns, *more), tuple(rows))


def _innocent_people(rates: pd.DataFrame) -> Section:
    sentences = []
    counted = _where(rates, basis=FLAGGED, scope="all", measure=f"innocent_flagged_per_{FORCE}")
    for concern, rows in counted.groupby("concern", sort=False):
        whole = _dicts(_where(rows, by="all"))[0]
        if whole["count"] == 0:
            sentences.append(
                f"{concern}: nobody innocent was flagged here; up to {whole['high']:,.0f} could have been."
            )
            continue
        total = f"{concern}: {whole['value']:,.0f} innocent people flagged ({whole['low']:,.0f}–{whole['high']:,.0f})"
        parts = [_largest(rows, by) for by in ("standing", "archetype", "ethnicity", "sex", "disability")]
        sentences.append(f"{total}, of whom " + "; ".join(p for p in parts if p) + ".")
    return Section(f"For each {FORCE:,} people", sentences=tuple(sentences))


def _largest(rows: pd.DataFrame, by: str) -> str:
    groups = _where(rows, by=by)
    groups = groups[groups["count"] > 0].sort_values(["value", "group"], ascending=[False, True]).head(LARGEST)
    names = ", ".join(f"{r['value']:,.0f} {_spaced(r['group'])}" for r in _dicts(groups))
    return f"{_spaced(by)}: {names}" if names else ""


def _spaced(name: str) -> str:
    return name.replace("_", " ")


def _equal_workload(rates: pd.DataFrame) -> Section:
    rows = []
    keys = ["subject_kind", "concern", "scope", "name"]
    for key, m in _by_measure(_where(rates, basis=EQUAL, by="all"), keys):
        places = _places(rates, key)
        computed = m["flags_per_1000"]["status"] != "undefined"
        if not computed or places == 0 or m["flags_per_1000"]["count"] < places - 0.5:
            continue
        innocent = m.get(f"innocent_flagged_per_{FORCE}") or m.get("innocent_flagged_per_1000")
        tied = int(m["tied_at_cut"]["value"]) or None
        errors = [percent(m.get(n)) for n in ("precision", "recall")]
        selected = f"{m['flags_per_1000']['count']:g}"
        rows.append((*key[:2], key[3], key[2], selected, tied, span(innocent, digits=0), *errors))
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
        "The same workload, given to each detector and baseline alone",
        columns,
        tuple(rows),
        (note,) if rows else ("Not computed, because nobody was flagged, or no detector ranks anybody.",),
    )


def _places(rates: pd.DataFrame, key: tuple[str, ...]) -> float:
    """Return how many places there were: the most that any way of selecting for the same concern filled."""
    selections = _where(rates, basis=EQUAL, by="all", measure="flags_per_1000", subject_kind=key[0], concern=key[1])
    return float(selections["count"].max())


def _recall_by_typology(rates: pd.DataFrame) -> Section:
    return _recall_by(rates, "typology", "planted", "What was found, by what was planted")


def _recall_by_intensity(rates: pd.DataFrame) -> Section:
    return _recall_by(rates, "intensity", "intensity", "What was found, by how much more than peers it is")


def _recall_by(rates: pd.DataFrame, by: str, heading: str, title: str) -> Section:
    recalls = _dicts(_where(rates, basis=FLAGGED, scope="all", measure="recall", by=by))
    rows = [
        (r["subject_kind"], r["concern"], _spaced(r["group"]), int(r["count"]), int(r["n"]), percent(r))
        for r in recalls
    ]
    columns = ("subject", "concern", heading, "flagged", "of", "recall")
    # Whether a truth says how strong a pattern is depends on the world; that it says of nobody what it is needs a word.
    aside = () if rows or by != "typology" else ("Not computed, because no pattern was planted in anybody here.",)
    return Section(title, columns, tuple(rows), aside)


def _false_positives(rates: pd.DataFrame) -> Section:
    rows: list[tuple[Any, ...]] = []
    negatives = _where(rates, basis=FLAGGED, scope="all", measure="false_positive_rate")
    negatives = negatives[negatives["by"].isin(["standing", "archetype"])]
    for (kind, concern, by), part in negatives.groupby(["subject_kind", "concern", "by"], sort=False):
        shown = part[part["count"] > 0].sort_values(["value", "group"], ascending=[False, True])
        rows += [
            (str(kind), str(concern), str(by), _spaced(r["group"]), int(r["count"]), int(r["n"]), percent(r))
            for r in _dicts(shown.head(LONGEST))
        ]
    columns = ("subject", "concern", "by", "innocent people who are", "flagged", "of", "false-positive rate")
    note = "The highest rates; all are in the tables. An officer may be of several archetypes."
    aside = note if rows else "Nobody innocent was flagged."
    return Section("Which innocent people are flagged", columns, tuple(rows), (aside,))


def _evidence_rows(rates: pd.DataFrame) -> Section:
    rows = []
    evidence = rates[rates["measure"].isin(["evidence_precision", "evidence_recall"])]
    for key, m in _by_measure(_where(evidence, by="all"), ["subject_kind", "concern", "scope", "name"]):
        if m["evidence_precision"]["n"] or m["evidence_recall"]["n"]:
            rows.append((*key[:2], key[3], *(percent(m[n]) for n in ("evidence_precision", "evidence_recall"))))
    columns = ("subject", "concern", "flagged by", "of cited rows, planted", "of planted rows, cited")
    aside = () if rows else ("Not computed, because no right flag cites a row.",)
    return Section("Whether true flags point at the right rows", columns, tuple(rows), aside)


def _by_characteristic(rates: pd.DataFrame, with_truth: bool) -> Section:
    rows: list[tuple[Any, ...]] = []
    groups = _where(rates, basis=FLAGGED, scope="all", subject_kind="officer")
    groups = groups[groups["by"].isin(CHARACTERISTICS) & groups["concern"].isin(_flagged_concerns(rates))]
    for (concern, by, group), m in _by_measure(groups, ["concern", "by", "group"]):
        flags, ratio, passes = m["flags_per_1000"], m.get("flag_rate_ratio"), m.get("not_flagged_ratio")
        errors = [percent(m.get("false_positive_rate")), span(m.get("false_positive_ratio"))] if with_truth else []
        rule = (
            None if passes is None or np.isnan(passes["value"]) else f"{passes['value']:.2f} {_passes(passes['value'])}"
        )
        rows.append(
            (concern, _spaced(by), _spaced(group), int(flags["n"]), span(flags, digits=0), span(ratio), *errors, rule)
        )
    more = ("false-positive rate", "its ratio") if with_truth else ()
    columns = ("concern", "by", "group", "n", "flags per 1,000", "flag-rate ratio", *more, "four-fifths")
    return Section(
        "On whom flags fall",
        columns,
        tuple(rows),
        (FOUR_FIFTHS, *_differences(groups, with_truth)) if rows else (_NO_GROUPS,),
    )


_NO_GROUPS: Final = "Not computed, because nobody was flagged, or no protected characteristic is known."


def _flagged_concerns(rates: pd.DataFrame) -> list[str]:
    """Return the concerns for which any officer was flagged."""
    totals = _where(rates, basis=FLAGGED, scope="all", by="all", measure="flags_per_1000", subject_kind="officer")
    return [str(c) for c in totals.loc[totals["count"] > 0, "concern"]]


def _passes(value: float) -> str:
    return "passes" if value >= 0.8 else "fails"


def _differences(rates: pd.DataFrame, with_truth: bool) -> tuple[str, ...]:
    measure = "false_positive_ratio" if with_truth else "flag_rate_ratio"
    ratios = rates[(rates["measure"] == measure) & (rates["status"] == "ok")]
    if not len(ratios):
        return ()
    # With 95% intervals one in twenty leaves out 1 by chance alone, and a reader of many ratios has to know it.
    apart = int(((ratios["low"] > 1) | (ratios["high"] < 1)).sum())
    sentence = (
        f"{apart} of {len(ratios)} {_spaced(measure)}s with enough people have an interval that leaves out 1;"
        f" about {0.05 * len(ratios):.1f} would if there were no differences at all."
    )
    return (sentence,)


def _by_two_characteristics(rates: pd.DataFrame, with_truth: bool) -> Section:
    measure = "false_positive_ratio" if with_truth else "flag_rate_ratio"
    ratios = _where(rates, basis=FLAGGED, scope="all", measure=measure)
    ratios = ratios[ratios["status"] == "ok"]
    apart = ratios[(ratios["low"] > 1) | (ratios["high"] < 1)]
    apart = apart.assign(sure=np.maximum(apart["low"], 1 / np.maximum(apart["high"], 1e-12)))
    apart = apart.sort_values(["sure", "by", "group"], ascending=[False, True, True])
    rows = [
        (r["concern"], r["by"], r["group"], r["reference"], int(r["count"]), int(r["n"]), span(r))
        for r in _dicts(apart.head(LONGEST))
    ]
    columns = ("concern", "by", "group", "next to", "flagged", "of", _spaced(measure))
    return Section(
        "Two characteristics together: the surest differences", columns, tuple(rows), _differences(ratios, with_truth)
    )


def _date_overlap(rates: pd.DataFrame) -> Section:
    rows = []
    for r in _dicts(rates[rates["measure"] == "kept_share"]):
        if r["n"]:
            others = r["reference_count"] / r["reference_n"] if r["reference_n"] else None
            of_others = "not computed, because there are none" if others is None else f"{100 * others:.1f}%"
            rows.append((r["subject_kind"], r["concern"], r["name"], r["group"], int(r["n"]), percent(r), of_others))
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
