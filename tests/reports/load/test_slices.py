"""Slices of time that are put together until a picture of them can be read."""

from dataclasses import replace

from gatewayz.core.load import LoadLine, Moment
from gatewayz.reports.load._slices import coarser


def line(count, *, passed=1, width=0.1, target="a", **more):
    series = tuple(
        Moment(at_s=at * width, width_s=width, sent=2, passed=passed, failed=1, **more)
        for at in range(count)
    )
    return LoadLine(target=target, stage=0, series=series)


def test_slices_with_answers_enough_stay_as_they_are():
    one = line(60, passed=9)

    assert coarser([one]) == [list(one.series)]


def test_sums_and_time_are_the_same_however_many_go_together():
    before = line(1000, passed=1)
    (after,) = coarser([before])

    assert len(after) <= 90
    for field in ("sent", "passed", "failed"):
        assert sum(getattr(m, field) for m in after) == sum(
            getattr(m, field) for m in before.series
        )
    assert round(sum(moment.width_s for moment in after), 6) == 100
    assert [moment.at_s for moment in after] == sorted(moment.at_s for moment in after)


def test_few_answers_leave_a_dozen_slices():
    (after,) = coarser([line(24, passed=0)])

    assert len(after) == 12


def test_of_several_medians_the_middle_one_counts_by_its_answers():
    slices = [
        Moment(at_s=0, width_s=1, passed=1, ttft_s=9.0),
        Moment(at_s=1, width_s=1, passed=5, ttft_s=2.0, in_flight=7),
        Moment(at_s=2, width_s=1, passed=1, ttft_s=1.0),
        Moment(at_s=3, width_s=1),
    ] * 400
    series = tuple(replace(one, at_s=at) for at, one in enumerate(slices))
    (after,) = coarser([LoadLine(target="a", stage=0, series=series)])

    assert {moment.ttft_s for moment in after} == {2.0}
    assert {moment.latency_s for moment in after} == {None}
    assert {moment.in_flight for moment in after} == {7}


def test_nothing_is_put_together_of_nothing():
    assert coarser([]) == []
    assert coarser([LoadLine(target="a", stage=0)]) == [[]]
