"""The tables of a measurement, as CSV for programs and one Markdown page for people."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import tables
from forces import NULL, PLANTED, gather

ROWS = 40


def write(folder: Path, *, people: int, out: Path) -> None:
    """Write every table that there are forces for."""
    out.mkdir(parents=True, exist_ok=True)
    sections = [
        f"# How detection does\n\nDrawn forces of {people:,} people over 24 months. Standard errors are over forces."
    ]
    for title, name, table in _tables(folder, people):
        if table.empty:
            continue
        table.to_csv(out / f"{name}.csv", index=False, float_format="%.5g")
        shown = table if len(table) <= ROWS else table.head(ROWS)
        more = "" if len(table) <= ROWS else f"\n\nThe first {ROWS} of {len(table)} rows; all are in `{name}.csv`."
        sections.append(f"## {title}\n\n{_markdown(shown)}{more}")
    (out / "report.md").write_text("\n\n".join(sections) + "\n", encoding="utf-8")
    (out / "made_by.json").write_text(json.dumps({"generators": _generators(folder, people)}) + "\n", encoding="utf-8")
    print(f"written to {out}")


def _generators(folder: Path, people: int) -> list[int]:
    """Return the generators of the forces judged; none where any was judged before forces said theirs."""
    parts = [gather(world, "outcomes", folder=folder, people=people) for world in (NULL, PLANTED)]
    outcomes = pd.concat([part.reindex(columns=["generator"]) for part in parts if not part.empty])
    return [] if outcomes["generator"].isna().any() else sorted(outcomes["generator"].astype(int).unique().tolist())


def _tables(folder: Path, people: int):
    if not gather(NULL, "p_values", folder=folder, people=people).empty:
        whole = tables.null_p_values(folder, people, by_archetype=False)
        yield "Null forces: how often p-values are small", "null_p_values", whole
        broken = tables.null_p_values(folder, people, by_archetype=True)
        broken = broken[(broken["above"] > 3) & (broken["group"] != "no archetype")].sort_values(
            "times", ascending=False
        )
        yield "Archetypes that break a null, by how much", "null_archetypes", broken
        yield "Null forces with any flag", "null_selections", tables.null_selections(folder, people)
        yield "Nulls whose fit did not come to rest", "unsettled", tables.unsettled(folder, people)
    if not gather(PLANTED, "rates", folder=folder, people=people).empty:
        yield from _planted(folder, people)
        ratios = tables.group_ratios(folder, people)
        ratios = ratios[(ratios["by"] != "archetype") & (ratios["subject_kind"] == "officer")]
        yield "False-positive ratios by group", "groups", ratios[ratios["workload"].isin([0.0, 10.0])]


def _planted(folder: Path, people: int):
    precision = tables.planted(folder, people, measure="precision")
    at_work = precision[precision["basis"] == "equal_workload"].drop(columns=["basis", "group"])
    at_work = at_work.sort_values(["subject_kind", "concern", "workload", "value"], ascending=[True, True, True, False])
    yield "Precision at equal workload (per thousand people)", "precision_at_workload", at_work
    false = tables.planted(folder, people, measure="false_discovery_proportion")
    yield (
        "Realised false discovery proportion of what was flagged",
        "false_discovery",
        false[false["basis"] == "flagged"],
    )
    power = tables.planted(folder, people, measure="recall", by="typology")
    ours = (power["basis"] == "flagged") & (power["scope"] == "all")
    usual = (power["basis"] == "equal_workload") & (power["workload"] == 10.0)
    yield "Share of each typology that was flagged", "power", power[ours].sort_values("value", ascending=False)
    yield "Share of each typology found at 1% workload", "power_at_workload", power[usual]
    yield (
        "Power, as a share of that of detectors fitted to clean peers",
        "clean_power",
        tables.clean_power(folder, people),
    )
    archetypes = tables.planted(folder, people, measure="false_positive_rate", by="archetype")
    overall = tables.planted(folder, people, measure="false_positive_rate")
    keys = ["subject_kind", "concern", "basis", "scope", "name", "workload"]
    both = archetypes.merge(overall[[*keys, "value"]].rename(columns={"value": "overall"}), on=keys)
    both["times_overall"] = both["value"] / both["overall"]
    both = both[(both["subject_kind"] == "officer") & both["workload"].isin([0.0, 10.0])]
    system = both[(both["basis"] == "flagged") & (both["scope"] == "all") | (both["basis"] == "equal_workload")]
    yield "False-positive rate by archetype", "archetypes", system.sort_values("times_overall", ascending=False)
    for measure in ("evidence_precision", "evidence_recall"):
        citations = tables.planted(folder, people, measure=measure)
        yield f"{measure.replace('_', ' ').capitalize()}: cited rows of true flags", measure, citations


def _markdown(table: pd.DataFrame) -> str:
    head = "| " + " | ".join(map(str, table.columns)) + " |\n|" + "---|" * len(table.columns)
    lines = ["| " + " | ".join(_cell(v) for v in row) + " |" for row in table.itertuples(index=False)]
    return "\n".join([head, *lines])


def _cell(value: object) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)
