"""Rules as SQL: the claims, which of them other sources bear out or speak against, and which rows say so."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from data.contract import CONTRACT
from data.errors import DeclarationFaulty
from data.schema import Table
from data.store import literal, quoted
from features.columns import referring_column
from features.compile.dialect import expression_sql
from features.compile.plain_query import from_clause, loaded
from features.expression import Expression, substitute
from models.contradictions.policy import Period
from models.contradictions.rule import OTHER, POLICY, Counterpart, Rule, flat

CLAIM = "r"

CONTRADICTED, BORNE_OUT, CANNOT_SAY = "contradicted", "borne_out", "cannot_say"
"""The judgements of a claim. Nothing speaks against a claim that is borne out; somebody may yet have to ask."""


def judgement_query(rule: Rule, as_of: date, *, subjects: Sequence[int] | None = None, span: int | None = None) -> str:
    """Return the query that judges every claim, or those of some subjects.

    With `span`, keys come in ranges of so many numbers, and a claim is held against rows of its own range alone.

    The result has subject_id, claim_id, day and judgement, and for the counterpart at each position n of the rule's
    `counterparts` matched_n (the row that answers the claim, if any) and witness_n (one that shows that the source was
    alive, if any); where several rows would do, the one with the smallest key.
    """
    # Claims are read once and used by every counterpart: materialised, or each of them would scan the table again.
    steps = _claim_steps(rule, as_of, subjects, span)
    columns, joins = [f"c.among_{n}" for n in range(len(rule.among))], []
    around: list[tuple[int, Counterpart]] = []
    for number, counterpart in enumerate(rule.counterparts):
        # Most claims are borne out by the first sources. The costly rest, guards and what contradicts, is asked only of
        # those that are left; a claim that is borne out keeps that judgement whatever else there is.
        if number == len(rule.borne_out_by):
            steps.append(f"unborne AS MATERIALIZED (\n{_unborne(rule)}\n)")
        # What rows refer to is looked up first: joined by day before, every claim would meet all incidents of its day.
        first = " MATERIALIZED" if counterpart.lookups else ""
        steps.append(f"others_{number} AS{first} (\n{_others(counterpart, as_of)}\n)")
        asked = str(number), _asked(rule, number)
        if counterpart.alive == "paired":
            # What answers a claim and what shows that a source was alive are found in one pass over the pairs.
            steps.append(f"paired_{number} AS MATERIALIZED (\n{_all_pairs(rule, counterpart, asked, span)}\n)")
            steps += _of_pairs(number)
            joined = f"LEFT JOIN witnesses_{number} AS w{number} ON w{number}.claim_id = c.claim_id"
        else:
            steps.append(f"matches_{number} AS (\n{_all_matches(rule, counterpart, asked, span)}\n)")
            witnesses, joined = _witnesses(rule, counterpart, number, as_of, span)
            steps.append(f"witnesses_{number} AS (\n{witnesses}\n)")
        if counterpart.around_days is not None:
            around.append((number, counterpart))
        columns.append(f"m{number}.matched_id AS matched_{number}, w{number}.witness_id AS witness_{number}")
        joins.append(f"LEFT JOIN matches_{number} AS m{number} ON m{number}.claim_id = c.claim_id\n{joined}")
    if around and len(rule.counterparts) == len(rule.borne_out_by):
        steps.append(f"unborne AS MATERIALIZED (\n{_unborne(rule)}\n)")
    for number, counterpart in around:
        steps.append(f"around_{number} AS (\n{_around(rule, counterpart, number, as_of)}\n)")
        joins.append(f"LEFT JOIN around_{number} AS a{number} ON a{number}.claim_id = c.claim_id")
    lines = [
        "WITH " + ",\n".join(steps),
        f"SELECT c.{rule.subject_key} AS subject_id, c.claim_id, c.day, {_judgement(rule)} AS judgement,",
        "  " + ", ".join(columns),
        "FROM claims AS c",
        *joins,
        "ORDER BY subject_id, claim_id",
    ]
    return "\n".join(lines)


def _claim_steps(rule: Rule, as_of: date, subjects: Sequence[int] | None, span: int | None) -> list[str]:
    """Return the steps that end with the claims: those stated, or of them those that something else answers."""
    if not rule.among:
        return [f"claims AS MATERIALIZED (\n{_all_claims(rule, as_of, subjects)}\n)"]
    steps = [f"stated AS MATERIALIZED (\n{_all_claims(rule, as_of, subjects)}\n)"]
    columns, joins = [], []
    for n, counterpart in enumerate(rule.among):
        name = f"among_{n}"
        steps.append(f"others_{name} AS (\n{_others(counterpart, as_of)}\n)")
        steps.append(f"matches_{name} AS (\n{_all_matches(rule, counterpart, (name, 'stated'), span)}\n)")
        columns.append(f"m{n}.matched_id AS among_{n}")
        joins.append(f"JOIN matches_{name} AS m{n} ON m{n}.claim_id = s.claim_id")
    narrowed = f"SELECT s.*, {', '.join(columns)} FROM stated AS s {' '.join(joins)}"
    return [*steps, f"claims AS MATERIALIZED (\n{narrowed}\n)"]


def citation_query(rule: Rule, as_of: date, subjects: Sequence[int]) -> str:
    """Return the query for the rows behind subjects' counts: subject_id, table_name, row_id, part.

    Contradicted claims and the rows that contradict them are `direct`; the other claims and what bears them out are
    `exposure`; rows that show that a source was alive are `comparison`. Rows that these refer to come with them.
    """
    cited = "\nUNION ".join([*_citations(rule), *_around_citations(rule, as_of)])
    lines = [
        f"WITH judgements AS MATERIALIZED (\n{judgement_query(rule, as_of, subjects=subjects)}\n),",
        f"cited AS MATERIALIZED (\n{cited}\n)",
        "SELECT subject_id, table_name, row_id, part FROM cited",
        *(f"UNION {item}" for item in _referred(rule, as_of)),
        "ORDER BY subject_id, table_name, row_id, part",
    ]
    return "\n".join(lines)


def _unborne(rule: Rule) -> str:
    """Return the query for the claims that no row bears out: only of these anything more has to be known."""
    anti = [f"ANTI JOIN matches_{n} ON matches_{n}.claim_id = c.claim_id" for n in range(len(rule.borne_out_by))]
    return " ".join(["SELECT c.* FROM claims AS c", *anti])


def _guards(rule: Rule) -> range:
    """Return the positions of the rule's guards among its counterparts."""
    return range(len(rule.borne_out_by), len(rule.borne_out_by) + len(rule.guarded_by))


