"""What stands before a provider, a firewall or a proxy, and refuses without knowing of keys or models."""

from __future__ import annotations

import re

from gatewayz.core.attempt import ErrorBody
from gatewayz.core.words import bounded

# A refusal in words that every refusal may have: "Forbidden", "403: Access denied."
_SAYS_NO_MORE = re.compile(
    r"(?:[\W\d_]|error|http|status|code|message|request|forbidden|access|permission|denied|is|not"
    r"|allowed|authori[sz]ed|client|you|have|don't|do|this|to|the|resource){1,200}",
    re.IGNORECASE,
)
# What a firewall or a content network says on a page of its own.
_FRONT = re.compile(
    r"cloudflare|cloudfront|akamai|incapsula|imperva|sucuri|fastly|ray id|attention required"
    r"|just a moment|error 10\d\d|captcha|web application firewall|\bwaf\b|blocked|challenge"
    r"|security (?:check|service|policy)|reference #",
    re.IGNORECASE,
)


def is_page(error: ErrorBody) -> bool:
    """Whether an error came as a web page, of whomever."""
    return error.shape == "html"


def names_no_reason(error: ErrorBody) -> bool:
    """Whether a 403 may have come from any front, and need not be about the model."""
    return is_page(error) or _SAYS_NO_MORE.fullmatch(bounded(error.message)) is not None


def is_fronts_page(error: ErrorBody) -> bool:
    """Whether a refusal is the page of a firewall before the provider, which looks at no key."""
    return is_page(error) and _FRONT.search(bounded(error.message)) is not None
