"""Interests that a register holds and nobody declared, or declared under another kind."""

from __future__ import annotations

from data.synthetic.nuisance import Nuisance, Tendency


def _leave(tendency: Tendency) -> None:
    declaration = tendency.cell.tables["declaration"]
    hits = tendency.hits(declaration["officer_id"], declaration["declared_on"])
    tendency.cell.tables["declaration"] = declaration.take(~hits)


NUISANCE = Nuisance(
    name="interest_undeclared",
    summary="has an interest on a register and never declared it",
    serves=(
        "undeclared_interest",
        "register_entries_undeclared",
    ),
    leave=_leave,
)
