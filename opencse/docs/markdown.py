"""Markdown: tables, the environment in which the templates beside this module are rendered."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined


def table(head: Sequence[str], rows: Iterable[Sequence[object]], *, right: Iterable[str] = ()) -> str:
    """Return a table in Markdown; the columns named in `right` are aligned to the right, and null is an empty cell.

    Example:
        >>> print(table(["table", "rows"], [["shift", 12], ["a|b", None]], right=["rows"]))
        | table | rows |
        |---|---:|
        | shift | 12 |
        | a\\|b |  |
    """
    rule = "".join("---:|" if name in set(right) else "---|" for name in head)
    return "\n".join([_line(head), f"|{rule}", *(_line(row) for row in rows)])


def _line(cells: Sequence[object]) -> str:
    texts = ("" if cell is None else " ".join(str(cell).split("\n")).replace("|", r"\|") for cell in cells)
    return f"| {' | '.join(texts)} |"


def code(name: object) -> str:
    """Return a name as code; nothing for null.

    Example:
        >>> code("shift"), code(None)
        ('`shift`', '')
    """
    return f"`{name}`" if name is not None else ""


def spaced(name: str | None) -> str:
    """Return a name with spaces for underscores; nothing for null."""
    return (name or "").replace("_", " ")


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("opencse.docs", package_path=""),
        undefined=StrictUndefined,
        autoescape=False,  # what is written is Markdown; the picture escapes for itself
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.globals |= {"table": table}
    environment.filters |= {"code": code, "spaced": spaced}
    return environment


def render(template: str, **values: object) -> str:
    """Return a template of this folder, filled in; a name that it uses and is not given is an error."""
    return _environment().get_template(template).render(**values)
