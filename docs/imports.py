"""
The import graph of the product: drawn into the map of the code, and checked by the tests.

    python -m docs.imports

writes it between the markers in `docs/architecture.md`; `make graph` does the same.
"""

import ast
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
MAP = ROOT / "docs/architecture.md"
PACKAGES = ("prompts", "index", "reader", "answering", "bot", "quoth")
OUTSKIRTS = ("training", "benchmarks", "docs", "tests")
"""They import the product, which imports nothing of them."""

BEGIN = "<!-- import graph: made by `make graph` -->"
END = "<!-- end of the import graph -->"

Arrows = dict[str, set[str]]
"""What each name imports."""


def modules(root: Path, names: Sequence[str] = PACKAGES) -> dict[str, Path]:
    """Every module of some packages by its dotted name; a package is its `__init__`."""
    found = {}
    for package in names:
        for path in sorted((root / package).rglob("*.py")):
            parts = path.relative_to(root).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imports(module: str, known: dict[str, Path]) -> Iterator[str]:
    """
    The modules that a module imports, also for types alone or in a function.

    Where the product imports by names that it works out, each whole name of a module that is
    written there counts, such as that of a command. The readers of formats alone are named by a
    part of theirs, which is not seen: an archive reads its members by the registry that names it.
    """
    path = known[module]
    is_package = path.name == "__init__.py"
    for node in _naming(path, by_name=module.partition(".")[0] in PACKAGES):
        if isinstance(node, ast.Import):
            wanted = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            home = _home(node, module if is_package else module.rpartition(".")[0])
            inside = [f"{home}.{alias.name}" for alias in node.names]
            wanted = [name if name in known else home for name in inside]
        else:
            wanted = [name for name in [str(node.value)] if "." in name]
        yield from (name for name in wanted if name in known)


@cache
def _naming(path: Path, *, by_name: bool) -> tuple[ast.Import | ast.ImportFrom | ast.Constant, ...]:
    """What names modules in a file: its imports, and constants where it imports by names."""
    source = path.read_text(encoding="utf-8")
    tree = ast.parse(source)
    if by_name and "import_module(" in source:
        kinds = (ast.Import, ast.ImportFrom, ast.Constant)
        return tuple(node for node in ast.walk(tree) if isinstance(node, kinds))
    return tuple(
        node for node in _statements(tree.body) if isinstance(node, (ast.Import, ast.ImportFrom))
    )


def _statements(body: Sequence[ast.AST]) -> Iterator[ast.AST]:
    """All statements, also those within others; most of a tree is what they are made of."""
    for statement in body:
        yield statement
        for name in ("body", "orelse", "finalbody", "handlers", "cases"):
            yield from _statements(getattr(statement, name, ()))


def _home(node: ast.ImportFrom, package: str) -> str:
    """What a module of a package imports from; each dot after the first goes up by one package."""
    if not node.level:
        return node.module or ""
    parts = package.split(".")
    return ".".join([*parts[: len(parts) - node.level + 1], *filter(None, [node.module])])


def graph(root: Path = ROOT, names: Sequence[str] = PACKAGES) -> Arrows:
    """What each module of some packages imports of them."""
    known = modules(root, names)
    return {module: set(imports(module, known)) - {module} for module in known}


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


def with_graph(text: str) -> str:
    """
    Put the graph between the markers of a text.

    Raises:
        ValueError: If the text has no markers.
    """
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"{MAP}: the lines {BEGIN} and {END} are missing. Put them back.")
    return f"{before}{BEGIN}\n\n```mermaid\n{drawn(packages())}\n```\n\n{END}{after}"


if __name__ == "__main__":
    MAP.write_text(with_graph(MAP.read_text(encoding="utf-8")), encoding="utf-8")
