"""A gateway's own words on where it is."""

import pytest

from gatewayz.core import Gateway


@pytest.mark.parametrize(
    ("base", "host"),
    [
        ("https://api.groq.com/openai/v1", "api.groq.com"),
        ("http://User:pass@Far.invalid:8443/v1", "far.invalid:8443"),
        ("http://[::1]:8100/v1", "[::1]:8100"),
        ("", ""),
    ],
)
def test_its_host_is_that_of_its_address_without_a_login(base, host):
    assert Gateway(name="g", base_url=base).host == host
