"""Plans: which worlds, sizes, seeds, scenarios, doses and detector sets are run together, as a TOML file."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any, Final

from pydantic import Field

from data.errors import OpencseError, UsageError
from data.registry import toml_files
from data.synthetic.planted_patterns import typologies
from data.synthetic.world import SMALLEST, World
from data.synthetic.world import load as load_world
from data.toml_files import FrozenSection, read_model
from pipeline.settings import Settings, over_defaults
from stress.scenario import Scenario
from stress.scenarios import scenario, scenarios

FOLDER: Final = Path(__file__).parent / "plans"

TWIN: Final = "twin"
"""The name under which the unperturbed run stands in results."""

CONTROLS: Final = "controls"
"""The name under which the negative controls stand in results; every plan has them."""

MEASURES: Final = (
    *("flags_per_1000", "precision", "false_discovery_proportion", "false_positive_rate", "recall"),
    *("innocent_flagged_per_46000", "flag_rate_ratio", "false_positive_ratio"),
)
"""The measures that a plan may keep."""

GROUPS: Final = (
    *("all", "sex", "ethnicity", "age_band", "disability", "religion", "carer", "rank", "role", "borough", "service"),
    *("archetype", "typology", "standing"),
)
"""What a plan may break measures down by."""


class PlanResults(FrozenSection):
    """What is kept of the rates of each cell; everything can be made again from the same plan."""

    measures: tuple[str, ...] = (
        *("flags_per_1000", "precision", "false_positive_rate", "recall"),
        "innocent_flagged_per_46000",
    )
    by: tuple[str, ...] = ("all", "sex", "ethnicity", "disability", "carer", "role", "service", "archetype", "typology")
    workload: float = Field(default=20.0, gt=0, le=1000)


class StressPlan(FrozenSection):
    """A plan as its file says it; `seeds` is a list, or how many from 1 on.

    Example:
        >>> plan = StressPlan(title="-", worlds=["tiny"], people=[80], seeds=1, scenarios=["duplicates"])
        >>> [(cell.scenario, cell.dose) for cell in plan.cells()]
        [('twin', 0.0), ('controls', 0.0), ('duplicates', 0.05), ('duplicates', 0.2), ('duplicates', 0.5)]
    """

    title: str
    worlds: tuple[str, ...] = Field(min_length=1)
    people: tuple[int, ...] = Field(min_length=1)
    months: int | None = Field(default=None, ge=1, le=120)
    seeds: int | tuple[int, ...]
    scenarios: tuple[str, ...] = ("*",)
    exclude: tuple[str, ...] = ()
    doses: dict[str, tuple[float, ...]] = Field(default_factory=dict)
    sets: dict[str, dict[str, Any]] = Field(default_factory=lambda: dict[str, dict[str, Any]](default={}))
    results: PlanResults = PlanResults()

    @property
    def seed_list(self) -> tuple[int, ...]:
        """The seeds, in order."""
        return tuple(range(1, self.seeds + 1)) if isinstance(self.seeds, int) else self.seeds

    @property
    def scenario_names(self) -> tuple[str, ...]:
        """The scenarios by name or path, those that come with OpenCSE first."""
        named = [n for n in scenarios() if ("*" in self.scenarios or n in self.scenarios) and n not in self.exclude]
        return (*named, *(n for n in self.scenarios if n != "*" and n not in scenarios()))

    def doses_of(self, subject: Scenario) -> tuple[float, ...]:
        """Return the doses of a scenario: the plan's, or else its own; 0 first where it has a twin of its own."""
        doses = sorted({d for d in self.doses.get(subject.name, subject.doses) if d > 0})
        return (0.0, *doses) if subject.own_twin else tuple(doses)

    def cells(self) -> list[Cell]:
        """Return every cell of the plan in order: world by world, the twin and the controls before its scenarios."""
        return list(self._cells())

    def _cells(self) -> Iterator[Cell]:
        sets = {name: _canonical_text(content) for name, content in self.sets.items()}
        for world in self.worlds:
            for people in self.people:
                for seed in self.seed_list:
                    for name, content in sets.items():
                        for scenario_name, dose in [(TWIN, 0.0), (CONTROLS, 0.0), *self._scenario_doses()]:
                            yield Cell(
                                world, people, self.months, seed, scenario_name, dose, name, content, self.results
                            )

    def resolved(self) -> dict[str, Any]:
        """Return the plan as plain values with all that it leaves to defaults filled in.

        Every set has all its settings, every world whether anything is `planted` in it, every scenario its doses.
        """
        return {
            **self.model_dump(mode="json", include={"title", "people", "months", "results"}),
            "seeds": list(self.seed_list),
            "worlds": {
                name: {"planted": bool(load_world(name).typologies.chosen(list(typologies())))} for name in self.worlds
            },
            "scenarios": {scenario(n).name: list(self.doses_of(scenario(n))) for n in self.scenario_names},
            "sets": {name: _settings(_canonical_text(c)).model_dump(mode="json") for name, c in self.sets.items()},
        }

    def _scenario_doses(self) -> list[tuple[str, float]]:
        return [(name, dose) for name in self.scenario_names for dose in self.doses_of(scenario(name))]


