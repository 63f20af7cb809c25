"""The sender that knows when it sent what: asked over bare sockets, believed by its log."""

import contextlib
import http.client
import json
import ssl
import subprocess
import sys
import threading
import time

import pytest

from gatewayz.core import ConfigError
from gatewayz.simulator.doors import CA_FILE
from gatewayz.simulator.golden import GoldenSender, main
from gatewayz.simulator.paced import Pace, pace_of

QUICK = Pace(tokens=6, chunk=(1, 2), gap_s=0.02, first_s=0.03)


@pytest.fixture
def sender():
    golden = GoldenSender()
    thread = threading.Thread(target=golden.run)
    thread.start()
    yield golden
    golden.stop()
    thread.join(timeout=5)
    assert not thread.is_alive()


@contextlib.contextmanager
def connected(sender):
    port = int(sender.url.rsplit(":", 1)[1])
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        yield connection
    finally:
        connection.close()


def asked(sender, model, *, stream=True):
    """Status and body of a chat, and the moments between which all of it happened."""
    body = {"model": model, "stream": stream, "messages": [{"role": "user", "content": "Count."}]}
    with connected(sender) as connection:
        before = time.monotonic_ns()
        connection.request("POST", "/v1/chat/completions", json.dumps(body))
        answer = connection.getresponse()
        data = answer.read()
        return answer.status, data, (before, time.monotonic_ns())


def log_of(sender, method="GET"):
    with connected(sender) as connection:
        connection.request(method, "/log")
        return [json.loads(line) for line in connection.getresponse().read().splitlines()]


def test_a_stream_has_the_tokens_and_the_chunks_that_were_asked_for(sender):
    status, data, _ = asked(sender, QUICK.model)

    events = [line.removeprefix("data: ") for line in data.decode().split("\n\n") if line]
    chunks = [json.loads(event) for event in events[:-1]]
    said = [c["choices"][0]["delta"].get("content") for c in chunks if c["choices"]]
    assert status == 200
    assert events[-1] == "[DONE]"
    assert [text.count("tick") for text in said if text] == [1, 2, 1, 2]
    assert chunks[-1]["usage"]["completion_tokens"] == 6
    assert chunks[-2]["choices"][0]["finish_reason"] == "stop"


def test_its_log_says_when_each_chunk_left(sender):
    _, data, (before, after) = asked(sender, QUICK.model)

    (entry,) = log_of(sender)
    moments = [moment for part in entry["sent"] for moment in part[2:]]
    assert f'"{entry["id"]}"'.encode() in data
    assert [part[0] for part in entry["sent"]] == [0, 1, 2, 1, 2, 0]
    assert before < entry["received_ns"] < moments[0]
    assert moments == sorted(moments)
    assert moments[-2] < after  # the last send may end after its bytes were read
    assert entry["ended"] == "kept"
    assert entry["usage"]["completion_tokens"] == 6


def test_no_chunk_leaves_before_it_is_due(sender):
    asked(sender, QUICK.model)

    (entry,) = log_of(sender)
    due = [part[1] for part in entry["sent"]]
    assert due[0] == pytest.approx(entry["received_ns"], abs=1000)
    assert due[1] - due[0] == pytest.approx(QUICK.first_s * 1e9, abs=1000)
    assert due[2] - due[1] == pytest.approx(QUICK.gap_s * 1e9, abs=1000)
    assert all(before >= due - 1000 for _, due, before, _ in entry["sent"])


def test_a_whole_answer_comes_at_once_and_in_its_time(sender):
    status, data, _ = asked(sender, QUICK.model, stream=False)

    document = json.loads(data)
    (entry,) = log_of(sender)
    ((tokens, due, before, _),) = entry["sent"]
    assert status == 200
    assert document["usage"]["completion_tokens"] == tokens == 6
    assert document["choices"][0]["message"]["content"].count("tick") == 6
    assert before >= due >= entry["received_ns"] + QUICK.first_s * 1e9 - 1000


def test_answers_side_by_side_each_keep_their_own_times(sender):
    slow, quick = Pace(tokens=2, gap_s=0.2, first_s=0.1), Pace(tokens=3, gap_s=0.01, first_s=0.01)
    threads = [
        threading.Thread(target=asked, args=(sender, pace.model)) for pace in (slow, quick, quick)
    ]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    entries = log_of(sender)
    assert sorted(entry["usage"]["completion_tokens"] for entry in entries) == [2, 3, 3]
    assert {entry["ended"] for entry in entries} == {"kept"}


