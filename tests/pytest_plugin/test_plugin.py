"""The pytest plugin, in sessions of its own."""

import os
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from gatewayz import simulator as simulation
from gatewayz.store import open_store

SRC = Path(__file__).resolve().parents[2] / "src"
CONFTEST = 'pytest_plugins = ["gatewayz.pytest_plugin"]\n'
MODULE = """
TEST_CONFIG = {"max_models_per_gateway": 2}

def test_it_answers(verdict):
    assert verdict.outcome == "passed", verdict.told
"""


@pytest.fixture
def session(tmp_path):
    """Runs pytest over one module in a folder of its own, with other people's plugins if wanted."""

    def run(*arguments, module=MODULE, ini="", cwd=tmp_path, beside_others=False, **env):
        if not beside_others:
            env = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", **env}
        (tmp_path / "conftest.py").write_text(CONFTEST)
        (tmp_path / "test_models.py").write_text(module)
        (tmp_path / "pytest.ini").write_text(f"[pytest]\nfilterwarnings = error\n{ini}")
        path = [str(SRC), *filter(None, [os.environ.get("PYTHONPATH")])]
        return subprocess.run(
            [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments],
            cwd=cwd,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(path), "COLUMNS": "160", **env},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return run


@pytest.fixture
def there(simulator):
    """The environment in which the fourteen gateways are the simulator."""
    return simulator.variables()


@pytest.fixture
def groq(there):
    """The same for one gateway alone."""
    return {name: value for name, value in there.items() if name.startswith("GROQ_")}


def chats(pretending):
    return [served for served in pretending.log if served.route == "chat"]


def test_one_test_per_gateway_model_and_probe(session, there):
    done = session(
        "-v", "--gatewayz-gateway=groq", module=MODULE.replace("2}", '2, "probes": "chat,streaming"}'),
        beside_others=True, **there,
    )  # fmt: skip

    assert done.returncode == 0, done.stdout
    for name in ("chat", "streaming"):
        assert f"::test_it_answers[groq-llama-3.3-70b-versatile-{name}] PASSED" in done.stdout
    assert "4 passed" in done.stdout


def test_a_missing_key_is_a_skip_that_names_the_variable(session, groq):
    done = session("-rs", **groq)

    assert done.returncode == 0
    assert "no key: set OPENROUTER_API_KEY" in done.stdout
    assert "2 passed, 14 skipped" in done.stdout


def test_a_session_in_which_all_was_skipped_fails(session):
    done = session()
    allowed = session("--allow-all-skipped")

    assert done.returncode == 1
    assert "every roll-call test was skipped" in done.stdout
    assert allowed.returncode == 0


def test_other_tests_that_pass_do_not_hide_that_all_was_skipped(session):
    done = session(module=MODULE + "\n\ndef test_other():\n    pass\n")

    assert done.returncode == 1
    assert "1 passed" in done.stdout


def test_without_roll_call_tests_nothing_is_demanded(session):
    assert session(module="def test_other():\n    pass\n").returncode == 0


def test_a_failure_says_why_and_what_to_do(session):
    faults = [{"gateway": "groq", "fault": "billing-no-credit"}]
    with simulation.running(faults=faults) as pretending:
        done = session("--gatewayz-gateway=groq", **pretending.variables())

    assert done.returncode == 1
    assert "billing-no-credit" in done.stdout
    assert "remedy:" in done.stdout


def test_an_unreachable_catalogue_is_a_failing_test_per_gateway(session, there):
    gone = {n: "http://127.0.0.1:1" if n.endswith("_BASE_URL") else v for n, v in there.items()}
    done = session("--gatewayz-gateway=groq", "--gatewayz-gateway=xai", **gone)

    assert done.returncode == 1
    assert "[groq-catalogue]" in done.stdout
    assert "[xai-catalogue]" in done.stdout
    assert "2 failed" in done.stdout


def test_an_unreachable_backend_is_a_failing_test_per_gateway(session):
    done = session("--gatewayz-way=api", GATEWAYZ_API_URL="http://127.0.0.1:1")

    assert done.returncode == 1
    assert "14 failed, 1 skipped" in done.stdout
    assert "python -m uvicorn src.main:app" in done.stdout


def test_only_what_is_selected_is_sent(session):
    with simulation.running() as pretending:
        done = session("-k", "groq and versatile", **pretending.variables())
        sent = [(served.gateway, served.model) for served in chats(pretending)]

    assert done.returncode == 0
    assert sent == [("groq", "llama-3.3-70b-versatile")]


def test_collecting_alone_asks_no_model(session):
    with simulation.running() as pretending:
        done = session("--collect-only", "-q", **pretending.variables())

        assert chats(pretending) == []
    assert done.returncode == 0
    assert "test_it_answers[groq-" in done.stdout


def test_the_calls_go_side_by_side(session):
    with simulation.running(latency_s=1.0) as pretending:
        done = session("-q", **pretending.variables())
        served = chats(pretending)

    assert "28 passed" in done.stdout
    # So many were under way when one of them began; one after the other there is but one.
    assert max(sum(a.started_s <= b.started_s < a.ended_s for a in served) for b in served) > 3


