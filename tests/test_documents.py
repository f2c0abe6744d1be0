"""The documents say what the code does, in the words the glossary allows, and point at what exists."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import typer

from data.errors import OpencseError
from features.table import SCHEMA as FEATURES
from opencse.cli import app
from opencse.failures import INTERRUPTED
from pipeline.analysis import FLAGS
from pipeline.evidence import SCHEMA as EVIDENCE
from pipeline.scores_table import SCHEMA as SCORES

ROOT = Path(__file__).parent.parent
FOLDERS = (
    *("data", "ledger", "features", "models", "pipeline", "audit", "stress", "dossier", "opencse"),
    *("docs", "tests", "benchmarks", "notebooks", "requirements", ".ci"),
)
TEXT = {".py", ".md", ".toml", ".txt", ".sql", ".ipynb", ".j2", ".html", ".csv", ".sh", ""}

WORDS = ("bad officer", "guilty", "offender", "risk score", "debiased")
"""Never written, except where the glossary says so: no record can bear them out."""

ELSEWHERE = {
    "a package host": r"pypi|pythonhosted|conda-forge|anaconda\.org",
    "a path of one machine": r"(?<![\w.])/(?:work|root|home|Users|tmp|opt)/\w",
    "a place outside the repository": r"\.\./shared",
    "a numbered issue": r"\b(?:issue|pull request|PR) ?#?\d|(?<![\w&])#\d+\b(?![\w;])",
    "a page that is not in the repository": r"\b(?:DESIGN|DOMAIN|FACTS|HABITS)(?:\.md)?\b",
}


@cache
def texts() -> dict[str, str]:
    """Every text file of the project by its path; this one, which lists what is not written, is left out."""
    paths = [path for path in ROOT.iterdir() if path.is_file() and path.name != ".git"]
    paths += [path for folder in FOLDERS for path in (ROOT / folder).rglob("*") if path.is_file()]
    skipped = {Path(__file__), ROOT / "LICENSE"}
    kept = [p for p in paths if p.suffix in TEXT and p not in skipped and "__pycache__" not in p.parts]
    return {
        p.relative_to(ROOT).as_posix(): p.read_text(encoding="utf-8") for p in sorted(kept) if p.name != ".DS_Store"
    }


@cache
def pages() -> dict[str, str]:
    """Every page in Markdown by its path."""
    return {path: text for path, text in texts().items() if path.endswith(".md")}


def prose(text: str) -> str:
    """A page without its code blocks."""
    return re.sub(r"(?ms)^ *```.*?^ *```", "", text)


def links(path: str) -> Iterator[tuple[str, str]]:
    """Yield each link of a page that stays in the repository, as file and heading; either may be empty."""
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(pages()[path])):
        if not re.match(r"[a-z]+:", target):
            file, _, heading = target.partition("#")
            yield file, heading


def anchors(text: str) -> set[str]:
    """The anchors of a page's headings, as they are made when it is shown."""
    headings = re.findall(r"(?m)^#+ (.+)$", prose(text))
    return {re.sub(r"[^\w\- ]", "", h.strip().lower()).replace(" ", "-") for h in headings}


def test_the_exit_codes_that_are_documented_are_those_the_errors_carry() -> None:
    page = (ROOT / "docs/reference/exit-codes.md").read_text(encoding="utf-8")
    carried = {OpencseError.exit_code, *(kind.exit_code for kind in OpencseError.__subclasses__())}
    assert {int(code) for code in re.findall(r"(?m)^\| (\d+) \|", page)} == carried | {0, INTERRUPTED}


def test_every_column_of_a_run_is_documented() -> None:
    page = (ROOT / "docs/reference/run-folder.md").read_text(encoding="utf-8")
    schemas = {"features": FEATURES, "scores": SCORES, "flags": FLAGS, "evidence": EVIDENCE}
    for name, schema in schemas.items():
        part = page.split(f"## {name}.parquet")[1].split("\n## ")[0]
        listed = re.findall(r"`(\w+)`", " ".join(re.findall(r"(?m)^\| ([^|]*) \|", part)))
        assert listed == schema.names, name


