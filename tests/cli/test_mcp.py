"""`gatewayz mcp`, spoken to by the protocol's own client."""

import asyncio
import json
import sys

import pytest
from tests.loads import a_load

from gatewayz import simulator as simulation
from gatewayz.store import open_store

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")


@pytest.fixture
def agent(environment, groq, tmp_path):
    """Calls tools in turn, each a name and its arguments; returns what the server said of each."""
    # A second's work, which is not for every process that collects the tests.
    from mcp import ClientSession, StdioServerParameters
    from mcp.client.stdio import stdio_client

    def run(*calls, options=(), at=groq):
        async def talk():
            words = ["-m", "gatewayz", "mcp", "--store", "s.db", *options]
            server = StdioServerParameters(
                command=sys.executable, args=words, env=environment(**at), cwd=tmp_path
            )
            async with (
                stdio_client(server) as (reads, writes),
                ClientSession(reads, writes) as session,
            ):
                await session.initialize()
                if not calls:
                    return (await session.list_tools()).tools
                return [await session.call_tool(name, given) for name, given in calls]

        return asyncio.run(asyncio.wait_for(talk(), 50))

    return run


def told(result):
    assert not result.is_error, result.content
    return json.loads(result.content[0].text)


def test_it_lists_its_tools_and_says_which_cost_money(agent):
    tools = {tool.name: tool for tool in agent()}

    assert set(tools) == {
        "test", "probe", "plan", "list_models", "history", "compare", "show", "explain"
    }  # fmt: skip
    assert tools["plan"].annotations.read_only_hint is True
    assert tools["test"].annotations.read_only_hint is False
    assert tools["test"].description.startswith("Asks models of gateways real questions")


def test_an_agent_tests_and_asks_what_was_found(agent):
    one = {"gateways": ["groq"], "models": "1"}
    with simulation.running(faults=[{"fault": "billing-no-credit"}]) as broke:
        run, planned, again, past, meaning = agent(
            ("test", one), ("plan", one), ("show", {}), ("history", {"model": "groq"}),
            ("explain", {"name": "billing-no-credit"}),
            at=broke.variables(),
        )  # fmt: skip

    assert told(run)["schema"] == "gatewayz/run-in-short/1"
    (result,) = told(run)["results"]
    assert (result["outcome"], result["failure"]["kind"]) == ("failed", "billing-no-credit")
    assert told(again) == told(run)
    assert "groq" in json.dumps(told(planned))
    (question,) = told(past)["questions"]
    assert question["last_failure"] == "billing-no-credit"
    assert told(meaning)["schema"] == "gatewayz/explanation/1"
    assert "credit" in told(meaning)["means"]


def test_every_answer_names_its_schema(agent, tmp_path):
    store = open_store(str(tmp_path / "s.db"))
    load = a_load()
    store.loads.keep(load)
    store.close()
    answers = agent(
        ("test", {"gateways": ["groq"], "models": "1"}), ("show", {"whole": True}),
        ("show", {"run": load.id}), ("plan", {"gateways": ["groq"]}), ("history", {}),
    )  # fmt: skip

    assert [told(answer)["schema"] for answer in answers] == [
        f"gatewayz/{name}" for name in ("run-in-short/1", "run/1", "load/1", "plan/2", "runs/1")
    ]


def test_an_agent_probes_what_the_server_was_started_with_and_nothing_else(agent, simulator):
    at = simulator.variables()["GROQ_BASE_URL"]
    asked = {"model": "llama-3.3-70b-versatile"}
    found, other = agent(
        ("probe", {"url": at, **asked}),
        ("probe", {"url": "http://127.0.0.1:9", **asked}),
        options=("--probe-at", at),
    )

    assert told(found)["schema"] == "gatewayz/result/1"
    assert other.is_error
    assert "--probe-at" in other.content[0].text


def test_wrong_use_is_told_in_the_programs_own_words(agent):
    (wrong,) = agent(("test", {"gateways": ["gorq"]}))

    assert wrong.is_error
    assert "groq" in wrong.content[0].text


def test_each_tool_names_all_that_it_takes(agent):
    tools = {tool.name: tool.input_schema for tool in agent()}

    assert {schema["additionalProperties"] for schema in tools.values()} == {False}
    for name in ("test", "plan", "list_models"):
        assert "required" not in tools[name]
        assert tools[name]["properties"]["gateways"]["default"] == []
    assert tools["explain"]["required"] == ["name"]


def test_no_gateways_are_all_that_have_a_key(agent):
    run, planned, listed = agent(("test", {"models": "1"}), ("plan", {"models": "1"}), ("list_models", {}))  # fmt: skip

    asked = [one["id"] for one in told(run)["results"] if one["outcome"] != "skipped"]
    assert [one.partition("-")[0] for one in asked] == ["groq"]
    assert "groq" in json.dumps(told(planned))
    assert "groq" in json.dumps(told(listed))


def test_an_argument_that_a_tool_does_not_take_is_told_and_nothing_is_done(agent):
    wrong, missing, other, runs = agent(
        ("test", {"gateways": ["groq"], "model": "1", "max_cost": "9"}), ("explain", {}),
        ("plan", {"gateways": {"groq": 1}}), ("history", {}),
    )  # fmt: skip

    assert [one.is_error for one in (wrong, missing, other, runs)] == [True, True, True, False]
    assert wrong.content[0].text == (
        "test takes no argument 'model', 'max_cost'; it takes: gateways, models, probe, both"
    )
    assert missing.content[0].text == "explain: name: Field required"
    assert other.content[0].text.startswith("plan: gateways: ")
    assert "pydantic" not in other.content[0].text
    assert told(runs)["runs"] == []


def test_nothing_that_an_agent_says_is_an_option(agent, tmp_path):
    (wrong, other) = agent(
        ("test", {"gateways": ["--report=json=owned.json"]}),
        ("explain", {"name": "--help"}),
    )

    assert wrong.is_error
    assert other.is_error
    assert not (tmp_path / "owned.json").exists()


def test_a_test_costs_no_more_than_the_server_was_started_with(agent):
    (run,) = agent(("test", {"gateways": ["groq"]}), options=("--max-cost", "0"))

    assert {one["outcome"] for one in told(run)["results"]} == {"skipped"}


def test_a_wrong_limit_is_told_before_any_agent_is_answered(gatewayz):
    done = gatewayz("mcp", "--max-cost", "much")

    assert done.returncode == 2
    assert "much" in done.stderr
    assert done.stdout == ""


def test_without_the_library_one_line_says_what_to_install(gatewayz, tmp_path):
    (tmp_path / "mcp.py").write_text("raise ModuleNotFoundError(name='mcp')\n")

    done = gatewayz("mcp", PYTHONPATH=str(tmp_path))

    assert done.returncode == 2
    assert "pip install 'gatewayz[mcp]'" in done.stderr
