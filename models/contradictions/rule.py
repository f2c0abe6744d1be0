"""What a contradiction rule is: what one source claims, what others must then show, and since when they must."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import Any, Literal

from data.contract import CONTRACT
from data.errors import DeclarationFaulty
from data.schema import Category, Table
from data.vocabulary import Concern
from features.columns import column_faults
from features.expression import Expression, Field, Operation, fields
from features.indicator import STANDARDS
from models.contradictions.policy import Policy, policies

OTHER = "other"
"""The name under which a condition reads the other source's row: `col.other.entered_at`."""

POLICY = "policy"
"""The name under which a condition reads the policy's parameters: `col.policy.since`, `col.policy.minimum_match`."""

CaseRows = dict[str, tuple[Mapping[str, Any], ...]]
"""The tiny tables of a worked case, by name."""


@dataclass(frozen=True, kw_only=True)
class RuleCase:
    """A worked case of a rule: tiny tables in, the keys of the contradicted rows out. The subject is officer 1.

    `against` lists the keys of the rows that contradict them, for a rule that is contradicted by rows. `shows` marks a
    look-alike: an innocent person whose records come close; some rows may be contradicted, and where many have as many
    nobody is flagged.
    """

    says: str
    rows: Mapping[str, tuple[Mapping[str, Any], ...]]
    expected: tuple[int, ...]
    cannot_say: tuple[int, ...] = ()
    against: tuple[int, ...] = ()
    shows: Literal["", "look_alike"] = ""
    as_of: date = date(2026, 6, 1)