def test_the_first_failure_stops_it_with_x(session):
    slow = {"latency_s": lambda gateway, _: 0.0 if gateway == "groq" else 50.0}
    faults = [{"gateway": "groq", "fault": "billing-no-credit"}]
    with simulation.running(faults=faults, **slow) as pretending:
        began = time.monotonic()
        done = session(
            "-x", "-p", "no:randomly", "--gatewayz-gateway=groq", "--gatewayz-gateway=xai",
            **pretending.variables(),
        )  # fmt: skip

    assert done.returncode == 1
    assert time.monotonic() - began < 40


def test_ini_values_choose_for_modules_without_dicts(session, there):
    module = 'def test_it(verdict):\n    assert verdict.outcome == "passed"\n'
    ini = "gatewayz_gateways = groq cerebras\ngatewayz_models = 1\n"
    done = session("-v", module=module, ini=ini, **there)

    assert "2 passed" in done.stdout
    assert "cerebras" in done.stdout


def test_options_win_over_the_module(session, groq):
    assert "1 passed" in session("--gatewayz-gateway=groq", "--gatewayz-models=1", **groq).stdout


@pytest.mark.parametrize(
    ("module", "words"),
    [
        (MODULE.replace("max_models", "max_model"), "did you mean 'max_models_per_gateway'"),
        ("GATEWAY_INFO = {'gorq': {}}\n" + MODULE, "did you mean 'groq'"),
    ],
)
def test_a_mistyped_name_is_one_line_at_collection(session, module, words):
    done = session(module=module)

    assert done.returncode == 2
    assert words in done.stdout
    assert "Traceback" not in done.stdout


def test_no_gateway_at_all_is_a_failing_test(session):
    done = session(module="GATEWAY_INFO = {}\n" + MODULE)

    assert done.returncode == 1
    assert "no gateway to test" in done.stdout


def test_a_fixture_of_that_name_in_somebody_elses_project_is_left_alone(session):
    module = (
        "import pytest\n\n@pytest.fixture\ndef verdict():\n    return 'guilty'\n\n\n"
        "def test_theirs(verdict):\n    assert verdict == 'guilty'\n\n\n"
        "@pytest.mark.parametrize('verdict', ['a', 'b'])\n"
        "def test_parametrized(verdict):\n    assert verdict in 'ab'\n"
    )
    done = session(module=module)

    assert done.returncode == 0, done.stdout
    assert "3 passed" in done.stdout


def test_loading_it_costs_a_session_nothing():
    code = "import sys, gatewayz.pytest_plugin; print([m for m in sys.modules if m.startswith('gatewayz.')])"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(SRC)},
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )

    assert done.stdout.strip() == "['gatewayz.pytest_plugin']"


def test_a_run_under_pytest_is_kept_too(session, groq, tmp_path):
    from gatewayz.store import open_store

    session("--gatewayz-gateway=groq", GATEWAYZ_STORE=str(tmp_path / "store.db"), **groq)
    store = open_store(tmp_path / "store.db")
    run = store.run("last")
    store.close()

    assert [v.outcome for v in run.verdicts] == ["passed", "passed"]


def test_workers_of_xdist_share_the_tests(session):
    with simulation.running() as pretending:
        done = session(
            "-n", "2", "--gatewayz-gateway=groq", beside_others=True, **pretending.variables()
        )

        assert len(chats(pretending)) == 2
    assert done.returncode == 0, done.stdout
    assert "2 passed" in done.stdout


BROKEN = [{"gateway": "groq", "fault": "server-500-json", "model": "qwen/qwen3-32b"}]


@pytest.fixture
def broken():
    """The environment of a gateway of which one model fails."""
    with simulation.running(seed=6, faults=BROKEN) as simulator:
        names = {k: v for k, v in simulator.variables().items() if k.startswith("GROQ_")}
        yield {**names, "GATEWAYZ_RETRIES": "0"}


def in_quarantine(tmp_path, until):
    (tmp_path / "gatewayz.toml").write_text(
        '[[quarantine]]\ngateway = "groq"\nmodel = "qwen/*"\n'
        f'reason = "known, ticket 123"\nuntil = {until}\n'
    )


def test_a_failure_in_quarantine_is_expected_and_says_why(session, broken, tmp_path):
    in_quarantine(tmp_path, "2099-12-31")
    words = ("-rx", "--gatewayz-gateway=groq", "--gatewayz-models=all", "--junit-xml=models.xml")
    done = session(*words, ini="xfail_strict = true\n", GATEWAYZ_STORE="s.db", **broken)

    assert done.returncode == 0, done.stdout
    (line,) = [one for one in done.stdout.splitlines() if one.startswith("XFAIL")]
    assert "[groq-qwen/qwen3-32b-chat]" in line
    assert line.endswith("server-500-json, in quarantine until 2100-01-01: known, ticket 123")
    assert " 1 xfailed" in done.stdout
    assert " passed" in done.stdout
    (skipped,) = ET.parse(tmp_path / "models.xml").iter("skipped")
    assert "known, ticket 123" in skipped.get("message")
    with closing(open_store(tmp_path / "s.db")) as store:
        assert "in quarantine until" in " ".join(store.run("last").summary.notes)


def test_a_failure_whose_quarantine_is_over_fails_and_says_so(session, broken, tmp_path):
    in_quarantine(tmp_path, "2026-01-01")
    done = session("--gatewayz-gateway=groq", "--gatewayz-models=qwen*", **broken)

    assert done.returncode == 1
    assert "the quarantine of groq/qwen/* ended 2026-01-02" in done.stdout
    assert "1 failed" in done.stdout
