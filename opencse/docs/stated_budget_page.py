"""The page on the budget statement of the plan `budget`: where promises about false flags stop holding, and at what."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from opencse.docs.markdown import render, table
from stress.budget.promise import EXCEEDS, HOLDS
from stress.plan import TWIN

PAGE: Final = "docs/findings/stated-budget.md"
RESULTS: Final = "benchmarks/results/stated_budget.json"

PLANTED, NOTHING_PLANTED = "drawn", "drawn-null"
WELFARE: Final = ("officer", "welfare")
OF: Final = {
    ("officer", "standards"): "standards",
    ("officer", "culture"): "culture, officers",
    ("unit", "culture"): "culture, teams",
    WELFARE: "welfare",
}
"""Whose flags, and for which concern, in the words of the page."""

_Cell = Mapping[str, Any]
_Of = tuple[str, str]


def stated_budget_page(root: Path) -> str:
    """Return the page in Markdown."""
    results = json.loads((root / RESULTS).read_text(encoding="utf-8"))
    cells = results["cells"]
    scenarios, unmoved = _by_scenario(cells)
    places = [(world, of) for world in (PLANTED, NOTHING_PLANTED) for of in OF if of != WELFARE]
    heads = [f"{OF[of]}{'' if world == PLANTED else ', nothing planted'}" for world, of in places]
    unperturbed = {(c["world"], (c["subject_kind"], c["concern"])): c for c in cells if c["scenario"] == TWIN}
    return render(
        "stated_budget.md.jinja",
        results=results,
        seeds=f"{results['seeds'][0]} to {results['seeds'][-1]}",
        unperturbed=table(
            ["of", "forces", "false", "at most", "verdict", "innocent people per 46,000"], _unperturbed(unperturbed)
        ),
        doses=table(["scenario", "doses", *heads], _doses(scenarios, places)),
        unmoved=unmoved,
        welfare=unperturbed[PLANTED, WELFARE],
    )


def _unperturbed(cells: Mapping[tuple[str, _Of], _Cell]) -> Iterator[list[str]]:
    for of, name in OF.items():
        for world, forces in ((PLANTED, "with patterns"), (NOTHING_PLANTED, "nothing planted")):
            cell = cells[world, of]
            false = f"{cell['achieved']:.0%} (standard error {cell['standard_error']:.0%})"
            people = f"{cell['innocents_per_46000']:,.0f}" if of[0] == "officer" else ""
            yield [name, forces, false, f"{cell['upper']:.0%}", _verdict(cell), people]


def _verdict(cell: _Cell) -> str:
    if cell["verdict"] == EXCEEDS:
        return "**exceeded**"
    return "holds as far as measured" if cell["verdict"] == HOLDS else "too few forces to say"


_Moved = Mapping[str, Mapping[tuple[str, _Of], Sequence[_Cell]]]


def _by_scenario(cells: Sequence[_Cell]) -> tuple[_Moved, list[str]]:
    """Return the cells of each scenario, dose by dose, that moves any share but welfare's, and the names of others."""
    twin = {_place(c): c["achieved"] for c in cells if c["scenario"] == TWIN}
    of_scenario: dict[str, dict[tuple[str, _Of], list[_Cell]]] = {}
    for cell in sorted((c for c in cells if c["scenario"] != TWIN), key=_by_dose):
        of_scenario.setdefault(cell["scenario"], {}).setdefault(_place(cell), []).append(cell)
    moved = {
        name: places
        for name, places in of_scenario.items()
        if any(c["achieved"] != twin[of] for of, doses in places.items() if of[1] != WELFARE for c in doses)
    }
    return moved, sorted(set(of_scenario) - set(moved))


def _place(cell: _Cell) -> tuple[str, _Of]:
    return cell["world"], (cell["subject_kind"], cell["concern"])


def _by_dose(cell: _Cell) -> tuple[str, float]:
    return cell["scenario"], cell["dose"]


def _doses(scenarios: _Moved, places: Sequence[tuple[str, _Of]]) -> Iterator[list[str]]:
    for name, by_place in scenarios.items():
        doses = ", ".join(f"{cell['dose']:g}" for cell in next(iter(by_place.values())))
        yield [f"[{name}]({name}.md)", doses, *(", ".join(map(_share, by_place[place])) for place in places)]


def _share(cell: _Cell) -> str:
    share = f"{cell['achieved']:.0%}"
    return f"**{share}**" if cell["verdict"] == EXCEEDS else share
