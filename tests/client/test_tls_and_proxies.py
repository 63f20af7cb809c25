"""TLS with certificates of our own, and outbound proxies, on loopback."""

import asyncio
import base64
import ssl
import subprocess
from dataclasses import replace

import pytest

from gatewayz.client import Network, transport
from gatewayz.core.attempt import FaultName, Phase

PASSWORD = "hunter2-hunter2"


def run(coroutine):
    return asyncio.run(asyncio.wait_for(coroutine, 20))


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A server's TLS context with a throw-away certificate, and the file to trust it by."""
    folder = tmp_path_factory.mktemp("tls")
    key, cert = folder / "key.pem", folder / "cert.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
         "-nodes", "-keyout", key, "-out", cert, "-days", "2", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=DNS:localhost"],
        check=True, capture_output=True,
    )  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    return context, str(cert)


def over_tls(wire, certificate, network, host="localhost"):
    async def go():
        context, _ = certificate
        async with wire.serving(wire.saying(wire.answer(wire.GOOD)), ssl=context) as server:
            url = server.url.replace("127.0.0.1", host)
            return await wire.ask(url, network=network), server.connections

    return run(go())


def test_a_certificate_of_ones_own_is_trusted_when_it_is_named(wire, certificate):
    attempt, _ = over_tls(wire, certificate, Network(ca_file=certificate[1]))

    assert attempt.reply.text == "Test successful"
    assert attempt.timing.connect_s <= attempt.timing.tls_s <= attempt.timing.sent_s


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_a_certificate_that_nobody_vouches_for_is_refused(wire, certificate, host):
    network = Network() if host == "localhost" else Network(ca_file=certificate[1])

    attempt, _ = over_tls(wire, certificate, network, host)

    assert attempt.fault.name is FaultName.TLS_CERTIFICATE
    assert attempt.fault.phase is Phase.TLS


def test_verification_can_be_left_out_for_ones_own_server(wire, certificate):
    assert over_tls(wire, certificate, Network(verify=False))[0].status == 200


@pytest.mark.parametrize(
    ("text", "why"), [("nothing", "X509"), (None, "No such file or directory")]
)
def test_certificates_that_cannot_be_read_leave_a_request_unsent(
    wire, certificate, tmp_path, text, why
):
    bad = tmp_path / "bad.pem"
    if text is not None:
        bad.write_text(text)

    attempt, _ = over_tls(wire, certificate, Network(ca_file=str(bad)))

    assert attempt.fault.name is FaultName.UNSENDABLE
    assert attempt.fault.detail.startswith("the certificates of ca_file cannot be read: ")
    assert why in attempt.fault.detail
    # It is told to the backend's clients, too.
    assert str(tmp_path) not in attempt.fault.detail


def test_plain_http_on_a_tls_port_is_told(wire, certificate):
    async def go():
        context, _ = certificate
        async with wire.serving(wire.saying(b""), ssl=context) as server:
            return await wire.ask(server.url.replace("https", "http"))

    # asyncio's TLS server says nothing and closes; others send an alert, as below.
    assert run(go()).fault.name is FaultName.TLS_PROTOCOL


