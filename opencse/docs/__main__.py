"""Write every page that is made from the code: `python -m opencse.docs`.

Finished stress folders, if any are named, give the tables of the findings anew: `python -m opencse.docs FOLDER ...`.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from opencse.docs import (
    catalogue_pages,
    commands_page,
    controls_page,
    findings_pages,
    kept_figures,
    kept_page,
    layers_picture,
    notebooks,
    python_page,
    records_page,
    result_ages,
    scenarios_page,
    stated_budget_page,
    week_page,
    worlds_page,
)
from stress.findings import finding_tables

ROOT: Final = Path(__file__).parent.parent.parent
RESULTS: Final = "benchmarks/results"
TABLES: Final = f"{RESULTS}/findings"

FOLDERS: Final = (catalogue_pages.FOLDER, findings_pages.FOLDER)
"""Folders in which every page is made: one that no declaration stands behind any more is removed."""


def main(folders: Sequence[Path], *, root: Path = ROOT) -> None:
    """Write all pages into the project below `root`, and first the tables of the stress folders that are named."""
    if folders:
        finding_tables.write(finding_tables.tables_of(folders), root / TABLES)
    write(pages(root), root)


def pages(root: Path = ROOT) -> dict[str, str]:
    """Return the text of every page by its path in the project."""
    return {
        commands_page.PAGE: commands_page.commands_page(),
        controls_page.PAGE: controls_page.controls_page(),
        kept_figures.PAGE: kept_figures.kept_figures(root),
        kept_figures.RATES: kept_figures.kept_rates(root),
        kept_page.PAGE: kept_page.kept_page(root),
        layers_picture.PICTURE: layers_picture.layers_picture(),
        python_page.PAGE: python_page.python_page(),
        records_page.PAGE: records_page.records_page(),
        scenarios_page.PAGE: scenarios_page.scenarios_page(),
        stated_budget_page.PAGE: stated_budget_page.stated_budget_page(root),
        week_page.PAGE: week_page.week_page(root),
        worlds_page.PAGE: worlds_page.worlds_page(),
        **catalogue_pages.pages(),
        **_pages_of_findings(root),
        **notebooks.pages(root),
    }


def _pages_of_findings(root: Path) -> dict[str, str]:
    sentences = findings_pages.read_sentences(root / findings_pages.FOLDER)
    ages = list(result_ages.other_ages(root / RESULTS))
    return findings_pages.pages(finding_tables.read(root / TABLES), sentences, other_ages=ages)


def write(texts: Mapping[str, str], root: Path) -> None:
    """Write pages into the project below `root`, and remove those of declarations that are gone."""
    for path, text in texts.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
    for page in left_over(texts, root):
        page.unlink()


def left_over(texts: Mapping[str, str], root: Path) -> list[Path]:
    """Return the pages of declarations that are gone."""
    current = {root / path for path in texts}
    written = [path for folder in FOLDERS for path in (root / folder).glob("*.md")]
    return sorted(path for path in [*written, *(root / notebooks.FOLDER).glob("*.ipynb")] if path not in current)


if __name__ == "__main__":
    main([Path(argument) for argument in sys.argv[1:]])
