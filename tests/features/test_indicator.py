"""Bad declarations fail when they are built, with all their faults at once."""

from __future__ import annotations

from typing import Any

import pytest

from data.contract import CONTRACT
from data.errors import DeclarationFaulty
from features.columns import referring_column
from features.expression import Expression, col, day, or_else
from features.indicator import Indicator, NoExposure
from features.indicators import complete, indicators
from features.relation import Related

GOOD: dict[str, Any] = {
    "question": "How many?",
    "table": "shift",
    "aggregate": "count",
    "exposure": NoExposure("a test"),
}
SAME_OFFICER = ((col.officer_id, col.officer_id),)


def faults(**changed: Any) -> str:
    with pytest.raises(DeclarationFaulty) as caught:
        Indicator(**(GOOD | changed))
    return str(caught.value.found)


def related(table: str = "shift", match: Expression | None = None) -> Related:
    return Related(table=table, pairs=SAME_OFFICER, match=match)


def test_a_good_declaration_is_built() -> None:
    assert Indicator(**GOOD).subject_key == "officer_id"


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"table": "shifts"}, "there is no table shifts"),
        ({"table": "protected_characteristic"}, "protected_characteristic is for audits only"),
        ({"table": "attendance"}, "attendance does not say when a row happened: state `when`"),
        ({"where": col.overtime == 1}, "overtime is not a column of shift"),
        ({"where": col.incident.severity == 1}, "shift has no single column that refers to incident"),
        ({"table": "grievance", "where": col.outcome == "upheld"}, "outcome may not be used"),
        ({"table": "grievance"}, "officer_id is not a column of grievance"),
        ({"subject_key": "nobody_id"}, "nobody_id is not a column of shift"),
        ({"value": col.overtime_minutes}, "aggregate count takes no value"),
        ({"aggregate": "sum"}, "aggregate sum needs a value"),
        ({"table": "posting", "aggregate": "sum", "value": col.fte}, "fte, a floating number"),
        ({"table": "complaint", "aggregate": "days"}, "complaint has no end column to count days to"),
        ({"aggregate": "days", "when": col.ends_at}, "`when` cannot be stated"),
        (
            {"table": "posting", "aggregate": "days", "value": col.supervisor_id},
            "for each value of a column that every",
        ),
        (
            {"table": "posting", "aggregate": "days", "value": day(col.started_on)},
            "for each value of a column that every",
        ),
        ({"question": "Tell me how many."}, "must end with a question mark"),
        ({"windows": ()}, "windows must be"),
        ({"windows": (90, 0)}, "windows must be"),
        ({"exposure": NoExposure("")}, "no exposure needs a reason"),
        ({"exposure": ""}, "exposure must name an indicator"),
        ({"proportion": True}, "a proportion is a count with an exposure"),
        ({"proportion": True, "exposure": "x", "aggregate": "max", "value": col.overtime_minutes}, "is a count with"),
        ({"concerns": ("standards",)}, "a standard is named exactly when"),
        ({"standard": "honesty_and_integrity"}, "a standard is named exactly when"),
        ({"concerns": ("standards",), "standard": "valour"}, "valour is not one of the Standards"),
        (
            {"table": "roster_edit", "where": col.shift.overtime_reason.is_null()},
            "shift.overtime_reason is asked for being null",
        ),
        (
            {"table": "roster_edit", "where": or_else(col.shift.overtime_reason, "none") == "none"},
            "shift.overtime_reason is asked for being null",
        ),
        ({"table": "complaint", "when": or_else(col.finalised_on, col.received_on)}, "`or_else` may not tell it"),
    ],
)
def test_each_fault_is_found(changed: dict[str, Any], fault: str) -> None:
    assert fault in faults(**changed)


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"having": (related("shifts"),)}, "there is no table shifts to be related to"),
        ({"having": (related("protected_characteristic"),)}, "protected_characteristic is for audits only"),
        ({"having": (related("unit"),)}, "unit has no day on which a row became known"),
        ({"having": (Related(table="absence", pairs=()),)}, "must be equal to the row in something"),
        ({"having": (related(match=col.other.began > col.starts_at),)}, "began is not a column of shift"),
        ({"having": (related(match=col.other.starts_at > col.began),)}, "began is not a column of shift"),
        ({"having": (related("absence", match=col.other.ended_on.is_null()),)}, "absence.ended_on is learnt later"),
        ({"without": (related(),)}, "rows of shift cannot be ruled out by rows of shift itself"),
        ({"having": (Related(table="absence", pairs=SAME_OFFICER, either=((),)),)}, "must be equal to the row"),
        ({"having": (Related(table="absence", pairs=(), either=(SAME_OFFICER, ())),)}, "must be equal to the row"),
        ({"table": "roster_edit", "joined": related("shift")}, "roster_edit refers to shift"),
        ({"where": col.other.duty == "night"}, "other.duty is not a column of shift"),
        ({"joined": related(), "where": col.other.duties == "night"}, "duties is not a column of shift"),
        ({"joined": related(), "where": col.shift.duty == "night"}, "shift has no single column that refers to shift"),
        ({"table": "grievance", "joined": related("grievance")}, "officer_id is not a column of grievance"),
    ],
)
def test_each_fault_of_a_relation_is_found(changed: dict[str, Any], fault: str) -> None:
    assert fault in faults(**changed)


