"""A question that failed because of how it was put is put otherwise, and that is learned."""

import asyncio
import contextlib
from dataclasses import replace

import pytest

from gatewayz.client import HttpClient, Listing
from gatewayz.core import (
    Attempt,
    ErrorBody,
    FaultName,
    Finding,
    Habits,
    Model,
    MustRefuse,
    Outcome,
    Phase,
    Probe,
    Reply,
    Timing,
    ToolCall,
    Whom,
    WireFault,
)
from gatewayz.core.probe import ChatRequest
from gatewayz.core.timeouts import Timeouts
from gatewayz.runner import AttemptFinished, HabitsLearned, roll_call

WHOM = Whom(gateway="g", way="direct", host="g.invalid", model="Org/Model")
USER = ({"role": "user", "content": "hi"},)


class Picky:
    """A provider with one model that refuses what `refuses` says of a body, as (code, param, text)."""

    def __init__(self, refuses, listed=("Org/Model",), reply=None):
        self.refuses, self.listed = refuses, listed
        self.reply = reply or (lambda body, model_id: Reply(text="hi", finish_reason="stop"))
        self.bodies, self.ids = [], []

    async def list_models(self, gateway):
        return Listing(models=tuple(Model(id=i, listed=True) for i in self.listed))

    async def attempt(self, gateway, model_id, request, *, number=1, step=0):
        body = request.body(model_id, gateway.quirks)
        self.bodies.append(body)
        self.ids.append(model_id)
        attempt = Attempt(
            number=number, step=step, asked=body["model"], url="http://x/v1", had_key=True,
            body=body, streamed=request.stream, reached=Phase.END, body_bytes=9,
        )  # fmt: skip
        refusal = self.refuses(body)
        if refusal is None:
            return replace(attempt, status=200, reply=self.reply(body, model_id))
        status, code, param, message = refusal
        error = ErrorBody(message=message, code=code, param=param, shape="error")
        return replace(attempt, status=status, error=error)


def probe(*checks, needs=frozenset({"chat"}), **request):
    settings = {"messages": USER, "max_tokens": 50, "temperature": 0.7, **request}
    return Probe(
        name="chat",
        title="",
        request=lambda put: ChatRequest(**settings),
        checks=checks,
        needs=needs,
    )


def refuses_field(name, code="unsupported_parameter"):
    def refuses(body):
        return (400, code, name, f"'{name}' is not supported here") if name in body else None

    return refuses


def run(memory, executor, asked=None, **more):
    more.setdefault("retries", 0)
    order = memory.order(memory.lane("g", concurrency=1), probes=(asked or probe(),), **more)
    return memory.run(order, executor)


def test_what_was_learned_elsewhere_under_the_same_name_is_not_taken_for_granted(memory):
    here, elsewhere = Picky(lambda body: None), Picky(lambda body: None)
    habits = {WHOM: Habits(never_send=frozenset({"temperature"}))}
    other = memory.lane("g", url="http://127.0.0.1:9/v1")

    run(memory, here, habits=habits)
    memory.run(memory.order(other, probes=(probe(),), habits=habits), elsewhere)

    assert ["temperature" in body for body in here.bodies] == [False]
    assert ["temperature" in body for body in elsewhere.bodies] == [True]


def learned(seen):
    return [event.habits for event in seen.events if isinstance(event, HabitsLearned)]


def test_a_refused_limit_goes_by_its_other_name_and_no_retry_is_used(memory):
    executor = Picky(refuses_field("max_tokens"))

    seen = run(memory, executor)

    (verdict,) = seen.verdicts
    assert ["max_completion_tokens" in body for body in executor.bodies] == [False, True]
    assert (verdict.outcome, verdict.first_outcome) == (Outcome.PASSED, Outcome.PASSED)
    assert verdict.warnings == ()
    assert verdict.observation.habits.told == "with max_completion_tokens"
    assert learned(seen) == [Habits(max_tokens_field="max_completion_tokens")]


def test_what_was_learned_of_a_model_is_used_for_its_later_cases(memory):
    executor = Picky(refuses_field("temperature", "unsupported_value"))

    seen = run(memory, executor, repeat=3)

    assert [v.outcome for v in seen.verdicts] == [Outcome.PASSED] * 3
    assert ["temperature" in body for body in executor.bodies] == [True, False, False, False]
    assert len(learned(seen)) == 1


