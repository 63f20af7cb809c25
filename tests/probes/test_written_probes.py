"""Probes that users write: what they may say, what is refused, and how they are judged."""

import json
import os
from pathlib import Path

import pytest

from gatewayz.core import (
    Attempt,
    Case,
    ConfigError,
    Model,
    Observation,
    Occasion,
    Outcome,
    Reply,
    Timing,
    ToolCall,
    Usage,
)  # fmt: skip
from gatewayz.core.gateway import Quirks
from gatewayz.core.judge import judge
from gatewayz.core.probe import Ask
from gatewayz.probes._expectations import EXPECTATIONS
from gatewayz.probes._presets import chosen_probes

PAGE = Path(__file__).resolve().parents[2] / "docs" / "probes.md"


@pytest.fixture
def written(tmp_path):
    """A probe out of a text, by the name of its file."""

    def write(text, name="own.yaml"):
        (tmp_path / name).write_text(text, encoding="utf-8")
        [probe] = chosen_probes([f"./{name}"], tmp_path)
        return probe

    return write


def judged(probe, *, took_s=0.5, first_token_s=0.1, **reply):
    reply = {"finish_reason": "stop", "content_kind": "text", "model": "m", "text": "Hello"} | reply
    reply.setdefault("usage", Usage(input_tokens=9, output_tokens=2, total_tokens=11))
    attempt = Attempt(
        url="http://x/v1/chat/completions", status=200, asked="m", reply=Reply(**reply),
        timing=Timing(total_s=took_s, first_token_s=first_token_s),
    )  # fmt: skip
    case = Case(gateway="g", probe=probe.name, model=Model(id="m"))
    seen = Observation(case=case, request=probe.request(Occasion()), attempts=(attempt,))
    return judge(seen, probe.checks_by_step, Quirks())


def test_the_file_names_it_and_the_request_is_as_it_says(written):
    probe = written(
        "message: Say hello.\n"
        "parameters: {max_tokens: 7, temperature: 0, stream: true, stop: [END], top_p: 0.5}\n"
        "needs: [tools]\n"
    )
    request = probe.request(Occasion())

    assert (probe.name, probe.title) == ("own", "own")
    assert probe.needs == {"chat", "tools"}
    assert request.messages == ({"role": "user", "content": "Say hello."},)
    assert (request.max_tokens, request.temperature, request.stream) == (7, 0, True)
    assert (request.stop, request.extra) == (("END",), {"top_p": 0.5})


def test_what_it_does_not_say_is_as_the_user_asked_for_all(written):
    request = written("message: Say hello.").request(
        Occasion(ask=Ask(max_tokens=99, temperature=0.3))
    )

    assert (request.max_tokens, request.temperature, request.stream) == (99, 0.3, False)


def test_turns_follow_on_what_was_said(written):
    probe = written(
        "messages: [{role: system, content: Be brief.}]\n"
        "turns:\n  - message: One?\n  - message: Two?\n    expect: {contains: two}\n"
    )
    first = probe.question(0, Occasion())
    second = probe.question(1, Occasion(questions=(first,), replies=(Reply(text="One."),)))

    assert [m["role"] for m in first.messages] == ["system", "user"]
    assert [m["content"] for m in second.messages] == ["Be brief.", "One?", "One.", "Two?"]
    assert probe.question(2, Occasion()) is None


@pytest.mark.parametrize(
    ("expect", "right", "wrong"),
    [
        ("contains: lo", {"text": "Hello"}, {"text": "Goodbye"}),
        ("contains: [He, lo]", {"text": "Hello"}, {"text": "Hell"}),
        ("not_contains: sorry", {"text": "Hello"}, {"text": "I am sorry"}),
        ("equals: Hello", {"text": " Hello\n"}, {"text": "Hello!"}),
        ("regex: '^[A-Z]'", {"text": "Hello"}, {"text": "hello"}),
        ("json_schema: {type: object, required: [a]}", {"text": '{"a": 1}'}, {"text": '{"b": 1}'}),
        ("json_schema: {type: object}", {"text": "{}"}, {"text": "Hello"}),
        ("max_latency: 1s", {"took_s": 0.9}, {"took_s": 1.1}),
        ("max_ttft: 250ms", {"first_token_s": 0.2}, {"first_token_s": 0.3}),
        ("finish_reason: stop", {"finish_reason": "stop"}, {"finish_reason": "length"}),
        ("tool_call: look", {"tool_calls": (ToolCall(name="look"),)}, {"text": "I look"}),
        ("tool_call: true", {"tool_calls": (ToolCall(name="see"),)}, {"text": "I see"}),
        ("min_tokens: 2", {}, {"usage": Usage(input_tokens=9, output_tokens=1)}),
        ("max_tokens: 2", {}, {"usage": Usage(input_tokens=9, output_tokens=3)}),
    ],
)
def test_an_expectation_is_met_or_told(written, expect, right, wrong):
    tools = "\n".join(
        f"    - {{type: function, function: {{name: {name}, parameters: {{type: object}}}}}}"
        for name in ("look", "see")
    )
    stream = "stream: true" if "ttft" in expect else "stream: false"
    probe = written(
        f"message: Say hello.\nparameters:\n  {stream}\n  tools:\n{tools}\nexpect: {{{expect}}}"
    )
    met, broken = judged(probe, **right), judged(probe, **wrong)

    assert met.outcome is Outcome.PASSED, met.failure
    assert broken.outcome is Outcome.FAILED
    assert broken.failure.failure_class == "semantic"
    assert broken.failure.evidence.startswith("expected ")


