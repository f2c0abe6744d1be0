"""How many different people complained."""

from __future__ import annotations

from features.expression import col
from features.indicator import Case, Indicator

INDICATOR = Indicator(
    question="How many different people complained about the officer?",
    table="complaint",
    aggregate="distinct",
    value=col.complainant_id,
    windows=(365,),
    where=col.source == "public",
    exposure="shifts_worked",
    minimum_exposure=20,
    references=(
        "IPCC Focus (2014): vexatious, oppressive or abusive complaints.",
        "Terrill and McCluskey (2002): those who do more are complained of more.",
    ),
    cases=(
        Case(
            says="One person who complains again and again is one.",
            window=365,
            expected=1,
            rows={
                "complaint": tuple(
                    {"complaint_id": m, "complainant_id": 4, "received_on": f"2025-{m:02}-01"} for m in (3, 6, 9)
                )
            },
        ),
        Case(
            says="Three people are three, in one case or in several.",
            window=365,
            expected=3,
            rows={
                "complaint": tuple(
                    {"complaint_id": 9, "complainant_id": c, "received_on": "2025-06-01"} for c in (4, 5, 6)
                )
            },
        ),
        Case(
            says="An anonymous complaint tells of nobody in particular.",
            window=365,
            expected=0,
            rows={"complaint": ({"complainant_id": None, "received_on": "2025-06-01"},)},
        ),
        Case(
            says="A colleague's internal report is no complaint from the public.",
            window=365,
            expected=0,
            rows={"complaint": ({"complainant_id": 4, "source": "internal", "received_on": "2025-06-01"},)},
        ),
    ),
)
