"""Pictures: where values lie, what a line is drawn from, and whether it can be seen."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewayz.reports._charts import COLOURS, Line, Plot, Strip, Strips, lines_chart, strips_chart
from gatewayz.reports._markup import el, page
from gatewayz.reports._scales import Scale, even_ticks, scale_for, short, tick_words
from gatewayz.reports._style import DARK, LIGHT, NIGHT, PAPER

positive = st.floats(1e-9, 1e12, allow_nan=False)


def classes(element, name):
    return [one for one in element.iter() if name in one.get("class", "").split()]


def plot(*lines, **more):
    return lines_chart(
        Plot(title="T", about="A", x_title="s", y_title="ms", lines=lines, **more)
    )  # fmt: skip


def a_line(*points):
    return Line(label="one", points=points, colour=0)


@given(st.lists(positive, min_size=1, max_size=20))
def test_a_scale_keeps_the_order_and_the_frame(values):
    scale = scale_for(values).placed(10, 90)
    places = [scale.at(value) for value in sorted(values)]

    assert places == sorted(places)
    assert all(10 <= place <= 90 for place in places)


@given(st.lists(positive, min_size=1, max_size=20), st.integers(2, 8))
def test_ticks_are_few_and_within_the_scale(values, most):
    scale = scale_for(values)
    ticks = scale.ticks(most)

    slack = 1e-9 * max(abs(scale.low), abs(scale.high))
    assert len(ticks) <= most + 1
    assert ticks == sorted(set(ticks))
    assert all(scale.low - slack <= tick <= scale.high + slack for tick in ticks)


def test_values_that_differ_by_orders_are_placed_by_ratio():
    scale = scale_for([1.0, 10.0, 100.0])

    assert scale.by_ratio
    assert scale.at(10.0) == pytest.approx(0.5)
    assert scale.value(0.5) == pytest.approx(10.0)
    assert not scale_for([80.0, 100.0]).by_ratio
    assert not scale_for([0.0, 100.0]).by_ratio


def test_lengths_begin_at_nothing():
    assert scale_for([50.0, 60.0], from_zero=True).low == 0
    assert scale_for([], from_zero=True).at(0) == 0


def test_equal_values_have_a_scale_too():
    assert scale_for([3.0, 3.0]).at(3.0) == pytest.approx(0.5)
    assert Scale(2.0, 2.0).at(2.0) == 0


def test_ticks_are_round():
    assert even_ticks(0, 100, 5) == [0, 20, 40, 60, 80, 100]
    assert even_ticks(0.13, 0.47, 5) == [0.2, 0.3, 0.4]
    assert Scale(3, 700, by_ratio=True).ticks(5) == [3, 10, 30, 100, 300]


@pytest.mark.parametrize(
    ("ticks", "words"),
    [
        ([1.99, 1.995, 2.0, 2.005], ["1.99", "1.995", "2", "2.005"]),
        ([1234.5, 1235.0], ["1,234.5", "1,235"]),
        ([0, 50_000, 100_000], ["0", "50,000", "100k"]),
        ([123_456, 123_457], ["123.456k", "123.457k"]),
        ([0.01, 0.1, 1, 10, 1000], ["0.01", "0.1", "1", "10", "1,000"]),
        ([0.01, 1, 100, 10_000], ["0.01", "1", "100", "10,000"]),
        ([0.003, 1000, 1e5], ["0.003", "1,000", "100k"]),
        ([-0.002, -0.001, 0, 0.001], ["-0.002", "-0.001", "0", "0.001"]),
        ([0, 5e-9, 1e-8, 1.5e-8], ["0", "5e-9", "1e-8", "1.5e-8"]),
        ([2e12, 2.5e12, 3e12], ["2e12", "2.5e12", "3e12"]),
        ([2e12, 2e12 + 1], ["2e12", "2.000000000001e12"]),
        ([1.98765], ["1.99"]),
        ([], []),
    ],
)
def test_ticks_have_the_digits_that_tell_them_apart(ticks, words):
    assert tick_words(ticks) == words


@given(
    st.floats(-1e15, 1e15), st.floats(1e-9, 1), st.floats(1e-20, 1e15), st.integers(2, 8)
)  # fmt: skip
def test_no_two_ticks_of_an_axis_read_alike(low, share, least, most):
    found = Scale(low, low + max(least, share * abs(low))).ticks(most)
    words = tick_words(found)

    assert len(set(words)) == len(found)
    for value, word in zip(found, words, strict=True):
        read = float(word.replace(",", "").replace("k", "e3"))
        assert read == pytest.approx(value, rel=1e-9 if len(found) > 1 else 0.01, abs=1e-300)


def test_the_ticks_of_a_chart_are_those_words():
    figure = plot(a_line((0, 1.99), (1, 2.01)), y=Scale(1.99, 2.01), x=Scale(0, 1))

    words = [one.text for one in figure.iter("text")]
    assert {"1.99", "1.995", "2", "2.005", "2.01"} <= set(words)


@pytest.mark.parametrize(
    ("value", "told"),
    [(0, "0"), (0.01234, "0.0123"), (0.5, "0.5"), (1, "1"), (12.345, "12.3"), (99.96, "100"),
     (123.4, "123"), (1234.5, "1,234"), (1e-9, "1.0e-09"), (-2.5, "-2.5")],
)  # fmt: skip
def test_a_number_has_three_digits_that_tell(value, told):
    assert short(value) == told


def test_a_gap_in_the_values_is_a_gap_in_the_line():
    figure = plot(a_line((0, 1.0), (1, None), (2, 3.0), (3, 3.0)))

    (path,) = classes(figure, "line")
    assert path.get("d").count("M") == 2
    assert path.get("d").count("L") == 1


def test_steps_go_across_before_they_go_up():
    figure = plot(a_line((0, 0.0), (1, 1.0)), steps=True, y=Scale(0, 1))

    (path,) = classes(figure, "line")
    (_, y0), (_, y1), (_, y2) = re.findall(r"[ML]([\d.]+) ([\d.]+)", path.get("d"))
    assert y0 == y1 != y2


def test_a_name_at_the_right_edge_stays_within_the_picture():
    days = [(1.0, "26 Nov"), (2.0, "27 Nov")]
    found = plot(a_line((0.0, 1.0), (2.0, 1.0)), x=Scale(0.0, 2.0), x_ticks=days)

    anchors = {one.text: one.get("text-anchor") for one in found.iter("text")}
    assert (anchors["26 Nov"], anchors["27 Nov"]) == ("middle", "end")


def test_values_of_nothing_are_not_measured_and_no_picture():
    assert "Not measured." in "".join(plot().itertext())
    assert classes(plot(a_line((0, None))), "line") == []


def test_why_there_are_no_values_is_said_in_the_words_of_who_knows():
    assert "Too few: 3." in "".join(plot(a_line((0, None)), empty="Too few: 3.").itertext())


def test_the_legend_lists_what_is_drawn_and_nothing_else():
    drawn, empty = a_line((0, 1.0), (1, 2.0)), Line(label="two", points=[(0, None)], colour=1)
    strips = [Strip(label=name, weights=weights, colour=at)
              for at, (name, weights) in enumerate([("a", [(1.0, 2)]), ("b", [])])]  # fmt: skip
    rows = strips_chart(Strips(title="T", about="A", x_title="ms", strips=strips))

    assert ["".join(one.itertext()) for one in plot(drawn, empty).iter("li")] == ["one"]
    assert [one.tag for one in classes(plot(drawn, empty), "c1")] == []
    assert ["".join(one.itertext()) for one in rows.iter("li")] == ["a"]
    assert list(plot(drawn).iter("li")) == []


def test_each_line_has_a_name_of_its_own_in_the_legend_and_at_the_pointer():
    lines = [Line(label=f"line {n}", points=[(0, n), (1, n)], colour=n) for n in range(COLOURS)]
    figure = plot(*lines)

    drawn = [one for one in classes(figure, "line") if one.tag == "path"]
    assert [path.find("title").text for path in drawn] == [line.label for line in lines]
    assert ["".join(item.itertext()) for item in figure.iter("li")] == [one.label for one in lines]


def test_bars_are_as_high_as_their_share_of_the_highest():
    strip = Strip(label="s", weights=[(1.0, 5), (1.0, 5), (2.0, 20)], colour=1, mark=2.0)
    figure = strips_chart(Strips(title="T", about="A", x_title="ms", strips=[strip]))

    low, high = sorted(float(bar.get("height")) for bar in classes(figure, "bar"))
    assert low / high == pytest.approx(0.5, abs=0.01)
    assert len(classes(figure, "median")) == 1


def luminance(colour):
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize(("colours", "ground"), [(LIGHT, PAPER), (DARK, NIGHT)])
def test_every_line_stands_out_from_its_ground(colours, ground):
    """The contrast that WCAG 2.2 asks of graphical objects (1.4.11) is 3 to 1."""
    assert len(set(colours)) == COLOURS
    for colour in colours:
        darker, lighter = sorted([luminance(colour), luminance(ground)])
        assert (lighter + 0.05) / (darker + 0.05) >= 3


def test_markup_in_a_text_is_text():
    text = "<b onclick='x'>\"&amp; \x1b\u202e"
    html = page(el("p", text, title=text)).decode()

    assert "<b" not in re.sub(r'title="[^"]*"', "", html)
    assert "\\x1b\\u202e" in html
