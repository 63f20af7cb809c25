"""All checks of a probe together: none lets a megabyte of anything keep a run waiting."""

import itertools
import time
from random import Random

import pytest

from gatewayz.core import Attempt, Case, Model, Observation, Occasion, Reply, ToolCall, Usage
from gatewayz.probes import PROBES

MOST_CPU_S = 0.1
# That is for a machine that has nothing else to do.
bounds = pytest.mark.parametrize(
    "most_cpu_s", [pytest.param(MOST_CPU_S, marks=pytest.mark.slow, id="alone"),
                   pytest.param(2 * MOST_CPU_S, id="beside others")],
)  # fmt: skip
LETTERS = 1 << 20
FILLINGS = (
    "<|", "<", "</", "<tool_call>{", "<think>", "</think>", "get_weather", 'get_weather {"city":',
    "[[", '{"a":', "`", "\ufffd", "İ", "é”", "🦙", "1, ", "<s>x", "word ", "x" * 300 + " ", "Oslo ",
)  # fmt: skip
TEXTS = {
    **{filling[:12]: (filling * (LETTERS // len(filling) + 1))[:LETTERS] for filling in FILLINGS},
    "blanks": " " * (LETTERS - 1) + "x",
    "a thought": "<think>" + "<" * LETTERS,
    "JSON": '{"a": "' + "b " * (LETTERS // 2) + '"}',
}


def judged_for_s(name, text, finish):
    """Seconds of this thread for the checks of a probe's first question."""
    request = PROBES[name].request(Occasion(rng=Random(1)))
    usage = Usage(input_tokens=9, output_tokens=90_000)
    reply = Reply(text=text, finish_reason=finish, content_kind="text", usage=usage, model="m")
    seen = Observation(
        case=Case(gateway="g", probe=name, model=Model(id="m")), request=request,
        attempts=(Attempt(status=200, url="http://x/v1/chat/completions", reply=reply),),
    )  # fmt: skip
    before = time.thread_time()
    for check in PROBES[name].checks_by_step[0]:
        check(seen)
    return time.thread_time() - before


FINISHES = ("length", "stop")


@bounds
@pytest.mark.parametrize("name", sorted(PROBES))
def test_a_megabyte_of_anything_is_judged_in_no_time(name, most_cpu_s):
    alone = most_cpu_s == MOST_CPU_S
    for (what, text), turn in zip(TEXTS.items(), itertools.cycle(FINISHES), strict=False):
        for finish in FINISHES if alone else (turn,):
            assert_judged_within(most_cpu_s, name, what, text, finish)


def assert_judged_within(most_cpu_s, name, what, text, finish):
    """The best of three, each of a text of its own: what was kept of the last one helps none,
    and a machine under load takes its time elsewhere, too."""
    taken = []
    for number in range(3):
        taken.append(judged_for_s(name, f"{text}{number}", finish))
        if taken[-1] < most_cpu_s:
            break

    assert min(taken) < most_cpu_s, (what, finish, taken)


MEGABYTE_CALLS = {
    "long arguments": (("get_weather", '{"city": "' + "Oslo " * (LETTERS // 5) + '"}'),),
    "nested arguments": (("get_weather", '{"a":' * (LETTERS // 5)),),
    "deep enough arguments": (("get_weather", '{"a":' * 99 + "[" + "1," * (LETTERS // 2) + "1]" + "}" * 99),),
    "many keys": (("get_weather", "{" + ",".join(f'"k{n}": 1' for n in range(LETTERS // 12)) + "}"),),
    "many calls": tuple(("get_weather", '{"city": "' + "x" * 8000 + '"}') for _ in range(128)),
    "many calls with accents": tuple(("get_weather", '{"city": "' + "é" * 4000 + '"}') for _ in range(128)),
    "a long name": (("get_weather" * 40, "{" * LETTERS),),
}  # fmt: skip


def steps_judged_for_s(name, reply):
    """Seconds of this thread for the checks of each step, all of them answered with one reply."""
    probe, rng = PROBES[name], Random(1)
    asked, taken = [], []
    for step, checks in enumerate(probe.checks_by_step):
        question = probe.question(
            step, Occasion(rng=rng, questions=tuple(asked), replies=(reply,) * step)
        )
        if question is None:
            break
        asked.append(question)
        seen = Observation(
            case=Case(gateway="g", probe=name, model=Model(id="m")), request=asked[0],
            then=tuple(asked[1:]),
            attempts=tuple(
                Attempt(status=200, step=at, url="http://x/v1/chat/completions", reply=reply)
                for at in range(step + 1)
            ),
        )  # fmt: skip
        before = time.thread_time()
        for check in checks:
            check(seen)
        taken.append(time.thread_time() - before)
    return taken


@pytest.mark.parametrize("name", sorted(PROBES))
@bounds
def test_a_megabyte_of_calls_or_thought_is_judged_in_no_time_in_every_step(name, most_cpu_s):
    usage = Usage(input_tokens=9, output_tokens=90_000)
    for what, made in {**MEGABYTE_CALLS, "thought": (), "text": ()}.items():
        taken = []
        for number in range(3):
            calls = tuple(
                ToolCall(id=f"call_{at}", name=called, arguments=f"{arguments}{' ' * number}")
                for at, (called, arguments) in enumerate(made)
            )
            letters = ("word " * (LETTERS // 5)) + str(number)
            reply = Reply(
                text=letters if what == "text" else "Oslo", usage=usage, model="m",
                reasoning=letters if what == "thought" else "", content_kind="text",
                tool_calls=calls, finish_reason="tool_calls" if calls else "stop",
            )  # fmt: skip
            taken.append(max(steps_judged_for_s(name, reply)))
            if taken[-1] < most_cpu_s:
                break

        assert min(taken) < most_cpu_s, (what, taken)
