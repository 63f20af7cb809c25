"""From what was seen on the wire to a name for it.

The order of judgement: nothing came back, then the status with the body that may overrule it,
then an error inside a success, then the shape. Structured fields are looked at before words, and
words come in families, never one vendor's sentence.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from gatewayz.core.attempt import Attempt, ErrorBody, FaultName, Phase, WireFault
from gatewayz.core.kinds import BY_STATUS, CLASS_CULPRITS, KINDS, Kind
from gatewayz.core.text import excerpt
from gatewayz.core.verdict import Failure

if TYPE_CHECKING:
    from gatewayz.core.gateway import Quirks


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One way to tell a kind from an error: all that is given must hold.

    `statuses` is matched against the HTTP status and one inside the body; `fields` is searched in
    code, type and param; `text` in the message. Both are regular expressions, case ignored.
    """

    kind: str
    statuses: tuple[int, ...] = ()
    fields: str = ""
    text: str = ""

    def matches(self, status: int, error: ErrorBody) -> bool:
        """Whether an error with this HTTP status is of this kind."""
        if self.statuses and status not in self.statuses and error.status not in self.statuses:
            return False
        if self.fields:
            fields = f"{error.code}\n{error.type}\n{error.param}"
            if not re.search(self.fields, fields, re.IGNORECASE):
                return False
        return not self.text or re.search(self.text, error.message, re.IGNORECASE) is not None


_CLIENT_ERRORS = tuple(range(400, 500))

# What is said in other languages: of money, and of a key that is not taken. European words for
# "key" also mean a field's name, so there "API" or "access" must stand beside them.
_BILLING_WORDS = (
    r"余额|餘額|欠费|欠費|充值|额度.{0,4}(不足|用尽|用完|耗尽)|残高|クレジット.{0,8}(不足|切れ)|잔액|크레딧.{0,8}부족"
    r"|guthaben|sald[oi]\b.{0,20}insuf|insuf\w+.{0,20}sald[oi]|solde.{0,20}insuf|недостаточно средств"
)
_KEY = (
    r"密钥|秘钥|金鑰|令牌|(api|アクセス).{0,4}キー|api.{0,2}키|api.{0,6}schl(ü|ue)ssel|cl[ée]f? (d.)?(api|acc[eè]s)"
    r"|clave.{0,8}api|chave.{0,8}api|chiave.{0,8}api|ключ\w*.{0,4}api|api.{0,4}ключ"
)
_NOT_TAKEN = (
    r"无效|不正确|错误|过期|無効|正しくありません|유효하지|잘못된|(un)?g(ü|ue)ltig|falsch|abgelaufen|inv[aáà]lid|no v[aá]lid"
    r"|no es v[aá]lid|n[aã]o [eé] v[aá]lid|non (è )?valid|pas valide|incorrect|expir|недействит|неверн"
)
_KEY_WORDS = rf"({_KEY}).{{0,40}}({_NOT_TAKEN})|({_NOT_TAKEN}).{{0,20}}({_KEY})|身份验证失败|鉴权失败|认证失败"

