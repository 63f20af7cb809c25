"""What a run took, in words."""

import io

from gatewayz.core import Audit, NotSent, Run, Spend, Summary
from gatewayz.core.units import utc_now
from gatewayz.reports import REPORTS
from gatewayz.reports._spend import spend_lines
from gatewayz.reports.terminal import Terminal

SPEND = Spend(
    calls=12, input_tokens=3456, output_tokens=78, usd=0.0123, capped=True,
    unreported_calls=3, unreported_tokens=900, unreported_usd=0.001, uncounted_calls=1,
    unpriced_calls=3, unpriced=("a/m1", "a/m2", "a/m3", "a/\x1b[31mm4"),
    left_out=NotSent(cases=4, tries=1),
    overruns={"acme": "a call took 700 output tokens, where 52 were the most it was given"},
    audits=(
        Audit(gateway="fine", answers=9, reported_usd=1.0, least_usd=1.0, most_usd=1.0),
        Audit(gateway="acme", answers=9, reported_usd=2.0, least_usd=0.5, most_usd=1.0, odd=3),
    ),
)  # fmt: skip


def test_every_part_of_it_is_told_once():
    assert spend_lines(SPEND) == [
        (
            "Spent: $0.0123 for 12 calls, 3,456 tokens in, 78 out; "
            "of it 900 tokens and $0.0010 as reserved for 2 calls without full usage; "
            "not all counted: the tokens of 1 call, the cost of 3 calls; "
            "price unknown: a/m1, a/m2, a/m3 and 1 more"
        ),
        "Left out to keep to the cap: 4 cases not sent, another try not made",
        "acme stopped: a call took 700 output tokens, where 52 were the most it was given",
        "acme reports $2.0000 for 9 answers; by price and usage it is $0.5000 to $1.0000 (3 far off)",
    ]


def test_without_a_cap_only_what_is_odd_is_told_unasked():
    plain = Spend(calls=2, usd=0.1)

    assert spend_lines(plain, all_of_it=False) == []
    assert spend_lines(plain) == ["Spent: $0.1000 for 2 calls, 0 tokens in, 0 out"]
    assert len(spend_lines(Spend(calls=9, audits=SPEND.audits), all_of_it=False)) == 1
    assert spend_lines(None) == spend_lines(Spend()) == []


def test_tokens_and_money_that_are_not_counted_are_told_each_for_itself():
    both = spend_lines(Spend(calls=2, input_tokens=9, usd=0.1, uncounted_calls=1, unpriced_calls=1))
    billed = spend_lines(Spend(calls=1, usd=0.1, uncounted_calls=1))

    assert both[0].endswith("; not all counted: the tokens of 1 call, the cost of 1 call")
    # Its cost is all of the sum, and its tokens are told as unknown.
    assert billed == ["Spent: $0.1000 for 1 call, tokens unknown"]


def test_a_cost_that_is_the_most_it_can_be_is_told_as_that():
    assert spend_lines(Spend(calls=2, usd=0.1, dearest_calls=1))[0].startswith(
        "Spent: at most $0.1000 for 2 calls,"
    )


def test_an_unknown_cost_is_no_zero():
    assert spend_lines(Spend(calls=1, unpriced_calls=1))[0].startswith(
        "Spent: cost unknown for 1 call,"
    )


def test_it_stands_above_the_total_within_the_width_and_harmless():
    out = io.StringIO()
    hostile = Spend(calls=1, usd=0.1, capped=True, unpriced=("a/\x1b[31mred" + "x" * 200,))
    Terminal(out, color=False).summary(Summary(spend=hostile))
    lines = out.getvalue().splitlines()

    assert "\x1b" not in out.getvalue()
    assert all(len(line) <= 80 for line in lines)
    assert lines.index(next(x for x in lines if x.startswith("Spent"))) < lines.index(
        next(x for x in lines if x.startswith("TOTAL"))
    )


def test_the_reports_have_it_too():
    run, summary = Run(id="r", started_at=utc_now()), Summary(spend=SPEND)
    markdown = REPORTS["markdown"].render(run, summary).decode()
    json = REPORTS["json"].render(run, summary).decode()

    assert "### What it took" in markdown
    assert "- Spent: &#36;0.0123 for 12 calls" in markdown
    assert '"reported_usd": 2.0' in json


def test_an_account_that_was_lost_with_its_process_is_told():
    assert spend_lines(Spend(calls=2, usd=0.1, verdicts=6))[0].endswith(
        "; what came after the first 6 verdicts not counted"
    )