def _judgement(rule: Rule) -> str:
    bearing, guards, last = range(len(rule.borne_out_by)), _guards(rule), len(rule.counterparts) - 1
    # The order of the branches is the order of precedence in `Rule`. A guard counts only by a row that answers the
    # claim: that its source was alive says nothing of this claim.
    borne = " OR ".join(f"m{n}.matched_id IS NOT NULL" for n in bearing) or "FALSE"
    alive = " AND ".join(
        f"(m{n}.matched_id IS NOT NULL{'' if n in guards else f' OR {_spoke(counterpart, n)}'})"
        for n, counterpart in enumerate(rule.counterparts)
    )
    against = "TRUE" if rule.contradicted_by is None else f"m{last}.matched_id IS NOT NULL"
    return (
        f"CASE WHEN {borne} THEN {literal(BORNE_OUT)} WHEN NOT ({alive}) THEN {literal(CANNOT_SAY)}"
        f" WHEN {against} THEN {literal(CONTRADICTED)} ELSE {literal(BORNE_OUT)} END"
    )


def _spoke(counterpart: Counterpart, number: int) -> str:
    """Return the condition under which the silence of a source means something."""
    witnessed = f"w{number}.witness_id IS NOT NULL"
    return witnessed if counterpart.around_days is None else f"{witnessed} AND a{number}.claim_id IS NOT NULL"


def _claimed_days(rule: Rule, as_of: date, day: str, *, beyond: int = 0) -> str:
    """Return the condition under which a day is one on which claims are made, or so many days beyond."""
    return f"{day} BETWEEN DATE '{as_of}' - {rule.window + beyond} AND DATE '{as_of}' - {1 - beyond}"


