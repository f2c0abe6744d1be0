"""The catalogue: every indicator, rule, detector and baseline as it is declared, as a list and as pages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
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

EXAMPLE_DAY: Final = date(2026, 1, 1)
"""The as-of date that the SQL on catalogue pages is written for."""


@dataclass(frozen=True)
class Entry:
    """One declaration: its kind, name, question, the concerns it serves and the tables it reads."""

    kind: str
    name: str
    question: str
    concerns: tuple[str, ...]
    tables: tuple[str, ...]


def entries() -> list[Entry]:
    """Return everything declared: indicators, rules, detectors and baselines, each kind by name."""
    found = [Entry("indicator", i.name, i.question, i.concerns, i.tables) for i in indicators().values()]
    found += [Entry("rule", r.name, r.question, (r.concern,), r.tables) for r in rules().values()]
    found += [Entry("detector", d.name, d.question, d.concerns, ()) for d in detectors().values()]
    found += [Entry("baseline", b.name, b.question, b.concerns, ()) for b in baselines().values()]
    return found


def page(name: str) -> str:
    """Return one declaration as a Markdown page."""
    if name in indicators():
        return _indicator_page(indicators()[name])
    return _rule_page(rules()[name]) if name in rules() else _detector_page({**detectors(), **baselines()}[name])


def index() -> str:
    """Return the list of all declarations as a Markdown page with links."""
    lines = [
        "# Catalogue",
        "",
        "Everything that is looked at, and by what. Written by `make docs`; a test holds it.",
        "",
    ]
    lines += ["| kind | name | serves | question |", "|---|---|---|---|"]
    lines += [
        f"| {e.kind} | [{e.name}]({e.name}.md) | {', '.join(e.concerns) or '–'} | {e.question} |" for e in entries()
    ]
    return "\n".join(lines) + "\n"


def pages() -> dict[str, str]:
    """Return all pages of the catalogue by file name."""
    return {"index.md": index()} | {f"{e.name}.md": page(e.name) + "\n" for e in entries()}


def write(folder: Path) -> None:
    """Write all pages into a folder and remove those of declarations that are gone."""
    folder.mkdir(parents=True, exist_ok=True)
    wanted = pages()
    for path in folder.glob("*.md"):
        if path.name not in wanted:
            path.unlink()
    for name, text in wanted.items():
        (folder / name).write_text(text, encoding="utf-8")


def _facts(rows: list[tuple[str, str]]) -> list[str]:
    return ["| | |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows if value)]


def _indicator_page(indicator: Indicator) -> str:
    exposure = indicator.exposure
    reason = f"none: {exposure.reason}" if isinstance(exposure, NoExposure) else f"[{exposure}]({exposure}.md)"
    facts = [
        ("subject", indicator.subject),
        ("tables", ", ".join(f"`{t}`" for t in indicator.tables)),
        ("aggregate", indicator.aggregate),
        ("windows", ", ".join(f"{w} days" for w in indicator.windows)),
        ("exposure", reason),
        ("the value is", "a share of its exposure" if indicator.proportion else ""),
        ("fewest exposure", str(indicator.minimum_exposure) if isinstance(exposure, str) else ""),
        ("no row means", indicator.missing),
        ("read by", f"[{indicator.read_by}]({indicator.read_by}.md) alone" if indicator.read_by else ""),
        ("data category", ", ".join(sorted(indicator.categories))),
        ("serves", ", ".join(indicator.concerns) or "nothing by itself"),
        ("standard", (indicator.standard or "").replace("_", " ")),
        ("see", "; ".join(indicator.references)),
    ]
    lines = [f"# {indicator.name}", "", indicator.question, "", *_facts(facts), "", "## Worked cases", ""]
    for case in indicator.cases:
        lines += _case(case.says, case, f"Over {case.window} days before {case.as_of}: **{case.expected}**")
    if indicator.aggregate == "formula":
        return "\n".join([*lines, *_formula(indicator)])
    return "\n".join([*lines, "## SQL", "", "```sql", plain_query(indicator, EXAMPLE_DAY), "```"])


def _formula(indicator: Indicator) -> list[str]:
    assert indicator.value is not None
    parts = ", ".join(f"[{part.name}]({part.name}.md)" for part in indicator.parts)
    return ["## Formula", "", f"`{written(indicator.value)}`", "", f"The SQL of what it reads: {parts}."]


def _rule_page(rule: Rule) -> str:
    facts = [
        ("serves", rule.concern),
        ("standard", (rule.standard or "").replace("_", " ")),
        ("takes part", "only when the settings name it" if rule.opt_in else ""),
        ("claim", f"`{rule.table}`"),
        ("borne out by", "; ".join(_counterpart(c) for c in rule.borne_out_by)),
        ("contradicted by", _counterpart(rule.contradicted_by) if rule.contradicted_by else "silence of these"),
        ("window", f"{rule.window} days"),
        ("tolerance", f"{rule.minimum_hits} contradicted rows and {rule.minimum_share}% of those judged"),
        ("guard against poor records", rule.guard),
        ("data category", ", ".join(sorted(rule.categories))),
        ("see", "; ".join(rule.references)),
    ]
    lines = [f"# {rule.name}", "", rule.question, "", *_facts(facts), "", "## What it cannot see", ""]
    lines += [f"- {blind}" for blind in rule.blind_to]
    lines += ["", *_policy(rule.dated), "", "## Worked cases", ""]
    for case in rule.cases:
        outcome = f"contradicted: **{list(case.expected)}**, cannot say: **{list(case.cannot_say)}**"
        if case.against:
            outcome += f", by `{rule.contradicted_by.table if rule.contradicted_by else ''}` **{list(case.against)}**"
        if case.shows == "look_alike":
            outcome += "; within tolerance, no flag"
        lines += _case(case.says, case, f"As of {case.as_of}, {outcome}")
    return "\n".join([*lines, "## SQL", "", "```sql", judgement_query(rule, EXAMPLE_DAY), "```"])


def _counterpart(counterpart: Counterpart) -> str:
    whose = {"own": "the same officer's", "others": "others'", "anybody": "anybody's"}[counterpart.whose]
    alive = {
        "ever": "",
        "paired": ", judged where such a row is there at all",
        "day": ", judged where it took in a row that day",
        "own_day": ", judged where it took in a row of the officer's that day",
    }[counterpart.alive]
    return f"{whose} `{counterpart.table}`{alive}"


def _policy(policy: Policy) -> list[str]:
    lines = [f"## Policy {policy.name}, version {policy.version}", "", policy.summary, ""]
    lines += ["| from | to | applies to | parameters | source |", "|---|---|---|---|---|"]
    for period in policy.period:
        whom = "; ".join(f"{c}: {', '.join(v)}" for c, v in period.applies_to.items()) or "everything"
        parameters = ", ".join(f"{n} = {v}" for n, v in period.parameters.items())
        lines.append(f"| {period.since} | {period.until or 'in force'} | {whom} | {parameters} | {period.source} |")
    return lines


def _detector_page(detector: Detector) -> str:
    facts = [
        ("family", detector.family),
        ("subjects", ", ".join(detector.kinds)),
        ("serves", ", ".join(detector.concerns)),
        ("its p-values assume that" if detector.family != "baseline" else "p-values", detector.assumption),
        ("scores depend on who else is scored", "yes" if detector.transductive else "no"),
        ("having more of everything is never less unusual", "yes" if detector.monotone else "not claimed"),
        ("contributions add up to the score", "yes" if detector.additive else "no"),
        ("see", "; ".join(detector.references)),
    ]
    return "\n".join([f"# {detector.name}", "", detector.question, "", *_facts(facts)])


def _case(says: str, case: Case | RuleCase, outcome: str) -> list[str]:
    lines = [f"**{says}**", ""]
    for table, rows in case.rows.items():
        lines += _case_table(table, rows)
    return [*lines, outcome, ""]


def _case_table(table: str, rows: tuple[Any, ...]) -> list[str]:
    columns = list(dict.fromkeys(column for row in rows for column in row))
    if not columns:
        return [f"`{table}`: {'no rows' if not rows else f'{len(rows)} rows'}", ""]
    lines = [f"| `{table}` | {' | '.join(columns)} |", f"|---{'|---' * len(columns)}|"]
    for number, row in enumerate(rows, start=1):
        lines.append(f"| {number} | {' | '.join(str(row.get(c, '')) for c in columns)} |")
    return [*lines, ""]
