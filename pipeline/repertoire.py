"""The repertoire: every indicator, rule and detector that settings can name, those of OpenCSE and a user's own.

A user's own part is a file of the same form as one of OpenCSE's, named in the settings and held to the same checks.
Reading it runs it, so that it is read only where whoever starts a command trusts it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Final, Literal, get_args

from data.errors import UsageError
from data.registry import file_declaration
from features.indicator import Indicator
from features.indicators import complete, indicators
from models.baselines import baselines
from models.contradictions.policy import policies, policies_with, read
from models.contradictions.rule import Rule
from models.detector import Detector
from models.detectors import detectors
from models.rules import rules
from pipeline.digest import file_digest

PartKind = Literal["indicator", "policy", "rule", "detector"]
"""What a user's own file declares."""

PART_KINDS: Final[tuple[PartKind, ...]] = get_args(PartKind)


@dataclass(frozen=True)
class OwnFile:
    """A user's own part: what it declares, the file's absolute path, and the SHA-256 of its content."""

    kind: PartKind
    path: str
    sha256: str

    @property
    def name(self) -> str:
        """The name of what it declares, that of the file."""
        return Path(self.path).stem

    @property
    def place(self) -> str:
        """Where a run folder keeps a copy of the file, relative to the folder."""
        return f"code/{self.kind}/{Path(self.path).name}"


@dataclass(frozen=True)
class Repertoire:
    """The parts that settings can name, by name."""

    indicators: Mapping[str, Indicator]
    rules: Mapping[str, Rule]
    detectors: Mapping[str, Detector]


def own_files(kind: PartKind, patterns: Iterable[str], *, beside: Path) -> tuple[OwnFile, ...]:
    """Return the files that patterns such as `mine/*.py` name, relative to a folder, in order of their path.

    Raises:
        UsageError: a pattern names no file.
    """
    paths: set[Path] = set()
    for pattern in patterns:
        path = Path(pattern)
        base = Path(path.anchor) if path.is_absolute() else beside
        relative = path.relative_to(path.anchor) if path.is_absolute() else path
        matching = [file.resolve() for file in base.glob(str(relative)) if file.is_file()]
        if not matching:
            raise UsageError(
                f"The settings name files of your own ({kind}) that are not there.",
                expected="at least one file",
                found=pattern,
                where=str(beside),
            )
        paths |= set(matching)
    return tuple(OwnFile(kind, str(path), file_digest(path)) for path in sorted(paths))


@cache
def repertoire(files: tuple[OwnFile, ...] = ()) -> Repertoire:
    """Return all parts there are, with those of a user's own files, which this runs.

    Raises:
        UsageError: a file cannot be used, declares something else, or bears a name that is taken.
    """
    own = {kind: [f for f in files if f.kind == kind] for kind in PART_KINDS}
    _check_names(files)
    own_indicators = {f.name: file_declaration(Path(f.path), "INDICATOR", Indicator) for f in own["indicator"]}
    own_policies = {f.name: read(Path(f.path)) for f in own["policy"]}
    with policies_with(own_policies):
        own_rules = {f.name: file_declaration(Path(f.path), "RULE", Rule) for f in own["rule"]}
        named_rules = {name: replace(rule, name=name) for name, rule in own_rules.items()}
    own_detectors = {
        f.name: file_declaration(Path(f.path), "DETECTOR", Detector).with_name(f.name)  # type: ignore[type-abstract]
        for f in own["detector"]
    }
    return Repertoire(
        indicators=complete({**indicators(), **own_indicators}) if own_indicators else indicators(),
        rules=MappingProxyType({**rules(), **named_rules}),
        detectors=MappingProxyType({**detectors(), **own_detectors}),
    )


def _check_names(files: tuple[OwnFile, ...]) -> None:
    taken: dict[PartKind, set[str]] = {
        "indicator": set(indicators()),
        "policy": set(policies()),
        "rule": set(rules()) | set(detectors()) | set(baselines()),
        "detector": set(rules()) | set(detectors()) | set(baselines()),
    }
    for file in files:
        if file.name in taken[file.kind]:
            raise UsageError(
                f"The name {file.name} is taken.",
                expected=f"a file name that no {file.kind} of OpenCSE and no other file bears",
                where=file.path,
                hint="Rename the file: what it declares is called after it.",
            )
        taken[file.kind].add(file.name)