def test_every_expectation_is_tested_and_documented():
    page = PAGE.read_text(encoding="utf-8")
    tested = Path(__file__).read_text(encoding="utf-8")

    for name in EXPECTATIONS:
        assert f"`{name}`" in page, name
        assert f'("{name}: ' in tested, name


@pytest.mark.timeout(30)
def test_a_pattern_in_a_schema_does_not_hang_the_run(written):
    schema = "{properties: {a: {type: string, pattern: '^(a+)+$'}}}"
    probe = written(f"message: hi\nexpect: {{json_schema: {schema}}}\n")

    verdict = judged(probe, text=json.dumps({"a": "a" * 40 + "!"}))

    assert verdict.outcome in (Outcome.FAILED, Outcome.UNKNOWN)


@pytest.mark.parametrize(
    ("schema", "why"),
    [
        ("{properties: {a: {type: string, pattern: SLOW}}}", "takes over"),
        ("{properties: {b: {items: {pattern: SLOW}}}}", "takes over"),
        ("{patternProperties: {SLOW: {}}}", "takes over"),
        ("{additionalProperties: {type: string}, patternProperties: {SLOW: {}}}", "takes over"),
        ("{unevaluatedProperties: false, patternProperties: {x: {}}}", "for ever"),
    ],
)
def test_a_slow_pattern_in_a_schema_costs_its_case_alone(written, monkeypatch, schema, why):
    monkeypatch.setattr("gatewayz.checks._patterns._LONGEST_S", 1e-6)
    schema = schema.replace("SLOW", "'(a|b)*?c.*?d'")
    probe = written(f"message: hi\nexpect: {{json_schema: {schema}}}\n")
    bad = "ab" * 200_000

    verdict = judged(probe, text=json.dumps({"a": bad, bad: "", "b": [bad]}))

    assert verdict.outcome is Outcome.UNKNOWN
    assert why in verdict.reason


def test_the_patterns_of_a_schema_share_one_second(written, monkeypatch):
    monkeypatch.setattr("gatewayz.checks._patterns._LONGEST_S", 0.02)
    schema = "{items: {pattern: '^(a|b)*?c.*?d|'}}"
    probe = written(f"message: hi\nexpect: {{json_schema: {schema}}}\n")

    verdict = judged(probe, text=json.dumps(["ab" * 2000] * 500))

    assert verdict.outcome is Outcome.UNKNOWN


@pytest.mark.parametrize(
    ("schema", "text", "passes"),
    [
        ("{properties: {a: {pattern: '^[ab]+$'}}}", '{"a": "abba"}', True),
        ("{properties: {a: {pattern: '^[ab]+$'}}}", '{"a": "abc"}', False),
        ("{properties: {a: {pattern: '^[ab]+$'}}}", '{"a": 5}', True),
        ("{patternProperties: {'^n_': {type: integer}}}", '{"n_a": 5, "b": "x"}', True),
        ("{patternProperties: {'^n_': {type: integer}}}", '{"n_a": "x"}', False),
        (
            "{properties: {c: {}}, patternProperties: {'^n_': {}}, additionalProperties: false}",
            '{"n_a": 5, "c": 1}',
            True,
        ),
        (
            "{patternProperties: {'^n_': {}}, additionalProperties: false}",
            '{"n_a": 5, "c": 1}',
            False,
        ),
        ("{properties: {c: {}}, unevaluatedProperties: false}", '{"c": 1}', True),
        ("{properties: {c: {}}, unevaluatedProperties: false}", '{"d": 1}', False),
    ],
)
def test_patterns_in_a_schema_mean_what_they_say(written, schema, text, passes):
    verdict = judged(written(f"message: hi\nexpect: {{json_schema: {schema}}}\n"), text=text)

    assert verdict.outcome is (Outcome.PASSED if passes else Outcome.FAILED)


