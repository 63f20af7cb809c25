"""The cycle collector looks seldom for as long as a front door asks, and as before afterwards."""

import gc

from gatewayz.core.garbage import collecting_seldom


def test_the_collector_is_as_it_was_when_the_work_is_over():
    threshold, frozen = gc.get_threshold(), gc.get_freeze_count()

    with collecting_seldom():
        within, kept = gc.get_threshold(), gc.get_freeze_count()

    assert within[0] > threshold[0]
    assert kept > frozen
    assert (gc.get_threshold(), gc.get_freeze_count()) == (threshold, 0)
