"""The pages of findings: one for each scenario and an index, from kept tables and one hand-written sentence each."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import pandas as pd

from audit.rates.measures import FORCE
from stress.budget.promise import EXCEEDS, HOLDS
from stress.effects import PLACE
from stress.findings.finding_tables import FLAGGED, TOGETHER, FindingTables
from stress.scenario import Scenario
from stress.scenarios import scenarios

SAID: Final = "said.toml"
"""The file with a sentence for each scenario, written by hand beside the pages, and kept when they are made again."""

SICKNESS: Final = "sickness_as_misconduct"
_AFFECTED: Final = (
    ("disability", "yes", "have a disability"),
    ("archetype", "long_term_condition", "have a long-term condition"),
)
_TEXTS: Final = ("what it says", "concern", "verdict")
_FAILED: Final = "CONTROLS FAILED"
_MARK: Final = "<!-- Written by `make docs` from benchmarks/results/findings/ and said.toml. Edit the latter. -->"
_INTRODUCTION: Final = (
    "What happens to innocent people when records go wrong, or are used wrongly, scenario by scenario. Every figure is"
    " a mean over worlds that differ in their seed alone, and every change is against the same world with nothing wrong"
    " with it; intervals, 95%, are over these worlds. [How to read them, and make them again](../how-to/findings.md)."
)
_CONCERNS: Final = {
    ("officer", "standards"): "standards",
    ("officer", "welfare"): "welfare",
    ("officer", "culture"): "culture",
    ("unit", "culture"): "culture, of teams",
}
_METHODS: Final = {FLAGGED: "OpenCSE, as flagged", TOGETHER: "OpenCSE, all detectors together"}


def pages(told: FindingTables, said: dict[str, str]) -> dict[str, str]:
    """Return the text of every page by file name: `index.md`, and one for each scenario in the tables."""
    names = [name for name in scenarios() if name in set(told.everybody["scenario"])]
    made = {f"{name}.md": _page(scenarios()[name], told, said.get(name)) for name in names}
    return {"index.md": _index(names, told, said), **made}


def read_said(folder: Path) -> dict[str, str]:
    """Read the sentences, by scenario; none where there is no file."""
    path = folder / SAID
    return tomllib.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def write(made: dict[str, str], folder: Path) -> None:
    """Write the pages and remove those of scenarios that are no longer in the tables."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.glob("*.md"):
        if path.name not in made:
            path.unlink()
    for name, text in made.items():
        (folder / name).write_text(text, encoding="utf-8")


def _index(names: Sequence[str], told: FindingTables, said: dict[str, str]) -> str:
    lines = [
        "# Findings",
        "",
        _MARK,
        "",
        *_warning(told.plans),
        _INTRODUCTION,
        "",
        *_plans(told.plans),
        "",
        f"Innocent people flagged for standards, per {FORCE:,}, at the highest dose of each scenario:",
        "",
        *_table(["scenario", "dose", "nothing wrong", "change", "what it says"], list(_summary(names, told, said))),
        "",
    ]
    return "\n".join(lines)


def _warning(plans: pd.DataFrame) -> list[str]:
    """Return what stands first: that a control failed, if one did."""
    failed = [str(row["title"]) for row in _records(plans) if _FAILED in str(row["controls"])]
    told = [
        f"{_FAILED} in what this rests on ({'; '.join(failed)}): see [the index](index.md) before relying on it.",
        "",
    ]
    return told if failed else []


def _plans(plans: pd.DataFrame) -> Iterator[str]:
    for row in _records(plans):
        size = f"{row['people']} people, {_worlds(row['seeds'])} of each kind"
        yield f"- {row['title']}: {size}, OpenCSE {row['code_version']}. {row['controls']}"


def _summary(names: Sequence[str], told: FindingTables, said: dict[str, str]) -> Iterator[list[str]]:
    rows = told.everybody
    rows = rows[(rows["method"] == FLAGGED) & (rows["subject_kind"] == "officer") & (rows["concern"] == "standards")]
    for name in names:
        some = rows[rows["scenario"] == name]
        for row in _records(some[some["dose"] == some["dose"].max()]):
            change = _change(row, "innocents")
            yield [
                f"[{name}]({name}.md)",
                f"{row['dose']:g}",
                _whole(row["innocents_twin"]),
                change,
                said.get(name, "–"),
            ]


