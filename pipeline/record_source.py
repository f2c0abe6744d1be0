"""Where a run's records come from: a named source, or the mapping in a file."""

from __future__ import annotations

from pathlib import Path

from data import sources
from data.mapping.mapped_source import Mapped
from data.mapping.mapping_file import read_mapping
from data.source import Source


def source_of(name: str) -> Source:
    """Return the source of that name, or that of the mapping whose path it is: one that ends in `.toml`.

    Raises:
        UsageError: there is no such source, or the mapping cannot be used.

    Example:
        >>> source_of("folder").name
        'folder'
    """
    return Mapped(read_mapping(Path(name))) if name.lower().endswith(".toml") else sources.find(name)
