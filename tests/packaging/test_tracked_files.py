"""What is committed works on any machine: no address of this one, no registry's host, no dead link."""

import os
import subprocess

import pytest


@pytest.fixture(scope="module")
def docs(script):
    return script("check_docs")


@pytest.fixture(scope="module")
def files(docs):
    try:
        return docs.tracked()
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("not a git checkout")


def test_no_file_names_a_registry_or_a_place_on_one_machine(docs, files):
    assert [line for path in files for line in docs.strays(path)] == []


def test_every_relative_link_leads_somewhere(docs, files):
    pages = [path for path in files if path.suffix == ".md"]

    assert [line for page in pages for line in docs.dead_links(page)] == []


def test_a_planted_host_and_a_planted_path_are_found(docs, tmp_path):
    page = tmp_path / "page.md"
    home = "/ro" + "ot/x"
    page.write_text(f"fine\nfrom {docs.REGISTRIES[0]} to {home}\n")

    found = list(docs.strays(page, tmp_path))

    assert len(found) == 2
    assert all(line.startswith("page.md:2: ") for line in found)


def test_a_dead_file_and_a_dead_heading_are_found_and_code_is_left_alone(docs, tmp_path):
    (tmp_path / "other.md").write_text("# Here it is\n\n```\n# not a heading\n```\n")
    page = tmp_path / "page.md"
    page.write_text(
        "[a](gone.md) [b](other.md#here-it-is) [c](other.md#not-a-heading) [d](https://x.example)\n"
        "`[e](gone-too.md)`\n\n```\n[f](gone-as-well.md)\n```\n"
    )

    found = list(docs.dead_links(page, tmp_path))

    assert found == [
        "page.md: no file for the link gone.md",
        "page.md: no heading for the link other.md#not-a-heading",
    ]


def test_no_big_file_is_tracked(files):
    assert [path for path in files if path.stat().st_size > 2_000_000] == []


def test_changelog_fragments_are_named_by_number_and_kind(root):
    kinds = ("feature", "fix", "change", "removal")
    for path in (root / "changelog.d").iterdir():
        if path.name != "README.md":
            number, kind, *_ = path.name.split(".")
            assert number.isdigit(), path.name
            assert kind in kinds, path.name
            assert path.read_text(encoding="utf-8").strip(), path.name


def test_the_ci_script_can_be_run(root):
    assert os.access(root / ".ci" / "run", os.X_OK)
