"""Paid overtime inside a spell recorded as away."""

from __future__ import annotations

from features.expression import col, day
from features.indicator import Case, Indicator
from features.relation import Related

INDICATOR = Indicator(
    question="How many shifts with paid overtime did the officer work inside a spell recorded as away?",
    table="shift",
    aggregate="distinct",
    value=col.shift_id,
    where=~col.duty.is_in("training", "on_call") & (col.overtime_minutes > 0),
    joined=Related(
        table="absence",
        pairs=((col.officer_id, col.officer_id),),
        match=(col.other.started_on < day(col.starts_at))
        & (col.other.ended_on.is_null() | (col.other.ended_on > day(col.starts_at))),
    ),
    exposure="shifts_worked",
    minimum_exposure=10,
    concerns=(),
    references=(
        "Sickness and absence were matched against work in the closed tool's first run (press).",
        "It feeds no concern: the kind of absence is not read, and sickness is among the spells.",
    ),
    cases=(
        Case(
            says="Overtime in the middle of a spell counts; that it lies in two spells makes it no more.",
            window=90,
            expected=1,
            rows={
                "shift": ({"starts_at": "2025-12-05 09:00", "overtime_minutes": 240},),
                "absence": (
                    {"started_on": "2025-12-01", "ended_on": "2025-12-10"},
                    {"started_on": "2025-12-03", "ended_on": "2025-12-06"},
                ),
            },
        ),
        Case(
            says="Ordinary shifts inside a spell: the return was recorded late, as it often is.",
            window=90,
            expected=0,
            rows={
                "shift": (
                    {"starts_at": "2025-12-08 07:00", "overtime_minutes": 0},
                    {"starts_at": "2025-12-09 07:00", "overtime_minutes": 0},
                ),
                "absence": ({"started_on": "2025-12-01", "ended_on": "2025-12-10"},),
            },
        ),
        Case(
            says="The first and the last day of a spell may be worked in part.",
            window=90,
            expected=0,
            rows={
                "shift": (
                    {"starts_at": "2025-12-01 07:00", "overtime_minutes": 60},
                    {"starts_at": "2025-12-10 14:00", "overtime_minutes": 60},
                ),
                "absence": ({"started_on": "2025-12-01", "ended_on": "2025-12-10"},),
            },
        ),
        Case(
            says="A spell whose end is not known lasts as far as anybody knows.",
            window=90,
            expected=1,
            rows={
                "shift": ({"starts_at": "2025-12-20 09:00", "overtime_minutes": 60},),
                "absence": ({"started_on": "2025-12-01", "ended_on": "2026-01-10"},),
            },
        ),
        Case(
            says="A shift after the spell does not count.",
            window=90,
            expected=0,
            rows={
                "shift": ({"starts_at": "2025-12-12 09:00", "overtime_minutes": 60},),
                "absence": ({"started_on": "2025-12-01", "ended_on": "2025-12-10"},),
            },
        ),
        Case(
            says="A colleague's spell does not count.",
            window=90,
            expected=0,
            rows={
                "shift": ({"starts_at": "2025-12-05 09:00", "overtime_minutes": 60},),
                "absence": ({"officer_id": 2, "started_on": "2025-12-01", "ended_on": "2025-12-10"},),
            },
        ),
    ),
)
