"""The page of scenarios, written from what each declares."""

from __future__ import annotations

from typing import Final

from opencse.docs.markdown import render
from stress.scenarios import scenarios

PAGE: Final = "docs/reference/scenarios.md"


def scenarios_page() -> str:
    """Return the page in Markdown."""
    return render("scenarios.md.jinja", scenarios=scenarios().values())