def test_a_client_that_leaves_is_told_in_the_log_and_harms_nobody(sender):
    with connected(sender) as connection:
        body = {"model": Pace(tokens=1000, gap_s=0.01).model, "stream": True}
        connection.request("POST", "/v1/chat/completions", json.dumps(body))
        connection.getresponse().read(10)

    until = time.monotonic() + 5
    while log_of(sender)[0]["ended"] == "" and time.monotonic() < until:
        time.sleep(0.02)
    status, _, _ = asked(sender, QUICK.model)

    assert status == 200
    assert [entry["ended"] for entry in log_of(sender)] == ["client left", "kept"]


def test_over_tls_it_is_the_same_sender(sender):
    context = ssl.create_default_context(cafile=str(CA_FILE))
    port = int(sender.tls_url.rsplit(":", 1)[1])
    connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=10, context=context)
    with contextlib.closing(connection):
        # More than one record of TLS holds.
        words = "word " * 10_000
        body = {
            "model": QUICK.model,
            "stream": True,
            "messages": [{"role": "user", "content": words}],
        }
        connection.request("POST", "/v1/chat/completions", json.dumps(body))
        data = connection.getresponse().read()

    (entry,) = log_of(sender)
    assert data.count(b"tick") == entry["usage"]["completion_tokens"] == 6
    assert entry["usage"]["prompt_tokens"] > 10_000
    assert entry["ended"] == "kept"


def test_the_log_can_be_forgotten(sender):
    asked(sender, QUICK.model)

    log_of(sender, "DELETE")

    assert log_of(sender) == []


@pytest.mark.parametrize(
    ("model", "says"),
    [
        ("gpt-4o", "one model, 'paced'"),
        ("paced;speed=3", "'speed' is no option"),
        ("paced;tokens=many", "'tokens=many' cannot be read"),
        ("paced;gap=nan", "'gap=nan' cannot be read"),
        ("paced;gap=-1", "'gap=-1' is not between 0 and"),
        ("paced;chunk=1,0", "at least one token"),
    ],
)
def test_a_model_that_it_does_not_know_is_refused_in_one_line(sender, model, says):
    status, data, _ = asked(sender, model)

    assert status == 404
    assert says in json.loads(data)["error"]["message"]
    assert log_of(sender) == []


@pytest.mark.parametrize("body", ["[]", "{}", "no json", ""])
def test_a_body_that_is_no_request_is_refused(sender, body):
    with connected(sender) as connection:
        connection.request("POST", "/v1/chat/completions", body)
        assert connection.getresponse().status == 400


def test_an_id_says_the_pace_and_is_read_as_it_was_meant():
    assert pace_of(QUICK.model) == QUICK
    assert list(QUICK.sizes) == [1, 2, 1, 2]
    assert list(Pace(tokens=4, chunk=(3,)).sizes) == [3, 1]
    assert list(Pace(tokens=0).sizes) == []


def test_a_taken_port_is_one_line_and_exit_2(sender, capsys):
    code = main(["--port", sender.url.rsplit(":", 1)[1]])

    assert code == ConfigError.exit_code == 2
    assert "cannot listen on 127.0.0.1:" in capsys.readouterr().err


def test_as_a_program_it_says_where_it_is_and_ends_when_it_is_told():
    with subprocess.Popen(
        [sys.executable, "-m", "gatewayz.simulator.golden"], stdout=subprocess.PIPE, text=True
    ) as child:
        said, over_tls = child.stdout.readline(), child.stdout.readline()
        child.terminate()
        code = child.wait(timeout=10)

    assert said.startswith("http://127.0.0.1:")
    assert over_tls.startswith("https://127.0.0.1:")
    assert said.endswith("/v1\n")
    assert code == 0


def test_it_ends_by_itself_when_it_is_given_a_time():
    done = subprocess.run(
        [sys.executable, "-m", "gatewayz.simulator.golden", "--for", "100ms"],
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )

    assert done.returncode == 0
    assert done.stderr == ""


def test_a_time_that_is_none_is_one_line_and_exit_2(capsys):
    assert main(["--for", "long"]) == 2
    assert "long" in capsys.readouterr().err
