"""Declarations are found by their file, under checks that say what is wrong with which file."""

from __future__ import annotations

import importlib.util
import os
import py_compile
import sys
from pathlib import Path

import pytest

from data.errors import DeclarationFaulty, UsageError
from data.registry import declarations, file_declaration, module_names, toml_files
from data.source import Source
from data.sources.folder import SOURCE


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package of its own, importable as `declared_things`, whose files a test writes."""
    folder = tmp_path / "declared_things"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    monkeypatch.syspath_prepend(str(tmp_path))
    for name in [name for name in sys.modules if name.startswith("declared_things")]:
        monkeypatch.delitem(sys.modules, name)
    return folder


def test_one_thing_a_file_is_found_under_the_file_s_name_in_alphabetical_order(package: Path) -> None:
    for name in ("owl", "ant", "_hidden"):
        (package / f"{name}.py").write_text(f"LEGS = {len(name)}\n")
    (package / "notes.txt").write_text("not a module")
    assert module_names("declared_things") == ["ant", "owl"]
    assert list(declarations("declared_things", "LEGS", int).items()) == [("ant", 3), ("owl", 3)]


@pytest.mark.parametrize(
    ("text", "found"),
    [("", "nothing of that name"), ("LEGS = 'two'\n", "a str"), ("legs = 2\n", "nothing of that name")],
)
def test_a_module_that_declares_nothing_or_something_else_is_named(package: Path, text: str, found: str) -> None:
    (package / "owl.py").write_text(text)
    with pytest.raises(DeclarationFaulty) as caught:
        declarations("declared_things", "LEGS", int)
    assert caught.value.summary == "owl.py declares no LEGS."
    assert caught.value.expected == "LEGS = int(...)"
    assert caught.value.found == found


def test_a_user_s_own_file_is_read_from_wherever_it_lies(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text("from data.sources.folder import Folder\nSOURCE = Folder()\n")
    mine = file_declaration(path, "SOURCE", Source)  # type: ignore[type-abstract]  # any of its subclasses
    assert type(mine) is type(SOURCE)


def test_what_a_file_says_runs_and_no_compiled_module_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that was put there with the file's size and time would otherwise run in its place."""
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    path, other = tmp_path / "mine.py", tmp_path / "other.py"
    path.write_text("LEGS = 2\n")
    other.write_text("LEGS = 8\n")
    os.utime(other, ns=(path.stat().st_atime_ns, path.stat().st_mtime_ns))
    compiled = Path(importlib.util.cache_from_source(str(path)))
    py_compile.compile(str(other), cfile=str(compiled), doraise=True)
    assert file_declaration(path, "LEGS", int) == 2
    compiled.unlink()
    assert file_declaration(path, "LEGS", int) == 2
    assert list(compiled.parent.iterdir()) == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("SOURCE = 1 / 0\n", "ZeroDivisionError"),
        ("import nowhere_to_be_imported\n", "nowhere_to_be_imported"),
        ("SOURCE = (\n", "SyntaxError"),
    ],
)
def test_a_file_that_fails_when_it_runs_is_told_in_one_line(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "mine.py"
    path.write_text(text)
    before = set(sys.modules)
    with pytest.raises(UsageError, match="cannot be used") as caught:
        file_declaration(path, "SOURCE", int)
    assert words in str(caught.value.found)
    assert caught.value.where == str(path)
    assert not any(name.startswith("opencse_own_") for name in set(sys.modules) - before)


def test_a_file_that_is_not_there_or_no_module_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        file_declaration(tmp_path / "gone.py", "SOURCE", int)
    (tmp_path / "mine.txt").write_text("SOURCE = 1\n")
    with pytest.raises(UsageError, match="not a Python module"):
        file_declaration(tmp_path / "mine.txt", "SOURCE", int)


def test_the_module_of_a_file_is_named_after_its_content(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    names = []
    for text in ("SOURCE = __name__\n", "SOURCE = __name__\n", "SOURCE = __name__ + ''\n"):
        path.write_text(text)
        names.append(file_declaration(path, "SOURCE", str))
    assert names[0] == names[1] != names[2]


def test_toml_files_are_named_after_themselves(tmp_path: Path) -> None:
    for name in ("b.toml", "a.toml", "a.txt"):
        (tmp_path / name).write_text("")
    assert toml_files(tmp_path) == {"a": tmp_path / "a.toml", "b": tmp_path / "b.toml"}
    assert list(toml_files(tmp_path)) == ["a", "b"]
