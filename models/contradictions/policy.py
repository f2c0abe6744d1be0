"""Policies with the dates on which they were in force: what a rule may hold anyone to, and since when."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date
from functools import cache
from itertools import combinations
from pathlib import Path
from types import MappingProxyType
from typing import Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from data.errors import UsageError
from data.registry import toml_files
from data.setting_faults import describe_faults

FOLDER: Final = Path(__file__).parent.parent / "policies"


class Period(BaseModel):
    """One stretch of days with one set of parameters; `to` is the first day after it, none while in force.

    `applies_to` limits it to rows whose column holds one of the listed values.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    since: date = Field(alias="from")
    until: date | None = Field(default=None, alias="to")
    source: str
    parameters: dict[str, int | float] = {}
    applies_to: dict[str, list[str]] = {}


class Policy(BaseModel):
    """A named policy and its periods, without overlap."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    version: int
    summary: str
    period: list[Period]

    @model_validator(mode="after")
    def _apart(self) -> Policy:
        for earlier, later in combinations(self.period, 2):
            if _same_rows(earlier, later) and _same_days(earlier, later):
                raise ValueError(f"the periods from {earlier.since} and {later.since} overlap")
        return self


def _same_days(one: Period, two: Period) -> bool:
    return (one.until is None or two.since < one.until) and (two.until is None or one.since < two.until)


def _same_rows(one: Period, two: Period) -> bool:
    shared = one.applies_to.keys() & two.applies_to.keys()
    return all(set(one.applies_to[c]) & set(two.applies_to[c]) for c in shared)


_own: ContextVar[Mapping[str, Policy]] = ContextVar("own_policies", default=MappingProxyType({}))


@contextmanager
def policies_with(own: Mapping[str, Policy]) -> Iterator[None]:
    """Let rules that are built meanwhile name these policies too: those of a user's own files."""
    token = _own.set(own)
    try:
        yield
    finally:
        _own.reset(token)


def policies() -> Mapping[str, Policy]:
    """Return every policy in the folder `models/policies` by name, and those of the user's own in `policies_with`.

    Example:
        >>> policies()["office_attendance"].period[0].since
        datetime.date(2023, 1, 1)

    Raises:
        UsageError: a file is not a policy, or is not named after it; every fault of a file is listed.
    """
    return MappingProxyType({**_policies(), **_own.get()}) if _own.get() else _policies()


@cache
def _policies() -> Mapping[str, Policy]:
    return MappingProxyType({name: read(path) for name, path in toml_files(FOLDER).items()})


def read(path: Path) -> Policy:
    """Read one policy file."""
    try:
        policy = Policy.model_validate(tomllib.loads(path.read_text(encoding="utf-8-sig")))
    except (ValidationError, tomllib.TOMLDecodeError) as error:
        faults = "; ".join(describe_faults(error)) if isinstance(error, ValidationError) else str(error)
        raise UsageError("The policy file cannot be used.", found=faults, where=path.name) from error
    if policy.name != path.stem:
        raise UsageError("A policy carries its file's name.", expected=path.stem, found=policy.name, where=path.name)
    return policy
