"""Plans of a specification curve: what could as well have been chosen in each dimension, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from math import prod
from pathlib import Path
from typing import Annotated, Any, Final, Literal, get_args

from pydantic import Field

from data.toml_files import FrozenSection, read_model
from features.indicators import indicators
from models.detector import Family
from models.nulls.score_nulls import ScoreNullName
from models.nulls.truncated import FEWEST_PEERS
from models.peers import LEVELS
from models.selection.fdr import Combination
from pipeline.settings import SelectionBy, Settings

DEFAULT: Final = Path(__file__).with_name("default.toml")
"""The plan that is taken unless another is handed in."""

AS_RUN: Final = "as run"
"""The name, in every dimension, of what the run's own settings say."""

DIMENSIONS: Final = ("windows", "peers", "null", "combination", "selection", "detectors")
"""The dimensions, in the order in which choices are listed."""

EXCESS: Final = "excess"
"""What flags of excess hang on; they have a curve of their own."""

LONGEST: Final = 200_000
"""The most combinations of choices that a plan may span: each has to be looked at to tell which are the same."""

ATTRIBUTES: Final = ("role", "rank", "area")
"""What peers may have in common, from wide to narrow."""

Choices = tuple[int, ...]
"""A position in each dimension's alternatives; 0 stands for what the run's own settings say."""


class Choice(FrozenSection):
    """An alternative: its name, and why it could as well have been chosen."""

    name: str = Field(min_length=1)
    why: str = Field(min_length=1)


class Windows(Choice):
    """Look over these windows only."""

    days: tuple[int, ...] = Field(min_length=1)


class PeersBy(Choice):
    """Compare with peers that have other things in common, or take another size as large enough."""

    by: tuple[Literal["role", "rank", "area"], ...] | None = None
    smallest_group: int | None = Field(default=None, ge=2)

    @property
    def levels(self) -> tuple[tuple[str, ...], ...]:
        """The peer groups from the narrowest to everybody."""
        if self.by is None:
            return LEVELS
        common = {"area_id" if name == "area" else name for name in self.by}
        return tuple(level for level in LEVELS if set(level) <= common)


class Null(Choice):
    """Set the scores of pattern detectors against another null."""

    scores: ScoreNullName


class CombinationOf(Choice):
    """Combine detectors by another method, or with other weights; what is not said is as in the run."""

    method: Combination | None = None
    weights: dict[Family, Annotated[float, Field(gt=0)]] | None = None


class SelectionOf(Choice):
    """Select in every concern in another way."""

    by: SelectionBy


class Without(Choice):
    """Leave families of detectors out."""

    without: tuple[Family, ...] = Field(min_length=1)


class ExcessOf(Choice):
    """Claim an excess from so many times peers' rate on, or at another rate of those whose rate is lower."""

    times: float | None = Field(default=None, gt=1)
    q: float | None = Field(default=None, gt=0, lt=1)


class SpecificationPlan(FrozenSection):
    """A plan as its file says it.

    Up to `most` specifications of a kind of subject and concern all of them are run. Of more, all that differ from the
    run's own settings in one or two choices are, and of the rest a sample drawn by `seed` that brings them to `most`.
    """

    title: str
    seed: int = Field(default=1, ge=0)
    most: int = Field(default=5000, ge=1)
    windows: tuple[Windows, ...] = ()
    peers: tuple[PeersBy, ...] = ()
    null: tuple[Null, ...] = ()
    combination: tuple[CombinationOf, ...] = ()
    selection: tuple[SelectionOf, ...] = ()
    detectors: tuple[Without, ...] = ()
    excess: tuple[ExcessOf, ...] = ()
    """What could be claimed of an excess; it bears on no flag by comparison, and is no dimension of theirs."""

    @property
    def alternatives(self) -> tuple[tuple[Choice | None, ...], ...]:
        """The alternatives of each dimension; None, which comes first, is what the run's own settings say."""
        return tuple((None, *getattr(self, name)) for name in DIMENSIONS)

    @property
    def size(self) -> int:
        """How many combinations of choices there are."""
        return prod(len(alternatives) for alternatives in self.alternatives)

    def combinations(self) -> Iterator[Choices]:
        """Return every combination, those nearest to the run's own settings first."""
        every = product(*(range(len(alternatives)) for alternatives in self.alternatives))
        return iter(sorted(every, key=lambda choices: (changed(choices), choices)))

    def names(self, choices: Choices) -> tuple[str, ...]:
        """Return what is chosen, in words, in each dimension."""
        chosen = (alternatives[at] for alternatives, at in zip(self.alternatives, choices, strict=True))
        return tuple(AS_RUN if choice is None else choice.name for choice in chosen)

    def applied(self, choices: Choices, settings: Settings) -> AppliedChoices:
        """Return what a combination of choices makes of a run's settings."""
        return AppliedChoices.of(
            [alternatives[at] for alternatives, at in zip(self.alternatives, choices, strict=True)], settings
        )


