"""The complaint process of a synthetic world beside that of real public records.

    OPENCSE_CHICAGO=<folder of the release> python benchmarks/synthetic_realism.py [--world met] [--people 12000]

Both are cut to regular officers who served all of two years. A count is of cases that name the officer. The part of the
release at hand is a random 30% of officers; sampling hides co-named colleagues and nothing else, so the share of shared
cases alone is taken from such a sample of the world too. Levels differ between forces; what is compared is the shape:
how concentrated, how persistent, how shared.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

from data.store import Store, literal

SAMPLE = 0.3
WINDOW = ("2006-01-01", "2008-01-01")


@dataclass(frozen=True)
class Shape:
    """The complaint process of a force over two years, officer by officer.

    `dispersion` is variance over mean of two-year counts; `lasting_shape` the shape of the gamma distribution of
    lasting differences that the covariance of the two years implies (1 / (cov / mean1 / mean2)); `shared` the share of
    rows whose case names another officer of the sample too.
    """

    officers: int
    cases_a_year: float
    zero: float
    top_1: float
    top_5: float
    top_10: float
    dispersion: float
    lasting_shape: float
    correlation: float
    shared: float


def shape_of(store: Store) -> Shape:
    """Return the shape of `named` (officer_id, case_id, second_year) over `serving` (officer_id, sampled)."""
    store.run(
        """
        CREATE OR REPLACE TABLE counts AS
        SELECT s.officer_id, count(DISTINCT case_id) AS n,
               count(DISTINCT case_id) FILTER (NOT second_year) AS a,
               count(DISTINCT case_id) FILTER (second_year) AS b
        FROM serving s LEFT JOIN named USING (officer_id) GROUP BY 1"""
    )
    (row,) = store.rows(
        """
        WITH ranked AS (SELECT n, row_number() OVER (ORDER BY n DESC, officer_id) AS place, count(*) OVER () AS people
                        FROM counts)
        SELECT count(*), avg(n) / 2, avg(CASE WHEN n = 0 THEN 1.0 ELSE 0 END),
               (SELECT sum(n) FILTER (place <= people * 0.01) / sum(n) FROM ranked),
               (SELECT sum(n) FILTER (place <= people * 0.05) / sum(n) FROM ranked),
               (SELECT sum(n) FILTER (place <= people * 0.10) / sum(n) FROM ranked),
               var_samp(n) / avg(n), avg(a) * avg(b) / nullif(covar_samp(a, b), 0), corr(a, b),
               (SELECT avg(CASE WHEN k > 1 THEN 1.0 ELSE 0 END) FROM (
                    SELECT count(*) OVER (PARTITION BY case_id) AS k
                    FROM (SELECT DISTINCT officer_id, case_id FROM named JOIN serving USING (officer_id)
                          WHERE sampled)))
        FROM counts"""
    )
    return Shape(int(row[0]), *(float(value) for value in row[1:]))


def real_shape(folder: Path) -> Shape:
    """Return the shape of the development records of the release, 2006 and 2007."""

    def read(name: str) -> str:
        return f"read_csv({literal(str(folder / name))}, sample_size = -1)"

    first, past = WINDOW
    with Store() as store:
        store.run(
            f"""
            CREATE TABLE serving AS SELECT UID AS officer_id, true AS sampled
            FROM {read("officers/final-profiles.csv.gz")}
            WHERE appointed_date < DATE '{first}' AND appointed_date > DATE '1975-01-01'
              AND coalesce(resignation_date, DATE '2100-01-01') >= DATE '{past}'"""
        )
        store.run(
            f"""
            CREATE TABLE named AS
            SELECT UID AS officer_id, cr_id AS case_id,
                   complaint_date >= DATE '{first}' + INTERVAL 1 YEAR AS second_year
            FROM {read("complaints/complaints-accused.csv.gz")} AS accused
            JOIN {read("complaints/complaints-complaints.csv.gz")} AS cases USING (cr_id)
            WHERE complaint_date >= DATE '{first}' AND complaint_date < DATE '{past}' AND UID IS NOT NULL"""
        )
        return shape_of(store)


def synthetic_shape(records: Path, starts_on: str) -> Shape:
    """Return the shape of a world of two years."""
    with Store() as store:
        for table in ("officer", "complaint"):
            store.run(
                f"CREATE VIEW {table} AS SELECT * FROM read_parquet({literal(str(records / f'{table}.parquet'))})"
            )
        store.run(
            f"""
            CREATE TABLE serving AS
            SELECT officer_id, hash(officer_id) % 1000 < {int(1000 * SAMPLE)} AS sampled FROM officer
            WHERE workforce = 'officer' AND joined_on <= DATE '{starts_on}' AND left_on IS NULL"""
        )
        store.run(
            f"""
            CREATE TABLE named AS SELECT DISTINCT officer_id, complaint_id AS case_id,
                   received_on >= DATE '{starts_on}' + INTERVAL 1 YEAR AS second_year FROM complaint"""
        )
        return shape_of(store)


def compare(folder: Path, *, world: str, people: int) -> dict[str, Shape]:
    """Return the shapes of the real records and of a world."""
    from data.synthetic.generate import generate
    from data.synthetic.world import load

    with tempfile.TemporaryDirectory() as out:
        made = generate(load(world, people=people), out=Path(out) / "world", threads=2)
        synthetic = synthetic_shape(made.records, made.starts_on.isoformat())
    return {"real": real_shape(folder), "synthetic": synthetic}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--world", default="met")
    parser.add_argument("--people", type=int, default=12_000)
    options = parser.parse_args()
    folder = os.environ.get("OPENCSE_CHICAGO")
    if not folder:
        raise SystemExit("Set OPENCSE_CHICAGO to the folder of the release.")
    shapes = compare(Path(folder), world=options.world, people=options.people)
    print(json.dumps({name: asdict(shape) for name, shape in shapes.items()}, indent=2))


if __name__ == "__main__":
    main()
