"""What a plan says of its time, and where it sends those who have nothing stored."""

import pytest

from gatewayz.cli.bills import least_seconds
from gatewayz.core import Limits


@pytest.mark.parametrize(("calls", "seconds"), [(0, 0.0), (1, 1.0), (4, 1.0), (5, 2.0), (8, 2.0)])
def test_no_call_is_over_before_an_answer_s_time(calls, seconds):
    assert least_seconds(calls, Limits(concurrency=4)) == seconds


@pytest.mark.parametrize(
    ("way", "named"), [((), "gatewayz models"), (("--api",), "gatewayz models --api")]
)
def test_the_command_that_reads_a_list_is_named_with_its_way(gatewayz, way, named):
    done = gatewayz("plan", "groq", *way, GROQ_API_KEY="k" * 20, GATEWAYZ_API_KEY="gw_" + "k" * 20)

    assert done.returncode == 2
    assert done.stderr.rstrip().endswith(f"read one first: {named}")