# Looked at in order, the first that matches names the error. Structured fields first.
RULES: tuple[Rule, ...] = (
    Rule(kind="billing-free-daily-cap", statuses=(429, 403), text=r"free.{0,60}(per.?day|daily)|(daily|per.?day).{0,40}free|daily.{0,40}(limit|quota|cap|allowance)"),
    Rule(kind="billing-quota-as-429", statuses=(429,), fields=r"insufficient.{0,6}quota|quota_exhausted|billing_hard_limit|budget_exceeded"),
    Rule(kind="billing-no-credit", fields=r"insufficient.{0,6}(quota|credit|balance|funds)|quota_exhausted|not_enough_balance|payment_required|billing|budget_exceeded|arrear"),
    Rule(kind="auth-wrong-header-scheme", statuses=(401, 403), text=r"(x-api-key|api-key|x-goog-api-key)[\"'` ]* (header|is required)|header[\"'`: ].{0,20}(x-api-key|api-key)"),
    Rule(kind="auth-bad-key", statuses=(401,), fields=r"key|auth|credential|token"),
    Rule(kind="auth-bad-key-as-400", statuses=(400, 403, 404, 422, 500), fields=r"(invalid|wrong|incorrect|bad|expired)_?.?(api)?_?.?key|failed_to_auth|unauthenticated"),
    Rule(kind="context-overflow", statuses=(400, 403, 413, 422, 500), fields=r"context_length|context_size|context_window|string_above_max|token_limit_exceeded"),
    Rule(kind="permission-region", fields=r"unsupported_country|region"),
    Rule(kind="permission-region", statuses=(400, 403, 451), text=r"(not|un)[ -]?(supported|available|allowed).{0,30}(country|region|territory|location)|(country|region|territory|location).{0,40}(not|un)[ -]?(supported|available|allowed)"),
    Rule(kind="moderation-block", fields=r"content_policy|moderation|content_filter|flagged"),
    Rule(kind="model-not-found", statuses=(400, 404, 422), fields=r"model_not_(found|available|exist)|unknown_model|invalid_model|model_not_supported_anymore"),
    Rule(kind="not-supported-by-enabled-providers", statuses=(400, 404), fields=r"model_not_supported"),
    Rule(kind="extra-field-refused", statuses=(400, 422, 500), fields=r"extra_forbidden|(unknown|unexpected|extra)_(field|key)"),
    Rule(kind="permission-model-not-in-plan", fields=r"model_(access_denied|not_allowed|forbidden)"),
    Rule(kind="schema-refused", statuses=(400, 422), fields=r"invalid_json_schema|response_format"),
    Rule(kind="unsupported-parameter", statuses=(400, 422), fields=r"unsupported_parameter|unknown_parameter"),
    Rule(kind="unsupported-value", statuses=(400, 422), fields=r"unsupported_value"),
    Rule(kind="no-provider-available", statuses=(404, 503), text=r"no (available )?provider|no instances? available|routing requirements|无可用渠道"),
    Rule(kind="overloaded", fields=r"overloaded|capacity_exceeded"),
    # Words, in families.
    Rule(kind="billing-quota-as-429", statuses=(429,), text=r"(exceeded|out of|reached).{0,40}(current )?(quota|billing|spend|credit)|check your plan|quota exceeded and|(spend|spending|budget|credit)s? (limit|cap)"),
    Rule(kind="billing-no-credit", statuses=(*_CLIENT_ERRORS, 200), text=r"(insufficient|not enough|no|out of|negative|exhausted).{0,20}(credit|balance|funds)|(credit|balance|funds).{0,30}(exhausted|depleted|too low|insufficient|not enough|used up)|payment required|budget (has been )?exceeded|exceeded your .{0,20}included credits|top up"),
    Rule(kind="billing-no-credit", statuses=(*_CLIENT_ERRORS, 200), text=_BILLING_WORDS),
    Rule(kind="rate-limit-as-403", statuses=(403,), text=r"rate.?limit|too many requests|quota.{0,20}per (minute|second)"),
    Rule(kind="rate-limit-concurrency", statuses=(429, 503, 502), text=r"concurren|request limit reached|in flight|parallel"),
    Rule(kind="auth-bad-key-as-400", statuses=(400, 403, 404, 422, 500), text=r"(api|access|auth\w*|secret|security)[ _-]?(key|token).{0,40}(invalid|not valid|incorrect|wrong|expired|revoked|not found)|(invalid|incorrect|wrong|expired|revoked|bad).{0,20}(api|access|auth\w*)[ _-]?(key|token)|not authenticated|log-?in fail"),
    Rule(kind="auth-bad-key-as-400", statuses=(400, 403, 404, 422, 500), text=_KEY_WORDS),
    Rule(kind="permission-policy-filter", statuses=(400, 403, 404), text=r"(data|privacy).{0,20}polic"),
    Rule(kind="permission-gated-model", statuses=(400, 401, 403), text=r"gated|accept.{0,40}(terms|licen[cs]e|agreement)"),
    Rule(kind="permission-token-scope", statuses=(401, 403), text=r"(scope|permission).{0,60}(inference|token|missing|required|sufficient)|(missing|insufficient|lacks?|not have).{0,30}(scope|permission)"),
    Rule(kind="permission-model-not-in-plan", statuses=(400, 402, 403, 404), text=r"(not|no).{0,20}(access|available|included|allowed|enabled).{0,40}(plan|tier|subscription|account|project|key)"),
    Rule(kind="not-supported-by-enabled-providers", statuses=(400, 404), text=r"not supported by any provider"),
    Rule(kind="no-endpoint-supports-feature", statuses=(400, 404), text=r"no endpoints?.{0,40}support"),
    Rule(kind="no-endpoints-for-model", statuses=(400, 404), text=r"no endpoints? (found|available)"),
    Rule(kind="context-overflow", statuses=(400, 403, 413, 422, 500), text=r"(maximum|max|model.s|exceeds?|larger than|over).{0,30}context|context.{0,20}(length|window|size|limit).{0,40}(exceed|long|large|over)|(prompt|input).{0,20}(is )?too long|input length and .?max_tokens|reduce the length of the (messages|prompt|input)|上下文长度|コンテキスト長|컨텍스트 길이|kontextl|(longitud|longueur|comprimento|lunghezza|fen[eê]tre|ventana).{0,20}conte|длин\w+ контекст"),
    Rule(kind="moderation-block", statuses=(400, 403, 446), text=r"moderation|flagged|content polic|safety (system|filter)|guardrail"),
    Rule(kind="cold-start-503", statuses=(400, 409, 425, 500, 502, 503), fields=r"model_(is_)?(loading|cold|starting)"),
    Rule(kind="cold-start-503", statuses=(400, 409, 425, 500, 502, 503), text=r"(currently|still|is|being) (loading|warming|starting|cold)|cold (start|model)|warming up|model is (not ready|cold)"),
    Rule(kind="non-chat-listed", statuses=(400, 404, 422), text=r"not a chat model|does not support chat|(embedding|image|speech|rerank)\w* model.{0,40}(chat|complet)|not supported (in|by|for) .{0,30}chat.?completions"),
    Rule(kind="schema-refused", statuses=(400, 422), text=r"(invalid|unsupported|refused|bad) (json )?schema|additionalproperties"),
    Rule(kind="unsupported-value", statuses=(400, 422), text=r"(unsupported|invalid) value.{0,80}(default|support)|does not support .{1,40} with this model|only the default .{0,20}supported"),
    Rule(kind="unsupported-parameter", statuses=(400, 422), text=r"(unsupported|unknown|unrecognized|not support(ed)?).{0,30}(parameter|argument)|(parameter|argument|'\w+' is) .{0,30}(unsupported|not supported)"),
    Rule(kind="extra-field-refused", statuses=(400, 422, 500), text=r"extra (inputs|fields?)|extraneous|additional propert|unexpected (key|field)|not permitted|unrecognized (field|key)"),
    Rule(kind="model-not-found", statuses=(400, 403, 404, 422), text=r"model.{0,120}(not (be )?found|does ?n.t exist|not exist|unknown|not valid|invalid|no such|is not a valid|not available|retired|decommissioned|deprecated|gibt es nicht|existiert nicht|nicht gefunden|introuvable|n.existe pas|no existe|n[aã]o existe|no encontrado|n[aã]o encontrado|non esiste|non trovato)|(unknown|invalid|no such|unsupported) model|not a valid model|no models? (is |are )?loaded|mod[eè]l.{0,120}(introuvable|n.existe pas)|модел.{0,120}не (найден|существует)|(模型|モデル|모델).{0,120}(不存在|未找到|找不到|見つかりません|存在しません|찾을 수 없|존재하지)|(未找到|找不到|不存在).{0,12}模型"),
    Rule(kind="overloaded", statuses=(429, 500, 502, 503, 529), text=r"overloaded|at (maximum )?capacity|over capacity|too busy|service is (currently|temporarily) unavailable"),
    Rule(kind="overloaded", statuses=(400, 500, 502, 503, 529), text=r"负载.{0,4}饱和|过载|超载|繁忙|過負荷|混み合って|과부하|überlastet|surcharg|sobrecarg|sovraccaric|перегруж"),
    Rule(kind="billing-no-credit", statuses=(412,), text=r"budget|suspended|limit"),
    Rule(kind="permission-model-not-in-plan", fields=r"permission_denied|access_denied|forbidden"),
    Rule(kind="tls-version-mismatch", statuses=(400,), text=r"http request.{0,20}to (an )?https"),
    # A limit behind a status that says something else.
    Rule(kind="rate-limit-no-hint", statuses=(400, 500, 502, 503), text=r"rate.?limit(ed|s)?\b|too many requests|请求.{0,6}(频繁|过多)|限流|リクエストが多すぎ|レート制限|요청이 너무 많|zu viele anfragen|trop de requ[eê]tes|demasiadas (solicitudes|peticiones)|muitas (solicita|requisi)|troppe richieste|слишком много запросов"),
    Rule(kind="overloaded", fields=r"unavailable"),
)  # fmt: skip

