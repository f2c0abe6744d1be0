"""What a row says stays where it belongs: not in progress, notes or errors, not in lineage events, not in the crate."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from data.contract import CONTRACT
from data.errors import OpencseError
from data.sample_records import arrow_table, complete_rows
from data.store import StatementFailed, Store
from pipeline.openlineage.run_events import FILE
from pipeline.run_crate import CRATE
from tests.command_line import ending_of, refusal_of

NUMBER, WORD = 918_273_645, "zzsentinel"
"""An id and a text that stand nowhere but in rows."""


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A dozen people with ids and texts that nothing else looks like, and a row that goes into quarantine."""
    people = [NUMBER + n for n in range(12)]
    rows = complete_rows(
        {
            "unit": [{"unit_id": NUMBER + 500, "name": WORD, "kind": "team"}],
            "officer": [{"officer_id": p, "joined_on": "2015-01-01"} for p in people],
            "posting": [{"officer_id": p, "unit_id": NUMBER + 500, "started_on": "2020-01-01"} for p in people],
            "complaint": [
                {"officer_id": p, "complaint_id": NUMBER + n, "received_on": f"2025-{n % 9 + 1:02d}-11"}
                for n, p in enumerate([*people, NUMBER + 99])
            ],
        }
    )
    folder = tmp_path_factory.mktemp("records")
    for name, of in rows.items():
        (folder / f"{name}.csv").write_bytes(_csv(arrow_table(CONTRACT[name], of)))
    return folder


def _csv(table: object) -> bytes:
    import pyarrow as pa
    import pyarrow.csv

    out = pa.BufferOutputStream()
    pyarrow.csv.write_csv(table, out)
    return bytes(out.getvalue())


def test_a_run_says_nothing_of_its_rows_in_progress_notes_events_and_crate(records: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    code, _, progress = ending_of("run", "--records", records, "--out", out, "--as-of", "2025-12-01", "--allow-empty")
    assert code == 0, progress
    assert "complaint" in progress
    texts = {"progress": progress} | {name: (out / name).read_text(encoding="utf-8") for name in (FILE, CRATE)}
    assert str(NUMBER)[:6] in (out / "validation" / "results.json").read_text() + str(_ids(out))  # they are in the run
    for name, text in texts.items():
        assert str(NUMBER)[:6] not in text, name
        assert WORD not in text, name


def _ids(out: Path) -> list[int]:
    import pyarrow.parquet as pq

    return list(pq.read_table(out / "subjects.parquet")["subject_id"].to_pylist())


Spoiling = Callable[[bytes], bytes]

SPOILT: dict[str, Spoiling] = {
    "a cell too many": lambda text: text + f'{NUMBER},"{WORD}","{WORD}",1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n'.encode(),
    "a quote that is not closed": lambda text: text + f'{NUMBER},"{WORD}\n'.encode(),
    "a byte that is no text": lambda text: text + f"{NUMBER},{WORD}".encode() + b"\xff\n",
    "a NUL": lambda text: text + f"{NUMBER},{WORD}".encode() + b"\0\n",
    "no header": lambda text: f"{NUMBER},{WORD}\n".encode() * 3,
}


@pytest.mark.parametrize("how", SPOILT)
def test_an_error_says_where_a_file_is_wrong_and_not_what_stands_there(how: str, records: Path, tmp_path: Path) -> None:
    for path in records.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    path = tmp_path / "complaint.csv"
    path.write_bytes(SPOILT[how](path.read_bytes()))
    error = refusal_of("run", "--records", tmp_path, "--out", tmp_path / "run", "--json")
    text = "\n".join([str(error), *error.lines()])
    assert "complaint" in text
    assert WORD not in text
    assert str(NUMBER) not in text


@pytest.mark.parametrize(
    "statement",
    [
        f"SELECT CAST('{WORD}' AS INTEGER)",
        f"SELECT CAST({NUMBER} * 1000000 AS INTEGER)",
        f"SELECT nothing FROM (SELECT 1 AS officer_id) WHERE officer_id IN ({NUMBER}, {NUMBER + 1})",
    ],
)
def test_a_statement_that_fails_is_shown_without_values(statement: str) -> None:
    with Store() as store, pytest.raises(StatementFailed) as caught:
        store.rows(statement, step="a step")
    error: OpencseError = caught.value
    text = "\n".join([str(error), *error.lines()])
    assert "a step" in text
    assert WORD not in text
    assert str(NUMBER) not in text
