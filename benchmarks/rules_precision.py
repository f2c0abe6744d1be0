"""How many innocent people each rule flags, and how many planted ones it finds, world by world.

    python benchmarks/rules_precision.py [--seeds 101-106] [--worlds FOLDER] [--rule NAME]

Tolerances were set on seeds 101 to 106 alone; seeds 201 to 203 are held out. With `--worlds`, worlds are kept in that
folder and read from it again. Records are read as generated, as of the day after the world's last. Found are people
whose planted pattern of the typologies below touches the rule's window.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq

from data.contract import CONTRACT
from data.store import Store, literal
from models.contradictions.rule import Rule
from models.rules import rules
from pipeline.rule_counts import count_contradictions

BULLIES = "bullied_colleague, by this supervisor"
"""The truth names both: the colleague of a welfare concern, and the supervisor of a culture one."""

AIMS: dict[str, tuple[str, ...]] = {
    "active_while_sick": ("working_while_sick",),
    "lookup_not_attended": ("disclosure",),
    "lookup_off_duty": ("unlinked_lookups", "abuse_of_position"),
    "office_day_without_entry": ("false_office_attendance",),
    "overtime_without_trace": ("roster_self_editing", "overtime_racket"),
    "repeated_lookup_off_duty": ("unlinked_lookups", "abuse_of_position"),
    "self_edit_without_trace": ("roster_self_editing",),
    "self_rostered_tour": ("holiday_swapping",),
    "split_expense": ("expense_padding",),
    "tours_cut_after_grievance": ("retaliation", BULLIES),
    "undeclared_interest": ("undeclared_interest", "undeclared_membership", "working_while_sick"),
    "video_off_at_force": ("force_escalation",),
}
"""Which typologies plant rows that each rule is about; a rule that is not named here has none planted for it."""


@dataclass
class Tally:
    """What became of one rule over several worlds."""

    flagged: int = 0
    true: int = 0
    planted: int = 0
    found: int = 0
    innocent: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True)
class Truth:
    """Who is planted with what, when, and who is an archetype."""

    planted: tuple[tuple[int, str, date, date], ...]
    archetypes: dict[int, set[str]]

    def of(self, typologies: tuple[str, ...], since: date) -> set[int]:
        """Return who has one of these typologies at any time from a day on."""
        return {who for who, typology, _, last in self.planted if typology in typologies and last >= since}


def truth_of(folder: Path, store: Store, records: Path) -> Truth:
    """Return a world's truth; a unit's pattern is planted with everybody ever posted to the unit."""
    far = date(9999, 1, 1)
    rows = pq.read_table(folder / "truth_subject.parquet").to_pylist()
    posted = pq.read_table(records / "posting.parquet").to_pylist()
    members: dict[int, set[int]] = {}
    for posting in posted:
        members.setdefault(posting["unit_id"], set()).add(posting["officer_id"])
    planted = []
    for row in rows:
        who = members.get(row["subject_id"], set()) if row["subject_kind"] == "unit" else {row["subject_id"]}
        bully = row["typology"] == "bullied_colleague" and row["concern"] == "culture"
        typology = BULLIES if bully else row["typology"]
        planted += [(one, typology, row["started_on"], row["ended_on"] or far) for one in sorted(who)]
    archetypes: dict[int, set[str]] = {}
    for row in pq.read_table(folder / "truth_archetype.parquet").to_pylist():
        archetypes.setdefault(row["officer_id"], set()).add(row["archetype"])
    return Truth(tuple(planted), archetypes)


def measure(world: Path, chosen: list[Rule], tallies: dict[str, Tally]) -> int:
    """Run the rules on one world, add to the tallies, and return how many people it has."""
    records = world / "records"
    with Store(threads=2) as store:
        store.run("CREATE SCHEMA loaded")
        last = date.min
        for table in CONTRACT:
            path = records / f"{table.name}.parquet"
            if path.exists() and not table.audit_only:
                store.run(f"CREATE TABLE loaded.{table.name} AS SELECT * FROM read_parquet({literal(str(path))})")
                if table.known:
                    known = pc.max(pq.read_table(path, columns=[table.known])[table.known]).as_py()
                    last = max(last, known or last)
        truth = truth_of(world / "truth", store, records)
        as_of = last + timedelta(days=1)
        for found in (counts.by_person() for counts in count_contradictions(store, chosen, as_of)):
            reached = found.ids[found.hit_days >= found.rule.minimum_days]
            count(tallies[found.rule.name], found.rule, set(reached.tolist()), truth, as_of)
        return int(store.value("SELECT count(*) FROM loaded.officer"))


def count(tally: Tally, rule: Rule, flagged: set[int], truth: Truth, as_of: date) -> None:
    """Add what one rule found in one world to its tally."""
    aims = AIMS.get(rule.name, ())
    officers = {who for who, typology, _, _ in truth.planted if typology in aims and typology != "overtime_racket"}
    planted = truth.of(aims, as_of - timedelta(days=rule.window))
    tally.flagged += len(flagged)
    tally.true += len(flagged & truth.of(aims, date.min))
    tally.planted += len(planted & officers)
    tally.found += len(planted & officers & flagged)
    for who in flagged - truth.of(aims, date.min):
        others = sorted({typology for one, typology, _, _ in truth.planted if one == who})
        reasons = [f"({name})" for name in others] or sorted(truth.archetypes.get(who, {"ordinary"}))
        tally.innocent.update(reasons)


def generated(name: str, seed: int, folder: Path) -> Path:
    """Return a world, generated where it is not there yet."""
    from data.synthetic.generate import generate
    from data.synthetic.world import load

    out = folder / f"{name}-{seed}"
    if not out.exists():
        print(f"generating {name} {seed}", file=sys.stderr)
        generate(load(name, seed=seed), out=out, threads=2)
    return out


def report(name: str, tallies: dict[str, Tally], people: int) -> None:
    """Print one world's table."""
    print(f"\n### World `{name}`, {people:,} people\n")
    print("| rule | planted | found | flagged | of them without it | a thousand people | precision | mostly |")
    print("|---|---|---|---|---|---|---|---|")
    for rule, t in tallies.items():
        false = t.flagged - t.true
        precision = f"{t.true / t.flagged:.2f}" if t.flagged and t.planted else "–"
        mostly = ", ".join(f"{who} {n}" for who, n in t.innocent.most_common(3))
        rate = f"{1000 * false / people:.2f}"
        print(
            f"| {rule} | {t.planted or '–'} | {t.found if t.planted else '–'} | {t.flagged} | {false} | {rate} |"
            f" {precision} | {mostly} |"
        )


def main() -> None:
    """Run the rules on worlds of several seeds and print a table for each kind of world."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", default="101-106")
    parser.add_argument("--worlds", type=Path)
    parser.add_argument("--rule", action="append")
    options = parser.parse_args()
    first, last = (int(part) for part in options.seeds.split("-"))
    chosen = [rule for rule in rules().values() if not options.rule or rule.name in options.rule]
    with tempfile.TemporaryDirectory() as temporary:
        for name in ("demo", "null"):
            tallies = {rule.name: Tally() for rule in chosen}
            people = 0
            for seed in range(first, last + 1):
                people += measure(generated(name, seed, options.worlds or Path(temporary)), chosen, tallies)
            report(name, tallies, people)


if __name__ == "__main__":
    main()
