"""How many claims of each officer and month are contradicted, as SQL, and on how many days."""

from __future__ import annotations

from datetime import date

from data.store import literal
from models.contradictions.claim_query import CANNOT_SAY, CONTRADICTED, judgement_query
from models.contradictions.rule import Rule


def count_query(rule: Rule, as_of: date, *, span: int | None = None) -> str:
    """Return the query that counts claims by subject and month: hits, judged (hits and borne out) and cannot_say.

    `hit_days` and `judged_days` count the days on which any claim is contradicted, or could be judged: several claims
    of one day have one cause. So have those that one row contradicts where it counts `once`: the first day counts.
    """
    counted = {"hits": f"= '{CONTRADICTED}'", "judged": f"<> '{CANNOT_SAY}'", "cannot_say": f"= '{CANNOT_SAY}'"}
    counts = ",\n  ".join(f"count(*) FILTER (WHERE judgement {which}) AS {name}" for name, which in counted.items())
    totals = ",\n  ".join(f"CAST(sum({name}) AS BIGINT) AS {name}" for name in counted)
    hit_day, judgements = "hits > 0", judgement_query(rule, as_of, span=span)
    if rule.counts_rows_once:
        hit_day, judgements = "begins", _with_first_days(rule, judgements)
        counts += ",\n  bool_or(first_of_row) AS begins"
    # By day first: to tell days apart within a month, twice, would go through all claims three times.
    return (
        f"SELECT subject_id, CAST(date_trunc('month', day) AS DATE) AS month,\n  {totals},\n"
        f"  count(*) FILTER (WHERE {hit_day}) AS hit_days,\n  count(*) FILTER (WHERE judged > 0) AS judged_days\n"
        f"FROM (\nSELECT subject_id, day,\n  {counts}\n"
        f"FROM (\n{judgements}\n) GROUP BY 1, 2\n) GROUP BY 1, 2 ORDER BY 1, 2"
    )


def _with_first_days(rule: Rule, judgements: str) -> str:
    """Return the judgements, and of each claim whether it is contradicted on the first day on which its row does so."""
    row = f"subject_id, judgement, matched_{len(rule.counterparts) - 1}"
    first = f"judgement = {literal(CONTRADICTED)} AND day = min(day) OVER (PARTITION BY {row})"
    return f"SELECT *, {first} AS first_of_row FROM (\n{judgements}\n)"
