"""The page that every run carries: its dossier, of what the run holds and nothing measured beside it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dossier.material import Material
from dossier.page import dossier_page
from pipeline.run_folder import RunFolder


def run_page(folder: Path, facts: Mapping[str, Any]) -> bytes:
    """Return the dossier of a run that is complete but for its manifest, of which `facts` is as much as stands.

    The same run gives the same bytes. Reviews, error rates and what was measured afterwards stand in a dossier that
    `opencse dossier` writes.
    """
    # Own code in this folder is what has just run, and whoever gave the command trusted it.
    return dossier_page(Material(RunFolder(folder, trust_code=True), facts)).encode()