def test_a_reference_within_a_schema_is_followed(written):
    probe = written(
        "message: hi\n"
        "expect: {json_schema: {$ref: '#/$defs/n', $defs: {n: {type: integer}}, examples: [{$ref: x}]}}\n"
    )

    assert judged(probe, text="5").outcome is Outcome.PASSED
    assert judged(probe, text='"5"').outcome is Outcome.FAILED


def test_a_pattern_that_takes_too_long_is_stopped_and_costs_its_case_alone(written, monkeypatch):
    monkeypatch.setattr("gatewayz.checks._patterns._LONGEST_S", 1e-6)
    probe = written('message: hi\nexpect: {regex: "(a|b)*?c.*?d"}\n')

    verdict = judged(probe, text="ab" * 200_000)

    assert verdict.outcome is Outcome.UNKNOWN
    assert "simplify it" in verdict.reason


def test_usage_that_did_not_come_breaks_no_expectation(written):
    probe = written("message: Say hello.\nexpect: {min_tokens: 5}")

    assert judged(probe, usage=None).outcome is Outcome.PASSED


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("title: x", "write either message"),
        ("message: hi\nmessages: []", "write either message"),
        ("mesage: hi", "unknown key 'mesage'; did you mean 'message'?"),
        ("message: ''", "message: '' is no text"),
        (
            "message: hi\nexpect: {contain: x}",
            "expect: unknown key 'contain'; did you mean 'contains'?",
        ),
        ("message: hi\nexpect: {contains: 42}", "expect.contains: 42 is no text"),
        ("message: hi\nexpect: {regex: '('}", "expect.regex: not a regular expression"),
        ("message: hi\nexpect: {json_schema: {type: 5}}", "expect.json_schema: not a JSON schema"),
        (
            "message: hi\nexpect: {max_latency: soon}",
            "expect.max_latency: 'soon' is not a duration",
        ),
        ("message: hi\nexpect: {min_tokens: many}", "expect.min_tokens: 'many' is no number"),
        ("message: hi\nexpect: [a]", "expect: not a table"),
        ("message: hi\nparameters: {model: x}", "parameters.model: it is filled in"),
        (
            "message: hi\nparameters: {max_tokens: lots}",
            "parameters.max_tokens: 'lots' does not fit",
        ),
        ("message: hi\nparameters: {stream: 1}", "parameters.stream: 1 does not fit"),
        ('message: "a\\uD800b"', "message: it holds half a character"),
        (
            'messages: [{role: user, content: "a\\uD800b"}]',
            "messages[1]: it holds half a character",
        ),
        (
            'message: hi\nparameters: {user: "\\uDC00"}',
            "parameters.user: it holds half a character",
        ),
        (
            "message: hi\nparameters: {seed: 1" + "0" * 40 + "}",
            "parameters.seed: it holds a number of more digits",
        ),
        (
            "message: hi\nparameters: {max_tokens: 1000000001}",
            "parameters.max_tokens: 1000000001 does not fit",
        ),
        (
            "message: hi\nexpect: {json_schema: {$ref: 'http://127.0.0.1:1/x'}}",
            "expect.json_schema: $ref 'http://127.0.0.1:1/x' leads nowhere",
        ),
        (
            "message: hi\nexpect: {json_schema: {properties: {a: {$ref: '#/$defs/b'}}}}",
            "expect.json_schema: $ref '#/$defs/b' leads nowhere",
        ),
        ("message: hi\nneeds: 5", "needs: not a list of words"),
        ("message: hi\nname: no good", "name: 'no good' is no name"),
        ("message: hi\nname: chat", "name: 'chat' is a built-in"),
        ("message: hi\nname: full", "name: 'full' is a built-in"),
        ("messages: [{content: hi}]", "messages[1]: it has no role"),
        ("messages: [{role: king, content: hi}]", "messages[1].role: 'king' is no role"),
        ("messages: [{role: user}]", "messages[1]: it has no content"),
        ("messages: [{role: user, content: null}]", "messages[1]: it has no content"),
        ("messages: [{role: user, content: 5}]", "messages[1].content: 5 is no text"),
        ("messages: [{role: user, content: 2026-01-01}]", "messages[1].content: 2026-01-01 is no"),
        ("message: hi\nexpect:\n  # contains: x", "expect: it is empty"),
        ("message: hi\nexpect: false", "expect: not a table"),
        ("message: hi\nexpect: {max_latency: 0}", "expect.max_latency: no answer comes within 0s"),
        ("message: hi\nexpect: {max_latency: -1}", "expect.max_latency: '-1' is not a duration"),
        ("message: hi\nexpect: {tool_call: false}", "expect.tool_call: False is no tool"),
        ("message: hi\nexpect: {json_schema: {typ: object}}", "'typ' is no word of JSON Schema"),
        ("message: hi\nexpect: {json_schema: {type: objekt}}", "type: 'objekt' is no type, such"),
        ("message: hi\nexpect: {min_tokens: 9, max_tokens: 2}", "expect.min_tokens: 9 is above"),
        ("message: hi\nparameters: {max_tokens: 0}", "parameters.max_tokens: 0 does not fit"),
        ("message: hi\nparameters: {stop: [1]}", "parameters.stop: [1] does not fit"),
        ("message: hi\nparameters: {tools: look}", "parameters.tools: 'look' does not fit"),
        ("message: hi\nneeds: [tool]", "needs: unknown capability 'tool'; did you mean 'tools'?"),
        ("message: hi\nexpect: {max_ttft: 10ms}", "expect.max_ttft: only a stream tells when"),
        ("message: hi\nneeds: [toolz]", "needs: unknown capability 'toolz'; did you mean 'tools'?"),
        ("messages: hi", "messages: not a list of messages"),
        ("turns: []", "turns: not a list of 1 to 20 turns"),
        ("turns: [{message: a}, {mesage: b}]", "turns[2]: unknown key 'mesage'"),
        ("message: hi\nturns: [{message: a}]", "message: it stands beside turns"),
        ("- a", "not a table"),
        ("a: [", "line 1, column 5"),
        ("message: !!python/object/apply:os.system [true]", "line 1"),
        ("", "it is empty; write keys such as message"),
        ("message: hi\nmessage: ho", "line 2, column 1: 'message' stands in line 1 already"),
        ("message: hi\nexpect:\n\tcontains: a", "line 3, column 1: a tab stands here"),
        ('message: "hi\ntitle: x\n', "line 1, column 10: a quote is never closed"),
        ("message: reply: hi", "line 1, column 15: a second colon"),
        ("message: hi\n---\nmessage: ho", "line 2, column 1: a second document begins"),
        ("message: *hi", "line 1, column 10: a word with * before it"),
        ("message: @hi", "line 1, column 10: no text may begin so; put it in quotes"),
    ],
)
def test_every_mistake_is_one_line_with_file_place_and_remedy(written, text, told):
    with pytest.raises(ConfigError) as caught:
        written(text)

    assert told in str(caught.value)
    assert "own.yaml: " in str(caught.value)
    assert "\n" not in str(caught.value)
    assert caught.value.exit_code == 2


