"""Nights that end a run of four or more: the guidance on shift work asks for at most three."""

from __future__ import annotations

from features.expression import col, day, days_later
from features.indicator import Case, Indicator
from features.relation import Related


def _night_before(days: int) -> Related:
    return Related(
        table="shift",
        pairs=((col.officer_id, col.officer_id), (days_later(col.starts_at, -days), day(col.starts_at))),
        match=col.other.duty == "night",
    )


INDICATOR = Indicator(
    question="How many nights did the officer work after nights on all of the three days before?",
    table="shift",
    aggregate="count",
    where=~col.duty.is_in("training", "on_call") & (col.duty == "night"),
    having=tuple(_night_before(days) for days in (1, 2, 3)),
    exposure="night_shifts",
    minimum_exposure=5,
    proportion=True,
    references=(
        "Health and Safety Executive, Managing shift work (HSG256): no more than two or three nights in a row.",
    ),
    cases=(
        Case(
            says="Five nights in a row hold two that have three before them.",
            window=90,
            expected=2,
            rows={"shift": tuple({"starts_at": f"2025-12-{d:02} 22:00", "duty": "night"} for d in range(1, 6))},
        ),
        Case(
            says="Two nights, four days off and two nights again are no run.",
            window=90,
            expected=0,
            rows={"shift": tuple({"starts_at": f"2025-12-{d:02} 22:00", "duty": "night"} for d in (1, 2, 7, 8))},
        ),
        Case(
            says="Three nights after an early shift are no run of four.",
            window=90,
            expected=0,
            rows={
                "shift": (
                    {"starts_at": "2025-12-01 07:00", "duty": "early"},
                    *({"starts_at": f"2025-12-{d:02} 22:00", "duty": "night"} for d in (2, 3, 4)),
                )
            },
        ),
        Case(
            says="The nights before may lie before the window.",
            window=90,
            expected=1,
            rows={
                "shift": tuple(
                    {"starts_at": start, "duty": "night"}
                    for start in ("2025-09-30 22:00", "2025-10-01 22:00", "2025-10-02 22:00", "2025-10-03 22:00")
                )
            },
        ),
        Case(
            says="A night of the run that is not known yet makes no run yet.",
            window=90,
            expected=0,
            rows={
                "shift": tuple(
                    {
                        "starts_at": f"2025-12-{d} 22:00",
                        "duty": "night",
                        "known_on": "2026-01-02" if d == 27 else "2025-12-31",
                    }
                    for d in (26, 27, 28, 29)
                )
            },
        ),
    ),
)
