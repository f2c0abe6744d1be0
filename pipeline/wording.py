"""Why a record is worth a human look, in plain words."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from features.indicator import Indicator
from models.contradictions.practice import PracticeScope
from models.contradictions.rule import Rule
from models.detector import Detector
from models.scores import Contribution

UNUSUAL: Final = 0.05
"""The chance above which nothing is called unusual: one in twenty ordinary peers looks so."""


_ROWS_AND_CAUSES: Final[Mapping[str, tuple[str, str, str, str]]] = {
    "complaint": ("allegation", "allegations", "complaint", "complaints"),
    "grievance": ("grievance", "grievances", "dispute", "disputes"),
    "roster_edit": ("edit", "edits", "decision", "decisions"),
    "stop_search": ("search", "searches", "occasion", "occasions"),
    "system_access": ("look-up", "look-ups", "occasion", "occasions"),
    "transfer_request": ("request", "requests", "case", "cases"),
    "use_of_force": ("report", "reports", "incident", "incidents"),
}
"""What a row of a table and what a cause of such rows are called, one and several."""


def number(value: float) -> str:
    """Return a number as people write it: whole where it is, else with as many decimals as say something.

    Example:
        >>> [number(v) for v in (12.0, 3.14159, 0.0421)]
        ['12', '3.1', '0.042']
    """
    if value == int(value):
        return f"{int(value):,}"
    return f"{value:,.1f}" if abs(value) >= 1 else f"{value:.2g}"


def duration(seconds: float) -> str:
    """Return a time as people say it.

    Example:
        >>> [duration(s) for s in (40, 700, 15_000)]
        ['40 s', '12 min', '4 h 10 min']
    """
    if seconds < 90:
        return f"{seconds:.0f} s"
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"


def contribution_sentence(contribution: Contribution, indicator: Indicator) -> str:
    """Return what one indicator shows: observed, exposure, expected, and how many peers it rests on."""
    name = contribution.indicator.replace("_", " ")
    days = days_in_words(contribution.window_days, contribution.covered_days)
    observed = f"{name}: {number(contribution.observed)} in {days}"
    aside = [] if contribution.n_rows is None else [_rows_in_causes(contribution, indicator)]
    if contribution.exposure is not None and isinstance(indicator.exposure, str):
        aside.append(f"{indicator.exposure.replace('_', ' ')}: {number(contribution.exposure)}")
    if aside:
        observed += f" ({'; '.join(aside)})"
    if contribution.expected is None or contribution.low is None or contribution.high is None:
        return f"{observed}, above the median of peers."
    expected = f"{observed}; {contribution.peers} peers would lead one to expect {number(contribution.expected)}"
    span = f"{number(contribution.low)} to {number(contribution.high)}"
    if is_ordinary(contribution):
        return f"{expected}. Alone it is ordinary: 19 in 20 such peers have {span}."
    return f"{expected} (19 in 20 such peers: {span})."


def days_in_words(window: int, covered: int | None) -> str:
    """Return in words over how many days of a window something is counted, as far as records cover it.

    Example:
        >>> days_in_words(365, None), days_in_words(1825, 549)
        ('365 days', 'the 549 of 1825 days that records cover')
    """
    return f"{window} days" if covered is None else f"the {covered} of {window} days that records cover"


def is_ordinary(contribution: Contribution) -> bool:
    """Return whether a value lies among those of 19 in 20 peers."""
    low, high = contribution.low, contribution.high
    return low is not None and high is not None and low <= contribution.observed <= high


def _rows_in_causes(contribution: Contribution, indicator: Indicator) -> str:
    """Return how many rows there are in how many causes: one cause can have many rows."""
    row, rows, cause, causes = _ROWS_AND_CAUSES.get(indicator.table, ("row", "rows", "cause", "causes"))
    n_rows, n_causes = int(contribution.n_rows or 0), int(contribution.observed)
    return f"{n_rows:,} {row if n_rows == 1 else rows} in {n_causes:,} {cause if n_causes == 1 else causes}"


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
    together = ", all it sees taken together" if contributions and all(map(is_ordinary, contributions)) else ""
    opening = (
        f"Unusual next to {peers} peers ({whom}) by {names}{together}; a chance of {p_value:.2g} for an ordinary peer."
    )
    if by_capacity:
        # Whoever stands highest is taken: nothing checks how often ordinary people stand as high.
        chance = (
            f"ranked by a p-value of {p_value:.2g}, of which nothing is promised: ordinary peers may reach it oftener"
            if p_value <= UNUSUAL
            else f"with a chance of {p_value:.2g} for an ordinary peer, which is not unusual"
        )
        opening = f"Selected by capacity: among the highest next to {peers} peers ({whom}) by {names}, {chance}."
    return " ".join([opening, *(contribution_sentence(c, indicators[c.indicator]) for c in contributions)])


def excess_sentence(contribution: Contribution, *, times: float, factor: float, everybody: tuple[float, float]) -> str:
    """Return the explanation of a flag that claims a rate well above that of peers.

    `everybody` bounds the rate next to everybody, wherever posted.
    """
    c = contribution
    low, high, chance = c.rate_low or 0.0, c.rate_high or 0.0, c.chance or 0.0
    years = number(round(c.window_days / 365.25, 1))
    return (
        f"{c.indicator.replace('_', ' ')}: {number(c.observed)} in {years} years where peers with the same exposure"
        f" have {number(round(c.expected or 0.0, 2))}; an event a year old counts {factor:.0%}. The true rate is likely"
        f" {low:.1f} to {high:.1f} times theirs; the chance that it is under {number(times)} times theirs is"
        f" {_percent(chance)}. Next to everybody, wherever posted, it is {everybody[0]:.1f} to {everybody[1]:.1f}"
        " times."
    )


def _percent(chance: float) -> str:
    return f"{chance:.0%}" if chance >= 0.01 else "under 1%"


_COUNTED_ONCE: Final = " (of the days on which one and the same row speaks against several, the first counts)"


def rule_sentence(rule: Rule, counted: Mapping[str, Any], *, ordinary: tuple[float, float], chance: float) -> str:
    """Return the explanation of a flag that rests on sources contradicting each other.

    `counted` is what the rule counted for the officer, `ordinary` the range of days of 19 in 20 ordinary officers with
    as many judged days, and `chance` that of one of them having as many.
    """
    low, high = ordinary
    text = (
        f"On {counted['hit_days']} of {counted['judged_days']} days with {_spoken(rule.table)} rows that could be"
        f" judged in {rule.window} days, {counted['hits']} of {counted['judged']} rows {rule_verdict(rule)}"
        f"{_COUNTED_ONCE if rule.counts_rows_once else ''}."
        f" Somebody ordinary here has {number(low) if low == high else f'{number(low)} to {number(high)}'} such days;"
        f" at most one in {in_words(chance)} would have as many."
    )
    if counted["cannot_say"]:
        text += f" About {counted['cannot_say']} more nothing can be said: a source was silent."
    if counted["set_aside"]:
        text += f" {counted['set_aside']} more belong to a practice of many and single nobody out."
    return f"{text} It cannot see: {'; '.join(rule.blind_to)}."


_SCOPES: Final = {
    "force": "in this force",
    "area": "in area {id}",
    "team": "in team {id}",
    "month": "in this force",
}
_ABOUT: Final = {
    "force": "how things are done or recorded here",
    "area": "a place, its doors or how things are recorded there",
    "team": "how a team does or records things",
    "month": "those weeks, such as a source that failed or a rule that was new",
}


def practice_sentence(rule: Rule, found: PracticeScope, *, since: date, until: date) -> str:
    """Return a practice finding in words."""
    where = _SCOPES[found.scope].format(id=found.scope_id)
    return (
        f"Of days with {_spoken(rule.table)} rows that could be judged {where} from {since} to {until}"
        f" {found.contradicted / found.claims:.0%} have rows that {rule_verdict(rule)}, for"
        f" {found.people_contradicted / found.people:.0%} of {found.people:,} people: a fact about"
        f" {_ABOUT[found.scope]}, not about a person."
    )


def in_words(chance: float) -> str:
    """Return one over a chance, rounded down to two digits, so that what is said is never stronger than the chance.

    Example:
        >>> in_words(0.00048), in_words(1e-20)
        ('2,000', 'a million million')
    """
    if chance < 1e-12:
        return "a million million"
    one_in = 1.0 / chance
    step = 10.0 ** max(math.floor(math.log10(one_in)) - 1, 0)
    return f"{int(one_in // step * step):,}"


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
