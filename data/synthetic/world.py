"""The settings of a synthetic world: a TOML file of `data/synthetic/worlds/`, or one of the user's own.

`docs/reference/worlds.md` documents every setting. All faults of a file are reported at once, in the user's words.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from data.errors import UsageError
from data.registry import toml_files
from data.setting_faults import describe_faults
from data.synthetic.drawn_settings import drawn_settings, merged, ordinary_draws, ordinary_settings
from data.synthetic.figures import figures

_FOLDER = Path(__file__).with_name("worlds")

_FIRST_DAY, _MONTHS, _SEED = date(2024, 9, 1), 24, 1

_TOURS_A_YEAR = 180
"""About how many tours a person works a year, over all roles and part-time work."""

_LEFT_BY_PATTERNS = 0.95
"""Patterns whose shares are drawn add more edits and complaints on average than they do at their median."""

_ONLY_INTEREST = 0.7
"""Share of people whose undeclared interest is the only one they have."""

_COMPLAINT_CAUSES = ("complaint_cluster", "complainant_series")

SMALLEST = 60
"""The fewest people a world may have: below it there are too few teams for a force."""


class _Settings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Planting(_Settings):
    """What one world changes about one typology or archetype; null keeps what its file says."""

    share: float | None = Field(default=None, ge=0, le=1, description="share of eligible subjects")
    intensity: float | None = Field(default=None, gt=0, le=50, description="as the typology's file defines it")
    months: tuple[float, float] | None = Field(default=None, description="shortest and longest duration")


class Plantings(_Settings):
    """Which typologies or archetypes a world has, and how many and how strong."""

    include: tuple[str, ...] = Field(default=("*",), description='names, or "*" for every one found')
    exclude: tuple[str, ...] = ()
    scale: float = Field(default=1.0, ge=0, le=20, description="multiplies every share")
    intensity: float = Field(default=1.0, gt=0, le=10, description="multiplies every intensity")
    settings: dict[str, Planting] = Field(default_factory=dict)
    shares: dict[str, float] = Field(default_factory=dict, description="multiples of shares, by name")
    intensities: dict[str, float] = Field(default_factory=dict, description="multiples of intensities, by name")

    def chosen(self, found: list[str]) -> list[str]:
        """Return the names this world has, of those found."""
        wanted = set(found) if "*" in self.include else set(self.include)
        return sorted(wanted & set(found) - set(self.exclude))


class Reporting(_Settings):
    """How likely a matter is reported, relative to a white officer in the same situation. 1 means no difference."""

    asian: float = Field(default=1.0, gt=0, le=2)
    black: float = Field(default=1.0, gt=0, le=2)
    mixed: float = Field(default=1.0, gt=0, le=2)
    other: float = Field(default=1.0, gt=0, le=2)

    def factor(self, ethnicity: str) -> float:
        """Return the factor for an officer's ethnicity; 1 where the settings name none."""
        return float(getattr(self, ethnicity, 1.0))


class PracticeChange(_Settings):
    """A day from which a table is recorded more fully than before."""

    on: date = date(2025, 9, 1)
    increase: float = Field(default=0.715, gt=0, le=3, description="how much more is recorded from then on")


class Recording(_Settings):
    """What goes wrong, or changes, between what happens and what the records say."""

    duplicates: float = Field(default=0.002, ge=0, le=0.5, description="share of rows recorded twice")
    mislinks: float = Field(default=0.001, ge=0, le=0.5, description="share of rows put down to a colleague")
    audit_gaps: float = Field(default=0.3, ge=0, le=50, description="gaps in look-up logs a year and cell")
    clock_errors: float = Field(default=0.2, ge=0, le=50, description="weeks a year and cell with clocks an hour fast")
    broken: float = Field(default=0.0, ge=0, le=0.5, description="share of rows that break the contract")
    force_practice: PracticeChange | None = Field(default=None, description="force is recorded more fully from a day")
    complaint_practice: PracticeChange | None = Field(default=None, description="complaints are logged more fully")


