"""What probes share: the user's message, and the checks of a delivered answer."""

from gatewayz.checks.answers_test_message import answers_test_message
from gatewayz.checks.cost_as_priced import cost_as_priced
from gatewayz.checks.in_the_asked_language import in_the_asked_language
from gatewayz.checks.keeps_to_max_tokens import keeps_to_max_tokens
from gatewayz.checks.matches_expected import matches_expected
from gatewayz.checks.model_named import model_named
from gatewayz.checks.no_gibberish import no_gibberish
from gatewayz.checks.no_mojibake import no_mojibake
from gatewayz.checks.no_repetition_loop import no_repetition_loop
from gatewayz.checks.no_replacement_chars import no_replacement_chars
from gatewayz.checks.no_special_tokens import no_special_tokens
from gatewayz.checks.no_think_tags import no_think_tags
from gatewayz.checks.not_deprecated import not_deprecated
from gatewayz.checks.not_truncated import not_truncated
from gatewayz.checks.says_why_it_ended import says_why_it_ended
from gatewayz.checks.served_by_the_asked_model import served_by_the_asked_model
from gatewayz.checks.streams_as_it_goes import streams_as_it_goes
from gatewayz.checks.streams_evenly import streams_evenly
from gatewayz.checks.streams_fast_enough import streams_fast_enough
from gatewayz.checks.tool_names_offered import tool_names_offered
from gatewayz.checks.usable_content import usable_content
from gatewayz.checks.usage_adds_up import usage_adds_up
from gatewayz.checks.usage_not_zero import usage_not_zero
from gatewayz.checks.usage_plausible import usage_plausible
from gatewayz.checks.usage_reported import usage_reported
from gatewayz.core import ChatRequest, Occasion
from gatewayz.core.usual_question import TEST_ANSWER, TEST_MESSAGE

# In the order of judgement: was there an answer, whose, is it sound, what does it say, then what is
# merely odd. The first that fails names the failure.
DELIVERY = (
    usable_content,
    tool_names_offered,
    says_why_it_ended,
    served_by_the_asked_model,
    keeps_to_max_tokens,
    no_repetition_loop,
    no_special_tokens,
    no_mojibake,
    no_replacement_chars,
    no_gibberish,
    matches_expected,
    answers_test_message,
    in_the_asked_language,
    no_think_tags,
    not_truncated,
    usage_reported,
    usage_not_zero,
    usage_adds_up,
    usage_plausible,
    cost_as_priced,
    model_named,
    not_deprecated,
    streams_as_it_goes,
    streams_evenly,
    streams_fast_enough,
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