def test_habits_of_an_earlier_run_are_used_from_the_first_call(memory):
    executor = Picky(refuses_field("temperature", "unsupported_value"))
    habits = {WHOM: Habits(never_send=frozenset({"temperature"}))}

    seen = run(memory, executor, habits=habits)

    assert len(executor.bodies) == 1
    assert seen.verdicts[0].outcome is Outcome.PASSED
    assert learned(seen) == []


def too_large(param, code="unsupported_value", text="too large"):
    """Refuses a limit over 100."""
    return lambda body: (400, code, param, text) if body.get("max_tokens", 0) > 100 else None


def no_streams(body):
    return (400, "unsupported_value", "stream", "no streams") if body["stream"] else None


@pytest.mark.parametrize(
    ("habits", "refuses"),
    [
        (Habits(max_tokens_field="max_completion_tokens"), refuses_field("max_completion_tokens")),
        (Habits(stream_only=True), no_streams),
        (Habits(least_tokens=400), too_large("max_tokens")),
        (Habits(least_tokens=400), too_large("")),
        (Habits(least_tokens=400), too_large("max_tokens", "", "max_tokens must be <= 100")),
    ],
)
def test_a_habit_that_no_longer_works_is_unlearned(memory, habits, refuses):
    executor = Picky(refuses)

    seen = run(memory, executor, habits={WHOM: habits})

    assert seen.verdicts[0].outcome is Outcome.PASSED
    assert len(executor.bodies) == 2
    assert learned(seen) == [Habits()]


def test_a_model_that_only_streams_is_asked_streamed(memory):
    executor = Picky(
        lambda body: (
            None
            if body["stream"]
            else (400, "", "", "This model only supports streaming; set stream to true")
        )
    )

    seen = run(memory, executor)

    assert [body["stream"] for body in executor.bodies] == [False, True]
    assert seen.verdicts[0].outcome is Outcome.PASSED
    assert seen.verdicts[0].warnings == ()
    assert learned(seen) == [Habits(stream_only=True)]


@pytest.mark.parametrize(
    ("param", "text"),
    [
        ("stream", "Non-streaming requests are disabled for this model."),
        ("stream", "nope"),
        ("", "Only stream=True is allowed"),
    ],
)
def test_what_is_said_of_the_field_stream_needs_no_known_words(memory, param, text):
    executor = Picky(lambda body: None if body["stream"] else (400, "", param, text))

    seen = run(memory, executor)

    assert [body["stream"] for body in executor.bodies] == [False, True]
    assert learned(seen) == [Habits(stream_only=True)]
    assert seen.verdicts[0].warnings == ()


@pytest.mark.parametrize(
    ("code", "param", "text"),
    [
        ("", "temperature", "temperature is locked for this model"),
        ("invalid_value", "temperature", "Invalid value for temperature"),
        ("", "", "This model has fixed sampling; do not send temperature"),
    ],
)
def test_what_is_said_of_the_temperature_needs_no_known_words(memory, code, param, text):
    executor = Picky(lambda body: (400, code, param, text) if "temperature" in body else None)

    seen = run(memory, executor)

    assert len(executor.bodies) == 2
    assert learned(seen) == [Habits(never_send=frozenset({"temperature"}))]
    assert seen.verdicts[0].warnings == ()


def too_small(least, text, code="", param="max_tokens"):
    """Refuses a limit below the least."""

    def refuses(body):
        name = next(n for n in ("max_tokens", "max_completion_tokens") if n in body)
        sent = body[name]
        return (400, code, param, text.format(least=least, sent=sent)) if sent < least else None

    return refuses


