"""The panel of a failure: read for the first time, it says what broke and what to do."""

import io
from dataclasses import replace

import pytest

from gatewayz.core import ChatRequest, Culprit, Finding, Gateway, Outcome, Verdict
from gatewayz.core.access import access_to
from gatewayz.core.attempt import FaultName, Phase, Timing, WireFault
from gatewayz.core.failures import failure, unnamed
from gatewayz.core.text import display_width, excerpt
from gatewayz.reports._panel import Panels, headline, panel
from gatewayz.reports._wrapping import width_of

GROQ = Gateway(name="groq", base_url="https://api.example/v1", key_env="GROQ_API_KEY")


def below(*verdicts, width=78, access=GROQ):
    panels = Panels(access, width=width)
    return [panels.below(v, f"[{n}/{len(verdicts)}]") for n, v in enumerate(verdicts, 1)]


def failed(make, kind="billing-no-credit", evidence="no credit", status=402, **more):
    return make.verdict("m", Outcome.FAILED, kind=kind, evidence=evidence, status=status, **more)


def test_a_panel_says_what_whose_why_what_to_do_and_how_to_see_it_again(make):
    (lines,) = below(failed(make))

    assert [line.strip().split(":")[0] for line in lines[:6]] == [
        "HTTP 402 billing-no-credit",
        "points at",
        "cause",
        "remedy",
        "answer",
        "repeat",
    ]
    assert lines[6].strip().startswith("curl -sS -i https://api.example/v1/chat/completions")
    assert "$GROQ_API_KEY" in "".join(lines)


def test_a_failure_that_was_told_is_told_in_one_line_that_points_back(make):
    first, same, other = below(
        failed(make), failed(make), failed(make, evidence="credit used up\nsince noon")
    )

    assert len(first) > 5
    assert same == ["      HTTP 402 billing-no-credit (see [1/3])"]
    assert other == ["      HTTP 402 billing-no-credit (see [1/3]): credit used up since noon"]


def test_another_failure_has_a_panel_of_its_own(make):
    first, second = below(failed(make), failed(make, kind="model-not-found", status=404))

    assert "cause: " in "".join(second)
    assert "curl" in "".join(second)
    assert "(see" not in "".join(first + second)


def test_faults_without_a_name_are_told_apart_by_what_was_asked(make):
    wrong = unnamed("semantic", "odd")
    one, same, other = below(
        replace(failed(make), failure=wrong),
        replace(failed(make), failure=wrong),
        replace(failed(make, probe="tool_call"), failure=wrong),
    )

    assert len(one) > 3
    assert len(same) == 1
    assert len(other) > 3


def test_a_failure_of_a_feature_names_it_and_is_told_for_each_feature(make):
    def of(feature):
        found = failed(make, kind="unsupported-parameter", status=400)
        request = ChatRequest(messages=(), feature=feature)
        blamed = replace(found.failure, culprit=Culprit.FEATURE)
        return replace(
            found, failure=blamed, observation=replace(found.observation, request=request)
        )

    tools, vision, again = below(of("tools"), of("vision"), of("tools"))

    assert "      points at: the feature (tools)" in tools
    assert "      points at: the feature (vision)" in vision
    assert again == ["      HTTP 400 unsupported-parameter (see [1/3])"]


def test_a_warning_is_explained_once(make):
    odd = Finding(kind="usage-missing", saw="none", warning=True)
    more = replace(odd, saw="null")
    first, same, other = below(*(make.verdict(warnings=(each,)) for each in (odd, odd, more)))

    assert "does not say how many tokens" in " ".join(first)
    assert same == ["      warning: usage-missing (see [1/3])"]
    assert other == ["      warning: usage-missing (see [1/3]): null"]


def test_tries_and_further_failures_are_told(make):
    found = failed(make)
    tries = tuple(replace(found.observation.attempts[0], number=n) for n in (1, 2, 3))
    seen = replace(found.observation, attempts=tries)
    lines = panel(replace(found, observation=seen, also=(failure("error-body-stall"),)), GROQ)

    assert "      points at: billing or quota, after 3 tries" in lines
    assert "      also: error-body-stall: The server answered with an error and never" in lines


