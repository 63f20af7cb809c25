"""What the tiny model of the real engine is known to do, as verdicts, whatever stands before it."""

from gatewayz.core import Culprit, Outcome

# It answers these by heart, or the engine does it for it.
SOUND = (
    "chat", "streaming", "stop_sequences", "max_tokens", "determinism", "n_choices", "logprobs",
    "json_schema", "identity",
)  # fmt: skip
# What it fails, and by which names, while another build of it may answer rightly. A model that
# rambles may go round in circles, or talk until its limit, at any of them.
WEAK = {
    "fresh_answer": {"stale-cached-answer", "not-as-asked"},
    "system_prompt": {"system-prompt-ignored"},
    "multi_turn": {"history-ignored"},
    "unicode": {"replacement-chars", "not-as-asked"},
    "usage": set(),
    "json_object": {"not-as-asked"},
    "tool_call": {"tool-call-as-text", "not-as-asked"},
    "tool_call_streaming": {"tool-call-as-text", "not-as-asked"},
    "parallel_tools": {"tool-call-as-text", "not-as-asked"},
    "tool_choice": {"tool-choice-violated", "tool-call-as-text", "not-as-asked"},
    "tool_round_trip": {"tool-call-as-text", "not-as-asked"},
    "long_context": {"not-as-asked"},
    "reasoning": {"not-as-asked"},
}
_RAMBLING = {"repetition-loop", "gibberish", "reasoning-ate-budget"}
# The question is about a city, a text or a word drawn by lot, and some it half knows.
BY_LOT = frozenset(name for name in WEAK if "tool" in name) | {"unicode", "usage", "json_object"}
# A usable answer that is another than was asked for, and one that is not the same twice: an engine that
# begins with what is left of the prompt before computes in other batches, and its sums differ in the
# last bit (llama.cpp's server says so of `cache_prompt`).
_MAY_WARN = {"answer-differs", "seed-ignored"}


def wrong(verdicts, *, may_warn=()):
    """What is said of the tiny model that is not so, a line each; empty when all is right.

    Only of the probes in SOUND and WEAK; `may_warn` are further warnings that are in order.
    """
    lost = [
        f"{probe}: {told(verdicts[probe])}, and it can do that"
        for probe in SOUND
        if verdicts[probe].outcome is not Outcome.PASSED
    ]
    warned = [
        f"{probe}: a warning of {finding.kind or finding.saw}"
        for probe in (*SOUND, *WEAK)
        for finding in verdicts[probe].warnings
        if finding.kind not in {*_MAY_WARN, *may_warn}
    ]
    return [*lost, *_blamed_wrongly(verdicts), *warned]


def _blamed_wrongly(verdicts):
    for probe, names in WEAK.items():
        verdict = verdicts[probe]
        if verdict.outcome is Outcome.PASSED:
            continue
        for found in (verdict.failure, *verdict.also):
            if found is None or found.label not in names | _RAMBLING:
                yield f"{probe}: {told(verdict)}, which is no name for it"
            elif found.culprit not in _sides(found) or not found.evidence:
                yield f"{probe}: {told(verdict)} points at {found.culprit.value}"


def _sides(found):
    """Whose a weakness may be; a limit that was used up is one of ours."""
    ours = {Culprit.PROBE} if found.kind == "reasoning-ate-budget" else set()
    return {Culprit.MODEL, Culprit.FEATURE} | ours


def told(verdict):
    """The outcome, and the failure's name and evidence."""
    found = verdict.failure
    return (
        f"{verdict.outcome.value} {found.label}: {found.evidence}"
        if found
        else verdict.outcome.value
    )
