"""Which room may import what: the table of the house, read from the source."""

import ast
from pathlib import Path

import pytest
from conftest import ROOT

PACKAGE = ROOT / "src" / "dedupe_news"
MODULES = sorted(PACKAGE.rglob("*.py"))

VALUES = {"article", "options", "errors", "intake"}  # no room: what travels, and how it comes in
FRONT_DOOR = ""
ADAPTER = {FRONT_DOOR, "errors", "pipeline.frames"}

# Rooms of ours that a room may import. A room may always import itself.
MAY_IMPORT = {
    "article": set(),
    "errors": set(),
    "options": {"errors"},
    "intake": {"article", "errors"},
    "text": VALUES,
    "match": VALUES,
    "match.kernels": {"compiling"},
    # What the loops of a room are compiled with, and what they call the things that they see.
    "compiling": set(),
    "objectcode": set(),
    "text.kernels": {"compiling", "text.loops"},
    "text.compiled": {"compiling", "objectcode", "text", "text.kernels"},
    "spill": {"errors", "match.scratch"},
    "machine": set(),
    # What it keeps on the way is what `io` reads and packs: a worker does both for one block.
    "pipeline": VALUES | {"text", "match", "workers", "io", "machine", "spill"},
    # An index matches article by article with the same stages, and packs with `io`'s words.
    "index": VALUES | {FRONT_DOOR, "match", "pipeline", "io", "machine", "workers"},
    "workers": {"errors"},
    "arriving": {"workers"},
    "io": {"article", "errors"},
    # The places of records (file:line) do not pass through the front door.
    "cli": {
        *(FRONT_DOOR, "errors", "grouped", "intake", "io", "machine", "options", "pipeline", "settings"),
        *("places", "terminal", "workers", "command_options", "index_command"),
    },
    "command_options": {"grouped", "io", "machine"},
    "index_command": {
        *(FRONT_DOOR, "arriving", "command_options", "errors", "grouped", "io", "options", "places"),
        *("settings", "terminal", "workers"),
    },
    "places": {"article", "errors", "io", "terminal"},
    "adapters": set(),
    # Which names are usual is said in one place, for files and for items.
    "adapters.scrapy": {FRONT_DOOR, "errors", "io.fields"},
    # Thin over the front of the pipeline for columns; none knows of another.
    **dict.fromkeys(["adapters.arrow", "adapters.datasets", "adapters.pandas", "adapters.polars"], ADAPTER),
    # What Spark moves about are the rows of stages, under the same options.
    "adapters.spark": ADAPTER | {"options", "pipeline.stages", "pipeline.identity"},
    "grouped": set(),
    "settings": {"errors", "grouped"},
    "terminal": set(),
    FRONT_DOOR: VALUES | {"text", "pipeline", "index"},
}

# Packages of others that a room may import …
MAY_USE = {
    "text": {"regex", "ftfy", "rapidfuzz"},
    "match": {"numpy", "numba", "datasketch", "rapidfuzz", "regex"},
    "match.kernels": {"numpy"},
    "compiling": {"numba"},
    "objectcode": {"llvmlite"},
    "text.kernels": {"numpy"},
    "text.compiled": {"numpy"},
    "spill": {"numpy"},
    "pipeline": {"pyarrow", "numpy"},
    "index": {"pyarrow", "numpy", "orjson", "datasketch"},
    "io": {"pyarrow", "orjson"},
    "adapters.arrow": {"pyarrow"},
    "adapters.datasets": {"datasets", "numpy", "pyarrow"},
    "adapters.pandas": {"numpy", "pandas", "pyarrow"},
    "adapters.polars": {"polars", "pyarrow"},
    "adapters.spark": {"pyarrow", "pyspark"},
    "cli": {"click"},
    "command_options": {"click"},
    "index_command": {"click"},
    "adapters.scrapy": {"scrapy", "itemadapter", "twisted"},
    "grouped": {"click"},
    "places": {"click"},
    "settings": {"click"},
    "terminal": {"click", "rich"},
    "workers": {"pyarrow"},
}

