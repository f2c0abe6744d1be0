"""The command `opencse`, which is the same as `python -m opencse`: signals first, then what takes time to import."""

from __future__ import annotations

import os
import signal
import sys


def main() -> None:
    """Run the command line; an interruption while it is still being imported ends it as any other does."""
    # Asked to end, a command cleans up as after Ctrl-C; left to the system it would leave its temporary folders behind.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        from opencse.cli import main as run_command

        run_command()
    except KeyboardInterrupt:
        sys.stderr.write("Interrupted.\n")
        sys.stderr.flush()
        os._exit(130)


if __name__ == "__main__":
    main()
