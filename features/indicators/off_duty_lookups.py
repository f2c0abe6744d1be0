"""Look-ups of people outside any shift, without an incident."""

from __future__ import annotations

from features.expression import col, day, days_later, minutes_later
from features.indicator import Case, Indicator
from features.relation import Related

_NEAR = 30
"""Minutes before and after a shift within which a look-up may belong to it: an assumption."""

INDICATOR = Indicator(
    question="How often did the officer look up a person while off duty, without naming an incident?",
    table="system_access",
    aggregate="count",
    where=col.incident_id.is_null() & ~col.subject_id.is_null() & ~col.system.is_in("roster", "personnel"),
    without=(
        Related(
            table="shift",
            pairs=((col.officer_id, col.officer_id),),
            either=(
                ((day(col.accessed_at), day(col.starts_at)),),
                ((days_later(col.accessed_at, -1), day(col.starts_at)),),
            ),
            match=(col.other.starts_at <= minutes_later(col.accessed_at, _NEAR))
            & (col.other.ends_at >= minutes_later(col.accessed_at, -_NEAR)),
        ),
    ),
    exposure="lookups",
    minimum_exposure=20,
    proportion=True,
    references=(
        "National counter-corruption intelligence category: misuse of force systems.",
        "Shared terminals and badges put look-ups under the wrong name: it serves no concern by itself; repeats do.",
    ),
    cases=(
        Case(
            says="A look-up in the evening after an early shift counts.",
            window=90,
            expected=1,
            rows={
                "system_access": ({"system": "crime", "subject_id": 4, "accessed_at": "2025-12-01 21:00"},),
                "shift": ({"starts_at": "2025-12-01 07:00", "ends_at": "2025-12-01 17:00"},),
            },
        ),
        Case(
            says="A look-up at three in the morning, on a night shift begun the day before, does not.",
            window=90,
            expected=0,
            rows={
                "system_access": ({"system": "crime", "subject_id": 4, "accessed_at": "2025-12-02 03:00"},),
                "shift": ({"starts_at": "2025-12-01 22:00", "ends_at": "2025-12-02 07:00", "duty": "night"},),
            },
        ),
        Case(
            says="Half an hour before or after a shift is near enough to it.",
            window=90,
            expected=0,
            rows={
                "system_access": (
                    {"system": "crime", "subject_id": 4, "accessed_at": "2025-12-01 06:30"},
                    {"system": "crime", "subject_id": 4, "accessed_at": "2025-12-01 17:30"},
                ),
                "shift": ({"starts_at": "2025-12-01 07:00", "ends_at": "2025-12-01 17:00"},),
            },
        ),
        Case(
            says="Being on call is being on duty.",
            window=90,
            expected=0,
            rows={
                "system_access": ({"system": "crime", "subject_id": 4, "accessed_at": "2025-12-01 21:00"},),
                "shift": ({"starts_at": "2025-12-01 18:00", "ends_at": "2025-12-02 02:00", "duty": "on_call"},),
            },
        ),
        Case(
            says="Naming the work it was for, it does not count, at any hour.",
            window=90,
            expected=0,
            rows={
                "system_access": (
                    {"system": "crime", "subject_id": 4, "incident_id": 8, "accessed_at": "2025-12-01 21:00"},
                ),
                "shift": (),
            },
        ),
        Case(
            says="A colleague's shift covers nobody else.",
            window=90,
            expected=1,
            rows={
                "system_access": ({"system": "crime", "subject_id": 4, "accessed_at": "2025-12-01 21:00"},),
                "shift": ({"officer_id": 2, "starts_at": "2025-12-01 18:00", "ends_at": "2025-12-02 02:00"},),
            },
        ),
    ),
)
