"""The server under it all: connections, limits, times, the answer sheet, ways to start it."""

import asyncio
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from gatewayz.core import ConfigError, UnknownName
from gatewayz.simulator import Simulator, main, running, serve, shell_exports

MESSAGE = [{"role": "user", "content": 'Respond with: "Test successful"'}]
FOURTEEN = {
    "OPENROUTER_API_KEY", "PORTKEY_API_KEY", "FEATHERLESS_API_KEY", "FIREWORKS_API_KEY",
    "TOGETHER_API_KEY", "GEMINI_API_KEY", "CEREBRAS_API_KEY", "NEBIUS_API_KEY", "XAI_API_KEY",
    "NOVITA_API_KEY", "HF_TOKEN", "CHUTES_API_KEY", "GROQ_API_KEY", "DEEPINFRA_API_KEY",
}  # fmt: skip


def connect(simulator):
    place = urlsplit(simulator.url)
    return http.client.HTTPConnection(place.hostname, place.port, timeout=10)


def ask(connection, simulator, model="qwen/qwen3-32b", stream=False):
    key = simulator.variables()["GROQ_API_KEY"]
    connection.request(
        "POST", "/groq/openai/v1/chat/completions",
        json.dumps({"model": model, "messages": MESSAGE, "stream": stream}),
        {"authorization": f"Bearer {key}"},
    )  # fmt: skip
    answer = connection.getresponse()
    return answer.status, answer.read()


def test_variables_cover_the_fourteen_gateways(sim):
    variables = sim.variables()
    urls = {name for name in variables if name.endswith("_BASE_URL")}

    assert set(variables) - urls == FOURTEEN
    assert len(urls) == 14
    assert variables["GEMINI_BASE_URL"] == f"{sim.url}/google/v1beta/openai"
    assert variables["HF_BASE_URL"] == f"{sim.url}/huggingface/v1"


def test_exports_survive_a_shell():
    assert shell_exports({"A": "x y'z"}) == "export A='x y'\"'\"'z'\n"


def test_it_listens_on_loopback_only(sim):
    assert urlsplit(sim.url).hostname == "127.0.0.1"
    sockets = sim._server.sockets

    assert {one.getsockname()[0] for one in sockets} == {"127.0.0.1"}


def test_one_connection_serves_many_requests_of_all_forms(sim):
    connection = connect(sim)
    sockets = set()
    for turn in range(20):
        assert ask(connection, sim, stream=bool(turn % 2))[0] == 200
        sockets.add(connection.sock.getsockname())
    connection.close()

    assert len(sockets) == 1


def test_two_thousand_requests_are_all_answered(sim):
    def hundred(_):
        connection = connect(sim)
        answers = [ask(connection, sim) for _ in range(100)]
        connection.close()
        return sum(b"Test successful" in body for _, body in answers)

    before = len(sim.log)
    with ThreadPoolExecutor(8) as pool:
        good = sum(pool.map(hundred, range(20)))

    assert good == 2000
    assert len(sim.log) - before == 2000
    assert {served.status for served in sim.log[before:]} == {200}
    assert len({served.request_id for served in sim.log}) == len(sim.log)


def transcript(seed):
    """What a fixed row of requests gets, byte for byte."""
    found = []
    with running(seed=seed, latency_s=0, gap_s=0) as simulator:
        connection = connect(simulator)
        for model in ("openai/gpt-oss-120b", "fault/rate-limit", "fault/auth-bad-key", "nope",
                      "fault/json-truncated"):  # fmt: skip
            forms = (False, True, True)
            found += [ask(connection, simulator, model, stream) for stream in forms]
        connection.close()
    return found


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others():
    assert transcript(1) == transcript(1)
    assert transcript(1) != transcript(2)


def test_times_are_kept():
    latencies = {"groq": 0.15, "groq/qwen/qwen3-32b": 0.05}
    with running(latency_s=latencies, gap_s=lambda place, model: 0.1) as simulator:
        connection = connect(simulator)

        def least_s(*asked, **fields):
            took = []
            for _ in range(5):
                began = time.perf_counter()
                ask(connection, simulator, *asked, **fields)
                took.append(time.perf_counter() - began)
            return min(took)

        quick, slow = least_s(), least_s("groq/compound")
        streamed = least_s(stream=True)
        connection.close()

    assert 0.05 <= quick < 0.14
    assert 0.15 <= slow < 0.4
    assert 0.15 <= streamed < 0.4  # wait, then one gap between two words


def test_the_most_requests_in_flight_are_counted_per_gateway():
    with running(latency_s=0.1) as simulator, ThreadPoolExecutor(5) as pool:

        def one(_):
            connection = connect(simulator)
            ask(connection, simulator)
            connection.close()

        list(pool.map(one, range(5)))

        assert 2 <= simulator.peak_in_flight["groq"] <= 5
        assert simulator.peak_in_flight["xai"] == 0


def raw(simulator, data, patience_s=1.0):
    place = urlsplit(simulator.url)
    with socket.create_connection((place.hostname, place.port), timeout=patience_s) as connection:
        found = b""
        try:
            connection.sendall(data)
            while more := connection.recv(65536):
                found += more
        except (TimeoutError, ConnectionError):
            pass
        return found


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"nonsense\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\nno colon here\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 300 + b"\r\n", b"431"),
        (b"GET / HTTP/1.1\r\nx: " + b"y" * 70_000 + b"\r\n\r\n", b"431"),
        (b"GET /" + b"y" * 70_000, b"431"),
        (b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 99999999999\r\n\r\n", b"413"),
        (b"POST / HTTP/1.1\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\nmore", b"200"),
        (b"GET / HTTP/1.1\r\nhost: x\r\n\r\nnonsense\r\n\r\n", b"200"),
    ],
)
def test_what_is_no_good_request_is_refused(sim, data, status):
    assert raw(sim, data).split(b" ")[1] == status


