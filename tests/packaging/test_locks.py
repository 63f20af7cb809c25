"""What is installed is pinned and hashed, agrees with pyproject.toml, and names no host."""

import json
import re

import pytest
from packaging.markers import Marker
from packaging.requirements import Requirement

NAMES = [
    "build",
    "clients-python",
    "dev",
    "engine",
    "fuzz",
    "installer",
    "lock",
    "peers-litellm",
    "pytest",
    "runtime",
]
PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)(?: ; (.*?))?(?: \\)?$")


def pins(text):
    """{(name, version, marker): number of hashes} of a lock."""
    found, current = {}, None
    for line in text.splitlines():
        if match := PIN.match(line):
            current = match.groups()
            found[current] = 0
        elif line.lstrip().startswith("--hash=sha256:"):
            found[current] += 1
    return found


@pytest.fixture(params=NAMES)
def lock(request, root):
    return (root / "requirements" / f"{request.param}.txt").read_text(encoding="utf-8")


def test_every_file_is_a_known_lock(root, script, pyproject):
    assert sorted(path.stem for path in (root / "requirements").iterdir()) == NAMES
    assert sorted(wanted.name for wanted in script("lock").locks(pyproject)) == NAMES


def test_each_package_is_pinned_and_hashed(lock):
    found = pins(lock)
    others = [
        line
        for line in lock.splitlines()
        if line.strip() and not PIN.match(line) and not line.lstrip().startswith(("#", "--hash="))
    ]

    assert found
    assert others == []
    assert [pin for pin, hashes in found.items() if hashes == 0] == []


def test_no_lock_names_a_place_to_download_from(lock):
    assert "://" not in lock
    assert "index" not in re.sub(r"^[\w.-]+==.*$", "", lock, flags=re.MULTILINE)
    assert "find-links" not in lock


def test_each_lock_satisfies_what_pyproject_asks_for(root, script, pyproject):
    for wanted in script("lock").locks(pyproject):
        found = {}
        for name, version, _ in pins(wanted.path.read_text(encoding="utf-8")):
            found.setdefault(re.sub(r"[-_.]+", "-", name).lower(), set()).add(version)
        for text in wanted.wanted:
            requirement = Requirement(text)
            versions = found.get(re.sub(r"[-_.]+", "-", requirement.name).lower(), set())
            assert versions, f"{wanted.name}: {text} is not locked; run `make lock`"
            assert all(requirement.specifier.contains(version) for version in versions), text


def test_two_locks_installed_together_agree(root):
    texts = {name: (root / "requirements" / f"{name}.txt").read_text() for name in NAMES}
    together = ["runtime", "build", "dev", "engine", "pytest"]
    seen = {}
    for name in together:
        for package, version, marker in pins(texts[name]):
            if marker is None or Marker(marker).evaluate():
                seen.setdefault(package, set()).add(version)

    assert {package: versions for package, versions in seen.items() if len(versions) > 1} == {}


def test_the_compromised_litellm_releases_are_not_locked(root):
    text = (root / "requirements" / "peers-litellm.txt").read_text()
    versions = {version for name, version, _ in pins(text) if name == "litellm"}

    assert len(versions) == 1
    assert versions.isdisjoint({"1.82.7", "1.82.8"})


@pytest.mark.parametrize("folder", ["peers", "clients"])
def test_the_node_locks_have_hashes_and_no_addresses_to_fetch_from(root, folder):
    node = root / "tests" / folder / "node"
    wanted = json.loads((node / "package.json").read_text())
    packages = json.loads((node / "package-lock.json").read_text())["packages"]
    installed = {path: package for path, package in packages.items() if path}

    assert [path for path, package in installed.items() if "integrity" not in package] == []
    assert [path for path, package in installed.items() if "resolved" in package] == []
    exact = wanted["dependencies"] | wanted.get("overrides", {})
    locked = {name: installed[f"node_modules/{name}"]["version"] for name in exact}
    assert locked == exact
