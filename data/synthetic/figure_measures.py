"""How each calibrated figure is measured in the records of a world: one query a figure, over all record tables.

A query gives rows of (part, value, n): the part of a split (null for a single figure), the measured value, and the
number of events or people the value rests on. `span` holds the first day and the first day after the world; `service`
the years each officer served inside it; `sick` the sick days of everybody who served a whole calendar year of it.
"""

from __future__ import annotations

VIEWS = {
    "service": """
        SELECT officer_id, workforce,
               date_diff('day', greatest(joined_on, first), least(coalesce(left_on, past), past)) / 365.25 AS years
        FROM officer, span WHERE joined_on < past AND coalesce(left_on, past) >= first""",
    "main_rank": """
        SELECT officer_id, arg_max(rank, (date_diff('day', started_on, coalesce(ended_on, past)), posting_id)) AS rank,
               min(fte) AS fte
        FROM posting, span GROUP BY officer_id""",
    "year_of": """
        SELECT CAST(first + to_days(CAST(365 * y AS INTEGER)) AS DATE) AS a,
               CAST(first + to_days(CAST(365 * (y + 1) AS INTEGER)) AS DATE) AS b
        FROM span, range(0, greatest(1, CAST(floor(date_diff('day', first, past) / 365.0) AS INTEGER))) AS r(y)""",
    "sick": """
        SELECT o.officer_id, a,
               coalesce(sum(date_diff('day', greatest(s.started_on, a), least(coalesce(s.ended_on + 1, b), b)))
                        FILTER (s.absence_id IS NOT NULL), 0) AS days,
               coalesce(sum(date_diff('day', greatest(s.started_on, a), least(coalesce(s.ended_on + 1, b), b)))
                        FILTER (s.psychological), 0) AS psychological
        FROM officer o JOIN year_of ON joined_on <= a AND coalesce(left_on, b) >= b
        LEFT JOIN absence s ON s.officer_id = o.officer_id AND s.kind = 'sickness' AND s.started_on < b
             AND coalesce(s.ended_on, b) >= a
        GROUP BY o.officer_id, a""",
}
"""Views that the queries share, in the order in which they are made."""

_OFFICERS = "(SELECT sum(years) FROM service WHERE workforce = 'officer')"
_PEOPLE = "(SELECT sum(years) FROM service)"
_REGULAR = "officer_id IN (SELECT officer_id FROM officer WHERE workforce = 'officer')"


def _rate(table: str, *, per: str = _PEOPLE, scale: int = 1, where: str = "true", count: str = "count(*)") -> str:
    return f"SELECT NULL, {scale} * {count} / {per}, {count} FROM {table} WHERE {where}"


def _share(table: str, test: str, *, where: str = "true") -> str:
    return f"SELECT NULL, avg(CASE WHEN {test} THEN 1.0 ELSE 0.0 END), count_if({test}) FROM {table} WHERE {where}"


def _effective(value: str) -> str:
    """How many people of equal weight a sum rests on as much as on these, who are few and unequal (Kish 1965)."""
    return f"CAST(power(sum({value}), 2) / nullif(sum(power({value}, 2)), 0) AS INTEGER)"


def _rank(rank: str) -> str:
    return _share("main_rank JOIN officer USING (officer_id)", f"rank = '{rank}'", where="workforce = 'officer'")


def _disparity(ethnicity: str) -> str:
    """Cases per year of service of one group, over those of white people."""
    own, white = f"ethnicity = '{ethnicity}'", "ethnicity = 'white'"
    joined = "JOIN protected_characteristic USING (officer_id)"
    return f"""
        SELECT NULL, (c.own / s.own) / (c.white / s.white), c.own
        FROM (SELECT count_if({own}) AS own, count_if({white}) AS white FROM conduct_case {joined}) c,
             (SELECT sum(years) FILTER ({own}) AS own, sum(years) FILTER ({white}) AS white FROM service {joined}) s"""


_REGULAR_PEOPLE = "protected_characteristic JOIN officer USING (officer_id)"