@dataclass(frozen=True)
class Cell:
    """One run of a plan. `overlay` is its set's settings over the defaults, as JSON; small enough to send anywhere."""

    world: str
    people: int
    months: int | None
    seed: int
    scenario: str
    dose: float
    set: str
    overlay: str
    results: PlanResults

    # A cell carries names and texts, and makes worlds and settings of them where it runs: a worker is sent few bytes.

    @property
    def resolved_world(self) -> World:
        """The world's settings."""
        return load_world(self.world, people=self.people, months=self.months, seed=self.seed)

    @property
    def settings(self) -> Settings:
        """The run's settings."""
        return _settings(self.overlay)

    @property
    def declaration(self) -> Scenario | None:
        """The scenario; None for the twin and the controls."""
        return None if self.scenario in (TWIN, CONTROLS) else scenario(self.scenario)


@cache
def _settings(overlay: str) -> Settings:
    return over_defaults(json.loads(overlay), where="the plan's detector set")


def _canonical_text(content: Mapping[str, Any]) -> str:
    return json.dumps(content, sort_keys=True)


def names() -> list[str]:
    """Return the names of the plans that come with OpenCSE.

    Example:
        >>> names()
        ['budget', 'full', 'quick', 'standard']
    """
    return list(toml_files(FOLDER))


def load_plan(name_or_path: str) -> StressPlan:
    """Read a plan by its name or from a TOML file.

    Raises:
        UsageError: there is no such plan, or it has faults: all of them at once, in the user's words.

    Example:
        >>> plan = load_plan("quick")
        >>> plan.seed_list, len(plan.cells())
        ((1, 2, 3), 30)
    """
    path = FOLDER / f"{name_or_path}.toml" if name_or_path in names() else Path(name_or_path)
    if path.suffix != ".toml" or not path.is_file():
        raise UsageError(
            f"There is no plan '{name_or_path}'.", expected=f"one of {', '.join(names())}, or the path of a .toml file"
        )
    return read_model(path, StressPlan, document="stress plan", page="docs/reference/plans.md", check=_faults)


def _faults(plan: StressPlan) -> list[str]:
    """Return what is wrong with a plan beyond its types: names that do not exist, and numbers that make no sense."""
    faults = [f"people: a world has at least {SMALLEST}, found {n}" for n in plan.people if n < SMALLEST]
    if not plan.seed_list or min(plan.seed_list) < 0 or len(set(plan.seed_list)) < len(plan.seed_list):
        faults.append(f"seeds: expected a number from 1 on or a list of different numbers, found {plan.seeds}")
    faults += [f"exclude: there is no scenario '{n}'" for n in plan.exclude if n not in scenarios()]
    reserved = [name for name in (TWIN, CONTROLS) if name in plan.scenarios]
    faults += [f"scenarios: '{name}' is always there; it is not to be named" for name in reserved]
    for name in plan.worlds:
        faults += _faults_of(f"worlds: {name}", partial(load_world, name))
    for name in plan.scenarios:
        if name not in ("*", TWIN, CONTROLS):
            faults += _faults_of("scenarios", partial(scenario, name))
    names = set(scenarios()) | {Path(n).stem for n in plan.scenarios}
    faults += [f"doses: there is no scenario '{n}'" for n in plan.doses if n not in names]
    faults += [
        f"doses.{n}: expected numbers above 0, found {d}" for n, d in plan.doses.items() if min(d, default=0) <= 0
    ]
    if not plan.sets:
        faults.append("sets: there must be one")
    for name, content in plan.sets.items():
        faults += _faults_of(f"sets.{name}", partial(_settings, _canonical_text(content)))
    faults += [f"results.measures: there is no measure '{m}'" for m in plan.results.measures if m not in MEASURES]
    faults += [f"results.by: nothing is broken down by '{b}'" for b in plan.results.by if b not in GROUPS]
    return faults


def _faults_of(place: str, check: Callable[[], object]) -> list[str]:
    try:
        check()
    except OpencseError as error:
        return [f"{place}: {error.summary}" + (f" ({error.found})" if error.found else "")]
    return []
