import json
from random import Random

import pytest

from gatewayz.checks._json import find
from gatewayz.checks.follows_schema import follows_schema
from gatewayz.checks.json_object_given import json_object_given
from gatewayz.checks.json_object_holds_the_value import json_object_holds_the_value
from gatewayz.checks.only_json import only_json
from gatewayz.core import Attempt, Case, Model, Observation, Outcome, Reply
from gatewayz.core.gateway import Quirks
from gatewayz.core.judge import judge
from gatewayz.core.probe import Occasion
from gatewayz.probes import PROBES
from gatewayz.probes._delivery import DELIVERY

PERSON = '{"name": "Ada", "age": 36}'


def seen(text, *, probe="json_object", **reply):
    asked = PROBES[probe].request(Occasion(model=Model(id="m"), rng=Random(3)))
    reply = {"finish_reason": "stop", "content_kind": "text", "model": "m"} | reply
    attempt = Attempt(url="http://x", status=200, reply=Reply(text=text, **reply))
    return Observation(case=Case(gateway="g", probe=probe), request=asked, attempts=(attempt,))


SCHEMA = seen("", probe="json_schema").asked.extra["response_format"]["json_schema"]["schema"]
CHOSEN, COUNTED = SCHEMA["properties"]
VALUE = SCHEMA["properties"][CHOSEN]["enum"][1]
FITTING = json.dumps({CHOSEN: VALUE, COUNTED: 3})


def of_schema(text, **reply):
    return seen(text, probe="json_schema", **reply)


@pytest.mark.parametrize(
    "text",
    [
        PERSON,
        PERSON + "\n",
        "\n\n  " + PERSON + " \t\r\n",
        json.dumps(json.loads(PERSON), indent=4),
        "{}",
        '{"name": "Zo\\u00eb", "motto": "```json {} ```"}',
        '{"name": "Zoë 🦙 \u2028"}',
        '{"half": "\\ud83e"}',
        '{"big": 1e999, "small": -0.0}',
        '{"again": 1, "again": 2}',
        '{"text": "a </think> b"}',
        "\ufeff" + PERSON,
        "<think>An object, then.</think>\n" + PERSON,
        "An object, then.</think>" + PERSON,
        "",
        " \n",
    ],
)
def test_json_alone_passes(text):
    assert only_json(seen(text)) is None
    assert json_object_given(seen(text)) is None


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (f"```json\n{PERSON}\n```", "json-mode-fenced"),
        (f"```\n{PERSON}\n```\n", "json-mode-fenced"),
        (f"~~~json\n{PERSON}\n~~~", "json-mode-fenced"),
        (f"```JSON {PERSON}```", "json-mode-fenced"),
        (f"```json\n{PERSON}", "json-mode-fenced"),
        (f"`{PERSON}`", "json-mode-fenced"),
        (f"Here it is:\n```json\n{PERSON}\n```\nAnything else?", "json-mode-fenced"),
        (f"Here it is: {PERSON}", "json-mode-prose"),
        (f"{PERSON}\n\nI hope this helps!", "json-mode-prose"),
        (f"The {{JSON}} you want: {PERSON}.", "json-mode-prose"),
        (f"{PERSON}\n{PERSON}", "json-mode-prose"),
        (f"Voilà :\n{PERSON}\n", "json-mode-prose"),
        ("[1, 2]", ""),
        ('"Ada"', ""),
        ("36", ""),
        ("null", ""),
        (json.dumps(PERSON), ""),
        ("Ada is 36 years old.", ""),
        ("{'name': 'Ada'}", ""),
        ('{"name": "Ada", "age": 36,}', ""),
        ('{"name": "Ada", "friend": {"name": "Bob"}', ""),
        ('{"age": NaN}', ""),
        ("{" * 100_000, ""),
        ('{"a":' * 100_000, ""),
        ('{"age": ' + "9" * 5000 + "}", ""),
        ('{"name": "A\x00da"}', ""),
    ],
)
def test_what_is_not_json_alone_is_told_apart(text, kind):
    [finding] = [f for c in (only_json, json_object_given) if (f := c(seen(text))) is not None]

    assert (finding.kind, finding.failure_class, finding.warning) == (kind, "semantic", False)
    assert len(finding.saw) < 400


KEY, WORD = (seen("").asked.oracle[name] for name in ("key", "value"))


@pytest.mark.parametrize(
    "text",
    [
        json.dumps({KEY: WORD}),
        json.dumps({KEY: WORD.upper().replace("-", "\u2011")}),
        json.dumps({"object": {"name": KEY, "values": [WORD]}}, indent=2),
        json.dumps({WORD: True}),
        json.dumps({"note": f"The word is {WORD}."}),
        # Told by the other checks.
        f"```json\n{json.dumps({KEY: WORD})}\n```",
        json.dumps([WORD]),
        "I cannot write JSON.",
        "",
    ],
)
def test_an_object_with_the_word_is_one_for_this_question(text):
    assert json_object_holds_the_value(seen(text)) is None


