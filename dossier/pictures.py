"""Pictures of error rates, each with the table behind it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, Literal

import pandas as pd

from audit.rates.selections import EQUAL, FLAGGED
from audit.rates.truth_tables import CHARACTERISTICS

_MOST: Final = 40
"""How many rows a picture shows at most: those with the highest values."""


PictureRow = tuple[str, float | None, float | None, float | None, float, float]
"""A label, a value with its interval, and the count and number that it is made of."""


@dataclass(frozen=True)
class Picture:
    """One picture: what it shows in a sentence, its axis, and rows.

    A row has a label, the value with its interval, None where there is none, and the count and number it is made of.
    `chart` names how it is drawn: a point for each row, or (`curves`) a line for each label, over the number.
    """

    title: str
    sentence: str
    axis: str
    rows: tuple[PictureRow, ...]
    chart: Literal["rates", "curves"] = "rates"

    def to_json(self) -> dict[str, Any]:
        """Return it as the data that the page draws."""
        return {"title": self.title, "axis": self.axis, "chart": self.chart, "rows": [list(row) for row in self.rows]}


def pictures(rates: pd.DataFrame) -> tuple[Picture, ...]:
    """Return the pictures of a table of error rates, for the latest as-of date; those without rows are left out."""
    latest = rates[rates["as_of"] == rates["as_of"].max()]
    drawn = [picture for concern in sorted(latest["concern"].unique()) for picture in _of(latest, concern)]
    return tuple(picture for picture in drawn if picture.rows)


def innocent_sentences(rates: pd.DataFrame) -> list[str]:
    """Return in a sentence for each concern how many of those flagged have no such concern, as the truth says.

    People of each concern first, then teams where any are flagged.
    """
    latest = rates[rates["as_of"] == rates["as_of"].max()]
    whole = (latest["basis"] == FLAGGED) & (latest["scope"] == "all") & (latest["by"] == "all")
    rows = latest[whole & (latest["measure"] == "precision")].sort_values(["subject_kind", "concern"])
    by_kind = [(row, "people" if row["subject_kind"] == "officer" else "teams") for row in rows.to_dict("records")]
    return [_innocent_sentence(row, who) for row, who in by_kind if who == "people" or row["n"]]


def _innocent_sentence(row: dict[Any, Any], who: str) -> str:
    concern, flagged, right = str(row["concern"]).capitalize(), row["n"], row["count"]
    if not flagged:
        return f"{concern}: not computed, because none of the {who} are flagged."
    return (
        f"{concern}: {flagged - right:,.0f} of {flagged:,.0f} {who} flagged are innocent of what they are flagged for;"
        f" {right:,.0f} {'is' if right == 1 else 'are'} not."
    )


def _of(rates: pd.DataFrame, concern: str) -> Iterator[Picture]:
    about = rates[(rates["concern"] == concern) & (rates["subject_kind"] == "officer")]
    flagged = about[(about["basis"] == FLAGGED) & (about["scope"] == "all")]
    yield _picture(
        f"{concern}: who is flagged wrongly, by group",
        "Of the people without a concern in each group, the share that was flagged, with its 95% interval.",
        "false-positive rate",
        flagged[(flagged["measure"] == "false_positive_rate") & flagged["by"].isin(CHARACTERISTICS)],
    )
    yield _picture(
        f"{concern}: innocent reasons to look unusual",
        "The same for people of each archetype: an innocent reason to look unusual.",
        "false-positive rate",
        flagged[(flagged["measure"] == "false_positive_rate") & (flagged["by"] == "archetype")],
    )
    yield _picture(
        f"{concern}: what is found, by planted pattern",
        "Of the people in whom each pattern was planted, the share that was flagged.",
        "recall",
        flagged[(flagged["measure"] == "recall") & (flagged["by"] == "typology")],
    )
    yield _picture(
        f"{concern}: what is found, by intensity",
        "Of the people whose planted pattern comes to so many times what is ordinary for peers, the share flagged.",
        "recall",
        flagged[(flagged["measure"] == "recall") & (flagged["by"] == "intensity")],
        ranked=False,
    )
    equal = about[(about["basis"] == EQUAL) & (about["measure"] == "precision") & (about["by"] == "all")]
    yield _picture(
        f"{concern}: how often each method is right at the same workload",
        "Of as many people as were flagged, taken from the top of each method's list, the share with a concern.",
        "precision",
        equal,
    )


def _picture(title: str, sentence: str, axis: str, rows: pd.DataFrame, *, ranked: bool = True) -> Picture:
    usable = rows[rows["status"] != "undefined"]
    if ranked:
        usable = usable.sort_values(["value", "by", "group", "name"], ascending=False)
    drawn = tuple(
        (_label(row), known(row["value"]), known(row["low"]), known(row["high"]), row["count"], row["n"])
        for row in usable.head(_MOST).to_dict("records")
    )
    none = (
        " Of none: the lines show how high it could be all the same." if drawn and not any(r[1] for r in drawn) else ""
    )
    return Picture(title, f"{sentence}{none}", axis, drawn)


def _label(row: dict[Any, Any]) -> str:
    if row["by"] == "all":
        return f"{row['name']} ({row['scope']})"
    by_itself = row["by"] in ("archetype", "typology", "intensity")
    return (str(row["group"]) if by_itself else f"{row['by']}: {row['group']}").replace("_", " ")


def known(value: float) -> float | None:
    """Return a number that can be drawn, None for any other."""
    return float(value) if math.isfinite(value) else None
