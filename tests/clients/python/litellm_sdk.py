"""LiteLLM's SDK, which calls any OpenAI-compatible server as `openai/<model>`."""

import json
import warnings

# Its answers warn of their own fields when they are made into text.
warnings.simplefilter("ignore")

import litellm  # noqa: E402
import openai  # noqa: E402
from asking import PERSON_FORMAT, TOOL, answer_all, error_of, usage, user  # noqa: E402

litellm.suppress_debug_info = True
# Its tokenizers come from a hub that is looked up whenever a model's name sounds known.
litellm.disable_hf_tokenizer_download = True


def complete(ask, **extra):
    return litellm.completion(
        model=f"openai/{ask['model']}",
        messages=user(ask),
        temperature=0,
        api_base=ask["base_url"],
        api_key=ask["key"],
        num_retries=ask["retries"],
        max_retries=ask["retries"],
        **extra,
    )


def models(ask):
    return {
        "ids": litellm.get_valid_models(
            check_provider_endpoint=True,
            custom_llm_provider="openai",
            api_key=ask["key"],
            api_base=ask["base_url"].removesuffix("/v1"),
        )
    }


def told(answer):
    choice = answer.choices[0]
    return {
        "text": choice.message.content,
        "finish": choice.finish_reason,
        "usage": usage(answer.usage),
        "calls": [
            {"name": call.function.name, "arguments": json.loads(call.function.arguments)}
            for call in choice.message.tool_calls or ()
        ],
    }


def chat(ask, **extra):
    answer = complete(ask, **extra)
    headers = answer._hidden_params["additional_headers"]
    return {**told(answer), "served_by": headers["llm_provider-x-gatewayz-gateway"]}


def stream(ask, **extra):
    chunks = list(complete(ask, stream=True, stream_options={"include_usage": True}, **extra))
    pieces = [
        piece for chunk in chunks if chunk.choices and (piece := chunk.choices[0].delta.content)
    ]
    return {
        **told(litellm.stream_chunk_builder(chunks)),
        "text": "".join(pieces),
        "pieces": len(pieces),
    }


def json_schema(ask):
    return {"value": json.loads(chat(ask, response_format=PERSON_FORMAT)["text"])}


def describe(raised):
    # Its exceptions are OpenAI's, and a few that have no status.
    if isinstance(raised, openai.APIStatusError):
        given = getattr(raised, "litellm_response_headers", None) or raised.response.headers
        return error_of(raised, raised.status_code, given, raised.code)
    if isinstance(raised, openai.OpenAIError):
        headers = getattr(raised, "litellm_response_headers", None)
        return error_of(raised, getattr(raised, "status_code", None), headers)
    return None


OPERATIONS = {
    "models": models,
    "chat": chat,
    "stream": stream,
    "tool_call": lambda ask: chat(ask, tools=[TOOL]),
    "tool_call_streamed": lambda ask: stream(ask, tools=[TOOL]),
    "json_schema": json_schema,
}

if __name__ == "__main__":
    answer_all("litellm", OPERATIONS, describe)
