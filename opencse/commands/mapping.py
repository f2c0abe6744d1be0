"""The command `mapping`: write a first mapping for a folder of files, or a template to begin with."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from data.errors import UsageError
from opencse.command import Command
from opencse.options import AsJson
from opencse.terminal import print_json, print_note, print_source, print_text, steps

Out = Annotated[Path | None, typer.Option(help="TOML file to write; without it the mapping is printed.")]
Overwrite = Annotated[bool, typer.Option(help="Replace the file.")]


def mapping() -> None:
    """Write a mapping, the page that says how files of any layout become the contract's tables."""


def draft(
    folder: Annotated[Path, typer.Argument(help="Folder of record files.", metavar="FOLDER", show_default=False)],
    out: Out = None,
    overwrite: Overwrite = False,
    as_json: AsJson = False,
) -> None:
    """Write a first mapping by what the files' columns are called and hold, with comments on what is open."""
    from data.mapping.draft.draft_page import draft_mapping

    _check_free(out, overwrite=overwrite)
    with steps("Drafting") as progress:
        text = draft_mapping(folder, progress=progress)
    _give(text, out, as_json=as_json)
    if out is not None and not as_json:
        print_text(f"Next: opencse check {folder} --mapping {out}")


def template(
    name: Annotated[str | None, typer.Argument(help="A template's name; all are listed without it.")] = None,
    out: Out = None,
    overwrite: Overwrite = False,
    as_json: AsJson = False,
) -> None:
    """List the templates of mappings for public layouts, or give one."""
    from data.mapping.templates import summaries, template_text

    if name is None:
        listed = summaries()
        if as_json:
            print_json(listed)
            return
        for one, summary in listed.items():
            print_text(summary, label=one)
        return
    _check_free(out, overwrite=overwrite)
    _give(template_text(name), out, as_json=as_json)


def _check_free(out: Path | None, *, overwrite: bool) -> None:
    if out is not None and out.suffix.lower() != ".toml":
        raise UsageError("A mapping is a TOML file.", expected="a name that ends in .toml", found=out.name)
    if out is not None and out.exists() and not overwrite:
        raise UsageError("The file exists already.", where=str(out), hint="Choose another, or add --overwrite.")


def _give(text: str, out: Path | None, *, as_json: bool) -> None:
    from data.mapping.mapping_file import open_points
    from data.staging import staged_file

    points = [{"line": line, "open": says} for line, says in open_points(text)]
    if out is not None:
        with staged_file(out) as file:
            file.write_text(text, encoding="utf-8")
        print_note(f"Written to {out}. Open points: {len(points)}.")
    if as_json:
        print_json({"out": str(out) if out is not None else None, "mapping": text, "open": points})
    elif out is None:
        print_source(text.removesuffix("\n"))


COMMAND = Command(
    mapping,
    panel="Run",
    examples=("opencse mapping draft DIR --out mapping.toml", "opencse mapping template complaint_board"),
    parts=(draft, template),
)
