"""The import picture, drawn from the code and held against the table in ARCHITECTURE.md."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "gatewayz"
ANY = "any"


def allowed_imports():
    """Room -> rooms it may import, read from the table in ARCHITECTURE.md."""
    text = (ROOT / "ARCHITECTURE.md").read_text()
    table = text.split("| room | imports |", 1)[1].split("\n\n", 1)[0]
    allowed = {}
    for line in table.splitlines()[2:]:
        rooms, imports = (cell.strip() for cell in line.strip("|").split("|"))
        names = ANY if imports == ANY else set(re.findall(r"`(\w+)`", imports))
        for room in re.findall(r"`(\w+)`", rooms):
            allowed[room] = names
    return allowed


def rooms():
    return sorted(
        p.stem for p in PACKAGE.iterdir() if p.is_dir() or p.suffix == ".py" if p.stem[0] != "_"
    )


def imported_rooms(room):
    """(importing file, imported room) for each import of our own outside the room itself."""
    folder = PACKAGE / room
    files = sorted(folder.rglob("*.py")) if folder.is_dir() else [PACKAGE / f"{room}.py"]
    for file in files:
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{file}: relative import"
                names = [f"{node.module}.{alias.name}" for alias in node.names]
            elif isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            else:
                continue
            for name in names:
                parts = name.split(".")
                if parts[0] == "gatewayz" and len(parts) > 1 and parts[1] != room:
                    yield file.relative_to(ROOT), parts[1]


def test_the_table_names_every_room_and_no_other():
    assert sorted(allowed_imports()) == [r for r in rooms() if r != "py"]


@pytest.mark.parametrize("room", [r for r in rooms() if r != "py"])
def test_a_room_imports_only_what_the_table_allows(room):
    allowed = allowed_imports()[room]
    if allowed == ANY:
        return
    wrong = [
        f"{file} imports {other}" for file, other in imported_rooms(room) if other not in allowed
    ]

    assert wrong == []


@pytest.mark.parametrize("room", ["measure", "reports"])
def test_what_a_server_loads_beside_its_loop_imports_nothing_from_its_own_room(room):
    """Two threads that load such a room at once would each wait for the other, and one get half of it.

    While a room's `__init__` loads its files, another thread may have begun with one of them.
    """
    wrong = [
        f"{file}: from {node.module}"
        for file in sorted((PACKAGE / room).rglob("*.py"))
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.ImportFrom) and node.module == f"gatewayz.{room}"
    ]

    assert wrong == []


def test_no_two_rooms_import_each_other():
    reach = {room: {other for _, other in imported_rooms(room)} for room in rooms()}
    pairs = [(a, b) for a in reach for b in reach[a] if a in reach.get(b, ())]

    assert pairs == []


@pytest.mark.parametrize("file", sorted((PACKAGE / "core").glob("*.py")), ids=lambda p: p.stem)
def test_core_needs_the_standard_library_only(file):
    import sys

    for node in ast.walk(ast.parse(file.read_text())):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module]
        for name in names:
            top = name.split(".")[0]
            assert top == "gatewayz" or top in sys.stdlib_module_names
