"""The command that repeats a call: a shell makes of it just what was sent, and no key is in it."""

import base64
import json
import shlex
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatewayz.core import Attempt
from gatewayz.core.access import Access, access_to
from gatewayz.core.attempt import FaultName, Phase, Timing, WireFault
from gatewayz.core.curl import curl_for, curl_lines, is_shortened, leaves_out_a_picture
from gatewayz.core.gateway import Catalog, Gateway
from gatewayz.core.probe import ChatRequest
from gatewayz.core.text import display_width, visible

SENT = Attempt(
    url="https://api.groq.example/v1/chat/completions",
    had_key=True,
    body={"model": "m"},
    status=404,
)


def echoed(curl, **variables):
    """The words that a shell makes of a curl line."""
    script = curl.replace("curl", "printf '%s\\0'", 1)
    done = subprocess.run(
        ["sh", "-c", script],
        env={"PATH": "/usr/bin:/bin", **variables},
        capture_output=True,
        check=True,
    )
    return done.stdout.decode().split("\0")[:-1]


@pytest.mark.parametrize(
    "text",
    ["it's", "$(touch /tmp/x) `id`", "\"'\\\n\x1b]0;x\x07", "@/etc/passwd", "é模\u202e\ud800"],
)
def test_a_shell_makes_of_the_curl_what_was_sent(text):
    attempt = Attempt(url=f"https://h/v1/{text}", body={"m": text}, had_key=True, streamed=True)
    access = Access(
        key_env="MY_KEY", auth_header="x-api-key", auth_scheme="", headers={"X-T": text}
    )

    curl = curl_for(attempt, access)
    words = echoed(curl, MY_KEY="s3cret $HOME")

    assert "s3cret" not in curl
    assert "\n" not in curl
    assert "\x1b" not in curl
    assert "x-api-key: s3cret $HOME" in words
    assert "-N" in words
    assert words[-2] == "-d"
    assert words == shlex.split(curl.replace("$MY_KEY", "s3cret $HOME"))[1:]


def test_a_call_without_a_key_has_none_in_its_curl():
    assert "Authorization" not in curl_for(Attempt(url="http://127.0.0.1/v1/x", status=200))
    assert "$GATEWAYZ_KEY" in curl_for(Attempt(url="http://h/v1/x", status=401))


def test_a_name_that_is_no_variable_is_never_put_before_a_shell():
    access = Access(key_env="A$(id)", auth_scheme="Bearer '$(id)'")

    words = echoed(curl_for(SENT, access), GATEWAYZ_KEY="k")

    assert "Authorization: Bearer '$(id)' k" in words


def folded(body, *, width=78, asked=None):
    attempt = Attempt(url="https://h/v1/chat/completions", body=body, had_key=True)
    return curl_lines(attempt, Access(key_env="MY_KEY"), asked, width=width)


HARD = ["it's", "$(touch /tmp/x) `id`", "\"'\\\n\x1b]0;x\x07", "a, b, c: d", "é模\u202e", "\\", '"']


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(HARD), max_size=12), st.integers(40, 100))
def test_a_command_over_several_lines_sends_what_one_line_sends(texts, width):
    body = {"model": "m", "messages": [{"role": "user", "content": text} for text in texts]}

    words = echoed("\n".join(folded(body, width=width)), MY_KEY="k")

    assert words[-2] == "-d"
    assert json.loads(words[-1]) == body
    assert "Authorization: Bearer k" in words


def test_a_command_keeps_to_its_columns():
    body = {"model": "m", "tools": [{"name": f"tool_{n}", "strict": True} for n in range(30)]}

    lines = folded(body, width=60)

    assert max(map(len, lines)) <= 60
    assert all(line.endswith("\\") for line in lines[:3])


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.sampled_from([*HARD, "word " * 30, "x" * 120, "'" * 90]), min_size=1, max_size=4),
    st.integers(30, 80),
    st.sampled_from(["", "        "]),
)
def test_words_that_no_line_holds_go_on_in_the_next_and_a_shell_joins_them(texts, width, indent):
    long_id, header = "a/" * 60, "it's $HOME " * 9
    attempt = Attempt(
        url=f"https://host.example/v1/{long_id}?{texts[0]}&key=1",
        body={"model": long_id, "texts": texts},
        had_key=True,
    )
    access = Access(key_env="A_VARIABLE_OF_A_LONG_NAME", headers={"X-Title": header})

    lines = curl_lines(attempt, access, width=width, indent=indent)
    words = echoed("\n".join(lines), A_VARIABLE_OF_A_LONG_NAME="k")

    assert max(map(display_width, lines)) <= max(width, len("  $A_VARIABLE_OF_A_LONG_NAME\\"))
    assert visible(attempt.url) in words
    assert "Authorization: Bearer k" in words
    assert f"X-Title: {header}" in words
    assert json.loads(words[-1]) == {"model": long_id, "texts": texts}