@dataclass(frozen=True, kw_only=True)
class Counterpart:
    """The rows of a table that a claim is held against; the table may be the claim's own.

    A row answers a claim when both are equal in all `pairs` (claim, other), it meets `match`, and it belongs to whom
    `whose` says: the claim's own officer, one of the others, or anybody. Columns of a row that it refers to are read as
    `col.<table>.<column>` in `pairs` and `day`, and as `col.other.<table>.<column>` in `match`.

    Rows that do not meet `only`, a condition on the row itself, do not take part at all.

    `alive` says when silence means something: `paired` wants a row that is equal in all pairs and belongs to the right
    person, `day` somebody's row with that `day` on the claim's day, `own_day` one of the claim's officer, `ever` any
    row at all. Without it nothing can be said of a claim that nothing answers.

    `around_days` asks more of a source in which each officer has rows of their own: in so many days before the claim,
    and in as many after it, they have rows there, on at least half as many days as they made claims. Where a badge or
    the roster is silent for weeks on which claims show somebody at work, the source is at fault and nothing can be
    said.

    `once` is for a source of which one row, such as a spell of absence, contradicts claims of several days: it counts
    on the first of them alone, since all have the one cause that the row is wrong.

    Example:
        >>> from features.expression import col, day
        >>> entry = Counterpart(
        ...     table="site_entry",
        ...     pairs=((day(col.starts_at), day(col.entered_at)),),
        ...     alive="day",
        ...     day=day(col.entered_at),
        ... )
        >>> sorted(entry.paths)
        [('entered_at',)]
    """

    table: str
    only: Expression | None = None
    pairs: tuple[tuple[Expression, Expression], ...] = ()
    match: Expression | None = None
    whose: Literal["own", "others", "anybody"] = "own"
    alive: Literal["ever", "paired", "day", "own_day"] = "ever"
    day: Expression | None = None
    around_days: int | None = None
    once: bool = False

    @property
    def target(self) -> Table:
        """The table it reads."""
        return CONTRACT[self.table]

    @property
    def lookups(self) -> tuple[str, ...]:
        """The tables that its rows refer to and that it reads."""
        return tuple(sorted({path[0] for path in self.paths if len(path) == 2}))

    @property
    def paths(self) -> frozenset[tuple[str, ...]]:
        """The columns it reads of its own rows and of those that they refer to."""
        own = [*(other for _, other in self.pairs), *(e for e in (self.only, self.day) if e is not None)]
        paths = {path for expression in own for path in fields(expression) if path[0] != POLICY}
        if self.match is not None:
            paths |= {path[1:] for path in fields(self.match) if path[0] == OTHER}
        return frozenset(paths)


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A claim in one table that others contradict: by having no row that bears it out, or by a row that speaks against.

    A row of `table` that meets `where`, on a `day` inside the window on which the policy was in force, is a claim.

    - A row of any table in `borne_out_by` that answers the claim bears it out, whatever else there is.
    - Otherwise, with `contradicted_by`, a row there that answers it contradicts it; silence there leaves it be.
    - Otherwise, without `contradicted_by`, it is contradicted by the silence of all tables in `borne_out_by`.
    - But where one of these tables was not `alive`, or one in `guarded_by` has no row that answers it, nothing can be
      said of it.

    `among` narrows the claims to those that a row of each of its tables answers: the others could not have been
    contradicted, and would make those that could look rarer than they are.

    Columns of a row that the claim refers to are read as `col.<table>.<column>`. Subjects are the officers in the
    column `subject_key`. How many contradicted claims are worth a look is for no declaration to say: it depends on
    what is ordinary in the force (see `pipeline.rule_selection`). `minimum_days` is a floor below which nobody is
    flagged, however rare it is: contradicted claims on two days, so that no single slip, match or mislaid row is a
    flag. `guard` says in words what keeps poor records from looking like a contradiction. A rule with `opt_in` takes
    part only when the settings name it.

    Raises:
        DeclarationFaulty: anything in the declaration does not fit the contract or its policy; all faults are listed.

    Example:
        >>> from features.expression import col, day
        >>> rule = Rule(
        ...     question="Which uses of force are reported at an incident that only others attended?",
        ...     concern="standards",
        ...     standard="use_of_force",
        ...     policy="force_reporting",
        ...     table="use_of_force",
        ...     where=col.incident_id > 0,
        ...     day=day(col.used_at),
        ...     contradicted_by=Counterpart(
        ...         table="attendance", pairs=((col.incident_id, col.incident_id),), whose="others", alive="paired"
        ...     ),
        ...     guard="an incident at which nobody is recorded is not judged",
        ...     blind_to=("a report put down to the wrong officer",),
        ... )
        >>> rule.tables
        ('use_of_force', 'attendance')
    """

    question: str
    concern: Concern
    standard: str | None
    policy: str
    table: str
    where: Expression
    day: Expression
    among: tuple[Counterpart, ...] = ()
    borne_out_by: tuple[Counterpart, ...] = ()
    guarded_by: tuple[Counterpart, ...] = ()
    contradicted_by: Counterpart | None = None
    subject_key: str = "officer_id"
    window: int = 365
    minimum_days: int = 2
    guard: str
    blind_to: tuple[str, ...]
    references: tuple[str, ...] = ()
    opt_in: bool = False
    cases: tuple[RuleCase, ...] = field(default=(), repr=False)
    name: str = ""
    dated: Policy = field(init=False, repr=False, compare=False)
    """The policy it enforces, as it stood when the rule was built."""

    def __post_init__(self) -> None:
        if self.policy in policies():
            object.__setattr__(self, "dated", policies()[self.policy])
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
    def counterparts(self) -> tuple[Counterpart, ...]:
        """Everything that a claim is held against; what contradicts it comes last."""
        against = (self.contradicted_by,) if self.contradicted_by else ()
        return (*self.borne_out_by, *self.guarded_by, *against)

    @property
    def counts_rows_once(self) -> bool:
        """Whether a row that contradicts claims of several days counts on the first of them alone."""
        return self.contradicted_by is not None and self.contradicted_by.once

    @property
    def others(self) -> tuple[Counterpart, ...]:
        """Everything that it reads besides the claim: what narrows the claims, and what they are held against."""
        return (*self.among, *self.counterparts)

    @property
    def paths(self) -> frozenset[tuple[str, ...]]:
        """The columns read of the claim and of the rows that it refers to."""
        expressions = [self.where, self.day, *(claim for c in self.others for claim, _ in c.pairs)]
        expressions += [c.match for c in self.others if c.match is not None]
        paths = {path for e in expressions for path in fields(e) if path[0] not in (OTHER, POLICY)}
        return frozenset(paths | {(self.subject_key,)})

    @property
    def lookups(self) -> tuple[str, ...]:
        """The tables that the claim refers to and that are read with it."""
        return tuple(sorted({path[0] for path in self.paths if len(path) == 2}))

    @property
    def tables(self) -> tuple[str, ...]:
        """All tables it reads, the claim's first."""
        others = [t for c in self.others for t in (c.table, *c.lookups)]
        return tuple(dict.fromkeys([self.table, *self.lookups, *others]))

    @property
    def reads(self) -> Mapping[str, frozenset[str]]:
        """All columns it reads, by table."""
        columns_of: dict[str, set[str]] = {name: {str(CONTRACT[name].key)} for name in self.tables}
        limited = {(column,) for period in self.dated.period for column in period.applies_to}
        for path in self.paths | limited:
            columns_of[self.table if len(path) == 1 else path[0]].add(path[-1])
        for counterpart in self.others:
            owner = {("officer_id",)} if counterpart.whose != "anybody" else set()
            for path in counterpart.paths | owner:
                columns_of[counterpart.table if len(path) == 1 else path[0]].add(path[-1])
        return MappingProxyType({name: frozenset(columns) for name, columns in columns_of.items()})

    @property
    def categories(self) -> frozenset[Category]:
        """The data categories of everything it reads."""
        return frozenset(CONTRACT[t].category_of(c) for t, columns in self.reads.items() for c in columns)