def test_a_limit_that_ran_out_says_after_how_long(make):
    found = failed(make, kind="first-byte-timeout", evidence="", status=None)
    slow = WireFault(name=FaultName.TIMEOUT, phase=Phase.HEADERS, timer="first-byte")
    attempt = replace(found.observation.attempts[0], fault=slow, timing=Timing(total_s=2.0))
    seen = replace(found.observation, attempts=(attempt,))

    assert headline(replace(found, observation=seen)) == "first-byte-timeout: given up after 2.00s"


def test_bytes_that_came_before_a_limit_ran_out_are_no_headline(make):
    found = failed(make, kind="stall-between-chunks", evidence="data: {}\n\n", status=200)
    slow = WireFault(name=FaultName.TIMEOUT, phase=Phase.BODY, timer="idle")
    attempt = replace(found.observation.attempts[0], fault=slow, excerpt="data: {}\n\n")
    stalled = replace(found, observation=replace(found.observation, attempts=(attempt,)))

    lines = below(stalled)[0]

    assert lines[0] == "      stall-between-chunks: given up after 2.45s"
    assert "      answer: Test successful" in lines


def test_a_body_without_words_is_cut_short(make):
    found = failed(make, kind="json-truncated", evidence="{" * 400, status=200)
    attempt = replace(found.observation.attempts[0], excerpt="{" * 400)
    cut = replace(found, observation=replace(found.observation, attempts=(attempt,)))

    (lines,) = below(cut)

    assert headline(cut) == "json-truncated"
    (saw,) = [at for at, line in enumerate(lines) if line.startswith("      saw: ")]
    assert len("".join(lines[saw : saw + 3])) < 180
    assert saw > next(at for at, line in enumerate(lines) if "remedy: " in line)


def test_a_body_in_place_of_a_model_list_is_told_to_be_there(make):
    found = failed(make, kind="html-with-200", evidence="<html>", status=200)
    case = replace(found.observation.case, model=None)
    attempt = replace(found.observation.attempts[0], excerpt="<html>")
    seen = replace(found.observation, case=case, attempts=(attempt,))

    assert headline(replace(found, observation=seen)) == "html-with-200: in place of the model list"


def test_a_body_that_is_no_text_is_not_shown(make):
    found = failed(make, kind="gzip-undeclared", evidence="\ufffd\x08" * 40, status=200)
    attempt = replace(found.observation.attempts[0], excerpt=found.failure.evidence)
    packed = replace(found, observation=replace(found.observation, attempts=(attempt,)))

    assert "      saw: bytes that are no text" in below(packed)[0]


@pytest.mark.parametrize(
    ("evidence", "told"),
    [("HTTP 500", ""), ("500", ""), ("500 Internal Server Error", ": Internal Server Error")],
)
def test_a_status_stands_in_a_headline_once(make, evidence, told):
    found = failed(make, kind="server-500-json", evidence=evidence, status=500)

    assert headline(found) == f"HTTP 500 server-500-json{told}"


def test_whoever_is_told_to_report_it_gets_the_request_id(make):
    def with_id(kind):
        found = failed(make, kind=kind, status=500)
        attempt = replace(found.observation.attempts[0], headers={"X-Request-Id": "req_17"})
        return replace(found, observation=replace(found.observation, attempts=(attempt,)))

    assert "      request id: req_17" in below(with_id("server-500-json"))[0]
    assert "req_17" not in "".join(below(with_id("billing-no-credit"))[0])


def test_a_warning_says_nothing_that_the_failure_has_said(make):
    warned = tuple(
        Finding(kind=kind, saw="x", warning=True)
        for kind in ("refusal", "answer-differs", "usage-missing")
    )
    declined = replace(failed(make, kind="refusal", status=200), warnings=warned)
    lines = "\n".join(below(declined)[0])

    assert "warning: usage-missing" in lines
    assert "warning: refusal" not in lines
    assert "warning: answer-differs" not in lines


