"""The source as the laws see it: files, what each imports, and which line of the house it stands on."""

import ast
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent

# Higher rooms first; a room leans only on rooms after it (docs/architecture.md).
ROOMS = (
    "displays",
    "enrollment",
    "devices",
    "visits",
    "gate",
    "labels",
    "stickers",
    "records",
    "accounts",
    "jobs",
    "audit",
)
GROUND = ("database", "errors", "lib")
EDGES = ("views", "api", "forms", "cli")


@dataclass(frozen=True)
class Module:
    """One Python file of the product."""

    path: Path

    @property
    def name(self) -> str:
        """Dotted, without the leading ``portal.``: 'gate.views.gate'."""
        parts = self.path.relative_to(ROOT / "portal").with_suffix("").parts
        return ".".join(part for part in parts if part != "__init__")

    @property
    def place(self) -> str:
        """The room, the ground part or the shell part that the file belongs to."""
        return self.name.partition(".")[0]

    @property
    def is_room(self) -> bool:
        return self.place in ROOMS

    @property
    def is_ground(self) -> bool:
        return self.place in GROUND

    @property
    def is_edge(self) -> bool:
        return self.is_room and self.name.split(".")[1:2] != [] and self.name.split(".")[1] in EDGES

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.path.read_text(), str(self.path))

    @property
    def functions(self) -> list[ast.FunctionDef]:
        return [node for node in ast.walk(self.tree) if isinstance(node, ast.FunctionDef)]

    def imports(self) -> Iterator[str]:
        """Full names: 'flask', 'portal.gate.models'. A name imported from a package counts as a module of it."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{self.path}: imports are absolute"
                for alias in node.names:
                    full = f"{node.module}.{alias.name}"
                    yield full if is_module(full) else str(node.module)

    def own_imports(self) -> Iterator[str]:
        """What it imports of the product, without the leading ``portal.``."""
        for name in self.imports():
            if name == "portal" or name.startswith("portal."):
                yield name.removeprefix("portal").removeprefix(".")


@cache
def is_module(full: str) -> bool:
    path = ROOT / full.replace(".", "/")
    return path.with_suffix(".py").exists() or (path / "__init__.py").exists()


@lru_cache(maxsize=1)
def modules() -> tuple[Module, ...]:
    return tuple(Module(path) for path in sorted((ROOT / "portal").rglob("*.py")))


@lru_cache(maxsize=1)
def tracked_files() -> tuple[Path, ...]:
    """What the repository holds."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return tuple(path for path in (ROOT / name for name in listed.split("\0") if name) if path.is_file())


def lines_of(node: ast.FunctionDef) -> int:
    """From ``def`` to the last line, without decorators and docstring."""
    first = node.body[0]
    has_docstring = (
        isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str)
    )
    docstring = (first.end_lineno or 0) - first.lineno + 1 if has_docstring else 0
    return (node.end_lineno or 0) - node.lineno + 1 - docstring
