"""OpenAI's own SDK for Python, with its strict check of every answer against OpenAI's types."""

import json

import openai
from asking import PERSON_FORMAT, TOOL, answer_all, of_openai, usage, user


def client(ask):
    return openai.OpenAI(
        base_url=ask["base_url"],
        api_key=ask["key"],
        max_retries=ask["retries"],
        _strict_response_validation=True,
    )


def models(ask):
    return {"ids": [model.id for model in client(ask).models.list()]}


def model(ask):
    return {"id": client(ask).models.retrieve(ask["model"]).id}


def chat(ask, **extra):
    raw = client(ask).chat.completions.with_raw_response.create(
        model=ask["model"], messages=user(ask), temperature=0, **extra
    )
    answer = raw.parse()
    choice = answer.choices[0]
    return {
        "text": choice.message.content,
        "finish": choice.finish_reason,
        "usage": usage(answer.usage),
        "served_by": raw.headers["x-gatewayz-gateway"],
        "calls": [called(call.function) for call in choice.message.tool_calls or ()],
    }


def called(function):
    return {"name": function.name, "arguments": json.loads(function.arguments)}


def stream(ask, **extra):
    asked = {"model": ask["model"], "messages": user(ask), "temperature": 0, **extra}
    with client(ask).chat.completions.stream(
        **asked, stream_options={"include_usage": True}
    ) as events:
        pieces = [event.delta for event in events if event.type == "content.delta"]
        answer = events.get_final_completion()
    choice = answer.choices[0]
    return {
        "text": "".join(pieces),
        "pieces": len(pieces),
        "finish": choice.finish_reason,
        "usage": usage(answer.usage),
        "calls": [called(call.function) for call in choice.message.tool_calls or ()],
    }


def json_schema(ask):
    return {"value": json.loads(chat(ask, response_format=PERSON_FORMAT)["text"])}


OPERATIONS = {
    "models": models,
    "model": model,
    "chat": chat,
    "stream": stream,
    "tool_call": lambda ask: chat(ask, tools=[TOOL]),
    "tool_call_streamed": lambda ask: stream(ask, tools=[TOOL]),
    "json_schema": json_schema,
}

if __name__ == "__main__":
    answer_all("openai", OPERATIONS, of_openai)
