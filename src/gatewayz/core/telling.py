"""How each failure is told from its neighbours, in words for a reader."""

from __future__ import annotations

from gatewayz.core.kinds import Kind

# By class: what all of its failures have in common.
_OF_CLASS = {
    "auth": "a 401, or an error whose code or words speak of the key, whatever the status is",
    "permission": "a 403, or an error whose code or words say that a good key may not do this",
    "billing": "a 402, or an error whose code or words speak of credit or quota, also inside a 429",
    "not-found": "a 404 and what its words say is missing: the model, the route, a host for it",
    "bad-request": "a 400 or 422 and the field, code or words that say what is wrong with it",
    "rate-limit": "a 429, or an error that speaks of too many requests, and states no credit as gone",
    "server-error": "a status of 500 and above, or an error of that sort inside an answer",
    "unavailable": "a 503 or 529, or an error that says overloaded, loading, or nobody there",
    "timeout": "which time limit ran out, and how far the request had come by then",
    "network": "what the operating system said of the connection, and how much had come by then",
    "protocol": "the bytes of the answer, held against the rules for HTTP, JSON and event streams",
    "semantic": "the answer, held against what was asked",
    "performance": "arrival times over enough pieces or repeats, never a single one",
    "catalogue": "the model list, held against what its models do when asked",
}

# Where that says too little.
_OF_KIND = {
    "auth-no-key": "a refusal that speaks of the key, of a request that had none",
    "auth-key-expired-mid-run": "a refused key that was good earlier in the same run",
    "auth-key-with-newline": "the key itself, before anything is sent",
    "auth-listing-is-public": "a model list that was read, and a key that a chat call refused",
    "wrong-key-accepted": "an answer to a key made up for the purpose (probe wrong_key)",
    "malformed-body-accepted": "an answer to a body that is no JSON (probe malformed_body)",
    "refused-as-something-else": "the class of the refusal, against the class that was due",
    "unknown-model-accepted": "an answer to an id made up for the purpose (probe made_up_model)",
    "status-flattened": "an error inside an error, with another status than the outer one",
    "cold-start-never-ends": "three tries that found the model loading, its estimate not falling",
    "error-body-stall": "an error's status, and a text that never ended",
    "endpoint-not-found": "a 404 or 405 that does not speak of a model, where no other model is"
    " served at the same address",
    "proxy-failure": "an error of the proxy itself, before the gateway was reached",
    "retry-masked-latency": "tries before the one that passed",
    "deprecated-model": "a Deprecation or Sunset header, a notice beside the answer, or an error"
    " that says retired",
    "id-repeated-across-requests": "the ids of all answers of a run",
    "moderation-block": "an error whose code or words speak of moderation",
    "non-chat-listed": "what the list says of the model, or an error that says it is no chat model",
    "listed-not-servable": "two tries or more at a model of the list, under every spelling of its id, each"
    " met with `no such model`; or a bare 404 where another model was served",
    "listed-id-differs": "another spelling of the id that answers where the listed one does not",
    "id-case-mismatch": "the id in lower case that answers where the listed one does not",
    "servable-not-listed": "an answer by a model that the list does not hold",
    "models-flapping": "two readings of the model list",
}


def how_told(kind: Kind) -> str:
    """What a kind of failure is recognised by."""
    return _OF_KIND.get(kind.name) or how_class_told(kind.failure_class)


def how_class_told(failure_class: str) -> str:
    """What the failures of a class are recognised by."""
    return _OF_CLASS[failure_class]
