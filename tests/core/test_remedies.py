"""Each failure tells a person the cause and what to do, with this gateway's own names."""

from dataclasses import replace

import pytest

from gatewayz.core import KINDS, Attempt, Case, Gateway, Model, Observation, Outcome, Verdict
from gatewayz.core.access import access_in, access_to, section_for
from gatewayz.core.attempt import ErrorBody
from gatewayz.core.codec import to_json
from gatewayz.core.failures import failure, unnamed
from gatewayz.core.remedies import advise, remedy_in_general, serve_command
from gatewayz.core.run import Run
from gatewayz.core.units import utc_now

GROQ = Gateway(
    name="groq",
    base_url="https://api.groq.example/v1",
    key_env="GROQ_API_KEY",
    id_form="Ids are maker/model, or bare.",
    id_examples=("llama-3", "qwen/qwen3"),
    headers={"X-Title": "gatewayz", "X-Extra-Key": "hush-hush"},
)
SENT = Attempt(
    url="https://api.groq.example/v1/chat/completions",
    had_key=True,
    body={"model": "m"},
    status=404,
)


def verdict(found, attempt=SENT):
    seen = Observation(
        case=Case(gateway="groq", probe="chat", model=Model(id="m")), attempts=(attempt,)
    )
    return Verdict(observation=seen, outcome=Outcome.FAILED, failure=found)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("gateway", [GROQ, None], ids=["known", "unknown"])
def test_every_kind_has_words_without_a_blank_left_open(kind, gateway):
    advice = advise(verdict(failure(kind, "{evil} said {key_env} %s")), gateway)

    assert advice.cause
    assert advice.remedy
    for blank in ("{base_url", "{id_form", "{detail", "{curl", "{gateway"):
        assert blank not in advice.cause + advice.remedy


@pytest.mark.parametrize("kind", KINDS.values(), ids=list(KINDS))
def test_every_kind_has_a_remedy_in_general(kind):
    remedy = remedy_in_general(kind)

    assert remedy
    assert "{" not in remedy


@pytest.mark.parametrize("failure_class", sorted({kind.failure_class for kind in KINDS.values()}))
def test_a_fault_outside_the_table_has_words_too(failure_class):
    advice = advise(verdict(unnamed(failure_class, "odd")), None)

    assert advice.cause
    assert advice.remedy


def test_a_wrong_id_shows_the_form_of_the_ids_with_examples():
    for found in (failure("model-not-found"), unnamed("bad-request", "no such Model: m")):
        remedy = advise(verdict(found), GROQ).remedy

        assert remedy.endswith(" Ids are maker/model, or bare, for example llama-3, qwen/qwen3.")
        assert not remedy.startswith("Ids")


@pytest.mark.parametrize("name", ["validation-422", "listed-not-servable", "overloaded"])
def test_what_is_no_matter_of_ids_says_nothing_of_their_form(name):
    assert "Ids are" not in advise(verdict(failure(name, "the model said no")), GROQ).remedy


def test_a_backend_that_does_not_run_is_told_with_what_starts_it():
    case = Case(gateway="groq", probe="chat", model=Model(id="m"), way="api")
    refused = Verdict(
        observation=Observation(case=case, attempts=(SENT,)),
        outcome=Outcome.FAILED,
        failure=failure("connection-refused"),
    )

    assert "`gatewayz serve`" in advise(refused).remedy
    assert "gatewayz serve" not in advise(verdict(failure("connection-refused")), GROQ).remedy


def test_a_refused_key_names_its_variable_and_nothing_else_does_the_form_of_ids():
    remedy = advise(verdict(failure("auth-bad-key")), GROQ).remedy

    assert "GROQ_API_KEY" in remedy
    assert "maker/model" not in remedy


