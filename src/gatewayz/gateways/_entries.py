"""What several catalogues have in common: words in ids, and lists that may be missing."""

from __future__ import annotations

import re
from typing import Any

from gatewayz.core.catalog import Entry, dig

# Kinds of model that answer no chat, as their ids call them. A word counts where it stands by
# itself ("tts" in "playai-tts", not in "qwertts"), and so do its plain continuations.
_NOT_CHAT = re.compile(
    r"(?:^|[^a-z])(?:embed\w*|rerank\w*|whisper|tts|transcri\w*|asr|moderation|"
    r"imagen?|imagine|dall-e|flux|stable-diffusion|sdxl|veo|sora|video|speech|audio|"
    r"bge|gte|e5)(?![a-z])",
    re.IGNORECASE,
)


def sounds_like_chat(model_id: str) -> bool:
    """Whether no word in an id speaks of embeddings, images, speech and the like.

    A guess, for catalogues that do not say what an entry is.
    """
    return _NOT_CHAT.search(model_id) is None


def writes_text(entry: Entry, path: str) -> bool:
    """Whether "text" is in the list at `path`; true when the entry has no such list."""
    kinds = dig(entry, path)
    return "text" in kinds if isinstance(kinds, list) else True


def text_at(entry: Any, path: str) -> str:
    """The string at a dotted path, "" when there is none."""
    value = dig(entry, path)
    return value if isinstance(value, str) else ""
