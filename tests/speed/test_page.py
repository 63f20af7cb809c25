"""The tables say what was measured, and where a figure is less than it seems."""

import copy

import pytest
from benchmarks.gateway.page import page, readme_table
from benchmarks.gateway.samples import ratios


def row(name, title, cpu_us, **changed):
    closed = {"per_s": 20_000, "cpu_us": cpu_us, "load_busy": 0.6, "load_bound": False, "failed": 0}
    rate = {"p50_us": 300.0, "p99_us": 900.0, "added_p50_us": 200.0, "added_p99_us": 650.0}
    times = {f"{kind}_{which}_us": 500.0 for kind in ("first", "lag") for which in ("p50", "p99")}
    streams = {"delivered": 1.0, "refused": 0, "cpu_us": cpu_us, **times}
    streams |= {f"added_{time}": 400.0 for time in times}
    return {
        "name": name,
        "title": title,
        "version": "1.2",
        "cold_start": {"wall_ms": 420.0, "cpu_ms": 300.0},
        "memory": {"idle": {"rss_mb": 51.2, "pss_mb": 40.0}, "load": {"rss_mb": 60, "pss_mb": 50}},
        "closed_loop": dict.fromkeys(("1", "16", "64", "256"), closed),
        "at_rate": {"100": {**rate, "answered": 1.0}},
        "streams": dict.fromkeys(("64", "512"), streams),
        **changed,
    }


@pytest.fixture
def figures():
    figures = copy.deepcopy(
        {
            "date": "2026-11-26",
            "short": False,
            "niceness": 0,
            "machine": {"cpu": "A CPU", "cores": 2, "system": "Linux 6", "python": "3.11.7"},
            "plan": {"starts": 3, "rounds": 3, "heat_s": 2.0},
            "bytes": {"request": 400, "answer": 600},
            "others": {"median": 0.01, "p90": 0.02},
            "gateways": [
                row("direct", "no gateway", 8.0, version=""),
                row("nginx", "nginx", 12.0),
                row("gatewayz", "`gatewayz serve`", 60.0),
                row("litellm", "LiteLLM", 6000.0),
            ],
            "skipped": {},
        }
    )
    return figures | {"ratios": ratios(figures["gateways"])}


def line(text, begin):
    return next(one for one in text.splitlines() if one.startswith(f"| {begin} |"))


def test_there_is_a_row_for_each_with_its_ratio_to_nginx(figures):
    table = readme_table(figures)

    assert line(table, "nginx").startswith("| nginx | 20,000 | 12.0 | 12.0 |")
    assert (
        "| 60.0 (5.0 × nginx) | 60.0 (5.0 × nginx) | 0.20 / 0.65 ms | 0.40 / 0.40 ms | 51 | 0.42 s |"
        in line(table, "`gatewayz serve`")
    )
    assert "6,000 (500 × nginx)" in line(table, "LiteLLM")


def test_the_direct_way_has_no_cost_of_its_own(figures):
    assert (
        line(readme_table(figures), "no gateway")
        == "| no gateway | 20,000 | - | - | - | - | - | - |"
    )


def test_without_nginx_there_are_no_ratios_to_it(figures):
    figures["gateways"] = [one for one in figures["gateways"] if one["name"] != "nginx"]
    figures["ratios"] = ratios(figures["gateways"])
    figures["skipped"] = {"nginx": "nginx is not installed"}

    assert "| 60.0 |" in line(readme_table(figures), "`gatewayz serve`")
    assert "- nginx: nginx is not installed" in page(figures)


def test_requests_that_the_load_bounded_are_at_least_so_many(figures):
    figures["gateways"][1]["closed_loop"]["64"]["load_bound"] = True

    assert "≥ 20,000" in line(readme_table(figures), "nginx")


def test_failed_requests_refused_streams_and_missing_answers_are_told(figures):
    ours = figures["gateways"][2]
    ours["closed_loop"]["64"] |= {"failed": 0.25, "statuses": {"503": 9, "0": 1}}
    ours["streams"]["512"] |= {"delivered": 0.78, "refused": 112}
    ours["at_rate"]["100"]["answered"] = 0.9

    text = page(figures)

    assert "20,000 (25.0% failed: 503, no answer)" in text
    assert "78% (112 streams refused)" in text
    assert "0.40 / 0.40 ms (78% came)" in text
    assert "0.20 / 0.65 ms (90% came)" in text


def test_a_rate_that_a_gateway_does_not_reach_is_a_dash(figures):
    figures["gateways"][2]["at_rate"]["10000"] = figures["gateways"][2]["at_rate"]["100"]

    rates = page(figures).split("## At a fixed rate")[1].split("##")[0]

    assert line(rates, "LiteLLM").endswith("| - | - |")
    assert line(rates, "`gatewayz serve`").endswith("| 0.30 / 0.90 ms | 0.20 / 0.65 ms |")


def test_a_core_is_worth_what_its_cpu_per_request_says(figures):
    worth = page(figures).split("## A core's worth")[1].split("##")[0]

    assert line(worth, "`gatewayz serve`") == (
        "| `gatewayz serve` | 16,667 | 0.20 × | 1.0 × | 100 × |"
    )


def test_quiet_long_runs_may_be_quoted(figures):
    assert "Not to be quoted" not in page(figures) + readme_table(figures)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"short": True}, "it was a short run"),
        ({"niceness": 19}, "it ran at low priority"),
        ({"others": {"median": 0.2, "p90": 0.4}}, "other programs took 20% of the measured core"),
    ],
)
def test_others_say_why_not(figures, changed, said):
    figures |= changed

    assert f"Not to be quoted: {said}." in page(figures)
    assert f"Not to be quoted: {said}." in readme_table(figures)
