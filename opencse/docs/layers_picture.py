"""The picture of the layers, one page: which is caused by which, what is planted on top, and what is written.

Names of patterns come from their folders, so that the picture cannot lag behind them; a test holds that every file of
`layers/` is in it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from textwrap import wrap
from typing import Final

from data.synthetic.planted_patterns import archetypes, typologies
from opencse.docs.markdown import render, spaced

PICTURE: Final = "docs/explanation/synthetic-force.svg"

_WIDTH, _MARGIN, _LINE, _PADDING, _GAP = 940, 20, 17, 12, 22
_LETTERS: Final = 118
"""How many letters of the picture's type fit into a box."""


@dataclass(frozen=True)
class Layer:
    """One layer: its name, what it settles, the files of `layers/` that make it, and a colour."""

    name: str
    settles: str
    files: tuple[str, ...]
    fill: str = "#eef3f8"


LAYERS = (
    Layer("1  Structure", "commands, boroughs, branches, teams of 8 to 12 with a role each", ("structure",)),
    Layer("2  Workforce", "ranks, joiners, leavers, moves, part-time work, protected characteristics", ("workforce",)),
    Layer("3  Conduct", "lasting, heavy-tailed differences between people that no record states", ("traits",)),
    Layer("4  Exposure", "absence, tours by role, badge entries, roster edits", ("absences", "rota", "presence")),
    Layer(
        "5  Occurrence",
        "incidents attended together; force, searches, assaults; look-ups; matters to complain of; interests; the rest",
        ("incidents", "encounters", "lookups", "complaints", "cases", "interests", "matters"),
    ),
    Layer(
        "6  Reporting",
        "who reports what: the only layer that reads a protected characteristic, by stated parameters",
        ("complaints", "cases"),
        "#f8efe4",
    ),
    Layer("7  Adjudication", "how cases end: slow, partial, uneven", ("complaints", "cases")),
    Layer(
        "8  Recording",
        "the day each row became known; rows recorded twice, wrongly owned, lost, stamped by a fast clock",
        ("recording", "recording_faults"),
    ),
)
"""Each is caused by those above it."""


@dataclass(frozen=True)
class _Box:
    """A box of the picture: where it begins, its title and lines, and a colour."""

    top: int
    title: str
    lines: tuple[str, ...]
    fill: str

    @property
    def height(self) -> int:
        return 2 * _PADDING + _LINE * (1 + len(self.lines))


def layers_picture() -> str:
    """Return the picture as SVG, ending in a newline.

    Example:
        >>> layers_picture().startswith("<svg ")
        True
    """
    boxes: list[_Box] = []
    top = _MARGIN
    for title, texts, fill in _contents():
        lines = tuple(line for text in texts for line in wrap(text, _LETTERS))
        boxes.append(_Box(top, title, lines, fill))
        top += boxes[-1].height + _GAP
    return render("layers_picture.svg.jinja", boxes=boxes, width=_WIDTH, height=top - _GAP + _MARGIN)


def _contents() -> Iterator[tuple[str, list[str], str]]:
    """Yield, from top to bottom, each box's title, texts and colour."""
    figures = "figures.toml: published figures and stated assumptions"
    yield figures, ["A world's file may replace any of them."], "#f3f0f7"
    for layer in LAYERS:
        yield layer.name, [layer.settles, f"layers/ {', '.join(f'{name}.py' for name in layer.files)}"], layer.fill
    yield "Ordinary life, complete", ["No pattern is planted yet."], "#ffffff"
    innocent = "Innocent reasons to look unusual; the truth names the people."
    concern = "Patterns of concern; the truth names the subjects, and every row added, altered or removed."
    yield f"{len(archetypes())} archetypes", [innocent, ", ".join(map(spaced, archetypes()))], "#e9f4ec"
    yield f"{len(typologies())} typologies", [concern, ", ".join(map(spaced, typologies()))], "#f9e9e9"
    records = "records/  every table of the record contract"
    truth = "truth/  truth_subject, truth_row, truth_archetype, before/"
    yield "Written", [records, truth, "world.json  settings, seed, counts"], "#ffffff"
