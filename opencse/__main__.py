"""`python -m opencse` is the same as `opencse`."""

from __future__ import annotations

from opencse.cli import main

main()