def _around(rule: Rule, counterpart: Counterpart, number: int, as_of: date) -> str:
    """Return the query for the claims around which a source has rows of the officer's own, before and after.

    Asked only of claims that nothing bears out. Days are counted, not rows: one busy day says nothing of other days.
    """
    day = f"CAST({expression_sql(flat(_day_of(counterpart)), row=OTHER)} AS DATE)"
    near = _claimed_days(rule, as_of, day, beyond=counterpart.around_days or 0)
    own = f'SELECT "{OTHER}".officer_id AS subject_id, {day} AS day FROM others_{number} AS "{OTHER}" WHERE {near}'
    claimed = f"SELECT {rule.subject_key} AS subject_id, day FROM claims"

    def counted(days: str) -> str:
        """Return the query for how many of these days lie before and after each claim."""
        # Days are told apart after the join: near a claim lie few of all the rows of a source.
        return (
            "SELECT u.claim_id, count(DISTINCT d.day) FILTER (WHERE d.day < u.day) AS before,"
            " count(DISTINCT d.day) FILTER (WHERE d.day > u.day) AS after"
            f" FROM unborne AS u JOIN ({days}) AS d ON d.subject_id = u.{rule.subject_key}"
            f" AND d.day BETWEEN u.day - {counterpart.around_days} AND u.day + {counterpart.around_days}"
            " GROUP BY u.claim_id"
        )

    sides = [f"s.{side} > 0 AND 2 * s.{side} >= coalesce(t.{side}, 0)" for side in ("before", "after")]
    return (
        f"SELECT s.claim_id FROM ({counted(own)}) AS s LEFT JOIN ({counted(claimed)}) AS t ON t.claim_id = s.claim_id"
        f" WHERE {' AND '.join(sides)}"
    )


def _day_of(counterpart: Counterpart) -> Expression:
    if counterpart.day is None:
        raise DeclarationFaulty("A counterpart with `around_days` states the day of its rows.")
    return counterpart.day


def _constants(period: Period) -> Mapping[tuple[str, ...], Any]:
    return {(POLICY, "since"): period.since} | {(POLICY, n): v for n, v in period.parameters.items()}


def _dated(expression: Expression, period: Period, *, row: str = CLAIM) -> str:
    return expression_sql(substitute(expression, _constants(period)), row=row)


def _flat(expression: Expression, period: Period, *, row: str = CLAIM) -> str:
    return expression_sql(flat(substitute(expression, _constants(period))), row=row)


def _all_claims(rule: Rule, as_of: date, subjects: Sequence[int] | None) -> str:
    periods = rule.dated.period
    return "\nUNION ALL\n".join(_claims(rule, p, number, as_of, subjects) for number, p in enumerate(periods))


def _claims(rule: Rule, period: Period, number: int, as_of: date, subjects: Sequence[int] | None) -> str:
    day = f"CAST({_dated(rule.day, period)} AS DATE)"
    # Days come first: they are quickly told, and leave few rows to ask anything else of.
    conditions = [
        f"{day} >= DATE '{period.since}' AND {day} >= DATE '{as_of}' - {rule.window} AND {day} < DATE '{as_of}'",
        f'"{CLAIM}".{rule.subject_key} IS NOT NULL',
        _dated(rule.where, period),
    ]
    if period.until is not None:
        conditions.append(f"{day} < DATE '{period.until}'")
    if subjects is not None:
        conditions.append(f'"{CLAIM}".{rule.subject_key} IN ({", ".join(str(int(s)) for s in subjects)})')
    for column, values in sorted(period.applies_to.items()):
        conditions.append(f'"{CLAIM}".{rule.source.column[column].name} IN ({", ".join(map(literal, values))})')
    added = (f'"{CLAIM}".{rule.source.key} AS claim_id', f"{day} AS day", f"{number} AS period")
    return _with_lookups(rule.source, rule, as_of, *added) + "\nWHERE " + " AND ".join(conditions)


def _with_lookups(table: Table, reader: Rule | Counterpart, as_of: date, *more: str) -> str:
    """Return the query for a table's rows with the columns that are read of rows they refer to, flat."""
    referred = sorted(path for path in reader.paths if len(path) == 2)
    items = [f'"{CLAIM}".*', *(f"{quoted(t)}.{c} AS {t}__{c}" for t, c in referred), *more]
    return f"SELECT {', '.join(items)}\n{from_clause(table, reader.lookups, as_of, row=CLAIM)}"


def _others(counterpart: Counterpart, as_of: date) -> str:
    rows = _with_lookups(counterpart.target, counterpart, as_of)
    return rows if counterpart.only is None else f"{rows}\nWHERE {expression_sql(counterpart.only, row=CLAIM)}"


