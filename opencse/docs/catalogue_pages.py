"""The catalogue: every indicator, rule, detector and baseline as it is declared, as a list and as pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from features.compile.plain_query import plain_query
from features.formula import written
from features.indicator import Case, Indicator, NoExposure
from features.indicators import indicators
from models.baselines import baselines
from models.contradictions.claim_query import judgement_query
from models.contradictions.policy import Policy
from models.contradictions.rule import Counterpart, Rule, RuleCase
from models.detector import Detector
from models.detectors import detectors
from models.rules import rules
from opencse.docs.markdown import code, render, spaced

FOLDER: Final = "docs/catalogue"

EXAMPLE_DAY: Final = date(2026, 1, 1)
"""The as-of date that the SQL on catalogue pages is written for."""

_WHOSE: Final = {"own": "the same officer's", "others": "others'", "anybody": "anybody's"}
_ALIVE: Final = {
    "ever": "",
    "paired": ", judged where such a row is there at all",
    "day": ", judged where it took in a row that day",
    "own_day": ", judged where it took in a row of the officer's that day",
}


@dataclass(frozen=True)
class Entry:
    """One declaration: its kind, name, question, the concerns it serves and the tables it reads."""

    kind: str
    name: str
    question: str
    concerns: tuple[str, ...]
    tables: tuple[str, ...]


def entries() -> list[Entry]:
    """Return everything declared: indicators, rules, detectors and baselines, each kind by name.

    Example:
        >>> [entry.question for entry in entries() if entry.name == "complaints"]
        ['How many separate causes of complaint from the public were received about the officer?']
    """
    listed = [Entry("indicator", i.name, i.question, i.concerns, i.tables) for i in indicators().values()]
    listed += [Entry("rule", r.name, r.question, (r.concern,), r.tables) for r in rules().values()]
    listed += [Entry("detector", d.name, d.question, d.concerns, ()) for d in detectors().values()]
    listed += [Entry("baseline", b.name, b.question, b.concerns, ()) for b in baselines().values()]
    return listed


def page(name: str) -> str:
    """Return one declaration as a page in Markdown.

    Raises:
        KeyError: nothing of that name is declared.

    Example:
        >>> print("\\n".join(page("complaints").splitlines()[:3]))
        # complaints
        <BLANKLINE>
        How many separate causes of complaint from the public were received about the officer?
    """
    if name in indicators():
        return _indicator_page(indicators()[name])
    return _rule_page(rules()[name]) if name in rules() else _detector_page({**detectors(), **baselines()}[name])


def index() -> str:
    """Return the list of all declarations as a page in Markdown with links."""
    rows = [(e.kind, f"[{e.name}]({e.name}.md)", ", ".join(e.concerns) or "–", e.question) for e in entries()]
    return render("catalogue_index.md.jinja", rows=rows)


def pages() -> dict[str, str]:
    """Return all pages of the catalogue by their path in the project."""
    return {f"{FOLDER}/index.md": index()} | {f"{FOLDER}/{e.name}.md": page(e.name) for e in entries()}


def _stated(facts: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(label, fact) for label, fact in facts if fact]


def _indicator_page(indicator: Indicator) -> str:
    exposure = indicator.exposure
    reason = f"none: {exposure.reason}" if isinstance(exposure, NoExposure) else f"[{exposure}]({exposure}.md)"
    facts = [
        ("subject", indicator.subject),
        ("tables", ", ".join(code(table) for table in indicator.tables)),
        ("aggregate", indicator.aggregate),
        ("rows of one cause", _shared(indicator)),
        ("windows", ", ".join(f"{window} days" for window in indicator.windows)),
        ("exposure", reason),
        ("the value is", "a share of its exposure" if indicator.proportion else ""),
        ("fewest exposure", str(indicator.minimum_exposure) if isinstance(exposure, str) else ""),
        ("no row means", indicator.missing),
        ("read by", f"[{indicator.read_by}]({indicator.read_by}.md) alone" if indicator.read_by else ""),
        ("data category", ", ".join(sorted(indicator.categories))),
        ("serves", ", ".join(indicator.concerns) or "nothing by itself"),
        ("standard", spaced(indicator.standard)),
        ("see", "; ".join(indicator.references)),
    ]
    is_formula = indicator.aggregate == "formula" and indicator.value is not None
    return render(
        "catalogue_indicator.md.jinja",
        indicator=indicator,
        facts=_stated(facts),
        cases_and_outcomes=[(case, _answer(case)) for case in indicator.cases],
        numbered=_numbered,
        formula=written(indicator.value) if is_formula and indicator.value is not None else None,
        query=None if is_formula else plain_query(indicator, EXAMPLE_DAY),
    )


def _shared(indicator: Indicator) -> str:
    """Return what rows that count once agree in; empty where rows are counted."""
    ways = [way if isinstance(way, tuple) else (way,) for way in indicator.independent]
    agreeing = "; or ".join(" and ".join(code(repr(part).replace("col.", "")) for part in way) for way in ways)
    return f"count once; they agree in {agreeing}" if agreeing else ""


def _answer(case: Case) -> str:
    return f"Over {case.window} days before {case.as_of}: **{case.expected}**"


def _rule_page(rule: Rule) -> str:
    facts = [
        ("serves", rule.concern),
        ("standard", spaced(rule.standard)),
        ("takes part", "only when the settings name it" if rule.opt_in else ""),
        ("claim", code(rule.table)),
        ("of these only those with", "; ".join(_counterpart(counterpart) for counterpart in rule.among)),
        ("borne out by", "; ".join(_counterpart(counterpart) for counterpart in rule.borne_out_by)),
        ("contradicted by", _against(rule)),
        ("window", f"{rule.window} days"),
        ("floor", f"contradicted rows on {rule.minimum_days} days, and more than is ordinary in the force"),
        ("guard against poor records", rule.guard),
        ("data category", ", ".join(sorted(rule.categories))),
        ("see", "; ".join(rule.references)),
    ]
    return render(
        "catalogue_rule.md.jinja",
        rule=rule,
        facts=_stated(facts),
        periods=_periods(rule.dated),
        cases_and_outcomes=[(case, _outcome(rule, case)) for case in rule.cases],
        numbered=_numbered,
        query=judgement_query(rule, EXAMPLE_DAY),
    )


def _against(rule: Rule) -> str:
    if rule.contradicted_by is None:
        return "silence of these"
    once = "; of the days that one row contradicts the first counts" if rule.counts_rows_once else ""
    return _counterpart(rule.contradicted_by) + once


def _outcome(rule: Rule, case: RuleCase) -> str:
    outcome = f"As of {case.as_of}, contradicted: **{list(case.expected)}**, cannot say: **{list(case.cannot_say)}**"
    if case.against:
        outcome += f", by {code(rule.contradicted_by.table if rule.contradicted_by else '')} **{list(case.against)}**"
    return outcome + ("; ordinary where others have as many" if case.shows == "look_alike" else "")


def _counterpart(counterpart: Counterpart) -> str:
    return f"{_WHOSE[counterpart.whose]} {code(counterpart.table)}{_ALIVE[counterpart.alive]}"


def _periods(policy: Policy) -> list[tuple[object, ...]]:
    return [
        (
            period.since,
            period.until or "in force",
            "; ".join(f"{column}: {', '.join(values)}" for column, values in period.applies_to.items()) or "everything",
            ", ".join(f"{name} = {value}" for name, value in period.parameters.items()),
            period.source,
        )
        for period in policy.period
    ]


def _detector_page(detector: Detector) -> str:
    facts = [
        ("family", detector.family),
        ("subjects", ", ".join(detector.kinds)),
        ("serves", ", ".join(detector.concerns)),
        ("its p-values assume that" if detector.family != "baseline" else "p-values", detector.assumption),
        ("scores depend on who else is scored", "yes" if detector.transductive else "no"),
        ("having more of everything is never less unusual", "yes" if detector.monotone else "not claimed"),
        ("contributions add up to the score", "yes" if detector.additive else "no"),
        ("takes part", "where the strongest are taken; by rate it keeps none" if detector.ranks_only else ""),
        ("see", "; ".join(detector.references)),
    ]
    return render("catalogue_detector.md.jinja", detector=detector, facts=_stated(facts))


def _numbered(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> list[list[object]]:
    """Return the rows of a worked case as lines of a table, each after its number."""
    return [[number, *(row.get(column, "") for column in columns)] for number, row in enumerate(rows, start=1)]