# An error without a status is read as if the request had been refused with this one.
ANY_REFUSAL = 400

# Where an error stood, when not under "error" as an object or a text.
_ODD_SHAPES = ("list", "detail", "flat", "fault", "errors")

_STATUS_IN_TEXT = re.compile(r"(?:status|error)(?:[ _]code)?[:= ]{1,3}([45]\d\d)\b", re.IGNORECASE)

# Classes for statuses that no kind covers.
_STATUS_CLASSES = {400: "bad-request", 409: "server-error", 412: "billing", 415: "bad-request",
                   424: "server-error", 425: "unavailable", 446: "semantic", 451: "permission",
                   498: "unavailable", 499: "server-error"}  # fmt: skip


def classify(attempt: Attempt, quirks: Quirks) -> Failure | None:
    """The primary failure of one attempt, None when the wire, the status and the shape are sound.

    What the answer means is for the checks. A kind whose verdict is a warning is named too: the
    judge weighs it against whether an answer came.
    """
    fault = attempt.fault
    if attempt.status is None:
        return _of_fault(attempt, fault) if fault else None
    if quirks.names_failures and attempt.error is not None:
        told = _as_told(attempt.error)
        if told is not None:
            return told
    if not 200 <= attempt.status < 300:
        return _of_status(attempt, quirks)
    if attempt.error is not None:
        return _of_error_in_success(attempt, attempt.error, quirks)
    if fault is not None:
        return _of_fault(attempt, fault)
    oddities = attempt.reply.oddities if attempt.reply else ()
    for name in oddities:
        if KINDS[name].verdict == "F":
            return failure(name, attempt.excerpt)
    return None


