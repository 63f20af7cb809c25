"""[[sla]] and [[maintenance]] in gatewayz.toml."""

from datetime import UTC, datetime, time

import pytest

from gatewayz.config import load_settings
from gatewayz.core import ConfigError, Culprit
from gatewayz.core.objectives import THEIR_FAULTS, Confirmation, Maintenance, Weekly, Window


def read(folder, text):
    (folder / "gatewayz.toml").write_text(text)
    return load_settings(folder=folder, environ={})


def test_a_promise_needs_one_number_and_has_a_default_for_the_rest(tmp_path):
    (sla,) = read(tmp_path, "[[sla]]\navailability = 99.5\n").slas

    (objective,) = sla.objectives
    assert (objective.kind, objective.share, objective.limit) == ("availability", 0.995, None)
    assert objective.probes == ("chat", "streaming")
    assert (sla.name, sla.targets, sla.way, sla.per) == ("*", ("*",), "direct", "model")
    assert sla.window == Window(rolling_s=30 * 86400.0, time_zone="UTC")
    assert (sla.confirmation, sla.faults) == (Confirmation(bad=2, of=3, good=2), THEIR_FAULTS)


def test_a_promise_may_say_everything(tmp_path):
    (sla,) = read(
        tmp_path,
        """
        [[sla]]
        name = "customers"
        models = ["groq/*", "xai"]
        way = "api"
        per = "gateway"
        probes = "streaming"
        ttft = { p50 = "600ms", p95 = 1.5 }
        decode_rate = { p5 = 20 }
        features = { tool_call = 98 }
        window = "month"
        time_zone = "Europe/Berlin"
        confirm = { bad = 3, of = 5 }
        count_as_down = ["rate limit"]
        """,
    ).slas

    told = [(one.name, one.kind, one.share, one.limit, one.probes) for one in sla.objectives]
    assert told == [
        ("tool_call", "feature", 0.98, None, ("tool_call",)),
        ("ttft p50 <= 0.60s", "ttft", 0.5, 0.6, ("streaming",)),
        ("ttft p95 <= 1.50s", "ttft", 0.95, 1.5, ("streaming",)),
        ("decode_rate p5 >= 20/s", "decode_rate", 0.95, 20.0, ("streaming",)),
    ]
    assert (sla.targets, sla.way, sla.per) == (("groq/*", "xai"), "api", "gateway")
    assert sla.window == Window(calendar="month", time_zone="Europe/Berlin")
    assert sla.confirmation == Confirmation(bad=3, of=5, good=2)
    assert sla.faults == THEIR_FAULTS | {Culprit.RATE_LIMIT}


@pytest.mark.parametrize(
    ("limit", "name"),
    [
        ("1ms", "latency p95 <= 0.001s"),
        ("0.0125", "latency p95 <= 0.0125s"),
        ("2s", "latency p95 <= 2.00s"),
        ("1234ms", "latency p95 <= 1.234s"),
        ("10s", "latency p95 <= 10.0s"),
        ("12.34s", "latency p95 <= 12.34s"),
        ("90s", "latency p95 <= 1m30s"),
        ("90.5s", "latency p95 <= 90.5s"),
        ("1h", "latency p95 <= 1h00m"),
        ("3601s", "latency p95 <= 3601s"),
    ],
)
def test_a_promise_is_named_after_the_very_limit_that_was_set(tmp_path, limit, name):
    """Ordinary names stay as they are: stores keep them."""
    (sla,) = read(tmp_path, f'[[sla]]\nlatency = {{ p95 = "{limit}" }}\n').slas

    assert [one.name for one in sla.objectives] == [name]


def test_maintenance_is_once_or_each_week(tmp_path):
    once, weekly = read(
        tmp_path,
        """
        [[maintenance]]
        models = "groq/*"
        start = 2026-10-04T02:00:00+02:00
        end = "2026-10-04T04:00:00Z"
        reason = "new machines"
        [[maintenance]]
        weekly = "sunday"
        start = "23:00"
        end = 01:30:00
        time_zone = "Europe/Berlin"
        """,
    ).maintenance

    assert once == Maintenance(
        targets=("groq/*",),
        start=datetime(2026, 10, 4, tzinfo=UTC),
        end=datetime(2026, 10, 4, 4, tzinfo=UTC),
        reason="new machines",
    )
    assert weekly.weekly == Weekly(
        weekday=6, start=time(23), end=time(1, 30), time_zone="Europe/Berlin"
    )


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[[sla]]\nname = 'a'\n", r"\[\[sla\]\] 1 promises nothing; write availability = 99.5"),
        ("[sla]\navailability = 99\n", r"write \[\[sla\]\]"),
        ("[[sla]]\navailability = 100\n", "100 leaves no room"),
        ("[[sla]]\navailability = 0\n", "0 promises nothing"),
        ("[[sla]]\navailability = 'high'\n", "number from 0 to 100"),
        ("[[sla]]\navailabilty = 99\n", "did you mean 'availability'|availability"),
        ("[[sla]]\nttft = '1s'\n", "p95"),
        ("[[sla]]\nttft = { p100 = '1s' }\n", "no percentile"),
        ("[[sla]]\nttft = { p0 = '1s' }\n", "no percentile"),
        ("[[sla]]\nttft = { p95 = 'fast' }\n", "ttft.p95"),
        ("[[sla]]\navailability = 99\nwindow = 'year'\n", "no window; write 30d"),
        ("[[sla]]\navailability = 99\nwindow = '5m'\n", "no window; write 30d"),
        ("[[sla]]\navailability = 99\ntime_zone = 'Mars'\n", "no time zone"),
        ("[[sla]]\navailability = 99\ntime_zone = '../x'\n", "no time zone"),
        ("[[sla]]\navailability = 99\nconfirm = { bad = 4, of = 3 }\n", "never seen"),
        ("[[sla]]\navailability = 99\ncount_as_down = ['the key']\n", "cannot count as down"),
        ("[[sla]]\navailability = 99\n[[sla]]\navailability = 99\n", "two .* are named"),
        ("[[sla]]\nname = ' '\navailability = 99\n", "name: .*leave the line out"),
        ("[[maintenance]]\nstart = 2026-10-04T02:00:00Z\n", "a start and an end"),
        (
            "[[maintenance]]\nstart = 2026-10-04T02:00:30Z\nend = 2026-10-04T03:00:00Z\n",
            "leave out the seconds",
        ),
        (
            "[[maintenance]]\nweekly = 'sunday'\nstart = 02:00:30\nend = 03:00:00\n",
            "leave out the seconds",
        ),
        (
            "[[maintenance]]\nstart = 2026-10-04T02:00:00\nend = 2026-10-04T03:00:00Z\n",
            "with its offset",
        ),
        (
            "[[maintenance]]\nstart = 2026-10-04T02:00:00Z\nend = 2026-10-04T02:00:00Z\n",
            "ends before it begins",
        ),
        ("[[maintenance]]\nweekly = 'sonntag'\nstart = '1:00'\nend = '2:00'\n", "sonntag"),
        ("[[maintenance]]\nweekly = 'sunday'\nstart = '25:00'\nend = '2:00'\n", "time of the day"),
    ],
)
def test_a_wrong_promise_is_told_in_one_line_with_its_place(tmp_path, text, told):
    with pytest.raises(ConfigError, match=told) as wrong:
        read(tmp_path, text)

    assert "gatewayz.toml" in str(wrong.value)
    assert "\n" not in str(wrong.value)
