from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from data.contract import CONTRACT
from data.store import Store
from data.synthetic import world
from data.synthetic.generate import GENERATOR, generate
from data.synthetic.planted_patterns import archetypes, typologies
from opencse.docs import layers_picture as picture
from opencse.docs import worlds_page as documents

from .conftest import open_world, view

ROOT = Path(__file__).parents[3]
SAMPLE = ROOT / "data" / "synthetic" / "sample"


def test_every_setting_is_explained_on_the_page() -> None:
    for line in documents.worlds_page().splitlines():
        if line.startswith("| `") and line.count("|") == 5:
            assert all(cell.strip() for cell in (line.split("|")[1], line.split("|")[4])), line


def test_the_sample_is_what_the_generator_makes(tmp_path: Path) -> None:
    summary = json.loads((SAMPLE / "world.json").read_text("utf-8"))
    assert summary["generator"] == GENERATOR, "run python -m data.synthetic.sample"
    made = generate(world.World.model_validate(summary["world"]), out=tmp_path / "again")
    assert made.rows == summary["rows"]
    with open_world(made) as store:
        for table in CONTRACT:
            view(store, f"kept_{table.name}", SAMPLE / "records" / f"{table.name}.parquet")
            assert differing(store, table.name, table.names) == 0, table.name


def differing(store: Store, table: str, names: tuple[str, ...]) -> int:
    one, two = (f"SELECT {', '.join(names)} FROM {relation}" for relation in (table, f"kept_{table}"))
    return int(store.value(f"SELECT count(*) FROM (({one} EXCEPT ALL {two}) UNION ALL ({two} EXCEPT ALL {one}))"))


def test_the_sample_is_small() -> None:
    assert sum(path.stat().st_size for path in SAMPLE.rglob("*") if path.is_file()) < 2_000_000


@pytest.mark.parametrize("name", ["DATASHEET.md"])
def test_the_datasheet_points_at_pages_that_exist(name: str) -> None:
    page = ROOT / "data" / "synthetic" / name
    for part in page.read_text("utf-8").split("](")[1:]:
        assert (page.parent / part.split(")")[0]).exists()


def test_the_picture_holds_every_layer_and_every_pattern() -> None:
    files = {path.stem for path in (ROOT / "data" / "synthetic" / "layers").glob("*.py")} - {"__init__"}
    assert {name for layer in picture.LAYERS for name in layer.files} == files
    words = {word.strip(",") for text in ElementTree.fromstring(picture.layers_picture()) for word in _words(text)}
    for name in (*archetypes(), *typologies()):
        assert set(name.split("_")) <= words, name


def _words(element: ElementTree.Element) -> list[str]:
    return (element.text or "").split()
