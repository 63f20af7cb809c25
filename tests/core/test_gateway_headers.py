"""A gateway's own headers are none of those by which a request is framed or its connection kept."""

from dataclasses import replace

import pytest

from gatewayz.core import ConfigError, Gateway

OURS = [
    "Host", "content-length", "Transfer-Encoding", "Connection", "Keep-Alive", "Proxy-Connection",
    "Proxy-Authorization", "TE", "Trailer", "UPGRADE", "Expect",
]  # fmt: skip


@pytest.mark.parametrize("name", OURS)
def test_one_that_is_set_by_the_connection_is_refused_in_a_program_too(name):
    with pytest.raises(ConfigError, match=f"gateway 'acme': {name} is set by"):
        Gateway(name="acme", headers={"X-Team": "a", name: "1"})
    with pytest.raises(ConfigError, match=name):
        replace(Gateway(name="acme"), headers={name: "1"})


def test_any_other_is_its_own_to_set():
    headers = {"X-Team": "a", "Authorization": "Basic abc", "Host-Name": "b"}

    assert Gateway(name="acme", headers=headers).headers == headers
