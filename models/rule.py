"""What a contradiction rule is: what one source claims, what another must then show, and since when it must."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

from data.contract import CONTRACT
from data.schema import Category, Table
from features.base import STANDARDS, Concern, DeclarationFaulty, categories, column_faults
from features.expression import Expression, fields, substitute
from models.policy import Policy, policies

OTHER = "other"
"""The name under which a condition reads the other source's row: `col.other.entered_at`."""

POLICY = "policy"
"""The name under which a condition reads the policy's parameters: `col.policy.since`, `col.policy.minimum_match`."""


@dataclass(frozen=True, kw_only=True)
class RuleCase:
    """A worked case of a rule: tiny tables in, the keys of the contradicted rows out. The officer is officer 1."""

    says: str
    rows: Mapping[str, tuple[Mapping[str, Any], ...]]
    expected: tuple[int, ...]
    cannot_say: tuple[int, ...] = ()
    as_of: date = date(2026, 6, 1)


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A claim in one table that another table contradicts by having no matching row.

    A row of `table` that meets `where`, on a `day` inside the window on which the policy was in force, is a claim. It
    is contradicted when `other` holds no row of the same officer that agrees in all `pairs` (claim, other) and meets
    `match`. `guard` says when silence of the other source means something: `day` wants somebody's row in it on that
    very day, `ever` any row at all; otherwise the claim counts as "cannot say". Officers reach the rule's attention
    from `minimum_hits` contradicted claims that make up at least `minimum_share` percent of those that could be judged.

    Raises:
        DeclarationFaulty: anything in the declaration does not fit the contract or its policy; all faults are listed.
    """

    question: str
    concern: Concern
    standard: str | None
    policy: str
    table: str
    where: Expression
    day: Expression
    other: str
    pairs: tuple[tuple[Expression, Expression], ...] = ()
    match: Expression | None = None
    guard: Literal["day", "ever"] = "ever"
    guard_day: Expression | None = None
    window: int = 365
    minimum_hits: int = 1
    minimum_share: int = 0
    blind_to: tuple[str, ...]
    references: tuple[str, ...] = ()
    cases: tuple[RuleCase, ...] = field(default=(), repr=False)
    name: str = ""

    def __post_init__(self) -> None:
        faults = _faults(self)
        if faults:
            raise DeclarationFaulty(
                f"The rule {self.name or self.question!r} cannot be built.", found="; ".join(faults)
            )

    @property
    def source(self) -> Table:
        """The table that makes the claim."""
        return CONTRACT[self.table]

    @property
    def other_source(self) -> Table:
        """The table that must bear it out."""
        return CONTRACT[self.other]

    @property
    def tables(self) -> tuple[str, ...]:
        """Both tables."""
        return (self.table, self.other)

    @property
    def dated(self) -> Policy:
        """The policy it enforces."""
        return policies()[self.policy]

    @property
    def categories(self) -> frozenset[Category]:
        """The data categories of everything it reads."""
        claims = tuple(substitute_other(e, keep=False) for e in self.claim_expressions)
        return categories(self.source, claims) | {self.source.category, self.other_source.category}

    @property
    def claim_expressions(self) -> tuple[Expression, ...]:
        """The conditions on the claim alone, free of policy parameters."""
        return tuple(without_policy(e) for e in (self.where, self.day, *(claim for claim, _ in self.pairs)))


def without_policy(expression: Expression) -> Expression:
    """Return an expression with every policy parameter replaced by a stand-in constant, to look at its columns."""
    stand_ins: dict[tuple[str, ...], Any] = {p: 0 for p in fields(expression) if p[0] == POLICY}
    return substitute(expression, stand_ins)


def substitute_other(expression: Expression, *, keep: bool) -> Expression:
    """Return an expression with every column of the other source replaced by a constant, unless kept."""
    return expression if keep else substitute(expression, {p: 0 for p in fields(expression) if p[0] == OTHER})


def _faults(rule: Rule) -> list[str]:
    unknown = [name for name in rule.tables if name not in CONTRACT.records or CONTRACT[name].audit_only]
    if unknown:
        return [f"{', '.join(unknown)} cannot be read by a rule"]
    faults = column_faults(rule.source, rule.claim_expressions)
    faults += [f"{f} (other side)" for f in column_faults(rule.other_source, tuple(other for _, other in rule.pairs))]
    if rule.policy not in policies():
        faults.append(f"there is no policy {rule.policy}")
    if rule.standard is not None and rule.standard not in STANDARDS:
        faults.append(f"{rule.standard} is not one of the Standards of Professional Behaviour")
    if (rule.guard == "day") != (rule.guard_day is not None):
        faults.append("guard 'day' needs guard_day, and nothing else does")
    if not rule.question.endswith("?"):
        faults.append("the question must end with a question mark")
    if not rule.blind_to:
        faults.append("a rule states what it cannot see")
    return faults