MEASURES = {
    "officer_share": _share("officer", "workforce = 'officer'"),
    "constable_share": _rank("constable"),
    "sergeant_share": _rank("sergeant"),
    "inspector_share": _rank("inspector"),
    "female_share": _share(_REGULAR_PEOPLE, "sex = 'female'", where="workforce = 'officer'"),
    "minority_ethnic_share": _share(
        _REGULAR_PEOPLE, "ethnicity IN ('asian', 'black', 'mixed', 'other')", where="workforce = 'officer'"
    ),
    "black_share": _share(_REGULAR_PEOPLE, "ethnicity = 'black'", where="workforce = 'officer'"),
    "leaver_share": _rate("officer", where="left_on IS NOT NULL"),
    "leavers_by_service": """
        SELECT CASE WHEN y < 5 THEN printf('%02d_to_%02d', y, y + 1) WHEN y < 10 THEN '05_to_10'
                    WHEN y < 30 THEN printf('%02d_to_%02d', y // 5 * 5, y // 5 * 5 + 5) ELSE '30_on' END,
               count(*) / sum(count(*)) OVER (), count(*)
        FROM (SELECT CAST(floor(date_diff('day', joined_on, left_on) / 365.25) AS INTEGER) AS y
              FROM officer WHERE left_on IS NOT NULL AND workforce = 'officer') GROUP BY 1""",
    "transfer_share": _rate(
        "posting, span",
        where="started_on > first AND officer_id IN (SELECT officer_id FROM"
        " posting, span WHERE ended_on >= first AND started_on < ended_on)",
    ),
    "part_time_share": _share("main_rank", "fte < 1"),
    "sickness_days": f"SELECT NULL, avg(days), {_effective('days')} FROM sick",
    "sickness_zero_share": _share("sick", "days = 0"),
    "sickness_long_share": _share("sick", "days > 28"),
    "psychological_share": f"""
        SELECT NULL, sum(psychological) / sum(days), {_effective("psychological")} FROM sick""",
    "overtime_hours": """
        SELECT NULL, sum(overtime_minutes) / 60.0 / (SELECT sum(years) FROM service JOIN main_rank USING (officer_id)
               WHERE workforce = 'officer' AND rank = 'constable'), count_if(overtime_minutes > 0)
        FROM shift JOIN main_rank USING (officer_id) JOIN officer USING (officer_id)
        WHERE workforce = 'officer' AND rank = 'constable'""",
    "allegations": _rate("complaint", scale=1000),
    "allegations_by_category": """
        SELECT category, count(*) / sum(count(*)) OVER (), count(DISTINCT complaint_id) FROM complaint GROUP BY 1""",
    "complaint_cases": _rate("complaint", scale=1000, count="count(DISTINCT complaint_id)"),
    "complaint_case_days": """
        -- Open cases count: the mean is the area under the product-limit survival curve.
        WITH cases AS (
            SELECT complaint_id, max(date_diff('day', received_on, coalesce(finalised_on, past))) AS t,
                   bool_and(finalised_on IS NOT NULL) AS closed
            FROM complaint, span GROUP BY complaint_id),
        days AS (SELECT t, count_if(closed) AS d, count(*) AS c FROM cases GROUP BY t),
        risk AS (SELECT t, d, sum(c) OVER (ORDER BY t DESC) AS n FROM days),
        curve AS (SELECT t, coalesce(lead(t) OVER (ORDER BY t), t) AS upto,
                         exp(sum(ln(greatest(1 - d / n, 1e-9))) OVER (ORDER BY t)) AS s FROM risk)
        SELECT NULL, min(t) + sum(s * (upto - t)), (SELECT count(*) / 3 FROM cases) FROM curve""",
    "conduct_cases": _rate("conduct_case", scale=1000),
    "conduct_no_case_share": _share("conduct_case", "outcome = 'no_case'", where="outcome IS NOT NULL"),
    "reporting_black": _disparity("black"),
    "reporting_asian": _disparity("asian"),
    "reporting_mixed": _disparity("mixed"),
    "force": _rate("use_of_force", per=_OFFICERS, where=_REGULAR),
    "searches": _rate("stop_search", per=_OFFICERS, where=_REGULAR),
    "assaults": _rate("assault", per=_OFFICERS, where=_REGULAR),
    "assault_injured_share": _share("assault", "injured"),
    "business_interest_share": f"""
        SELECT NULL, count(DISTINCT officer_id) / (SELECT count(*) FROM officer WHERE workforce = 'officer'),
               count(DISTINCT officer_id)
        FROM declaration WHERE kind IN ('property', 'second_job', 'company') AND {_REGULAR}""",
    "suspended_share": f"""
        SELECT NULL, sum(date_diff('day', greatest(started_on, first), least(coalesce(ended_on + 1, past), past)))
               / 365.25 / {_OFFICERS}, count(*)
        FROM absence, span WHERE kind = 'suspended'""",
    "vehicle_events": _rate("vehicle_event"),
    "lookups": _rate("system_access"),
    "roster_edits": _rate("roster_edit"),
    "missed_entries": """
        SELECT NULL, count_if(entry_id IS NULL) / count(*), count_if(entry_id IS NULL)
        FROM (SELECT shift_id, min(entry_id) AS entry_id FROM shift LEFT JOIN site_entry
                   ON shift.officer_id = site_entry.officer_id
                  AND entered_at BETWEEN starts_at - INTERVAL 2 HOUR AND ends_at
              WHERE place = 'office' GROUP BY shift_id)""",
}
"""The query of each figure."""

NOT_IN_RECORDS = {
    "formal_case_share": "records do not say how a case was handled",
    "informal_case_days": "records do not say how a case was handled",
    "formal_case_days": "records do not say how a case was handled",
    "conduct_case_days": "a world is too short: long cases are still open",
    "conduct_over_two_years_share": "a world is too short: long cases are still open",
}
"""Figures that the layers use but that the records of a world cannot show, and why."""
