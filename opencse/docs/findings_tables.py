"""The tables on pages of findings: what is flagged, beside the usual methods, and on whom it falls."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import pandas as pd

from audit.rates.rate_options import FORCE
from opencse.docs.markdown import code, table
from stress.budget.promise import EXCEEDS, HOLDS
from stress.findings.finding_tables import FLAGGED, TOGETHER

CONCERNS: Final = {
    ("officer", "standards"): "standards",
    ("officer", "welfare"): "welfare",
    ("officer", "culture"): "culture",
    ("unit", "culture"): "culture, of teams",
}
"""How the concern of a kind of subject is headed."""

_TEXTS: Final = ("what it says", "concern", "verdict")
_METHODS: Final = {FLAGGED: "OpenCSE, as flagged", TOGETHER: "OpenCSE, all detectors together"}
_SHARES: Final = ("rate", "precision", "recall")


def figures_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table whose columns are figures, but for the first and those that hold text; nothing without rows."""
    return table(head, rows, right=[name for name in head[1:] if name not in _TEXTS]) if rows else ""


def is_still(rows: pd.DataFrame) -> bool:
    """Say whether no share moves at all."""
    effects = rows[[f"{measure}_effect" for measure in _SHARES]].fillna(0.0)
    return bool((effects == 0).all(axis=None))


def flagged_table(rows: pd.DataFrame, kind: str) -> str:
    """Return what is flagged at each dose, after a line for nothing wrong."""
    ordered = records(rows.sort_values("dose"))
    if not ordered:
        return ""
    people = kind == "officer"
    count = [f"innocents flagged per {FORCE:,}"] if people else []
    head = ["dose", *count, "false-positive rate", "precision", "recall"]
    twin = ordered[0]
    lines = [
        [
            "nothing wrong",
            *([whole(twin["innocents_twin"])] if people else []),
            *(percent(twin[f"{measure}_twin"]) for measure in _SHARES),
        ]
    ]
    for row in ordered:
        innocents = [f"{whole(row['innocents_value'])} ({change(row, 'innocents')})"] if people else []
        lines.append([f"{row['dose']:g}", *innocents, *(_with_change(row, measure) for measure in _SHARES)])
    return figures_table(head, lines)


def equal_workload_table(rows: pd.DataFrame, kind: str) -> str:
    """Return what each method flags when all flag equally many, at each dose."""
    people = kind == "officer"
    measure = "innocents" if people else "rate"
    title = f"innocents per {FORCE:,}" if people else "false-positive rate"
    show = whole if people else percent
    head = ["method", "dose", f"{title}, nothing wrong", title, "change", "precision", "recall"]
    ordered = rows.assign(order=rows["method"] != TOGETHER).sort_values(["order", "method", "dose"])
    lines = [
        [
            _METHODS.get(row["method"], code(row["method"])),
            f"{row['dose']:g}",
            *(show(row[f"{measure}_twin"]), show(row[f"{measure}_value"])),
            change(row, measure) if people else change(row, measure, scale=100, digits=2),
            *(percent(row["precision_value"]), percent(row["recall_value"])),
        ]
        for row in records(ordered)
    ]
    return figures_table(head, lines)


def groups_table(rows: pd.DataFrame) -> str:
    """Return on which groups of innocent people flags fall, at each dose."""
    head = ["group", "dose", "false-positive rate, nothing wrong", "false-positive rate", f"innocents per {FORCE:,}"]
    lines = [
        [
            f"{row['by']}: {row['group']}",
            f"{row['dose']:g}",
            *(percent(row["rate_twin"]), _with_change(row, "rate")),
            f"{whole(row['innocents_value'])} ({change(row, 'innocents')})",
        ]
        for row in records(rows.sort_values(["by", "group", "dose"]))
    ]
    return figures_table(head, lines)


def promise_table(rows: pd.DataFrame) -> str:
    """Return to which dose the promise about false flags holds, for each world and concern."""
    lines = [
        [
            f"{row['world']} {row['people']:,} {row['set']}",
            CONCERNS[row["subject_kind"], row["concern"]],
            _verdict(row),
            *(percent(row["achieved"]), percent(row["upper"])),
        ]
        for row in records(rows)
    ]
    return figures_table(["world, people, set", "concern", "verdict", "false", "at most"], lines)


def _verdict(row: dict[str, Any]) -> str:
    reservation = " (it does with nothing wrong, too)" if row["unperturbed"] == EXCEEDS else ""
    if row["verdict"] == EXCEEDS:
        return f"stops holding at dose {row['from_dose']:g}{reservation}"
    return f"holds to dose {row['measured_to']:g}" if row["verdict"] == HOLDS else "too few worlds to say"


# ---------------------------------------------------------------- cells


def records(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of a table as dictionaries by column."""
    return [{str(name): value for name, value in row.items()} for row in rows.to_dict("records")]


def worlds(number: float) -> str:
    """Return a number of worlds in words.

    Example:
        >>> worlds(1), worlds(4.0)
        ('1 world', '4 worlds')
    """
    return "1 world" if number == 1 else f"{number:.0f} worlds"


def whole(value: float) -> str:
    """Return a count, rounded; a dash for none."""
    return "–" if pd.isna(value) else f"{value:,.0f}"


def percent(value: float) -> str:
    """Return a share as a percentage; a dash for none."""
    return "–" if pd.isna(value) else f"{100 * value:.1f}%"


def change(row: dict[str, Any], measure: str, *, scale: float = 1.0, digits: int = 0) -> str:
    """Return by how much a measure changes, with its interval where that has a width; a dash where it is unknown.

    Example:
        >>> change({"rate_effect": 0.02, "rate_low": 0.01, "rate_high": 0.03}, "rate", scale=100, digits=1)
        '+2.0, +1.0 to +3.0'
    """
    effect, low, high = (row[f"{measure}_{end}"] for end in ("effect", "low", "high"))
    if pd.isna(effect):
        return "–"
    text = _signed(effect * scale, digits)
    if pd.isna(low) or low == high == 0:
        return text
    return f"{text}, {_signed(low * scale, digits)} to {_signed(high * scale, digits)}"


def _with_change(row: dict[str, Any], measure: str) -> str:
    """Return a share and by how many points it changes."""
    if pd.isna(row[f"{measure}_value"]):
        return "–"
    return f"{percent(row[f'{measure}_value'])} ({change(row, measure, scale=100, digits=1)})"


def _signed(value: float, digits: int) -> str:
    rounded = round(value, digits)
    return f"{rounded:+,.{digits}f}" if rounded else f"{0:.{digits}f}"
