"""The families of models, and how their names are written."""

from __future__ import annotations

from gatewayz.core.late_patterns import LatePatterns

# A family, and how its names are written. One name may hold two (a distilled model, a tune).
# Words that are common otherwise need what makes them a model's.
FAMILIES = {
    "gpt-oss": r"gpt-?oss(?![a-z])",
    "gpt": r"(?:chat)?gpt(?!-?oss|[a-z])",
    "o": r"(?<![0-9.])o(?=[1345](?![0-9a-z.]))",
    "claude": r"claude(?![a-z])",
    "gemini": r"gemini(?![a-z])",
    "gemma": r"(?:code)?gemma(?![a-z])",
    "llama": r"(?:code-?|meta-?)?llama(?![a-z])",
    "tinyllama": r"tiny-?llama(?![a-z])",
    # Some write mistral-8x7b for it; of no other are there eight.
    "mixtral": r"(?:mixtral|mistral(?=-?[0-9]x[0-9]))(?![a-z])",
    "mistral": r"mistral(?![a-z]|-?[0-9]x[0-9])",
    "ministral": r"ministral(?![a-z])",
    "magistral": r"magistral(?![a-z])",
    "codestral": r"codestral(?![a-z])",
    "devstral": r"devstral(?![a-z])",
    "pixtral": r"pixtral(?![a-z])",
    "qwen": r"(?:code)?qwen(?![a-z])",
    "qwq": r"qwq(?![a-z])",
    "deepseek": r"deepseek(?![a-z])",
    "grok": r"grok(?![a-z])",
    "phi": r"phi(?=-?[1-9])",
    "command": r"command(?=-?(?:r|a|light|nightly)(?![a-z]))",
    "aya": r"aya(?=-(?:expanse|vision|23|101))",
    "glm": r"(?:chat)?glm(?![a-z])",
    "kimi": r"(?:kimi|moonshot(?=-v?[0-9]))(?![a-z])",
    "minimax": r"(?:minimax|abab)(?![a-z])",
    "yi": r"yi(?=-(?:[0-9]|large|lightning|medium|vision|coder))",
    "nemotron": r"nemotron(?![a-z])",
    "hermes": r"(?:open)?hermes(?=-?[0-9])",
    "granite": r"granite(?=-?[0-9])",
    "jamba": r"jamba(?![a-z])",
    "nova": r"nova(?=-(?:micro|lite|pro|premier)(?![a-z]))",
    "olmo": r"olmo(?:e)?(?![a-z])",
    "falcon": r"falcon(?=-?[0-9])",
    "dbrx": r"dbrx(?![a-z])",
    "solar": r"solar(?=-(?:pro|mini|[0-9]))",
    "ernie": r"ernie(?=-?(?:[0-9x]|speed|lite|tiny|bot))",
    "hunyuan": r"hunyuan(?![a-z])",
    "doubao": r"doubao(?![a-z])",
    "step": r"step(?=-[1-9])",
    "baichuan": r"baichuan(?![a-z])",
    "internlm": r"intern(?:lm|vl)(?![a-z])",
    "sonar": r"sonar(?=-(?:pro|reasoning|deep))",
    "vicuna": r"vicuna(?![a-z])",
    "wizardlm": r"wizard(?:lm|coder|math)(?![a-z])",
    "zephyr": r"zephyr(?=-?[0-9o])",
    "smollm": r"smollm(?![a-z])",
    "starcoder": r"starcoder(?![a-z])",
    "lfm": r"lfm(?=-?[0-9])",
    "exaone": r"exaone(?![a-z])",
    "pythia": r"pythia(?=-?[0-9])",
    "dolphin": r"dolphin(?=-?[0-9])",
}
# The same as patterns.
WRITTEN = LatePatterns(
    {family: rf"(?<![a-z])(?:{pattern})" for family, pattern in FAMILIES.items()}
)


# Families whose models are made of another family's, or took its place: tunes, and successors under
# a name of their own. A name of the one is often an alias of the other.
_MADE_OF = {
    "sonar": {"llama", "mistral", "deepseek"},
    "zephyr": {"mistral", "mixtral", "gemma"},
    "hermes": {"llama", "mistral", "mixtral", "qwen", "yi", "solar"},
    "dolphin": {"llama", "mistral", "mixtral", "qwen", "yi", "phi", "gemma", "falcon"},
    "vicuna": {"llama"},
    "wizardlm": {"llama", "mistral", "mixtral", "starcoder"},
    "nemotron": {"llama", "mistral", "qwen"},
    "solar": {"llama", "mistral", "phi"},
    "qwq": {"qwen"},
    "aya": {"command"},
    "magistral": {"mistral"},
    "devstral": {"mistral", "codestral"},
    "pixtral": {"mistral"},
    "ministral": {"mistral"},
    "codestral": {"mistral"},
}


def akin(a: str, b: str) -> bool:
    """Whether two families are one, or one's models are made of the other's."""
    return a == b or a in _MADE_OF.get(b, ()) or b in _MADE_OF.get(a, ())


# Who makes a family, as ids write it: on hubs of weights, then in the slugs of routers.
_HOUSES = {
    "gpt-oss": ("openai",),
    "gpt": ("openai",),
    "o": ("openai",),
    "claude": ("anthropic",),
    "gemini": ("google",),
    "gemma": ("google",),
    "llama": ("meta-llama", "meta"),
    "mixtral": ("mistralai",),
    "mistral": ("mistralai",),
    "ministral": ("mistralai",),
    "magistral": ("mistralai",),
    "codestral": ("mistralai",),
    "devstral": ("mistralai",),
    "pixtral": ("mistralai",),
    "qwen": ("Qwen", "qwen"),
    "qwq": ("Qwen", "qwen"),
    "deepseek": ("deepseek-ai", "deepseek"),
    "grok": ("xai-org", "x-ai"),
    "phi": ("microsoft",),
    "command": ("CohereLabs", "cohere"),
    "aya": ("CohereLabs", "cohere"),
    "glm": ("zai-org", "z-ai"),
    "kimi": ("moonshotai",),
    "minimax": ("MiniMaxAI", "minimax"),
    "yi": ("01-ai",),
    "nemotron": ("nvidia",),
    "hermes": ("NousResearch", "nousresearch"),
    "granite": ("ibm-granite",),
    "jamba": ("ai21labs", "ai21"),
    "nova": ("amazon",),
    "olmo": ("allenai",),
    "falcon": ("tiiuae",),
    "solar": ("upstage",),
    "ernie": ("baidu",),
    "hunyuan": ("tencent",),
    "doubao": ("bytedance",),
    "step": ("stepfun-ai", "stepfun"),
    "internlm": ("internlm",),
    "sonar": ("perplexity",),
    "smollm": ("HuggingFaceTB",),
    "lfm": ("LiquidAI", "liquid"),
}  # fmt: skip


def houses(family: str) -> tuple[str, ...]:
    """What ids put before a name of this family; empty where that is not known."""
    return _HOUSES.get(family, ())


# Families whose chat template brings a system message along, of up to a page, which is counted.
WITH_SYSTEM_MESSAGE = frozenset(
    ("mistral", "ministral", "magistral", "devstral", "codestral", "pixtral", "mixtral", "grok",
     "command", "smollm", "granite", "sonar", "hermes")
)  # fmt: skip
SYSTEM_TOKENS = 2000
