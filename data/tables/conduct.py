"""Conduct, declarations and people matters."""

from __future__ import annotations

from data.schema import Column, Table

COMPLAINT = Table(
    name="complaint",
    doc="One allegation against one officer, named or not; several officers and allegations may share a case.",
    category="conduct",
    key="allegation_id",
    known="known_on",
    occurred="received_on",
    orders=(
        ("occurred_on", "received_on"),
        ("received_on", "known_on"),
        ("received_on", "finalised_on"),
    ),
    section="conduct, declarations, people matters",
    columns=(
        Column(name="allegation_id", type="BIGINT", doc="one row per allegation and officer"),
        Column(name="complaint_id", type="BIGINT", doc="the case; several officers may share it"),
        Column(
            name="officer_id",
            type="BIGINT",
            nullable=True,
            references="officer",
            doc="null where the officer is unknown: the row counts in totals, for unit_id if stated, and for nobody",
        ),
        Column(
            name="unit_id",
            type="BIGINT",
            nullable=True,
            references="unit",
            optional=True,
            doc="the team complained of, where the officer is unknown; null where it is not stated",
        ),
        Column(name="complainant_id", type="BIGINT", nullable=True),
        Column(
            name="category",
            type="VARCHAR",
            values=(
                "duties",
                "powers",
                "individual_behaviour",
                "discrimination",
                "property",
                "disclosure",
                "vehicles",
                "discreditable",
                "corruption",
                "sexual",
                "other",
            ),
        ),
        Column(name="source", type="VARCHAR", values=("public", "internal")),
        Column(name="occurred_on", type="DATE", nullable=True),
        Column(name="received_on", type="DATE"),
        Column(
            name="outcome",
            type="VARCHAR",
            nullable=True,
            values=("no_action", "service_acceptable", "learning", "case_to_answer", "withdrawn"),
            known_from="finalised_on",
            doc="null while open",
        ),
        Column(name="finalised_on", type="DATE", nullable=True, known_from="finalised_on"),
        Column(name="known_on", type="DATE"),
    ),
)

CONDUCT_CASE = Table(
    name="conduct_case",
    doc="An internal conduct case against one officer.",
    category="conduct",
    key="case_id",
    known="known_on",
    occurred="opened_on",
    orders=(
        ("opened_on", "known_on"),
        ("opened_on", "closed_on"),
    ),
    section="conduct, declarations, people matters",
    columns=(
        Column(name="case_id", type="BIGINT"),
        Column(name="officer_id", type="BIGINT", references="officer"),
        Column(
            name="standard",
            type="VARCHAR",
            values=(
                "honesty_and_integrity",
                "authority_respect_and_courtesy",
                "equality_and_diversity",
                "use_of_force",
                "orders_and_instructions",
                "duties_and_responsibilities",
                "confidentiality",
                "fitness_for_duty",
                "discreditable_conduct",
                "challenging_improper_conduct",
            ),
        ),
        Column(name="severity", type="VARCHAR", values=("misconduct", "gross_misconduct")),
        Column(name="opened_on", type="DATE", nullable=True, doc="null where no day is recorded: it lies in no window"),
        Column(
            name="outcome",
            type="VARCHAR",
            nullable=True,
            values=("no_case", "reflective_practice", "written_warning", "final_warning", "dismissed"),
            known_from="closed_on",
            doc="null while open",
        ),
        Column(name="closed_on", type="DATE", nullable=True, known_from="closed_on"),
        Column(name="known_on", type="DATE"),
    ),
)

DECLARATION = Table(
    name="declaration",
    doc="An interest that an officer declared.",
    category="declarations",
    key="declaration_id",
    known="known_on",
    occurred="valid_from",
    until="valid_to",
    orders=(
        ("valid_from", "valid_to"),
        ("declared_on", "known_on"),
    ),
    section="conduct, declarations, people matters",
    columns=(
        Column(name="declaration_id", type="BIGINT"),
        Column(name="officer_id", type="BIGINT", references="officer"),
        Column(
            name="kind",
            type="VARCHAR",
            values=("second_job", "company", "property", "membership", "relationship", "gift"),
        ),
        Column(name="valid_from", type="DATE"),
        Column(name="valid_to", type="DATE", nullable=True, known_from="valid_to"),
        Column(name="declared_on", type="DATE"),
        Column(name="known_on", type="DATE"),
    ),
)

