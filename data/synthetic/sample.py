"""The small sample that is committed beside the generator: `python -m data.synthetic.sample` makes it anew."""

from __future__ import annotations

import shutil
from pathlib import Path

from data.synthetic.generate import Generated, generate
from data.synthetic.world import load

FOLDER = Path(__file__).with_name("sample")
PEOPLE, MONTHS = 100, 5


def make() -> Generated:
    """Replace the committed sample by a fresh one and return it."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    return generate(load("tiny", people=PEOPLE, months=MONTHS), out=FOLDER)


if __name__ == "__main__":
    make()
