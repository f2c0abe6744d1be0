"""People and places: who the force employs, where they serve, and the audit-only characteristics."""

from __future__ import annotations

from data.schema import Column, Table

OFFICER = Table(
    name="officer",
    doc="A person the force employs: the subject of everything else. Somebody who left and returned is one row: "
    "the first `joined_on`, and `left_on` null while serving; each period of service is a posting.",
    category="people",
    key="officer_id",
    known="joined_on",
    occurred="joined_on",
    until="left_on",
    orders=(("joined_on", "left_on"),),
    section="people and places",
    columns=(
        Column(name="officer_id", type="BIGINT"),
        Column(name="workforce", type="VARCHAR", values=("officer", "staff", "pcso", "special")),
        Column(
            name="joined_on",
            type="DATE",
            nullable=True,
            doc="null where it is not recorded: the officer is there from the first row that names them",
        ),
        Column(name="left_on", type="DATE", nullable=True, known_from="left_on", doc="null while serving"),
    ),
)

PROTECTED_CHARACTERISTIC = Table(
    name="protected_characteristic",
    doc="Audit only: no feature, rule or detector may read it; only error-rate audits join to it.",
    category="protected",
    key="officer_id",
    section="people and places",
    columns=(
        Column(name="officer_id", type="BIGINT", references="officer"),
        Column(name="sex", type="VARCHAR", nullable=True, values=("female", "male")),
        Column(
            name="ethnicity",
            type="VARCHAR",
            nullable=True,
            values=("asian", "black", "hispanic", "mixed", "white", "other", "not_stated"),
        ),
        Column(name="age_band", type="VARCHAR", nullable=True, values=("18-25", "26-40", "41-55", "56+")),
        Column(name="disability", type="BOOLEAN", nullable=True),
        Column(
            name="religion",
            type="VARCHAR",
            nullable=True,
            values=("none", "christian", "muslim", "jewish", "hindu", "sikh", "other", "not_stated"),
        ),
        Column(name="carer", type="BOOLEAN", nullable=True),
    ),
)

UNIT = Table(
    name="unit",
    doc="A part of the force: the force itself, a command, a borough or a team.",
    category="people",
    key="unit_id",
    section="people and places",
    columns=(
        Column(name="unit_id", type="BIGINT"),
        Column(name="name", type="VARCHAR"),
        Column(name="kind", type="VARCHAR", values=("force", "command", "borough", "team")),
        Column(
            name="parent_unit_id",
            type="BIGINT",
            nullable=True,
            references="unit",
            doc="null only for the force",
        ),
    ),
)

POSTING = Table(
    name="posting",
    doc="Where an officer served, in which rank and role, from when to when.",
    category="people",
    key="posting_id",
    known="known_on",
    occurred="started_on",
    until="ended_on",
    orders=(("started_on", "ended_on"),),
    section="people and places",
    columns=(
        Column(name="posting_id", type="BIGINT"),
        Column(name="officer_id", type="BIGINT", references="officer"),
        Column(name="unit_id", type="BIGINT", references="unit", doc="a team"),
        Column(
            name="rank",
            type="VARCHAR",
            nullable=True,
            values=(
                "constable",
                "sergeant",
                "inspector",
                "chief_inspector",
                "superintendent",
                "chief_superintendent",
                "staff",
            ),
        ),
        Column(
            name="role",
            type="VARCHAR",
            nullable=True,
            values=(
                "response",
                "neighbourhood",
                "detective",
                "custody",
                "public_order",
                "firearms",
                "roads",
                "intelligence",
                "public_protection",
                "training",
                "headquarters",
            ),
        ),
        Column(name="fte", type="DOUBLE", nullable=True, above=0, maximum=1, doc="0 < fte <= 1"),
        Column(name="supervisor_id", type="BIGINT", nullable=True, references="officer", enforced=False),
        Column(name="started_on", type="DATE"),
        Column(name="ended_on", type="DATE", nullable=True, known_from="ended_on", doc="null while current"),
        Column(name="known_on", type="DATE"),
    ),
)

PEOPLE: tuple[Table, ...] = (OFFICER, PROTECTED_CHARACTERISTIC, UNIT, POSTING)
