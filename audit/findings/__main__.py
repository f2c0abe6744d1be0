"""Write the pages of findings; from finished stress folders, if any are named, with their tables anew.

python -m audit.findings [FOLDER ...]
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from audit.findings import pages, tables

ROOT: Final = Path(__file__).parent.parent.parent
TABLES: Final = "benchmarks/results/findings"
PAGES: Final = "docs/findings"


def main(folders: Sequence[Path], *, root: Path = ROOT) -> None:
    """Write tables of the folders that are named, and every page from the tables."""
    if folders:
        tables.write(tables.tables_of(folders), root / TABLES)
    pages.write(pages.pages(tables.read(root / TABLES), pages.read_said(root / PAGES)), root / PAGES)


if __name__ == "__main__":
    main([Path(argument) for argument in sys.argv[1:]])