EXTERNAL_REGISTER = Table(
    name="external_register",
    doc="What other registers say (companies, memberships, payrolls), already matched to the officer.",
    category="declarations",
    key="entry_id",
    known="known_on",
    occurred="valid_from",
    until="valid_to",
    orders=(("valid_from", "valid_to"),),
    section="conduct, declarations, people matters",
    columns=(
        Column(name="entry_id", type="BIGINT"),
        Column(name="officer_id", type="BIGINT", references="officer"),
        Column(name="kind", type="VARCHAR", doc="as declaration.kind"),
        Column(name="valid_from", type="DATE"),
        Column(name="valid_to", type="DATE", nullable=True, known_from="valid_to"),
        Column(
            name="match_score",
            type="DOUBLE",
            minimum=0,
            maximum=1,
            doc="0 to 1: how sure the matching is that this is the officer",
        ),
        Column(name="known_on", type="DATE"),
    ),
)

GRIEVANCE = Table(
    name="grievance",
    doc="A grievance raised in a team.",
    category="conduct",
    key="grievance_id",
    known="known_on",
    occurred="raised_on",
    orders=(("raised_on", "known_on"),),
    section="conduct, declarations, people matters",
    columns=(
        Column(name="grievance_id", type="BIGINT"),
        Column(name="unit_id", type="BIGINT", references="unit", doc="the team it arose in"),
        Column(name="raised_by_id", type="BIGINT", nullable=True, references="officer", enforced=False),
        Column(name="about_officer_id", type="BIGINT", nullable=True, references="officer", enforced=False),
        Column(
            name="kind",
            type="VARCHAR",
            values=(
                "bullying",
                "discrimination",
                "sexual_harassment",
                "victimisation",
                "management",
                "other",
            ),
        ),
        Column(name="raised_on", type="DATE"),
        Column(
            name="outcome",
            type="VARCHAR",
            nullable=True,
            values=("upheld", "not_upheld", "withdrawn"),
            usable=False,
            doc="null while open",
        ),
        Column(name="known_on", type="DATE"),
    ),
)

TRANSFER_REQUEST = Table(
    name="transfer_request",
    doc="A request to leave a team.",
    category="people",
    key="request_id",
    known="known_on",
    occurred="requested_on",
    orders=(("requested_on", "known_on"),),
    section="conduct, declarations, people matters",
    columns=(
        Column(name="request_id", type="BIGINT"),
        Column(name="officer_id", type="BIGINT", references="officer"),
        Column(name="from_unit_id", type="BIGINT", references="unit"),
        Column(
            name="reason",
            type="VARCHAR",
            nullable=True,
            values=("career", "location", "family", "team", "other"),
        ),
        Column(name="requested_on", type="DATE"),
        Column(name="granted", type="BOOLEAN", nullable=True, usable=False),
        Column(name="known_on", type="DATE"),
    ),
)

COMMENDATION = Table(
    name="commendation",
    doc="A commendation awarded to an officer.",
    category="conduct",
    key="commendation_id",
    known="known_on",
    occurred="awarded_on",
    orders=(("awarded_on", "known_on"),),
    section="conduct, declarations, people matters",
    columns=(
        Column(name="commendation_id", type="BIGINT"),
        Column(name="officer_id", type="BIGINT", references="officer"),
        Column(name="kind", type="VARCHAR", values=("bravery", "service", "public_letter")),
        Column(name="awarded_on", type="DATE"),
        Column(name="known_on", type="DATE"),
    ),
)

TRAINING = Table(
    name="training",
    doc="A course due, and when it was completed.",
    category="people",
    key="training_id",
    known="known_on",
    occurred="due_on",
    section="conduct, declarations, people matters",
    columns=(
        Column(name="training_id", type="BIGINT"),
        Column(name="officer_id", type="BIGINT", references="officer"),
        Column(name="course", type="VARCHAR"),
        Column(name="due_on", type="DATE"),
        Column(name="completed_on", type="DATE", nullable=True, known_from="completed_on"),
        Column(name="known_on", type="DATE"),
    ),
)

CONDUCT: tuple[Table, ...] = (
    COMPLAINT,
    CONDUCT_CASE,
    DECLARATION,
    EXTERNAL_REGISTER,
    GRIEVANCE,
    TRANSFER_REQUEST,
    COMMENDATION,
    TRAINING,
)