@pytest.mark.parametrize(
    ("code", "param", "text"),
    [
        ("", "max_tokens", "max_tokens must be at least {least}"),
        ("integer_below_min_value", "max_tokens",
         "Invalid 'max_tokens': integer below minimum value. Expected a value >= {least}"),
        ("", "max_tokens", "max_tokens: Input should be greater than or equal to {least}"),
        ("", "max_tokens", "max_tokens is too low (minimum {least})"),
        ("", "", "max_tokens must be between {least} and 8192"),
        ("", "", "body.max_tokens: Input should be greater than or equal to {least}"),
        ("", "max_tokens", "Für max_tokens sind mindestens {least} nötig"),
        ("", "max_tokens", "max_tokens 不能小于 {least}"),
    ],
)  # fmt: skip
def test_the_least_limit_that_a_refusal_tells_is_learned(memory, code, param, text):
    executor = Picky(too_small(64, text, code, param))

    seen = run(memory, executor, repeat=2)

    assert [body["max_tokens"] for body in executor.bodies] == [50, 64, 64]
    assert {v.outcome for v in seen.verdicts} == {Outcome.PASSED}
    assert learned(seen) == [Habits(least_tokens=64)]
    assert all(v.warnings == () for v in seen.verdicts)


def test_a_limit_that_is_too_small_without_a_number_grows(memory):
    executor = Picky(too_small(64, "nope", "integer_below_min_value"))

    seen = run(memory, executor)

    assert [body["max_tokens"] for body in executor.bodies] == [50, 400]
    assert learned(seen) == [Habits(least_tokens=400)]


def test_three_habits_in_a_row_are_learned(memory):
    floor = too_small(64, "max_completion_tokens must be at least {least}", param="")

    def refuses(body):
        for name in ("max_tokens", "temperature"):
            if name in body:
                return (400, "", name, f"'{name}' is locked; use max_completion_tokens instead")
        return floor(body) or (None if body["stream"] else (400, "", "stream", "nope"))

    seen = run(memory, Picky(refuses))

    assert seen.verdicts[0].outcome is Outcome.PASSED
    assert learned(seen)[0].told == (
        "with max_completion_tokens, without temperature, streamed, with at least 64 tokens"
    )


@pytest.mark.parametrize(
    "text",
    [
        "This model's maximum context length is 128 tokens, you asked for 150 with max_tokens",
        "max_tokens must be at most 40; the window holds 512",
    ],
)
def test_a_limit_that_is_too_large_is_not_raised(memory, text):
    executor = Picky(lambda body: (400, "", "", text))

    seen = run(memory, executor)

    assert len(executor.bodies) == 1
    assert learned(seen) == []


def test_what_a_probe_is_about_is_never_left_out(memory):
    tools = {"tools": [{"type": "function"}], "seed": 4}
    executor = Picky(refuses_field("tools"))

    seen = run(memory, executor, probe(extra=tools, feature="tools"))

    assert len(executor.bodies) == 1
    assert seen.verdicts[0].outcome is Outcome.FAILED
    assert seen.verdicts[0].failure.kind == "unsupported-parameter"
    assert learned(seen) == []


def test_a_field_that_is_not_named_is_guessed_and_only_what_works_is_learned(memory):
    def refuses(body):
        extra = "temperature" in body
        return (400, "extra_forbidden", "", "Extra inputs are not permitted") if extra else None

    executor = Picky(refuses)
    seen = run(memory, executor, probe(stream=True))

    assert seen.verdicts[0].outcome is Outcome.PASSED
    assert len(executor.bodies) == 3
    assert learned(seen) == [Habits(never_send=frozenset({"temperature"}))]


def test_never_more_than_three_second_looks_at_a_step(memory):
    def refuses(body):
        # Refuses every form there is, each time for another field.
        name = next((n for n in ("stream_options", "temperature") if n in body), "")
        name = name or next(n for n in body if n.startswith("max_"))
        return (400, "unsupported_parameter", name, f"{name}?")

    executor = Picky(refuses)
    seen = run(memory, executor, probe(stream=True), retries=2)

    assert len(executor.bodies) == 4
    assert seen.verdicts[0].outcome is Outcome.FAILED
    assert learned(seen) == []


def thinks(needs):
    def reply(body, model_id):
        if body["max_tokens"] < needs:
            return Reply(reasoning="hm", finish_reason="length")
        return Reply(text="hi", finish_reason="stop")

    return reply


def ate_budget(seen):
    return None if seen.reply.usable else Finding(kind="reasoning-ate-budget", saw="length")


