"""Text that a provider could send to harm whoever shows, keeps or runs it, and a run full of it."""

from dataclasses import replace

from gatewayz.core import Attempt, Case, Finding, Model, Observation, Outcome, Reply, Verdict
from gatewayz.core.attempt import ErrorBody, Evidence, FaultName, Phase, ToolCall, Usage, WireFault
from gatewayz.core.failures import failure
from gatewayz.core.text import well_formed

STRINGS = {
    "colours": "\x1b[31mred\x1b[0m",
    "clear screen": "\x1b[2J\x1b[H\x1bc",
    "clipboard": "\x1b]52;c;Zm9vYmFy\x07",
    "link": "\x1b]8;;http://evil.example\x1b\\here\x1b]8;;\x1b\\",
    "title": "\x1b]0;pwned\x07",
    "device control": "\x1bPq#0;2;0;0;0\x1b\\",
    "report request": "\x1b[6n\x1b[c\x05",
    "C1 controls": "\x9b31m \x9d52;c;Zm9v\x9c \x90q\x9c",
    "never ends": "\x1b]52;c;",
    "ends elsewhere": "Zm9v\x07\x1b\\",
    "lone CR": "[OK] all good\r[FAIL]",
    "backspaces": "FAIL\x08\x08\x08\x08OK  ",
    "NUL and DEL": "a\x00b\x7fc",
    "bidirectional": "sim/\u202egnp.exe\u202c \u2066x\u2069 \u061c",
    "zero width": "gpt\u200b-\u200c4\u200d\u2060o\ufeff",
    "marks of no width": "gpt\u034f-4\u17b4\u17b5o\ufe0f-\U000e0100mini 👩\u200dx",
    "tag characters": "a\U000e0041\U000e0042\U000e007f",
    "lone surrogates": "a\ud83d b\udc00",
    "no characters": "\ufffe \uffff \U0001fffe",
    "line ends": "one\r\ntwo\nthree\u2028four\u2029five\x85six\x0bseven\x0ceight",
    "forged lines": "x\n[1/1] m                 ... [OK] (0.01s)\nTOTAL: 9/9 models passed\n2026-01-01 INFO x",
    "XML": "]]> <![CDATA[x]]> <!ENTITY x SYSTEM 'file:///etc/passwd'> &x; &#0; </testsuite>",
    "HTML": "<script>alert(1)</script><img src=x onerror=alert(1)><a href='javascript:1'>x</a>",
    "Markdown": "| a | `b` ```\n~~~\n# h\n- x\n[x](javascript:alert(1)) ![i](http://evil.example) **b** @all",
    "fences": "`````` ~~~~~~ ```sh\nrm -rf /\n```",
    "SQL": "'; DROP TABLE verdicts; -- \" OR 1=1 /*",
    "templates": "{0.__class__} {key_env} %s %(x)s ${HOME} {{7*7}} $HOME",
    "shell": "$(touch pwned) `touch pwned` ; touch pwned | '\"\\ \n!!",
    "paths": "../../../../tmp/pwned /etc/passwd C:\\x CON NUL.txt .",
    "formula": "=cmd|' /C calc'!A0 +1 -1 @SUM(1)",
    "rich markup": "[bold red]x[/] [link=http://evil.example]x[/link] :bomb:",
    "long": "x" * 5000,
    "wide": "界🦙👩\u200d🚀é\u0301" * 40,
}  # fmt: skip

# What no terminal, page or log may be handed: controls, marks that nobody sees, halves.
FORBIDDEN = (
    r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u034f\u061c\u17b4\u17b5\u200b\u200c\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff"
    r"\ud800-\udfff\ufffe\uffff\U000e0000-\U000e01ef]"
)


def attempt(text, **more):
    """An attempt in which the text stands in every field that a provider fills, as it is kept."""
    text = well_formed(text)
    call = ToolCall(id=text, name=text, arguments=text)
    fields = {
        "url": "https://api.example/v1/chat/completions",
        "body": {"model": text, "messages": [{"role": "user", "content": text}]},
        "status": 400,
        "had_key": True,
        "headers": {"x-request-id": text, "server": text},
        "content_type": text,
        "excerpt": text,
        "evidence": Evidence(text=text),
        "fault": WireFault(name=FaultName.RESET, phase=Phase.BODY, detail=text),
        "error": ErrorBody(message=text, type=text, code=text, param=text, kind=text, gateway=text),
        "reply": Reply(
            text=text, reasoning=text, refusal=text, tool_calls=(call,), finish_reason=text,
            model=text, id=text, others=(text,), fingerprint=text, notice=text,
            usage=Usage(input_tokens=1), oddities=("finish-unknown",),
        ),
    }  # fmt: skip
    return Attempt(**{**fields, **more})


def verdicts(text, gateway="groq"):
    """One of each outcome, with the text wherever a provider may put it."""
    text = well_formed(text)
    finding = Finding(kind="finish-unknown", saw=text, expected=text, warning=True)
    failed = Verdict(
        observation=Observation(
            case=Case(gateway=gateway, probe="chat", model=Model(id=text, name=text)),
            attempts=(attempt(text),),
        ),
        outcome=Outcome.FAILED,
        failure=failure("moved-endpoint", text),
        also=(failure("model-not-found", text),),
        warnings=(finding, Finding(saw=text, warning=True)),
    )
    passed = replace(
        failed,
        outcome=Outcome.PASSED,
        failure=None,
        also=(),
        observation=replace(failed.observation, attempts=(attempt(text, status=200),)),
    )
    unknown = replace(failed, outcome=Outcome.UNKNOWN, failure=None, reason=text, warnings=())
    skipped = replace(unknown, outcome=Outcome.SKIPPED)
    return tuple(
        replace(v, observation=replace(v.observation, case=replace(v.observation.case, repeat=n)))
        for n, v in enumerate((failed, passed, unknown, skipped))
    )