def test_a_proxy_and_certificates_of_ones_own_are_named_too():
    access = Access(key_env="K", proxy="http://***@proxy:8080", ca_file="/etc/our own.pem")
    words = echoed(curl_for(SENT, access), K="k")

    assert words[:8] == [
        "-sS", "-i", SENT.url, "--proxy", access.proxy, "--cacert", access.ca_file, "-H",
    ]  # fmt: skip
    assert any("--proxy" in line for line in curl_lines(SENT, access))


def test_a_short_command_is_one_line():
    assert curl_lines(Attempt(url="http://h/v1/models", method="GET")) == (
        "curl -sS -i http://h/v1/models",
    )


def test_a_long_text_and_a_picture_are_shortened_and_the_command_still_runs():
    picture = "data:image/png;base64," + base64.b64encode(b"x" * 3000).decode()
    parts = [{"type": "image_url", "image_url": {"url": picture}}, {"text": "word " * 1000}]
    body = {"messages": [{"role": "user", "content": parts}]}

    lines = folded(body)
    sent = json.loads(echoed("\n".join(lines), MY_KEY="k")[-1])["messages"][0]["content"]

    assert sum(map(len, lines)) < 1000
    assert base64.b64decode(sent[0]["image_url"]["url"].split(",")[1]).startswith(b"\x89PNG")
    assert sent[1]["text"].startswith("word word")
    assert is_shortened(Attempt(body=body))
    assert leaves_out_a_picture(Attempt(body=body))
    assert not leaves_out_a_picture(Attempt(body={"messages": parts[1:]}))
    assert not is_shortened(Attempt(body={"messages": ("short", {"a": 1})}))
    assert picture in curl_for(Attempt(url="http://h", body=body))


def test_a_key_that_nobody_has_is_no_variable():
    asked = ChatRequest(messages=(), credential="made-up")

    curl = curl_for(SENT, Access(key_env="GROQ_API_KEY"), asked)

    assert "GROQ_API_KEY" not in curl
    assert "'Authorization: Bearer another-made-up-key'" in curl


def test_a_body_that_is_no_json_is_sent_as_it_was():
    asked = ChatRequest(messages=(), raw="@{\"model\": 'm', ")

    for curl in (curl_for(SENT, None, asked), "\n".join(curl_lines(SENT, None, asked))):
        assert echoed(curl, GATEWAYZ_KEY="k")[-2:] == ["--data-raw", asked.raw]


@pytest.mark.parametrize(
    ("phase", "option"),
    [
        (Phase.DNS, "--connect-timeout"),
        (Phase.CONNECT, "--connect-timeout"),
        (Phase.TLS, "--connect-timeout"),
        (Phase.HEADERS, "--max-time"),
        (Phase.BODY, "--max-time"),
    ],
)
def test_a_command_gives_up_where_a_limit_of_ours_ran_out(phase, option):
    slow = WireFault(name=FaultName.TIMEOUT, phase=phase)
    attempt = Attempt(url="http://h/v1", fault=slow, timing=Timing(total_s=2.034), body={"m": 1})

    words = echoed(curl_for(attempt))

    assert words[words.index(option) + 1] == "2"
    assert f"{option} 2" in " ".join(curl_lines(attempt))


def test_a_command_for_what_broke_off_by_itself_has_no_limit():
    reset = WireFault(name=FaultName.RESET, phase=Phase.BODY)

    assert "time" not in curl_for(Attempt(url="http://h", fault=reset, timing=Timing(total_s=2.0)))


def test_a_model_list_is_signed_as_the_program_signed_it():
    google = Gateway(
        name="google",
        base_url="http://127.0.0.1:9/v1",
        key_env="GEMINI_API_KEY",
        catalog=Catalog("/models", key_header="x-goog-api-key"),
    )
    listed = Attempt(url="http://127.0.0.1:9/v1/models", method="GET", had_key=True, status=200)

    assert "x-goog-api-key: k" in echoed(curl_for(listed, access_to(google)), GEMINI_API_KEY="k")
    assert "Authorization: Bearer k" in echoed(
        curl_for(SENT, access_to(google)), GEMINI_API_KEY="k"
    )


def test_a_text_that_fits_a_line_by_itself_is_not_broken_up():
    text = "Write a JSON object that has a key: the word 'x'."

    lines = folded({"messages": [{"role": "user", "content": text}]}, width=70)

    assert any(json.dumps(text)[1:40] in line for line in lines)
    assert not any(line[:1] not in " c" for line in lines)
