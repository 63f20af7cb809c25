"""What the rest of a run says of a verdict that it cannot know by itself."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from hashlib import blake2b

from gatewayz.core.attempt import Attempt, FaultName, Phase, Reply
from gatewayz.core.forms import question_in_any_form, unlike
from gatewayz.core.refused_keys import BAD_KEY, Place, RefusedKeys, place_of
from gatewayz.core.verdict import Culprit, Finding, Outcome, Verdict

# So many ids of one gateway are remembered; what repeats, repeats soon.
MOST_IDS = 10_000
# So many answers wait for the same question in the other form, which comes soon as well.
MOST_ANSWERS, MOST_LETTERS = 1000, 4000
OUR_NETWORK = "no gateway can be reached: this machine's network"


class Hindsight:
    """Gives each verdict back in the light of the others of its run; made anew for each run.

    Verdicts are fed in the order in which they were reached. What a refused key means may show
    only later, so such a verdict is given back when it has shown.
    """

    def __init__(self) -> None:
        self._keys = RefusedKeys()
        self._lists: set[Place] = set()
        self._ids: dict[Place, dict[bytes, str]] = {}
        self._told: set[tuple[str, Place]] = set()
        self._answers: dict[bytes, tuple[bool, Reply]] = {}

    def list_read(self, place: Place) -> None:
        """A place's model list was read."""
        self._lists.add(place)

    def of(self, verdict: Verdict) -> tuple[Verdict, ...]:
        """What can be told now: the verdict, those that waited for it, or nothing yet."""
        return self._told_of_lists(self._keys.take(self._of_the_other_form(self._of_ids(verdict))))

    def rest(self, place: Place | None = None) -> tuple[Verdict, ...]:
        """What still waits, once no more will be asked at a place; None: at any."""
        places = self._keys.places() if place is None else (place,)
        return self._told_of_lists(v for each in places for v in self._keys.rest(each))

    def key_worked(self, place: Place) -> bool:
        """Whether the key was good for an answer."""
        return self._keys.worked(place)

    def _told_of_lists(self, verdicts: Iterable[Verdict]) -> tuple[Verdict, ...]:
        return tuple(map(self._of_the_list, verdicts))

    def _of_the_list(self, verdict: Verdict) -> Verdict:
        """A list that takes a key which is good for nothing else is public."""
        case, found = verdict.observation.case, verdict.failure
        place = place_of(case)
        if found is None or found.kind not in BAD_KEY or found.kind == "auth-no-key":
            return verdict
        if found.culprit is not Culprit.KEY:  # another key was refused, behind the gateway
            return verdict
        if self._keys.worked(place) or place not in self._lists or case.model is None:
            return verdict
        saw = "it was read, and the chat call refused the key"
        return self._warned(verdict, "auth-listing-is-public", "auth", saw)

    def _of_ids(self, verdict: Verdict) -> Verdict:
        """Two requests whose answers carry one id were not both answered afresh."""
        case = verdict.observation.case
        place = place_of(case)
        if ("id-repeated-across-requests", place) in self._told:
            return verdict
        known = self._ids.setdefault(place, {})
        for attempt in verdict.observation.attempts:
            if attempt.reply is None or not attempt.reply.id:
                continue
            digest = blake2b(attempt.reply.id.encode("utf-8", "replace"), digest_size=8).digest()
            if digest in known:
                del self._ids[place]
                saw = f"'{attempt.reply.id[:80]}' of {known[digest]} again"
                return self._warned(verdict, "id-repeated-across-requests", "semantic", saw)
            known[digest] = case.id[:80]
            if len(known) > MOST_IDS:
                del known[next(iter(known))]
        return verdict

    def _of_the_other_form(self, verdict: Verdict) -> Verdict:
        """What was answered whole and as a stream is held against itself."""
        seen = verdict.observation
        question = question_in_any_form(seen)
        if question is None or seen.last is None or verdict.outcome is not Outcome.PASSED:
            return verdict
        streamed, before = seen.last.streamed, self._answers.get(question)
        if before is None:
            # Only an answer's few fields are compared, so its text need not be kept whole.
            self._answers[question] = (streamed, _shortened(seen.reply))
            if len(self._answers) > MOST_ANSWERS:
                del self._answers[next(iter(self._answers))]
            return verdict
        if before[0] == streamed:
            return verdict
        del self._answers[question]
        found = tuple(unlike(before[1], seen.reply, streamed=streamed))
        known = {finding.kind for finding in verdict.warnings}
        fresh = (finding for finding in found if finding.kind not in known)
        return replace(verdict, warnings=(*verdict.warnings, *fresh))

    def _warned(self, verdict: Verdict, kind: str, failure_class: str, saw: str) -> Verdict:
        """The verdict with a warning that is given once for a gateway."""
        said = (kind, place_of(verdict.observation.case))
        if said in self._told or any(kind == one.kind for one in verdict.warnings):
            return verdict
        self._told.add(said)
        found = Finding(kind=kind, failure_class=failure_class, saw=saw, warning=True)
        return replace(verdict, warnings=(*verdict.warnings, found))