def test_a_body_in_chunks_is_capped_too():
    from gatewayz.simulator.http import Limits

    with running(limits=Limits(body_bytes=1000)) as simulator:
        head = b"POST /local/v1/chat/completions HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n"
        answer = raw(simulator, head + b"400\r\n" + b"x" * 1024 + b"\r\n")

    assert answer.split(b" ")[1] == b"413"


def test_a_request_that_never_ends_is_cut_off():
    from gatewayz.simulator.http import Limits

    with running(limits=Limits(request_s=0.1)) as simulator:
        began = time.perf_counter()
        answer = raw(simulator, b"GET / HTTP/1.1\r\nhost: x\r\n", patience_s=20)
        took = time.perf_counter() - began

    assert answer == b""
    assert took < 10


def test_too_many_connections_are_turned_away():
    from gatewayz.simulator.http import Limits

    with running(limits=Limits(connections=1)) as simulator:
        place = urlsplit(simulator.url)
        with socket.create_connection((place.hostname, place.port)) as first:
            first.sendall(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
            assert first.recv(100).startswith(b"HTTP/1.1 200")
            assert raw(simulator, b"GET / HTTP/1.1\r\n\r\n").split(b" ")[1] == b"503"


def test_requests_sent_ahead_are_answered_in_order(sim):
    one = b"GET /health HTTP/1.1\r\nhost: x\r\n\r\n"
    last = b"GET /nowhere HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"
    answer = raw(sim, one * 12 + last)

    assert answer.count(b"HTTP/1.1 200") == 12
    assert answer.rindex(b"HTTP/1.1 404") > answer.rindex(b"HTTP/1.1 200")


def test_a_client_that_asks_whether_to_go_on_is_told_to(sim):
    head = b"POST /local/v1/chat/completions HTTP/1.1\r\nexpect: 100-continue\r\ncontent-length: 2\r\n\r\n"

    assert raw(sim, head, patience_s=1.0).startswith(b"HTTP/1.1 100 Continue")


def test_a_client_that_leaves_ends_a_silent_answer(sim, caller):
    before = len(sim.log)
    caller.chat("local", "fault/first-byte-timeout", patience_s=0.05)
    until = time.monotonic() + 10
    while not (served := sim.log[before:]) or not served[0].ended:
        assert time.monotonic() < until
        time.sleep(0.01)

    (served,) = served
    assert served.ended == "client left"
    assert served.status == 0
    assert sim.peak_in_flight["local"] >= 1


def test_the_sheet_is_a_file_of_lines_without_keys(tmp_path):
    path = tmp_path / "sheet.jsonl"
    with running(log_path=path) as simulator:
        connection = connect(simulator)
        ask(connection, simulator)
        ask(connection, simulator, "fault/overloaded")
        lines = [json.loads(line) for line in path.read_text().splitlines()]
        connection.close()

    assert [line["fault"] for line in lines] == ["", "overloaded"]
    assert lines[0]["request_id"] == simulator.log[0].request_id
    assert simulator.variables()["GROQ_API_KEY"] not in path.read_text()
    assert simulator.log[0].body["messages"] == MESSAGE


def test_an_answer_tells_nothing_about_its_fault(caller):
    seen = caller.chat("local", "fault/empty-content", headers=[("x-request-id", "mine")])

    assert b"empty-content" not in seen.raw.replace(b"fault/empty-content", b"")


def test_what_cannot_be_set_up_is_one_clear_error(tmp_path, sim):
    port = urlsplit(sim.url).port
    with pytest.raises(ConfigError, match="cannot listen"), running(port=port):
        pass
    with pytest.raises(ConfigError, match="log"):
        Simulator(log_path=tmp_path / "no" / "where")
    with pytest.raises(UnknownName, match="groq"):
        Simulator(models_per_gateway={"grok": 3})
    with pytest.raises(UnknownName):
        sim.api_variables("backend-c")


def test_it_lives_in_a_loop_of_ones_own_too():
    async def scenario():
        async with Simulator(latency_s=0) as simulator:
            reader, writer = await asyncio.open_connection(
                "127.0.0.1", urlsplit(simulator.url).port
            )
            writer.write(b"GET /health HTTP/1.1\r\nhost: x\r\n\r\n")
            line = await reader.readline()
            writer.close()
            return line

    assert asyncio.run(scenario()).startswith(b"HTTP/1.1 200")


def test_serving_ends_by_itself_after_the_given_time():
    urls = []
    began = time.monotonic()
    serve(for_s=0.1, ready=lambda simulator: urls.append(simulator.url))

    assert urls[0].startswith("http://127.0.0.1:")
    assert time.monotonic() - began < 20


def test_the_program_says_one_line_about_a_bad_schedule(capsys):
    assert main(["--faults", "/nonexistent.json"]) == 2
    assert main(["--for", "soon"]) == 2
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_program_prints_its_url_and_ends_on_a_signal(number, tmp_path):
    source = Path(__file__).resolve().parents[2] / "src"
    environment = dict(os.environ)
    paths = (str(source), environment.get("PYTHONPATH", ""))
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, paths))
    process = subprocess.Popen(
        [sys.executable, "-m", "gatewayz.simulator", "--env", "--for", "30s", "--seed", "3"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment, cwd=tmp_path,
    )  # fmt: skip
    try:
        url = process.stdout.readline().strip()
        exports = [process.stdout.readline() for _ in range(28)]
        process.send_signal(number)
        out, err = process.communicate(timeout=10)
    finally:
        process.kill()

    assert url.startswith("http://127.0.0.1:")
    assert all(line.startswith("export ") for line in exports)
    assert (process.returncode, out, err) == (0, "", "")
