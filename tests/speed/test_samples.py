"""The arithmetic of the figures: medians, percentiles, what is added to the direct way."""

import pytest
from benchmarks.gateway.samples import (
    ClosedLoop,
    Paced,
    Streams,
    Window,
    closed_loop_figures,
    paced_figures,
    rank,
    ratios,
    stream_figures,
)


def window(wall_s=1.0, cpu_s=0.5, load_busy=0.5, core_busy=0.5):
    return Window(wall_s=wall_s, cpu_s=cpu_s, load_busy=load_busy, core_busy=core_busy)


def streams(chunks=100, refused=0, cpu_s=0.002, first_s=(0.001,), lag_s=(0.0001,)):
    return Streams(window(cpu_s=cpu_s), 100, chunks, refused, first_s, lag_s)


@pytest.mark.parametrize(
    ("share", "expected"), [(0.5, 50), (0.99, 99), (0.991, 100), (1.0, 100), (0.0, 1)]
)
def test_a_rank_is_the_smallest_value_with_that_share_at_or_below_it(share, expected):
    assert rank(reversed(range(1, 101)), share) == expected


def test_of_nothing_there_is_no_rank():
    assert rank([], 0.5) is None


def test_requests_are_the_median_of_the_turns_and_cpu_is_per_answer():
    turns = [
        ClosedLoop(window(wall_s=2.0, cpu_s=0.1), 2000),
        ClosedLoop(window(wall_s=1.0, cpu_s=0.1), 5000, {503: 15}),
        ClosedLoop(window(wall_s=1.0, cpu_s=0.3), 3000, {503: 3, 0: 2}),
    ]

    figures = closed_loop_figures(turns)

    assert figures["per_s"] == 3000
    assert figures["cpu_us"] == 50.0
    assert figures["failed"] == 0.002
    assert figures["statuses"] == {"503": 18, "0": 2}


@pytest.mark.parametrize(("busy", "bound"), [(0.95, False), (0.96, True)])
def test_above_95_percent_of_its_core_it_is_the_load_that_is_measured(busy, bound):
    assert closed_loop_figures([ClosedLoop(window(load_busy=busy), 10)])["load_bound"] is bound


def test_who_answers_nothing_has_no_cpu_per_request():
    figures = closed_loop_figures([ClosedLoop(window(), 0)])

    assert (figures["per_s"], figures["cpu_us"], figures["failed"]) == (0, None, 0.0)


def test_what_is_added_is_the_difference_of_the_percentiles_of_all_turns():
    direct = [Paced(2, [0.0001, 0.0003])]
    gateway = [Paced(2, [0.0005]), Paced(2, [0.0009, 0.0008])]

    figures = paced_figures(gateway, direct)

    assert figures["p50_us"] == 800.0
    assert figures["added_p50_us"] == 700.0
    assert figures["added_p99_us"] == 600.0
    assert figures["answered"] == 0.75


def test_where_nothing_came_nothing_is_added():
    figures = paced_figures([Paced(5, [])], [Paced(5, [0.1])])

    assert figures["p50_us"] is figures["added_p50_us"] is None
    assert figures["answered"] == 0.0


def test_streams_tell_what_was_delivered_what_a_chunk_costs_and_how_late_it_is():
    direct = [streams(first_s=[0.0002], lag_s=[0.00001])]
    gateway = [
        streams(chunks=100, cpu_s=0.002, lag_s=[0.0002]),
        streams(chunks=50, refused=3, cpu_s=0.002, lag_s=[0.0004]),
    ]

    figures = stream_figures(gateway, direct)

    assert figures["delivered"] == 0.75
    assert figures["refused"] == 3
    assert figures["cpu_us"] == 30.0
    assert figures["first_p50_us"] == 1000.0
    assert figures["added_first_p50_us"] == 800.0
    assert figures["lag_p99_us"] == 400.0
    assert figures["added_lag_p99_us"] == 390.0


def test_to_start_streams_that_hardly_come_is_not_the_cost_of_a_chunk():
    direct = [streams()]

    assert stream_figures([streams(chunks=49, cpu_s=0.4)], direct)["cpu_us"] is None
    assert stream_figures([streams(chunks=49), streams(chunks=50)], direct)["cpu_us"] == 40.0


def test_what_others_took_of_the_core_is_what_neither_idled_nor_served():
    assert window(wall_s=2.0, cpu_s=0.5, core_busy=0.75).others == 0.5
    # The clocks are not read at one moment; that is no negative load.
    assert window(wall_s=1.0, cpu_s=0.8, core_busy=0.79).others == 0.0


def test_ratios_are_told_for_requests_and_chunks_where_both_are_known():
    def row(name, request, chunk):
        closed, streams = {"64": {"cpu_us": request}}, {"64": {"cpu_us": chunk}}
        return {"name": name, "closed_loop": closed, "streams": streams}

    told = ratios([row("nginx", 12.0, 10.0), row("ours", 60.0, 15.0), row("slow", 6000.0, None)])

    assert told["request"]["ours"] == {"nginx": 5.0, "ours": 1.0, "slow": 0.01}
    assert told["request"]["slow"]["ours"] == 100.0
    assert told["chunk"]["ours"] == {"nginx": 1.5, "ours": 1.0, "slow": None}
    assert told["chunk"]["slow"]["nginx"] is None
