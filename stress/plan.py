"""Plans: which worlds, sizes, seeds, scenarios, doses and detector sets are run together, as a TOML file."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any, Final

from pydantic import Field, PrivateAttr

from data.errors import OpencseError, UsageError
from data.registry import toml_files
from data.synthetic.generate import GENERATOR
from data.synthetic.planted_patterns import typologies
from data.synthetic.world import SMALLEST, World
from data.synthetic.world import load as load_world
from data.toml_files import FrozenSection, read_model
from pipeline.digest import file_digest
from pipeline.extras import check_extras
from pipeline.settings import CodeNotTrusted, Settings, over_defaults
from stress.scenario import Scenario
from stress.scenarios import scenario, scenarios

FOLDER: Final = Path(__file__).parent / "plans"

TWIN: Final = "twin"
"""The name under which the unperturbed run stands in results."""

CONTROLS: Final = "controls"
"""The name under which the negative controls stand in results; every plan has them."""

LARGEST: Final = 1_000_000
"""The most people that a world of a plan may have."""

MOST_SEEDS: Final = 10_000
"""The most seeds that a plan may count; a list may name any of them."""

LARGEST_SEED: Final = 2**63 - 1

MEASURES: Final = (
    *("flags_per_1000", "precision", "false_discovery_proportion", "false_positive_rate", "recall"),
    *("innocent_flagged_per_46000", "flag_rate_ratio", "false_positive_ratio"),
)
"""The measures that a plan may keep."""

GROUPS: Final = (
    *("all", "sex", "ethnicity", "age_band", "disability", "religion", "carer", "rank", "role", "borough", "service"),
    *("archetype", "typology", "intensity", "standing"),
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
    _trust_code: bool = PrivateAttr(default=False)
    _folder: Path = PrivateAttr(default=Path())

    @property
    def trust_code(self) -> bool:
        """Whether code that the plan names, and that is not OpenCSE's, may run; no file can say so of itself."""
        return self._trust_code

    @property
    def own_code(self) -> tuple[Path, ...]:
        """The Python files that the plan names: scenarios, which run as soon as they are read."""
        return tuple(Path(self._located(name)) for name in self.scenarios if _is_own(name))

    @property
    def seed_list(self) -> tuple[int, ...]:
        """The seeds, in order."""
        return tuple(range(1, self.seeds + 1)) if isinstance(self.seeds, int) else self.seeds

    @property
    def scenario_names(self) -> tuple[str, ...]:
        """The scenarios by name or path, those that come with OpenCSE first."""
        named = [n for n in scenarios() if ("*" in self.scenarios or n in self.scenarios) and n not in self.exclude]
        return (*named, *(self._located(n) for n in self.scenarios if n != "*" and n not in scenarios()))

    def _located(self, name: str) -> str:
        """Return a scenario's name, or where its file lies: paths are relative to the plan's file."""
        return str(self._folder / name) if _is_own(name) else name

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
                            where = (world, people, self.months, seed, scenario_name, dose, name)
                            yield Cell(*where, content, self.results, self.trust_code)

    def resolved(self) -> dict[str, Any]:
        """Return the plan as plain values with all that it leaves to defaults filled in.

        Every set has all its settings, every world whether anything is `planted` in it, every scenario its doses. The
        `generator` is that of the code.
        """
        return {
            **self.model_dump(mode="json", include={"title", "people", "months", "results"}),
            "generator": GENERATOR,
            "seeds": list(self.seed_list),
            # As the plan names them: where its folder lies is not of the plan, and shows in no byte of what it writes.
            "own_code": [
                {"path": name, "sha256": file_digest(Path(self._located(name)))}
                for name in self.scenarios
                if _is_own(name)
            ],
            "worlds": {
                name: {"planted": bool(load_world(name).typologies.chosen(list(typologies())))} for name in self.worlds
            },
            "scenarios": {s.name: list(self.doses_of(s)) for s in map(self._scenario, self.scenario_names)},
            "sets": {name: self._set(name).model_dump(mode="json") for name in self.sets},
        }

    def _set(self, name: str) -> Settings:
        return _settings(_canonical_text(self.sets[name]), self.trust_code)

    def _scenario_doses(self) -> list[tuple[str, float]]:
        return [(name, dose) for name in self.scenario_names for dose in self.doses_of(self._scenario(name))]

    def _scenario(self, name: str) -> Scenario:
        return trusted_scenario(name, trust_code=self.trust_code)


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
    trust_code: bool = False

    # A cell carries names and texts, and makes worlds and settings of them where it runs: a worker is sent few bytes.

    @property
    def resolved_world(self) -> World:
        """The world's settings."""
        return load_world(self.world, people=self.people, months=self.months, seed=self.seed)

    @property
    def settings(self) -> Settings:
        """The run's settings."""
        return _settings(self.overlay, self.trust_code)

    @property
    def declaration(self) -> Scenario | None:
        """The scenario; None for the twin and the controls.

        Raises:
            CodeNotTrusted: it is a file that is not OpenCSE's, and the plan was read without `trust_code`.
        """
        if self.scenario in (TWIN, CONTROLS):
            return None
        return trusted_scenario(self.scenario, trust_code=self.trust_code)


def _is_own(name: str) -> bool:
    """Say whether a plan names a Python file where it could name a scenario."""
    return name not in scenarios() and name.endswith(".py")


@cache
def _settings(overlay: str, trust_code: bool) -> Settings:
    return over_defaults(json.loads(overlay), where="the plan's detector set", trust_code=trust_code)


