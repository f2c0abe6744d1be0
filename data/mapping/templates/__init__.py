"""Mappings for layouts of public releases, to copy and change: the first comment of each says for what."""

from __future__ import annotations

from importlib.resources import files

from data.errors import UsageError


def summaries() -> dict[str, str]:
    """Return what each template is for, by name.

    Example:
        >>> summaries()["complaint_board"]
        "A complaint board's release: one row for each allegation, dates by month."
    """
    names = sorted(f.name for f in files("data.mapping.templates").iterdir() if f.name.endswith(".toml"))
    return {name.removesuffix(".toml"): _summary(template_text(name.removesuffix(".toml"))) for name in names}


def template_text(name: str) -> str:
    """Return a template.

    Raises:
        UsageError: there is none of that name.
    """
    place = files("data.mapping.templates")
    names = sorted(f.name.removesuffix(".toml") for f in place.iterdir() if f.name.endswith(".toml"))
    if name not in names:
        raise UsageError("There is no such template.", expected=", ".join(names), found=name)
    return place.joinpath(f"{name}.toml").read_text(encoding="utf-8")


def _summary(text: str) -> str:
    return next((line.removeprefix("# ") for line in text.splitlines() if line.startswith("# ")), "")
