"""Requests of the server's tests as bytes, for what no client library would send."""

import json


def post(body, **headers):
    fields = {
        "Host": "localhost",
        "Content-Type": "application/json",
        "Content-Length": len(body),
        **headers,
    }
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in fields.items()]
    return (
        "POST /v1/chat/completions HTTP/1.1\r\n" + "\r\n".join(lines) + "\r\n\r\n"
    ).encode() + body


def chat(**fields):
    return json.dumps({"model": "acme/one", "messages": [], **fields}).encode()
