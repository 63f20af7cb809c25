"""Google Gemini: Google AI docs, OpenAI compatibility and the native model list (read 2026-10).

Chat goes to the OpenAI-compatible route with a Bearer key. The compatible list says neither what
a model does nor how long its window is, so models come from the native list, whose key travels in
`x-goog-api-key`. Both lists hold speech, image, live and embedding models. No prices in either.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from gatewayz.core import Catalog, Gateway, Model, Quirks, Rule, fields
from gatewayz.core.catalog import Entry
from gatewayz.gateways._entries import text_at

# A listed id may have more before the name than the documented form has.
_FAMILY = re.compile(r"(?:^|[/:])(?:gemini|gemma)-")
_OTHER_KINDS = re.compile(r"embedding|tts|image|live|audio|robotics|computer-use")


def is_chat(entry: Entry) -> bool:
    """A Gemini or Gemma that generates content, and no speech, image, live or robot model.

    `generateContent` alone is not enough: the speech and image models have it too.
    """
    model = (text_at(entry, "name") or text_at(entry, "id")).removeprefix("models/")
    methods = entry.get("supportedGenerationMethods")
    if isinstance(methods, list) and "generateContent" not in methods:
        return False
    return bool(_FAMILY.search(model)) and not _OTHER_KINDS.search(model)


_native = fields(
    id="name",
    name="displayName",
    context_tokens="inputTokenLimit",
    max_output_tokens="outputTokenLimit",
    strip_prefix="models/",
    is_chat=is_chat,
)
_compatible = fields(
    name="display_name", context_tokens="", strip_prefix="models/", is_chat=is_chat
)


def read(entry: Entry) -> Model | None:
    """A model of the native list, or of the compatible one."""
    model = (_compatible if text_at(entry, "id") else _native)(entry)
    if model is not None and entry.get("thinking") is True:
        return replace(model, capabilities=model.capabilities | {"reasoning"})
    return model


def next_page(document: Mapping[str, Any]) -> str | None:
    """The page that `nextPageToken` opens; it is absent or empty on the last one."""
    token = text_at(document, "nextPageToken")
    return f"?pageSize=1000&pageToken={quote(token, safe='')}" if token else None


GATEWAY = Gateway(
    name="google",
    title="Google Gemini",
    base_url="https://generativelanguage.googleapis.com/v1beta/openai",
    key_env="GEMINI_API_KEY",
    older_key_envs=("GOOGLE_API_KEY", "GOOGLE_GENERATIVE_AI_API_KEY"),
    catalog=Catalog(
        "../models?pageSize=1000",
        entries="models",
        read=read,
        next_page=next_page,
        key_header="x-goog-api-key",
    ),
    quirks=Quirks(
        rules=(
            # A bad key is 400 INVALID_ARGUMENT, not 401.
            Rule(
                kind="auth-bad-key-as-400",
                statuses=(400,),
                text=r"api key (not valid|not found|expired|invalid)|pass a valid api key",
            ),
            # One sentence about quota and billing opens every 429; what follows tells a used-up
            # day from a busy minute.
            Rule(kind="billing-free-daily-cap", statuses=(429,), text=r"per_?-? ?day"),
            Rule(
                kind="rate-limit-no-hint",
                statuses=(429,),
                text=r"per_?-? ?minute|retry in \d",
            ),
            Rule(
                kind="permission-token-scope", statuses=(403,), text=r"has not been used|disabled"
            ),
        ),
    ),
    id_form="Ids are bare names, gemini- with version and size, without models/ in front.",
    id_examples=("gemini-2.5-flash", "gemini-3.5-flash", "gemini-flash-latest"),
    portkey_slug="google",
    portkey_ids=("@*google*/*", "@*gemini*/*", "@*/gemini-*"),
    docs="Google AI docs, OpenAI compatibility (read 2026-10)",
)