def test_a_budget_that_thought_ate_grows_before_anything_is_said(memory):
    executor = Picky(lambda body: None, reply=thinks(500))

    seen = run(memory, executor, probe(ate_budget), repeat=2)

    assert [body["max_tokens"] for body in executor.bodies] == [50, 400, 1024, 1024]
    assert {v.outcome for v in seen.verdicts} == {Outcome.PASSED}
    assert learned(seen) == [Habits(least_tokens=1024)]
    assert seen.verdicts[0].observation.request.max_tokens == 1024


def test_a_budget_beyond_the_largest_is_told_and_not_learned(memory):
    executor = Picky(lambda body: None, reply=thinks(5000))

    seen = run(memory, executor, probe(ate_budget), retries=2)

    assert [body["max_tokens"] for body in executor.bodies] == [50, 400, 1024]
    assert seen.verdicts[0].failure.kind == "reasoning-ate-budget"
    assert learned(seen) == []


def test_a_limit_that_may_not_grow_so_far_is_let_be(memory):
    refuses = too_large("max_tokens", "", "max_tokens must be <= 100")
    executor = Picky(refuses, reply=thinks(500))

    seen = run(memory, executor, probe(ate_budget), retries=2)

    assert [body["max_tokens"] for body in executor.bodies] == [50, 400, 50]
    assert seen.verdicts[0].failure.kind == "reasoning-ate-budget"
    assert learned(seen) == []


def test_arguments_that_a_small_limit_cut_get_a_larger_one(memory):
    def cut(seen):
        whole = seen.reply.finish_reason != "length"
        return None if whole else Finding(kind="tool-args-cut-by-length", saw="{")

    def reply(body, model_id):
        reason = "length" if body["max_tokens"] < 100 else "tool_calls"
        return Reply(tool_calls=(ToolCall(id="1", name="f", arguments="{}"),), finish_reason=reason)

    executor = Picky(lambda body: None, reply=reply)
    seen = run(memory, executor, probe(cut))

    assert [body["max_tokens"] for body in executor.bodies] == [50, 400]
    assert seen.verdicts[0].outcome is Outcome.PASSED


def knows_only(*ids):
    def refuses(body):
        known = body["model"] in ids
        return None if known else (404, "model_not_found", "model", "no such model")

    return refuses


@pytest.mark.parametrize(
    ("works", "asked", "outcome", "names"),
    [
        (
            "org/model",
            ["Org/Model", "Org/Model", "org/model"],
            Outcome.PASSED,
            ["id-case-mismatch"],
        ),
        (
            "Model",
            ["Org/Model", "Org/Model", "org/model", "Model"],
            Outcome.FAILED,
            ["listed-id-differs"],
        ),
        (
            "none",
            ["Org/Model", "Org/Model", "org/model", "Model"],
            Outcome.FAILED,
            ["listed-not-servable"],
        ),
    ],
)
def test_a_listed_model_is_gone_only_under_every_spelling(memory, works, asked, outcome, names):
    executor = Picky(knows_only(works))

    seen = run(memory, executor)

    (verdict,) = seen.verdicts
    told = [f.kind for f in verdict.warnings] + ([verdict.failure.kind] if verdict.failure else [])
    assert executor.ids == asked
    assert (verdict.outcome, told) == (outcome, names)


def test_a_provider_before_a_colon_is_left_out_too(memory):
    executor = Picky(knows_only("org/model"), listed=("hub:org/model",))

    seen = run(memory, executor)

    assert executor.ids == ["hub:org/model", "hub:org/model", "org/model"]
    assert seen.verdicts[0].failure.kind == "listed-id-differs"


def test_one_slip_is_no_proof_that_a_model_is_gone_and_is_told_as_a_slip(memory):
    slips = iter([(404, "model_not_found", "", "no such model")])
    executor = Picky(lambda body: next(slips, None), listed=("Org/Model",))

    seen = run(memory, executor)

    (verdict,) = seen.verdicts
    assert executor.ids == ["Org/Model", "Org/Model"]
    assert verdict.outcome is Outcome.PASSED
    assert [f.kind for f in verdict.warnings] == ["retry-masked-latency"]


def test_a_plain_id_that_is_not_found_is_asked_for_once_more(memory):
    executor = Picky(knows_only("none"), listed=("model",))

    seen = run(memory, executor)

    assert executor.ids == ["model", "model"]
    assert seen.verdicts[0].failure.kind == "listed-not-servable"


