"""The cycle collector looks seldom for as long as a front door asks, and as before afterwards."""

import gc

from gatewayz.core.garbage import collecting_seldom, loading


def test_the_collector_is_as_it_was_when_the_work_is_over():
    as_found = gc.get_threshold()
    gc.set_threshold(700, 10, 10)  # another test of this process may have set it higher
    try:
        threshold, frozen = gc.get_threshold(), gc.get_freeze_count()
        with collecting_seldom():
            within, kept = gc.get_threshold(), gc.get_freeze_count()
        after = gc.get_threshold(), gc.get_freeze_count()
    finally:
        gc.set_threshold(*as_found)

    assert within[0] > threshold[0]
    assert kept > frozen
    assert after == (threshold, 0)


def test_what_is_loaded_is_not_looked_at_then_nor_later():
    assert gc.isenabled()
    try:
        with loading():
            within = gc.isenabled()
        after, kept = gc.isenabled(), gc.get_freeze_count()
    finally:
        gc.unfreeze()

    assert (within, after) == (False, True)
    assert kept > 0


def test_who_has_switched_it_off_still_has_after_loading():
    gc.disable()
    try:
        with loading():
            pass

        assert not gc.isenabled()
    finally:
        gc.enable()
        gc.unfreeze()
