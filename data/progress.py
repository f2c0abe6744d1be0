"""How long work tells whoever waits for it that it goes on."""

from __future__ import annotations

from collections.abc import Callable

StageProgress = Callable[[str], None]
"""Called with the name of each stage as it begins."""

CountProgress = Callable[[int], None]
"""Called with the number of pieces of work that were done since the last call."""

FractionProgress = Callable[[str, float], None]
"""Called with a stage's name and the fraction of it that is done, from 0 to 1."""
