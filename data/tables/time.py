"""Time and attendance: shifts, edits, absences, badge entries and expenses."""

from __future__ import annotations

from data.schema import Column, Table

SHIFT = Table(
    name="shift",
    doc="A tour of duty as recorded now, after any edits.",
    category="attendance",
    key="shift_id",
    known="known_on",
    occurred="starts_at",
    until="ends_at",
    orders=(("starts_at", "ends_at"),),
    section="time and attendance",
    columns=(
        Column(name="shift_id", type="BIGINT"),
        Column(name="officer_id", type="BIGINT", references="officer"),
        Column(name="unit_id", type="BIGINT", references="unit"),
        Column(
            name="duty",
            type="VARCHAR",
            values=("early", "late", "night", "day", "aid", "court", "training", "on_call"),
        ),
        Column(name="place", type="VARCHAR", values=("field", "office", "home"), doc="what the officer recorded"),
        Column(name="starts_at", type="TIMESTAMP", doc="as recorded now, after any edits"),
        Column(name="ends_at", type="TIMESTAMP"),
        Column(name="overtime_minutes", type="INTEGER", minimum=0),
        Column(
            name="overtime_reason",
            type="VARCHAR",
            nullable=True,
            values=("operational", "aid", "court", "backfill", "cancelled_rest_day"),
            doc="null when none",
        ),
        Column(name="known_on", type="DATE"),
    ),
)

ROSTER_EDIT = Table(
    name="roster_edit",
    doc="A change made to a recorded shift.",
    category="attendance",
    key="edit_id",
    known="known_on",
    occurred="edited_at",
    orders=(("edited_at", "known_on"),),
    section="time and attendance",
    columns=(
        Column(name="edit_id", type="BIGINT"),
        Column(name="shift_id", type="BIGINT", references="shift", enforced=False),
        Column(name="officer_id", type="BIGINT", references="officer", doc="whose shift"),
        Column(name="editor_id", type="BIGINT", references="officer", enforced=False, doc="who changed it"),
        Column(name="edited_at", type="TIMESTAMP"),
        Column(name="field", type="VARCHAR", values=("start", "end", "overtime", "duty", "place", "cancel")),
        Column(
            name="minutes_gained",
            type="INTEGER",
            doc="pay-relevant minutes the edit added (negative when it took away)",
        ),
        Column(name="known_on", type="DATE"),
    ),
)

ABSENCE = Table(
    name="absence",
    doc="A spell away from duty.",
    category="attendance",
    key="absence_id",
    known="known_on",
    occurred="started_on",
    until="ended_on",
    orders=(("started_on", "ended_on"),),
    section="time and attendance",
    columns=(
        Column(name="absence_id", type="BIGINT"),
        Column(name="officer_id", type="BIGINT", references="officer"),
        Column(
            name="kind",
            type="VARCHAR",
            values=(
                "sickness",
                "injury_on_duty",
                "annual_leave",
                "maternity",
                "paternity",
                "carer",
                "religious",
                "union_duty",
                "study",
                "suspended",
                "other",
            ),
            category="health",
        ),
        Column(name="psychological", type="BOOLEAN", nullable=True, category="health", doc="sickness only"),
        Column(name="certified", type="BOOLEAN", nullable=True, category="health", doc="sickness only"),
        Column(name="started_on", type="DATE"),
        Column(
            name="ended_on",
            type="DATE",
            nullable=True,
            known_from="ended_on",
            doc="inclusive; null while it lasts",
        ),
        Column(name="known_on", type="DATE"),
    ),
)

SITE_ENTRY = Table(
    name="site_entry",
    doc="A badge entry to a police site.",
    category="attendance",
    key="entry_id",
    known="known_on",
    occurred="entered_at",
    until="left_at",
    orders=(
        ("entered_at", "left_at"),
        ("entered_at", "known_on"),
    ),
    section="time and attendance",
    columns=(
        Column(name="entry_id", type="BIGINT"),
        Column(name="officer_id", type="BIGINT", references="officer"),
        Column(name="site", type="VARCHAR"),
        Column(name="entered_at", type="TIMESTAMP"),
        Column(name="left_at", type="TIMESTAMP", nullable=True, known_from="left_at"),
        Column(name="known_on", type="DATE"),
    ),
)

EXPENSE = Table(
    name="expense",
    doc="A claim for money spent.",
    category="attendance",
    key="claim_id",
    known="known_on",
    occurred="incurred_on",
    orders=(("incurred_on", "known_on"),),
    section="time and attendance",
    columns=(
        Column(name="claim_id", type="BIGINT"),
        Column(name="officer_id", type="BIGINT", references="officer"),
        Column(
            name="kind",
            type="VARCHAR",
            values=("travel", "subsistence", "accommodation", "informant", "other"),
        ),
        Column(name="amount_pence", type="BIGINT", minimum=0),
        Column(name="incurred_on", type="DATE"),
        Column(name="receipt", type="BOOLEAN"),
        Column(name="approver_id", type="BIGINT", nullable=True, references="officer", enforced=False),
        Column(name="known_on", type="DATE"),
    ),
)

TIME: tuple[Table, ...] = (SHIFT, ROSTER_EDIT, ABSENCE, SITE_ENTRY, EXPENSE)
