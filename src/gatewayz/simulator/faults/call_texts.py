"""Tool calls as the templates of several model families write them into the text.

Hermes, Mistral, Llama, Qwen's coder, Gemma, DeepSeek, ReAct, and the pseudo-code of models that were
never taught a form.
"""

from __future__ import annotations

from gatewayz.simulator.answers import Call
from gatewayz.simulator.faults.planting import parsed


def _hermes(call: Call) -> str:
    return f'<tool_call>\n{{"name": "{call.name}", "arguments": {call.arguments}}}\n</tool_call>'


def _mistral(call: Call) -> str:
    return f'[TOOL_CALLS][{{"name": "{call.name}", "arguments": {call.arguments}}}]'


def _colon(call: Call) -> str:
    return f"call:{call.name}{call.arguments}"


def _bare(call: Call) -> str:
    return f'{{"name": "{call.name}", "arguments": {call.arguments}}}'


def _bare_parameters(call: Call) -> str:
    return f'{{"type": "function", "name": "{call.name}", "parameters": {call.arguments}}}'


def _function_tag(call: Call) -> str:
    return f"<function={call.name}>{call.arguments}</function>"


def _xml(call: Call) -> str:
    given = parsed(call.arguments)
    rows = "".join(f"<parameter={name}>\n{value}\n</parameter>\n" for name, value in given.items())
    return f"<tool_call>\n<function={call.name}>\n{rows}</function>\n</tool_call>"


def _invoke(call: Call) -> str:
    given = parsed(call.arguments)
    rows = "".join(f'<parameter name="{n}">{value}</parameter>\n' for n, value in given.items())
    return f'<function_calls>\n<invoke name="{call.name}">\n{rows}</invoke>\n</function_calls>'


def _python(call: Call) -> str:
    given = parsed(call.arguments)
    arguments = ", ".join(f"{name}={value!r}" for name, value in given.items())
    return f"```tool_code\n{call.name}({arguments})\n```"


def _pythonic_list(call: Call) -> str:
    given = parsed(call.arguments)
    return f"[{call.name}({', '.join(f'{name}={value!r}' for name, value in given.items())})]"


def _react(call: Call) -> str:
    return f"Action: {call.name}\nAction Input: {call.arguments}"


def _deepseek(call: Call) -> str:
    return (
        f"<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>{call.name}\n"
        f"```json\n{call.arguments}\n```<｜tool▁call▁end｜><｜tool▁calls▁end｜>"
    )


WRITERS = (
    _hermes,
    _mistral,
    _colon,
    _bare,
    _bare_parameters,
    _function_tag,
    _xml,
    _invoke,
    _python,
    _pythonic_list,
    _react,
    _deepseek,
)