# So close together, in seconds, troubles toward several hosts are one.
TOGETHER_S = 5.0

_ON_THE_WAY = frozenset(
    {
        FaultName.DNS, FaultName.REFUSED, FaultName.UNREACHABLE, FaultName.RESET,
        FaultName.TLS_CERTIFICATE, FaultName.TLS_PROTOCOL,
    }
)  # fmt: skip


def lost(attempt: Attempt) -> bool:
    """Whether a request met with trouble on the way to its host, rather than with the host."""
    fault = attempt.fault
    if fault is None or attempt.status is not None:
        return False
    if fault.name is FaultName.TIMEOUT:
        return fault.phase in (Phase.DNS, Phase.CONNECT, Phase.TLS)
    return fault.name in _ON_THE_WAY


# What a backend calls the same troubles, when it met with them on its way to a gateway.
TOLD_AS = frozenset(
    {
        "dns-failure", "connection-refused", "reset-before-response", "tls-bad-certificate",
        "tls-version-mismatch", "connect-timeout", "tls-handshake-stall",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Route:
    """How this machine reaches a host: by itself, or through a backend that runs on it (`relayed`).

    A backend elsewhere is a host as any other: what lies behind it says nothing of our network.
    """

    host: str
    relayed: bool = False


def lost_on(route: Route, attempt: Attempt) -> bool | None:
    """Whether a request was lost on the way to the route's host; None when that is not told."""
    if not route.relayed:
        return lost(attempt)
    if attempt.status is None:
        return None  # it is the backend that did not answer
    error = attempt.error
    if error is None:
        return False
    if not error.gateway:
        return None  # the backend's own words
    unnamed = not error.kind and error.failure_class == "network"
    return attempt.status >= 500 and (unnamed or error.kind in TOLD_AS)


@dataclass(slots=True)
class _Contact:
    reached_s: float = float("-inf")
    lost_s: float = float("-inf")


class Contacts:
    """When each host was reached last, and when it was lost; moments in seconds of one clock."""

    def __init__(self) -> None:
        self._routes: dict[Route, _Contact] = {}

    def note(self, route: Route, moment_s: float, *, is_lost: bool) -> None:
        """Takes one attempt that ended at this moment."""
        contact = self._routes.setdefault(route, _Contact())
        if is_lost:
            contact.lost_s = max(contact.lost_s, moment_s)
        else:
            contact.reached_s = max(contact.reached_s, moment_s)

    def all_lost(self, route: Route, since_s: float, awaited: Iterable[Route]) -> bool | None:
        """Whether, with this host lost since then, every other one is lost as well.

        None: that cannot be said yet. `awaited` are the routes that are still in use. A host that
        two routes lead to is one host, but lost only when both are.
        """
        others = {other: found for other, found in self._routes.items() if other != route}
        if any(found.reached_s >= since_s for found in others.values()):
            return False
        gone = {
            other
            for other, found in others.items()
            if found.lost_s >= since_s - TOGETHER_S and found.lost_s >= found.reached_s
        }
        elsewhere = any(other.host != route.host for other in gone)
        return True if elsewhere and gone.issuperset(set(awaited) - {route}) else None


def our_network(verdict: Verdict) -> Verdict:
    """The same verdict when no host at all could be reached: the fault is on this side.

    So is that of its first try, where that was lost on the way as well.
    """
    if verdict.failure is None:
        return verdict
    ours = replace(verdict.failure, culprit=Culprit.NETWORK)
    first = verdict.first_outcome
    if first is Outcome.FAILED and _was_lost(verdict.observation.attempts[:1]):
        first = Outcome.UNKNOWN
    return replace(
        verdict, outcome=Outcome.UNKNOWN, failure=ours, reason=OUR_NETWORK, first_outcome=first
    )


def _was_lost(tries: Iterable[Attempt]) -> bool:
    """Whether each of these was lost on the way, by its own account or a backend's."""
    return all(lost(one) or lost_on(Route("", relayed=True), one) for one in tries)


def _shortened(reply: Reply) -> Reply:
    """What of an answer is compared with a later one."""
    if len(reply.text) <= MOST_LETTERS and not (reply.reasoning or reply.others or reply.notice):
        return reply
    return replace(reply, text=reply.text[:MOST_LETTERS], reasoning="", others=(), notice="")