def test_columns_learnt_later_may_be_read_of_a_row_joined_to() -> None:
    match = (col.other.started_on <= day(col.starts_at)) & col.other.ended_on.is_null()
    indicator = Indicator(**(GOOD | {"joined": related("posting", match), "where": col.posting.rank == "sergeant"}))
    assert indicator.tables == ("shift", "posting")
    assert indicator.categories == {"attendance", "people"}


@pytest.mark.parametrize(
    ("value", "fault"),
    [
        (None, "a formula needs a value"),
        (day(col.shifts_worked), "adds, subtracts and multiplies"),
        (col.shifts_worked * 0.5, "adds, subtracts and multiplies"),
        (col.shifts_worked + col.shift.starts_at, "adds, subtracts and multiplies"),
    ],
)
def test_each_fault_of_a_formula_is_found(value: Expression | None, fault: str) -> None:
    assert fault in faults(aggregate="formula", value=value)


def test_a_formula_has_no_rows_of_its_own() -> None:
    assert "no rows of its own" in faults(aggregate="formula", value=col.lookups + 1, where=col.place == "office")


def test_all_faults_come_at_once() -> None:
    message = faults(question="No", windows=(0,), where=col.nothing == 1, value=col.overtime_minutes)
    assert message.count(";") == 3


def test_an_exposure_must_be_there_about_the_same_subject_and_have_the_windows() -> None:
    base = Indicator(**GOOD, name="base")
    lacking = Indicator(**(GOOD | {"exposure": "base", "windows": (7,)}), name="lacking")
    with pytest.raises(DeclarationFaulty, match="lacks windows"):
        complete({"base": base, "lacking": lacking})
    with pytest.raises(DeclarationFaulty, match="not there"):
        complete({"lacking": lacking})


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({}, None),
        ({"where": (col.place == "office") & (col.duty == "day")}, None),
        ({"where": (col.duty == "day") & ((col.overtime_minutes > 0) & (col.place == "office"))}, None),
        ({"where": col.duty == "day"}, "`where` does not ask"),
        ({"where": (col.place == "office") | (col.duty == "day")}, "`where` does not ask"),
        ({"when": col.ends_at}, "time"),
        ({"subject_key": "unit_id"}, "subject"),
        ({"table": "site_entry", "where": None}, "table site_entry, and not shift"),
        ({"having": (related("expense"),)}, None),
    ],
)
def test_a_proportion_counts_some_of_the_rows_that_its_exposure_counts(
    changed: dict[str, Any], fault: str | None
) -> None:
    whole = Indicator(**(GOOD | {"where": col.place == "office"}), name="whole")
    share = GOOD | {"exposure": "whole", "proportion": True, "where": col.place == "office"}
    part = Indicator(**(share | changed), name="part")
    if fault is None:
        complete({"whole": whole, "part": part})
        return
    with pytest.raises(DeclarationFaulty, match="no proportion of its exposure") as caught:
        complete({"whole": whole, "part": part})
    assert fault in str(caught.value.found)


def test_a_proportion_asks_for_the_same_relations_as_its_exposure() -> None:
    whole = Indicator(**(GOOD | {"having": (related("expense"),), "without": (related("assault"),)}), name="whole")
    part = Indicator(**(GOOD | {"exposure": "whole", "proportion": True}), name="part")
    with pytest.raises(DeclarationFaulty) as caught:
        complete({"whole": whole, "part": part})
    assert "`having`" in str(caught.value.found)
    assert "`without`" in str(caught.value.found)


def test_a_formula_reads_indicators_that_are_there() -> None:
    formula = Indicator(**(GOOD | {"aggregate": "formula", "value": col.base * 2}), name="twice")
    base = Indicator(**GOOD, name="base")
    assert [part.name for part in complete({"base": base, "twice": formula})["twice"].parts] == ["base"]
    with pytest.raises(DeclarationFaulty, match="not there"):
        complete({"twice": formula})
    with pytest.raises(DeclarationFaulty, match="lacks windows"):
        complete({"base": Indicator(**(GOOD | {"windows": (7,)})), "twice": formula})


def test_the_column_that_refers_is_the_one_that_must_lead_somewhere() -> None:
    assert referring_column(CONTRACT["posting"], "officer") == "officer_id"
    assert referring_column(CONTRACT["grievance"], "officer") is None
    assert referring_column(CONTRACT["shift"], "incident") is None


def test_every_indicator_is_named_after_its_file_and_sorted() -> None:
    assert [i.name for i in indicators().values()] == sorted(indicators())
