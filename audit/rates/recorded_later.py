"""What was recorded later of those who were flagged or scored high: outcomes, which are not the truth.

An outcome is what a force wrote down afterwards. Who is complained about, investigated and found against depends on who
is looked at and by whom, so outcomes measure a mixture of conduct and of scrutiny. They are the only yardstick for real
records, and are kept apart from error rates, which need a truth.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa

from audit.rates.excess_later import SCHEMA as EXCESS
from audit.rates.excess_later import excess_later, excess_sections, tables_for
from audit.rates.intervals import EXACT, proportion, ratio
from audit.rates.later_rows import AT_LEAST, OUTCOMES, TABLES, later_of, uncomputed
from audit.rates.not_computed import RULE, rankless, sentences_of, uncomputed_rankings
from audit.rates.population import AuditTables, Population
from audit.rates.provenance import provenance_notes
from audit.rates.rate_options import RateOptions
from audit.rates.rates import population_selections
from audit.rates.selections import BASELINE, FLAGGED, ranking, strongest
from audit.section import Section
from data.arrays import Floats, Ids
from data.constraints import LOADED
from data.contract import CONTRACT
from data.errors import UsageError
from data.staging import staged_folder
from data.store import Store
from data.writing import write_table
from pipeline.loading import load_records
from pipeline.private_ids import numbers_of_run
from pipeline.run_folder import RunFolder

NOT_TRUTH: Final = (
    "These are outcomes that were recorded later, not the truth: who is complained about and found against depends on"
    " who is looked at. No error rate can be made of them, and a method that predicts them well may predict scrutiny."
)
"""Said first wherever outcomes are shown."""

TOP: Final = 0.05
"""The share of the most unusual that is measured beside the deciles, as is usual in this field."""

SCHEMA: Final = pa.schema(
    [
        ("as_of", pa.date32()),
        ("until", pa.date32()),
        *((c, pa.string()) for c in ("concern", "scope", "name", "outcome")),
        ("at_least", pa.int64()),
        *((c, pa.string()) for c in ("by", "group")),
        *((c, pa.float64()) for c in ("value", "low", "high", "count", "n", "base")),
        *((c, pa.float64()) for c in ("ratio_to_others", "ratio_low", "ratio_high")),
        ("interval", pa.string()),
        ("status", pa.string()),
        ("because", pa.string()),
    ]
)
"""The columns of a table of outcomes: described in `docs/reference/rates.md`."""


@dataclass(frozen=True)
class LaterOutcomes:
    """The table of outcomes, and what a reader has to know of it."""

    table: pd.DataFrame
    notes: tuple[str, ...]
    excess: pd.DataFrame

    def rows(self) -> list[dict[str, Any]]:
        """Return the table as plain rows; what is not known is None."""
        rows: list[dict[str, Any]] = to_arrow(self.table).to_pylist()
        return [{k: None if v == float("inf") else v for k, v in row.items()} for row in rows]

    def excess_rows(self) -> list[dict[str, Any]]:
        """Return what was predicted of excess and what came, as plain rows; none where no excess was looked for."""
        rows: list[dict[str, Any]] = pa.Table.from_pandas(self.excess, EXCESS, preserve_index=False).to_pylist()
        return rows


def outcomes_of_run(
    folder: RunFolder,
    *,
    records: Path,
    source: str = "folder",
    months: int = 24,
    at_least: int = AT_LEAST,
    progress: Callable[[str], None] | None = None,
) -> LaterOutcomes:
    """Compare a run's flags and scores of officers with what the records say of the months after each as-of date.

    `at_least` is how many complaint cases, or incidents with force, make an outcome. What was not computed, and why,
    is in the notes.

    Raises:
        UsageError: there is no such source, the records hold none of the tables that outcomes are read from, or their
            officers cannot be told to be the run's.
        InputRejected: the records cannot be read.
    """
    folder.check_known_people()
    tell = progress or (lambda _: None)
    with Store() as store:
        tell("reading records")
        by_excess = tables_for(folder)
        report = load_records(records, source=source, store=store, check="constraints", tables=TABLES | by_excess)
        present = report.present & TABLES
        if not present:
            raise UsageError(
                "The records hold nothing that outcomes could be read from.",
                expected=f"one of the tables {', '.join(sorted(TABLES))}",
                where=str(records),
            )
        dates = sorted(set(folder.table("subjects")["as_of"].to_pylist()))
        until = {d: months_after(d, months) for d in dates}
        _check_later(store, present, dates)
        later = {d: later_of(store, as_of=d, until=until[d], present=present, at_least=at_least) for d in dates}
        # A later delivery holds what came after the run, so that its files differ as a rule: that is worth no note.
        provenance_notes(folder, records)
        notes = [NOT_TRUTH, *(note for d in dates for note in uncomputed(store, as_of=d, present=present))]
        notes += _ends(store, present, until[dates[-1]])
        excess = pd.DataFrame(columns=EXCESS.names)
        if by_excess:
            tell("holding excess against what came")
            excess = excess_later(folder, store, report, until=until)
    numbers = numbers_of_run(folder, report, "officer")
    later = {d: {name: numbers(ids) for name, ids in own.items()} for d, own in later.items()}
    tell("comparing")
    tables = AuditTables.of(folder.table("flags"), subjects=folder.table("subjects"), scores=folder.table("scores"))
    table = outcomes_of(tables, later=later, until=until, at_least=at_least)
    unranked = sentences_of(uncomputed_rankings(tables, kinds=("officer",)))
    return LaterOutcomes(table, (*notes, *unranked), excess)


def months_after(day: date, months: int) -> date:
    """Return the day so many calendar months later; the last of a month that has no such day.

    Example:
        >>> months_after(date(2024, 2, 29), 12)
        datetime.date(2025, 2, 28)
    """
    return (pd.Timestamp(day) + pd.DateOffset(months=months)).date()


def _last(store: Store, table: str) -> date | None:
    """Return the last day on which anything became known that a table of outcomes holds."""
    day: date | None = store.value(f"SELECT max({CONTRACT[table].known}) FROM {LOADED}.{table}")
    return day


def _check_later(store: Store, present: AbstractSet[str], dates: Sequence[date]) -> None:
    """Refuse dates after which the records hold nothing: nobody having an outcome would then mean nothing."""
    last = max((d for table in present if (d := _last(store, table)) is not None), default=None)
    if last is None or last < dates[0]:
        raise UsageError(
            "The records hold nothing from after the run's as-of date.",
            expected=f"complaints, conduct cases or leavers known on or after {dates[0]}",
            found="no rows" if last is None else f"the last became known on {last}",
            hint="Run the pipeline as of an earlier day, such as --as-of two years before the records end.",
        )


def _ends(store: Store, present: AbstractSet[str], until: date) -> Iterator[str]:
    for name in sorted(present - {"officer"}):
        last = _last(store, name)
        if last is not None and last < until:
            yield f"The records of {name} end on {last}, before {until}: what came after is not counted."


def outcomes(
    flags: pa.Table | pd.DataFrame,
    *,
    subjects: pa.Table | pd.DataFrame,
    scores: pa.Table | pd.DataFrame,
    later: Mapping[date, Mapping[str, Ids]],
    until: Mapping[date, date],
) -> pd.DataFrame:
    """Return how often each outcome was recorded of the flagged, the deciles and the top of each detector and baseline.

    The tables are those of `rates`; `later` holds, for each as-of date and outcome, the officers of whom it was
    recorded. Those who tie at the edge of a decile count in each with the share there is room for.
    """
    return outcomes_of(AuditTables.of(flags, subjects=subjects, scores=scores), later=later, until=until)


def outcomes_of(
    tables: AuditTables,
    *,
    later: Mapping[date, Mapping[str, Ids]],
    until: Mapping[date, date],
    at_least: int = AT_LEAST,
) -> pd.DataFrame:
    """Return the same of tables that are prepared for an audit."""
    rows: list[dict[str, Any]] = []
    for population in tables.populations():
        as_of = population.as_of
        if population.kind != "officer" or as_of not in later:
            continue
        for concern in tables.concerns(population, None):
            groups = list(_groups(tables, population, concern))
            for name, ids in later[as_of].items():
                had = np.isin(population.ids, ids).astype(np.float64)
                number = at_least if OUTCOMES[name].counts else None
                place = {"as_of": as_of, "until": until[as_of], "concern": concern, "outcome": name, "at_least": number}
                rows += [place | labels | _shares(weight, out_of, had) for labels, weight, out_of in groups]
    return pd.DataFrame(rows, columns=SCHEMA.names).astype({"at_least": "Int64"})


_Group = tuple[dict[str, str], Floats, Floats]
"""The labels of a group, the weight of each subject in it, and of each subject in it and in those it is next to."""


def _groups(tables: AuditTables, population: Population, concern: str) -> Iterator[_Group]:
    """Yield who is flagged, by all, family and detector, then the top and the deciles of each detector's scores."""
    everybody = np.ones(len(population.ids))
    run = population_selections(tables, population, concern, RateOptions())
    for basis, scope, name, weight in zip(run.basis, run.scope, run.name, run.weight.T, strict=True):
        if basis == FLAGGED:
            yield {"scope": scope, "name": name, "by": "flagged", "group": "flagged"}, weight, everybody
    for detector, scores in tables.about(tables.scores, population, concern).groupby("detector", sort=True):
        family = scores["family"].iloc[0]
        labels = {"scope": BASELINE if family == BASELINE else "detector", "name": str(detector)}
        rank = ranking(scores, ids=population.ids)
        if rankless(rank, rule=family == RULE):
            continue
        scored = (rank > -np.inf).astype(np.float64)
        n = float(scored.sum())
        weight, _ = strongest(rank, round(TOP * len(population.ids)))
        yield labels | {"by": "top", "group": f"top {TOP:.0%}"}, weight, everybody
        if family != RULE:
            edges = [strongest(rank, n * k / 10)[0] for k in range(11)]
            for k in range(10):
                yield labels | {"by": "decile", "group": f"{k + 1:02d}"}, edges[k + 1] - edges[k], scored


