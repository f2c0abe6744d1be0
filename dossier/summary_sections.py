"""What stands at the top of a dossier: what was promised, what was looked at, and how good the records were."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, Final

from audit.section import Section
from dossier.material import Material
from pipeline.given_ids import GivenIds

LONGEST: Final = 200
"""How many rows a table of gaps or practices shows at most; the run folder has all."""


def summary_sections(material: Material) -> list[Section]:
    """Return the sections on flags, selections, records, gaps and practices, those with nothing to say left out."""
    facts = material.facts
    sections = [
        _flags(material.flags),
        _selections(facts.get("selections", ())),
        _records(facts.get("counts", ())),
        _gaps(facts.get("source_gaps", ()), material.ids),
        _changes(facts.get("practice_changes", ()), material.ids),
        _practices(material),
        Section("Notes on the records", sentences=tuple(_notes(facts, numbers=material.ids.empty))),
    ]
    return [section for section in sections if section.rows or section.sentences]


def _flags(flags: list[dict[str, Any]]) -> Section:
    counts = Counter((f["concern"], f["promise"], f["family"], f["subject_kind"]) for f in flags)
    people = len({(f["subject_kind"], f["subject_id"]) for f in flags})
    sentence = f"{len(flags):,} flags about {people:,} subjects." if flags else "Nobody was flagged."
    rows = tuple((*key, number) for key, number in sorted(counts.items()))
    return Section("Flags", ("concern", "promise", "family", "subject", "flags"), rows, (sentence,))


def _selections(selections: Iterable[dict[str, Any]]) -> Section:
    rows = tuple(
        (s["as_of"], s["subject_kind"], s["concern"], _method(s), s["compared"], s["insufficient"], s["selected"])
        for s in selections
    )
    columns = ("as of", "subject", "concern", "selected by", "compared", "not enough evidence", "selected")
    return Section("How people were selected", columns, rows)


def _method(selection: dict[str, Any]) -> str:
    level = selection["level"]
    return "capacity: the highest" if level is None else f"false discovery rate, {level:.3g} aimed at"


def _records(counts: Iterable[dict[str, Any]]) -> Section:
    rows = tuple((c["table"], c["rows_in"], c["loaded"], c["quarantined"]) for c in counts)
    refused = sum(row[3] for row in rows)
    sentence = f"{refused:,} rows were not loaded; validation/quarantine.parquet lists each with its reason."
    return Section("Records", ("table", "rows in", "loaded", "not loaded"), rows, (sentence,))


def _gaps(gaps: Iterable[dict[str, Any]], ids: GivenIds) -> Section:
    rows = tuple((g["table"], ids.place(g["area"]), g["first"], g["last"], g["found"], g["usual"]) for g in gaps)
    columns = ("source", "in", "from", "to", "rows", "usual")
    return _listed("Source gaps: nothing is concluded from silence here", columns, rows)


def _changes(changes: Iterable[dict[str, Any]], ids: GivenIds) -> Section:
    rows = tuple((c["table"], ids.place(c["area"]), c["since"], c["before"], c["after"]) for c in changes)
    return _listed("Sources that record more or less from a day on", ("source", "in", "since", "before", "after"), rows)


def _practices(material: Material) -> Section:
    if not (material.folder.path / "practices.parquet").is_file():
        return Section("Practices")
    rows = material.folder.table("practices").to_pylist()
    table = tuple((p["rule"], p["scope"], p["claims"], p["contradicted"], p["people"]) for p in rows)
    columns = ("rule", "where", "claims", "contradicted", "people")
    return _listed("Practices: ordinary for many here, so they single nobody out", columns, table)


def _notes(facts: Any, *, numbers: bool) -> Iterator[str]:
    if numbers and facts.get("crosswalk"):
        yield (
            "The ids of the records were texts. This page has the numbers that the run knows them by; 'opencse dossier'"
            " gives the texts back to whoever has the list beside the run."
        )
    yield from facts.get("notes", ())
    if facts.get("absent"):
        yield f"Tables that were not given: {', '.join(facts['absent'])}."
    yield from (f"Skipped: {line}." for line in facts.get("skipped", ()))


def _listed(title: str, columns: tuple[str, ...], rows: tuple[tuple[Any, ...], ...]) -> Section:
    more = (f"{len(rows) - LONGEST:,} more are in the run folder.",) if len(rows) > LONGEST else ()
    return Section(title, columns, rows[:LONGEST], more)
