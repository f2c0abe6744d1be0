"""What the settings promise of each concern's flags by comparison, and where they promise nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Final

import pyarrow as pa

from data.vocabulary import CONCERNS
from pipeline.settings import ByRate, Settings, load

RATES: Final = "kept_rates.json"
"""What comparison at the default rates came to on drawn forces; see `opencse.docs.kept_figures`."""

FEWEST_FORCES: Final = 100
"""From how many forces on, none of them looked at before, a rate counts as shown."""


SECTIONS: Final = ("policy", "features", "models", "peers", "calibration", "combination", "across_dates", "purposes")
"""The sections of the settings that whom comparison flags depends on, beside a concern's own selection."""


def promises(settings: Settings) -> list[str]:
    """Return a sentence for each concern, on whether its flags by comparison keep a rate.

    Example:
        >>> from pipeline.settings import load
        >>> for sentence in promises(load()):
        ...     print(sentence[:78])
        standards: selected by comparison at a false discovery rate of 0.1. It was kep
        welfare: the 10 in 1,000 who stand highest are flagged; no rate is promised, a
        culture: selected by comparison at a false discovery rate of 0.1. It was kept:
    """
    return [" ".join(_sentences(concern, settings)) for concern in CONCERNS]


def _sentences(concern: str, settings: Settings) -> Iterator[str]:
    how = next(how for name, how in settings.selection.items() if name == concern)
    if isinstance(how, ByRate):
        yield f"{concern}: selected by comparison at a false discovery rate of {how.q:g}."
        if measured_under(settings.content(), concern):
            yield kept_sentence(measured_rates(), concern, how.q)
        else:
            yield "Drawn forces were measured under the default settings, which these are not: it is not promised."
        ranking = [d.name for d in settings.detectors if d.ranks_only and concern in d.concerns]
        if ranking:
            yield f"Scores of {', '.join(ranking)} only rank: by them it would not be kept, and nobody is flagged."
        return
    yield (
        f"{concern}: the {how.per_thousand:g} in 1,000 who stand highest are flagged; no rate is promised, as one that"
        " holds finds hardly anybody. Most of those flagged may be ordinary."
    )


def measured_under(settings: Mapping[str, Any], concern: str) -> bool:
    """Say whether what drawn forces showed of a concern is of these settings: given as plain data, as a run keeps them.

    Example:
        >>> settings = load().content()
        >>> measured_under(settings, "standards"), measured_under(settings | {"peers": {}}, "standards")
        (True, False)
    """
    own, default = (
        [content.get("selection", {}).get(concern), *(content.get(name) for name in SECTIONS)]
        for content in (settings, load().content())
    )
    return json.dumps(own, sort_keys=True) == json.dumps(default, sort_keys=True)


@cache
def measured_rates() -> Mapping[str, Any]:
    """Return what comparison at the default rates came to on drawn forces: the file that comes with the code."""
    content: Mapping[str, Any] = json.loads(files("pipeline").joinpath(RATES).read_text(encoding="utf-8"))
    return content


def is_kept(measured: Mapping[str, Any], concern: str, q: float) -> bool | None:
    """Say whether drawn forces showed that a rate is kept; None where too few, or none, were measured at that rate."""
    rate = measured["rates"].get(concern)
    shown = measured["split"] == "evaluation" and measured["forces"] >= FEWEST_FORCES
    return bool(rate["kept"]) if shown and rate is not None and rate["q"] == q else None


def kept_sentence(measured: Mapping[str, Any], concern: str, q: float) -> str:
    """Return what drawn forces showed of a concern's rate by comparison.

    Example:
        >>> kept_sentence({"split": "development", "forces": 20, "rates": {}}, "standards", 0.1)
        'Drawn forces have not shown that this rate is kept, so that it is not promised.'
    """
    kept = is_kept(measured, concern, q)
    if kept is None:
        return "Drawn forces have not shown that this rate is kept, so that it is not promised."
    rate = measured["rates"][concern]
    figures = (
        f"on {measured['forces']} drawn forces that nothing was chosen on the mean false discovery proportion was"
        f" {rate['false_discoveries']:.2g} (standard error {rate['standard_error']:.1g}), and"
        f" {rate['null_share']:.1%} of forces with nobody of concern had a flag"
    )
    return f"It was kept: {figures}." if kept else f"It was not kept, so that it is not promised: {figures}."


def borne_out(excess: pa.Table) -> list[str]:
    """Return a sentence for each indicator of `excess.parquet`: what was predicted in the force's own past, what came.

    Example:
        >>> from datetime import date
        >>> check = {"predicted": 82.0, "came": 78.0, "due": 20.0, "people_then": 41}
        >>> row = {"concern": "standards", "subject_kind": "officer", "indicator": "complaints", "standing": "checked"}
        >>> day = {"as_of": date(2026, 9, 1), "earlier_day": date(2024, 9, 3)}
        >>> (sentence,) = borne_out(pa.Table.from_pylist([row | check | day]))
        >>> print(sentence[:105])
        standards, officer, complaints: as of 2024-09-03, 41 were the surest to have an excess; 4.1 times what pe
    """
    return [_past_sentence(row) for row in excess.to_pylist()]


def _past_sentence(row: Mapping[str, Any]) -> str:
    place = f"{row['concern']}, {row['subject_kind']}, {row['indicator'].replace('_', ' ')}"
    if row["standing"] == "no_past":
        return f"{place}: no excess is claimed, as records do not reach back far enough to check one."
    if row["standing"] == "too_few" or not row["due"]:
        return f"{place}: no excess is claimed, as there are too few people or events to learn from."
    predicted, came = (row[name] / row["due"] for name in ("predicted", "came"))
    sentence = (
        f"{place}: as of {row['earlier_day']}, {row['people_then']:,} were the surest to have an excess;"
        f" {predicted:.1f} times what peers left was predicted until {row['as_of']}, and {came:.1f} times came."
    )
    short = row["standing"] == "withheld"
    return f"{sentence} That is less than chance allows, so that nobody is flagged." if short else sentence
