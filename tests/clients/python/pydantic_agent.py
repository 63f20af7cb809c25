"""pydantic-ai's Agent over its model for OpenAI-compatible servers."""

import asyncio

import openai
from asking import TOOL_ABOUT, TOOL_NAME, TOOL_TAKES, answer_all, error_of
from pydantic import BaseModel
from pydantic_ai import (
    Agent,
    DeferredToolRequests,
    ExternalToolset,
    ModelAPIError,
    ModelHTTPError,
    NativeOutput,
    ToolDefinition,
)
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.openai import OpenAIProvider

_TOOL = ToolDefinition(name=TOOL_NAME, parameters_json_schema=TOOL_TAKES, description=TOOL_ABOUT)
# A tool that the program runs itself: the agent hands the call out instead of making it.
TOOLS = ExternalToolset([_TOOL])


class Person(BaseModel):
    name: str
    age: int


def asked(ask, work, **extra):
    """What `work` makes of an agent; one event loop and one client for each ask."""

    async def run():
        sdk = openai.AsyncOpenAI(
            base_url=ask["base_url"], api_key=ask["key"], max_retries=ask["retries"]
        )
        async with sdk:
            model = OpenAIChatModel(ask["model"], provider=OpenAIProvider(openai_client=sdk))
            agent = Agent(model, retries=0, model_settings={"temperature": 0}, **extra)
            return await work(agent, ask["prompt"])

    return asyncio.run(run())


def told(result, output):
    last, counts = result.all_messages()[-1], result.usage
    waiting = output.calls if isinstance(output, DeferredToolRequests) else ()
    return {
        "text": "" if waiting else output,
        "finish": last.finish_reason,
        "usage": {"input": counts.input_tokens, "output": counts.output_tokens},
        "calls": [{"name": call.tool_name, "arguments": call.args_as_dict()} for call in waiting],
    }


async def whole(agent, prompt):
    result = await agent.run(prompt)
    return told(result, result.output)


async def streamed(agent, prompt):
    async with agent.run_stream(prompt) as result:
        pieces = [piece async for piece in result.stream_text(delta=True, debounce_by=None)]
        return {**told(result, "".join(pieces)), "pieces": len(pieces)}


async def streamed_call(agent, prompt):
    async with agent.run_stream(prompt) as result:
        return told(result, await result.get_output())


async def person(agent, prompt):
    return {"value": (await agent.run(prompt)).output.model_dump()}


def describe(raised):
    if isinstance(raised, ModelHTTPError):
        return error_of(raised, raised.status_code, raised.headers, raised.provider_error_code)
    if isinstance(raised, ModelAPIError | openai.OpenAIError):
        return error_of(raised, None, None)
    return None


WITH_TOOLS = {"toolsets": [TOOLS], "output_type": [str, DeferredToolRequests]}
OPERATIONS = {
    "chat": lambda ask: asked(ask, whole),
    "stream": lambda ask: asked(ask, streamed),
    "tool_call": lambda ask: asked(ask, whole, **WITH_TOOLS),
    "tool_call_streamed": lambda ask: asked(ask, streamed_call, **WITH_TOOLS),
    "json_schema": lambda ask: asked(ask, person, output_type=NativeOutput(Person, strict=True)),
}

if __name__ == "__main__":
    answer_all("pydantic-ai-slim", OPERATIONS, describe)
