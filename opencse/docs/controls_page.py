"""The page of controls, written from what each declares: `python -m opencse.docs`."""

from __future__ import annotations

from typing import Final

from stress.controls.control import Control
from stress.controls.library import controls

PAGE: Final = "docs/reference/controls.md"

_INTRODUCTION = """\
# Controls

<!-- Written by `make docs` from the files in `stress/controls/library/`. Edit those. -->

A control does something after which nothing must be found, or nothing must change. If something is found all the same,
what the audit says of the real result cannot be relied on, and its first line says so. How to run them, and how to read
what comes out: [Control an audit](../how-to/control-an-audit.md).

## When a control fails

Each control counts: worlds with any flag, flags on certain people, p-values, tables that differ. Of `n` that were
looked at, `count` were found, and a certain share was allowed for. The chance of finding so many, if no more were
expected than allowed, is the binomial tail. A control fails where that chance is under 5%, divided by the number of
controls and, within a control, by the number of things it judges; so an audit in which everything holds has a failing
control at most once in twenty. The bound is exact for worlds and draws, and on the safe side for counts drawn without
replacement (Hoeffding 1956).

| status | means |
|---|---|
| `passed` | no more was found than chance explains |
| `failed` | more was found |
| `too_few` | had everything been found, it would still not have been enough to fail: give more `--seeds` |
| `not_judged` | nothing was promised (contradictions, selection by capacity), or nothing was there; it is only told |
| `not_run` | it does not apply to this world or these records; the reason is given |

`standard_error` is that of a share of the allowed size among n. `real` and `real_n` are the same count in the real
result.
"""


def controls_page() -> str:
    """Return the page."""
    return "\n".join([_INTRODUCTION, *(_section(found) for found in controls().values())])


def _section(found: Control) -> str:
    lines = [
        f"## {found.name}",
        "",
        found.question,
        "",
        f"- Must hold: {found.holds}.",
        f"- A failure points at: {found.sees}.",
        f"- Cannot see: {found.blind_to}.",
        "",
    ]
    return "\n".join(lines)
