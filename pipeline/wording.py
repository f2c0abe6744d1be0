"""Why a record is worth a human look, in plain words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from features.indicator import Indicator
from models.contradictions.rule import Rule
from models.detector import Detector
from models.scores import Contribution

UNUSUAL: Final = 0.05
"""The chance above which nothing is called unusual: one in twenty ordinary peers looks so."""


def number(value: float) -> str:
    """Return a number as people write it: whole where it is, else with as many decimals as say something.

    Example:
        >>> [number(v) for v in (12.0, 3.14159, 0.0421)]
        ['12', '3.1', '0.042']
    """
    if value == int(value):
        return f"{int(value):,}"
    return f"{value:,.1f}" if abs(value) >= 1 else f"{value:.2g}"


def contribution_sentence(contribution: Contribution, indicator: Indicator) -> str:
    """Return what one indicator shows: observed, exposure, expected, and how many peers it rests on."""
    name = contribution.indicator.replace("_", " ")
    observed = f"{name}: {number(contribution.observed)} in {contribution.window_days} days"
    if contribution.exposure is not None and isinstance(indicator.exposure, str):
        observed += f" ({indicator.exposure.replace('_', ' ')}: {number(contribution.exposure)})"
    if contribution.expected is None or contribution.low is None or contribution.high is None:
        return f"{observed}, above the median of peers."
    return (
        f"{observed}; {contribution.peers} peers would lead one to expect {number(contribution.expected)}"
        f" (19 in 20 such peers: {number(contribution.low)} to {number(contribution.high)})."
    )


def statistical_sentence(
    detectors: Sequence[Detector],
    contributions: Sequence[Contribution],
    indicators: Mapping[str, Indicator],
    *,
    group: str,
    peers: int,
    p_value: float,
    by_capacity: bool = False,
) -> str:
    """Return the explanation of a flag that rests on comparison with peers.

    A selection `by_capacity` takes the highest there are, unusual or not: the words say so.
    """
    names = " and ".join(d.name.replace("_", " ") for d in detectors)
    whom = "everybody" if group == "everybody" else group
    opening = f"Unusual next to {peers} peers ({whom}) by {names}; a chance of {p_value:.2g} for an ordinary peer."
    if by_capacity:
        opening = (
            f"Selected by capacity: among the highest next to {peers} peers ({whom}) by {names}, with a chance of"
            f" {p_value:.2g} for an ordinary peer{'' if p_value <= UNUSUAL else ', which is not unusual'}."
        )
    return " ".join([opening, *(contribution_sentence(c, indicators[c.indicator]) for c in contributions)])


def rule_sentence(rule: Rule, *, hits: int, judged: int, cannot_say: int) -> str:
    """Return the explanation of a flag that rests on sources contradicting each other."""
    text = (
        f"{hits} of {judged} {_spoken(rule.table)} rows that could be judged in {rule.window} days"
        f" {rule_verdict(rule)} (tolerance: {rule.minimum_hits} rows and {rule.minimum_share}%)."
    )
    if cannot_say:
        text += f" About {cannot_say} more nothing can be said: a source was silent."
    return f"{text} It cannot see: {'; '.join(rule.blind_to)}."


def rule_verdict(rule: Rule) -> str:
    """Return in words what is the matter with a contradicted claim."""
    bearing = " or ".join(dict.fromkeys(_spoken(c.table) for c in rule.borne_out_by))
    unborne = f"are not borne out by any {bearing} row" if bearing else ""
    if rule.contradicted_by is None:
        return unborne
    against = f"are contradicted by a row of {_spoken(rule.contradicted_by.table)}"
    return f"{against} and {unborne}" if unborne else against


def _spoken(name: str) -> str:
    return name.replace("_", " ")
