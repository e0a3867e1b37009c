"""Law 7: names and sizes of files and functions, and imports where they can be seen."""

import ast

from tests.conventions.tree import EDGES, ROOT, Module, lines_of, modules, tracked_files

FORBIDDEN_NAMES = {"utils", "util", "helpers", "helper", "misc", "common", "service", "services", "manager"}
LONGEST_FILE = 500
LONGEST_FUNCTION = 40
LONGEST_VIEW = 25


def test_no_file_has_a_name_that_says_nothing():
    assert [str(path) for path in tracked_files() if path.suffix == ".py" and path.stem in FORBIDDEN_NAMES] == []


def test_no_file_is_longer_than_can_be_read_at_once():
    written = [
        path
        for path in tracked_files()
        if path.suffix in (".py", ".html", ".js", ".sh") or path.parent.name == "script"
    ]
    written = [path for path in written if "migrations" not in path.parts]
    lengths = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in written}
    assert {name: length for name, length in lengths.items() if length > LONGEST_FILE} == {}


def is_view(module: Module, node: ast.FunctionDef) -> bool:
    methods = (".get", ".post", ".route")
    return module.is_edge and any(
        isinstance(mark, ast.Call) and ast.unparse(mark.func).endswith(methods) for mark in node.decorator_list
    )


def test_functions_and_views_are_short():
    def limit(module: Module, node: ast.FunctionDef) -> int:
        return LONGEST_VIEW if is_view(module, node) else LONGEST_FUNCTION

    long = {
        f"{module.name}.{node.name}": lines_of(node)
        for module in modules()
        for node in module.functions
        if lines_of(node) > limit(module, node)
    }
    assert long == {}


def test_an_import_inside_a_function_says_why():
    """In a comment beside it, or above the first of several."""
    silent = []
    for module in modules():
        lines = module.path.read_text().splitlines()
        for node in module.functions:
            imports = [item.lineno for item in ast.walk(node) if isinstance(item, ast.Import | ast.ImportFrom)]
            comments = [
                line.partition("#")[2].replace("noqa: PLC0415", "")
                for line in lines[node.lineno : max(imports, default=0)]
            ]
            if imports and not any(len(comment.split()) > 3 for comment in comments):
                silent.append(f"{module.name}.{node.name}")
    assert silent == []


def test_every_module_says_what_it_is_for():
    empty_views = [m for m in modules() if m.name.endswith(EDGES) and not m.path.read_text().strip()]
    assert [
        module.name for module in modules() if module not in empty_views and not ast.get_docstring(module.tree)
    ] == []


def test_an_exception_to_the_rules_says_why():
    bare = [
        f"{module.name}:{number}"
        for module in modules()
        for number, line in enumerate(module.path.read_text().splitlines(), 1)
        if "type: ignore" in line and line.partition("type: ignore")[2].count("#") == 0
    ]
    assert bare == []


def test_nothing_is_left_for_later():
    marks = ("TO" + "DO", "FIX" + "ME", "XX" + "X")
    left = [
        f"{path.relative_to(ROOT)}: {mark}"
        for path in tracked_files()
        if path.suffix in (".py", ".html", ".js", ".css", ".sh", ".md")
        for mark in marks
        if mark in path.read_text()
    ]
    assert left == []
