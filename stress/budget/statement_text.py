"""The budget statement as text that can be read from top to bottom."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any, Final

from audit.rates.rate_options import FORCE
from stress.budget.promise import EXCEEDS, HOLDS, TOO_FEW
from stress.budget.world_counts import COMPARISON, CONTRADICTION

MOST: Final = 20
"""How many groups are named; `budget.json` has all."""

VERDICT_WORDS: Final = {
    EXCEEDS: "exceeded",
    HOLDS: "holds",
    TOO_FEW: "too few worlds to say",
    "no_promise": "nothing promised",
}

StatementRow = Mapping[str, Any]


def statement_lines(content: Mapping[str, Any]) -> list[str]:
    """Return the lines of a statement, from the content of its `budget.json`."""
    return [
        *content["controls_say"],
        "",
        f"Budget statement: {content['title']}",
        *_promised(content["targets"]),
        *_achieved("Where nothing is planted, every flag is false", content["null_worlds"], "worlds with any flag"),
        *_achieved("Where something is planted", content["planted_worlds"], "share of flags that are false"),
        *_groups(content["groups"]),
        *_stops(content["stops"], content["test"]),
        *_stops_by_group(content["stops_by_group"], content["groups_by_verdict"], content["test"]),
    ]


def _promised(targets: Sequence[StatementRow]) -> Iterator[str]:
    yield from ("", "What is promised")
    for row in targets:
        subject = f"  {row['set']}, {row['subject_kind']}s, {row['concern']}: "
        if row["target"] is None:
            yield f"{subject}the strongest {row['per_thousand']:g} of a thousand are selected, which promises no rate."
        else:
            under = "any dependence" if row["dependence"] == "any" else "p-values that are not negatively dependent"
            yield f"{subject}of flags by comparison, no more than {row['target']:.0%} false on average, under {under}."
    yield "  The rate that contradictions are selected at is not tested here: they are told apart throughout."


def _achieved(title: str, rows: Sequence[StatementRow], quantity: str) -> Iterator[str]:
    yield from ("", title)
    if not rows:
        yield "  There is no such world in this plan."
        return
    if rows[0]["scenario"] == "controls":
        yield "  No world of the plan is of this kind: the null worlds of its controls stand in."
    contradictions = {_about(row): row for row in rows if row["how"] == CONTRADICTION}
    table = [["", "worlds", quantity, "at most", "promised", "", "innocents per 1,000", f"per {FORCE:,}", "by rules"]]
    for row in (r for r in rows if r["how"] == COMPARISON):
        rule = contradictions.get(_about(row))
        table.append(
            [
                _about(row),
                f"{row['worlds']}",
                _share(row["achieved"], row["standard_error"]),
                f"{row['upper']:.1%}",
                "–" if row["target"] is None else f"{row['target']:.0%}",
                VERDICT_WORDS[row["verdict"]],
                _number(row.get("innocents_per_1000"), row.get("innocents_error"), digits=2),
                _per_force(row),
                "–" if rule is None else _per_force(rule),
            ]
        )
    yield from _aligned(table)
    yield f"  After ±: the standard error over worlds. By rules: innocents flagged by contradiction, per {FORCE:,}."
    if contradictions and rows[0]["planted"]:
        yield from (
            f"  {about}: of flags by contradiction {_share(r['achieved'], r['standard_error'])} false."
            for about, r in contradictions.items()
        )


def _about(row: StatementRow) -> str:
    return f"{row['world']} {row['people']:,} {row['set']}, {row['subject_kind']}s, {row['concern']}"


def _share(value: float, error: float | None) -> str:
    return f"{value:.1%}" + ("" if error is None else f" ± {error:.1%}")


def _number(value: float | None, error: float | None, *, digits: int = 0) -> str:
    if value is None:
        return "–"
    return f"{value:,.{digits}f}" + ("" if error is None else f" ± {error:,.{digits}f}")


def _per_force(row: StatementRow) -> str:
    value, error = row.get(f"innocents_per_{FORCE}"), row.get("innocents_error")
    return _number(value, None if error is None else error * FORCE / 1000)


def _groups(rows: Sequence[StatementRow]) -> Iterator[str]:
    yield from ("", "On whom false flags fall more than on their reference, where nothing is wrong with the records")
    # Without a reference, or where nobody in it is flagged, there is nothing to compare.
    ratios = [r for r in rows if r["reference"] is not None and r["ratio_low"] is not None]
    higher = sorted((r for r in ratios if r["ratio_low"] > 1), key=lambda r: (-r["ratio_low"], _group(r), _about(r)))
    yield (
        f"  {len(higher)} of {len(ratios)} ratios lie above 1 with their whole interval; were there no difference,"
        f" chance would put about {len(ratios) * 0.025:.0f} there."
    )
    table = [["", "", "by", "false-positive rate", "interval", "ratio", "interval"]]
    for r in higher[:MOST]:
        high = "∞" if r["ratio_high"] is None else f"{r['ratio_high']:.2f}"
        table.append(
            [
                _about(r),
                f"{_group(r)} to {r['reference']}",
                r["how"],
                f"{r['false_positive_rate']:.2%}",
                f"{r['low']:.2%} to {r['high']:.2%}",
                "∞" if r["ratio"] is None else f"{r['ratio']:.2f}",
                f"{r['ratio_low']:.2f} to {high}",
            ]
        )
    yield from _aligned(table) if higher else ()


def _group(row: StatementRow) -> str:
    return f"{row['by']}: {row['group']}"


def _stops(rows: Sequence[StatementRow], test: StatementRow) -> Iterator[str]:
    yield from ("", "Where the promise stops holding")
    yield (
        f"  {test['cells_of_everybody']:,} cells are tested together; of those that are said to exceed their target,"
        f" {test['level']:.0%} may be expected to by chance ({test['adjusted_by']})."
    )
    if not rows:
        yield "  Nothing was tested: no target, or no scenario."
    for about, group in groupby(sorted(rows, key=_about), key=_about):
        group_rows = list(group)
        unperturbed = group_rows[0]["unperturbed"]
        yield from (
            "",
            f"  {about}" + ("" if unperturbed is None else f": with nothing wrong, {VERDICT_WORDS[unperturbed]}"),
        )
        yield from _by_verdict(group_rows)


def _by_verdict(rows: Sequence[StatementRow]) -> Iterator[str]:
    for r in sorted((r for r in rows if r["verdict"] == EXCEEDS), key=lambda r: r["scenario"]):
        yield (
            f"    stops holding at {r['scenario']} {r['from_dose']:g}: {_share(r['achieved'], r['standard_error'])}"
            f" (q {r['q_value']:.2g})" + ("" if r["holds_to"] is None else f", having held at {r['holds_to']:g}")
        )
    undecided = [r for r in rows if r["verdict"] == TOO_FEW]
    if undecided:
        scenario_texts = [f"{r['scenario']} ({r['achieved']:.0%}, at most {r['upper']:.0%})" for r in undecided]
        yield f"    too few worlds to say: {', '.join(scenario_texts)}"
    holds = [r for r in rows if r["verdict"] == HOLDS]
    if holds:
        highest = max(r["upper"] for r in holds)
        scenario_texts = [f"{r['scenario']} to {r['measured_to']:g}" for r in holds]
        yield f"    holds as far as measured, up to an upper bound of {highest:.0%}: {', '.join(scenario_texts)}"


def _stops_by_group(rows: Sequence[StatementRow], counts: Mapping[str, int], test: StatementRow) -> Iterator[str]:
    yield from ("", "Among the flags on a group, which nothing is promised of, the share that is false")
    total = sum(counts.values())
    yield (
        f"  {test['cells_of_groups']:,} cells of groups are tested together against the target of everybody."
        f" Of {total:,} scenarios and groups {counts[EXCEEDS]:,} exceed it at some dose, {counts[HOLDS]:,} hold as"
        f" far as measured, and for {counts[TOO_FEW]:,} there are too few worlds to say."
    )
    top = sorted(rows, key=lambda r: (r["q_value"], _about(r), r["scenario"], _group(r)))[:MOST]
    for r in top:
        yield (
            f"    {_about(r)}, {_group(r)}: from {r['scenario']} {r['from_dose']:g} on,"
            f" {_share(r['achieved'], r['standard_error'])} (q {r['q_value']:.2g})"
        )


def _aligned(table: Sequence[Sequence[str]]) -> Iterator[str]:
    """Lay out rows under one another, the first column to the left and the others to the right."""
    widths = [max(len(row[at]) for row in table) for at in range(len(table[0]))]
    for row in table:
        cells = [c.ljust(w) if at == 0 else c.rjust(w) for at, (c, w) in enumerate(zip(row, widths, strict=True))]
        yield "  " + "  ".join(cells).rstrip()