class ForceShape(_Settings):
    """The shape of the force; 0 lets the number of people decide."""

    boroughs: int = Field(default=0, ge=0, le=32)
    commands: int = Field(default=0, ge=0, le=12)
    borough_spread: float = Field(default=0.35, ge=0, le=2, description="log standard deviation of how busy they are")
    team_size: float = Field(default=10.2, ge=6, le=16, description="mean people a team")
    roles: dict[str, float] = Field(default_factory=dict, description="multiples of the share of teams, by role")


class World(_Settings):
    """Everything that determines a synthetic force, except the code."""

    name: str
    title: str
    people: int = Field(ge=SMALLEST, le=1_000_000)
    months: int = Field(default=_MONTHS, ge=1, le=120)
    seed: int = Field(default=_SEED, ge=0, lt=2**63)
    starts_on: date = _FIRST_DAY
    structure: ForceShape = ForceShape()
    typologies: Plantings = Plantings()
    archetypes: Plantings = Plantings()
    reporting: Reporting = Reporting()
    recording: Recording = Recording()
    figures: dict[str, float] = Field(default_factory=dict)
    draws: dict[str, float] = Field(
        default_factory=ordinary_draws, description="what was drawn, by prior; in a designed world the medians"
    )

    def draw(self, name: str) -> float:
        """Return what was drawn under a name; in a designed world the median of its prior."""
        return self.draws[name]

    @property
    def ends_on(self) -> date:
        """The first day after the world: no row is known on or after it."""
        months = self.starts_on.month - 1 + self.months
        return date(self.starts_on.year + months // 12, months % 12 + 1, 1)

    def figure(self, name: str) -> float:
        """Return a figure: this world's own value, or else the published or assumed one."""
        return self.figures.get(name, figures()[name].value)

    def ordinary(self, name: str) -> float:
        """Return the part of a figure that ordinary life gives; archetypes, typologies and nuisances give the rest."""
        return self.figure(name) * figures()[name].ordinary * self._before_nuisances(name)

    def _before_nuisances(self, name: str) -> float:
        """Return the share of ordinary rows that are there before nuisances add theirs."""
        if name == "complaint_cases":
            # Four in five of the complainants who come again do so in time to be seen.
            one, again = (self.draw(f"rate/{cause}") * self.draw(f"size/{cause}") for cause in _COMPLAINT_CAUSES)
            return _LEFT_BY_PATTERNS / (1 + one + 0.8 * again)
        if name == "searches":
            return 1 / (1 + self.draw("rate/search_operation") * self.draw("size/search_operation"))
        if name == "roster_edits":
            # One tour in ten has overtime, which a colleague may book.
            kinds = {"supervisor_cut": 1.0, "late_booking": 1.0, "colleague_booking": 0.1}
            a_tour = sum(self.draw(f"rate/{kind}") * share for kind, share in kinds.items())
            return max(0.3, _LEFT_BY_PATTERNS - a_tour * _TOURS_A_YEAR / self.figure(name))
        if name == "business_interest_share":
            return 1 / (1 - _ONLY_INTEREST * self.draw("rate/interest_undeclared"))
        return 1.0


def names() -> list[str]:
    """Return the names of the worlds that come with OpenCSE."""
    return list(toml_files(_FOLDER))


def describe(name: str) -> str:
    """Return one line that says what a world is for."""
    return str(_read(_path_of(name))["title"])


def load(name_or_path: str, *, people: int | None = None, months: int | None = None, seed: int | None = None) -> World:
    """Return a world by its name or from a TOML file, with its size, length or seed replaced where given.

    A file that says `drawn = true` has its other settings drawn by its seed; others stand on the ordinary force. Raises
    UsageError for an unknown name, and for a file with faults: all of them at once.

    Example:
        >>> load("tiny", people=100).people
        100
    """
    path = _path_of(name_or_path)
    given = {"people": people, "months": months, "seed": seed}
    settings = {"name": path.stem, **_read(path), **{key: value for key, value in given.items() if value is not None}}
    faults = _faults(settings)
    settings = _with_draws(settings)
    try:
        world = World.model_validate(settings)
    except ValidationError as error:
        raise _refused(path, [*describe_faults(error), *faults]) from None
    if faults:
        raise _refused(path, faults)
    return world


def _with_draws(settings: dict[str, Any]) -> dict[str, Any]:
    """Return the settings with draws under them, where the file is sound enough to say for what."""
    is_drawn = settings.pop("drawn", False) is True
    starts_on, months = settings.get("starts_on", _FIRST_DAY), settings.get("months", _MONTHS)
    seed, people = settings.get("seed", _SEED), settings.get("people")
    if not (isinstance(starts_on, date) and isinstance(months, int) and isinstance(seed, int)):
        return settings
    if not isinstance(people, int) or people < SMALLEST:
        return settings
    if is_drawn:
        return merged(drawn_settings(seed, people=people, starts_on=starts_on, months=months), settings)
    return merged(ordinary_settings(people=people, starts_on=starts_on, months=months), settings)


def median_world(*, people: int, months: int = _MONTHS, seed: int = _SEED) -> World:
    """Return the drawn world in which every prior gives its median: what is published stands in its middle."""
    own = {"name": "drawn", "title": "the median of all draws", "people": people, "months": months, "seed": seed}
    return World.model_validate(merged(drawn_settings(None, people=people, starts_on=_FIRST_DAY, months=months), own))


def _path_of(name_or_path: str) -> Path:
    own = _FOLDER / f"{name_or_path}.toml"
    if name_or_path in names():
        return own
    path = Path(name_or_path)
    if path.suffix == ".toml" and path.is_file():
        return path
    raise UsageError(
        f"There is no world '{name_or_path}'.",
        expected=f"one of {', '.join(names())}, or the path of a .toml file",
        hint="`opencse worlds` says what each is for.",
    )


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8-sig"))  # some editors put a byte order mark first
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(
            "The world file is not valid TOML.", found=str(error), where=str(path), hint="Mend the line it names."
        ) from None


def _faults(settings: Mapping[str, Any]) -> list[str]:
    """Return what is wrong with the settings beyond their types: names that do not exist, and a crooked first day."""
    own = settings.get("figures", {})
    unknown = [name for name in own if name not in figures()] if isinstance(own, Mapping) else []
    faults = [f"figures.{name}: there is no such figure" for name in unknown]
    starts_on = settings.get("starts_on")
    if isinstance(starts_on, date) and starts_on.day != 1:
        faults.append("starts_on: a world starts on the first day of a month")
    for section in ("typologies", "archetypes"):
        known = _named_in(section)
        unknown = sorted(_named(settings.get(section, {})) - known)
        faults.extend(f"{section}: there is no '{name}' (there are: {', '.join(sorted(known))})" for name in unknown)
    return faults


def _named_in(folder: str) -> set[str]:
    """Return the names of the patterns in a folder: those of its files, which need not be imported to know them."""
    return {path.stem for path in Path(__file__).with_name(folder).glob("*.py") if not path.stem.startswith("_")}


def _named(section: Any) -> set[str]:
    """Return every pattern that a section names, as far as it is readable at all."""
    if not isinstance(section, Mapping):
        return set()
    lists = [section.get(key) for key in ("include", "exclude")]
    names = {name for given in lists if isinstance(given, list) for name in given if isinstance(name, str)}
    settings = section.get("settings")
    return (names | set(settings if isinstance(settings, Mapping) else ())) - {"*"}


def _refused(path: Path, faults: list[str]) -> UsageError:
    return UsageError(
        f"The world file has {len(faults)} fault{'s' if len(faults) > 1 else ''}.",
        found="; ".join(faults),
        where=str(path),
        hint="docs/reference/worlds.md lists every setting.",
    )
