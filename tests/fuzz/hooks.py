"""Loaded by Schemathesis: which models are asked for, and rules that the document cannot tell.

Runs in the environment of `make fuzz`, apart from the package that it attacks. `FUZZ_MODELS` (by
path) and `FUZZ_SECRETS` are JSON: models to ask for, and texts that no answer may hold.
"""

import json
import os
import zlib

import schemathesis
from schemathesis.core.failures import MalformedJson
from schemathesis.openapi.checks import ContentDeserializationError

MODELS = json.loads(os.environ["FUZZ_MODELS"])
SECRETS = json.loads(os.environ["FUZZ_SECRETS"])
LONGEST_MODEL = 500
# An event as Schemathesis reads it; what a provider says in it is its own affair.
EVENT = {"type": "object", "properties": {"data": {"type": "string"}}}
DONE = "[DONE]"


@schemathesis.hook
def before_load_schema(ctx, raw_schema):
    """The document allows for servers without a key, and the one that is attacked has one.

    OpenAPI 3.1 knows of no events, so there a stream is one text; Schemathesis reads it event by
    event, as 3.2 would tell it.
    """
    raw_schema["security"] = [one for one in raw_schema["security"] if one]
    for path in raw_schema["paths"].values():
        for operation in path.values():
            for answer in operation["responses"].values():
                if stream := answer.get("content", {}).get("text/event-stream"):
                    stream["itemSchema"] = EVENT
                    stream.pop("schema", None)


@schemathesis.hook
def before_call(ctx, case, kwargs):
    """Any text is a model's name by the document, and nearly none would reach a provider.

    One that the document allows becomes one that is served, and half of the lists of messages become
    one that a provider takes; what else is wrong stays wrong. Which hangs on the rest of the body, so
    that a case that is sent again is the same.
    """
    models = MODELS.get(case.operation.path)
    body = case.body
    if models is None or not isinstance(body, dict) or not _may_be_a_model(body.get("model")):
        return
    seed = zlib.crc32(repr(body).encode("utf-8", "surrogatepass"))
    # Some are left as they are: an unknown model must get one more good answer.
    if seed % 16 == 0:
        return
    case.body = {**body, "model": models[seed // 32 % len(models)]}
    if seed // 16 % 2 and isinstance(body.get("messages"), list):
        case.body["messages"] = [{"role": "user", "content": "Count from 1 to 5."}]


def _may_be_a_model(value):
    return isinstance(value, str) and value != "" and len(value) <= LONGEST_MODEL


@schemathesis.hook
def filter_failure(ctx, failure, case, response):
    """A provider's 2xx passes byte for byte (docs/server.md): what is no JSON or no text is its own."""
    is_passed_on = response.status_code < 300 and "x-gatewayz-gateway" in response.headers
    of_the_body = isinstance(failure, MalformedJson | ContentDeserializationError)
    return not (is_passed_on and of_the_body)


@schemathesis.check
def no_trouble_of_ours(ctx, response, case):
    """A 5xx is a provider's and says whose; none is a bug of ours."""
    if response.status_code < 500:
        return
    error = json.loads(response.content)["error"]
    assert error["type"] != "internal_error", error["message"]
    assert error["gateway"], f"{response.status_code} and no gateway: {error['message']}"


@schemathesis.check
def what_the_document_allows_is_not_refused_by_us(ctx, response, case):
    """A request that keeps to the document may fail at the provider, and nowhere else."""
    if case.meta is None or not case.meta.generation.mode.is_positive:
        return
    if response.status_code in (400, 405, 413, 415, 422):
        error = json.loads(response.content)["error"]
        # Of two parameters, each as the document has it, no document says that they do not fit.
        if error["code"] != "parameters_do_not_fit":
            assert error["gateway"], f"{response.status_code}: {error['message']}"


@schemathesis.check
def a_stream_that_breaks_does_not_end_like_a_whole_one(ctx, response, case):
    """Our error event is the last one."""
    if "text/event-stream" not in "".join(response.headers.get("content-type", [])):
        return
    lines = response.content.decode("utf-8", "replace").splitlines()
    events = [line[5:].strip() for line in lines if line.startswith("data:")]
    told = [at for at, event in enumerate(events) if '"class":' in event and '"gateway":' in event]
    if told:
        assert told == [len(events) - 1], events[-3:]
        assert DONE not in events


@schemathesis.check
def every_answer_can_be_found_in_the_log(ctx, response, case):
    """It carries the id of its line."""
    assert response.headers.get("x-request-id"), "no x-request-id"


@schemathesis.check
def no_secret_is_told(ctx, response, case):
    """No provider's key, nor ours, in a body or a header."""
    answer = repr(dict(response.headers)) + response.content.decode("utf-8", "replace")
    for secret in SECRETS:
        assert secret not in answer, "an answer holds a key"