@pytest.mark.parametrize(
    ("slips", "asked", "outcome"), [(1, 2, Outcome.PASSED), (9, 2, Outcome.FAILED)]
)
def test_where_no_list_was_read_a_model_is_missing_only_at_a_second_refusal(
    memory, slips, asked, outcome
):
    missing = iter([(404, "model_not_found", "model", "The model does not exist")] * slips)
    executor = Picky(lambda body: next(missing, None))
    listings = {("g", "direct"): Listing(models=(Model(id="named"),), listed=1)}

    seen = memory.run(memory.order(memory.lane("g"), retries=0), executor, listings=listings)

    (verdict,) = seen.verdicts
    assert executor.ids == ["named"] * asked
    assert (verdict.first_outcome, verdict.outcome) == (Outcome.FAILED, outcome)
    if outcome is Outcome.FAILED:
        assert verdict.failure.kind == "model-not-found"


def test_a_model_that_no_list_names_is_not_looked_for(memory):
    from gatewayz.runner import Selection

    executor = Picky(knows_only("none"))

    seen = run(memory, executor, selection=Selection(models="made/Up"))

    assert executor.ids == ["made/Up"]
    assert seen.verdicts[0].failure.kind == "model-not-found"


def test_a_request_that_is_wrong_on_purpose_is_never_put_otherwise(memory):
    executor = Picky(knows_only("none"))
    wrong = probe(must_refuse=MustRefuse(classes=("not-found",), accepted="unknown-model-accepted"))

    seen = run(memory, executor, wrong)

    assert len(executor.ids) == 1
    assert seen.verdicts[0].outcome is Outcome.PASSED


def test_second_looks_and_retries_are_counted_apart(memory, monkeypatch):
    monkeypatch.setattr("gatewayz.runner.retries.FIRST_WAIT_S", 0.001)
    field, calls = refuses_field("max_tokens"), []

    def refuses(body):
        calls.append(body)
        return field(body) or ((500, "", "", "oops") if len(calls) < 4 else None)

    seen = run(memory, Picky(refuses), retries=2)

    (verdict,) = seen.verdicts
    assert len(calls) == 4  # refused, 500, 500, answered
    assert (verdict.outcome, verdict.first_outcome) == (Outcome.PASSED, Outcome.FAILED)
    assert [f.kind for f in verdict.warnings] == ["retry-masked-latency"]
    told = [e.retry_in_s for e in seen.events if isinstance(e, AttemptFinished)]
    assert told[0] == 0
    assert told[-1] is None


def dropped(number, name, *, reused=True, phase=Phase.HEADERS):
    fault = WireFault(name=name, phase=phase, detail="closed by the server")
    return Attempt(
        number=number, url="http://x/v1", had_key=True, fault=fault, reused_connection=reused
    )


@pytest.mark.parametrize("must_refuse", [False, True])
@pytest.mark.parametrize("phase", [Phase.SEND, Phase.HEADERS])
@pytest.mark.parametrize("name", [FaultName.CLOSED, FaultName.RESET])
def test_what_an_idle_connection_lost_is_asked_anew_and_is_no_retry(
    memory, name, phase, must_refuse
):
    def answers(gateway, model_id, number):
        if number == 1:
            return dropped(number, name, phase=phase)
        return memory.refused(401, number) if must_refuse else memory.good(number)

    asked = memory.PROBE
    if must_refuse:
        refusal = MustRefuse(classes=("auth",), accepted="wrong-key-accepted")
        asked = probe(must_refuse=refusal, credential="made-up")
    executor = memory.Memory(listing=("a",), answers=answers)
    order = memory.order(memory.lane("x"), probes=(asked,), retries=0)
    (verdict,) = memory.run(order, executor).verdicts

    assert (verdict.outcome, verdict.first_outcome) == (Outcome.PASSED, Outcome.PASSED)
    assert verdict.warnings == ()
    assert [number for _, _, number in executor.asked] == [1, 2]