@pytest.mark.parametrize("says", [b"", b"no", b"\x16", b"HTTP/1.1 400 Bad Request\r\n\r\n"])
def test_a_plain_server_that_hangs_up_is_not_taken_for_one_that_speaks_tls(wire, says):
    heard = []

    async def handle(reader, writer):
        heard.append(await reader.read(4096))
        if len(heard) > 1:
            writer.write(says)
        writer.close()

    async def go():
        async with await asyncio.start_server(handle, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            return await wire.ask(f"http://127.0.0.1:{port}/v1")

    attempt = run(go())

    assert (attempt.fault.name, attempt.fault.phase) == (FaultName.CLOSED, Phase.HEADERS)
    first, second = heard
    assert first.startswith(b"POST")
    assert second.startswith(b"\x16\x03")  # a handshake, and nothing of the request or its key
    assert b"uthorization" not in second


def test_a_peer_that_hangs_up_and_then_says_nothing_holds_nobody_up(wire):
    held = []

    async def handle(reader, writer):
        held.append(writer)
        await reader.read(4096)
        if len(held) == 1:
            writer.close()

    async def go():
        server = await asyncio.start_server(handle, "127.0.0.1", 0)
        try:
            port = server.sockets[0].getsockname()[1]
            return await asyncio.wait_for(wire.ask(f"http://127.0.0.1:{port}/v1"), 10)
        finally:
            for writer in held:
                writer.close()
            server.close()

    assert run(go()).fault.name is FaultName.CLOSED


def test_a_tls_alert_in_place_of_an_answer_is_told(wire):
    async def go():
        async with wire.serving(wire.saying(b"\x15\x03\x01\x00\x02\x02\x46")) as server:
            return await wire.ask(server.url)

    assert run(go()).fault.name is FaultName.TLS_PROTOCOL


def test_tls_on_a_plain_port_is_told(wire):
    async def respond(reader, writer):
        writer.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()

    async def handle(reader, writer):
        await reader.read(1)
        await respond(reader, writer)
        writer.close()

    async def go():
        server = await asyncio.start_server(handle, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        attempt = await wire.ask(f"https://127.0.0.1:{port}/v1")
        server.close()
        await server.wait_closed()
        return attempt

    attempt = run(go())

    assert (attempt.fault.name, attempt.fault.phase) == (FaultName.TLS_PROTOCOL, Phase.TLS)


def test_a_handshake_that_never_answers_is_told_by_its_phase(wire):
    async def go():
        async def handle(reader, writer):
            await reader.read()
            writer.close()

        server = await asyncio.start_server(handle, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        hurried = replace(wire.QUICK, connect_s=0.5)
        attempt = await wire.ask(f"https://127.0.0.1:{port}/v1", timeouts=hurried)
        server.close()
        await server.wait_closed()
        return attempt

    attempt = run(go())

    assert (attempt.fault.name, attempt.fault.phase) == (FaultName.TIMEOUT, Phase.TLS)
    assert attempt.fault.timer == "connect"


@pytest.fixture
def outside(monkeypatch):
    """Makes the transport take this machine for a host out there, so that a proxy is used."""
    monkeypatch.setattr(transport, "is_loopback", lambda host: False)


def proxied(wire, respond, *, target="http://far.invalid/v1"):
    async def go():
        async with wire.serving(respond) as proxy:
            network = Network(proxy=f"http://me:{PASSWORD}@127.0.0.1:{proxy.port}")
            return await wire.ask(target, network=network), proxy

    return run(go())


def test_a_plain_request_goes_through_a_proxy_in_absolute_form(wire):
    attempt, proxy = proxied(wire, wire.saying(wire.answer(wire.GOOD)))

    assert attempt.reply.text == "Test successful"
    head = proxy.heads[0].decode()
    assert head.startswith("POST http://far.invalid/v1/chat/completions HTTP/1.1\r\n")
    basic = base64.b64encode(f"me:{PASSWORD}".encode()).decode()
    assert f"Proxy-Authorization: Basic {basic}" in head
    assert PASSWORD not in repr(attempt)


def test_a_tunnel_carries_tls_and_the_proxy_never_sees_the_key(wire, certificate, outside):
    async def go():
        context, cert = certificate
        async with wire.serving(wire.saying(wire.answer(wire.GOOD)), ssl=context) as server:

            async def respond(reader, writer):
                there = await asyncio.open_connection("127.0.0.1", server.port)
                writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
                try:
                    await asyncio.gather(pump(reader, there[1]), pump(there[0], writer))
                finally:
                    there[1].transport.abort()

            async with wire.serving(respond) as proxy:
                network = Network(
                    proxy=f"http://me:{PASSWORD}@127.0.0.1:{proxy.port}", ca_file=cert
                )
                url = server.url.replace("127.0.0.1", "localhost")
                return await wire.ask(url, network=network), proxy, server

    attempt, proxy, server = run(go())

    assert attempt.reply.text == "Test successful"
    assert proxy.heads[0].startswith(b"CONNECT localhost:%d HTTP/1.1\r\n" % server.port)
    assert b"sk-test" not in b"".join(proxy.heads)
    assert b"Proxy-Authorization" not in server.heads[0]


async def pump(reader, writer):
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    writer.close()


@pytest.mark.parametrize(
    "reply", [b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", b"HTTP/1.1 502 No\r\n\r\n",
              b"", b"\x00" * 20_000],
)  # fmt: skip
def test_a_proxy_that_refuses_a_tunnel_is_named_without_its_password(wire, reply):
    attempt, _ = proxied(wire, wire.saying(reply), target="https://far.invalid/v1")

    assert attempt.fault.name is FaultName.PROXY
    assert PASSWORD not in repr(attempt)


def test_a_proxy_that_is_not_there_is_the_proxys_fault(wire):
    for proxy in (f"http://me:{PASSWORD}@127.0.0.1:1", f"http://me:{PASSWORD}@nobody.invalid:1"):
        attempt = run(wire.ask("http://far.invalid/v1", network=Network(proxy=proxy)))
        assert attempt.fault.name is FaultName.PROXY
        assert PASSWORD not in repr(attempt)
        assert "127.0.0.1" in attempt.fault.detail or "nobody.invalid" in attempt.fault.detail


def test_loopback_goes_straight_though_a_proxy_is_set(wire):
    async def go():
        async with wire.serving(wire.saying(wire.answer(wire.GOOD))) as server:
            return await wire.ask(server.url, network=Network(proxy="http://127.0.0.1:1"))

    assert run(go()).status == 200


def test_a_proxy_that_is_no_http_url_is_never_dialled(wire):
    attempt = run(wire.ask("http://far.invalid/v1", network=Network(proxy="socks5://127.0.0.1:1")))

    assert attempt.fault.name is FaultName.UNSENDABLE


def test_a_proxy_is_taken_from_nowhere_but_the_settings(wire, monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")

    attempt = run(wire.ask("http://nobody.invalid/v1"))

    assert attempt.fault.name is FaultName.DNS
