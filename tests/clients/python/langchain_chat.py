"""LangChain's ChatOpenAI."""

from asking import PERSON, TOOL, answer_all, of_openai
from langchain_openai import ChatOpenAI


def llm(ask):
    return ChatOpenAI(
        model=ask["model"],
        temperature=0,
        base_url=ask["base_url"],
        api_key=ask["key"],
        max_retries=ask["retries"],
        stream_usage=True,
        include_response_headers=True,
    )


def told(answer):
    counts = answer.usage_metadata
    return {
        "text": answer.text,
        "finish": answer.response_metadata["finish_reason"],
        "usage": counts and {"input": counts["input_tokens"], "output": counts["output_tokens"]},
        "served_by": answer.response_metadata["headers"]["x-gatewayz-gateway"],
        "calls": [{"name": call["name"], "arguments": call["args"]} for call in answer.tool_calls],
    }


def chat(ask):
    return told(llm(ask).invoke(ask["prompt"]))


def stream(ask):
    return streamed(llm(ask), ask)


def streamed(model, ask):
    whole, pieces = None, []
    for chunk in model.stream(ask["prompt"]):
        whole = chunk if whole is None else whole + chunk
        pieces += [chunk.text] if chunk.text else []
    return {**told(whole), "pieces": len(pieces)}


def json_schema(ask):
    schema = {"title": "person", "description": "A person.", **PERSON}
    structured = llm(ask).with_structured_output(schema, method="json_schema", strict=True)
    return {"value": structured.invoke(ask["prompt"])}


OPERATIONS = {
    "chat": chat,
    "stream": stream,
    "tool_call": lambda ask: told(llm(ask).bind_tools([TOOL]).invoke(ask["prompt"])),
    "tool_call_streamed": lambda ask: streamed(llm(ask).bind_tools([TOOL]), ask),
    "json_schema": json_schema,
}

if __name__ == "__main__":
    answer_all("langchain-openai", OPERATIONS, of_openai)