@pytest.mark.parametrize(
    "attempt",
    [
        dropped(1, FaultName.CLOSED, reused=False),
        dropped(1, FaultName.REFUSED),
        replace(dropped(1, FaultName.RESET), timing=Timing(first_byte_s=0.1)),
        replace(dropped(1, FaultName.RESET, phase=Phase.BODY), status=200),
    ],
)
def test_what_a_fresh_connection_or_a_begun_answer_lost_is_a_failure(memory, attempt):
    executor = memory.Memory(listing=("a",), answers=lambda gateway, model_id, number: attempt)
    order = memory.order(memory.lane("x"), retries=0)
    (verdict,) = memory.run(order, executor).verdicts

    assert (verdict.outcome, verdict.first_outcome) == (Outcome.FAILED, Outcome.FAILED)
    assert len(executor.asked) == 1


def test_a_server_that_drops_every_connection_that_is_used_again_is_found_sound(memory):
    """Over real sockets: it closes each after one answer, without having said that it would."""

    async def go():
        body = (
            b'{"id":"1","model":"a","choices":[{"index":0,"message":{"content":"hi"},'
            b'"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":1}}'
        )
        tasks = set()

        async def serve(reader, writer):
            tasks.add(asyncio.current_task())
            try:
                for answered in (True, False):
                    head = await reader.readuntil(b"\r\n\r\n")
                    await reader.readexactly(
                        int(head.split(b"Content-Length: ")[1].split(b"\r\n")[0])
                    )
                    if answered:
                        writer.write(
                            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                            b"Content-Length: %d\r\n\r\n%b" % (len(body), body)
                        )
            finally:
                writer.close()
                with contextlib.suppress(ConnectionError):
                    await writer.wait_closed()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        client = HttpClient(keys=lambda _: None, timeouts=Timeouts())
        lane = memory.lane("x", url=f"http://127.0.0.1:{port}/v1", concurrency=1)
        order = memory.order(lane, repeat=4, retries=0)
        listings = {("x", "direct"): Listing(models=memory.models("a"), listed=1)}
        found = [e async for e in roll_call(order, executor=client, listings=listings)]
        await client.aclose()
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await server.wait_closed()
        return found[-1].run.verdicts

    verdicts = asyncio.run(asyncio.wait_for(go(), 20))

    assert [v.first_outcome for v in verdicts] == [Outcome.PASSED] * 4
    assert [len(v.observation.attempts) for v in verdicts] == [1, 2, 2, 2]
    # The whole of a dropped attempt stands in the evidence.
    assert verdicts[1].observation.attempts[0].reused_connection


@pytest.mark.parametrize(
    ("listed", "works", "refusal"),
    [
        # Whoever makes a family, as hubs and as routers write it.
        ("Qwen9-32B-Instruct", "Qwen/Qwen9-32B-Instruct", "unknown"),
        ("deepseek-v9", "deepseek/deepseek-v9", "unknown"),
        ("glm-9", "zai-org/glm-9", "unknown"),
        # What the refusal itself names.
        ("tiny-7", "house/tiny-7", "there is no such model; did you mean house/tiny-7?"),
    ],
)
def test_an_id_that_is_listed_without_its_house_is_found(memory, listed, works, refusal):
    def refuses(body):
        return None if body["model"] == works else (404, "model_not_found", "model", refusal)

    seen = run(memory, Picky(refuses, listed=(listed,)))

    assert seen.verdicts[0].failure.kind == "listed-id-differs"


def test_a_server_that_puts_a_word_before_every_id_is_not_followed_for_ever(memory):
    def refuses(body):
        if body["model"] == "tiny-7":
            return None
        return (404, "model_not_found", "model", f"models/{body['model']} was not found")

    executor = Picky(refuses, listed=("hub/tiny-7",))
    seen = run(memory, executor)

    assert executor.ids == ["hub/tiny-7", "hub/tiny-7", "tiny-7"]
    assert seen.verdicts[0].failure.kind == "listed-id-differs"


def test_a_model_once_told_to_be_missing_is_looked_for_whatever_the_next_refusal_says(memory):
    said = iter([(404, "model_not_found", "model", "no such model"), (400, "", "", "Hm.")])

    def refuses(body):
        return None if body["model"] == "tiny-7" else next(said)

    seen = run(memory, Picky(refuses, listed=("hub/tiny-7",)))

    assert seen.verdicts[0].failure.kind == "listed-id-differs"
