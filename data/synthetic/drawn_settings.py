"""The settings of a force: what the priors give, put where a world file would put it.

A drawn force takes what its seed draws. A designed one takes what `ordinary_draws` says, and what its file says.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from data.contract import CONTRACT
from data.synthetic.figures import figures
from data.synthetic.priors import draw, draws

_PRACTICE = 0.15
"""Level below which a force has a change of practice: about one in seven."""

_WHOLE = 46_000
"""People of the force that the shares of roles were shaped after."""

_TEAM_SIZES = (6.0, 16.0)
_SPECIALISTS = ("firearms", "intelligence", "public_order", "roads")


def ordinary_draws() -> dict[str, float]:
    """Return what every designed force stands on: the median of each prior, and reporting that is alike for everybody.

    Uneven reporting is what `biased` is there to show, against a force without it. Published figures are the medians of
    their priors.

    Example:
        >>> ordinary_draws()["figures/force"], ordinary_draws()["reporting/black"]
        (1.0, 1.0)
    """
    return {name: 1.0 if name.startswith("reporting/") else value for name, value in draws(None).items()}


def ordinary_settings(*, people: int, starts_on: date, months: int) -> dict[str, Any]:
    """Return the settings of the ordinary force, which every designed world stands on."""
    return _settings(ordinary_draws(), None, people=people, starts_on=starts_on, months=months)


def drawn_settings(seed: int | None, *, people: int, starts_on: date, months: int) -> dict[str, Any]:
    """Return the settings that a seed draws for a force of some size and length; without a seed, the median ones.

    `draws` holds every draw by name; figures, structure, reporting, recording and patterns follow from them.
    """
    return _settings(draws(seed), seed, people=people, starts_on=starts_on, months=months)


def _settings(
    values: dict[str, float], seed: int | None, *, people: int, starts_on: date, months: int
) -> dict[str, Any]:
    scaled = _group(values, "figures")
    return {
        "draws": values,
        "figures": {name: _rounded(factor * figures()[name].value) for name, factor in scaled.items() if factor != 1},
        "structure": _structure(values, seed, people=people),
        "reporting": _group(values, "reporting"),
        "recording": _recording(values, starts_on=starts_on, months=months),
        "archetypes": {
            "intensity": values["archetypes/intensity"],
            "shares": _each("archetypes", "each/archetype_share", seed),
            "intensities": _each("archetypes", "each/archetype_intensity", seed),
        },
        "typologies": {"shares": _each("typologies", "each/typology_share", seed)},
    }


def merged(draws: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """Return drawn settings with a world file's own put over them, table by table."""
    both = dict(draws)
    for name, value in own.items():
        nested = isinstance(value, Mapping) and isinstance(both.get(name), Mapping)
        both[name] = merged(both[name], value) if nested else value
    return both


def _group(values: Mapping[str, float], group: str) -> dict[str, float]:
    return {name.partition("/")[2]: value for name, value in values.items() if name.startswith(f"{group}/")}


def _rounded(value: float) -> float:
    return float(f"{value:.6g}")


def _roles() -> tuple[str, ...]:
    return CONTRACT["posting"].column["role"].values


def _structure(values: Mapping[str, float], seed: int | None, *, people: int) -> dict[str, Any]:
    """Return the shape of a force: teams are larger, and roles have more of them, by powers of its size."""

    def by_size(effect: str) -> float:
        return float((people / _WHOLE) ** values[f"force_size/{effect}"])

    multiples = dict.fromkeys(_SPECIALISTS, by_size("specialists")) | {"headquarters": by_size("headquarters")}
    least, most = _TEAM_SIZES
    return {
        "borough_spread": values["structure/borough_spread"],
        "team_size": min(max(_rounded(values["structure/team_size"] * by_size("team_size")), least), most),
        "roles": {role: _rounded(draw("each/role_share", seed, role) * multiples.get(role, 1.0)) for role in _roles()},
    }


def _each(folder: str, prior: str, seed: int | None) -> dict[str, float]:
    """Return what a prior gives for each pattern of a folder, by name: a multiple of what is usual."""
    names = sorted(path.stem for path in Path(__file__).with_name(folder).glob("*.py") if path.stem[0] != "_")
    return {name: draw(prior, seed, name) for name in names}


def _recording(values: Mapping[str, float], *, starts_on: date, months: int) -> dict[str, Any]:
    recording: dict[str, Any] = {
        name: values[f"recording/{name}"] for name in ("duplicates", "mislinks", "audit_gaps", "clock_errors")
    }
    month = starts_on.month - 1 + round(values["recording/practice_day"] * months)
    day = date(starts_on.year + month // 12, month % 12 + 1, 1)
    for practice in ("force_practice", "complaint_practice"):
        if values[f"recording/{practice}"] < _PRACTICE:
            recording[practice] = {"on": day, "increase": values["recording/practice_increase"]}
    return recording