def test_a_feature_that_is_no_field_has_the_name_of_its_question(make):
    found = failed(make, kind="history-ignored", status=200, probe="multi_turn")
    seen = replace(found.observation, request=ChatRequest(messages=()))

    assert "      points at: the feature (multi_turn)" in panel(replace(found, observation=seen))


def test_an_answer_that_the_evidence_quotes_is_not_told_twice(make):
    for quote in ("saw 'Test successful'", "saw 'Test\\nsuccessful'"):
        quoted = failed(make, kind="schema-violated", evidence=quote, status=200)

        assert "answer:" not in " ".join(below(quoted)[0])


def test_where_nothing_was_sent_there_is_nothing_to_repeat(make):
    found = failed(make)
    lines = panel(replace(found, observation=replace(found.observation, attempts=())), GROQ)

    assert "curl" not in " ".join(lines)


def test_a_reason_is_no_panel(make):
    (lines,) = below(make.verdict(outcome=Outcome.UNKNOWN, reason="nothing was sent\nmore"))

    assert lines == ["      nothing was sent"]


def test_a_shortened_command_says_where_the_whole_one_is(make):
    found = failed(make)
    long = {"model": "m", "messages": [{"role": "user", "content": "word " * 900}]}
    attempt = replace(found.observation.attempts[0], body=long)
    lines = panel(replace(found, observation=replace(found.observation, attempts=(attempt,))), GROQ)

    assert "      repeat (shortened; --format json has the whole command):" in lines
    # An interactive zsh takes a "#" for a command.
    assert not any(line.strip().startswith("#") for line in lines)
    assert sum(map(len, lines)) < 1200


@pytest.mark.parametrize("width", [40, 60, 78])
def test_panels_keep_to_the_columns(make, width):
    for lines in below(
        failed(make, evidence="界" * 300), failed(make, evidence="x" * 300), width=width
    ):
        # A command is never broken inside a word.
        told = "\n".join(lines).split("      repeat:")[0].split("\n")
        assert max(map(display_width, told)) <= width