def test_through_the_api_the_account_is_the_backends():
    found = failure("billing-no-credit")
    seen = Observation(
        case=Case(gateway="groq", probe="chat", model=Model(id="m"), way="api"), attempts=(SENT,)
    )
    through = Verdict(observation=seen, outcome=Outcome.FAILED, failure=found)
    api = Gateway(name="groq", key_env="GATEWAYZ_API_KEY")

    assert "the backend's key for groq" in advise(through, api).remedy
    for gateway, words in (("groq", "the backend's key for groq"), ("", "GATEWAYZ_API_KEY")):
        refused = replace(SENT, status=401, error=ErrorBody(message="no", gateway=gateway))
        seen = replace(through.observation, attempts=(refused,))
        whose = replace(through, observation=seen, failure=failure("auth-bad-key"))
        assert words in advise(whose, api).remedy
        assert f"at the {'provider' if gateway else 'backend'}" in advise(whose, api).remedy
    assert "GROQ_API_KEY" in advise(verdict(found), GROQ).remedy


def test_what_a_provider_said_is_no_template():
    hostile = "\x1b[2J{0.__class__} {key_env} %s"
    case = Case(gateway=hostile, probe="chat", model=Model(id=hostile))
    seen = Observation(case=case, attempts=(replace(SENT, url=hostile),))

    for kind in KINDS:
        found = failure(kind, hostile)
        advice = advise(Verdict(observation=seen, outcome=Outcome.FAILED, failure=found))

        assert "\x1b" not in advice.cause + advice.remedy
        assert "<class" not in advice.cause + advice.remedy


def test_behind_the_backend_it_is_the_backends_address_that_is_mended():
    refused = replace(SENT, error=ErrorBody(message="no such route", gateway="groq"))
    case = Case(gateway="groq", probe="chat", model=Model(id="m"), way="api")
    found = failure("endpoint-not-found")
    api = Gateway(name="groq", base_url="http://127.0.0.1:8000/v1", key_env="GATEWAYZ_API_KEY")

    def remedy(attempt):
        seen = Observation(case=case, attempts=(attempt,))
        return advise(Verdict(observation=seen, outcome=Outcome.FAILED, failure=found), api).remedy

    assert "the backend's address for groq" in remedy(refused)
    assert "set GROQ_BASE_URL at the backend" in remedy(refused)
    passed_on = replace(SENT, headers={"x-gatewayz-gateway": "groq"})
    assert "the backend's address for groq" in remedy(passed_on)
    assert "http://127.0.0.1:8000/v1" in remedy(SENT)


# What a reader can turn to: a flag, a variable, a file, a command, a page, a person, a next step.
TURN_TO = (
    "--", "_env}", "{base_url}", "gatewayz.toml", "`gatewayz", "console", "documentation",
    "reference", "provider", "gateway", "Try again", "your side", "message",
    "on the way", "Do not", "Harmless", "Go by", "Ask once", "Count the whole", "its page",
    "schema", "licence", "proxies", "first call",
)  # fmt: skip


@pytest.mark.parametrize("kind", KINDS.values(), ids=list(KINDS))
def test_every_remedy_is_one_or_two_sentences_that_name_whom_or_what_to_turn_to(kind):
    assert any(word in kind.remedy for word in TURN_TO), kind.remedy
    assert kind.remedy.endswith((".", "?"))
    assert kind.cause[0].isupper()
    assert len(kind.remedy) < 140
    assert len(kind.cause) < 100


@pytest.mark.parametrize("name", ["empty-content", "overloaded", "schema-violated", "refusal"])
def test_a_remedy_does_not_repeat_what_was_said(name):
    remedy = advise(verdict(failure(name, "the words of the provider")), GROQ).remedy

    assert "the words of the provider" not in remedy


def test_a_run_keeps_what_its_reports_need_and_no_secret():
    case = Case(gateway="groq", probe="chat")
    run = Run(
        id="r",
        started_at=utc_now(),
        settings={section_for("direct"): {"groq": to_json(access_to(GROQ))}, section_for("api"): 7},
    )

    kept = access_in(run, case)

    assert kept.key_env == "GROQ_API_KEY"
    assert kept.headers == {"X-Title": "gatewayz", "X-Extra-Key": "***"}
    assert (
        access_in(run, Case(gateway="groq", probe="chat", way="api")).key_env == "GATEWAYZ_API_KEY"
    )


