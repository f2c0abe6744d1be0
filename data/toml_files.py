"""TOML files that a user writes: read into a declared model, with every fault told at once."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from data.errors import UsageError
from data.setting_faults import describe_faults


class FrozenSection(BaseModel):
    """A section of a TOML file: no setting that is not declared, and none that changes once it is read."""

    model_config = ConfigDict(extra="forbid", frozen=True)


Model = TypeVar("Model", bound=BaseModel)


def read_toml(path: Path, *, document: str, page: str) -> dict[str, Any]:
    """Return the content of a TOML file. `document` names it in errors, and `page` says where it is described.

    Raises:
        UsageError: the file cannot be read, or is not TOML.
    """
    try:
        # Some editors put a byte order mark first, which TOML does not allow.
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(
            f"The {document} cannot be read.",
            expected=f"a TOML file such as {page} describes",
            found=str(error),
            where=str(path),
        ) from error


def read_model(
    path: Path,
    model: type[Model],
    *,
    document: str,
    page: str,
    check: Callable[[Model], list[str]],
    expected: str | None = None,
) -> Model:
    """Return a TOML file as the model that declares it; `check` returns the faults that types cannot see.

    Raises:
        UsageError: the file cannot be read, or has faults: all of them at once, in the user's words.
    """
    content = read_toml(path, document=document, page=page)
    try:
        value = model.model_validate(content)
        faults = check(value)
    except ValidationError as error:
        faults = describe_faults(error)
    if faults:
        raise UsageError(
            f"The {document} has {len(faults)} fault{'s' if len(faults) > 1 else ''}.",
            expected=expected,
            found="; ".join(faults),
            where=str(path),
            hint=f"{page} lists every setting.",
        )
    return value
