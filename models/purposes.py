"""The purpose firewall: which category of data may feed which concern, and which audience sees its flags."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, get_args

from data.errors import UsageError
from data.schema import Category
from data.vocabulary import CONCERNS, Concern
from features.indicator import Indicator

DEFAULT: Final = Path(__file__).parent / "purposes.toml"


REVEALING: Final[Mapping[str, Category]] = {"absence": "health"}
"""Tables whose mere rows reveal another category than their columns: a spell away may be sickness."""


class PurposeBreached(UsageError):
    """A declaration would feed data to a concern it may not serve; the message lists every case."""


@dataclass(frozen=True)
class Purposes:
    """The purposes in force: the categories that may feed each concern, and each concern's audience."""

    feeds: Mapping[str, frozenset[str]]
    audience: Mapping[str, str]

    def to_json(self) -> dict[str, Any]:
        """Return the purposes as plain data, in order of concern and category."""
        feeds = {concern: sorted(self.feeds[concern]) for concern in CONCERNS}
        return {"feeds": feeds, "audience": {concern: self.audience[concern] for concern in CONCERNS}}

    def allows(self, categories: Iterable[Category], concern: Concern) -> bool:
        """Say whether all of these categories may feed a concern.

        Example:
            >>> load().allows(["health"], "welfare"), load().allows(["health"], "standards")
            (True, False)
        """
        return set(categories) <= self.feeds[concern]


def load(path: Path = DEFAULT) -> Purposes:
    """Read a purposes file.

    Raises:
        PurposeBreached: it cannot be read, or does not hold what `from_content` asks for.
    """
    return from_content(read(path), where=path.name)


def read(path: Path = DEFAULT) -> dict[str, Any]:
    """Return what a purposes file holds, unchecked."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))  # some editors put a byte order mark first
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise PurposeBreached("The purposes file cannot be read.", found=str(error), where=str(path)) from error


def from_content(content: Mapping[str, Any], *, where: str) -> Purposes:
    """Return the purposes that a file's content, or a part of the settings, puts in force.

    Raises:
        PurposeBreached: a concern is missing or unknown, a category is unknown, two concerns share an audience with
            welfare, or protected characteristics are listed as feeding anything.
    """
    feeds = {str(c): frozenset(v) for c, v in content.get("feeds", {}).items()}
    audience = {str(c): str(a) for c, a in content.get("audience", {}).items()}
    faults = [f"feeds.{c} allows protected characteristics" for c, v in feeds.items() if "protected" in v]
    categories = set(get_args(Category))
    faults += [f"feeds.{c} names {', '.join(sorted(v - categories))}" for c, v in feeds.items() if not v <= categories]
    for section, entries in (("feeds", feeds), ("audience", audience)):
        if set(entries) != set(CONCERNS):
            faults.append(f"[{section}] names {sorted(entries)}")
    if audience.get("welfare") in {audience.get("standards"), audience.get("culture")}:
        faults.append("welfare shares its audience with another concern")
    if faults:
        raise PurposeBreached(
            "The purposes cannot be used.",
            expected=f"exactly the concerns {', '.join(CONCERNS)} in [feeds] and [audience], and no protected data",
            found="; ".join(faults),
            where=where,
        )
    return Purposes(MappingProxyType(feeds), MappingProxyType(audience))


def revealed(tables: Iterable[str], categories: Iterable[Category]) -> frozenset[Category]:
    """Return the categories of columns that are read, with those that the mere rows of their tables reveal."""
    return frozenset(categories) | {REVEALING[name] for name in tables if name in REVEALING}


def enforce(purposes: Purposes, indicators: Iterable[Indicator]) -> None:
    """Check that no indicator feeds a concern that its data may not serve; its exposure's data counts as well.

    Raises:
        PurposeBreached: some do; all are listed.
    """
    by_name = {i.name: i for i in indicators}
    breaches = []
    for indicator in by_name.values():
        exposure = by_name.get(indicator.exposure) if isinstance(indicator.exposure, str) else None
        categories = revealed(indicator.tables, indicator.categories)
        categories |= revealed(exposure.tables, exposure.categories) if exposure else frozenset()
        breaches += [
            f"{indicator.name} feeds {concern} with {', '.join(sorted(categories - purposes.feeds[concern]))}"
            for concern in indicator.concerns
            if not purposes.allows(categories, concern)
        ]
    report_breaches(breaches)


def report_breaches(breaches: list[str]) -> None:
    """Raise if there is any breach."""
    if breaches:
        raise PurposeBreached(
            "A declaration breaks the purposes in force.",
            found="; ".join(breaches),
            hint="Change the declaration's concerns, or put other purposes in force if the use is meant and lawful.",
        )
