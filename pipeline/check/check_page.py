"""The check of records as one HTML page that loads nothing."""

from __future__ import annotations

from importlib.resources import files

from pipeline.check.record_check import RecordCheck


def check_page(check: RecordCheck) -> str:
    """Return the page; whatever comes from the records is escaped."""
    from jinja2 import Environment, StrictUndefined

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    template = files("pipeline.check").joinpath("page.html.jinja").read_text(encoding="utf-8")
    return environment.from_string(template).render(check=check.to_json(), counts=check.counts()) + "\n"
