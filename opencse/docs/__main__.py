"""Write every page that is made from the code: `python -m opencse.docs`.

Finished stress folders, if any are named, give the tables of the findings anew: `python -m opencse.docs FOLDER ...`.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from opencse.docs import catalogue_pages, controls_page, findings_pages, records_page, scenarios_page, worlds_page
from opencse.docs.layers_picture import PICTURE, layers_picture
from stress.findings import finding_tables

ROOT: Final = Path(__file__).parent.parent.parent
TABLES: Final = "benchmarks/results/findings"
FINDINGS: Final = "docs/findings"
CATALOGUE: Final = "docs/catalogue"


def main(folders: Sequence[Path], *, root: Path = ROOT) -> None:
    """Write all pages into the project below `root`."""
    write_findings(folders, root=root)
    records_page.write(root / records_page.PAGE)
    catalogue_pages.write(root / CATALOGUE)
    pages = {
        str(worlds_page.PAGE): worlds_page.worlds_page(),
        str(PICTURE): layers_picture(),
        controls_page.PAGE: controls_page.controls_page(),
        scenarios_page.PAGE: scenarios_page.scenarios_page(),
    }
    for page, text in pages.items():
        (root / page).write_text(text, encoding="utf-8")


def write_findings(folders: Sequence[Path], *, root: Path = ROOT) -> None:
    """Write the tables of the stress folders that are named, if any, and the pages of findings from all tables."""
    if folders:
        finding_tables.write(finding_tables.tables_of(folders), root / TABLES)
    sentences = findings_pages.read_said(root / FINDINGS)
    tables = finding_tables.read(root / TABLES)
    findings_pages.write(findings_pages.pages(tables, sentences), root / FINDINGS)


if __name__ == "__main__":
    main([Path(argument) for argument in sys.argv[1:]])
