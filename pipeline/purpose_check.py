"""The purpose firewall at the start of a run: nothing may feed a concern that its data may not serve."""

from __future__ import annotations

from models.purposes import Purposes, enforce, report_breaches, revealed
from pipeline.settings import Settings


def enforce_purposes(settings: Settings, purposes: Purposes) -> None:
    """Check, before anything is computed, that no indicator or rule feeds a concern its data may not serve.

    Raises:
        PurposeBreached: some do; all are listed.
    """
    enforce(purposes, settings.indicators)
    report_breaches(
        [
            f"{r.name} feeds {r.concern} with {', '.join(sorted(read - purposes.feeds[r.concern]))}"
            for r in settings.rules
            if not purposes.allows(read := revealed(r.tables, r.categories), r.concern)
        ]
    )
