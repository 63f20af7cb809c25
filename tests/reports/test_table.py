"""Runs as a table for spreadsheets."""

import csv
import io

import pytest

from gatewayz.core import Outcome
from gatewayz.reports._cells import safe
from gatewayz.reports._table import COLUMNS, table


def rows_of(*verdicts, make):
    run = make.run(*verdicts)
    text = "".join(table((run, verdict) for verdict in verdicts))
    return text, list(csv.DictReader(io.StringIO(text)))


def test_each_result_is_a_row_under_the_same_columns(make):
    text, (good, bad) = rows_of(
        make.verdict("a", seconds=1.5, repeat=2),
        make.verdict("b", Outcome.FAILED, kind="rate-limit", status=429),
        make=make,
    )

    assert text.splitlines()[0] == ",".join(COLUMNS)
    assert text.endswith("\r\n")
    assert (good["run"], good["run_started_at"]) == ("run-1", "2026-03-01T12:00:00.000000Z")
    assert (good["model"], good["repeat"], good["outcome"], good["kind"]) == (
        "a",
        "2",
        "passed",
        "",
    )
    assert (good["latency_s"], good["input_tokens"]) == ("1.5", "9")
    assert (bad["kind"], bad["culprit"], bad["status"]) == ("rate-limit", "rate limit", "429")


def test_what_is_not_known_is_an_empty_cell(make):
    _, (row,) = rows_of(make.skipped("groq", "no key: set GROQ_API_KEY"), make=make)

    assert (row["model"], row["status"], row["ttft_s"], row["started_at"]) == ("", "", "", "")
    assert row["reason"] == "no key: set GROQ_API_KEY"


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+1", "-1", "@SUM(A1)", "  =1", "\t=1", "\uff1d1", "\uff0b1", "\uff0d1", "\uff201"],
)
def test_no_cell_is_a_formula(text):
    assert safe(text).startswith("'")


def test_numbers_and_plain_words_stay_as_they_are():
    assert [safe(cell) for cell in (-1.5, 3, None, "llama-3", "a=b")] == [
        -1.5,
        3,
        None,
        "llama-3",
        "a=b",
    ]


def test_hostile_text_stays_in_its_cell(make, hostile):
    _, (row,) = rows_of(make.verdict(hostile, gateway=hostile), make=make)

    assert set(row) == set(COLUMNS)
    assert "\x1b" not in row["model"]
    assert "\n" not in row["model"]
