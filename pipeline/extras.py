"""The libraries that only some settings need, looked for before any work is done."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final

from data.errors import UsageError

if TYPE_CHECKING:
    from pipeline.settings import Settings

_EXTRAS: Final = {
    "validation": ("great_expectations", "duckdb_engine", "sqlalchemy"),
    "patterns": ("pyod",),
}
"""The modules of each extra of the package."""


def check_extras(settings: Settings, *, records: bool = True) -> None:
    """Check that the libraries which a run with these settings needs are installed; nothing is imported.

    Without `records` none are loaded under a run's checks, and only what detectors need is asked for.

    Raises:
        UsageError: some are not. All of them are listed, with the extras that bring them.
    """
    missing = {
        extra: [name for name in _EXTRAS[extra] if find_spec(name) is None] for extra in _needs(settings, records)
    }
    extras = [extra for extra, names in missing.items() if names]
    if extras:
        raise UsageError(
            "A library that these settings need is not installed.",
            expected=", ".join(f"the extra '{extra}'" for extra in extras),
            found=f"no {', '.join(name for names in missing.values() for name in names)}",
            hint=f'pip install "opencse[{",".join(extras)}]"',
        )


def _needs(settings: Settings, records: bool) -> Iterator[str]:
    if records:
        yield "validation"  # every run checks its records
    if any(str(getattr(detector, "estimator", "")).startswith("pyod.") for detector in settings.detectors):
        yield "patterns"