def test_tables_that_share_keys_are_no_mistake(written):
    probe = written(
        "turns:\n"
        "  - &one {message: hi, expect: {contains: a}}\n"
        "  - {<<: *one, message: ho}\n"
        "  - *one\n"
    )

    assert [len(checks) for checks in probe.checks_by_step] == [len(probe.checks)] * 3


def test_a_word_for_a_capability_that_is_near_to_none_of_ours_may_be_a_gateways_own(written):
    assert "telepathy" in written("message: hi\nneeds: [telepathy]").needs


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("x = 1", "PROBE is missing"),
        ("x = 1\nraise ValueError('no')", "line 2: ValueError: no"),
        ("import nothing_of_that_name", "line 1: ModuleNotFoundError"),
        ("def", "line 1: SyntaxError"),
    ],
)
def test_a_python_file_that_holds_no_probe_is_told(written, text, told):
    with pytest.raises(ConfigError, match=r"own\.py: ") as caught:
        written(text, "own.py")

    assert told in str(caught.value)


def test_a_python_file_that_ends_the_program_is_told(written):
    with pytest.raises(ConfigError, match=r"own\.py: it ends the program"):
        written("import sys\nsys.exit(3)\n", "own.py")


@pytest.mark.parametrize("value", ["2020-01-01", ".nan", "!!set {a}"])
def test_what_cannot_be_sent_is_refused_before_the_first_call(written, value):
    with pytest.raises(ConfigError, match=r"parameters\.d: it cannot be sent as JSON"):
        written(f"message: hi\nparameters: {{d: {value}}}\n")


