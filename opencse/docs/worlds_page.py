"""The page of worlds, written from the settings, worlds, patterns and figures themselves."""

from __future__ import annotations

from typing import Final

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from data.synthetic import world
from data.synthetic.figures import Figure, figures
from data.synthetic.nuisance import nuisances
from data.synthetic.planted_patterns import archetypes, typologies
from data.synthetic.priors import priors
from opencse.docs.markdown import code, render

PAGE: Final = "docs/reference/worlds.md"

_SECTIONS: tuple[tuple[str, type[BaseModel], str], ...] = (
    ("", world.World, "At the top of the file."),
    ("structure", world.ForceShape, "The shape of the force."),
    ("reporting", world.Reporting, "The only place where a protected characteristic reaches a record."),
    ("recording", world.Recording, "What goes wrong, or changes, between what happens and what the records say."),
    ("recording.force_practice", world.PracticeChange, "`recording.complaint_practice` takes the same."),
    ("typologies", world.Plantings, "Which patterns of concern are planted; `archetypes` takes the same."),
    ("typologies.settings.NAME", world.Planting, "One typology's own settings; `archetypes.settings.NAME` too."),
)

_NESTED = (
    *("structure", "reporting", "recording", "typologies", "archetypes"),
    *("figures", "settings", "draws", "shares", "roles"),
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
    """Return the page in Markdown, ending in a newline."""
    return render(
        "worlds.md.jinja",
        worlds=[_world_row(world.load(name)) for name in world.names()],
        sections=[
            {"title": code(f"[{name}]") if name else "The file", "about": about, "rows": _settings(model)}
            for name, model, about in _SECTIONS
        ],
        typologies=typologies().values(),
        archetypes=archetypes().values(),
        nuisances=[
            (code(one.name), one.summary, ", ".join(code(name) for name in one.serves)) for one in nuisances().values()
        ],
        priors=[
            (
                code(p.name),
                p.distribution,
                f"{p.quantile(0.5):.4g}",
                f"{p.low:g} to {p.high:g}",
                p.unit,
                p.reason,
                p.grade,
            )
            for p in priors().values()
        ],
        figures=[_figure_row(figure) for figure in figures().values()],
    )


def _world_row(settings: world.World) -> tuple[object, ...]:
    return code(settings.name), f"{settings.people:,}", settings.months, settings.title


def _settings(model: type[BaseModel]) -> list[tuple[str, ...]]:
    return [
        (code(name), _default(field), _range(field), field.description or _ABOUT.get(name, ""))
        for name, field in model.model_fields.items()
        if name not in _NESTED
    ]


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True)
    return "none" if value is None else f"`{value}`".replace("('*',)", '["*"]').replace("()", "[]")


def _range(field: FieldInfo) -> str:
    signs = {"ge": "at least", "gt": "above", "le": "at most", "lt": "below"}
    bounds = [
        f"{words} {getattr(rule, sign):,}"
        for rule in field.metadata
        for sign, words in signs.items()
        if getattr(rule, sign, None) is not None
    ]
    return ", ".join(bounds)


def _figure_row(figure: Figure) -> tuple[object, ...]:
    value = f"{figure.value:.4g}"
    return code(figure.name), value, figure.unit, figure.source, figure.year, figure.grade, figure.kind
