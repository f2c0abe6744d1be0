"""Ground truth: synthetic worlds only, in a folder of its own that only evaluation may open."""

from __future__ import annotations

from data.schema import Column, Table

TRUTH_SUBJECT = Table(
    name="truth_subject",
    doc="Who a concern was planted in, which, and from when to when.",
    category="truth",
    key=None,
    occurred="started_on",
    until="ended_on",
    orders=(("started_on", "ended_on"),),
    section="ground truth (synthetic worlds only)",
    columns=(
        Column(name="subject_kind", type="VARCHAR", values=("officer", "unit")),
        Column(name="subject_id", type="BIGINT"),
        Column(name="concern", type="VARCHAR", values=("standards", "welfare", "culture")),
        Column(name="typology", type="VARCHAR"),
        Column(name="started_on", type="DATE"),
        Column(name="ended_on", type="DATE", nullable=True),
        Column(
            name="intensity",
            type="DOUBLE",
            doc="multiple of what is ordinary for peers",
        ),
    ),
)

TRUTH_ROW = Table(
    name="truth_row",
    doc="Every record row that a typology added or altered.",
    category="truth",
    key=None,
    section="ground truth (synthetic worlds only)",
    columns=(
        Column(name="table_name", type="VARCHAR"),
        Column(name="row_id", type="BIGINT", doc="primary key in that table"),
        Column(name="typology", type="VARCHAR"),
        Column(name="subject_kind", type="VARCHAR"),
        Column(name="subject_id", type="BIGINT"),
    ),
)

TRUTH_ARCHETYPE = Table(
    name="truth_archetype",
    doc="People whose records look unusual for an innocent reason.",
    category="truth",
    key=None,
    occurred="started_on",
    until="ended_on",
    orders=(("started_on", "ended_on"),),
    section="ground truth (synthetic worlds only)",
    columns=(
        Column(name="officer_id", type="BIGINT"),
        Column(name="archetype", type="VARCHAR"),
        Column(name="started_on", type="DATE"),
        Column(name="ended_on", type="DATE", nullable=True),
    ),
)

TRUTH_RATE = Table(
    name="truth_rate",
    doc="Each officer's true rate of each kind of conduct, next to peers in the same role, month by month.",
    category="truth",
    key=None,
    occurred="month_from",
    section="ground truth (synthetic worlds only)",
    columns=(
        Column(name="officer_id", type="BIGINT"),
        Column(
            name="kind",
            type="VARCHAR",
            values=("complaints", "conduct_cases", "force", "lookups", "roster_edits", "searches", "sickness"),
        ),
        Column(name="month_from", type="DATE", doc="first day of the month"),
        Column(name="relative_rate", type="DOUBLE", minimum=0, doc="multiple of the mean of peers; 1 is ordinary"),
    ),
)

TRUTH: tuple[Table, ...] = (TRUTH_SUBJECT, TRUTH_ROW, TRUTH_ARCHETYPE, TRUTH_RATE)
