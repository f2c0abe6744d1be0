"""The records without which a flag would not have been raised: as few as can be found, by computing it again.

Rows are taken away from those that the flag rests on, and everything that follows is computed again from the remaining
ones. The peers stay what they were while the search runs; where it is asked for, the whole comparison is done again in
the end without the rows, peers included.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

from audit.flag.cited_rows import EvidenceRow, RowKey, cited_rows, evidence_of, loaded_rows
from audit.flag.comparison import FlagComparison
from audit.flag.excess_comparison import ExcessAgain
from audit.flag.replay import find_flag
from audit.flag.rerun import CitedRowStore, FlagRow, Rerun
from audit.flag.rule_comparison import RuleComparison
from data.store import Store
from data.vocabulary import BY_COMPARISON
from pipeline.extras import check_extras
from pipeline.run_folder import RunFolder

_Clears = Callable[[frozenset[RowKey]], bool]

_Foresee = Callable[[Sequence[frozenset[RowKey]]], None]

_FORESEEN: Final = 5
"""So many steps of halving are foreseen: of up to 32 rows all, of more the first."""

_TRIED: Final = 60
"""So many smaller sets are tried to prove that there is none; beyond, the set found is an upper bound."""


@dataclass(frozen=True)
class Removal:
    """The rows whose removal clears a flag, each with file and row of origin; none where no removal does.

    `among` counts the rows that the flag rests on; 0 where it is not raised at all when it is computed again, as
    happens with a run of another version. `smallest` says that every set of them with one row less was tried,
    or one like it, and does not clear the flag; where not, the rows are an upper bound, of which none can be left out.
    `flags_besides` counts the concern's other flags that come or go when the whole comparison is done again without
    the rows; None where it was not, and peers and cut are taken to stay what they are.
    """

    rows: tuple[EvidenceRow, ...]
    among: int
    smallest: bool
    flags_besides: int | None

    def sentence(self) -> str:
        """Return in words what was found, and how sure that is."""
        if not self.among:
            return "Computed again with every row there it is not raised: 'opencse replay' says what differs."
        if not self.rows:
            return f"Not even without all {self.among} rows that it rests on would it go: see what else was looked at."
        tables = Counter(row.table_name.replace("_", " ") for row in self.rows)
        named = " and ".join(f"{n} of {name}" for name, n in sorted(tables.items()))
        sure = "fewer would not do" if self.smallest else "an upper bound: none of these can be left out"
        number = self.flags_besides
        besides = "peers and the cut being what they are"
        if number is not None:
            besides = f"{number or 'no'} other flag{'' if number == 1 else 's'} of the concern would come or go"
        gone = f"without {named} it would not have been raised ({sure})"
        return f"Of the {self.among} rows that it rests on, {gone}; {besides}."


def smallest_removal(folder: RunFolder, start: str, *, rerun: Rerun | None = None, confirm: bool = True) -> Removal:
    """Find as few rows as possible without which the flag whose id begins with a text would not have been raised.

    `rerun` is the run's comparison done again, where it is there already: what it has read and fitted serves here too.
    With `confirm` everybody is compared anew without the rows found, which takes several times as long; more are taken
    away where the flag is still raised.

    Raises:
        UsageError: no flag's id, or more than one, begins so, or a library that the run's detectors need is not
            installed.
        VerificationFailed: a file of the run cannot be read.
    """
    flag = find_flag(folder, start)
    if flag["promise"] in BY_COMPARISON:
        check_extras(folder.settings, records=False)
    cited = evidence_of(folder, flag["flag_id"])[flag["flag_id"]]
    loaded = loaded_rows(folder, cited)
    rerun = rerun or Rerun(folder, folder.settings)
    direct = {(row.table_name, row.row_id): row for row in cited if row.part == "direct"}
    with Store(threads=1) as store:
        rows = CitedRowStore(store, rerun.absent, rerun.coarse, rerun.filled)
        rows.hold(cited_rows(cited, loaded, flag["as_of"]))
        again = _comparison(rerun, flag, rows)
        if again.clears(frozenset()):
            return Removal((), 0, smallest=False, flags_besides=None)
        order, alike = _order(again, direct)
        foresee = again.foresee if isinstance(again, FlagComparison) else _foresee_nothing
        fewest, sure = _search(order, again.clears, alike, foresee)
        return _removal(direct, fewest, sure, _confirmed(fewest, order, again) if confirm else (fewest, None))


def _comparison(rerun: Rerun, flag: FlagRow, rows: CitedRowStore) -> FlagComparison | RuleComparison | ExcessAgain:
    if flag["family"] == "contradiction":
        return RuleComparison(rerun, flag, rows.store)
    return ExcessAgain(rerun, flag, rows.store) if flag["promise"] == "excess" else FlagComparison(rerun, flag, rows)


def _order(
    again: FlagComparison | RuleComparison | ExcessAgain, direct: Mapping[RowKey, EvidenceRow]
) -> tuple[list[RowKey], Callable[[RowKey], Hashable]]:
    """Return rows, those first whose removal is likeliest to clear the flag, and what makes one like another."""
    if isinstance(again, FlagComparison):
        counted = again.counted(sorted(direct))
        return sorted(direct, key=lambda key: (-counted[key].weight, key[0], -key[1])), lambda key: counted[key].alike
    # No two are alike: claims of one day count together, and a row may contradict several; a later event weighs more.
    if isinstance(again, RuleComparison):
        return sorted(direct, key=lambda key: (key[0] != again.rule.table, key[0], -key[1])), lambda key: key
    own = [key for key, row in direct.items() if row.indicator == again.indicator]
    return sorted(own, key=lambda key: (key[0], -key[1])), lambda key: key


def _removal(
    direct: Mapping[RowKey, EvidenceRow],
    fewest: frozenset[RowKey],
    sure: bool,
    confirmed: tuple[frozenset[RowKey], int | None],
) -> Removal:
    rows, others = confirmed
    # Where more had to be taken away than the search found, what lies between was not tried.
    smallest = sure and len(rows) == len(fewest) > 0
    return Removal(tuple(direct[key] for key in sorted(rows)), len(direct), smallest, others)


def _foresee_nothing(sets: Sequence[frozenset[RowKey]]) -> None:
    """Where one set after the other is computed as quickly as many at once, none is computed before it is asked for."""


def _search(
    order: Sequence[RowKey],
    clears: _Clears,
    alike: Callable[[RowKey], Hashable],
    foresee: _Foresee = _foresee_nothing,
) -> tuple[frozenset[RowKey], bool]:
    """Return a small set of rows that clears a flag, the likeliest tried first, and whether no smaller one does.

    Taking away more is taken never to bring a flag back. Rows that are `alike` count in the same things, so that one of
    them does what another does. `foresee` is told beforehand of which sets `clears` may be asked next.
    """
    foresee([frozenset(order[:size]) for size in _halves(0, len(order))] + [frozenset(order)])
    if not order or not clears(frozenset(order)):
        return frozenset(), False
    low, high = 0, len(order)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if clears(frozenset(order[:middle])) else (middle, high)
    first = frozenset(order[:high])
    foresee([first - {key} for key in {alike(key): key for key in sorted(first, reverse=True)}.values()])
    fewest = _pruned(first, clears, alike)
    while True:
        smaller = list(_smaller(order, alike, len(fewest) - 1))
        if len(smaller) > _TRIED:
            return fewest, False
        foresee(smaller)
        better = next((rows for rows in smaller if clears(rows)), None)
        if better is None:
            return fewest, True
        fewest = better


def _halves(low: int, high: int, depth: int = _FORESEEN) -> Iterator[int]:
    """Yield the numbers that halving a range may come upon in its first steps."""
    if depth and high - low > 1:
        middle = (low + high) // 2
        yield from (middle, *_halves(low, middle, depth - 1), *_halves(middle, high, depth - 1))


def _pruned(rows: frozenset[RowKey], clears: _Clears, alike: Callable[[RowKey], Hashable]) -> frozenset[RowKey]:
    """Put back what need not be taken away, one row after another."""
    needed: set[Hashable] = set()
    for key in sorted(rows):
        if alike(key) not in needed:
            if clears(rows - {key}):
                rows = rows - {key}
            else:
                needed.add(alike(key))
    return rows


def _smaller(order: Sequence[RowKey], alike: Callable[[RowKey], Hashable], size: int) -> Iterator[frozenset[RowKey]]:
    """Yield one set of each kind with so many rows, up to one more than are tried: how many of which alike rows."""
    classes: dict[Hashable, list[RowKey]] = {}
    for key in order:
        classes.setdefault(alike(key), []).append(key)
    groups = list(classes.values())
    if all(len(group) == 1 for group in groups):
        yield from (frozenset(rows) for _, rows in zip(range(_TRIED + 1), combinations(order, size), strict=False))
        return
    shares = _shares([len(group) for group in groups], size)
    for _, taken in zip(range(_TRIED + 1), shares, strict=False):
        yield frozenset(key for group, n in zip(groups, taken, strict=True) for key in group[:n])


def _shares(sizes: Sequence[int], total: int) -> Iterator[tuple[int, ...]]:
    """Yield all ways of taking `total` things from heaps of these sizes."""
    if not sizes:
        if total == 0:
            yield ()
        return
    rest = sum(sizes[1:])
    for first in range(min(sizes[0], total), max(0, total - rest) - 1, -1):
        for others in _shares(sizes[1:], total - first):
            yield (first, *others)


def _confirmed(
    fewest: frozenset[RowKey], order: Sequence[RowKey], comparison: FlagComparison | RuleComparison | ExcessAgain
) -> tuple[frozenset[RowKey], int]:
    """Do the whole comparison again without the rows; where the flag is still raised, take away more.

    Each time everybody is compared anew, which takes long. So the number of rows taken away besides is doubled until
    the flag is gone, and then narrowed down to the smallest, as taking away more is taken never to bring a flag back.
    """
    if not fewest:
        return fewest, 0
    rest = [key for key in order if key not in fewest]
    results: dict[int, tuple[bool, int]] = {}

    def is_gone(more: int) -> bool:
        results[more] = comparison.again_without(fewest | frozenset(rest[:more]))
        return results[more][0]

    low, high = -1, 0
    while not is_gone(high):
        if high == len(rest):
            return frozenset(), 0
        low, high = high, min(max(1, 2 * high), len(rest))
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if is_gone(middle) else (middle, high)
    return fewest | frozenset(rest[:high]), results[high][1]
