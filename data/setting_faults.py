"""Faults that a declared model finds in a settings file, each in the words of whoever wrote the file."""

from __future__ import annotations

from pydantic import ValidationError


def describe_faults(error: ValidationError) -> list[str]:
    """Return what is wrong, fault by fault: where it stands, what is expected, what was found.

    Example:
        >>> from pydantic import BaseModel, ConfigDict
        >>> class Plan(BaseModel):
        ...     model_config = ConfigDict(extra="forbid")
        ...     people: int
        >>> try:
        ...     Plan.model_validate({"colour": "blue"})
        ... except ValidationError as error:
        ...     describe_faults(error)
        ['people: this setting is missing', 'colour: there is no such setting']
    """
    lines = []
    for problem in error.errors():
        place, message = ".".join(map(str, problem["loc"])), str(problem["msg"])
        wording = {"extra_forbidden": "there is no such setting", "missing": "this setting is missing"}
        other = f"{message[:1].lower()}{message[1:]}, found {problem['input']!r}"
        lines.append(f"{place}: {wording.get(problem['type'], other)}")
    return lines