def test_a_python_file_may_hold_anything_that_a_probe_can(written):
    probe = written(
        "from gatewayz.core import ChatRequest, Finding, Probe, check\n"
        "@check\n"
        "def shouts(seen):\n"
        "    return None if seen.reply.text.isupper() else Finding(expected='A SHOUT', saw='none')\n"
        "def ask(occasion):\n"
        "    return ChatRequest(messages=({'role': 'user', 'content': 'Shout!'},))\n"
        "PROBE = Probe(name='shout', title='Shouts', request=ask, checks=(shouts,))\n",
        "own.py",
    )

    assert judged(probe, text="HO").outcome is Outcome.PASSED
    assert judged(probe, text="ho").failure.evidence == "expected A SHOUT, saw none"


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("none.yaml", "no such file"),
        ("own.txt", "ends in .yaml or .py"),
        ("folder.yaml", "is a directory; name a file in it"),
        ("pipe.yaml", "neither a file nor a folder"),
    ],
)
def test_a_file_that_is_none_is_told(tmp_path, name, told):
    (tmp_path / "folder.yaml").mkdir()
    os.mkfifo(tmp_path / "pipe.yaml")

    with pytest.raises(ConfigError, match=told):
        chosen_probes([f"./{name}"], tmp_path)


def test_two_files_may_not_bear_one_name(tmp_path):
    for name in ("a.yaml", "b.yaml"):
        (tmp_path / name).write_text("name: same\nmessage: hi")

    with pytest.raises(ConfigError, match=r"'same' is that of ./a\.yaml, too"):
        chosen_probes(["./a.yaml", "./b.yaml"], tmp_path)


def test_what_is_not_utf8_or_no_page_is_told(tmp_path):
    (tmp_path / "a.yaml").write_bytes(b"title: x\nmessage: \xff")
    (tmp_path / "b.yaml").write_bytes(b"#" * 1_000_001)

    with pytest.raises(ConfigError, match=r"a\.yaml: line 2: not UTF-8"):
        chosen_probes(["./a.yaml"], tmp_path)
    with pytest.raises(ConfigError, match="1,000,000 bytes"):
        chosen_probes(["./b.yaml"], tmp_path)


def test_the_example_of_the_page_runs(tmp_path, ask_all):
    page = PAGE.read_text(encoding="utf-8")
    text = page.split("```yaml\n", 1)[1].split("```", 1)[0]
    (tmp_path / "support_tone.yaml").write_text(text, encoding="utf-8")
    [probe] = chosen_probes(["./support_tone.yaml"], tmp_path)

    [verdict] = ask_all([{"probe": probe, "place": "groq"}])

    assert verdict.outcome is Outcome.PASSED, verdict.failure


def test_a_stream_that_came_as_a_whole_has_its_first_token_at_its_end(written):
    probe = written("message: hi\nparameters: {stream: true}\nexpect: {max_ttft: 250ms}")

    assert judged(probe, took_s=0.2, first_token_s=None).outcome is Outcome.PASSED
    assert judged(probe, took_s=0.4, first_token_s=None).outcome is Outcome.FAILED


@pytest.mark.parametrize(
    ("parameters", "limit", "extra"),
    [
        ("max_completion_tokens: 30", None, {"max_completion_tokens": 30}),
        ("max_tokens: 7, max_completion_tokens: 30", 7, {"max_completion_tokens": 30}),
        ("top_p: 1", 50, {"top_p": 1}),
    ],
)
def test_the_token_limit_goes_under_one_name(written, parameters, limit, extra):
    request = written(f"message: hi\nparameters: {{{parameters}}}").request(Occasion())

    assert (request.max_tokens, request.extra) == (limit, extra)


POLITE = """\
from gatewayz.core import ChatRequest, Finding, Probe, Step, check
from gatewayz.checks.usable_content import usable_content
@check
def polite(seen):
    return Finding(expected="no apology", saw="sorry") if "sorry" in seen.reply.text else None
def ask(occasion):
    return ChatRequest(messages=({"role": "user", "content": "Say hello"},))
PROBE = Probe(name="polite", title="Polite", request=ask, checks=(polite, usable_content),
              then=(Step(put=ask, checks=(polite,)),))
"""


def test_an_answer_to_a_python_file_is_held_to_what_every_answer_is(written):
    probe = written(POLITE, "own.py")

    assert judged(probe, text="").failure.kind == "empty-content"
    assert judged(probe, text="Hello").outcome is Outcome.PASSED
    assert judged(probe, text="I am sorry").failure.evidence.startswith("expected no apology")
    assert [len(set(checks)) for checks in probe.checks_by_step] == [len(probe.checks)] * 2
