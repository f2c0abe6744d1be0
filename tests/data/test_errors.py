"""Errors speak in the user's words and end in a documented exit code; faults in a settings file are told one by one."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from data import errors
from data.errors import InputRejected, OpencseError, UsageError
from data.setting_faults import describe_faults

KINDS = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, OpencseError)]


def test_an_error_is_its_summary_and_each_detail_that_is_known() -> None:
    error = InputRejected("The file cannot be read.", expected="text", where="a.csv, line 3", hint="Save it again.")
    assert str(error).splitlines() == [
        "The file cannot be read.",
        "  expected: text",
        "  where: a.csv, line 3",
        "  do: Save it again.",
    ]
    assert str(UsageError("No.")) == "No."


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_exit_code_is_documented(kind: type[OpencseError]) -> None:
    page = (Path(__file__).parents[2] / "docs" / "reference" / "exit-codes.md").read_text(encoding="utf-8")
    assert f"\n| {kind.exit_code} |" in page


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid")
    people: int = Field(ge=1)
    name: str


@pytest.mark.parametrize(
    ("content", "faults"),
    [
        ({}, ["people: this setting is missing", "name: this setting is missing"]),
        ({"people": 1, "name": "a", "colour": "blue"}, ["colour: there is no such setting"]),
        ({"people": 0, "name": "a"}, ["people: input should be greater than or equal to 1, found 0"]),
        ({"people": "x", "name": 3}, ["people: input should be a valid integer", "name: input should be a valid str"]),
    ],
)
def test_every_fault_is_told_at_once_with_its_place(content: dict[str, object], faults: list[str]) -> None:
    with pytest.raises(ValidationError) as caught:
        Section.model_validate(content)
    lines = describe_faults(caught.value)
    assert len(lines) == len(faults)
    assert all(line.startswith(fault) for line, fault in zip(lines, faults, strict=True))
