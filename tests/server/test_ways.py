"""The backend reaches a gateway natively where its key is, and by Portkey where only that one is."""

import pytest

from gatewayz.config import load_settings
from gatewayz.gateways import find_gateway
from gatewayz.server import running
from gatewayz.server.ways import reached
from gatewayz.simulator import running as simulating

NATIVE, PORTKEY = "google-key-0123456789", "portkey-key-0123456789"


@pytest.mark.parametrize(
    ("environ", "key_env"),
    [
        ({"GEMINI_API_KEY": NATIVE, "PORTKEY_API_KEY": PORTKEY}, "GEMINI_API_KEY"),
        ({"PORTKEY_API_KEY": PORTKEY}, "PORTKEY_API_KEY"),
        ({"PORTKEY_API_KEY": PORTKEY, "GATEWAYZ_VIA": "native"}, "GEMINI_API_KEY"),
        (
            {"GEMINI_API_KEY": NATIVE, "PORTKEY_API_KEY": PORTKEY, "GATEWAYZ_VIA": "portkey"},
            "PORTKEY_API_KEY",
        ),
        ({"GEMINI_API_KEY": "broken\nkey", "PORTKEY_API_KEY": PORTKEY}, "GEMINI_API_KEY"),
        ({}, "GEMINI_API_KEY"),
    ],
    ids=["both keys", "only Portkey's", "native asked for", "Portkey asked for", "broken", "none"],
)
def test_the_way_goes_by_the_keys_that_are_there(environ, key_env, tmp_path):
    settings = load_settings(environ=environ, folder=tmp_path)

    assert reached(find_gateway("google", environ=environ), settings).key_env == key_env


def test_the_list_of_one_reached_by_portkey_has_portkeys_ids(settings_with, client_at):
    with simulating() as simulator:
        theirs = simulator.variables()
        held = {name: theirs[name] for name in ("PORTKEY_BASE_URL", "PORTKEY_API_KEY")}
        with running(settings_with(**held)) as base:
            listed = client_at(base).get("/models?gateway=google").json["data"]

    assert listed
    assert all(entry["id"].startswith("@google/") for entry in listed)
