"""The API's own description: complete, true to the routes, and a page that loads nothing."""

import re

from gatewayz.server.openapi import document
from gatewayz.server.routes.docs import page


def test_every_route_is_described_and_no_other(own_backend):
    described = {
        (method.upper(), path)
        for path, methods in document()["paths"].items()
        for method in methods
    }
    for method, path in described:
        one = "one" if path.startswith("/api/") else "acme/one"
        answer = own_backend.ask(method, path.replace("{id}", one), b"{}")
        # Nothing was tested here: there is no store yet, or no run in it.
        untested = answer.status == 404 and answer.error["code"] in ("nothing_asked", "not_found")
        assert answer.status not in (404, 405) or untested, (method, path)
        other = "DELETE" if method == "GET" else "GET"
        assert own_backend.ask(other, path.replace("{id}", "x")).status == 405

    assert own_backend.get("/openapi.json").json == document()


def test_answers_are_as_described(own_backend):
    schemas = document()["components"]["schemas"]
    wrong = own_backend.chat(model="nowhere")
    (first, _) = own_backend.get("/v1/models").json["data"]

    assert set(schemas["Error"]["properties"]["error"]["required"]) == set(wrong.error)
    assert set(schemas["Model"]["properties"]) <= set(first)
    assert "404" in document()["paths"]["/v1/chat/completions"]["post"]["responses"]


def test_it_says_which_route_is_open(start, acme):
    api, client = document(), start(acme, GATEWAYZ_API_KEY="gw-our-own-key-of-this-test")
    paths = {path: path.replace("{id}", "x") for path in api["paths"]}

    open_ = {path for path, one in api["paths"].items() if one.get("get", {}).get("security") == []}
    answered = {path for path, asked in paths.items() if client.get(asked).status != 401}

    assert open_ == answered == {"/health", "/health/ready"}


def test_it_allows_for_an_answer_that_is_no_json(backend, provider, wire):
    provider.script = [wire.head("200 OK", "text/html", Content_Length=3) + b"hi\n"]
    answer = backend.chat()
    told = document()["paths"]["/v1/chat/completions"]["post"]["responses"]["200"]["content"]

    assert answer.headers["content-type"] == "text/html"
    assert "*/*" in told


def test_it_allows_for_another_success_than_200(backend, provider, wire):
    provider.script = [b"HTTP/1.1 204 No Content\r\n\r\n"]
    told = document()["paths"]["/v1/chat/completions"]["post"]["responses"]

    assert backend.chat().status == 204
    assert "2XX" in told


def test_the_page_names_every_route_and_loads_nothing(own_backend):
    answer = own_backend.get("/docs")
    html = answer.body.decode()

    assert answer.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    for path in document()["paths"]:
        assert f"<code>{path}</code>" in html
    assert re.findall(r"(?:src|href)=\"([^\"]*)\"", html) == ["openapi.json"]


def test_what_a_description_says_is_text_on_the_page():
    api = document()
    api["info"]["title"] = "<script>alert(1)</script>"
    api["paths"] = {"/<b>": {"get": {"summary": "`a<b`", "responses": {}}}}

    html = page(api)

    assert "<script>" not in html
    assert "<code>/&lt;b&gt;</code>" in html
    assert "<code>a&lt;b</code>" in html
