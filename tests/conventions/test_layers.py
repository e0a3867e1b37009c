"""Laws 1 to 3: every import points down, the web stays in the edges, only edges commit."""

import ast

from tests.conventions.tree import EDGES, GROUND, ROOMS, Module, is_module, modules

WEB_LIBRARIES = {
    "flask",
    "werkzeug",
    "wtforms",
    "flask_wtf",
    "flask_login",
    "flask_sqlalchemy",
    "flask_migrate",
    "flask_babel",
    "flask_bootstrap",
    "flask_smorest",
    "marshmallow",
    "webargs",
}
COMMITTING_SHELL = ("worker", "postman", "preparation", "commands", "demo", "web", "api")


def broken(check) -> list[str]:
    """Every 'file imports what' that breaks a rule."""
    return [f"{module.name} imports {name}" for module in modules() for name in check(module)]


def rank(place: str) -> int:
    return ROOMS.index(place)


def test_the_ground_imports_no_room_and_no_shell():
    assert (
        broken(lambda m: [name for name in m.own_imports() if m.is_ground and name.partition(".")[0] not in GROUND])
        == []
    )


def test_the_ground_knows_neither_web_nor_for_lib_the_database():
    def check(module: Module) -> list[str]:
        forbidden = WEB_LIBRARIES | ({"sqlalchemy"} if module.place == "lib" else set())
        return [name for name in module.imports() if module.is_ground and name.partition(".")[0] in forbidden]

    assert broken(check) == []


def test_rooms_lean_only_on_rooms_below_and_never_on_the_shell():
    def check(module: Module) -> list[str]:
        if not module.is_room or module.is_edge:
            return []
        places = [(name, name.partition(".")[0]) for name in module.own_imports()]
        return [
            name
            for name, place in places
            if place not in GROUND and (place not in ROOMS or rank(place) < rank(module.place))
        ]

    assert broken(check) == []


def test_nothing_below_the_edges_imports_an_edge_and_no_edge_another_rooms():
    def check(module: Module) -> list[str]:
        edges = [
            name
            for name in module.own_imports()
            if is_module(f"portal.{name}")
            and name.partition(".")[0] in ROOMS
            and len(name.split(".")) > 1
            and name.split(".")[1] in EDGES
        ]
        if not module.is_room:
            return edges if module.is_ground else []
        return [name for name in edges if not module.is_edge or name.partition(".")[0] != module.place]

    assert broken(check) == []


def test_web_libraries_stay_in_edges_and_shell():
    def check(module: Module) -> list[str]:
        inside = (module.is_room and not module.is_edge) or module.is_ground
        return [name for name in module.imports() if inside and name.partition(".")[0] in WEB_LIBRARIES]

    assert broken(check) == []


def test_models_come_from_the_one_base():
    classes = [
        (module, node)
        for module in modules()
        if module.name.endswith(".models")
        for node in module.tree.body
        if isinstance(node, ast.ClassDef)
        and any(isinstance(item, ast.Assign) and "__tablename__" in ast.unparse(item) for item in node.body)
    ]
    assert len(classes) > 15
    assert [
        f"{module.name}.{node.name}"
        for module, node in classes
        if [ast.unparse(base) for base in node.bases] != ["Base"]
    ] == []


def test_only_edges_the_worker_and_the_start_commit():
    def commits(module: Module) -> bool:
        return any(
            isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "commit"
            for node in ast.walk(module.tree)
        )

    assert [m.name for m in modules() if commits(m) and not m.is_edge and m.place not in COMMITTING_SHELL] == []


# An attempt is spent before the code is looked at, so that a killed process cannot give it away: two transactions.
COMMITS_TWICE = {"gate.views.gate.try_passcode"}


def test_an_edge_commits_once():
    def count(node: ast.FunctionDef) -> int:
        calls = [call for call in ast.walk(node) if isinstance(call, ast.Call)]
        return sum(ast.unparse(call.func).endswith("session().commit") for call in calls)

    found = {f"{m.name}.{node.name}" for m in modules() if m.is_edge for node in m.functions if count(node) > 1}
    assert found <= COMMITS_TWICE


def test_nobody_listens_to_signals_of_the_framework():
    assert (
        broken(
            lambda m: [name for name in m.imports() if name.partition(".")[0] == "blinker" or name == "flask.signals"]
        )
        == []
    )
