"""The notebooks in Jupyter's form, made from scripts whose cells begin with `# %%`: the scripts are what is edited.

A script is in the percent format that editors and Jupytext read as a notebook. It runs as it is, and a change of it
reads as a change of text. A cell that begins with `# %% [markdown]` is text, each line of it a comment.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Final

FOLDER: Final = "notebooks"

_HEAD: Final = re.compile(r"(?m)^# %%(.*)\n")


def pages(root: Path) -> dict[str, str]:
    """Return the notebook of each script below `notebooks/`, by its path in the project, without any outputs."""
    return {
        path.relative_to(root).with_suffix(".ipynb").as_posix(): notebook(path.read_text(encoding="utf-8"))
        for path in sorted((root / FOLDER).glob("*.py"))
    }


def notebook(script: str) -> str:
    """Return a script in the percent format as the JSON of a notebook (nbformat 4.5).

    Raises:
        ValueError: something but comments stands before the first cell, or a cell of text holds code.

    Example:
        >>> cells = json.loads(notebook("# %% [markdown]\\n# # Title\\n\\n# %%\\nprint(1)\\n"))["cells"]
        >>> [(cell["cell_type"], cell["source"]) for cell in cells]
        [('markdown', ['# Title']), ('code', ['print(1)'])]
    """
    before, *parts = _HEAD.split(script)
    if any(line and not line.startswith("#") for line in before.splitlines()):
        raise ValueError("a script of cells begins with '# %%'")
    cells = [
        _cell(number, head.strip(), body)
        for number, (head, body) in enumerate(zip(parts[::2], parts[1::2], strict=True))
    ]
    content = {
        "cells": cells,
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def _cell(number: int, head: str, body: str) -> dict[str, Any]:
    lines = body.strip("\n").splitlines()
    about = {"id": f"cell-{number:02}", "metadata": {}}
    if head != "[markdown]":
        return {"cell_type": "code", **about, "execution_count": None, "outputs": [], "source": _source(lines)}
    if not all(line.startswith("#") for line in lines):
        raise ValueError(f"cell {number} is text, and holds a line that is no comment")
    return {"cell_type": "markdown", **about, "source": _source([line[1:].removeprefix(" ") for line in lines])}


def _source(lines: list[str]) -> list[str]:
    return [*(f"{line}\n" for line in lines[:-1]), *lines[-1:]]