def _shares(weight: Floats, out_of: Floats, had: Floats) -> dict[str, Any]:
    count, n = round(float(weight @ had), 9), round(float(weight.sum()), 9)
    others = out_of - weight
    other, m = round(float(others @ had), 9), round(float(others.sum()), 9)
    (low,), (high,) = proportion(np.array([count]), np.array([n]))
    (lower,), (upper,) = ratio(*(np.array([v]) for v in (count, n, other, m)))
    value = count / n if n else np.nan
    return {
        "value": value,
        "low": low,
        "high": high,
        "count": count,
        "n": n,
        "base": float(had.mean()) if len(had) else np.nan,
        "ratio_to_others": value / (other / m) if n and m and other else np.nan,
        "ratio_low": lower,
        "ratio_high": upper,
        "interval": EXACT,
        "status": "undefined" if not n else "too_few" if n < RateOptions().smallest else "ok",
        "because": _because(n, m, other),
    }


def _because(n: float, m: float, other: float) -> str | None:
    """Return why a share, or its ratio to that of the others, is not computed."""
    if not n:
        return "not computed, because nobody is in the group"
    if not m:
        return "the ratio is not computed, because there are no others"
    return None if other else "the ratio is not computed, because none of the others had it"


def to_arrow(table: pd.DataFrame) -> pa.Table:
    """Return a table of outcomes as Arrow; NaN becomes null."""
    return pa.Table.from_pandas(table, schema=SCHEMA, preserve_index=False)


