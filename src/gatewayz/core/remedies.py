"""What to tell a person about a verdict: the cause, and what to do about it.

The words are in the table of kinds; here their blanks are filled in.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil
from urllib.parse import urlsplit

from gatewayz.core.access import Access, access_to
from gatewayz.core.attempt import Attempt
from gatewayz.core.case import Case
from gatewayz.core.gateway import Gateway
from gatewayz.core.kinds import KINDS, Kind
from gatewayz.core.refusals import TOKEN_FIELDS
from gatewayz.core.refused_keys import BAD_KEY, is_from_behind
from gatewayz.core.shown import shown_by, tries_of
from gatewayz.core.text import visible
from gatewayz.core.verdict import Culprit, Failure, Finding, Verdict

# The backend listens there unless told otherwise.
_DEFAULT_PORT = 8000
# What a proxy may answer by itself to a request that goes through it in the open.
_PROXYS_STATUSES = (403, 407, 502, 503, 504)

# Kinds that smell of a wrong id: the form of the ids is shown after what to do.
_WRONG_ID = frozenset(
    {
        "model-not-found",
        "no-endpoints-for-model",
        "not-supported-by-enabled-providers",
        "listed-id-differs",
    }
)

_AFTER_A_WAIT = "Then ask again what failed: `gatewayz test --failed`."
_WHAT_IS_WAITED_FOR = "--retries and GATEWAYZ_RETRY_BUDGET bound what is waited for."

# What stands in a remedy's blanks when it is about no case in particular.
_IN_GENERAL = {
    "key_env": "the key's variable",
    "issuer": "provider",
    "gateway": "GATEWAY",
    "base_url": "BASE_URL",
    "base_url_env": "GATEWAY_BASE_URL",
    "limit": "the limit",
    "other_scheme": "Try BASE_URL with https:// in place of http://, or the reverse",
}

# For a fault that no row names: class -> cause, remedy.
_UNNAMED = {
    "auth": (
        "The key was not accepted.",
        "Check {key_env}; `gatewayz config` shows which keys are found.",
    ),
    "permission": (
        "This is forbidden, and nothing was said of the reason: it may be a firewall before the provider, or the account.",
        "Try from another address or without a proxy; then look at the account's rights in the provider's console.",
    ),
    "billing": (
        "The account may not spend.",
        "Look at credit and limits of the account behind {key_env}.",
    ),
    "not-found": (
        "The provider does not know what was asked for.",
        "List the ids with `gatewayz models {gateway}`.",
    ),
    "bad-request": (
        "The provider refuses the request.",
        "Compare the request with the provider's API reference; its message says what it refuses.",
    ),
    "protocol": (
        "What came is broken or larger than any answer is.",
        "Check {base_url} ({base_url_env}), and show the provider what `--report json=FILE` kept of it.",
    ),
}
# A key that other calls of the same run were answered with.
_FOR_THIS_MODEL = (
    "The key was refused for this model only; other calls with it in this run were answered.",
    "Look whether the account may use the model; if so, show its provider the message: a key behind it may be refused.",
)
# A key that is not the caller's.
_FOR_ONE_BEHIND = (
    "A provider behind {gateway} refused the key that {gateway} holds for it; yours is not at fault.",
    "Look at the keys for providers in the console of {gateway}, or leave the model out with --exclude.",
)
# An address that is gone without a word of another.
_MOVED_NOWHERE = (
    "The address is given up, and no other is named.",
    "Look for the new one in the provider's documentation, and set {base_url_env} to it.",
)
# What was answered when nothing stood between; what its name tells a caller to do helps nobody here.
_THROUGH_BACKEND = (
    "Directly the same question was answered; through the backend this came:",
    "Look in the backend's log at what it sends to {gateway}: it is the backend that is to be mended.",
)
_ANY = (
    "A fault of class {class}, in none of the known forms.",
    "Show the provider of {gateway} what `--report json=FILE` keeps of it.",
)


@dataclass(frozen=True, slots=True)
class Advice:
    """Two sentences for a person, safe to print; each may be empty."""

    cause: str
    remedy: str


def advise(verdict: Verdict, gateway: Gateway | Access | None = None) -> Advice:
    """The cause and the remedy of a verdict that did not pass; both empty for one that did.

    Without a gateway, neutral words stand where its names would.
    """
    if verdict.failure is None:
        return Advice(visible(_first_line(verdict.reason)), "")
    access = access_to(gateway) if isinstance(gateway, Gateway) else gateway or Access()
    return advise_on(verdict.failure, verdict, access)


def advise_on(found: Failure, verdict: Verdict, access: Access) -> Advice:
    """The same for one of several failures of a verdict."""
    cause, remedy = _of_its_wait(found, verdict) or _of_its_kind(found, verdict)
    remedy += "".join(_further(found, verdict, access))
    blanks = _blanks(found, verdict, access)
    # Only our own sentences are templates; what a provider sent is a value in them.
    return Advice(cause.format_map(blanks), remedy.format_map(blanks).strip())


def _of_its_kind(found: Failure, verdict: Verdict) -> tuple[str, str]:
    if found.kind in BAD_KEY and found.culprit is not Culprit.KEY:
        return _FOR_ONE_BEHIND if is_from_behind(verdict) else _FOR_THIS_MODEL
    if found.kind == "moved-endpoint" and not _names_an_address(found, shown_by(verdict)):
        return _MOVED_NOWHERE
    row = KINDS.get(found.kind or "")
    cause, remedy = (row.cause, row.remedy) if row else _UNNAMED.get(found.failure_class, _ANY)
    if _is_of_the_backend(found, verdict.observation.last):
        return f"{_THROUGH_BACKEND[0]} {cause}", _THROUGH_BACKEND[1]
    return cause, remedy


def _of_its_wait(found: Failure, verdict: Verdict) -> tuple[str, str] | None:
    """Cause and remedy of a rate limit, once the server has said for how long it holds."""
    shown = shown_by(verdict)
    error = shown.error if shown is not None else None
    if found.kind != "rate-limit" or error is None or error.retry_after_s is None:
        return None
    told = f"Too many requests; the server says: come back in {ceil(error.retry_after_s)} s"
    remedy = f"{KINDS[found.kind].remedy} {_AFTER_A_WAIT}"
    if len(tries_of(verdict)) > 1:
        return f"{told}.", remedy
    return f"{told}; that was not waited for.", f"{remedy} {_WHAT_IS_WAITED_FOR}"


def _further(found: Failure, verdict: Verdict, access: Access) -> Iterator[str]:
    """What more there is to do, by what was asked, how and over what."""
    shown = shown_by(verdict)
    if _smells_of_an_id(found):
        yield " {id_form}"
    if found.kind == "connection-refused" and verdict.observation.case.way == "api":
        yield " `{serve}` starts it."
    if access.proxy and shown is not None and _may_be_a_proxys(shown):
        yield " It may be the proxy {proxy} that answered: see whether it is so without it."


def remedy_in_general(kind: Kind) -> str:
    """The remedy of a kind of failure, with words in capitals for what a case would fill in."""
    return kind.remedy.format_map(_IN_GENERAL)


def warning_text(found: Finding) -> str:
    """One warning as a sentence: its kind, what it means, what was seen."""
    row = KINDS.get(found.kind)
    parts = [found.kind or found.failure_class]
    if row is not None:
        parts.append(row.cause)
    if found.expected:
        parts.append(f"expected {found.expected}, saw {found.saw}")
    elif found.saw:
        parts.append(found.saw)
    return visible(": ".join(parts[:2]) + (f" ({'; '.join(parts[2:])})" if parts[2:] else ""))


def _blanks(found: Failure, verdict: Verdict, access: Access) -> dict[str, str]:
    case, last = verdict.observation.case, verdict.observation.last
    behind = case.way == "api" and last is not None and last.relayed
    own_env = visible(Gateway(name=case.gateway).base_url_envs[0])
    gateway = visible(case.gateway)
    base_url = visible(access.base_url or _base_of(last) or "the gateway's address")
    return {
        "class": found.failure_class,
        "key_env": _key(found, case, last, access),
        "issuer": "backend" if case.way == "api" and not behind else "provider",
        "gateway": gateway,
        # What is behind the backend is reached from there, by its settings and not by ours.
        "base_url": f"the backend's address for {gateway}" if behind else base_url,
        "base_url_env": f"{own_env} at the backend" if behind else access.base_url_env or own_env,
        "id_form": _id_form(access),
        "other_scheme": _other_scheme(base_url),
        "proxy": visible(access.proxy),
        "serve": serve_command(access.base_url or _base_of(last)),
        "limit": _highest_limit(verdict),
    }


def _highest_limit(verdict: Verdict) -> str:
    """The longest answer that was asked for: a small limit is raised by itself."""
    limits = [a.body.get(name) for a in verdict.observation.attempts for name in TOKEN_FIELDS]
    return f"{max((n for n in limits if isinstance(n, int)), default='the limit')}"


def _key(found: Failure, case: Case, last: Attempt | None, access: Access) -> str:
    """The key that a remedy is about: through the API, providers see the backend's keys."""
    behind = (last is not None and last.relayed) or found.failure_class in ("billing", "permission")
    if case.way == "api" and behind:
        return f"the backend's key for {visible(case.gateway)}"
    return access.key_env or "the key's variable"


