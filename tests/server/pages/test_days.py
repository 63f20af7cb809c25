"""Days of many models: alike ones are one object, and add up as others do."""

from gatewayz.core.availability import Standing, Tally
from gatewayz.server.pages.days import Days, Diary, together, whole

GOOD, MIXED = Tally(good=24), Tally(good=1, bad=2, excluded={Standing.KEY: 3, Standing.SKIPPED: 5})


def test_a_day_counts_as_its_tally_says():
    (good, mixed, none) = Diary().line([GOOD, MIXED, None])

    assert good == Days(up=24, down=0, judged=24)
    assert mixed == Days(up=1, down=2, judged=6)
    assert none == Days()


def test_the_same_tally_gives_the_same_day_and_another_its_own():
    diary = Diary()
    first, again, other = diary.line([GOOD, GOOD, MIXED])

    assert first is again
    assert other is not first
    assert diary.line([MIXED]) == [other]


def test_models_add_up_day_by_day_without_those_that_have_none():
    diary = Diary()
    lines = [diary.line([GOOD, None]), [], diary.line([MIXED, GOOD])]

    assert together(lines, 2) == [Days(25, 2, 30), Days(24, 0, 24)]
    assert together([[]], 2) == [Days(), Days()]
    assert whole(lines[0]) == Days(24, 0, 24)
