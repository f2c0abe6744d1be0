"""The picture of the layers, one page: which is caused by which, what is planted on top, and what is written.

`python -m opencse.docs.worlds_page` writes it as SVG. Names of patterns come from their folders, so that the picture
cannot lag behind them; a test holds that every file of `layers/` is in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from textwrap import wrap

from data.synthetic.planted_patterns import PlantedPattern, archetypes, typologies

PICTURE = Path("docs/explanation/synthetic-force.svg")
"""Where the picture stands, seen from the top of the repository."""

_WIDTH, _LEFT, _RIGHT = 940, 30, 910
_LINE, _PAD, _GAP = 17, 12, 22
_LETTERS = 118


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


def layers_picture() -> str:
    """Return the picture as SVG, ending in a newline."""
    parts: list[str] = []
    at = 20
    head = "figures.toml: published figures and stated assumptions", "A world's file may replace any of them."
    at = _box(parts, at, head[0], [head[1]], fill="#f3f0f7")
    for layer in LAYERS:
        files = ", ".join(f"{name}.py" for name in layer.files)
        at = _box(parts, _arrow(parts, at), layer.name, [layer.settles, f"layers/ {files}"], fill=layer.fill)
    at = _box(parts, _arrow(parts, at), "Ordinary life, complete", ["No pattern is planted yet."], fill="#ffffff")
    for title, text, found, fill in _planted():
        at = _box(parts, _arrow(parts, at), title, [text, *_names(found)], fill=fill)
    written = [
        "records/  every table of the record contract",
        "truth/  truth_subject, truth_row, truth_archetype, before/",
    ]
    at = _box(parts, _arrow(parts, at), "Written", [*written, "world.json  settings, seed, counts"], fill="#ffffff")
    return _document("\n".join(parts), height=at + 20)


def _planted() -> Iterator[tuple[str, str, Iterable[PlantedPattern], str]]:
    innocent, concerns = archetypes(), typologies()
    yield (
        f"{len(innocent)} archetypes",
        "Innocent reasons to look unusual; the truth names the people.",
        innocent.values(),
        "#e9f4ec",
    )
    yield (
        f"{len(concerns)} typologies",
        "Patterns of concern; the truth names the subjects, and every row added, altered or removed.",
        concerns.values(),
        "#f9e9e9",
    )


def _names(patterns: Iterable[PlantedPattern]) -> list[str]:
    return wrap(", ".join(pattern.name.replace("_", " ") for pattern in patterns), _LETTERS)


def _box(parts: list[str], top: int, title: str, lines: Sequence[str], *, fill: str) -> int:
    """Add a box and return the y of its lower edge."""
    lines = [piece for line in lines for piece in wrap(line, _LETTERS)]
    height = 2 * _PAD + _LINE * (1 + len(lines))
    size = f'width="{_RIGHT - _LEFT}" height="{height}"'
    parts.append(f'<rect x="{_LEFT}" y="{top}" {size} rx="6" fill="{fill}" stroke="#7d8792"/>')
    baseline = top + _PAD + 13
    parts.append(f'<text x="{_LEFT + 16}" y="{baseline}" font-weight="bold">{escape(title)}</text>')
    for number, line in enumerate(lines, start=1):
        parts.append(f'<text x="{_LEFT + 16}" y="{baseline + number * _LINE}">{escape(line)}</text>')
    return top + height


def _arrow(parts: list[str], top: int) -> int:
    """Add an arrow below a box and return the y at which the next begins."""
    middle = _WIDTH // 2
    path = f"M{middle} {top + 2} V{top + _GAP - 3} m-5 -6 l5 6 l5 -6"
    parts.append(f'<path d="{path}" fill="none" stroke="#3d4752" stroke-width="1.5"/>')
    return top + _GAP


def _document(body: str, *, height: int) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" height="{height}"'
        ' role="img" aria-labelledby="title" font-family="sans-serif" font-size="13" fill="#1b2530">\n'
        '<title id="title">The layers of a synthetic force, each caused by those above it, what is planted on top, and'
        " what is written</title>\n"
        f'<rect width="{_WIDTH}" height="{height}" fill="#ffffff"/>\n{body}\n</svg>\n'
    )
