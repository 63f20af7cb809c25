"""What every client of Python is asked in the same way; standard library only.

A script hands its operations to `answer_all`, which reads what to ask from standard input, one JSON
document, and prints what came of each, another one.
"""

import json
import sys
import traceback
from importlib.metadata import version

TOOL_NAME, TOOL_ABOUT = "get_weather", "The weather in a city."
TOOL_TAKES = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}
TOOL = {
    "type": "function",
    "function": {"name": TOOL_NAME, "description": TOOL_ABOUT, "parameters": TOOL_TAKES},
}
PERSON = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
    "required": ["name", "age"],
    "additionalProperties": False,
}
PERSON_FORMAT = {
    "type": "json_schema",
    "json_schema": {"name": "person", "strict": True, "schema": PERSON},
}


def user(ask):
    """The messages of an ask, as OpenAI's API has them."""
    return [{"role": "user", "content": ask["prompt"]}]


def usage(counts, read="prompt_tokens", written="completion_tokens"):
    """Token counts under the same two names for every client; None where there are none."""
    return counts and {"input": getattr(counts, read), "output": getattr(counts, written)}


def error_of(raised, status, headers, code=None):
    """An error as its client shows it: its class, its parents' and what can be read from it."""
    kind = type(raised)
    return {
        "class": kind.__name__,
        "is": [parent.__name__ for parent in kind.__mro__],
        "status": status,
        "retry_after": headers.get("retry-after") if headers else None,
        "code": code,
        "message": str(raised),
    }


def of_openai(raised):
    """An exception of OpenAI's SDK, which other clients let through; None for any other."""
    import openai

    if isinstance(raised, openai.APIStatusError):
        return error_of(raised, raised.status_code, raised.response.headers, raised.code)
    if isinstance(raised, openai.APIError):
        return error_of(raised, None, None, raised.code)
    return None


def answer_all(package, operations, describe):
    """Ask everything in turn; `describe` makes an error's description, None for no error of its own."""
    asked = json.load(sys.stdin)
    answers = {}
    for ask in asked:
        try:
            answers[ask["id"]] = operations[ask["do"]](ask)
        except Exception as raised:  # noqa: BLE001 -- whatever comes is the answer
            told = describe(raised)
            if told is None:
                traceback.print_exc()
                told = error_of(raised, None, None)
            answers[ask["id"]] = {"error": told}
    json.dump({"version": version(package), "answers": answers}, sys.stdout)
