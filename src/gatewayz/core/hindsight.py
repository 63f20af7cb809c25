"""What the rest of a run says of a verdict that it cannot know by itself."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from hashlib import blake2b

from gatewayz.core.attempt import Attempt, FaultName, Phase, Reply
from gatewayz.core.case import Case
from gatewayz.core.failures import failure
from gatewayz.core.forms import question_in_any_form, unlike
from gatewayz.core.observation import Observation
from gatewayz.core.verdict import Culprit, Finding, Outcome, Verdict

Place = tuple[str, str]

# So many ids of one gateway are remembered; what repeats, repeats soon.
MOST_IDS = 10_000
# So many answers wait for the same question in the other form, which comes soon as well.
MOST_ANSWERS, MOST_LETTERS = 1000, 4000
BAD_KEY = frozenset({"auth-bad-key", "auth-no-key", "auth-bad-key-as-400"})
OUR_NETWORK = "no gateway can be reached: this machine's network"


class Hindsight:
    """Gives each verdict back in the light of those before it; made anew for each run.

    Verdicts are fed in the order in which they were reached.
    """

    def __init__(self) -> None:
        self._good_keys: set[Place] = set()
        self._lists: set[Place] = set()
        self._ids: dict[Place, dict[bytes, str]] = {}
        self._told: set[tuple[str, Place]] = set()
        self._answers: dict[bytes, tuple[bool, Reply]] = {}

    def list_read(self, place: Place) -> None:
        """A place's model list was read."""
        self._lists.add(place)

    def of(self, verdict: Verdict) -> Verdict:
        """The verdict in the light of those before."""
        verdict = self._of_the_key(verdict)
        verdict = self._of_ids(verdict)
        verdict = self._of_the_other_form(verdict)
        if verdict.outcome is Outcome.PASSED and _by_own_key(verdict.observation):
            self._good_keys.add(_place(verdict.observation.case))
        return verdict

    def key_worked(self, place: Place) -> bool:
        """Whether the key was good for an answer before."""
        return place in self._good_keys

    def _of_the_key(self, verdict: Verdict) -> Verdict:
        """A key that worked before is not a wrong key; a list that takes a wrong one is public."""
        place, found = _place(verdict.observation.case), verdict.failure
        if found is None or found.kind not in BAD_KEY or found.kind == "auth-no-key":
            return verdict
        if place in self._good_keys:
            if found.kind != "auth-bad-key":
                return verdict
            return replace(verdict, failure=failure("auth-key-expired-mid-run", found.evidence))
        if place not in self._lists or verdict.observation.case.model is None:
            return verdict
        saw = "the model list was read all the same"
        return self._warned(verdict, "auth-listing-is-public", "auth", saw)

    def _of_ids(self, verdict: Verdict) -> Verdict:
        """Two requests whose answers carry one id were not both answered afresh."""
        case = verdict.observation.case
        place = _place(case)
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
        said = (kind, _place(verdict.observation.case))
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


@dataclass(slots=True)
class _Contact:
    reached_s: float = float("-inf")
    lost_s: float = float("-inf")


class Contacts:
    """When each host was reached last, and when it was lost; moments in seconds of one clock."""

    def __init__(self) -> None:
        self._hosts: dict[str, _Contact] = {}

    def note(self, host: str, moment_s: float, attempt: Attempt) -> None:
        """Takes one attempt that ended at this moment."""
        contact = self._hosts.setdefault(host, _Contact())
        if lost(attempt):
            contact.lost_s = max(contact.lost_s, moment_s)
        else:
            contact.reached_s = max(contact.reached_s, moment_s)

    def all_lost(self, host: str, since_s: float, awaited: Iterable[str]) -> bool | None:
        """Whether, with this host lost since then, every other one is lost as well.

        None: that cannot be said yet. `awaited` are the hosts that are still in use.
        """
        others = {name: found for name, found in self._hosts.items() if name != host}
        if any(found.reached_s >= since_s for found in others.values()):
            return False
        gone = {name for name, found in others.items() if found.lost_s >= since_s - TOGETHER_S}
        return True if gone and gone.issuperset(set(awaited) - {host}) else None


def our_network(verdict: Verdict) -> Verdict:
    """The same verdict when no host at all could be reached: the fault is on this side."""
    if verdict.failure is None:
        return verdict
    ours = replace(verdict.failure, culprit=Culprit.NETWORK)
    return replace(verdict, outcome=Outcome.UNKNOWN, failure=ours, reason=OUR_NETWORK)


def _shortened(reply: Reply) -> Reply:
    """What of an answer is compared with a later one."""
    return replace(reply, text=reply.text[:MOST_LETTERS], reasoning="", others=(), notice="")


def _by_own_key(seen: Observation) -> bool:
    """Whether an answer to this says that the key is good: a refusal on purpose does not."""
    asked = seen.request
    return seen.case.model is not None and asked is not None and asked.must_refuse is None


def _place(case: Case) -> Place:
    return (case.gateway, case.way)
