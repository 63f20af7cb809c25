"""What `make coverage` fails for."""

import pytest

PLACES = ["src/a.py", "src/checks/*.py"]


def report(**shares):
    files = {
        path.replace("__", "/") + ".py": {"summary": {"percent_covered": share}}
        for path, share in shares.items()
    }
    return {"files": files, "totals": {"covered_branches": 96, "num_branches": 100}}


@pytest.fixture(scope="module")
def shortfalls(script):
    return script("check_coverage").shortfalls


def test_files_that_are_covered_are_not_mentioned(shortfalls):
    assert list(shortfalls(report(src__a=95.0, src__checks__b=100.0), PLACES, 95.0)) == []


def test_a_file_that_falls_short_is_named_though_the_total_is_enough(shortfalls):
    found = list(shortfalls(report(src__a=94.9, src__checks__b=100.0), PLACES, 95.0))

    assert found == ["src/a.py: 94.9 % of lines and branches, 95 % are wanted"]


def test_a_file_that_has_moved_is_missed(shortfalls):
    found = list(shortfalls(report(src__a=100.0), PLACES, 95.0))

    assert found == ["src/checks/*.py: nothing by this name was run; has it moved?"]


def test_branches_alone_have_to_be_enough(shortfalls):
    measured = report(src__a=100.0, src__checks__b=100.0)
    measured["totals"]["covered_branches"] = 94

    (found,) = shortfalls(measured, PLACES, 95.0)

    assert found == "all of them: 94.0 % of branches, 95 % are wanted"


def test_every_file_that_is_held_to_its_share_is_there(root, pyproject):
    for pattern in pyproject["tool"]["coverage"]["run"]["include"]:
        assert list(root.glob(pattern)), pattern
