"""Models against probes: a feature that fails never makes a model look down."""

import io
import re

import pytest

from gatewayz.core import Outcome
from gatewayz.core.text import display_width
from gatewayz.reports._matrix import (
    FAILS,
    NOT_OFFERED,
    SOMETIMES,
    UNKNOWN,
    WORKS,
    can_show,
    mark_of,
    matrix,
)
from gatewayz.reports.terminal import Terminal

P, F, U, S = Outcome.PASSED, Outcome.FAILED, Outcome.UNKNOWN, Outcome.SKIPPED


@pytest.fixture
def rows(make):
    """Lines of the matrix over {model: {probe: outcomes}}."""

    def drawn(table, *, width=78, **options):
        verdicts = [
            make.verdict(model, outcome, probe=probe, repeat=number)
            for model, probes in table.items()
            for probe, outcomes in probes.items()
            for number, outcome in enumerate(outcomes)
        ]
        return matrix(verdicts, width=width, **options)

    return drawn


@pytest.mark.parametrize(
    ("outcomes", "mark"),
    [
        ((P, P), WORKS), ((F,), FAILS), ((F, U), FAILS), ((P, F), SOMETIMES), ((P, U), WORKS),
        ((U, S), UNKNOWN), ((S,), NOT_OFFERED),
    ],
)  # fmt: skip
def test_repeats_come_to_one_mark(outcomes, mark):
    assert mark_of(outcomes) is mark


def test_a_model_whose_features_fail_still_delivers(rows):
    lines = rows(
        {
            "good": {"chat": [P], "tools": [P], "vision": [S]},
            "no-tools": {"chat": [P], "tools": [F], "vision": [U]},
            "down": {"chat": [F], "tools": [F], "vision": [F]},
        }
    )

    assert lines[0] == "2 of 3 models deliver; the mark before a name says whether chat worked"
    assert [re.sub(" +", " ", line) for line in lines[1:]] == [
        " chat tools vision",
        "✓ good ✓ ✓ ·",
        "✓ no-tools ✓ ✗ ?",
        "✗ down ✗ ✗ ✗",
        " ✓ works ✗ fails ? unknown · not offered, or not sent",
    ]


def test_one_way_to_an_answer_is_enough_to_deliver(rows):
    assert rows({"m": {"chat": [P], "streaming": [F]}})[0].startswith("1 of 1 model delivers")


def test_who_was_never_asked_neither_delivers_nor_fails_to(rows):
    some = rows({"good": {"chat": [P]}, "capped": {"chat": [S]}})
    none = rows({"capped": {"chat": [S], "tools": [S]}})

    assert some[0].startswith("1 of 1 model delivers, 1 not asked; the mark")
    assert none[0] == "No model was asked for chat:"


def test_without_a_plain_question_nothing_is_said_about_delivery(rows):
    lines = rows({"m": {"tools": [F], "vision": [P]}})

    assert lines[0] == "Features, by model:"
    assert lines[2].startswith("  m")


@pytest.mark.parametrize("count", [25, 26, 29])
def test_many_probes_get_letters_and_a_key_on_80_columns(rows, count):
    probes = {f"a_probe_of_a_name_{n}": [P if n % 2 else F] for n in range(count)}
    lines = rows({f"model-{n}" * 9: probes for n in range(3)})

    assert max(map(display_width, lines)) <= 78
    assert sum("model-" in line for line in lines) == 3
    assert "  a a_probe_of_a_name_0" in "\n".join(lines)
    assert lines[1].split() == list("abcdefghijklmnopqrstuvwxyzABC"[:count])


def test_models_whose_names_begin_alike_are_told_apart(rows):
    lines = rows(
        {f"meta-llama/Llama-3.3-70B-{end}": {"a": [P], "b": [P]} for end in ("it", "base")}
    )

    names = [line.split()[0] for line in lines if "llama" in line]
    assert [name.split("…")[1] for name in names] == ["a-3.3-70B-it", "3.3-70B-base"]
    assert len({line.index("✓") for line in lines if "llama" in line}) == 1


@pytest.mark.parametrize(("count", "width"), [(25, 40), (25, 60), (70, 78)])
def test_what_does_not_fit_goes_on_below(rows, count, width):
    lines = rows({"m": {f"probe_{n}": [P, F][n % 2 :][:1] for n in range(count)}}, width=width)

    assert max(map(display_width, lines)) <= width
    signs = "".join(re.sub(r".*m {12,}", "", x) for x in lines if re.match("  m ", x))
    assert len(re.findall("[✓✗]", signs)) == count


def test_a_terminal_without_the_signs_gets_plain_ones(make):
    raw = io.BytesIO()
    out = io.TextIOWrapper(raw, encoding="ascii")
    verdicts = [make.verdict("m"), make.verdict("m", F, probe="tools", kind="overloaded")]
    Terminal(out, environ={}).gateway_block("groq", chosen=1, verdicts=verdicts)

    text = raw.getvalue().decode()
    assert not can_show(out)
    assert "+ m " in text
    assert "  + works   x fails\n" in text


def test_colours_take_no_columns(rows):
    table = {"m": {"chat": [P], "tools": [F]}}
    painted = rows(table, paint=lambda sign, tag: f"<{tag}>{sign}</>")

    assert [re.sub(r"<[A-Z/]*>", "", line) for line in painted] == rows(table)
    assert "<FAIL>✗</>" in painted[2]


def test_one_probe_needs_no_matrix_and_quiet_prints_none(make):
    several = [make.verdict("m"), make.verdict("m", probe="streaming")]
    for verdicts, quiet, shown in ((several[:1], False, False), (several, False, True), (several, True, False)):  # fmt: skip
        out = io.StringIO()
        Terminal(out, environ={}, quiet=quiet).gateway_block("groq", chosen=1, verdicts=verdicts)

        assert ("1 of 1 model delivers" in out.getvalue()) is shown


def test_a_hostile_name_is_made_visible(rows):
    text = "\n".join(rows({"a\x1b[2J\u202e": {"chat": [P], "p\x1b]52;c;x\x07": [F]}}))

    assert not re.search(r"[\x00-\x09\x0b-\x1f\u202e]", text)
