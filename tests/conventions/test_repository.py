"""The repository: what is locked, under which licences, and what no file may hold."""

import re
import tomllib
from importlib.metadata import Distribution, PackageNotFoundError, distribution

from tests.conventions.tree import ROOT, tracked_files

# An index address in a tracked file would bind every build to one mirror. Written apart, so that this file names none.
INDEX = re.compile(
    r"--(extra-)?index[-]url|--find-links|\bindex[-]url\s*=|py[p]i\.org/simple|files\.python[h]osted\.org",
    re.IGNORECASE,
)
HERE = ROOT / "tests" / "conventions" / "test_repository.py"
COPYLEFT = re.compile(r"\b(A?GPL|GNU (Affero )?General Public)", re.IGNORECASE)
# Weak copyleft, which leaves our own code alone: named here so that nobody adds one unseen.
WEAK_COPYLEFT = {"pi-heif", "psycopg", "psycopg-binary", "python-bidi"}


def locked(name: str) -> list[str]:
    """Package names of a lock."""
    lock = (ROOT / "requirements" / f"{name}.txt").read_text()
    return re.findall(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==", lock, re.MULTILINE)


def licence(found: Distribution) -> str:
    """What the package says of its licence: the expression, the classifiers, the field, or its licence file."""
    data = found.metadata
    classifiers = [
        line.rpartition("::")[2].strip() for line in data.get_all("Classifier", []) if line.startswith("License ::")
    ]
    said = " ".join(filter(None, (data.get("License-Expression"), *classifiers, data.get("License"))))
    files = [path for path in found.files or () if path.name.upper().startswith("LICENSE")]
    return said or " ".join(path.read_text()[:200] for path in files)


def test_no_tracked_file_names_a_package_index():
    texts = {path: path.read_bytes().decode("utf-8", "ignore") for path in tracked_files() if path != HERE}
    assert [str(path.relative_to(ROOT)) for path, text in texts.items() if INDEX.search(text)] == []


def test_every_locked_package_carries_hashes():
    for name in ("run", "test"):
        lock = (ROOT / "requirements" / f"{name}.txt").read_text()
        blocks = re.split(r"^(?=[A-Za-z0-9])", lock, flags=re.MULTILINE)
        bare = [block.splitlines()[0] for block in blocks if "==" in block and "--hash=sha256:" not in block]
        assert bare == []


def test_both_locks_agree():
    run, test = ((ROOT / "requirements" / f"{name}.txt").read_text() for name in ("run", "test"))
    pins = re.compile(r"^([A-Za-z0-9._\[\]-]+==[^ \\;]+)", re.MULTILINE)
    assert set(pins.findall(run)) <= set(pins.findall(test))


def test_every_dependency_is_locked():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [
        *project["dependencies"],
        *project["optional-dependencies"]["postgres"],
        *project["optional-dependencies"]["heic"],
    ]
    names = {re.split(r"[\[<>=~! ]", line)[0].lower() for line in wanted}
    assert names - {name.lower() for name in locked("run")} == set()


def test_the_licences_of_installed_packages_let_anybody_use_the_portal():
    unknown, copyleft = [], []
    for name in locked("test"):
        try:
            text = licence(distribution(name))
        except PackageNotFoundError:
            continue  # for another system or Python
        if not text:
            unknown.append(name)
        elif COPYLEFT.search(re.sub(r"\bLGPL|Lesser General Public|GNU Lesser", "", text)):
            copyleft.append(f"{name}: {text[:80]}")
    assert (unknown, copyleft) == ([], [])


def test_weak_copyleft_is_known_by_name():
    found = set()
    for name in locked("run"):
        try:
            text = licence(distribution(name))
        except PackageNotFoundError:
            continue
        if re.search(r"\bLGPL|Lesser General|\bMPL\b|Mozilla", text):
            found.add(name)
    assert found == WEAK_COPYLEFT
