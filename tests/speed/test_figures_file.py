"""One file holds the figures of several benchmarks."""

import json

import pytest
from benchmarks import table


@pytest.mark.parametrize(
    ("kept", "new", "reason"),
    [
        ({}, {}, ""),
        (
            {},
            {"short": True},
            "not written, as it was a short run: the page keeps the run of 1 May",
        ),
        ({}, {"niceness": 19}, "not written, as it ran at low priority: the page keeps"),
        ({"short": True}, {"short": True}, ""),
        ({"niceness": 5}, {"short": True}, ""),
        (None, {"short": True}, ""),
    ],
)
def test_what_is_not_to_be_quoted_takes_the_place_of_nothing_that_is(
    tmp_path, monkeypatch, kept, new, reason
):
    plain = {"date": "1 May", "short": False, "niceness": 0}
    path = tmp_path / "figures.json"
    path.write_text(json.dumps({} if kept is None else {"accuracy": {**plain, **kept}}))
    monkeypatch.setattr(table, "FIGURES", path)

    told = table.not_kept("accuracy", {**plain, **new})

    assert told.startswith(reason)
    assert bool(told) == bool(reason)


def test_what_one_benchmark_writes_leaves_what_others_wrote(tmp_path, monkeypatch):
    path = tmp_path / "figures.json"
    path.write_text('{"date": "2026-01-01", "gateway": {"rows": 1}}')
    monkeypatch.setattr(table, "FIGURES", path)

    table.save({"date": "2026-02-02"})

    assert json.loads(path.read_text()) == {"date": "2026-02-02", "gateway": {"rows": 1}}