# … and those that are imported only inside the function that needs them: they take long to load.
ONLY_WHEN_NEEDED = {
    "pyarrow": set(),
    "numba": {"compiling"},
    "llvmlite": set(),
    "datasketch": set(),
    "ftfy": set(),
    "rich": set(),
    "numpy": {
        *("adapters.datasets", "adapters.pandas", "index", "match", "match.kernels", "pipeline", "spill"),
        *("text.compiled", "text.kernels"),
    },
    "pandas": set(),
    "polars": set(),
    "pyspark": set(),
    "datasets": set(),
    "orjson": set(),
}

STANDARD_LIBRARY_NOT_HERE = {
    "text": {"os", "io", "pathlib", "time", "datetime", "random", "socket", "sqlite3", "subprocess"},
    "match": {"os", "io", "pathlib", "time", "datetime", "random", "socket", "sqlite3", "subprocess"},
    "pipeline": {"sqlite3", "time", "random", "socket"},
}


def room_of(module: Path) -> str:
    """Return the room of a file: the most particular name in the table."""
    dotted = ".".join(module.relative_to(PACKAGE).with_suffix("").parts).removesuffix("__init__").rstrip(".")
    return next((name for name in names_around(dotted) if name in MAY_IMPORT), dotted.partition(".")[0])


def names_around(dotted: str) -> list[str]:
    """Return the names of a module and of the packages it is in, the most particular first."""
    parts = dotted.split(".")
    return [".".join(parts[:end]) for end in range(len(parts), 0, -1)]


def imports(module: Path) -> list[tuple[str, bool]]:
    """Return the imported modules, dotted, and whether each is imported as the file loads."""
    found = []

    def visit(node: ast.AST, at_load: bool) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.dump(child.test):
                continue  # for the reader and the type checker: nothing is imported
            inside = isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
            if isinstance(child, ast.Import):
                found.extend((alias.name, at_load) for alias in child.names)
            elif isinstance(child, ast.ImportFrom):
                assert child.level == 0, f"{module}: relative import"
                found.append((child.module, at_load))
                if child.module == "dedupe_news":
                    submodules = [alias.name for alias in child.names if is_ours(alias.name)]
                    found.extend((f"dedupe_news.{name}", at_load) for name in submodules)
            visit(child, at_load and not inside)

    visit(ast.parse(module.read_text(encoding="utf-8")), at_load=True)
    return found


def is_ours(name: str) -> bool:
    return (PACKAGE / f"{name}.py").exists() or (PACKAGE / name).is_dir()


def name_of(module: Path) -> str:
    return str(module.relative_to(PACKAGE))


@pytest.mark.parametrize("module", MODULES, ids=name_of)
def test_a_room_imports_only_what_it_may(module):
    room = room_of(module)
    assert room in MAY_IMPORT, f"{module.name} stands in no room: add a line to the table, with its reason"
    for name, _ in imports(module):
        package, _, inner = name.partition(".")
        if package != "dedupe_news":
            continue
        assert (MAY_IMPORT[room] | {room}) & set(names_around(inner)), f"{room} imports {name}"


@pytest.mark.parametrize("module", MODULES, ids=name_of)
def test_a_room_uses_only_the_packages_it_may_and_only_when_needed(module):
    import sys

    room = room_of(module)
    for name, at_load in imports(module):
        package = name.partition(".")[0]
        if package == "dedupe_news":
            continue
        if package in sys.stdlib_module_names:
            assert package not in STANDARD_LIBRARY_NOT_HERE.get(room, set()), f"{room} imports {name}"
            continue
        assert package in MAY_USE.get(room, set()), f"{room} imports {name}"
        if at_load and package in ONLY_WHEN_NEEDED:
            assert room in ONLY_WHEN_NEEDED[package], f"{room} imports {name} as it loads"


def test_the_table_tells_rooms_that_exist():
    rooms = {room_of(module) for module in MODULES}
    assert set(MAY_IMPORT) == rooms
