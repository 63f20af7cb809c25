"""What bench says of a run before it begins, and of what has no figure at its end."""

import json
from dataclasses import replace

import pytest
from tests.loads import a_load

from gatewayz.cli.bench_differences import differences
from gatewayz.cli.bench_load import load_of, shape_for
from gatewayz.cli.bench_plan import announced
from gatewayz.cli.bench_table import table
from gatewayz.cli.benched import printed
from gatewayz.core import Attempt, Gateway, Quirks
from gatewayz.core.attempt import Reply, Timing, Usage
from gatewayz.core.load import LoadLine, LoadShape, Sample, Stage, Target
from gatewayz.load import Aim, LoadOrder
from gatewayz.load.objectives import read_objectives
from gatewayz.load.prompts import prompts_of, read_prompts
from gatewayz.load.reducing import Moments, Reducer
from gatewayz.load.tally import Tally, line_of
from gatewayz.probes._delivery import DELIVERY
from gatewayz.reports import LOAD_REPORTS

STAGE = Stage(index=0, title="1 at once", unit="concurrency", level=1, requests=4)


QUIRKS = Quirks()


def order(prompts=None, quirks=QUIRKS, **more):
    target = Target(name="g/m", gateway="g", model_id="m")
    return LoadOrder(
        aims=(Aim(target=target, gateway=Gateway(name="g", quirks=quirks)),),
        prompts=prompts or prompts_of("short"),
        shape=LoadShape(kind="steady", unit="concurrency", words="1 at once", stages=(STAGE,)),
        checks=DELIVERY, warm_up=0, **more,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("lines", "told"),
    [([{"prompt": "a"}], ", 50 tokens each;"),
     ([{"prompt": "a"}, {"prompt": "b", "max_tokens": 400}], ", 50 to 400 tokens each;"),
     ([{"prompt": "a", "max_tokens": 20, "n": 3}], ", 60 tokens each;"),
     ([{"prompt": "a", "max_tokens": 5, "max_completion_tokens": 400}], ", 400 tokens each;")],
)  # fmt: skip
def test_the_announcement_tells_the_limits_that_a_file_sets(tmp_path, lines, told):
    file = tmp_path / "prompts.jsonl"
    file.write_text("\n".join(map(json.dumps, lines)))

    assert told in " ".join(announced(order(read_prompts(file, "--prompt"))))


def test_the_announcement_tells_the_least_that_a_gateway_takes():
    told = " ".join(announced(order(max_tokens=4, quirks=Quirks(min_max_tokens=16))))

    assert ", 16 tokens each;" in told


def test_a_limit_that_nobody_set_is_not_told():
    assert "tokens each" not in " ".join(announced(order(max_tokens=None)))


def test_a_time_since_due_that_waits_still_has_the_word_for_it():
    tally = Tally(unsent=60)
    for n in range(40):
        values = {"ttft": 0.1, "ttft_since_due": 0.1 + n / 100,
                  "latency": 0.2, "latency_since_due": 0.2 + n / 100}  # fmt: skip
        tally.add(Sample(target="t", ended_s=n / 10, values=values))
    found = line_of(tally, target="t", stage=0, title="", started_s=0.0)
    lines = list(table(found, 100))
    told = " ".join(" ".join(lines).split())

    assert [line.count("not sent") for line in lines if "  since due" in line] == [3, 3]
    assert "not measured: first token since due of 60, latency since due of 60" in told


def test_a_target_that_is_in_no_comparison_is_named():
    run = a_load()
    more = Target(name="third/m", gateway="third", model_id="m")
    lines = differences(a_load(targets=(*run.targets, more)), 100)

    assert "  Not compared: third/m: it has no values: nothing was sent" in lines
    assert not any("Not compared" in line for line in differences(run, 100))
    assert differences(a_load(comparisons=(), lines=()), 100) == []


def test_a_whole_answer_has_no_gaps_for_that_reason_and_not_for_our_loop():
    told = order(objectives=read_objectives("latency_p50=1s", "--slo"), stream=False)
    attempt = Attempt(
        status=200, streamed=False,
        reply=Reply(text="hello there", finish_reason="stop", choices=1, content_kind="text",
                    usage=Usage(input_tokens=5, output_tokens=2, total_tokens=7)),
        timing=Timing(sent_s=0.0, first_byte_s=0.2, last_byte_s=0.2, total_s=0.2, held_up_s=0.19),
    )  # fmt: skip
    reducer, aim = Reducer(told, 0.0), told.aims[0]
    request = told.prompts.request(0, "", 0, max_tokens=9, temperature=None, stream=False)
    sample = reducer.sample(
        aim, reducer.judged(aim, request, attempt), attempt,
        Moments(0.0, 0.0, 0.2, is_open=False), stage=0, turn=0, warm_up=False,
    )  # fmt: skip

    assert sample.missing["icl"] == sample.missing["longest_stall"] == "not streamed"
    assert "held up" in sample.missing["latency"]


@pytest.mark.parametrize(
    ("given", "targets", "requests"),
    [
        ({"concurrency": "2"}, 1, [30]),
        ({"concurrency": "64"}, 1, [192]),
        ({"concurrency": "64"}, 4, [48]),
        ({"concurrency": "1,64"}, 1, [30, 192]),
        ({"concurrency": "64", "requests": "20"}, 1, [20]),
        ({"rate": "64"}, 1, [30]),
    ],
)
def test_by_default_as_many_are_sent_as_it_takes_to_have_so_many_under_way(
    given, targets, requests
):
    names = ("concurrency", "rate", "in_flight", "until_ci", "requests", "duration")
    options = {**dict.fromkeys(names), "poisson": False, "most": False, **given}
    shape, _ = shape_for(load_of(options, (), targets), False, ())

    assert [stage.requests for stage in shape.stages] == requests


def test_a_warm_up_that_was_interrupted_says_how_much_of_it_was_unfinished():
    warm = LoadLine(target="g/m", stage=0, title="warm-up", sent=2, unfinished=2)
    result = replace(a_load(), warm_up=(warm,))
    page = LOAD_REPORTS["html"].render(result).decode()

    assert "Warm-up of g/m, in no figure: 2 sent, 0 passed, 2 unfinished" in " ".join(
        printed(result, 200)
    )
    assert "g/m: 0 of 2 passed, 2 unfinished" in page
