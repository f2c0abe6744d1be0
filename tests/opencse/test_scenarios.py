"""The command `scenarios`, as its users call it."""

from __future__ import annotations

from stress.scenarios import scenarios
from tests.command_line import call, json_of, output_of


def test_scenarios_are_listed_with_their_questions_and_doses() -> None:
    listed = json_of("scenarios")
    assert listed.keys() == scenarios().keys()
    for name, fields in listed.items():
        assert fields["question"] == scenarios()[name].question
        assert fields["doses"] == list(scenarios()[name].doses)
    assert "What if" in output_of("scenarios")


def test_scenarios_takes_no_argument() -> None:
    assert call("scenarios", "duplicates").exit_code == 2