def changed(choices: Choices) -> int:
    """Return in how many dimensions a combination differs from the run's own settings."""
    return sum(at > 0 for at in choices)


@dataclass(frozen=True)
class AppliedChoices:
    """A run's settings after other choices: with them the windows kept (None for all) and the families left out.

    `levels` are the peer groups from the narrowest to everybody.
    """

    settings: Settings
    windows: frozenset[int] | None
    levels: tuple[tuple[str, ...], ...]
    without: frozenset[str]

    @classmethod
    def of(cls, choices: list[Choice | None], settings: Settings) -> AppliedChoices:
        """Apply one choice of each dimension."""
        windows, levels, without, update = None, LEVELS, frozenset[str](), dict[str, Any]()
        for choice in choices:
            if isinstance(choice, Windows):
                windows = frozenset(choice.days)
            elif isinstance(choice, PeersBy):
                levels = choice.levels
                if choice.smallest_group is not None:
                    update["peers"] = settings.peers.model_copy(update={"smallest_group": choice.smallest_group})
            elif isinstance(choice, Null):
                update["calibration"] = settings.calibration.model_copy(update={"scores": choice.scores})
            elif isinstance(choice, CombinationOf):
                changed_fields = choice.model_dump(include={"method", "weights"}, exclude_none=True)
                update["combination"] = settings.combination.model_copy(update=changed_fields)
            elif isinstance(choice, SelectionOf):
                update["selection"] = dict.fromkeys(settings.selection, choice.by)
            elif isinstance(choice, Without):
                without = frozenset(choice.without)
        return cls(settings.model_copy(update=update), windows, levels, without)


def load_plan(path: Path | None = None) -> SpecificationPlan:
    """Read a plan from a TOML file; without one, the default.

    Raises:
        UsageError: it cannot be read, or has faults: all of them at once, in the user's words.
    """
    return read_model(
        path or DEFAULT,
        SpecificationPlan,
        document="plan of specifications",
        page="docs/reference/specifications.md",
        check=_faults,
        expected=f"for a dimension ({', '.join((*DIMENSIONS, EXCESS))}) alternatives with a name, a why, and a choice",
    )


def _faults(plan: SpecificationPlan) -> list[str]:
    """Return what is wrong with a plan beyond its types: names given twice, and choices that cannot be made."""
    faults = [*_names(plan), *_windows(plan), *_choices(plan)]
    if plan.size > LONGEST:
        faults.append(f"all choices together make {plan.size:,} combinations; at most {LONGEST:,} can be listed")
    return faults


def _names(plan: SpecificationPlan) -> list[str]:
    faults: list[str] = []
    for name in (*DIMENSIONS, EXCESS):
        counts = Counter(choice.name for choice in getattr(plan, name))
        faults += [f"{name}: the name '{n}' is given {times} times" for n, times in counts.items() if times > 1]
        faults += [f"{name}: '{AS_RUN}' is always there; it is not to be named"] * (AS_RUN in counts)
    return faults


def _windows(plan: SpecificationPlan) -> list[str]:
    known = sorted({days for indicator in indicators().values() for days in indicator.windows})
    unknown = {choice.name: [str(d) for d in choice.days if d not in known] for choice in plan.windows}
    windows = ", ".join(map(str, known))
    return [
        f"windows '{name}': no indicator looks over {', '.join(days)} days (there are: {windows})"
        for name, days in unknown.items()
        if days
    ]


def _choices(plan: SpecificationPlan) -> list[str]:
    faults: list[str] = []
    for peers in plan.peers:
        if peers.by is None and peers.smallest_group is None:
            faults.append(f"peers '{peers.name}': says neither by nor smallest_group")
        if peers.smallest_group is not None and peers.smallest_group < FEWEST_PEERS:
            faults.append(
                f"peers '{peers.name}': nothing is said of fewer than {FEWEST_PEERS} peers, so that smaller groups hide"
                f" their members; found a smallest_group of {peers.smallest_group}"
            )
        if peers.by is not None and peers.by != ATTRIBUTES[: len(peers.by)]:
            faults.append(f"peers '{peers.name}': by takes the first of role, rank, area, found {list(peers.by)}")
    faults += [
        f"combination '{c.name}': says neither method nor weights"
        for c in plan.combination
        if c.method is None and c.weights is None
    ]
    faults += [f"excess '{e.name}': says neither times nor q" for e in plan.excess if e.times is None and e.q is None]
    compared = [family for family in get_args(Family) if family not in ("contradiction", "excess", "baseline")]
    for place, name, families in _families(plan):
        faults += [
            f"{place} '{name}': {family} is no family of detectors that are combined (there are: {', '.join(compared)})"
            for family in families
            if family not in compared
        ]
    return faults


def _families(plan: SpecificationPlan) -> Iterator[tuple[str, str, list[str]]]:
    for left in plan.detectors:
        yield "detectors", left.name, [str(family) for family in left.without]
    for combined in plan.combination:
        yield "combination", combined.name, [str(family) for family in combined.weights or ()]