@pytest.mark.parametrize(
    ("text", "warning"),
    [
        (json.dumps({KEY: "value"}), True),
        (json.dumps({KEY: WORD[:-1]}), True),
        (json.dumps({"key": KEY}), True),
        (PERSON, False),
        ("{}", False),
        (json.dumps({"lobera": "tavomi-4821"}), False),
        # A thought is no part of the object.
        (f"<think>{KEY}: {WORD}</think>{PERSON}", False),
        ('{"a":' * 500 + "1" + "}" * 500, False),
    ],
)
def test_an_object_without_the_word_might_be_anybodys(text, warning):
    found = json_object_holds_the_value(seen(text))

    assert found.warning is warning
    assert found.kind == ("answer-differs" if warning else "")
    assert len(found.saw) < 400


def test_an_object_nested_deeper_than_can_be_written_is_nobodys_answer():
    text = '{"a":' * 700 + "1" + "}" * 700
    assert find(text).place == "whole"  # read with more room than is left below

    def below(frames):
        return below(frames - 1) if frames else json_object_holds_the_value(seen(text))

    found = below(400)

    assert (found.warning, found.kind) == (False, "")


def test_json_that_the_token_limit_cut_off_is_not_held_against_the_model():
    cut = seen('{"name": "Ada", "bio": "Born in', finish_reason="length")

    verdict = judge(cut, (PROBES["json_object"].checks,), Quirks())

    assert verdict.outcome is Outcome.UNKNOWN
    assert verdict.failure.kind == "reasoning-ate-budget"


def test_a_canary_is_never_the_same_and_none_of_it_is_in_the_message():
    assert FITTING not in seen("", probe="json_schema").asked.messages[0]["content"]
    other = PROBES["json_schema"].request(Occasion(rng=Random(4)))
    assert CHOSEN not in other.extra["response_format"]["json_schema"]["schema"]["properties"]


@pytest.mark.parametrize(
    "text",
    [
        FITTING,
        FITTING + "\n",
        json.dumps(json.loads(FITTING), indent=2),
        json.dumps({COUNTED: 3.0, CHOSEN: VALUE}),
        f"```json\n{FITTING}\n```",
        "",
    ],
)
def test_an_answer_by_the_schema_passes(text):
    assert follows_schema(of_schema(text)) is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"mood": "happy"}', "ignored"),
        ("{}", "ignored"),
        ("[]", "ignored"),
        ("I am happy.", "ignored"),
        ("```json\n" + '{"mood": "happy"}' + "\n```", "ignored"),
        (json.dumps({CHOSEN: VALUE, COUNTED: 3, "mood": "happy"}), "not enforced"),
        (json.dumps({CHOSEN: "happy", COUNTED: 3}), "not enforced"),
        (json.dumps({CHOSEN: VALUE, COUNTED: "3"}), "not enforced"),
        (json.dumps({CHOSEN: VALUE, COUNTED: 3.5}), "not enforced"),
        (json.dumps({CHOSEN: VALUE}), "not enforced"),
        ("Here: " + json.dumps({CHOSEN: VALUE}), "not enforced"),
    ],
)
def test_a_schema_that_was_known_is_told_from_one_that_was_ignored(text, words):
    finding = follows_schema(of_schema(text))

    assert (finding.kind, finding.warning) == ("schema-violated", False)
    assert words in finding.saw


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (FITTING, None),
        (f"```json\n{FITTING}\n```", "json-mode-fenced"),
        (f"Sure! {FITTING}", "json-mode-prose"),
        ('{"mood": "happy"}', "schema-violated"),
        ("The mood is happy.", "schema-violated"),
    ],
)
def test_the_first_cause_names_the_case(text, kind):
    verdict = judge(of_schema(text), (PROBES["json_schema"].checks,), Quirks())

    assert (verdict.failure and verdict.failure.kind) == kind
    if kind:
        assert verdict.failure.culprit == "the feature"


def test_a_schema_question_that_was_cut_off_is_unknown():
    cut = of_schema('{"' + CHOSEN, finish_reason="length")

    verdict = judge(cut, ((*DELIVERY, follows_schema),), Quirks())

    assert verdict.failure.kind == "reasoning-ate-budget"


def test_what_of_an_answer_departs_from_the_schema_is_what_was_seen():
    finding = follows_schema(of_schema(json.dumps({CHOSEN: "happy", COUNTED: 3})))

    assert finding.saw.startswith(f"{CHOSEN}: 'happy' is not one of [")
