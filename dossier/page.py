"""The dossier as one HTML file: what it shows at once, and the pages of flags, packed until they are opened."""

from __future__ import annotations

import base64
import hashlib
import json
import zlib
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Any, Final

from dossier.curve_pictures import curve_pictures
from dossier.flag_details import FlagDetails
from dossier.material import Material
from dossier.pictures import Picture, innocent_sentences, pictures
from dossier.promises import promise_section
from dossier.summary_sections import summary_sections
from pipeline.given_ids import GivenIds

BLOCK: Final = 40
"""How many flags' pages are packed together: one that is opened brings so many with it."""

CHARTS: Final = ("curves", "peers", "rates", "time")
"""The kinds of picture, each a Vega-Lite specification in `assets/charts`."""

_COLUMNS: Final = (
    *("flag_id", "subject_kind", "subject_id", "as_of", "concern", "promise", "family"),
    *("q_value", "p_value", "status", "detectors", "explanation", "standard", "audience"),
)


def dossier_page(material: Material) -> str:
    """Return the dossier of a run: one HTML page that loads nothing and runs no script but its own.

    The same run gives the same text. Words out of records are never part of the markup: they are packed as data, and
    put on the page as text.
    """
    from jinja2 import Environment, StrictUndefined

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    scripts = [_asset("vega.js"), _asset("dossier.js")]
    drawn = _drawn(material)
    blocks = list(_blocks(material))  # first: what the proofs of all flags share is known then
    return environment.from_string(_asset("dossier.html.jinja")).render(
        facts=material.facts,
        number=len(material.flags),
        promise=promise_section(material.facts, material.folder.config),
        sections=summary_sections(material),
        pictures=drawn,
        budget=material.budget,
        measured=material.rates is not None,
        innocent=[] if material.rates is None else innocent_sentences(material.rates),
        style=_asset("dossier.css"),
        scripts=scripts,
        policy=" ".join(_source(script) for script in scripts),
        data={
            "flags": _json(
                {"columns": _COLUMNS, "block": BLOCK, "rows": [_listed(flag, material.ids) for flag in material.flags]}
            ),
            "seal": _json(material.ledger.seal),
            "pictures": _json([picture.to_json() for picture in drawn]),
            "charts": _json({name: json.loads(_asset(f"charts/{name}.vl.json")) for name in CHARTS}),
        },
        blocks=blocks,
    )


def _drawn(material: Material) -> tuple[Picture, ...]:
    """Return the pictures of error rates, first those of the lists that methods make, where they were measured."""
    over_lists = () if material.curves is None else curve_pictures(material.curves)
    return over_lists + (() if material.rates is None else pictures(material.rates))


def _listed(flag: dict[str, Any], ids: GivenIds) -> list[Any]:
    given = {
        "as_of": str(flag["as_of"]),
        "subject_id": ids.text(flag["subject_kind"], flag["subject_id"]),
        "explanation": ids.sentence(flag["explanation"]),
    }
    values = {**flag, **given}
    return [values[column] for column in _COLUMNS]


def _blocks(material: Material) -> Iterator[str]:
    """Yield the packed pages: JSON, deflated, as text; a browser unpacks a block when one of its flags is opened."""
    block: list[dict[str, Any]] = []
    for details in FlagDetails(material):
        block.append(details)
        if len(block) == BLOCK:
            yield _packed(block)
            block = []
    if block:
        yield _packed(block)


def _packed(content: Any) -> str:
    return base64.b64encode(
        zlib.compress(json.dumps(content, ensure_ascii=False, allow_nan=False).encode(), 9)
    ).decode()


def _json(content: Any) -> str:
    # Within a script element only "<" can end it; as an escape it is the same JSON.
    return json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":")).replace("<", "\\u003c")


def _source(script: str) -> str:
    """Return what a content security policy calls a script by, so that no other script runs."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"


@cache
def _asset(name: str) -> str:
    return files("dossier").joinpath("assets", *name.split("/")).read_text(encoding="utf-8")
