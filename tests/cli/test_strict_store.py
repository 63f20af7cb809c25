"""Whatever a provider sends, what is stored of it is valid UTF-8 and strict JSON (rule 49)."""

import json
import re
import socketserver
import sqlite3
import threading
from contextlib import closing

import pytest
from tests.client.conftest import answer

from gatewayz.store import open_store


def chat(content, usage=b'{"prompt_tokens":5,"completion_tokens":2}', more=b""):
    return (
        b'{"id":"1","model":"m","choices":[{"index":0,"message":{"role":"assistant","content":'
        + content + b'},"finish_reason":"stop"}],"usage":' + usage + more + b"}"
    )  # fmt: skip


_HUGE = b"9" * 4000
# By the model that is asked: a status, and a body that was never meant to be stored.
BODIES = {
    "halves": (200, chat(rb'"Test \ud83d successful \udc00\u0000"')),
    "invalid-bytes": (200, chat(b'"Test successful \xff\xfe\xc0\x80\xed\xa0\xbd"')),
    "huge-usage": (200, chat(b'"Test successful"', b'{"prompt_tokens":%s,"completion_tokens":1e999}' % _HUGE)),
    "odd-usage": (200, chat(b'"Test successful"', b'{"prompt_tokens":-1e308,"completion_tokens":"7\\ud800"}')),
    "nan": (200, chat(b'"Test successful"', b'{"prompt_tokens":NaN,"completion_tokens":-Infinity}')),
    "huge-fields": (200, chat(b'"Test successful"', more=b',"created":%s,"x":1e400' % _HUGE)),
    "error-halves": (400, rb'{"error":{"message":"\udfff\u0000 no","code":1e999,"type":"\ud800"}}'),
    "error-bytes": (500, b"\xff\xfe\x00broken\x80" * 9),
    "error-huge": (429, b'{"error":{"message":"slow","code":%s},"retry_after":1e999}' % _HUGE),
    "deep": (200, b"[" * 5000),
    "text-is-number": (200, chat(b"1e999")),
    "utf-16": (200, chat(b'"Test successful"').decode().encode("utf-16")),
}  # fmt: skip
_MODELS = b",".join(
    b'{"id":"%s","object":"model","name":"\\ud800 \\u0000","context_length":%s,"created":1e999,'
    b'"pricing":{"prompt":"1e999","completion":NaN}}' % (name.encode(), _HUGE)
    for name in BODIES
)
LISTS = {
    # What a bounded reader of strict JSON takes, so that the models are asked.
    "strict": b'{"data":[%s]}' % re.sub(rb"NaN|1e999|9{4000}", b"9" * 30, _MODELS),
    "loose": b'{"data":[%s]}' % _MODELS,
}


class Odd(socketserver.StreamRequestHandler):
    """Answers one request, of either kind."""

    timeout = 20

    def handle(self):
        head, length = self.rfile.readline(), 0
        while (line := self.rfile.readline()).strip():
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        body = self.rfile.read(length)
        status, said = 200, self.server.listed
        if head.startswith(b"POST"):
            status, said = BODIES[json.loads(body)["model"]]
        odd = b"X-Request-Id: \xff\xfe\x80", b"Connection: close"
        self.wfile.write(answer(said, status=b"%d \xff odd" % status, headers=odd))


@pytest.fixture
def provider():
    """A provider on a raw socket that gives this list, and to each model its body; its host and port."""
    servers = []

    def serving(listed):
        server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Odd)
        server.listed = LISTS[listed]
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        servers.append((server, thread))
        return f"127.0.0.1:{server.server_address[1]}"

    yield serving
    for server, thread in servers:
        server.shutdown()
        server.server_close()
        thread.join(10)


def no_number(name):
    raise ValueError(f"{name} is no JSON")


def strings_in(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, one in value.items():
            yield from (key, *strings_in(one))
    elif isinstance(value, list):
        for one in value:
            yield from strings_in(one)


def unsound(path):
    """Every value of a store's file that is no valid UTF-8, or is meant as JSON and is no strict one."""
    with closing(sqlite3.connect(path)) as connection:
        connection.text_factory = bytes
        tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        for (table,) in tables.fetchall():
            found = connection.execute(f'SELECT * FROM "{table.decode()}"')
            names = [column[0] for column in found.description]
            for row in found:
                for name, value in zip(names, row, strict=True):
                    problem = wrong_with(value)
                    if problem:
                        yield f"{table.decode()}.{name}: {problem}"


def wrong_with(value):
    if isinstance(value, float):
        return "" if abs(value) < 1e300 else f"{value} is no sensible number"
    if not isinstance(value, bytes):
        return ""
    try:
        text = value.decode("utf-8")
        if text[:1] in "{[" and text:
            for one in strings_in(json.loads(text, parse_constant=no_number)):
                one.encode("utf-8")
                assert "\x00" not in one
    except (ValueError, AssertionError) as wrong:
        return f"{wrong!r}"
    return ""


@pytest.mark.parametrize("listed", LISTS)
def test_all_that_is_stored_of_a_hostile_provider_is_sound(gatewayz, provider, tmp_path, listed):
    done = gatewayz(
        "test", "groq", "--models", "all", "--store", "s.db", GATEWAYZ_RETRIES="0",
        GROQ_BASE_URL=f"http://{provider(listed)}/v1", GROQ_API_KEY="gsk-0123456789abcdef",
    )  # fmt: skip

    assert done.returncode in (1, 3), done.stderr
    assert "Traceback" not in done.stderr
    with closing(open_store(tmp_path / "s.db")) as store:
        run = store.run("last")
        lines = list(store.copies.lines(store.copies.ids()))
    asked = {v.observation.case.model.id for v in run.verdicts if v.observation.case.model}
    assert asked in (set(BODIES), set())
    assert run.verdicts
    assert listed == "loose" or asked == set(BODIES)
    assert list(unsound(tmp_path / "s.db")) == []
    assert [wrong_with(line.encode()) for line in lines] == [""] * len(lines)


def test_the_search_for_what_is_unsound_finds_it(tmp_path):
    with closing(sqlite3.connect(tmp_path / "x.db")) as connection:
        connection.execute("CREATE TABLE t (a)")
        bad = [b"\xff", b'{"a": NaN}', b'["\\ud800"]', b'{"\\u0000": 1}', b"{", float("inf")]
        connection.executemany(
            "INSERT INTO t VALUES (?)", [(one,) for one in [*bad, b"{}", "fine", 1]]
        )
        connection.commit()

    assert len(list(unsound(tmp_path / "x.db"))) == len(bad)