class Screen(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize(
    ("stream", "columns", "width"),
    [
        (io.StringIO(), "60", 78),
        (Screen(), "60", 60),
        (Screen(), "120", 78),
        (Screen(), "9", 40),
        (Screen(), "wide", 78),
        (Screen(), "0", 78),
    ],
)
def test_a_narrow_terminal_gets_narrow_lines_and_a_file_gets_78(stream, columns, width):
    assert width_of(stream, {"COLUMNS": columns}) == width


def test_a_status_inside_another_is_shown_with_both(make):
    inside = failure("status-flattened", "HTTP 500 around HTTP 401")
    (lines,) = below(failed(make, kind="auth-bad-key", status=500, also=(inside,)))

    told = " ".join(line.strip() for line in lines)
    assert "also: status-flattened: " in told
    assert "into another one: HTTP 500 around HTTP 401" in told


def test_answers_that_are_none_to_their_questions_are_told_apart_by_these(make):
    one, same, other = below(
        failed(make, kind="not-as-asked", status=200, probe="unicode"),
        failed(make, kind="not-as-asked", status=200, probe="unicode"),
        failed(make, kind="not-as-asked", status=200, probe="vision"),
    )

    assert len(one) > 3
    assert len(same) == 1
    assert len(other) > 3


def test_a_tool_that_was_called_unasked_is_no_failure_of_the_feature_asked_about(make):
    found = failed(make, kind="tool-unknown-name", status=200)
    request = ChatRequest(messages=(), feature="json_schema")
    seen = replace(found.observation, request=request)

    assert "      points at: the feature (tools)" in panel(replace(found, observation=seen))


def test_what_passed_has_no_panel(make):
    passed = make.verdict()

    assert below(passed) == [[]]
    assert isinstance(passed, Verdict)


def test_a_command_says_when_no_shell_has_its_key(make):
    access = replace(access_to(GROQ), key_origin=".env GROQ_API_KEY")

    lines = panel(failed(make), access)

    assert "set GROQ_API_KEY first: no shell has it, it is from .env" in " ".join(lines)
    assert "      repeat:" in panel(failed(make), access_to(GROQ))


def test_a_small_picture_in_a_command_is_told(make):
    found = failed(make)
    picture = {"image_url": {"url": "data:image/png;base64," + "A" * 900}}
    attempt = replace(found.observation.attempts[0], body={"content": [picture]})
    seen = replace(found.observation, attempts=(attempt,))

    lines = panel(replace(found, observation=seen), GROQ)

    assert "a single dot for the picture" in " ".join(lines)


def test_the_command_is_of_the_id_that_fails_and_all_ids_are_told(make):
    found = failed(make, kind="listed-id-differs", evidence="saw an answer to 'b'", status=404)
    listed = replace(found.observation.attempts[0], asked="m", body={"model": "m"})
    other = replace(listed, asked="b", body={"model": "b"}, status=200, number=2)
    seen = replace(found.observation, attempts=(listed, other))

    lines = panel(replace(found, observation=seen), GROQ)

    assert "      tried: 'm' (HTTP 404), 'b' (HTTP 200)" in lines
    assert '\'{"model": "m"}\'' in "".join(lines)
    assert '\'{"model": "b"}\'' not in "".join(lines)


def test_an_address_that_no_line_holds_stays_in_its_columns(make):
    found = failed(make)
    address = GROQ.base_url.replace("/v1", "/a-long-path" * 12 + "/v1/chat/completions")
    first = replace(found.observation.attempts[0], url=address)
    seen = replace(found.observation, attempts=(first,))

    lines = panel(replace(found, observation=seen), GROQ)

    assert max(map(display_width, lines)) <= 78
    assert address in "\n".join(lines).replace("\\\n", "")


def test_what_idle_connections_lost_is_counted_apart_from_the_tries(make):
    found = failed(make, kind="reset-before-response", status=None)
    reset = WireFault(name=FaultName.RESET, phase=Phase.HEADERS)
    fresh = replace(found.observation.attempts[0], fault=reset)
    stale = replace(fresh, reused_connection=True)
    seen = replace(found.observation, attempts=(stale, fresh, stale, fresh))

    lines = panel(replace(found, observation=seen), GROQ)

    assert "      points at: the gateway, after 2 tries (2 more lost on idle connections)" in lines


def test_an_answer_that_the_headline_quotes_is_not_told_again(make):
    said = "```json\n" + '{"mood": "it is so", "note": "' + "long " * 40 + '"}\n```'
    quoted = f"expected JSON alone, saw {excerpt(said, 120)!r}"
    found = failed(make, kind="json-mode-fenced", status=200, evidence=quoted)
    attempt = found.observation.attempts[0]
    reply = replace(attempt.reply, text=said)
    seen = replace(found.observation, attempts=(replace(attempt, reply=reply),))
    told = replace(found, observation=seen)

    assert not any("answer:" in line for line in panel(told, GROQ))
    other = replace(told, failure=failure("json-mode-fenced", "a fence"))
    assert any("answer:" in line for line in panel(other, GROQ))


def test_a_skipped_model_is_told_with_the_name_that_later_lines_point_at(make):
    skip = failed(make, kind="non-chat-listed", status=200, reason="It is no chat model.")
    first, second = below(*(replace(skip, outcome=Outcome.SKIPPED) for _ in range(2)))

    assert first[0].strip() == "non-chat-listed: It is no chat model."
    assert second[0].strip().startswith("non-chat-listed (see [1/2])")


def test_an_answer_that_a_further_cause_quotes_is_not_told_again(make):
    said = "Ã†rÃ¸skÃ¸bing, æ\x9d±äº¬ naÃ¯ve donâ€™t"
    found = failed(make, kind="mojibake", status=200, evidence="saw Ã†rÃ¸skÃ¸bin")
    attempt = found.observation.attempts[0]
    reply = replace(attempt.reply, text=said)
    seen = replace(found.observation, attempts=(replace(attempt, reply=reply),))
    other = unnamed("protocol", f"expected letters, saw {said!r}")

    lines = panel(replace(found, observation=seen, also=(other,)), GROQ)

    assert not any("answer:" in line for line in lines)
