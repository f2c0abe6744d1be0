"""The pages of findings: one for each scenario and an index, from kept tables and one hand-written sentence each."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import pandas as pd

from audit.rates.rate_options import FORCE
from opencse.docs.findings_tables import (
    CONCERNS,
    change,
    equal_workload_table,
    figures_table,
    flagged_table,
    groups_table,
    is_still,
    percent,
    promise_table,
    records,
    whole,
    worlds,
)
from opencse.docs.markdown import render
from opencse.docs.result_ages import age, of_plans
from stress.effects import PLACE
from stress.findings.finding_tables import FLAGGED, FindingTables
from stress.scenario import Scenario
from stress.scenarios import scenarios

FOLDER: Final = "docs/findings"

SENTENCES: Final = "sentences.toml"
"""The file with a sentence for each scenario, written by hand beside the pages, and kept when they are made again."""

SICKNESS: Final = "sickness_as_misconduct"
_AFFECTED: Final = (
    ("disability", "yes", "have a disability"),
    ("archetype", "long_term_condition", "have a long-term condition"),
)
_FAILED: Final = "CONTROLS FAILED"
_SUMMARY: Final = ("scenario", "dose", "nothing wrong", "change", "what it says")


def pages(tables: FindingTables, sentences: Mapping[str, str], *, other_ages: Sequence[str] = ()) -> dict[str, str]:
    """Return all pages by their path in the project: the index, and one for each scenario in the tables.

    `other_ages` says how old the results of other measurements are, which the index lists beside its own.
    """
    names = [name for name in scenarios() if name in set(tables.everybody["scenario"])]
    failed = [str(row["title"]) for row in records(tables.plans) if _FAILED in str(row["controls"])]
    index = render(
        "findings_index.md.jinja",
        failed=failed,
        plans=records(tables.plans),
        summary=figures_table(_SUMMARY, list(_summary_rows(names, tables, sentences))),
        force=FORCE,
        worlds=worlds,
        age=age(of_plans(tables.plans)),
        other_ages=other_ages,
    )
    by_name = {name: _page(scenarios()[name], tables, sentences.get(name), failed) for name in names}
    return {f"{FOLDER}/index.md": index} | {f"{FOLDER}/{name}.md": text for name, text in by_name.items()}


def read_sentences(folder: Path) -> dict[str, str]:
    """Read the sentences, by scenario; none where there is no file."""
    path = folder / SENTENCES
    return tomllib.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def _summary_rows(names: Sequence[str], tables: FindingTables, sentences: Mapping[str, str]) -> Iterator[list[str]]:
    rows = tables.everybody
    rows = rows[(rows["method"] == FLAGGED) & (rows["subject_kind"] == "officer") & (rows["concern"] == "standards")]
    for name in names:
        doses = rows[rows["scenario"] == name]
        for row in records(doses[doses["dose"] == doses["dose"].max()]):
            yield [
                f"[{name}]({name}.md)",
                f"{row['dose']:g}",
                whole(row["innocents_twin"]),
                change(row, "innocents"),
                sentences.get(name, "–"),
            ]


def _page(scenario: Scenario, tables: FindingTables, sentence: str | None, failed: Sequence[str]) -> str:
    everybody, groups, budget = (
        rows[rows["scenario"] == scenario.name] for rows in (tables.everybody, tables.groups, tables.budget)
    )
    return render(
        "findings_page.md.jinja",
        scenario=scenario,
        sentence=sentence,
        failed=failed,
        older="older" in age(of_plans(tables.plans)),
        costs=list(_costs(everybody, groups)) if scenario.name == SICKNESS else [],
        places=list(_places(everybody, groups)),
        promise=promise_table(budget),
        force=FORCE,
        worlds=worlds,
    )


def _costs(everybody: pd.DataFrame, groups: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """Yield what reading sickness as misconduct costs, in innocent people: of all, and of those it falls on."""
    flagged = everybody[(everybody["method"] == FLAGGED) & (everybody["concern"] == "standards")]
    for row in records(flagged.sort_values([*PLACE, "dose"])):
        same = groups["concern"] == "standards"
        for key in (*PLACE, "dose"):
            same &= groups[key] == row[key]
        yield {
            "case": f"{row['world']}, {row['people']:,} people, {row['set']}, dose {row['dose']:g}",
            "innocents": whole(row["innocents_value"]),
            "change": change(row, "innocents"),
            "groups": list(_affected(groups[same])),
        }


def _affected(groups: pd.DataFrame) -> Iterator[dict[str, str]]:
    for by, group, who in _AFFECTED:
        for row in records(groups[(groups["by"] == by) & (groups["group"] == group)]):
            innocents, rate = whole(row["innocents_value"]), percent(row["rate_value"])
            yield {"who": who, "innocents": innocents, "change": change(row, "innocents"), "rate": rate}


def _places(everybody: pd.DataFrame, groups: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """Yield a section for each world, size and set of a plan."""
    for world, people, name in everybody[[*PLACE]].drop_duplicates().itertuples(index=False, name=None):
        rows, about = (
            table[(table["world"] == world) & (table["people"] == people) & (table["set"] == name)]
            for table in (everybody, groups)
        )
        yield {
            "title": f"{world}, {people:,} people, {name}",
            "seeds": rows["seeds"].max(),
            "parts": list(_parts(rows, about)),
        }


def _parts(everybody: pd.DataFrame, groups: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """Yield a part for each concern that anything was measured of."""
    for (kind, concern), title in CONCERNS.items():
        rows, about = (
            table[(table["subject_kind"] == kind) & (table["concern"] == concern)] for table in (everybody, groups)
        )
        flagged, equal = rows[rows["method"] == FLAGGED], rows[rows["method"] != FLAGGED]
        if len(rows):
            yield {
                "concern": title,
                "flagged": flagged_table(flagged, kind),
                "nothing_moves": is_still(equal),
                "equal_workload": equal_workload_table(equal, kind),
                "groups": "" if is_still(flagged) and is_still(about) else groups_table(about),
            }