def flat(expression: Expression) -> Expression:
    """Return an expression in which a column of a row referred to is read as one of the row itself.

    `col.shift.ends_at` becomes `col.shift__ends_at`, and `col.other.shift.ends_at` `col.other.shift__ends_at`.
    """
    if isinstance(expression, Field) and len(expression.path) - (expression.path[0] == OTHER) == 2:
        return Field((*expression.path[:-2], f"{expression.path[-2]}__{expression.path[-1]}"))
    if isinstance(expression, Operation):
        return Operation(expression.name, tuple(flat(part) for part in expression.operands))
    return expression


def _faults(rule: Rule) -> list[str]:
    tables = [rule.table, *(c.table for c in rule.others)]
    unknown = [name for name in tables if name not in CONTRACT.records or CONTRACT[name].audit_only]
    if unknown:
        return [f"{', '.join(unknown)} cannot be read by a rule"]
    faults = column_faults(rule.source, tuple(Field(path) for path in sorted(rule.paths)))
    for counterpart in rule.others:
        faults += [f"{fault} (in {counterpart.table})" for fault in _counterpart_faults(rule, counterpart)]
    faults += _policy_faults(rule)
    if rule.standard is not None and rule.standard not in STANDARDS:
        faults.append(f"{rule.standard} is not one of the Standards of Professional Behaviour")
    if (rule.concern == "standards") != (rule.standard is not None):
        faults.append("a standard is named exactly when the rule serves the standards concern")
    if not rule.borne_out_by and rule.contradicted_by is None:
        faults.append("a claim needs something to be held against: state borne_out_by or contradicted_by")
    if not rule.question.endswith("?"):
        faults.append("the question must end with a question mark")
    if not rule.blind_to:
        faults.append("a rule states what it cannot see")
    if rule.minimum_days < 2:
        faults.append("minimum_days is at least 2: one day's rows may be one slip")
    if not rule.guard:
        faults.append("a rule states what guards it against poor records")
    return faults


def _counterpart_faults(rule: Rule, counterpart: Counterpart) -> Iterator[str]:
    yield from column_faults(counterpart.target, tuple(Field(path) for path in sorted(counterpart.paths)))
    if (counterpart.alive in ("day", "own_day")) != (counterpart.day is not None):
        yield "alive on a day needs `day`, and nothing else does"
    if counterpart.around_days is not None and (counterpart.day is None or counterpart.whose != "own"):
        yield "`around_days` needs rows of the officer's own and their `day`"
    if counterpart.only is not None and any(path[0] == POLICY for path in fields(counterpart.only)):
        yield "`only` cannot read the policy: use `match`"
    if counterpart.once and counterpart is not rule.contradicted_by:
        yield "only what contradicts a claim counts `once`"
    owned = "officer_id" in counterpart.target.column
    if not owned and (counterpart.whose != "anybody" or counterpart.alive == "own_day"):
        yield "its rows belong to no officer: whose must be anybody"


def _policy_faults(rule: Rule) -> Iterator[str]:
    if rule.policy not in policies():
        yield f"there is no policy {rule.policy}"
        return
    expressions = [rule.where, rule.day, *(c.match for c in rule.others if c.match is not None)]
    expressions += [claim for c in rule.others for claim, _ in c.pairs]
    parameters = {path[1] for e in expressions for path in fields(e) if path[0] == POLICY} - {"since"}
    for period in rule.dated.period:
        missing = sorted(parameters - period.parameters.keys())
        if missing:
            yield f"the policy {rule.policy} from {period.since} has no {', '.join(missing)}"
        yield from (f"{rule.table} has no column {c}" for c in period.applies_to if c not in rule.source.column)