def _asked(rule: Rule, number: int) -> str:
    """Return the relation of the claims that a counterpart is asked of."""
    return "claims" if number < len(rule.borne_out_by) else "unborne"


def _all_matches(rule: Rule, counterpart: Counterpart, asked: tuple[str, str], span: int | None) -> str:
    # One query a period, because its parameters are constants in the SQL. Of several rows that answer a claim the one
    # with the smallest key is kept, so that the citation is the same each time.
    periods = enumerate(rule.dated.period)
    parts = "\nUNION ALL\n".join(_matches(rule, counterpart, asked, period, at, span) for at, period in periods)
    return f"SELECT claim_id, min(matched_id) AS matched_id FROM (\n{parts}\n) GROUP BY claim_id"


def _matches(
    rule: Rule,
    counterpart: Counterpart,
    asked: tuple[str, str],
    period: Period,
    at: int,
    span: int | None,
    more: str = "",
) -> str:
    name, claims = asked
    conditions = _paired(rule, counterpart, period)
    if span is not None:
        conditions.append(f'"{CLAIM}".claim_id // {span} = "{OTHER}".{counterpart.target.key} // {span}')
    if counterpart.match is not None:
        conditions.append(_flat(counterpart.match, period))
    return (
        f'SELECT "{CLAIM}".claim_id, "{OTHER}".{counterpart.target.key} AS matched_id{more}'
        f' FROM {claims} AS "{CLAIM}"'
        f' JOIN others_{name} AS "{OTHER}" ON {" AND ".join(conditions)} WHERE "{CLAIM}".period = {at}'
    )


def _all_pairs(rule: Rule, counterpart: Counterpart, asked: tuple[str, str], span: int | None) -> str:
    """Return the query for the smallest row of all that are paired with a claim, and of those that answer it."""
    bare = replace(counterpart, match=None)
    parts = []
    for at, period in enumerate(rule.dated.period):
        answers = "TRUE" if counterpart.match is None else _flat(counterpart.match, period)
        parts.append(_matches(rule, bare, asked, period, at, span, f", {answers} AS answers"))
    return (
        "SELECT claim_id, min(matched_id) FILTER (WHERE answers) AS matched_id, min(matched_id) AS witness_id FROM (\n"
        + "\nUNION ALL\n".join(parts)
        + "\n) GROUP BY claim_id"
    )


def _of_pairs(number: int) -> list[str]:
    return [
        f"matches_{number} AS (SELECT claim_id, matched_id FROM paired_{number} WHERE matched_id IS NOT NULL)",
        f"witnesses_{number} AS (SELECT claim_id, witness_id FROM paired_{number})",
    ]


def _paired(rule: Rule, counterpart: Counterpart, period: Period) -> list[str]:
    """Return the conditions under which a row is equal to a claim in all pairs and belongs to the right person."""
    conditions = [f"{_flat(c, period)} = {_flat(o, period, row=OTHER)}" for c, o in counterpart.pairs]
    if counterpart.whose != "anybody":
        sign = "=" if counterpart.whose == "own" else "<>"
        conditions.append(f'"{OTHER}".officer_id {sign} "{CLAIM}".officer_id')
    if counterpart.table == rule.table:
        conditions.append(f'"{OTHER}".{counterpart.target.key} <> "{CLAIM}".claim_id')
    return conditions or ["TRUE"]


def _witnesses(rule: Rule, counterpart: Counterpart, number: int, as_of: date, span: int | None) -> tuple[str, str]:
    """Return the query for the rows that show that a source was alive, and how a claim is joined to its own."""
    # Silence contradicts only where the source would have spoken. What shows that depends on the source: a reader that
    # took in anybody that day, a badge that worked for this officer, a colleague's row from the same incident.
    key = counterpart.target.key
    # What the rows of one witness have in common, and the claim with it: of each, the query's item and the claim's.
    common: list[tuple[str, str]] = []
    in_time = ""
    if counterpart.day is not None:
        day = f"CAST({expression_sql(flat(counterpart.day), row=OTHER)} AS DATE)"
        # Days without claims are of no use as witnesses, and to tell them apart takes most of the time.
        in_time = f" WHERE {_claimed_days(rule, as_of, day)}"
        common.append((f"{day} AS day", "day"))
        if counterpart.alive != "day":
            common.append(("officer_id", "officer_id"))
    if span is not None:
        common.append((f"{key} // {span} AS claim_range", f"claim_id // {span}"))
    # Of what other rows say of a row nothing is asked here: they need not be joined.
    bare = counterpart.day is None and counterpart.only is None
    rows = loaded(counterpart.target, as_of) if bare else f"others_{number}"
    return _joined_witnesses(common, f'min({key}) AS witness_id FROM {rows} AS "{OTHER}"{in_time}', number)


