"""Faults that act before a request can be read, each at an address of its own and for real."""

import asyncio
import contextlib
import http.client
import json
import socket
import ssl
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from gatewayz.core import ConfigError, UnknownName
from gatewayz.simulator import DOORS, Simulator, main, running

REQUEST = b"GET /openrouter/api/v1/models HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"


def place_of(url):
    parts = urlsplit(url)
    return parts.hostname, parts.port


def trusting(simulator):
    return ssl.create_default_context(cafile=simulator.ca_file)


def over_tls(simulator, url, patience_s=5.0):
    """The first bytes that come back over TLS, or the error of the handshake."""
    host, port = place_of(url)
    with socket.create_connection((host, port), timeout=patience_s) as plain:
        context = trusting(simulator)
        with context.wrap_socket(plain, server_hostname=host) as secured:
            secured.sendall(REQUEST)
            return secured.recv(100)


def in_plain(url, data=REQUEST, patience_s=5.0):
    """All that comes back in plain, until a close or the end of patience."""
    found = b""
    with socket.create_connection(place_of(url), timeout=patience_s) as plain:
        plain.sendall(data)
        try:
            while more := plain.recv(65536):
                found += more
        except TimeoutError:
            return found, "open"
        except ConnectionResetError:
            return found, "reset"
    return found, "closed"


def test_the_good_certificate_is_trusted_by_its_authority_and_serves_the_same_places(sim):
    url = sim.tls_url("openrouter")

    assert url.startswith("https://127.0.0.1:")
    assert url.endswith("/openrouter/api/v1")
    assert over_tls(sim, url).startswith(b"HTTP/1.1 200")
    assert sim.log[-1].behind == ""


@pytest.mark.parametrize(
    ("way", "said"),
    [
        ("expired", "expired"),
        ("not-yet-valid", "not yet valid"),
        ("self-signed", "self"),
        ("other-name", "mismatch"),
        ("unknown-authority", "local issuer"),
    ],
)
def test_a_bad_certificate_fails_verification_for_its_own_reason(sim, way, said):
    url = sim.url_behind("tls-bad-certificate", "groq", way=way)

    with pytest.raises(ssl.SSLCertVerificationError, match=said):
        over_tls(sim, url)


def test_who_does_not_verify_is_answered_and_the_sheet_says_so(sim):
    host, port = place_of(sim.url_behind("tls-bad-certificate", "openrouter", way="expired"))
    careless = ssl.create_default_context()
    careless.check_hostname = False
    careless.verify_mode = ssl.CERT_NONE
    with (
        socket.create_connection((host, port), timeout=5) as plain,
        careless.wrap_socket(plain, server_hostname=host) as secured,
    ):
        secured.sendall(REQUEST)

        assert secured.recv(100).startswith(b"HTTP/1.1 200")
    assert sim.log[-1].behind == "tls-bad-certificate"


@pytest.mark.parametrize("way", DOORS["tls-handshake-stall"])
def test_a_handshake_stalls(sim, way):
    url = sim.url_behind("tls-handshake-stall", "groq", way=way)

    with pytest.raises(TimeoutError):
        over_tls(sim, url, patience_s=0.3)


def test_a_full_queue_answers_no_connect(sim):
    url = sim.url_behind("connect-timeout", "groq")
    began = time.monotonic()

    with pytest.raises(TimeoutError):
        socket.create_connection(place_of(url), timeout=0.4)
    assert time.monotonic() - began >= 0.39


def test_nobody_listens(sim):
    for _ in range(3):
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(
                place_of(sim.url_behind("connection-refused", "xai")), timeout=5
            )


def test_a_name_that_does_not_resolve_is_under_invalid(sim):
    for way in DOORS["dns-failure"]:
        url = sim.url_behind("dns-failure", "groq", way=way)

        assert urlsplit(url).hostname.endswith(".invalid")
        assert url.endswith("/groq/openai/v1")


@pytest.mark.parametrize("way", ["obsolete-alert", "obsolete-hello", "https-to-http"])
def test_what_speaks_no_tls_of_today_fails_the_handshake(sim, way):
    url = sim.url_behind("tls-version-mismatch", "groq", way=way)

    assert url.startswith("https://")
    # Some builds of OpenSSL look for what that hello lacks before they look at its version.
    with pytest.raises(ssl.SSLError, match=r"(?i)version|protocol|legacy"):
        over_tls(sim, url)


def test_plain_http_on_a_tls_port_is_told_so_or_cut_off(sim):
    told, _ = in_plain(sim.url_behind("tls-version-mismatch", "groq", way="http-to-https-told"))
    cut, end = in_plain(sim.url_behind("tls-version-mismatch", "groq", way="http-to-https"))

    assert told.startswith(b"HTTP/1.1 400")
    assert b"HTTPS port" in told
    assert not cut.startswith(b"HTTP")
    assert end in ("closed", "reset")


@pytest.mark.parametrize(
    ("way", "begins", "end"),
    [
        ("407", b"HTTP/1.1 407", "closed"),
        ("502", b"HTTP/1.1 502", "closed"),
        ("403", b"HTTP/1.1 403", "closed"),
        ("closes", b"", "closed"),
        ("stalls", b"", "open"),
    ],
)
def test_a_proxy_fails(sim, way, begins, end):
    url = sim.url_behind("proxy-failure", way=way)
    connect = b"CONNECT api.example.invalid:443 HTTP/1.1\r\nhost: api.example.invalid:443\r\n\r\n"
    found, how = in_plain(url, connect, patience_s=0.3 if end == "open" else 5)

    assert urlsplit(url).path == ""
    assert found.startswith(begins)
    assert bool(found) == bool(begins)
    assert how == end


