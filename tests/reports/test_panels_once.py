"""A model that fails plainly has one panel, not one for each feature that meets with the same."""

from dataclasses import replace

import pytest

from gatewayz.core import ChatRequest, Culprit, Gateway, Outcome
from gatewayz.reports._panel import Panels

GROQ = Gateway(name="groq", base_url="https://api.example/v1", key_env="GROQ_API_KEY")


@pytest.fixture
def of(make):
    """A verdict: nothing was said, asked plainly or for a feature."""

    def verdict(feature="", evidence="saw empty content"):
        found = make.verdict("m", Outcome.FAILED, kind="empty-content", evidence=evidence)
        asked = ChatRequest(messages=(), feature=feature)
        culprit = Culprit.FEATURE if feature else Culprit.MODEL
        return replace(
            found,
            failure=replace(found.failure, culprit=culprit),
            observation=replace(found.observation, request=asked),
        )

    return verdict


def below(*verdicts):
    panels = Panels(GROQ)
    return [panels.below(v, f"[{n}/{len(verdicts)}]") for n, v in enumerate(verdicts, 1)]


def test_a_feature_that_meets_with_what_a_plain_answer_met_with_points_back(of):
    plain, tools, seed = below(of(), of("tools"), of("seed"))

    assert len(plain) > 4
    assert tools == seed == ["      empty-content (see [1/3])"]


def test_a_feature_that_fails_for_a_reason_of_its_own_is_told(of):
    _, tools = below(of(), of("tools", "saw nothing but a call without a name"))

    assert len(tools) > 4


def test_where_plain_answers_come_each_feature_is_told(of):
    tools, seed, _ = below(of("tools"), of("seed"), of())

    assert len(tools) > 4
    assert len(seed) > 4