def _page(found: Scenario, told: FindingTables, sentence: str | None) -> str:
    def mine(table: pd.DataFrame) -> pd.DataFrame:
        return table[table["scenario"] == found.name]

    lines = [
        f"# {found.name}",
        "",
        _MARK,
        "",
        *_warning(told.plans),
        found.question,
        "",
        f"**{sentence}**" if sentence else "No sentence has been written yet.",
        "",
        f"- Modelled on: {found.modelled_on}",
        f"- Expected, before anything was measured: {found.expects}.",
        f"- Dose: {found.dose}.",
        f"- Changes: {', '.join(f'`{t}`' for t in found.tables) or 'no record'}.",
        "",
        *(_cost(mine(told.everybody), mine(told.groups)) if found.name == SICKNESS else ()),
        *_places(mine(told.everybody), mine(told.groups)),
        *_promise(mine(told.budget)),
    ]
    return "\n".join(lines).rstrip() + "\n"


def _cost(everybody: pd.DataFrame, groups: pd.DataFrame) -> Iterator[str]:
    """Yield what reading sickness as misconduct costs, in innocent people: of all, and of those it falls on."""
    yield from ("## The cost", "")
    ours = everybody[(everybody["method"] == FLAGGED) & (everybody["concern"] == "standards")]
    for row in _records(ours.sort_values([*PLACE, "dose"])):
        yield (
            f"- {row['world']}, {row['people']:,} people, {row['set']}, dose {row['dose']:g}: of {FORCE:,} people"
            f" {_whole(row['innocents_value'])} are flagged for standards wrongly, {_change(row, 'innocents')}"
            " more than when sickness is not read."
        )
        same = groups["concern"] == "standards"
        for key in (*PLACE, "dose"):
            same &= groups[key] == row[key]
        for by, group, who in _AFFECTED:
            for r in _records(groups[same & (groups["by"] == by) & (groups["group"] == group)]):
                told = f"{_whole(r['innocents_value'])} of them {who} ({_change(r, 'innocents')})"
                yield f"  - {told}, which is {_percent(r['rate_value'])} of all such innocent people."
    yield ""


def _places(everybody: pd.DataFrame, groups: pd.DataFrame) -> Iterator[str]:
    places = everybody[[*PLACE]].drop_duplicates().itertuples(index=False, name=None)
    for world, people, name in places:
        here = _at(everybody, world, people, name)
        yield from (f"## {world}, {people:,} people, {name}: {_worlds(here['seeds'].max())}", "")
        for (kind, concern), title in _CONCERNS.items():
            some = here[(here["subject_kind"] == kind) & (here["concern"] == concern)]
            about = _at(groups, world, people, name)
            about = about[(about["subject_kind"] == kind) & (about["concern"] == concern)]
            if len(some):
                yield from (f"### For {title}", "")
                yield from _of_concern(some, about, kind)


def _of_concern(some: pd.DataFrame, about: pd.DataFrame, kind: str) -> Iterator[str]:
    flagged, equal = some[some["method"] == FLAGGED], some[some["method"] != FLAGGED]
    yield from _flagged(flagged, kind)
    if _still(equal):
        yield from ("At an equal workload nothing moves, by any method and at any dose.", "")
    else:
        yield from _equal(equal, kind)
    yield from () if _still(flagged) and _still(about) else _hit(about)


def _still(rows: pd.DataFrame) -> bool:
    """Say whether nothing moves at all."""
    moved = rows[[f"{measure}_effect" for measure in ("rate", "precision", "recall")]].fillna(0.0)
    return bool((moved == 0).all(axis=None))


def _at(table: pd.DataFrame, world: str, people: int, name: str) -> pd.DataFrame:
    return table[(table["world"] == world) & (table["people"] == people) & (table["set"] == name)]


def _flagged(rows: pd.DataFrame, kind: str) -> Iterator[str]:
    """Yield what is flagged at each dose, after a line for nothing wrong."""
    ordered = _records(rows.sort_values("dose"))
    if not ordered:
        return
    innocents = kind == "officer"
    head = [
        "dose",
        *([f"innocents flagged per {FORCE:,}"] if innocents else []),
        "false-positive rate",
        "precision",
        "recall",
    ]
    first = ordered[0]
    rest = ["nothing wrong", *([_whole(first["innocents_twin"])] if innocents else [])]
    lines = [[*rest, *(_percent(first[f"{m}_twin"]) for m in ("rate", "precision", "recall"))]]
    for row in ordered:
        line = [f"{row['dose']:g}"]
        if innocents:
            line.append(f"{_whole(row['innocents_value'])} ({_change(row, 'innocents')})")
        lines.append([*line, *(_moved(row, m) for m in ("rate", "precision", "recall"))])
    yield from ("What is flagged, by detectors and rules together:", "", *_table(head, lines), "")