def besides(attempt: Attempt, found: Failure, quirks: Quirks) -> tuple[Failure, ...]:
    """Other names that fit the same attempt, when `classify` found `found`: later causes."""
    status = attempt.status or 0
    also = []
    if found.kind == "error-body-stall":
        also.append(_of_status(replace(attempt, fault=None), quirks))
    elif _flattened(status, attempt.error) and found.kind != "status-flattened":
        also.append(failure("status-flattened", f"HTTP {status} around {found.label}"))
    return tuple(also)


def failure(kind: str, evidence: str = "") -> Failure:
    """A Failure of a named kind."""
    row = KINDS[kind]
    return Failure(
        kind=kind, failure_class=row.failure_class, culprit=row.culprit, evidence=excerpt(evidence)
    )


def unnamed(failure_class: str, evidence: str = "") -> Failure:
    """A Failure that no row of the table names."""
    return Failure(
        kind=None,
        failure_class=failure_class,
        culprit=CLASS_CULPRITS[failure_class],
        evidence=excerpt(evidence),
    )


def retry_of(found: Failure) -> str:
    """Whether another try may help: "no", "yes", "hint" or "once"."""
    if found.kind is not None:
        return KINDS[found.kind].retry
    return "yes" if found.failure_class in ("server-error", "unavailable", "network") else "no"


def _as_told(error: ErrorBody) -> Failure | None:
    """What the sender itself calls its error; None when that is no name of ours."""
    if error.kind in KINDS:
        return failure(error.kind, error.message)
    if error.failure_class in CLASS_CULPRITS:
        return unnamed(error.failure_class, error.message)
    return None


_BEFORE_ANSWER = (Phase.BUILD, Phase.DNS, Phase.CONNECT, Phase.TLS, Phase.SEND, Phase.HEADERS)


