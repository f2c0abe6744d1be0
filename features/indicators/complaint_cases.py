"""Complaint cases from the public, however many allegations each has."""

from __future__ import annotations

from features.expression import col
from features.indicator import Case, Indicator

INDICATOR = Indicator(
    question="In how many complaint cases from the public was the officer named?",
    table="complaint",
    aggregate="distinct",
    value=col.complaint_id,
    where=col.source == "public",
    exposure="shifts_worked",
    minimum_exposure=10,
    cases=(
        Case(
            says="Three allegations in one case are one case.",
            window=90,
            expected=1,
            rows={
                "complaint": tuple(
                    {"complaint_id": 9, "received_on": "2025-12-01", "category": c}
                    for c in ("duties", "powers", "other")
                )
            },
        ),
        Case(
            says="The same matter logged as two cases is two: nothing in the records says otherwise.",
            window=90,
            expected=2,
            rows={
                "complaint": (
                    {"complaint_id": 9, "received_on": "2025-12-01"},
                    {"complaint_id": 10, "received_on": "2025-12-01"},
                )
            },
        ),
        Case(
            says="An internal case is not from the public.",
            window=90,
            expected=0,
            rows={"complaint": ({"complaint_id": 9, "source": "internal", "received_on": "2025-12-01"},)},
        ),
    ),
)
