"""Badge entries to police sites: office days claimed are set against them by a rule."""

from __future__ import annotations

from features.indicator import Case, Indicator

INDICATOR = Indicator(
    question="How often did the officer badge into a police site?",
    table="site_entry",
    aggregate="count",
    exposure="shifts_worked",
    minimum_exposure=10,
    references=("Entries behind a colleague and failed badges leave no record: few entries mean little.",),
    cases=(
        Case(
            says="Every entry counts, at any site.",
            window=90,
            expected=2,
            rows={
                "site_entry": (
                    {"site": "a", "entered_at": "2025-12-01 08:00"},
                    {"site": "b", "entered_at": "2025-12-01 13:00"},
                )
            },
        ),
        Case(
            says="That nobody badged out does not matter.",
            window=90,
            expected=1,
            rows={"site_entry": ({"entered_at": "2025-12-01 08:00", "left_at": None},)},
        ),
        Case(
            says="A colleague's entry does not count.",
            window=90,
            expected=0,
            rows={"site_entry": ({"officer_id": 2, "entered_at": "2025-12-01 08:00"},)},
        ),
    ),
)
