from random import Random

import pytest

from gatewayz.checks.reads_digits import reads_digits
from gatewayz.checks.recalls_needles import recalls_needles
from gatewayz.core import Ask, Attempt, Case, ChatRequest, Model, Observation, Reply, Usage
from gatewayz.core.probe import Occasion
from gatewayz.probes import PROBES


def seen(text, asked, **reply):
    reply = {"finish_reason": "stop", "content_kind": "text"} | reply
    attempt = Attempt(url="http://x", status=200, reply=Reply(text=text, **reply))
    return Observation(case=Case(gateway="g", probe="p"), request=asked, attempts=(attempt,))


DIGITS = ChatRequest(messages=(), oracle={"digits": "4821"})


@pytest.mark.parametrize(
    "text",
    [
        "4821",
        "4821.",
        "4 8 2 1",
        "4, 8, 2, 1",
        "4-8-2-1",
        "4,821",
        "4\n8\n2\n1\n",
        "There are 4 digits: 4 8 2 1.",
        "I am not sure, but it reads 4821.",
        "4821 (that is 4, 8, 2, 1)",
        "The picture, of 1024 by 768 pixels, shows the number 4821.",
        "4821\n4821",
        "The digits are **4821**.",
        "There are 4 digits in it: 4821",
        "<think>4812? No.</think>4821",
        "",
    ],
)
def test_the_digits_may_stand_in_any_dress(text):
    assert reads_digits(seen(text, DIGITS)) is None


@pytest.mark.parametrize(
    "text",
    [
        "4812",
        "48210",
        "14821",
        "482",
        "4 eight 2 1",
        "I see no image.",
        "48221",
        "4 8 2",
        "<think>4821</think>4812",
        "The digits are 4-8-2-1-5",
        "4 8 2 1 7 3",
        "0, 4, 8, 2, 1",
        "It is not 4821",
        "4821 or 4822 or 4823",
        "4822 or 4821",
    ],
)
def test_other_digits_are_not_seen_ones(text):
    finding = reads_digits(seen(text, DIGITS))

    assert (finding.kind, finding.failure_class, finding.warning) == ("", "semantic", False)
    assert "4821" in finding.expected
    assert text in finding.saw


def long_question(**occasion):
    return PROBES["long_context"].request(Occasion(rng=Random(5), **occasion))


QUESTION = long_question()
CODES = [needle["code"] for needle in QUESTION.oracle["needles"]]


@pytest.mark.parametrize("joint", [", ", "\n", " ", " and "])
def test_all_codes_must_come_back_in_any_order(joint):
    assert recalls_needles(seen(joint.join(CODES), QUESTION)) is None
    assert recalls_needles(seen(joint.join(reversed(CODES)), QUESTION)) is None
    assert recalls_needles(seen("", QUESTION)) is None


@pytest.mark.parametrize(("lost", "depth"), [(0, "start"), (1, "middle"), (2, "end")])
def test_the_depth_of_a_lost_code_is_told(lost, depth):
    kept = [code for n, code in enumerate(CODES) if n != lost]

    finding = recalls_needles(seen(", ".join(kept), QUESTION))

    assert f"none from the {depth}:" in finding.saw
    assert (finding.kind, finding.warning) == ("", False)


def test_a_code_inside_a_longer_number_is_not_the_code():
    assert recalls_needles(seen(" ".join(code + "0" for code in CODES), QUESTION)) is not None


@pytest.mark.parametrize(
    ("counted", "cut"), [(40, True), (500, True), (1500, False), (None, False)]
)
def test_a_prompt_that_was_cut_on_the_way_is_told(counted, cut):
    usage = Usage(input_tokens=counted)

    finding = recalls_needles(seen("I do not know.", QUESTION, usage=usage))

    assert ("the prompt was cut on the way" in finding.saw) is cut
    assert "start and the middle and the end" in finding.saw
    assert recalls_needles(seen(" ".join(CODES), QUESTION, usage=usage)) is None


def test_the_codes_stand_at_the_start_the_middle_and_the_end():
    lines = QUESTION.messages[0]["content"].splitlines()

    places = [n for code in CODES for n, line in enumerate(lines) if code in line]

    assert places == [0, len(lines) // 2 - 1, len(lines) - 2]
    assert not any(code in lines[-1] for code in CODES)


@pytest.mark.parametrize(
    ("window", "least", "most"),
    [(None, 6500, 8000), (200_000, 6500, 8000), (1000, 2500, 4000), (100, 0, 400)],
)
def test_a_small_window_gets_a_small_text(window, least, most):
    text = long_question(model=Model(id="m", context_tokens=window)).messages[0]["content"]

    assert least <= len(text) <= most


def test_a_users_own_token_limit_leaves_less_of_the_window():
    model = Model(id="m", context_tokens=1500)
    small = long_question(model=model, ask=Ask(max_tokens=1000)).messages[0]["content"]

    assert len(small) < len(long_question(model=model).messages[0]["content"])


@pytest.mark.parametrize(
    ("cap", "window", "tokens"),
    [
        (10_000, 200_000, 9_800),
        (10_000, 5_000, 4_700),
        (None, 30_000, 29_700),
        (None, None, 1_800),
        (10_000, None, 9_800),
        (1, 200_000, 0),
    ],
)
def test_the_users_cap_bounds_the_text_and_so_does_the_window(cap, window, tokens):
    model = Model(id="m", context_tokens=window)
    question = long_question(model=model, ask=Ask(max_prompt_tokens=cap))
    text = question.messages[0]["content"]

    # Four bytes to a token; the needles and the question stand beside them.
    assert tokens * 4 <= len(text) <= tokens * 4 + 400
    assert [needle["depth"] for needle in question.oracle["needles"]] == ["start", "middle", "end"]


@pytest.mark.parametrize("mark", [",", ".", "'", "\u202f", "\u00a0", " "])
def test_a_code_may_be_written_in_groups_of_three(mark):
    grouped = [f"{code[:2]}{mark}{code[2:]}" for code in CODES]

    assert recalls_needles(seen("; ".join(grouped), QUESTION)) is None
    assert recalls_needles(seen("; ".join(f"1{code}" for code in grouped), QUESTION)) is not None
    assert recalls_needles(seen("; ".join(grouped[:2]), QUESTION)) is not None
