"""What Prometheus is told of the tests, and that rules and dashboard ask for what there is."""

import json
import re
from pathlib import Path

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

FOLDER = Path(__file__).parents[3] / "docs" / "monitoring"
NAME = re.compile(r"\bgatewayz_[a-z_]+\b")


def metrics(client):
    families = text_string_to_metric_families(client.get("/metrics").body.decode())
    return {family.name: family for family in families}


def test_each_tested_model_is_up_or_down(shown):
    found = metrics(shown)
    up = {
        (s.labels["gateway"], s.labels["model"]): s.value
        for s in found["gatewayz_model_up"].samples
    }
    whole = {s.labels["gateway"]: s.value for s in found["gatewayz_gateway_up"].samples}
    failing = {s.labels["gateway"]: s.value for s in found["gatewayz_models_failing"].samples}
    ages = [s.value for s in found["gatewayz_tested_seconds_ago"].samples]

    assert len(up) == 6
    assert [name for name, value in up.items() if not value] == [("xai", "qwen/qwen3-32b")]
    assert failing == {"groq": 0, "xai": 1}
    assert whole == {"groq": 1, "xai": 1}
    assert all(3000 < age < 7200 for age in ages)


def test_without_a_store_the_rest_is_told(start, acme):
    found = metrics(start(acme))

    assert "gatewayz_model_up" not in found
    assert "gatewayz_requests" in found


@pytest.fixture(scope="module")
def asked():
    """Every expression of the rules and of the dashboard."""
    groups = yaml.safe_load((FOLDER / "rules.yml").read_text())["groups"]
    rules = [rule for group in groups for rule in group["rules"]]
    panels = json.loads((FOLDER / "grafana.json").read_text())["panels"]
    return [
        *(rule["expr"] for rule in rules),
        *(target["expr"] for panel in panels for target in panel["targets"]),
    ]


def test_rules_and_dashboard_ask_for_what_there_is(shown, asked):
    told = (FOLDER / "README.md").read_text()
    there = set(metrics(shown))
    named = {name for text in asked for name in NAME.findall(text)}

    assert len(named) > 8
    for name in named:
        assert re.sub(r"_(total|bucket)$", "", name) in there
        assert f"`{name.removesuffix('_bucket')}`" in told
    for text in asked:
        assert text.count("(") == text.count(")")
        assert text.count("{") == text.count("}")
