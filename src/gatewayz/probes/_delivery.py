"""What chat and streaming share: the user's message, and the checks of a delivered answer."""

from gatewayz.checks.answers_test_message import answers_test_message
from gatewayz.checks.matches_expected import matches_expected
from gatewayz.checks.model_named import model_named
from gatewayz.checks.no_think_tags import no_think_tags
from gatewayz.checks.says_why_it_ended import says_why_it_ended
from gatewayz.checks.usable_content import usable_content
from gatewayz.checks.usage_reported import usage_reported
from gatewayz.core import ChatRequest, Occasion
from gatewayz.core.probe import TEST_ANSWER, TEST_MESSAGE

DELIVERY = (
    usable_content,
    says_why_it_ended,
    matches_expected,
    answers_test_message,
    no_think_tags,
    usage_reported,
    model_named,
)


def message(occasion: Occasion, *, stream: bool) -> ChatRequest:
    """The user's message as a request; an expectation of the user's replaces our own."""
    ask = occasion.ask
    is_test = ask.message == TEST_MESSAGE and ask.expect is None
    return ChatRequest(
        messages=({"role": "user", "content": ask.message},),
        max_tokens=ask.max_tokens,
        temperature=ask.temperature,
        stream=stream,
        expect=ask.expect,
        echo=TEST_ANSWER if is_test else None,
    )