@pytest.mark.parametrize("way", DOORS["http2-goaway"])
def test_an_http2_server_says_settings_then_goaway(sim, way):
    found, end = in_plain(sim.url_behind("http2-goaway", "groq", way=way))

    assert (found[3], found[9 + 3], end) == (4, 7, "closed")


@pytest.mark.parametrize("way", DOORS["http2-goaway"])
def test_an_http2_server_answers_several_connections_side_by_side(sim, way):
    """As a backend with pooled connections makes them: none waits for another to go away."""
    place = place_of(sim.url_behind("http2-goaway", "groq", way=way))

    async def scenario():
        silent = [await asyncio.open_connection(*place) for _ in range(4)]
        asking = [await asyncio.open_connection(*place) for _ in range(8)]
        for _, writer in asking:
            writer.write(REQUEST)
        found = await asyncio.gather(*(reader.read() for reader, _ in asking))
        for _, writer in silent:
            writer.write(REQUEST)
        later = await asyncio.gather(*(reader.read() for reader, _ in silent))
        for _, writer in (*silent, *asking):
            writer.close()
        return [*found, *later]

    found = asyncio.run(asyncio.wait_for(scenario(), 5))

    assert [(one[3], one[9 + 3]) for one in found] == [(4, 7)] * 12


def test_pooled_connections_that_were_answered_are_each_told_goaway():
    rules = [{"gateway": "groq", "fault": "http2-goaway;after=4"}]
    message = {"role": "user", "content": "hi"}
    body = json.dumps({"model": "llama-3.3-70b-versatile", "messages": [message]})
    with running(latency_s=0, faults=rules) as simulator, contextlib.ExitStack() as stack:
        key = {"authorization": f"Bearer {simulator.variables()['GROQ_API_KEY']}"}
        pool = [http.client.HTTPConnection(*place_of(simulator.url), timeout=5) for _ in range(4)]
        for one in pool:
            stack.callback(one.close)
            one.request("POST", "/groq/openai/v1/chat/completions", body, key)
        answered = [one.getresponse() for one in pool]
        statuses = [response.status for response in answered if response.read()]
        kept = [one.sock is not None for one in pool]
        for one in pool:
            one.request("POST", "/groq/openai/v1/chat/completions", body, key)
        for one in pool:
            with pytest.raises(http.client.BadStatusLine):
                one.getresponse()

    assert statuses == [200] * 4
    assert kept == [True] * 4
    assert [served.fault for served in simulator.log] == [""] * 4 + ["http2-goaway"] * 4


def test_a_way_is_drawn_by_the_seed_and_a_door_is_opened_once():
    with running(seed=8) as first, running(seed=8) as second:
        places = ("groq", "xai", "google", "novita", "chutes", "together", "local", "nebius")
        drawn = [first.url_behind("dns-failure", place) for place in places]

        assert drawn == [second.url_behind("dns-failure", place) for place in places]
        assert (
            len(
                {
                    urlsplit(url).hostname.replace(p, "")
                    for url, p in zip(drawn, places, strict=True)
                }
            )
            > 1
        )
        refused = first.url_behind("connection-refused", "groq")
        assert first.url_behind("connection-refused", "groq") == refused


def test_doors_close_with_the_simulator():
    with running() as simulator:
        url = simulator.url_behind("proxy-failure", way="stalls")
        with socket.create_connection(place_of(url), timeout=5):
            pass
    with pytest.raises(OSError, match=r"(?i)refused"):
        socket.create_connection(place_of(url), timeout=5)


def test_doors_open_from_inside_the_loop_too():
    async def scenario():
        async with Simulator() as simulator:
            url = simulator.url_behind("proxy-failure", way="407")
            reader, writer = await asyncio.open_connection(*place_of(url))
            writer.write(b"CONNECT x:1 HTTP/1.1\r\n\r\n")
            line = await reader.readline()
            writer.close()
            return line

    assert asyncio.run(scenario()).startswith(b"HTTP/1.1 407")


def test_an_unknown_door_way_or_place_is_told(sim):
    with pytest.raises(UnknownName, match="tls-handshake-stall"):
        sim.url_behind("tls-handshake-stal", "groq")
    with pytest.raises(UnknownName, match="expired"):
        sim.url_behind("tls-bad-certificate", "groq", way="expird")
    with pytest.raises(UnknownName, match="unknown place"):
        sim.tls_url("grok-place")
    with pytest.raises(ConfigError, match="before it is started"):
        Simulator().tls_url("groq")


def test_the_program_prints_addresses_behind_faults(capsys):
    line = ["--for", "0.2s", "--behind", "tls-handshake-stall=groq", "--behind", "proxy-failure"]

    assert main(line) == 0
    printed = capsys.readouterr().out.splitlines()
    assert printed[1].startswith("# tls-handshake-stall=groq: https://127.0.0.1:")
    assert printed[2].startswith("# proxy-failure: http://127.0.0.1:")


def test_the_program_says_one_line_about_an_unknown_address(capsys):
    assert main(["--for", "0.2s", "--behind", "tls-handshake-stal=groq"]) == 2
    assert "did you mean 'tls-handshake-stall'" in capsys.readouterr().err


def test_the_page_names_every_door_and_way():
    page = (Path(__file__).resolve().parents[2] / "docs" / "simulator.md").read_text("utf-8")
    rows = {line.split("`")[1]: line for line in page.splitlines() if line.startswith("| `")}

    for name, ways in DOORS.items():
        if name not in ("connect-timeout", "connection-refused", "dns-failure"):
            assert all(f"`{way}`" in rows[name] for way in ways), name
        assert name in rows
