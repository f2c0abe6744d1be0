"""Operational activity: incidents, force, searches, look-ups, vehicles and assaults."""

from __future__ import annotations

from data.schema import Column, Table

INCIDENT = Table(
    name="incident",
    doc="A call or event that the force went to.",
    category="activity",
    key="incident_id",
    known="known_on",
    occurred="opened_at",
    orders=(("opened_at", "known_on"),),
    section="operational activity",
    columns=(
        Column(name="incident_id", type="BIGINT"),
        Column(name="unit_id", type="BIGINT", references="unit", doc="the borough it happened in"),
        Column(
            name="kind",
            type="VARCHAR",
            values=("violence", "domestic", "disorder", "mental_health", "sudden_death", "collision", "theft", "other"),
        ),
        Column(name="severity", type="INTEGER", minimum=1, maximum=5, doc="1 (minor) to 5 (traumatic)"),
        Column(name="opened_at", type="TIMESTAMP"),
        Column(name="known_on", type="DATE"),
    ),
)

ATTENDANCE = Table(
    name="attendance",
    doc="One officer at one incident.",
    category="activity",
    key="attendance_id",
    known="known_on",
    section="operational activity",
    columns=(
        Column(name="attendance_id", type="BIGINT"),
        Column(name="incident_id", type="BIGINT", references="incident"),
        Column(name="officer_id", type="BIGINT", references="officer"),
        Column(name="known_on", type="DATE"),
    ),
)

USE_OF_FORCE = Table(
    name="use_of_force",
    doc="One officer reporting force used on one person.",
    category="activity",
    key="force_id",
    known="known_on",
    occurred="used_at",
    orders=(("used_at", "known_on"),),
    section="operational activity",
    columns=(
        Column(name="force_id", type="BIGINT"),
        Column(name="officer_id", type="BIGINT", references="officer"),
        Column(name="incident_id", type="BIGINT", nullable=True, references="incident", enforced=False),
        Column(name="used_at", type="TIMESTAMP"),
        Column(
            name="tactic",
            type="VARCHAR",
            nullable=True,
            values=(
                "compliant_handcuffs",
                "handcuffs",
                "unarmed",
                "baton",
                "spray",
                "taser",
                "dog",
                "firearm",
                "other",
            ),
        ),
        Column(name="severity", type="INTEGER", nullable=True, minimum=1, maximum=5, doc="1 to 5"),
        Column(name="subject_ethnicity", type="VARCHAR", nullable=True),
        Column(name="subject_injured", type="BOOLEAN", nullable=True),
        Column(name="officer_injured", type="BOOLEAN", nullable=True),
        Column(name="video", type="BOOLEAN", nullable=True, doc="body-worn video was on"),
        Column(name="known_on", type="DATE"),
    ),
)

STOP_SEARCH = Table(
    name="stop_search",
    doc="One stop and search by one officer.",
    category="activity",
    key="search_id",
    known="known_on",
    occurred="searched_at",
    orders=(("searched_at", "known_on"),),
    section="operational activity",
    columns=(
        Column(name="search_id", type="BIGINT"),
        Column(name="officer_id", type="BIGINT", references="officer"),
        Column(name="unit_id", type="BIGINT", references="unit", doc="the borough"),
        Column(name="searched_at", type="TIMESTAMP"),
        Column(name="subject_ethnicity", type="VARCHAR", nullable=True),
        Column(name="grounds", type="VARCHAR", values=("drugs", "weapons", "stolen", "section_60", "other")),
        Column(name="found", type="BOOLEAN"),
        Column(name="video", type="BOOLEAN"),
        Column(name="known_on", type="DATE"),
    ),
)

SYSTEM_ACCESS = Table(
    name="system_access",
    doc="One look at a record in a police system.",
    category="systems",
    key="access_id",
    known="known_on",
    occurred="accessed_at",
    orders=(("accessed_at", "known_on"),),
    section="operational activity",
    columns=(
        Column(name="access_id", type="BIGINT"),
        Column(name="officer_id", type="BIGINT", references="officer"),
        Column(
            name="system",
            type="VARCHAR",
            values=("crime", "intelligence", "custody", "national", "roster", "personnel"),
        ),
        Column(name="accessed_at", type="TIMESTAMP"),
        Column(name="subject_id", type="BIGINT", nullable=True, doc="the person or record looked at"),
        Column(
            name="incident_id",
            type="BIGINT",
            nullable=True,
            references="incident",
            enforced=False,
            doc="the work it was for, when one was given",
        ),
        Column(name="known_on", type="DATE"),
    ),
)

VEHICLE_EVENT = Table(
    name="vehicle_event",
    doc="A collision or a speeding record in a police vehicle.",
    category="activity",
    key="event_id",
    known="known_on",
    occurred="occurred_at",
    orders=(("occurred_at", "known_on"),),
    section="operational activity",
    columns=(
        Column(name="event_id", type="BIGINT"),
        Column(name="officer_id", type="BIGINT", references="officer"),
        Column(name="kind", type="VARCHAR", values=("collision", "speeding")),
        Column(name="at_fault", type="BOOLEAN", nullable=True),
        Column(name="occurred_at", type="TIMESTAMP"),
        Column(name="known_on", type="DATE"),
    ),
)

ASSAULT = Table(
    name="assault",
    doc="An assault on an officer.",
    category="activity",
    key="assault_id",
    known="known_on",
    occurred="occurred_at",
    orders=(("occurred_at", "known_on"),),
    section="operational activity",
    columns=(
        Column(name="assault_id", type="BIGINT"),
        Column(name="officer_id", type="BIGINT", references="officer", doc="the officer assaulted"),
        Column(name="incident_id", type="BIGINT", nullable=True, references="incident", enforced=False),
        Column(name="occurred_at", type="TIMESTAMP"),
        Column(name="injured", type="BOOLEAN"),
        Column(name="known_on", type="DATE"),
    ),
)

ACTIVITY: tuple[Table, ...] = (INCIDENT, ATTENDANCE, USE_OF_FORCE, STOP_SEARCH, SYSTEM_ACCESS, VEHICLE_EVENT, ASSAULT)
