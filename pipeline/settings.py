"""What a run is told: the settings file over the defaults, checked at once and resolved to names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from copy import copy
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, ValidationError

from data.errors import UsageError, VerificationFailed
from data.setting_faults import describe_faults
from data.vocabulary import CONCERNS, Concern
from features.indicator import Indicator
from models.contradictions.rule import Rule
from models.detector import Detector, Family
from models.estimators import may_be_named
from models.nulls.score_nulls import ScoreNullName
from models.pattern import Pattern
from models.purposes import Purposes, from_content
from models.purposes import read as read_purposes
from models.selection.across_dates import Across
from models.selection.fdr import Combination, Dependence
from pipeline.repertoire import PART_KINDS, OwnFile, PartKind, Repertoire, own_files, repertoire
from pipeline.settings_tree import laid_over, read_tree

DEFAULTS: Final = Path(__file__).parent / "defaults.toml"

FILE_SETTINGS: Final[Mapping[PartKind, tuple[str, str]]] = MappingProxyType(
    {
        "indicator": ("features", "files"),
        "policy": ("models", "policy_files"),
        "rule": ("models", "rule_files"),
        "detector": ("models", "detector_files"),
    }
)
"""The section and the key under which the settings name a user's own files of each kind."""


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PolicyName(_Section):
    """The name and version under which this way of selecting is known."""

    name: str
    version: int


class Features(_Section):
    """Which indicators take part; `files` names the user's own, as paths or patterns beside the settings file."""

    indicators: list[str]
    files: list[str] = []


class Estimator(_Section):
    """A PyOD or scikit-learn estimator, to run as a pattern detector under a name."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    estimator: str = Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)+$")
    parameters: dict[str, bool | int | float | str] = {}


class Models(_Section):
    """Which rules and detectors take part, and estimators of others to run beside them.

    Files name the user's own rules, the policies that these rest on, and detectors.
    """

    rules: list[str]
    detectors: list[str]
    estimators: list[Estimator] = []
    rule_files: list[str] = []
    policy_files: list[str] = []
    detector_files: list[str] = []


class Peers(_Section):
    """How small a peer group may be."""

    smallest_group: int = Field(ge=2)


class Calibration(_Section):
    """Which null turns continuous scores into p-values."""

    scores: ScoreNullName


class CombinationBy(_Section):
    """How the p-values of several detectors become one, and how much each family counts; 1 where it is not said."""

    method: Combination
    weights: dict[Family, Annotated[float, Field(gt=0)]]

    def weight(self, family: Family) -> float:
        """Return how much a family counts."""
        return self.weights.get(family, 1.0)


class ByRate(_Section):
    """Select by false discovery rate, under a stated dependence of the subjects' p-values."""

    method: Literal["fdr"]
    q: float = Field(gt=0, lt=1)
    dependence: Dependence = "positive"


class ByCapacity(_Section):
    """Select the strongest, so many per thousand subjects; the dependence bears on q-values and bounds only."""

    method: Literal["capacity"]
    per_thousand: float = Field(gt=0, le=1000)
    dependence: Dependence = "positive"


SelectionBy = Annotated[ByRate | ByCapacity, Field(discriminator="method")]


class Contradictions(_Section):
    """Select officers by what rules count, by a false discovery rate of their own in each concern."""

    q: float = Field(gt=0, lt=1)
    dependence: Dependence = "positive"


class AcrossDates(_Section):
    """What the as-of dates of one run share of the false discovery rate."""

    method: Across


class Bounds(_Section):
    """With what confidence the number of false flags is bounded."""

    confidence: float = Field(gt=0, lt=1)


class ExcessBy(_Section):
    """For which concerns, from how many times the rate of peers, with what expected share of lower rates."""

    concerns: list[Concern]
    times: float = Field(gt=1)
    q: float = Field(gt=0, lt=1)


class PurposesInForce(_Section):
    """Which category of data may feed which concern, and who sees what is surfaced; see `models/purposes.toml`."""

    version: int = 1
    feeds: dict[str, list[str]]
    audience: dict[str, str]