def _of_fault(attempt: Attempt, fault: WireFault) -> Failure:
    name = _fault_kind(attempt, fault)
    evidence = fault.detail or attempt.excerpt
    if name:
        return failure(name, evidence)
    return unnamed(_FAULT_CLASSES.get(fault.name, "network"), evidence)


# Faults of the wire that mean one kind whenever they come.
_BY_FAULT = {
    FaultName.DNS: "dns-failure",
    FaultName.REFUSED: "connection-refused",
    FaultName.PROXY: "proxy-failure",
    FaultName.TLS_CERTIFICATE: "tls-bad-certificate",
    FaultName.TLS_PROTOCOL: "tls-version-mismatch",
    FaultName.MALFORMED: "http-malformed",
    FaultName.CONFLICTING_LENGTH: "http-conflicting-length",
    FaultName.UNDECODABLE: "gzip-undeclared",
    FaultName.REDIRECT: "redirect-loop",
}


# Classes of faults that no kind covers, where it is not "network".
_FAULT_CLASSES = {FaultName.TOO_LARGE: "protocol", FaultName.CALL_RAISED: "server-error"}


def _fault_kind(attempt: Attempt, fault: WireFault) -> str:
    early = fault.phase in _BEFORE_ANSWER
    match fault.name:
        case FaultName.RESET:
            return "reset-before-response" if early else "reset-mid-body"
        case FaultName.CLOSED:
            if early:
                return "closed-without-response"
            chunked = attempt.headers.get("transfer-encoding", "")
            return "incomplete-chunked-read" if chunked else "short-content-length"
        case FaultName.TIMEOUT:
            return _timeout_kind(attempt, fault)
        case FaultName.TOO_LARGE if attempt.streamed and fault.phase is not Phase.HEADERS:
            return "sse-huge-event"
    return _BY_FAULT.get(fault.name, "")


def _timeout_kind(attempt: Attempt, fault: WireFault) -> str:
    if fault.phase in (Phase.DNS, Phase.CONNECT):
        return "connect-timeout"
    if fault.phase is Phase.TLS:
        return "tls-handshake-stall"
    if fault.phase in (Phase.BUILD, Phase.SEND, Phase.HEADERS):
        return "first-byte-timeout"
    reply = attempt.reply
    if reply is not None and reply.finish_reason:
        return "stall-before-end"
    if not attempt.body_bytes:
        return "headers-then-silence"
    if reply is not None and reply.comments and not reply.events:
        return "keepalive-forever"
    ran_out = fault.timer in ("total", "first-event")
    return "trickle" if ran_out and _was_flowing(attempt) else "stall-between-chunks"


def _was_flowing(attempt: Attempt) -> bool:
    """Whether bytes still came in the last quarter of the time, when the time ran out."""
    total, last = attempt.timing.total_s, attempt.timing.last_byte_s
    return total is not None and last is not None and total - last <= total / 4


def _of_status(attempt: Attempt, quirks: Quirks) -> Failure:
    error = attempt.error or ErrorBody(message="")
    status = _flattened(attempt.status or 0, error) or attempt.status or 0
    evidence = error.message or attempt.excerpt or f"HTTP {status}"
    if status in (401, 403) and not attempt.had_key:
        return failure("auth-no-key", evidence)
    stalled = attempt.fault is not None and attempt.fault.timer == "error-body"
    # Of a text that broke off, only what it says counts, not what the status usually means.
    named = _by_rules(status, error, quirks, bare=not stalled)
    if named:
        return failure(_with_hint(named, error), evidence)
    if stalled:
        return failure("error-body-stall", evidence)
    if 300 <= status < 400:
        return failure("redirect-loop" if _in_a_circle(attempt) else "moved-endpoint", evidence)
    html = error.shape == "html"
    if status == 404 and (html or not _speaks_of_model(error)):
        return failure("endpoint-not-found", evidence)
    if status == 500:
        return failure(_server_500(attempt, error), evidence)
    if status == 429:
        return failure(_with_hint("rate-limit-no-hint", error), evidence)
    row = BY_STATUS.get(status)
    if row is not None and (row.name != "bad-gateway-html" or html):
        return failure(row.name, evidence)
    if status == 400 and error.shape in _ODD_SHAPES:
        return failure("error-body-odd-shapes", evidence)
    return unnamed(_class_of(status), evidence)