def advised(kind, *, access=None, **attempt):
    return advise(verdict(failure(kind), replace(SENT, **attempt)), access or GROQ)


def test_a_rate_limit_says_how_long_the_server_asked_to_wait():
    told = ErrorBody(message="slow down", retry_after_s=59.2)

    advice = advised("rate-limit", status=429, error=told)

    assert "come back in 60 s" in advice.cause
    assert "not waited for" in advice.cause
    assert "`gatewayz test --failed`" in advice.remedy
    assert "GATEWAYZ_RETRY_BUDGET" in advice.remedy
    assert "come back in" not in advised("rate-limit-no-hint", status=429).cause


@pytest.mark.parametrize(
    ("base_url", "told"),
    [
        ("http://host:8443/v1", "Try https://host:8443/v1; set GROQ_BASE_URL."),
        ("https://host:8080/v1", "plain HTTP (http://host:8080/v1), or only an old TLS"),
    ],
)
def test_two_protocols_on_a_port_are_told_by_the_one_that_was_spoken(base_url, told):
    access = replace(access_to(GROQ), base_url=base_url)

    assert told in advised("tls-version-mismatch", access=access).remedy


@pytest.mark.parametrize(
    ("url", "status", "doubted"),
    [("http://h/v1", 403, True), ("https://h/v1", 403, False), ("http://h/v1", 400, False)],
)
def test_what_a_proxy_may_have_answered_itself_is_told_so(url, status, doubted):
    access = replace(access_to(GROQ), proxy="http://proxy:3128")

    found = verdict(unnamed("permission"), replace(SENT, url=url, status=status))

    assert ("proxy http://proxy:3128" in advise(found, access).remedy) is doubted
    assert "http://proxy" not in advise(found, access_to(GROQ)).remedy


@pytest.mark.parametrize(
    ("address", "command"),
    [
        ("http://127.0.0.1:18123/v1", "gatewayz serve --port 18123"),
        ("http://localhost:8000", "gatewayz serve"),
        ("http://host", "gatewayz serve"),
        ("http://host:x", "gatewayz serve"),
    ],
)
def test_the_command_that_starts_a_backend_starts_it_where_it_is_looked_for(address, command):
    assert serve_command(address) == command


def test_a_wait_that_was_kept_is_not_said_to_have_been_left_out():
    told = ErrorBody(message="slow down", retry_after_s=1.0)
    tries = tuple(replace(SENT, status=429, error=told, number=n) for n in (1, 2, 3))
    found = verdict(failure("rate-limit"))
    seen = replace(found.observation, attempts=tries)

    advice = advise(replace(found, observation=seen), GROQ)

    assert "come back in 1 s." in advice.cause
    assert "GATEWAYZ_RETRY_BUDGET" not in advice.remedy


def test_an_address_is_only_said_to_be_named_where_one_is():
    gone = replace(SENT, status=410)
    moved = replace(SENT, status=301, headers={"location": "https://new.example/v1"})

    nowhere = advise(verdict(failure("moved-endpoint", "Moved Permanently"), gone), GROQ)
    by_header = advise(verdict(failure("moved-endpoint", ""), moved), GROQ)
    by_words = advise(verdict(failure("moved-endpoint", "use https://new.example"), gone), GROQ)

    assert "no other is named" in nowhere.cause
    assert "documentation" in nowhere.remedy
    for advice in (by_header, by_words):
        assert "the address that the message names" in advice.remedy


def test_a_limit_that_was_raised_already_is_told():
    first = replace(SENT, body={"max_tokens": 50})
    raised = replace(SENT, body={"max_completion_tokens": 1024}, number=2)
    found = verdict(failure("reasoning-ate-budget"), first)
    found = replace(found, observation=replace(found.observation, attempts=(first, raised)))

    assert "above 1024" in advise(found, GROQ).remedy
