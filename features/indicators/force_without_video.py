"""Force with body-worn video off."""

from __future__ import annotations

from features.expression import col
from features.indicator import Case, Indicator

INDICATOR = Indicator(
    question="On how many occasions of force was body-worn video off, by the officer's reports?",
    table="use_of_force",
    aggregate="count",
    windows=(365,),
    where=~col.video,
    independent=(col.incident_id,),
    exposure="force_occasions",
    minimum_exposure=5,
    proportion=True,
    concerns=("standards",),
    standard="orders_and_instructions",
    references=("Share of reports with video on: an assumption, 93%.",),
    cases=(
        Case(
            says="Only reports with the camera off count.",
            window=365,
            expected=1,
            rows={
                "use_of_force": (
                    {"video": False, "used_at": "2025-12-01 22:00"},
                    {"video": True, "used_at": "2025-12-02 22:00"},
                )
            },
        ),
        Case(
            says="Many reports, all with the camera on, are no sign of anything.",
            window=365,
            expected=0,
            rows={"use_of_force": tuple({"video": True, "used_at": f"2025-12-{d} 22:00"} for d in range(10, 16))},
        ),
        Case(
            says="A colleague's camera does not count.",
            window=365,
            expected=0,
            rows={"use_of_force": ({"officer_id": 2, "video": False, "used_at": "2025-12-01 22:00"},)},
        ),
    ),
)
