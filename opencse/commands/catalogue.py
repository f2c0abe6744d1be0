"""The command `catalogue`: list and show what is declared."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from data.errors import UsageError
from opencse.command import Command
from opencse.options import AsJson
from opencse.terminal import print_json, print_source, print_table


def catalogue(
    name: Annotated[str | None, typer.Argument(help="An indicator, rule or detector to show whole.")] = None,
    as_json: AsJson = False,
) -> None:
    """List everything that is looked at and by what, or show one declaration whole."""
    from opencse.docs.catalogue_pages import entries, page

    listed = [entry for entry in entries() if name in (None, entry.name)]
    if not listed:
        raise UsageError(f"Nothing in the catalogue is called '{name}'.", hint="List it: opencse catalogue")
    if as_json:
        print_json([asdict(entry) for entry in listed])
    elif name is not None:
        print_source(page(name))
    else:
        rows = [(entry.kind, entry.name, ", ".join(entry.concerns) or "–", entry.question) for entry in listed]
        print_table(f"{len(rows)} declarations", ["kind", "name", "serves", "question"], rows)


COMMAND = Command(catalogue, panel="Read a run", examples=("opencse catalogue", "opencse catalogue roster_self_edits"))
