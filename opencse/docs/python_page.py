"""The page of the public Python API, written from what `opencse` exports."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any, Final

import opencse
from opencse.docs.markdown import render

PAGE: Final = "docs/reference/python.md"


def python_page() -> str:
    """Return the page in Markdown: functions with their signatures first, then the parts that own files are made of.

    Example:
        >>> "## `opencse.run`" in python_page()
        True
    """
    named = [(name, getattr(opencse, name)) for name in opencse.__all__]
    functions = [_entry(name, value) for name, value in named if inspect.isfunction(value)]
    classes = [_entry(name, value) for name, value in named if inspect.isclass(value)]
    others = [name for name, value in named if not inspect.isfunction(value) and not inspect.isclass(value)]
    return render("python.md.jinja", functions=functions, classes=classes, others=others)


def _entry(name: str, value: Any) -> dict[str, Any]:
    text, _, example = inspect.cleandoc(value.__doc__ or "").partition("\nExample:\n")
    return {
        "name": name,
        "signature": _signature(name, value),
        "text": "\n".join(_paragraphs(text.strip())),
        "example": inspect.cleandoc(example) if example else "",
    }


def _signature(name: str, value: Any) -> str:
    if not inspect.isfunction(value):
        return ""
    signature = inspect.signature(value)
    parts = [str(parameter) for parameter in signature.parameters.values()]
    at = next((n for n, p in enumerate(signature.parameters.values()) if p.kind is p.KEYWORD_ONLY), None)
    if at is not None:
        parts.insert(at, "*")
    lines = "".join(f"    {part.replace(chr(39), '')},\n" for part in parts)
    return f"{name}(\n{lines}) -> {str(signature.return_annotation).replace(chr(39), '')}"


def _paragraphs(text: str) -> Iterator[str]:
    """Yield the lines of a docstring, what it raises as a list."""
    raising = False
    for line in text.splitlines():
        if line == "Raises:":
            raising = True
            yield "Raises:\n"
        elif raising and line.strip():
            yield f"- {line.strip()}" if not line.startswith("     ") else f"  {line.strip()}"
        else:
            yield line