def _names_an_address(found: Failure, shown: Attempt | None) -> bool:
    return "://" in found.evidence or (shown is not None and "location" in shown.headers)


def _is_of_the_backend(found: Failure, last: Attempt | None) -> bool:
    """Whether a backend that answered is at fault; what keeps it from answering has its own words."""
    return found.culprit is Culprit.BACKEND and last is not None and last.status is not None


def serve_command(address: str) -> str:
    """What starts the backend so that it is at an address of this machine."""
    try:
        port = urlsplit(address).port
    except ValueError:
        port = None
    return "gatewayz serve" + (f" --port {port}" if port not in (None, _DEFAULT_PORT) else "")


def _other_scheme(base_url: str) -> str:
    """What to try where the two sides speak different protocols on a port."""
    scheme, found, rest = base_url.partition("://")
    if not found or scheme not in ("http", "https"):
        return _IN_GENERAL["other_scheme"]
    if scheme == "http":
        return f"Try https://{rest}"
    return f"See whether the port speaks plain HTTP (http://{rest}), or only an old TLS"


def _may_be_a_proxys(shown: Attempt) -> bool:
    """Whether a refusal came over a plain connection, on which a proxy may answer by itself."""
    return shown.url.startswith("http://") and shown.status in _PROXYS_STATUSES


def _smells_of_an_id(found: Failure) -> bool:
    if found.kind is not None:
        return found.kind in _WRONG_ID
    in_class = found.failure_class in ("not-found", "bad-request")
    return in_class and "model" in found.evidence.lower()


def _id_form(access: Access) -> str:
    examples = ", ".join(access.id_examples)
    form = access.id_form.strip().rstrip(".")
    if form and examples:
        return f"{form}, for example {examples}."
    if form or examples:
        return f"{form or f'Ids look like {examples}'}."
    return ""


def _base_of(attempt: Attempt | None) -> str:
    if attempt is None:
        return ""
    return attempt.url.split("?")[0].removesuffix("/chat/completions").removesuffix("/models")


def _first_line(text: str) -> str:
    return text.strip().splitlines()[0] if text.strip() else ""
