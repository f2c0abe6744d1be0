"""The page `docs/reference/worlds.md`, written from the settings, worlds, patterns and figures themselves.

`python -m opencse.docs` writes it, and the picture of the layers.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from data.synthetic import world
from data.synthetic.figures import figures
from data.synthetic.nuisance import nuisances
from data.synthetic.planted_patterns import Archetype, PlantedPattern, Typology, archetypes, typologies
from data.synthetic.priors import priors

PAGE = Path("docs/reference/worlds.md")
"""Where the page stands, seen from the top of the repository."""

_HEAD = """\
# Worlds

Written from the code by `python -m opencse.docs`. Do not edit it here.

A world is a TOML file: one of those below, or one of your own. `opencse generate WORLD --out DIR` takes its name or its
path. Everything that is left out keeps its default; every fault of a file is reported at once. Any world can be made at
any size, length and seed with `--people`, `--months` and `--seed`.

```toml
title = "500 people, one typology at double strength, and badges that often fail"
people = 500

[typologies]
include = ["false_office_attendance"]
intensity = 2.0

[archetypes.settings.badge_failure]
share = 0.10

[figures]
missed_entries = 0.06
```

The same generator version, world, seed and size give the same bytes, whatever the number of threads. A typology or an
archetype draws from random streams of its own: adding, removing or changing one leaves every row of everybody else as
it was. [How a world is made](../explanation/synthetic-force.md) explains the layers."""

_SECTIONS: tuple[tuple[str, type[BaseModel], str], ...] = (
    ("", world.World, "At the top of the file."),
    ("structure", world.ForceShape, "The shape of the force."),
    ("reporting", world.Reporting, "The only place where a protected characteristic reaches a record."),
    ("recording", world.Recording, "What goes wrong, or changes, between what happens and what the records say."),
    ("recording.force_practice", world.PracticeChange, "`recording.complaint_practice` takes the same."),
    ("typologies", world.Plantings, "Which patterns of concern are planted; `archetypes` takes the same."),
    ("typologies.settings.NAME", world.Planting, "One typology's own settings; `archetypes.settings.NAME` too."),
)

_GRADES = """\
What the force is calibrated to. Grades: A official, court, regulator or peer-reviewed; B reputable press; C own
arithmetic on A or B; K general knowledge. `opencse calibrate WORLD` compares a world with every one of them."""

_NESTED = (
    "structure",
    "reporting",
    "recording",
    "typologies",
    "archetypes",
    "figures",
    "settings",
    "draws",
    "shares",
    "roles",
)
_ABOUT = {
    "name": "taken from the file's name unless given",
    "title": "one line that says what the world is for",
    "people": "everybody employed at some time in the world, joiners and leavers included",
    "months": "length",
    "seed": "root of every random stream",
    "starts_on": "first day; a first of a month",
    "exclude": "names to leave out",
    "asian": "factor for asian officers",
    "black": "factor for black officers",
    "mixed": "factor for officers of mixed ethnicity",
    "other": "factor for officers of other ethnicity",
    "boroughs": "0 to 32 boroughs",
    "commands": "0 to 12 borough commands",
    "on": "first day of the fuller practice",
    "force_practice": "a table of its own, below",
    "complaint_practice": "a table of its own, below",
}


def worlds_page() -> str:
    """Return the whole page in Markdown, ending in a newline."""
    parts = [_HEAD, "## The worlds there are", _worlds(), "## Settings"]
    for section, model, about in _SECTIONS:
        parts += [f"### {f'`[{section}]`' if section else 'The file'}", about, _settings(model)]
    parts += [
        "### `[figures]`",
        "Replaces a figure that the force is calibrated to, by its name in the last table of this page.",
        "## Typologies",
        (
            "Patterns of concern. The truth names their subjects, whom else they are about (who bullies somebody, whom"
            " retaliation hits), and every row they add, alter or remove."
        ),
        *(_pattern(pattern) for pattern in typologies().values()),
        "## Archetypes",
        "Innocent reasons to look unusual. The truth names the people; nothing about them is of concern.",
        *(_pattern(pattern) for pattern in archetypes().values()),
        "## Nuisances",
        (
            "Rows that ordinary life leaves and that a rule or an indicator looks for. Only drawn forces have them, as"
            " often as the priors below say; nobody's row of this kind is of concern."
        ),
        _nuisances(),
        "## Priors",
        (
            "What a drawn force is drawn from: a file that says `drawn = true`, such as `drawn` and `drawn-null`, takes"
            " every setting that it does not give from here, by its seed. A log-normal is cut at its bounds."
        ),
        _priors(),
        "## Figures",
        _GRADES,
        _figures(),
    ]
    return "\n\n".join(parts) + "\n"


def _grid(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [f"| {' | '.join(head)} |", "|" + "---|" * len(head)]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)])


def _worlds() -> str:
    loaded = [world.load(name) for name in world.names()]
    return _grid(
        ("world", "people", "months", "for"), ((f"`{w.name}`", f"{w.people:,}", str(w.months), w.title) for w in loaded)
    )


def _settings(model: type[BaseModel]) -> str:
    rows = [
        (f"`{name}`", _default(field), _range(field), field.description or _ABOUT.get(name, ""))
        for name, field in model.model_fields.items()
        if name not in _NESTED
    ]
    return _grid(("setting", "default", "range", "means"), rows)


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True)
    return "none" if value is None else f"`{value}`".replace("('*',)", '["*"]').replace("()", "[]")


def _range(field: FieldInfo) -> str:
    signs = {"ge": "at least", "gt": "above", "le": "at most", "lt": "below"}
    found = [
        f"{words} {getattr(rule, sign):,}"
        for rule in field.metadata
        for sign, words in signs.items()
        if getattr(rule, sign, None) is not None
    ]
    return ", ".join(found)


def _pattern(pattern: PlantedPattern) -> str:
    kind = pattern.concern if isinstance(pattern, Typology) else "innocent"
    months = f"{pattern.months[0]:g} to {pattern.months[1]:g} months"
    lines = [
        f"### `{pattern.name}`",
        "",
        f"{pattern.summary[:1].upper()}{pattern.summary[1:]}.",
        "",
        f"- Kind: {kind}; subject: {'a team' if pattern.subject == 'unit' else 'a person'}.",
        f"- Planted in {100 * pattern.share:g}% of those eligible, for {months}.",
        f"- Intensity {pattern.intensity:g}: {pattern.intensity_means}.",
    ]
    if pattern.not_before:
        lines.append(f"- Not before {pattern.not_before:%-d %B %Y}.")
    if isinstance(pattern, Archetype):
        moved = "; ".join(f"{'raises' if m.up else 'lowers'} {m.value} of `{m.table}`" for m in pattern.moves)
        lines.append(f"- Visibly {moved}.")
    lines.append(f"- Modelled on: {pattern.basis}.")
    return "\n".join(lines)


def _nuisances() -> str:
    rows = [
        (f"`{one.name}`", one.summary, ", ".join(f"`{name}`" for name in one.serves)) for one in nuisances().values()
    ]
    return _grid(("nuisance", "somebody", "rules and indicators that look for it"), rows)


def _priors() -> str:
    rows = [
        (f"`{p.name}`", p.distribution, f"{p.quantile(0.5):.4g}", f"{p.low:g} to {p.high:g}", p.unit, p.reason, p.grade)
        for p in priors().values()
    ]
    return _grid(("prior", "distribution", "median", "range", "unit", "reason", "grade"), rows)


def _figures() -> str:
    rows = [(f"`{f.name}`", f"{f.value:.4g}", f.unit, f.source, f.year, f.grade, f.kind) for f in figures().values()]
    return _grid(("figure", "value", "unit", "source", "year", "grade", "kind"), rows)