def test_words_that_no_record_can_bear_out_are_not_written() -> None:
    found = []
    for path, text in texts().items():
        allowed = text.split("## Words not used")[0] if path == "GLOSSARY.md" else text
        flowing = " ".join(allowed.lower().split())
        found += [f"{path}: {word}" for word in WORDS if word in flowing]
    assert found == []


@pytest.mark.parametrize("what", ELSEWHERE)
def test_nothing_names(what: str) -> None:
    found = [
        f"{path}:{number}: {line.strip()[:100]}"
        for path, text in texts().items()
        if path != ".ci/run"
        for number, line in enumerate(text.splitlines(), start=1)
        if re.search(ELSEWHERE[what], line)
    ]
    assert found == []


def test_every_link_leads_somewhere() -> None:
    broken = []
    for path, text in pages().items():
        for file, heading in links(path):
            target = (ROOT / path).parent / file if file else ROOT / path
            if not target.exists():
                broken.append(f"{path}: {file} is not there")
            elif heading and heading not in anchors(target.read_text(encoding="utf-8") if file else text):
                broken.append(f"{path}: {file}#{heading} is not there")
    assert broken == []


def test_every_page_can_be_reached_from_the_readme() -> None:
    reached, waiting = set(), ["README.md"]
    while waiting:
        path = waiting.pop()
        reached.add(path)
        for file, _ in links(path):
            target = ((ROOT / path).parent / file).resolve()
            name = target.relative_to(ROOT).as_posix() if target.is_relative_to(ROOT) else ""
            if name in pages() and name not in reached:
                waiting.append(name)
    assert sorted(path for path in pages() if path.startswith("docs/") and path not in reached) == []


def test_every_file_that_a_page_names_is_there() -> None:
    named = re.compile(rf"`((?:{'|'.join(map(re.escape, FOLDERS))})/[\w./-]+)`")
    missing = [
        f"{path}: {file}"
        for path, text in pages().items()
        for file in named.findall(text)
        if "NAME" not in file and not (ROOT / file).exists()
    ]
    assert missing == []


def test_every_make_verb_that_a_page_names_is_there() -> None:
    verbs = set(re.findall(r"(?m)^([a-z]+):.*##", (ROOT / "Makefile").read_text(encoding="utf-8")))
    assert verbs >= {"setup", "demo", "test"}
    named = {
        (path, verb) for path, text in pages().items() for verb in re.findall(r"(?m)(?:`|^\s*)make ([a-z]+)", text)
    }
    assert sorted(f"{path}: make {verb}" for path, verb in named if verb not in verbs) == []


def commands() -> dict[str, set[str]]:
    """Every command of the command line with its options."""
    group = typer.main.get_command(app)
    assert isinstance(group, typer.core.TyperGroup)
    return {name: set(_options(command)) for name, command in group.commands.items()}


def _options(command: Any) -> Iterator[str]:
    """Yield the options of a command and of its parts."""
    yield from (option for parameter in command.params for option in parameter.opts)
    for part in getattr(command, "commands", {}).values():
        yield from _options(part)


def written_commands(text: str) -> Iterator[tuple[str, list[str]]]:
    """Yield each use of the command line on a page: the command's name and the options that are given."""
    for line in re.findall(r"(?m)(?:^|`) *opencse ([a-z][^\n`]*)", text):
        given = re.split(r"\s{3,}", line)[0].split()
        yield given[0], [word for word in given[1:] if word.startswith("--")]


def test_every_command_and_option_that_a_page_writes_is_there() -> None:
    known = commands()
    wrong = [
        f"{path}: opencse {name} {' '.join(options)}"
        for path, text in pages().items()
        for name, options in written_commands(text)
        if name not in known or not set(options) <= known[name]
    ]
    assert wrong == []


def test_the_readme_lists_every_command() -> None:
    assert set(commands()) <= {name for name, _ in written_commands(pages()["README.md"])}
