"""What a scenario is: one way in which records, a force or an analyst goes wrong, with a dose."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

import pyarrow as pa

from data.synthetic.world import World
from pipeline.settings import Settings
from pipeline.trial import Trial
from stress.draft import Draft


@dataclass(frozen=True)
class Round:
    """One run among several: its number from 0, its as-of date and the next one's, its settings and what it found.

    `until` is None after the last round.
    """

    number: int
    as_of: date
    until: date | None
    settings: Settings
    trial: Trial


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """A way in which things go wrong, and how far: at dose 0 nothing happens, and the run is the unperturbed twin's.

    A scenario acts through its hooks, each of which may be left out:

    - `world` changes the settings of the world, which is then made anew under the same seed, so that all that the
      setting does not touch stays as it was;
    - `records` changes the record tables, and through the draft it is handed keeps the truth in step;
    - `settings` changes what the run is told;
    - `between` is called after each of several runs, at `rounds` (months before the end, the last one 0), may change
      the records from then on, and returns the next run's settings, or None to stop there. Only the last run counts.
      Without it all rounds run with the same settings;
    - `method` scores everybody by another method from the trials of all rounds, as rows of a trial's scores.

    `tables` are the record tables that may differ from the twin's, and `breaks` the contract's rules (as table and
    rule) that rows may break; tests hold both. A hook draws from `draft.rng` alone, whose stream depends on the seed
    and the scenario and not on the dose: draw one number for each row and compare it with the dose, so that a higher
    dose adds to what a lower one does.

    Example:
        >>> def lose_shifts(draft, dose):
        ...     draft.drop("shift", draft.rng.random(draft.size("shift")) < dose)
        >>> scenario = Scenario(
        ...     question="What if shifts are lost?",
        ...     modelled_on="an assumption",
        ...     expects="rates per shift rise",
        ...     dose="share of shifts",
        ...     doses=(0.1, 0.5),
        ...     tables=("shift",),
        ...     records=lose_shifts,
        ... )
        >>> scenario.own_twin
        False
    """

    question: str
    modelled_on: str
    expects: str
    dose: str
    doses: tuple[float, ...]
    tables: tuple[str, ...] = ()
    breaks: tuple[tuple[str, str], ...] = ()
    world: Callable[[World, float], World] | None = None
    records: Callable[[Draft, float], None] | None = None
    settings: Callable[[Settings, float], Settings] | None = None
    rounds: tuple[int, ...] = (0,)
    between: Callable[[Draft, Round, float], Settings | None] | None = None
    method: Callable[[Draft, Sequence[Trial], float], pa.Table] | None = None
    name: str = ""

    @property
    def own_twin(self) -> bool:
        """Whether its twin says more than the unperturbed run: a method of its own runs at dose 0 too."""
        return self.method is not None