def _server_500(attempt: Attempt, error: ErrorBody) -> str:
    if not attempt.body_bytes:
        return "server-500-empty"
    # A framework's own page: HTML, or the text of a trace.
    return "server-500-html-trace" if error.shape in ("html", "text") else "server-500-json"


def _flattened(status: int, error: ErrorBody | None) -> int | None:
    """The provider's own status, when a gateway wrapped it in a 400 or a 500 of its own."""
    if error is None or (status in BY_STATUS and status not in (500, 502)):
        return None
    inner = error.status
    if inner is None:
        told = _STATUS_IN_TEXT.search(error.message)
        inner = int(told[1]) if told else None
    return inner if inner in BY_STATUS and inner != status else None


def _in_a_circle(attempt: Attempt) -> bool:
    """Whether a redirect leads back to where it came from, its query aside."""
    try:
        here = urlsplit(attempt.url)
        there = urlsplit(urljoin(attempt.url, attempt.headers.get("location", "")))
    except ValueError:
        return False
    return (here.scheme, here.netloc, here.path) == (there.scheme, there.netloc, there.path)


def _class_of(status: int) -> str:
    known = _STATUS_CLASSES.get(status)
    if known:
        return known
    if status >= 500:
        return "server-error"
    return "bad-request" if status >= 400 else "protocol"


def _with_hint(name: str, error: ErrorBody) -> str:
    """A rate limit is named by whether the server said when to come back."""
    if name == "rate-limit-no-hint" and error.retry_after_s is not None:
        return "rate-limit"
    return name


_MODEL = re.compile("mod[eè]l|модел|模型|モデル|모델", re.IGNORECASE)


def _speaks_of_model(error: ErrorBody) -> bool:
    return _MODEL.search(f"{error.message} {error.code} {error.param}") is not None


def _by_rules(status: int, error: ErrorBody, quirks: Quirks, *, bare: bool = True) -> str:
    """The kind that a rule gives, "" for none.

    A gateway's bare statuses come last, since what the body says overrules them too; they are
    left out with `bare` False. Status 0 is an error that came without any.
    """
    worded = [rule for rule in quirks.rules if rule.fields or rule.text]
    statuses = [rule for rule in quirks.rules if not (rule.fields or rule.text)] if bare else []
    for rules, at in ((worded, status), (RULES, status or ANY_REFUSAL), (statuses, status)):
        for rule in rules:
            if rule.matches(at, error):
                return rule.kind
    return ""


# What an error inside a success is called, by the class it would have had as a status.
_IN_BAND = {
    "billing": "billing-error-in-200",
    "rate-limit": "rate-limit-in-200",
    "server-error": "server-error-in-200",
}


def _of_error_in_success(attempt: Attempt, error: ErrorBody, quirks: Quirks) -> Failure:
    status = error.status or 0
    named = _by_rules(status, error, quirks) or (
        BY_STATUS[status].name if status in BY_STATUS else ""
    )
    started = attempt.reply is not None and bool(attempt.reply.text or attempt.reply.reasoning)
    kind: Kind | None = KINDS.get(named)
    if kind is not None and kind.name == "context-overflow" and attempt.streamed:
        return failure("context-overflow-in-stream", error.message)
    if kind is not None and kind.failure_class == "unavailable" and started:
        return failure("overloaded-mid-stream", error.message)
    if kind is not None and kind.failure_class in _IN_BAND:
        return failure(_IN_BAND[kind.failure_class], error.message)
    if kind is not None:
        return failure(kind.name, error.message)
    if error.shape == "event":
        return failure("sse-error-event", error.message)
    if error.shape == "text":
        return unnamed("protocol", error.message)
    if attempt.streamed:
        return failure("sse-error-object", error.message)
    if error.shape == "string":
        return failure("error-as-bare-string", error.message)
    if error.shape in _ODD_SHAPES:
        return failure("error-body-odd-shapes", error.message)
    return failure("server-error-in-200", error.message)
