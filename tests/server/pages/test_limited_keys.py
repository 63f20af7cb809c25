"""What a key that may use some models alone is told of what several come to together."""

from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from tests.watched import keep, run_of, verdict

from gatewayz.config import key_secret
from gatewayz.core.client_key import Allowance, new_key
from gatewayz.core.failures import failure
from gatewayz.core.units import utc_now
from gatewayz.store import open_store

PROMISES = "".join(
    f'[[sla]]\nname = "sworn by {per}"\nmodels = ["*"]\nper = "{per}"\navailability = 99\n'
    for per in ("model", "gateway", "all")
)
OF_GROQ = {"groq", "groq/a", "groq/b"}


@pytest.fixture
def told(start, acme, store_file, settings_with, tmp_path):
    """Starts a backend with promises of every kind; a client of it whose key has an allowance.

    Both models of groq fail by the same, of "a" an hour earlier, and once by something else; xai's works.
    """
    now = utc_now()
    with closing(open_store(store_file)) as store:
        for ago in (5, 4, 3, 2, 1):
            at = now - timedelta(hours=ago)
            found = [verdict("xai", "c", "chat", at)]
            for model, since in (("a", 3), ("b", 2)):
                found.append(verdict("groq", model, "chat", at, bad=ago <= since))
                found.append(verdict("groq", model, "streaming", at, bad=ago <= since))
            busy = [replace(one, failure=one.failure and failure("overloaded", "busy")) for one in found]  # fmt: skip
            keep(store, run_of(at, [*busy[:2], found[2] if ago == 3 else busy[2], *busy[3:]]))
        store.summaries.roll_up()
    (tmp_path / "gatewayz.toml").write_text(PROMISES)
    settings = settings_with(GATEWAYZ_STORE=store_file, GATEWAYZ_KEY_SECRET="s" * 40, ACME_API_KEY="k")  # fmt: skip

    def client(**allowance):
        made = {"created_at": now, "allowance": Allowance(**allowance)}
        key, kept = new_key("ann", key_secret(settings), **made)
        with closing(open_store(store_file)) as store:
            store.keys.add(kept)
        return start(acme, settings=settings, headers={"authorization": f"Bearer {key}"})

    return client


@pytest.mark.parametrize(
    ("allowance", "targets"),
    [
        ({"models": ("groq/b",)}, {"groq/b"}),
        ({"models": ("*b",)}, {"groq/b"}),
        ({"models": ("a*",)}, set()),
        ({"models": ("all/*",)}, set()),
        ({"models": ("groq/*",)}, OF_GROQ),
        ({"gateways": ("groq",)}, OF_GROQ),
        ({"models": ("*/?*",)}, {"groq/a", "groq/b", "xai/c"}),
        ({"models": ("*",)}, {*OF_GROQ, "xai", "xai/c", "all"}),
        ({}, {*OF_GROQ, "xai", "xai/c", "all"}),
    ],
)
def test_what_several_models_come_to_is_told_to_who_may_use_them_all(told, allowance, targets):
    client = told(**allowance)

    promises = client.get("/api/v1/sla").json["data"]
    page = client.get("/status").body.decode()

    assert {one["target"] for one in promises} == targets
    for name, target in (("model", "groq/b"), ("gateway", "groq"), ("all", "all")):
        assert (f"sworn by {name}" in page) is (target in targets)


def test_an_incident_holds_nothing_of_models_that_a_key_may_not_use(told):
    (its,) = told(models=("*b",)).get("/api/v1/incidents").json["data"]

    assert (its["gateway"], its["models"]) == ("groq", ["b"])
    assert its["kinds"] == {"overloaded": 4}
    assert its["culprits"] == {"the gateway": 4}
    assert utc_now() - datetime.fromisoformat(its["start"]) < timedelta(hours=2.5)


def test_an_incident_of_all_that_a_key_may_use_is_told_as_one(told):
    every = told(gateways=("groq",)).get("/api/v1/incidents").json["data"]

    whole, its = sorted(every, key=lambda one: one["models"])
    assert (whole["models"], its["models"]) == ([], ["a", "b"])
    assert its["kinds"] == {"overloaded": 9, "server-500-json": 1}
    assert utc_now() - datetime.fromisoformat(its["start"]) > timedelta(hours=2.5)