def _equal(rows: pd.DataFrame, kind: str) -> Iterator[str]:
    if not len(rows):
        return
    innocents = kind == "officer"
    what = "innocents" if innocents else "rate"
    title = f"innocents per {FORCE:,}" if innocents else "false-positive rate"
    head = ["method", "dose", f"{title}, nothing wrong", title, "change", "precision", "recall"]
    lines = []
    ordered = rows.assign(order=rows["method"] != TOGETHER).sort_values(["order", "method", "dose"])
    show = _whole if innocents else _percent
    for row in _records(ordered):
        name = _METHODS.get(row["method"], f"`{row['method']}`")
        moved = _change(row, what) if innocents else _change(row, what, scale=100, digits=2)
        shown = [show(row[f"{what}_twin"]), show(row[f"{what}_value"]), moved]
        lines.append(
            [name, f"{row['dose']:g}", *shown, _percent(row["precision_value"]), _percent(row["recall_value"])]
        )
    yield from ("At an equal workload, beside the usual methods:", "", *_table(head, lines), "")


def _hit(rows: pd.DataFrame) -> Iterator[str]:
    if not len(rows):
        return
    head = ["group", "dose", "false-positive rate, nothing wrong", "false-positive rate", f"innocents per {FORCE:,}"]
    lines = [
        [
            f"{r['by']}: {r['group']}",
            f"{r['dose']:g}",
            _percent(r["rate_twin"]),
            _moved(r, "rate"),
            f"{_whole(r['innocents_value'])} ({_change(r, 'innocents')})",
        ]
        for r in _records(rows.sort_values(["by", "group", "dose"]))
    ]
    yield from ("On whom it falls, of those flagged; groups overlap:", "", *_table(head, lines), "")


def _promise(stops: pd.DataFrame) -> Iterator[str]:
    if not len(stops):
        return
    yield from ("## The promise", "")
    yield (
        "Of flags by comparison, no more than the target are to be false on average"
        " ([the budget statement](../reference/budget.md))."
    )
    yield ""
    lines = []
    for r in _records(stops):
        about = f"{r['world']} {r['people']:,} {r['set']}"
        lines.append(
            [
                about,
                _CONCERNS[r["subject_kind"], r["concern"]],
                _verdict(r),
                _percent(r["achieved"]),
                _percent(r["upper"]),
            ]
        )
    yield from _table(["world, people, set", "concern", "verdict", "false", "at most"], lines)


def _verdict(row: dict[str, Any]) -> str:
    rest = " (it does with nothing wrong, too)" if row["unperturbed"] == EXCEEDS else ""
    if row["verdict"] == EXCEEDS:
        return f"stops holding at dose {row['from_dose']:g}{rest}"
    return f"holds to dose {row['measured_to']:g}" if row["verdict"] == HOLDS else "too few worlds to say"


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(k): v for k, v in row.items()} for row in table.to_dict("records")]


def _worlds(number: float) -> str:
    return "1 world" if number == 1 else f"{number:.0f} worlds"


def _whole(value: float) -> str:
    return "–" if pd.isna(value) else f"{value:,.0f}"


def _percent(value: float) -> str:
    return "–" if pd.isna(value) else f"{100 * value:.1f}%"


def _moved(row: dict[str, Any], name: str) -> str:
    """Return a share and by how many points it moved."""
    if pd.isna(row[f"{name}_value"]):
        return "–"
    return f"{_percent(row[f'{name}_value'])} ({_change(row, name, scale=100, digits=1)})"


def _change(row: dict[str, Any], name: str, *, scale: float = 1.0, digits: int = 0) -> str:
    effect, low, high = (row[f"{name}_{s}"] for s in ("effect", "low", "high"))
    if pd.isna(effect):
        return "–"
    text = _signed(effect * scale, digits)
    return (
        text
        if pd.isna(low) or low == high == 0
        else f"{text}, {_signed(low * scale, digits)} to {_signed(high * scale, digits)}"
    )


def _signed(value: float, digits: int) -> str:
    rounded = round(value, digits)
    return f"{rounded:+,.{digits}f}" if rounded else f"{0:.{digits}f}"


def _table(head: Sequence[str], lines: Sequence[Sequence[str]]) -> list[str]:
    dashes = ["---" if name in _TEXTS or not at else "---:" for at, name in enumerate(head)]
    return [f"| {' | '.join(row)} |" for row in (head, dashes, *lines)]
