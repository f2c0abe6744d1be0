"""An installed wheel works by itself: nothing is left behind in the repository."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LAYERS = ("data", "ledger", "features", "models", "pipeline", "audit", "stress", "dossier", "opencse")
LEFT_BEHIND = {"__pycache__", ".DS_Store"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the working tree without asking any index."""
    folder = tmp_path_factory.mktemp("wheel")
    command = ["wheel", "--quiet", "--no-deps", "--no-index", "--no-build-isolation", "--wheel-dir", str(folder)]
    subprocess.run([sys.executable, "-m", "pip", *command, str(ROOT)], check=True, capture_output=True)
    (built,) = folder.glob("opencse-*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with nothing in it but the installed wheel."""
    folder = tmp_path_factory.mktemp("installed")
    command = ["install", "--quiet", "--no-deps", "--no-index", "--target", str(folder), str(wheel)]
    subprocess.run([sys.executable, "-m", "pip", *command], check=True, capture_output=True)
    return folder


def test_the_wheel_has_every_file_of_the_packages(wheel: Path) -> None:
    files = [path for layer in LAYERS for path in (ROOT / layer).rglob("*") if path.is_file()]
    expected = {path.relative_to(ROOT).as_posix() for path in files if not LEFT_BEHIND & set(path.parts)}
    held = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert held == expected


def test_the_wheel_carries_its_licence(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in names)


def test_the_installed_wheel_lists_the_worlds_from_another_folder(installed: Path, tmp_path: Path) -> None:
    script = installed / "bin" / "opencse"
    expected = {path.stem for path in (ROOT / "data/synthetic/worlds").glob("*.toml")}
    ran = subprocess.run(
        [sys.executable, str(script), "worlds", "--json"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert expected
    assert {name for name in expected if name not in ran.stdout} == set()


def test_the_installed_wheel_imports_from_where_it_is_installed(installed: Path, tmp_path: Path) -> None:
    code = f"import {', '.join(LAYERS)}; print(*[m.__file__ for m in ({', '.join(LAYERS)})], sep='\\n')"
    ran = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert all(Path(line).is_relative_to(installed) for line in ran.stdout.split())
