"""The page of controls, written from what each declares."""

from __future__ import annotations

from typing import Final

from opencse.docs.markdown import render
from stress.controls.library import controls

PAGE: Final = "docs/reference/controls.md"


def controls_page() -> str:
    """Return the page in Markdown."""
    return render("controls.md.jinja", controls=controls().values())