class Settings(_Section):
    """Everything that determines a run besides its records."""

    seed: int = Field(ge=0, lt=2**32)
    policy: PolicyName
    features: Features
    models: Models
    peers: Peers
    calibration: Calibration
    combination: CombinationBy
    selection: dict[Concern, SelectionBy]
    contradictions: Contradictions
    across_dates: AcrossDates
    excess: ExcessBy
    bounds: Bounds
    purposes: PurposesInForce
    _own_files: tuple[OwnFile, ...] = PrivateAttr(default=())
    _trust_code: bool = PrivateAttr(default=False)

    @property
    def own_files(self) -> tuple[OwnFile, ...]:
        """The user's own files that take part."""
        return self._own_files

    @property
    def repertoire(self) -> Repertoire:
        """Every indicator, rule and detector that these settings can name."""
        return repertoire(self._own_files)

    @property
    def in_force(self) -> Purposes:
        """The purposes in force, checked."""
        return from_content(self.purposes.model_dump(), where="purposes")

    def takes_part(self, detector: Detector, concern: Concern) -> bool:
        """Say whether a detector takes part in a concern's selection: where it only ranks, not in one by rate."""
        return not (detector.ranks_only and isinstance(self.selection[concern], ByRate))

    @property
    def levels(self) -> dict[Concern, float]:
        """The stated false discovery rate of each concern that is selected by one."""
        return {concern: how.q for concern, how in self.selection.items() if isinstance(how, ByRate)}

    @property
    def indicators(self) -> list[Indicator]:
        """The indicators that take part."""
        return [self.repertoire.indicators[n] for n in self.features.indicators]

    @property
    def rules(self) -> list[Rule]:
        """The rules that take part."""
        return [self.repertoire.rules[n] for n in self.models.rules]

    @property
    def detectors(self) -> list[Detector]:
        """The detectors that take part, the estimators of others last; patterns take the null of the settings."""
        own = [self.repertoire.detectors[n] for n in self.models.detectors]
        named = [_named(estimator, trust_code=self._trust_code) for estimator in self.models.estimators]
        return [_calibrated(detector, self.calibration.scores) for detector in [*own, *named]]

    def content(self) -> dict[str, Any]:
        """Return the settings as plain data, own files as the places at which a run folder keeps its copies."""
        content = self.model_dump(mode="python")
        for kind, (section, key) in FILE_SETTINGS.items():
            content[section][key] = [f.place for f in self._own_files if f.kind == kind]
        return content

    def to_toml(self, *, as_of: Iterable[date], source: str, world: Mapping[str, Any] | None) -> str:
        """Return the resolved settings as the text of a run's `config.toml`."""
        import tomli_w

        content: dict[str, Any] = {"as_of": list(as_of), "source": source, **self.content()}
        if world is not None:
            content["world"] = dict(world)
        return tomli_w.dumps(content)


def _calibrated(detector: Detector, null: ScoreNullName) -> Detector:
    if not isinstance(detector, Pattern) or detector.null == null:
        return detector
    other = copy(detector)  # the catalogue's own stays as it is
    other.null = null
    return other


def _named(estimator: Estimator, *, trust_code: bool) -> Detector:
    return Pattern(estimator.estimator, estimator.parameters, trust_code=trust_code).with_name(estimator.name)


class CodeNotTrusted(UsageError):
    """Settings name code that is not OpenCSE's, and whoever started the command did not say that it may run."""


def load(path: Path | None = None, *, seed: int | None = None, trust_code: bool = False) -> Settings:
    """Read a settings file over the defaults; a seed given here goes before both.

    Files of the user's own that the settings name are run only with `trust_code`.

    Raises:
        UsageError: the file cannot be read, or settings are unknown or wrong; every fault is listed.
        CodeNotTrusted: the settings name the user's own files, and `trust_code` is not given.

    Example:
        >>> load(seed=7).seed
        7
    """
    content = read_tree(DEFAULTS)
    if path is not None:
        given = read_tree(path)
        content = laid_over(content, given | {"purposes": _purposes(given.get("purposes", {}), beside=path)})
    if seed is not None:
        content["seed"] = seed
    where = str(path) if path else DEFAULTS.name
    return resolve(content, where=where, beside=path.parent if path else None, trust_code=trust_code)


def over_defaults(
    content: Mapping[str, Any], *, where: str, beside: Path | None = None, trust_code: bool = False
) -> Settings:
    """Return settings laid over the defaults, as from a settings file with this content in the folder `beside`.

    Raises:
        UsageError: settings are unknown or wrong; every fault is listed.
        CodeNotTrusted: the settings name the user's own files, and `trust_code` is not given.
    """
    return resolve(laid_over(read_tree(DEFAULTS), content), where=where, beside=beside, trust_code=trust_code)


