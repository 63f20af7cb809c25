"""What a day of watching comes to where a gateway is down."""

from gatewayz.cli.watch_asking import Budget
from gatewayz.core import Attempt, ErrorBody, Phase, Quirks
from gatewayz.core.units import utc_now
from gatewayz.core.watching import DaySpent
from gatewayz.money import Bound, Caps, Refusal, billed

DOWN = Attempt(status=503, reached=Phase.END, error=ErrorBody(message="no"))


def test_a_gateway_that_is_down_all_day_leaves_the_others_their_tokens():
    budget = Budget(Caps(tokens=200_000), lambda day: DaySpent(day=day))
    ledger = budget.of(utc_now())
    bound = Bound(input_tokens=2414, output_tokens=16, usd=None)
    for _ in range(24 * 3 * 3):  # each hour, three models, three tries
        leave = ledger.reserve("xai", bound)
        assert not isinstance(leave, Refusal)
        lenient = ledger.errors_take_nothing
        ledger.settle(leave, billed(DOWN, Quirks(), errors_take_nothing=lenient).usage, sent=True)

    assert budget.spent.tokens == 0
    assert budget.spent.calls == 24 * 3 * 3
