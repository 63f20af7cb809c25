"""Clients that others test with, each as its own documentation shows it.

    python -m benchmarks.tool_speed.others httpx|aiohttp|openai PORT

Run by the interpreter of an environment that has it; nothing of ours is imported.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from benchmarks.tool_speed.driving import Client, serve

_MODEL, _ANSWER = "bench", "Test successful"
_MESSAGES = [{"role": "user", "content": 'Respond with: "Test successful"'}]
_HEADERS = {"Authorization": "Bearer bench"}
_TIMEOUT_S = 60.0


def _body(**fields: Any) -> dict[str, Any]:
    return {"model": _MODEL, "messages": _MESSAGES, "temperature": 0.7, **fields}


def _whole() -> dict[str, Any]:
    return _body(max_tokens=50, stream=False)


def _streamed(chunks: int) -> dict[str, Any]:
    return _body(max_tokens=chunks, stream=True, stream_options={"include_usage": True})


def _has_text(line: str) -> bool:
    """Whether a line of an event stream holds a piece of the answer."""
    if not line.startswith("data: ") or line == "data: [DONE]":
        return False
    choices = json.loads(line[6:])["choices"]
    return bool(choices and choices[0]["delta"].get("content"))


def _check(document: dict[str, Any]) -> None:
    assert document["choices"][0]["message"]["content"] == _ANSWER, document


class Httpx:
    """httpx with its defaults, but for as many connections as are asked for."""

    def __init__(self, port: int) -> None:
        import httpx

        limits = httpx.Limits(max_connections=None, max_keepalive_connections=20)
        self._client = httpx.AsyncClient(limits=limits, timeout=_TIMEOUT_S, headers=_HEADERS)
        self._address = f"http://127.0.0.1:{port}/v1/chat/completions"

    async def whole(self) -> None:
        response = await self._client.post(self._address, json=_whole())
        _check(response.json())

    async def streamed(self, chunks: int) -> int:
        came = 0
        body = _streamed(chunks)
        async with self._client.stream("POST", self._address, json=body) as response:
            async for line in response.aiter_lines():
                came += _has_text(line)
        return came

    async def aclose(self) -> None:
        await self._client.aclose()


class Aiohttp:
    """aiohttp with its defaults, but for as many connections as are asked for."""

    def __init__(self, port: int) -> None:
        import aiohttp

        self._client = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0),
            timeout=aiohttp.ClientTimeout(total=_TIMEOUT_S),
            headers=_HEADERS,
        )
        self._address = f"http://127.0.0.1:{port}/v1/chat/completions"

    async def whole(self) -> None:
        async with self._client.post(self._address, json=_whole()) as response:
            _check(await response.json())

    async def streamed(self, chunks: int) -> int:
        came = 0
        async with self._client.post(self._address, json=_streamed(chunks)) as response:
            async for line in response.content:
                came += _has_text(line.decode().rstrip("\n"))
        return came

    async def aclose(self) -> None:
        await self._client.close()


class OpenAI:
    """The vendor's own SDK, with its own pool."""

    def __init__(self, port: int) -> None:
        import openai

        base = f"http://127.0.0.1:{port}/v1"
        self._client = openai.AsyncOpenAI(
            api_key="bench", base_url=base, timeout=_TIMEOUT_S, max_retries=0
        )

    async def whole(self) -> None:
        answer = await self._client.chat.completions.create(**_whole())
        assert answer.choices[0].message.content == _ANSWER, answer

    async def streamed(self, chunks: int) -> int:
        came = 0
        async for chunk in await self._client.chat.completions.create(**_streamed(chunks)):
            came += bool(chunk.choices and chunk.choices[0].delta.content)
        return came

    async def aclose(self) -> None:
        await self._client.close()


CLIENTS: dict[str, type[Any]] = {"httpx": Httpx, "aiohttp": Aiohttp, "openai": OpenAI}


def main() -> None:
    """Measures one of them."""
    name, port = sys.argv[1], int(sys.argv[2])

    def make() -> Client:
        client: Client = CLIENTS[name](port)
        return client

    serve(make)


if __name__ == "__main__":
    main()
