"""What each client is asked: every operation, every error, plain and streamed."""

from dataclasses import dataclass

from tests.clients.known import OPERATIONS

# The simulator as two providers, and the real engine. OpenRouter's ids have a slash and its streams
# comments; Groq's streams tell their usage twice.
OPENROUTER, GROQ, ENGINE = (
    "openrouter/anthropic/claude-sonnet-5",
    "groq/llama-3.3-70b-versatile",
    "local/tiny",
)
MODELS = {"openrouter": OPENROUTER, "groq": GROQ, "engine": ENGINE}
SAY = 'Respond with: "Test successful"'
_WEATHER = "What is the weather in Paris?"
PROMPTS = {
    "tool_call": _WEATHER,
    "tool_call_streamed": _WEATHER,
    "json_schema": "Describe a person as JSON.",
}
# Asked of every provider that is simulated, each in its own dialect.
EVERYWHERE = ("chat", "stream", "tool_call_streamed")
COUNTED = ("chat", "stream", "tool_call_streamed")
# How an answer comes: as a whole or as a stream.
WAYS = {"plain": "chat", "streamed": "stream"}
WAIT_S = 7


@dataclass(frozen=True)
class Wrong:
    """One error: its status, who says it (`us`, the `provider` or the `engine`), and how it is brought about.

    `says` is what its text holds, where that is ours; `waits` whether it tells when to come back.
    """

    status: int
    whose: str
    model: str = GROQ
    key: str = "own"
    at: str = "patient"
    prompt: str = SAY
    says: str = ""
    waits: bool = False

    @property
    def id(self):
        return f"{self.status}-{self.whose}"


WRONG = (
    Wrong(400, "us", model="m" * 501, says="longer than 500 characters"),
    Wrong(400, "provider", model="groq/fault/unsupported-value"),
    Wrong(400, "engine", model=ENGINE, prompt="and so on " * 10_000, says="context size"),
    Wrong(401, "us", key="wrong", says="the key is missing or not known here"),
    Wrong(401, "provider", model="groq/fault/auth-bad-key"),
    Wrong(403, "us", model=ENGINE, key="narrow", says="this key may not use local/tiny"),
    Wrong(403, "provider", model="groq/fault/permission-token-scope"),
    Wrong(404, "us", model="a-model-that-nobody-lists", says="no configured gateway lists"),
    Wrong(404, "provider", model="groq/fault/model-not-found"),
    Wrong(429, "us", key="slow", waits=True, says="come back in"),
    Wrong(429, "provider", model=f"groq/fault/rate-limit;seconds={WAIT_S}", waits=True),
    Wrong(500, "provider", model="groq/fault/server-500-json"),
    Wrong(503, "provider", model=f"groq/fault/cold-start-never-ends;seconds={WAIT_S}", waits=True),
    Wrong(504, "us", model="groq/fault/first-byte-timeout", at="hurried", says="nothing came back"),
)
BROKEN = "groq/fault/reset-mid-body;event=3"
STORY = "Tell me a story."
RETRIED = "groq/fault/retry-masked-latency"


def asks_of(client, everywhere):
    """Everything one client is asked, in order; `everywhere` has a model of each provider."""
    for operation in OPERATIONS:
        # Headers are looked at with every chat.
        if operation in client.cannot or operation == "headers":
            continue
        behind = {"all": GROQ} if operation == "models" else MODELS
        for place, model in behind.items():
            prompt = PROMPTS.get(operation, SAY)
            yield _ask(f"{operation}-{place}", operation, model=model, prompt=prompt)
    for operation in EVERYWHERE:
        for gateway, model in everywhere.items():
            prompt = PROMPTS.get(operation, SAY)
            yield _ask(f"{operation}-at-{gateway}", operation, model=model, prompt=prompt)
    # Of a key whose tokens are limited the backend asks for counts, wanted or not.
    for operation in COUNTED:
        for place, model in MODELS.items():
            prompt = PROMPTS.get(operation, SAY)
            yield _ask(
                f"{operation}-counted-{place}", operation, model=model, prompt=prompt, key="counted"
            )
    # The one request that this key has in a minute.
    yield _ask("warm-up", "chat", key="slow")
    for wrong in WRONG:
        for way, operation in WAYS.items():
            how = {"model": wrong.model, "key": wrong.key, "at": wrong.at}
            how["prompt"] = wrong.prompt
            yield _ask(f"{wrong.id}-{way}", operation, **how)
    yield _ask("broken", "stream", model=BROKEN, prompt=STORY)
    for way, operation in WAYS.items():
        prompt = f'Respond with: "Asked by {client.name}, {way}"'
        yield _ask(f"retried-{way}", operation, model=RETRIED, prompt=prompt, retries=2)


def _ask(id, operation, *, model=GROQ, prompt=SAY, key="own", at="patient", retries=0):
    return {
        "id": id,
        "do": operation,
        "model": model,
        "prompt": prompt,
        "key": key,
        "at": at,
        "retries": retries,
    }