def resolve(
    content: Mapping[str, Any],
    *,
    where: str,
    beside: Path | None = None,
    trust_code: bool = False,
    sealed: Mapping[str, str] | None = None,
) -> Settings:
    """Check settings, replace "*" by the names there are, and add the exposures that chosen indicators need.

    Own files are looked for in the folder `beside`, the current one where none is given. Where `sealed` is given, the
    SHA-256 of each by its place in that folder, a file that is not among them or has another content is not run.

    Raises:
        UsageError: settings are unknown or wrong; every fault is listed.
        CodeNotTrusted: the settings name the user's own files, and `trust_code` is not given.
        VerificationFailed: a file is not the one that was sealed.
    """
    content = {"purposes": read_purposes()} | {
        k: v for k, v in content.items() if k not in ("as_of", "source", "world")
    }
    try:
        settings = Settings.model_validate(content)
    except ValidationError as error:
        raise UsageError(
            "The settings cannot be used.", found="; ".join(describe_faults(error)), where=where
        ) from error
    from_content(settings.purposes.model_dump(), where=where)
    settings._trust_code = trust_code
    files = _trusted_files(settings, where=where, beside=beside or Path(), trust_code=trust_code)
    if sealed is not None:
        _check_sealed(files, sealed, folder=(beside or Path()).resolve())
    settings._own_files = files
    return _named_in_full(settings, where=where)


def _trusted_files(settings: Settings, *, where: str, beside: Path, trust_code: bool) -> tuple[OwnFile, ...]:
    patterns = {kind: getattr(getattr(settings, section), key) for kind, (section, key) in FILE_SETTINGS.items()}
    files = tuple(file for kind in PART_KINDS for file in own_files(kind, patterns[kind], beside=beside))
    # A policy is data: nothing of it runs.
    code = [file.path for file in files if file.kind != "policy"]
    code += [e.estimator for e in settings.models.estimators if not may_be_named(e.estimator)]
    if code and not trust_code:
        raise CodeNotTrusted(
            "The settings name code that is not OpenCSE's.",
            expected="settings without files of their own and with estimators of scikit-learn or PyOD, or --trust-code",
            found=", ".join(code),
            where=where,
            hint="Read this code. If you trust it, add --trust-code: it then runs with your rights.",
        )
    return files


def _check_sealed(files: Iterable[OwnFile], sealed: Mapping[str, str], *, folder: Path) -> None:
    for file in files:
        path = Path(file.path)
        place = path.relative_to(folder).as_posix() if path.is_relative_to(folder) else file.path
        if sealed.get(place) != file.sha256:
            raise VerificationFailed(
                "A file of the user's own has changed since the run.",
                expected=f"SHA-256 {sealed[place]}" if place in sealed else "one of the files that the manifest lists",
                found=f"SHA-256 {file.sha256}",
                where=place,
            )


def _named_in_full(settings: Settings, *, where: str) -> Settings:
    """Return settings in which every part that takes part is named, those among them that only exposures need."""
    parts, faults = settings.repertoire, list[str]()
    indicators = _resolved(settings.features.indicators, parts.indicators, "indicator", faults)
    rules = _resolved(settings.models.rules, parts.rules, "rule", faults)
    detectors = _resolved(settings.models.detectors, parts.detectors, "detector", faults)
    taken = [e.name for e in settings.models.estimators if e.name in parts.detectors]
    faults += [f"the estimator's name {n} is taken by a detector" for n in taken]
    faults += [f"selection.{concern} is missing" for concern in CONCERNS if concern not in settings.selection]
    if faults:
        raise UsageError("The settings cannot be used.", found="; ".join(faults), where=where)
    exposures = {i.exposure for n in indicators if isinstance((i := parts.indicators[n]).exposure, str)}
    features = settings.features.model_copy(update={"indicators": sorted({*indicators, *exposures})})
    models = settings.models.model_copy(update={"rules": rules, "detectors": detectors})
    return settings.model_copy(update={"features": features, "models": models})


def _purposes(given: dict[str, Any], *, beside: Path) -> dict[str, Any]:
    """Return purposes as a settings file gives them, laid over those of the file it names, or over the default."""
    named = given.get("file")
    base = read_purposes() if named is None else read_purposes(beside.parent / str(named))
    return laid_over(base, {key: value for key, value in given.items() if key != "file"})


def _resolved(
    asked: list[str], known: Mapping[str, Indicator | Rule | Detector], kind: str, faults: list[str]
) -> list[str]:
    """Return the names asked for; "*" stands for all that need not be named to take part."""
    everything = {name for name, declared in known.items() if not declared.opt_in} if "*" in asked else set()
    asked = [name for name in asked if name != "*"]
    faults += [f"there is no {kind} {n} (there are: {', '.join(known)})" for n in asked if n not in known]
    return sorted(everything | (set(asked) & set(known)))
