"""The clients that the matrix drives: where each is installed, what it cannot do, how it fails."""

import re
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
INSTALLED = ROOT / ".peers"
PYTHON = INSTALLED / "clients-python" / "bin" / "python"
LITELLM = INSTALLED / "litellm" / "bin" / "python"
MODULES = INSTALLED / "clients-node" / "node_modules"
LOOPBACK_ONLY = HERE / "node" / "loopback.cjs"

OPERATIONS = (
    "models",
    "model",
    "chat",
    "stream",
    "tool_call",
    "tool_call_streamed",
    "json_schema",
    "headers",
)
STATUSES = (400, 401, 403, 404, 429, 500, 503, 504)
_NO_LIST = "has no call that lists models"
_NO_CARD = "has no call that asks for one model"
_NO_HEADERS = "shows no headers of an answer, only those of an error"

# OpenAI's SDKs have one class for all of 5xx.
_OPENAI = {
    400: "BadRequestError",
    401: "AuthenticationError",
    403: "PermissionDeniedError",
    404: "NotFoundError",
    429: "RateLimitError",
    500: "InternalServerError",
    503: "InternalServerError",
    504: "InternalServerError",
}


@dataclass(frozen=True)
class Client:
    """One client: its script, the lock that holds its version, and what is known of it.

    `errors` names its exception class for each status, `broken` that for a stream that breaks.
    `cannot` gives the reason for each operation that it lacks. `adds_up` says that it counts usage
    twice where a stream tells it twice. `blurs` names the class into which it puts whatever error
    calls itself an `invalid_request_error`, as some providers do with 401, 403 and 404.
    """

    name: str
    title: str
    package: str
    lock: str
    program: Path
    script: str
    errors: dict[int, str]
    broken: str
    cannot: dict[str, str] = field(default_factory=dict)
    adds_up: bool = False
    blurs: str = ""

    @property
    def is_node(self):
        return self.script.endswith(".cjs")

    @property
    def missing(self):
        """What is not installed; "" when all is there."""
        there = (MODULES / self.package).is_dir() if self.is_node else self.program.exists()
        return "" if there else f"{self.title} is not installed; run `make test-clients`"

    @property
    def command(self):
        script = HERE / ("node" if self.is_node else "python") / self.script
        guard = ["--require", str(LOOPBACK_ONLY)] if self.is_node else []
        return [str(self.program), *guard, str(script)]

    @property
    def locked_version(self):
        """The version that its lock pins."""
        text = (ROOT / self.lock).read_text(encoding="utf-8")
        name = re.escape(self.package)
        pin = (
            rf'"node_modules/{name}": {{\s*"version": "([^"]+)"'
            if self.is_node
            else rf"^{name}==(\S+)"
        )
        return re.search(pin, text, re.MULTILINE)[1]


_PYTHON_LOCK = "requirements/clients-python.txt"
_NODE_LOCK = "tests/clients/node/package-lock.json"
_NODE = Path("node")

CLIENTS = (
    Client(
        "openai-python", "OpenAI's SDK for Python, strict", "openai", _PYTHON_LOCK,
        PYTHON, "openai_sdk.py", _OPENAI, "APIError",
    ),
    Client(
        "openai-node", "OpenAI's SDK for Node.js", "openai", _NODE_LOCK,
        _NODE, "openai_sdk.cjs", _OPENAI, "APIError",
    ),
    Client(
        "litellm", "LiteLLM's SDK", "litellm", "requirements/peers-litellm.txt",
        LITELLM, "litellm_sdk.py",
        {**_OPENAI, 403: "APIError", 503: "ServiceUnavailableError", 504: "Timeout"},
        "MidStreamFallbackError", {"model": _NO_CARD}, blurs="BadRequestError",
    ),
    Client(
        "langchain", "LangChain's ChatOpenAI", "langchain-openai", _PYTHON_LOCK,
        PYTHON, "langchain_chat.py",
        {
            400: "OpenAIInvalidRequestError",
            401: "OpenAIAuthenticationError",
            403: "OpenAIPermissionDeniedError",
            404: "OpenAIModelNotFoundError",
            429: "OpenAIRateLimitError",
            **dict.fromkeys((500, 503, 504), "OpenAIAPIError"),
        },
        "APIError", {"models": _NO_LIST, "model": _NO_CARD}, adds_up=True,
    ),
    Client(
        "pydantic-ai", "pydantic-ai", "pydantic-ai-slim", _PYTHON_LOCK,
        PYTHON, "pydantic_agent.py",
        {
            400: "ModelRequestRejectedError",
            401: "ModelAuthenticationError",
            403: "ModelAuthenticationError",
            404: "ModelNotFoundError",
            429: "ModelRateLimitError",
            500: "ModelServerError",
            503: "ModelUnavailableError",
            504: "ModelServerError",
        },
        "ModelAPIError", {"models": _NO_LIST, "model": _NO_CARD, "headers": _NO_HEADERS},
        adds_up=True,
    ),
    Client(
        "vercel-ai", "Vercel's AI SDK, openai-compatible", "ai", _NODE_LOCK,
        _NODE, "vercel_ai.cjs", dict.fromkeys(STATUSES, "APICallError"), "error part",
        {"models": _NO_LIST, "model": _NO_CARD},
    ),
)  # fmt: skip
