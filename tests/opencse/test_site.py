"""The documentation as a site: every page is in it, every link leads somewhere, and nothing comes from elsewhere."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

from opencse.docs.site import ROOT, START, linked_files, pages, site_map, write_site

MKDOCS = ROOT / ".venv-site" / "bin" / "mkdocs"


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    write_site(folder)
    return folder


def test_every_page_and_notebook_of_the_repository_is_in_the_site(source: Path) -> None:
    wanted = {path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").rglob("*.md")}
    wanted |= {f"notebooks/{path.stem}.md" for path in (ROOT / "notebooks").glob("*.py")}
    written = {path.relative_to(source / "pages").as_posix() for path in source.rglob("*.md")}
    assert wanted | {"README.md", "GLOSSARY.md"} <= written


def links(text: str) -> list[str]:
    """The files that a page links to, outside its blocks of code."""
    targets = re.findall(r"\]\(([^)\s#]+)(?:#[^)\s]*)?\)", re.sub(r"(?ms)^ *```.*?^ *```", "", text))
    return [target for target in targets if not re.match(r"[a-z]+:", target)]


def test_every_link_of_the_site_leads_to_a_file_of_it(source: Path) -> None:
    broken = [
        f"{path.name}: {target}"
        for path in source.rglob("*.md")
        for target in links(path.read_text(encoding="utf-8"))
        if not (path.parent / target).is_file()
    ]
    assert broken == []


def test_the_map_holds_every_page_that_the_first_page_links_once_in_its_section(source: Path) -> None:
    texts = pages()
    sections = site_map(texts)
    listed = [page for section in sections for part in section.values() if isinstance(part, list) for page in part]
    places = [page for entry in listed for page in entry.values()]
    assert json.loads((source / "mkdocs.yml").read_text(encoding="utf-8"))["nav"] == sections
    assert {"docs/tutorial.md", "docs/reference/python.md", "notebooks/real_records.md", "GLOSSARY.md"} <= set(places)
    assert all(page in texts for page in places)
    assert [title for section in sections for title in section][1:] == [
        "Documentation",
        *re.findall(r"(?m)^## (.+)$", texts[START]),
    ]


def test_files_that_are_linked_and_no_pages_come_along(source: Path) -> None:
    files = linked_files(pages())
    assert "dossier/publication/disclosure.py" in files
    assert [path for path in files if not (source / "pages" / path).is_file()] == []


def test_every_page_says_in_its_first_sentence_what_its_reader_gets() -> None:
    """A title, a note of who wrote it where it is generated, then a sentence; no heading, table or code before it."""
    bare = []
    for path, text in pages().items():
        title, *rest = [part for part in re.split(r"\n{2,}", text.strip()) if not part.startswith("<!--")]
        if not re.match(r"# \S", title) or not rest or not re.match(r"[\w\[*`(]", rest[0]):
            bare.append(path)
    assert bare == []


@pytest.mark.nightly
@pytest.mark.skipif(not MKDOCS.exists(), reason="`make site` sets up what builds the site")
def test_the_site_is_built_and_loads_nothing_from_elsewhere(source: Path, tmp_path: Path) -> None:
    command = [MKDOCS, "build", "--strict", "--quiet", "-f", source / "mkdocs.yml", "-d", tmp_path / "site"]
    subprocess.run([*map(str, command)], check=True, env={"NO_MKDOCS_2_WARNING": "1", "PATH": ""})
    built = list((tmp_path / "site").rglob("*.html"))
    assert len(built) > 200
    loading = re.compile(
        r'<(?:script|img|iframe)[^>]+src="https?:|<link[^>]+rel="(?:stylesheet|preload|preconnect)"[^>]+href="https?:'
    )
    assert [page.name for page in built if loading.search(page.read_text(encoding="utf-8"))] == []
