"""How long the command line takes to answer: help, and the smallest command that reads a declaration.

    python benchmarks/startup_speed.py [--times 10]

Prints and keeps the least and the middle of several starts, each in a process of its own.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from pathlib import Path

from _worlds import write_result

ROOT = Path(__file__).parent.parent
COMMANDS = (("--help",), ("run", "--help"), ("worlds", "--json"), ("catalogue", "--json"))


def seconds(arguments: tuple[str, ...]) -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, "-m", "opencse", *arguments], cwd=ROOT, capture_output=True, check=True)
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=10)
    times = parser.parse_args().times
    result = {}
    for arguments in COMMANDS:
        taken = [seconds(arguments) for _ in range(times)]
        result[" ".join(arguments)] = {"least": round(min(taken), 3), "median": round(statistics.median(taken), 3)}
    write_result("startup_speed", result)


if __name__ == "__main__":
    main()
