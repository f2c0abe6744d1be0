"""Annexes to what is published: fields by sensitivity, groups of people, and what was and was not measured."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, Final

import pandas as pd

from audit.rates.not_computed import reason_of
from audit.rates.selections import FLAGGED
from dossier.evidence_slices import EvidenceSlices
from dossier.publication.aggregates import PublishedCounts
from dossier.publication.disclosure import publishable
from pipeline.run_folder import RunFolder

SENSITIVITY: Final[Mapping[str, int]] = {
    "health": 1,
    "declarations": 2,
    "systems": 2,
    "conduct": 3,
    "attendance": 3,
    "activity": 4,
    "people": 4,
}
"""Categories of data, the most sensitive first; what is not named here counts as the most sensitive.

Health is special-category data (UK GDPR, Article 9); declarations can tell of beliefs and associations, logs of systems
of where somebody was. The order of the rest is a judgement.
"""

WITHHELD: Final = "withheld"

ERRORS: Final = ("precision", "false_positive_rate", "recall", "innocent_flagged_per_46000")
"""The error rates of the evaluation card."""

NOT_MEASURED: Final = (
    "Whether anybody who was flagged did anything: a run on real records has no truth.",
    "Whether a look at a flag was worth its cost to the person looked at, or changed anything.",
    "What people do when they know that they are watched: what they stop recording, reporting or doing.",
    "How a flag is read by those who get it, and what they make of the words on it.",
    "Conduct that leaves no row in these records, and people whose records are kept elsewhere.",
    "Characteristics that are not recorded, and groups too small to publish.",
    "Other runs over the same people: readers who hold two publications can compare them.",
)
"""What no number of the publication speaks about."""


def tables_read(folder: RunFolder) -> list[str]:
    """Return the tables that fed any concern, in alphabetical order."""
    entries = folder.json("lineage/purposes.json")
    return sorted({table for entry in entries for fed in entry["fed_by"] for table in fed["reads"]})


def protection_annex(folder: RunFolder, dropped: Mapping[str, Mapping[str, str]] | None = None) -> dict[str, Any]:
    """Return the fields that were read, by sensitivity, with how many flags would lose rows without each table.

    A flag loses rows without a table where it rests on rows of it; where it rests on no others it would be gone. Both
    are counted on the evidence of the run. `dropped` is what came of running again without each table, which can also
    bring up other people; see `dossier.publication.dropped_tables`.
    """
    fields: dict[tuple[int, str, str], set[str]] = defaultdict(set)
    concerns: dict[tuple[str, str], set[str]] = defaultdict(set)
    for entry in folder.json("lineage/purposes.json"):
        for fed in entry["fed_by"]:
            for table, columns in fed["reads"].items():
                for column, category in columns.items():
                    fields[SENSITIVITY.get(category, 1), category, table].add(column)
                    concerns[category, table].add(entry["concern"])
    losses = _losses(folder, sorted({table for _, _, table in fields}))
    return {
        "order": "the most sensitive first",
        "flags": "Counted on the evidence of the run: which flags rest on rows of the table.",
        "without": "Measured: whom a run without the table flags, of those flagged and of others."
        if dropped is not None
        else "Not measured: nobody asked for runs without each table (--measure-fields).",
        "fields": [
            {
                "category": category,
                "table": table,
                "columns": sorted(columns),
                "concerns": sorted(concerns[category, table]),
                "flags": losses.get(table, WITHHELD),
                **({"without": dict(dropped.get(table, {}))} if dropped is not None else {}),
            }
            for (_, category, table), columns in sorted(fields.items())
        ],
    }


def _losses(folder: RunFolder, tables: Iterable[str]) -> dict[str, dict[str, str]]:
    flags = folder.table("flags")
    latest = max(folder.manifest["as_of"], default="")
    days = zip(flags["flag_id"].to_pylist(), flags["as_of"].to_pylist(), strict=True)
    evidence = EvidenceSlices(folder.table("evidence"))
    of_day = [flag for flag, day in days if str(day) == latest]
    rests = [{citation.table_name for citation in evidence.of(flag) if citation.part == "direct"} for flag in of_day]
    # All tables count the same flags, so they go through the rule together.
    counted = {table: _counts(rests, table) for table in tables}
    published = publishable(counted).tables
    return {table: {name: str(band) for name, (band, _) in groups.items()} for table, groups in published.items()}


def _counts(rests: Iterable[set[str]], table: str) -> dict[str, int]:
    counts = {"gone": 0, "weaker": 0, "untouched": 0}
    for tables in rests:
        counts["untouched" if table not in tables else "gone" if tables == {table} else "weaker"] += 1
    return counts


def equality_annex(published: Iterable[PublishedCounts]) -> dict[str, Any]:
    """Return how many people of each group were flagged, of how many, and between which rates that lies.

    The rates are computed from the published numbers alone, so they say no more than these.
    """
    groups = [
        {
            "concern": of.concern,
            "characteristic": name,
            "group": group,
            "flagged": str(band),
            "of": str(base),
            "flagged_of_thousand": f"{1000 * band.low / base.high:.0f} to {1000 * band.high / base.low:.0f}",
        }
        for of in published
        for name, table in of.published.tables.items()
        for group, (band, base) in table.items()
        if base is not None
    ]
    return {
        "groups": groups,
        "withheld": sorted({f"{of.concern}: {name}" for of in published for name in of.published.withheld}),
        "note": "Without records of protected characteristics (--records) there are no groups here.",
        "read_with": "Who is flagged is not who is flagged wrongly: that needs a synthetic force.",
    }


def evaluation_card(folder: RunFolder, rates: pd.DataFrame | None = None) -> dict[str, Any]:
    """Return what was measured and what was not, by the functions of the NIST AI Risk Management Framework 1.0.

    `rates` is a table of error rates, where there is a truth: then the force is synthetic, and its counts are nobody's.
    """
    facts = folder.manifest
    return {
        "framework": "NIST AI Risk Management Framework 1.0, function MEASURE",
        "measure_1_1_not_measured": list(NOT_MEASURED),
        "measure_1_3_independent_assessment": "Not part of the run. Anybody can replay it: opencse replay, verify.py.",
        "measure_2_1_test_sets_and_metrics": "Drawn synthetic forces: opencse stress, opencse budget, opencse rates.",
        "measure_2_3_performance": [
            f"{s['concern']}, {s['subject_kind']}: {_promise(s)}"
            for s in facts["selections"]
            if s["as_of"] == max(facts["as_of"], default="")
        ],
        "measure_2_3_error_rates": _error_rates(rates),
        "measure_2_8_transparency": "Every flag names its rows; transparency_record.json says who answers for it.",
        "measure_2_11_fairness": "equality_annex.json: on whom flags fall; not on whom they fall wrongly.",
    }


def _error_rates(rates: pd.DataFrame | None) -> list[dict[str, str]] | str:
    if rates is None:
        return "Not measured: a run on real records has no truth. On a synthetic force: --truth."
    of_officers = (rates["subject_kind"] == "officer") & (rates["basis"] == FLAGGED) & (rates["scope"] == "all")
    latest = rates["as_of"] == rates["as_of"].max()
    rows = rates[of_officers & latest & (rates["by"] == "all") & rates["measure"].isin(ERRORS)]
    return [
        {
            "concern": row["concern"],
            "measure": row["measure"].replace("_", " "),
            **_value(row),
            "of": f"{row['count']:g} of {row['n']:g}",
        }
        for row in rows.to_dict("records")
    ]


def _value(row: Mapping[Any, Any]) -> dict[str, str]:
    """Return a rate with its interval, or why there is none."""
    if pd.isna(row["value"]):
        return {"value": f"not computed, because {reason_of(row)}"}
    return {"value": f"{row['value']:.3g}", "interval": f"{row['low']:.3g} to {row['high']:.3g}"}


def _promise(selection: Mapping[str, Any]) -> str:
    if selection["level"] is None:
        return "the highest were taken, as many as can be looked at; nothing is promised about how many are false"
    return (
        f"on average over many forces at most a share of {selection['level']:.3g} of the flags is promised to be false"
    )