def _joined_witnesses(common: Sequence[tuple[str, str]], smallest: str, number: int) -> tuple[str, str]:
    if not common:
        return f"SELECT {smallest}", f"CROSS JOIN witnesses_{number} AS w{number}"
    items = ", ".join(item for item, _ in common)
    groups = ", ".join(map(str, range(1, len(common) + 1)))
    same = " AND ".join(f"w{number}.{item.split(' AS ')[-1]} = c.{of_claim}" for item, of_claim in common)
    query = f"SELECT {items}, {smallest} GROUP BY {groups}"
    return query, f"LEFT JOIN witnesses_{number} AS w{number} ON {same}"


def _citations(rule: Rule) -> Iterator[str]:
    """Yield selects of cited rows; a source's witnesses are cited for every claim that nothing bears out."""
    contradicted = f"judgement = {literal(CONTRADICTED)}"
    yield (
        f"SELECT subject_id, {literal(rule.table)} AS table_name, claim_id AS row_id,"
        f" CASE WHEN {contradicted} THEN 'direct' ELSE 'exposure' END AS part FROM judgements"
    )
    for n, counterpart in enumerate(rule.among):
        yield f"SELECT subject_id, {literal(counterpart.table)}, among_{n}, 'comparison' FROM judgements"
    bearing = range(len(rule.borne_out_by))
    unborne = " AND ".join(f"matched_{n} IS NULL" for n in bearing) or "TRUE"
    for n, counterpart in enumerate(rule.counterparts):
        table = literal(counterpart.table)
        part, condition = ("exposure", "TRUE") if n in bearing else ("direct", contradicted)
        if n in _guards(rule):
            part, condition = "comparison", f"judgement <> {literal(CANNOT_SAY)}"
        yield (
            f"SELECT subject_id, {table}, matched_{n}, '{part}' FROM judgements"
            f" WHERE matched_{n} IS NOT NULL AND {condition}"
        )
        yield (
            f"SELECT subject_id, {table}, witness_{n}, 'comparison' FROM judgements"
            f" WHERE witness_{n} IS NOT NULL AND judgement <> {literal(CANNOT_SAY)} AND {unborne}"
        )


def _around_citations(rule: Rule, as_of: date) -> Iterator[str]:
    """Yield selects of the officer's own rows around judged claims: a source was not silent for weeks."""
    unborne = " AND ".join(f"j.matched_{n} IS NULL" for n in range(len(rule.borne_out_by))) or "TRUE"
    for counterpart in rule.counterparts:
        if counterpart.around_days is None:
            continue
        day = f"CAST({expression_sql(flat(_day_of(counterpart)), row=OTHER)} AS DATE)"
        yield (
            f"SELECT j.subject_id, {literal(counterpart.table)}, \"{OTHER}\".{counterpart.target.key}, 'comparison'"
            f' FROM judgements AS j JOIN (\n{_others(counterpart, as_of)}\n) AS "{OTHER}"'
            f' ON "{OTHER}".officer_id = j.subject_id'
            f" AND {day} BETWEEN j.day - {counterpart.around_days} AND j.day + {counterpart.around_days}"
            f" WHERE j.judgement <> {literal(CANNOT_SAY)} AND {unborne}"
        )


def _referred(rule: Rule, as_of: date) -> Iterator[str]:
    """Yield selects of the rows that cited rows refer to and that were read with them."""
    readers = [(rule.table, rule.lookups), *((c.table, c.lookups) for c in rule.others)]
    for table, name in dict.fromkeys((table, name) for table, lookups in readers for name in lookups):
        source, target = CONTRACT[table], CONTRACT[name]
        yield (
            f"SELECT c.subject_id, {literal(name)}, t.{target.key}, c.part FROM cited AS c"
            f" JOIN {loaded(source, as_of)} AS s ON s.{source.key} = c.row_id"
            f" JOIN {loaded(target, as_of)} AS t ON t.{target.key} = s.{referring_column(source, name)}"
            f" WHERE c.table_name = {literal(table)}"
        )