def write(later: LaterOutcomes, out: Path) -> None:
    """Write the table of outcomes, as Parquet and CSV, and the notes, to a new folder, whole or not at all."""
    with staged_folder(out) as folder:
        write_table(to_arrow(later.table), folder / "outcomes.parquet")
        later.table.to_csv(folder / "outcomes.csv", index=False, lineterminator="\n")
        if len(later.excess):
            write_table(
                pa.Table.from_pandas(later.excess, EXCESS, preserve_index=False), folder / "excess_later.parquet"
            )
            later.excess.to_csv(folder / "excess_later.csv", index=False, lineterminator="\n")
        (folder / "notes.txt").write_text("\n".join(later.notes) + "\n", encoding="utf-8")


def summarise(later: LaterOutcomes) -> list[Section]:
    """Return the short report: for each date, concern and outcome, the flagged and the top of each way of ranking."""
    sections = [Section("Outcomes, not truth", sentences=later.notes)]
    for (as_of, until, outcome), rows in later.table.groupby(["as_of", "until", "outcome"], sort=False):
        base, says = rows["base"].iloc[0], OUTCOMES[str(outcome)].says.format(k=rows["at_least"].iloc[0])
        shown = rows[(rows["by"] == "top") | ((rows["by"] == "flagged") & (rows["scope"] == "all"))]
        lines = tuple(_line(row) for row in shown.to_dict("records") if row["n"])
        title = f"{says}, from {as_of} to {until}: {base:.1%} of everybody"
        flagged = shown[shown["by"] == "flagged"]
        unflagged = sorted(set(flagged["concern"]) - set(flagged.loc[flagged["n"] > 0, "concern"]))
        aside = (f"Nobody was flagged for {', '.join(unflagged)}: no share of them.",) if unflagged else ()
        sections.append(Section(title, _COLUMNS, lines, aside))
    return [*sections, *excess_sections(later.excess)]


_COLUMNS: Final = ("concern", "way", "which is a", "who", "people", "had it later", "times the others")


def _line(row: Mapping[Any, Any]) -> tuple[Any, ...]:
    few = " few" if row["status"] == "too_few" else ""
    share = f"{row['value']:.1%} ({100 * row['low']:.1f}–{100 * row['high']:.1f}){few}"
    times = str(row["because"]).removeprefix("the ratio is ")
    if not np.isnan(row["ratio_to_others"]):
        times = f"{row['ratio_to_others']:.2f} ({row['ratio_low']:.2f}–{row['ratio_high']:.2f})"
    scope = "run" if row["scope"] == "all" else row["scope"]
    return row["concern"], row["name"], scope, row["group"], f"{row['n']:g}", share, times