def _canonical_text(content: Mapping[str, Any]) -> str:
    return json.dumps(content, sort_keys=True)


def names() -> list[str]:
    """Return the names of the plans that come with OpenCSE.

    Example:
        >>> names()
        ['budget', 'full', 'quick', 'standard', 'week']
    """
    return list(toml_files(FOLDER))


def load_plan(name_or_path: str, *, trust_code: bool = False) -> StressPlan:
    """Read a plan by its name or from a TOML file; Python files that it names are run only with `trust_code`.

    Paths of such files are relative to the plan's file.

    Raises:
        UsageError: there is no such plan, or it has faults: all of them at once, in the user's words; or a library that
            its detectors need is not installed.
        CodeNotTrusted: it names code that is not OpenCSE's, and `trust_code` is not given.

    Example:
        >>> plan = load_plan("quick")
        >>> plan.seed_list, len(plan.cells())
        ((906, 907, 908), 21)
    """
    path = FOLDER / f"{name_or_path}.toml" if name_or_path in names() else Path(name_or_path)
    if path.suffix != ".toml" or not path.is_file():
        raise UsageError(
            f"There is no plan '{name_or_path}'.", expected=f"one of {', '.join(names())}, or the path of a .toml file"
        )

    def check(plan: StressPlan) -> list[str]:
        plan._trust_code, plan._folder = trust_code, path.parent
        # Before anything else is looked at: to look at a scenario is to run its file.
        if plan.own_code and not trust_code:
            raise not_trusted(plan.own_code, where=str(path))
        return _faults(plan)

    plan = read_model(path, StressPlan, document="stress plan", page="docs/reference/plans.md", check=check)
    for content in plan.sets.values():
        check_extras(_settings(_canonical_text(content), trust_code), records=False)
    return plan


def trusted_scenario(name_or_path: str, *, trust_code: bool) -> Scenario:
    """Return a scenario that a plan names; one in a Python file only with `trust_code`, because to read it runs it.

    Raises:
        UsageError: there is none of that name, or the file declares none.
        CodeNotTrusted: it is a Python file, and `trust_code` is not given.
    """
    if _is_own(name_or_path) and not trust_code:
        raise not_trusted([Path(name_or_path)], where="the plan")
    return scenario(name_or_path)


def not_trusted(files: Sequence[Path], *, where: str) -> CodeNotTrusted:
    """Return the refusal to run files that a plan names, with what each holds."""
    there = [f"{path} (SHA-256 {file_digest(path)})" if path.is_file() else f"{path} (no such file)" for path in files]
    return CodeNotTrusted(
        "The plan names code that is not OpenCSE's.",
        expected="scenarios that come with OpenCSE, or a word that these files may run",
        found=", ".join(there),
        where=where,
        hint="Read these files. If you trust them, add --trust-code: they then run with your rights.",
    )


def _faults(plan: StressPlan) -> list[str]:
    """Return what is wrong with a plan beyond its types: names that do not exist, and numbers that make no sense."""
    faults = [f"people: a world has at least {SMALLEST}, found {n}" for n in plan.people if n < SMALLEST]
    faults += [f"people: a world has at most {LARGEST:,}, found {n}" for n in plan.people if n > LARGEST]
    faults += _seed_faults(plan.seeds)
    faults += [f"exclude: there is no scenario '{n}'" for n in plan.exclude if n not in scenarios()]
    reserved = [name for name in (TWIN, CONTROLS) if name in plan.scenarios]
    faults += [f"scenarios: '{name}' is always there; it is not to be named" for name in reserved]
    for name in plan.worlds:
        faults += _faults_of(f"worlds: {name}", partial(load_world, name))
    for name in plan.scenario_names:
        if name not in (TWIN, CONTROLS):
            faults += _faults_of("scenarios", partial(trusted_scenario, name, trust_code=plan.trust_code))
    names = set(scenarios()) | {Path(n).stem for n in plan.scenarios}
    faults += [f"doses: there is no scenario '{n}'" for n in plan.doses if n not in names]
    faults += [
        f"doses.{n}: expected numbers above 0, found {d}"
        for n, d in plan.doses.items()
        if not d or not all(0 < dose < math.inf for dose in d)
    ]
    if not plan.sets:
        faults.append("sets: there must be one")
    for name, content in plan.sets.items():
        faults += _faults_of(f"sets.{name}", partial(_settings, _canonical_text(content), plan.trust_code))
    faults += [f"results.measures: there is no measure '{m}'" for m in plan.results.measures if m not in MEASURES]
    faults += [f"results.by: nothing is broken down by '{b}'" for b in plan.results.by if b not in GROUPS]
    return faults


def _seed_faults(seeds: int | tuple[int, ...]) -> list[str]:
    wrong = not 1 <= seeds <= MOST_SEEDS if isinstance(seeds, int) else not seeds or len(set(seeds)) < len(seeds)
    wrong = wrong or (isinstance(seeds, tuple) and not all(0 <= seed <= LARGEST_SEED for seed in seeds))
    expected = f"a number from 1 to {MOST_SEEDS:,} or a list of different numbers from 0 to {LARGEST_SEED}"
    return [f"seeds: expected {expected}, found {seeds}"] if wrong else []


def _faults_of(place: str, check: Callable[[], object]) -> list[str]:
    try:
        check()
    except OpencseError as error:
        return [f"{place}: {error.summary}" + (f" ({error.found})" if error.found else "")]
    return []
