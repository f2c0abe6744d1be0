"""The command `catalogue`, as its users call it."""

from __future__ import annotations

from tests.command_line import json_of, output_of, refusal_of


def test_the_catalogue_lists_and_shows_everything_declared() -> None:
    listed = json_of("catalogue")
    assert {entry["kind"] for entry in listed} == {"indicator", "rule", "detector", "baseline"}
    table = output_of("catalogue")
    assert all(entry["name"] in table for entry in listed)


def test_one_declaration_is_shown_whole_or_as_json() -> None:
    assert "## Worked cases" in output_of("catalogue", "roster_self_edits")
    assert "What it cannot see" in output_of("catalogue", "undeclared_interest")
    assert "assume" in output_of("catalogue", "peer_rate")
    assert [entry["name"] for entry in json_of("catalogue", "peer_rate")] == ["peer_rate"]


def test_a_name_there_is_none_of_is_refused() -> None:
    error = refusal_of("catalogue", "nothing")
    assert (error.exit_code, "called 'nothing'" in str(error)) == (2, True)
