"""Causes of complaint from the public: allegations of one case, of one person or about one day are one."""

from __future__ import annotations

from features.expression import col
from features.indicator import Case, Indicator

INDICATOR = Indicator(
    question="How many separate causes of complaint from the public were received about the officer?",
    table="complaint",
    aggregate="count",
    windows=(90, 365, 1825),
    where=col.source == "public",
    independent=(col.complaint_id, col.complainant_id, col.occurred_on),
    exposure="days_served",
    minimum_exposure=30,
    concerns=("standards",),
    standard="authority_respect_and_courtesy",
    references=(
        "22,790 allegations about London's force in 2024/25, about 518 a 1,000 staff.",
        "In Philadelphia's public records each case has several allegations.",
        "IPCC Focus (2014): vexatious, oppressive or abusive complaints.",
    ),
    cases=(
        Case(
            says="Two allegations in one case have one cause.",
            window=365,
            expected=1,
            rows={
                "complaint": (
                    {"complaint_id": 9, "received_on": "2025-06-01"},
                    {"complaint_id": 9, "received_on": "2025-06-01"},
                )
            },
        ),
        Case(
            says="Three people who complain of one day have one matter between them; another day is another.",
            window=365,
            expected=2,
            rows={
                "complaint": (
                    *({"complaint_id": c, "occurred_on": "2025-05-30", "received_on": "2025-06-01"} for c in (4, 5, 6)),
                    {"complaint_id": 7, "occurred_on": "2025-05-31", "received_on": "2025-06-01"},
                )
            },
        ),
        Case(
            says="One person who complains again and again is one cause.",
            window=365,
            expected=1,
            rows={
                "complaint": tuple(
                    {"complaint_id": m, "complainant_id": 4, "received_on": f"2025-{m:02}-01"} for m in (3, 6, 9)
                )
            },
        ),
        Case(
            says="Without a day and without a name, different cases are different causes.",
            window=365,
            expected=2,
            rows={
                "complaint": tuple(
                    {"complaint_id": m, "complainant_id": None, "occurred_on": None, "received_on": "2025-06-01"}
                    for m in (3, 6)
                )
            },
        ),
        Case(
            says="Internal allegations are not complaints from the public.",
            window=365,
            expected=0,
            rows={"complaint": ({"source": "internal", "received_on": "2025-06-01"},)},
        ),
        Case(
            says="Outcome plays no part, known or not.",
            window=365,
            expected=2,
            rows={
                "complaint": (
                    {
                        "complaint_id": 8,
                        "received_on": "2025-06-01",
                        "finalised_on": "2025-08-01",
                        "outcome": "no_action",
                    },
                    {
                        "complaint_id": 9,
                        "received_on": "2025-06-01",
                        "finalised_on": "2026-03-01",
                        "outcome": "case_to_answer",
                    },
                )
            },
        ),
    ),
)
