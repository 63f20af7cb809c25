"""Waiting for what another process or thread does."""

import time


def until(true, limit_s=20.0):
    """Returns as soon as it is true; a failure where it is not within `limit_s` seconds."""
    deadline = time.monotonic() + limit_s
    while not true():
        assert time.monotonic() < deadline, "it never came to that"
        time.sleep(0.01)
