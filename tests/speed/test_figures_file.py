"""One file holds the figures of several benchmarks."""

import json

from benchmarks import table


def test_what_one_benchmark_writes_leaves_what_others_wrote(tmp_path, monkeypatch):
    path = tmp_path / "figures.json"
    path.write_text('{"date": "2026-01-01", "gateway": {"rows": 1}}')
    monkeypatch.setattr(table, "FIGURES", path)

    table.save({"date": "2026-02-02"})

    assert json.loads(path.read_text()) == {"date": "2026-02-02", "gateway": {"rows": 1}}
