"""
The import graph of the product: drawn into the map of the code, and checked by the tests.

    python -m docs.imports

writes it between the markers in `docs/architecture.md`; `make graph` does the same.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
MAP = ROOT / "docs/architecture.md"
PACKAGES = ("prompts", "index", "reader", "answering", "bot", "quoth")

BEGIN = "<!-- import graph: made by `make graph` -->"
END = "<!-- end of the import graph -->"

Arrows = dict[str, set[str]]
"""What each name imports."""


def modules(root: Path) -> dict[str, Path]:
    """Every module of the product by its dotted name; a package is its `__init__`."""
    found = {}
    for package in PACKAGES:
        for path in sorted((root / package).rglob("*.py")):
            parts = path.relative_to(root).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imports(path: Path, known: dict[str, Path]) -> Iterator[str]:
    """The modules of the product that a file imports, also for types alone or in a function."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            wanted = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            inside = [f"{node.module}.{alias.name}" for alias in node.names]
            wanted = [name if name in known else node.module for name in inside]
        else:
            continue
        yield from (name for name in wanted if name in known)


def graph(root: Path = ROOT) -> Arrows:
    """What each module imports."""
    known = modules(root)
    return {name: set(imports(path, known)) - {name} for name, path in known.items()}


def packages(root: Path = ROOT) -> Arrows:
    """What the modules of each package import from other packages."""
    home = {
        name: name if path.name == "__init__.py" else name.rpartition(".")[0]
        for name, path in modules(root).items()
    }
    arrows: Arrows = {package: set() for package in home.values()}
    for module, imported in graph(root).items():
        arrows[home[module]] |= {home[other] for other in imported} - {home[module]}
    return arrows


def drawn(arrows: Arrows) -> str:
    """
    Draw packages as a Mermaid flowchart, the importing ones on top.

    Packages that import each other share a box. An arrow that follows from others is left out.
    """
    reached = {package: _reached(package, arrows) for package in arrows}
    box = {
        package: frozenset({package, *(other for other in below if package in reached[other])})
        for package, below in reached.items()
    }
    below = {box[package]: {box[other] for other in reached[package]} for package in arrows}
    lines = ["flowchart TD"]
    for upper in sorted(below, key=min):
        lines.append(f'    {_id(upper)}["{"<br>".join(sorted(upper))}"]')
        others = below[upper] - {upper}
        direct = others - {lower for other in others for lower in below[other] - {other}}
        lines += [f"    {_id(upper)} --> {_id(lower)}" for lower in sorted(direct, key=min)]
    return "\n".join(lines)


def _reached(start: str, arrows: Arrows) -> set[str]:
    found: set[str] = set()
    waiting = [start]
    while waiting:
        new = arrows[waiting.pop()] - found
        found |= new
        waiting += new
    return found


def _id(box: frozenset[str]) -> str:
    return min(box).replace(".", "_")


def with_graph(text: str, root: Path = ROOT) -> str:
    """
    Put the graph between the markers of a text.

    Raises:
        ValueError: If the text has no markers.
    """
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"{MAP}: the lines {BEGIN} and {END} are missing. Put them back.")
    return f"{before}{BEGIN}\n\n```mermaid\n{drawn(packages(root))}\n```\n\n{END}{after}"


if __name__ == "__main__":
    MAP.write_text(with_graph(MAP.read_text(encoding="utf-8")), encoding="utf-8")
