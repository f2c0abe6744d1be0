"""The documentation as a site: the pages of the repository laid out for MkDocs, with a map of them.

    python -m opencse.docs.site FOLDER

writes `FOLDER/mkdocs.yml` and below `FOLDER/pages` every page, in the places they have in the repository, so that the
same links hold there and here. Notebooks become pages; a file that is no page is copied where a page links to it. The
map comes from `docs/index.md`: its sections, and their pages in the order in which they are linked.
"""

from __future__ import annotations

import json
import re
import shutil
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from opencse.docs import notebooks

ROOT: Final = Path(__file__).parent.parent.parent
START: Final = "docs/index.md"
TOP: Final = ("README.md", "GLOSSARY.md", "CONTRIBUTING.md", "CHANGELOG.md")

_LINK: Final = re.compile(r"\]\(([^)\s#]+)(#[^)\s]*)?\)")
_BLOCK: Final = re.compile(r"(?ms)^ *```.*?^ *```")

SETTINGS: Final[Mapping[str, Any]] = {
    "site_name": "OpenCSE",
    "docs_dir": "pages",
    "use_directory_urls": False,
    "strict": True,
    "theme": {
        "name": "material",
        "font": False,
        "features": ["navigation.indexes", "navigation.top", "content.code.copy"],
        "palette": [
            {"media": "(prefers-color-scheme: light)", "scheme": "default", "primary": "blue grey"},
            {"media": "(prefers-color-scheme: dark)", "scheme": "slate", "primary": "blue grey"},
        ],
    },
    "plugins": ["search"],
    "markdown_extensions": ["tables", "toc", "pymdownx.superfences", "pymdownx.highlight", "pymdownx.inlinehilite"],
    "validation": {
        "nav": {"omitted_files": "ignore", "not_found": "warn"},
        "links": {"not_found": "warn", "anchors": "warn", "unrecognized_links": "warn", "absolute_links": "warn"},
    },
}
"""What MkDocs is told: no page loads anything from elsewhere, and a link that leads nowhere ends the build.

The plugin that makes search work from disk would load a script from a server, so search needs the site to be served.
"""


def pages(root: Path = ROOT) -> dict[str, str]:
    """Return the text of every page of the site by its path, which is that in the repository."""
    paths = [*(root / name for name in TOP), *sorted((root / "docs").rglob("*.md"))]
    texts = {path.relative_to(root).as_posix(): path.read_text(encoding="utf-8") for path in paths}
    for path in sorted((root / notebooks.FOLDER).glob("*.py")):
        script = path.read_text(encoding="utf-8")
        texts[path.relative_to(root).with_suffix(".md").as_posix()] = _page_of(script)
    return {path: _relinked(text) for path, text in texts.items()}


def _page_of(script: str) -> str:
    """Return a notebook as a page: its text, and its code in blocks."""
    cells = json.loads(notebooks.notebook(script))["cells"]
    parts = [
        "".join(cell["source"]) if cell["cell_type"] == "markdown" else f"```python\n{''.join(cell['source'])}\n```"
        for cell in cells
    ]
    return "\n\n".join(parts) + "\n"


def _relinked(text: str) -> str:
    """Return a page whose links lead to the pages of notebooks, and of folders to their first page."""
    return re.sub(
        r"\]\(([^)\s#]*/?decisions|[^)\s#]*/?findings)/\)", r"](\1/index.md)", text.replace(".ipynb)", ".md)")
    )


def linked_files(texts: Mapping[str, str], root: Path = ROOT) -> set[str]:
    """Return the files of the repository that pages link to and that are no pages themselves."""
    files = set()
    for path, text in texts.items():
        for target, _ in _LINK.findall(_BLOCK.sub("", text)):
            if not re.match(r"[a-z]+:", target):
                place = (root / path).parent.joinpath(target).resolve()
                if place.is_file() and place.is_relative_to(root):
                    files.add(place.relative_to(root).as_posix())
    return files - texts.keys()


def site_map(texts: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return the map of the site: the sections of the first page, and what each links to."""
    sections: list[dict[str, Any]] = [{"OpenCSE": "README.md"}, {"Documentation": START}]
    for part in texts[START].split("\n## ")[1:]:
        title, _, body = part.partition("\n")
        listed = dict.fromkeys(_pages_linked(body, texts))
        sections.append({title: [{_title(texts[page]): page} for page in listed]})
    return sections


def _pages_linked(body: str, texts: Mapping[str, str]) -> Iterator[str]:
    for target, _ in _LINK.findall(body):
        page = Path("docs", target).as_posix()
        page = page.replace("docs/../", "")
        if page in texts:
            yield page


def _title(text: str) -> str:
    return text.splitlines()[0].removeprefix("# ").replace("`", "")


def write_site(folder: Path, root: Path = ROOT) -> None:
    """Write the source of the site to a folder, in place of what it held."""
    texts = pages(root)
    shutil.rmtree(folder, ignore_errors=True)
    for path, text in texts.items():
        place = folder / "pages" / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")
    for path in linked_files(texts, root):
        place = folder / "pages" / path
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(root / path, place)
    settings = {**SETTINGS, "nav": site_map(texts)}
    (folder / "mkdocs.yml").write_text(json.dumps(settings, indent=1) + "\n", encoding="utf-8")  # JSON is YAML


if __name__ == "__main__":
    write_site(Path(sys.argv[1]))
