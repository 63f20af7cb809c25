"""`gatewayz history GATEWAY/MODEL`: what the runs say of a model together."""

import json

from gatewayz import simulator as simulation

BROKEN = [{"fault": "server-500-json", "model": "qwen/qwen3-32b"}]


def test_the_runs_of_a_gateway_and_of_a_model_are_told_from_the_store(gatewayz):
    with simulation.running(seed=6) as whole:
        gatewayz("test", "groq", **whole.variables())
    with simulation.running(seed=6, faults=BROKEN) as broken:
        gatewayz("test", "groq", "--retries", "0", **broken.variables())

    of_gateway = gatewayz("history", "groq")
    of_model = gatewayz("history", "groq/qwen/*")
    told = json.loads(gatewayz("history", "groq/qwen/qwen3-32b", "--format", "json").stdout)

    assert of_gateway.stdout.splitlines()[0].startswith("groq, 3 models: first seen 20")
    assert "  2/3" in of_gateway.stdout
    assert "qwen/qwen3-32b / chat: fails since" in of_gateway.stdout
    assert of_model.stdout.splitlines()[0].startswith("groq/qwen/qwen3-32b: first seen 20")
    assert "(1 run), server-500-json; last" in of_model.stdout
    assert max(map(len, of_model.stdout.splitlines())) <= 80
    (question,) = told["questions"]
    assert list(question["outcomes"].values()) == [["passed"], ["failed"]]
    assert question["failing_runs"] == 1


def test_a_list_that_fails_is_told_before_what_passed_when_there_was_one(gatewayz):
    with simulation.running(seed=6) as whole:
        gatewayz("test", "groq", **whole.variables())
        since_then = gatewayz("history", "groq")
        with simulation.running(seed=6, faults=[{"fault": "overloaded", "path": "*"}]) as broken:
            for _ in range(2):
                gatewayz("test", "groq", "--retries", "0", **broken.variables())
        of_gateway = gatewayz("history", "groq")
        of_model = gatewayz("history", "groq/qwen/*")
        told = json.loads(gatewayz("history", "groq", "--format", "json").stdout)["lists"]
        gatewayz("test", "groq", **whole.variables())
        recovered = gatewayz("history", "groq")

    assert "all of it works" in since_then.stdout
    assert "all of it works" not in of_gateway.stdout
    assert "  the model list: fails since 20" in of_gateway.stdout
    assert " (2 runs), overloaded; last read" in " ".join(of_gateway.stdout.split())
    assert "chat: passed when it was asked last" in of_model.stdout
    assert [(one["gateway"], one["failing_runs"]) for one in told] == [("groq", 2)]
    assert recovered.stdout.rstrip().endswith("all of it works")


def test_what_was_never_asked_is_told(gatewayz, groq):
    assert gatewayz("history", "groq").returncode == 2
    gatewayz("test", "groq", "--models", "1", **groq)
    done = gatewayz("history", "grok")

    assert done.returncode == 2
    assert "did you mean 'groq'?" in done.stderr
