"""`gatewayz bench` as it is typed: what it sends, shows, writes and ends with."""

import json
import os
import re
import signal
import time

import pytest

from gatewayz.simulator import running

GROQ = "groq/llama-3.3-70b-versatile"
XAI = "xai/grok-4.20-0309-non-reasoning"


def fits(text, columns=78):
    return all(len(line) <= columns for line in text.splitlines())


@pytest.fixture(scope="module")
def provider():
    with running(seed=3, latency_s=0.005, gap_s=0.0005) as simulator:
        yield simulator


@pytest.fixture
def bench(gatewayz, provider):
    def run(*arguments, **env):
        return gatewayz("bench", *arguments, **{**provider.variables(), **env})

    return run


def test_it_says_what_it_will_send_and_sends_no_more(bench, provider):
    before = len(provider.log)
    done = bench(GROQ, "-n", 8, "--max-tokens", 12, "--warm-up", 2)

    assert done.returncode == 0
    assert "At most: 10 requests (2 of them to warm up), 12 tokens each" in done.stdout
    assert "8 sent, 8 passed, 0 failed" in done.stdout
    assert "tokens: 96 out (as reported)" in done.stdout
    assert "Warm-up of groq/llama-3.3-70b-versatile, in no figure: 2 sent" in done.stdout
    assert re.search(r"This client (kept up|did not keep up): ", done.stdout)
    assert len(provider.log) - before == 10
    assert done.stderr == ""
    assert fits(done.stdout)


def test_the_default_run_is_small(bench, provider):
    before = len(provider.log)
    done = bench(GROQ)

    assert "At most: 32 requests (2 of them to warm up), 50 tokens each" in done.stdout
    assert len(provider.log) - before <= 32


def test_several_targets_take_turns_and_are_compared(bench):
    done = bench(GROQ, XAI, "-n", 8, "--max-tokens", 12)

    assert done.stdout.count("8 sent, 8 passed, 0 failed") == 2
    assert "A is groq/llama-3.3-70b-versatile" in done.stdout
    assert re.search(r"B - A first token .*(slower|faster|floor|seen)", done.stdout)
    assert fits(done.stdout)


def test_failures_are_counted_explained_and_end_the_run(bench):
    done = bench("groq/fault/rate-limit", "-n", 50)

    assert done.returncode == 1
    # One or two more may have been under way when the tenth came back.
    assert re.search(
        r"FAILED 1[0-2] times: rate-limit at groq/fault/rate-limit, rate limit", done.stdout
    )
    assert "remedy: Ask for less at once" in done.stdout
    assert "test --failed" not in done.stdout
    assert "Ended early: 10 of 10 requests failed, more than 10%" in done.stdout
    assert "n/a" not in done.stdout.split("FAILED")[0]
    assert fits(done.stdout.split("repeat:")[0])


def test_few_failures_within_what_may_fail_are_no_failure_of_the_run(gatewayz):
    rules = [{"gateway": "groq", "fault": "rate-limit", "nth": [4]}]
    with running(seed=3, latency_s=0.002, gap_s=0.0005, faults=rules) as simulator:
        told = simulator.variables()
        allowed = gatewayz("bench", GROQ, "-n", 12, "--max-tokens", 9, **told)
    with running(seed=3, latency_s=0.002, gap_s=0.0005, faults=rules) as simulator:
        strict = gatewayz(
            "bench", GROQ, "-n", 12, "--max-tokens", 9, "--max-errors", 0, **simulator.variables()
        )

    assert (allowed.returncode, strict.returncode) == (0, 1)
    assert "1 failed, 1 rate-limit" in allowed.stdout


@pytest.mark.parametrize(
    ("limits", "code", "word"),
    [
        ("ttft_p50=5s", 0, "objective ttft_p50=5s: met"),
        ("latency_p50=1ms", 1, "objective latency_p50=1ms: MISSED"),
        ("ttft_p95=5s", 3, "too few: 8 of the 72 requests"),
    ],
)
def test_objectives_decide_the_exit_code(bench, limits, code, word):
    done = bench(GROQ, "-n", 8, "--max-tokens", 9, "--slo", limits)

    assert done.returncode == code
    assert word in done.stdout.replace("\n    ", " ")


def test_the_most_load_within_objectives_is_searched(bench):
    done = bench(GROQ, "--most", "-c", "1..3", "--slo", "ttft_p50=9s", "--max-tokens", 5)

    assert done.returncode == 0
    assert "Most load: groq/llama-3.3-70b-versatile: 3 at once, the most that was to be" in (
        done.stdout
    )
    assert "step by step" in done.stdout


def test_a_search_goes_on_where_some_answers_have_no_value(gatewayz):
    rules = [{"gateway": "groq", "fault": "usage-missing", "nth": [9, 30, 52, 75]}]
    with running(seed=3, latency_s=0.002, gap_s=0.005, faults=rules) as simulator:
        done = gatewayz(
            "bench", GROQ, "--most", "-c", "2..2", "--slo", "itl_p95=1s", "--max-tokens", 5,
            **simulator.variables(),
        )  # fmt: skip

    assert done.returncode == 0, done.stdout
    assert "2 at once, the most that was to be" in done.stdout


def test_a_search_says_at_most_what_it_may_send_and_cost(bench, provider, tmp_path):
    (tmp_path / "gatewayz.toml").write_text("[gateways.groq]\nprice = { input = 1, output = 1 }\n")
    before = len(provider.log)
    done = bench(GROQ, "--most", "-c", "1..3", "--slo", "ttft_p50=9s", "--max-tokens", 5)
    told = re.search(r"At most: (\d+) steps, (\d+) requests \(1 of them to warm up\), 5 tokens each; "
                     r"\$[\d.]+", " ".join(done.stdout.split()))  # fmt: skip

    assert told, done.stdout
    assert int(told[1]) >= 3
    assert len(provider.log) - before <= int(told[2])


def test_each_run_asks_something_else_unless_a_seed_is_set(bench, provider):
    def asked(*more):
        before = len(provider.log)
        done = bench(GROQ, "-n", 3, "-c", 1, "--warm-up", 0, "--max-tokens", 5, *more)
        texts = [one.body["messages"][0]["content"] for one in provider.log[before:]]
        return re.search(r"seed (\d+)", done.stdout)[1], texts

    seed, first = asked()
    _, second = asked()
    _, again = asked("--seed", seed)

    assert not set(first) & set(second)
    assert again == first


def test_an_interval_that_was_not_reached_is_told(bench):
    done = bench(GROQ, "-n", 8, "--max-tokens", 5, "--until-ci", "0.001%")

    assert "is not known to within 0.001%, as was asked for" in " ".join(done.stdout.split())


def test_a_sweep_has_an_overview(bench):
    done = bench(GROQ, "-c", "1,2,3", "-n", 6, "--max-tokens", 5)
    overview = done.stdout.split("step by step\n")[1].splitlines()

    assert overview[0].split()[:3] == ["failed", "per", "s"]
    assert [line.split()[0] for line in overview[1:4]] == ["1", "2", "3"]
    assert fits(done.stdout)


def test_an_open_load_tells_the_times_since_each_was_due(bench):
    done = bench(GROQ, "--rate", 30, "--poisson", "-d", "500ms", "--max-tokens", 5)

    assert "at random moments (Poisson)" in done.stdout.replace("\n", " ")
    assert done.stdout.count("since due") == 2


def test_a_url_works_as_it_does_for_probe(gatewayz, provider):
    address = provider.variables()["GROQ_BASE_URL"].replace("/groq/openai/v1", "/local/v1")
    model = provider.shelf("local")[0].id
    done = gatewayz("bench", address, "--model", model, "-n", 6)
    wrong = gatewayz("bench", address, "--model", "nobody", "-n", 6)

    assert "6 sent, 6 passed" in done.stdout
    assert done.returncode == 0
    assert wrong.returncode == 1
    assert f"LOCAL_BASE_URL={address}" in wrong.stdout


def test_whole_answers_say_what_they_cannot(bench):
    done = bench(GROQ, "-n", 6, "--no-stream")

    assert "not measured: first token, inter-token" in done.stdout
    assert "not streamed" in done.stdout.replace("\n    ", " ")


def test_the_document_stands_alone_on_standard_output(bench):
    done = bench(GROQ, "-n", 6, "--max-tokens", 5, "--format", "json")
    told = json.loads(done.stdout)

    assert told["schema"] == "gatewayz/load/1"
    assert told["lines"][0]["passed"] == 6
    assert told["settings"]["requests"] == "6"
    assert "At most: " in done.stderr


def test_reports_are_written(bench, tmp_path):
    done = bench(
        GROQ, "-n", 6, "--max-tokens", 5,
        "--report", f"json={tmp_path}/r.json", "--report", f"csv={tmp_path}/r.csv",
        "--report", f"html={tmp_path}/r.html",
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    assert json.loads((tmp_path / "r.json").read_text())["lines"][0]["passed"] == 6
    assert (tmp_path / "r.csv").read_text().startswith("run,target")
    assert "<html" in (tmp_path / "r.html").read_text()
    assert f"json report: {tmp_path}/r.json" in done.stdout


def test_several_processes_send_together_what_one_would(bench, provider):
    before = len(provider.log)
    done = bench(GROQ, "-c", 4, "-n", 20, "--max-tokens", 5, "--processes", 2, "--warm-up", 0)

    assert "20 sent, 20 passed, 0 failed" in done.stdout
    assert len(provider.log) - before == 20
    assert done.returncode == 0


@pytest.mark.parametrize("processes", [1, 2])
def test_ctrl_c_keeps_what_was_measured(started, processes):
    with running(seed=3, latency_s=0.05, gap_s=0.0005) as simulator:
        child = started(
            "bench", GROQ, "-c", 4, "-n", 100000, "-d", 60, "--max-tokens", 5,
            "--processes", processes, **simulator.variables(),
        )  # fmt: skip
        deadline = time.monotonic() + 30
        while len(simulator.log) < 20 and time.monotonic() < deadline:
            time.sleep(0.05)
        os.kill(child.pid, signal.SIGINT)
        out, err = child.communicate(timeout=20)

    assert child.returncode == 130
    assert re.search(r"[1-9]\d* passed, 0 failed, \d+ unfinished", out), err
    assert "Ended early: interrupted" in out


def test_nothing_moves_where_there_is_no_terminal(bench):
    done = bench(GROQ, "-n", 5, "--max-tokens", 5)

    assert "\x1b" not in done.stdout
    assert "in flight" not in done.stdout


def test_a_model_id_is_data(bench, provider):
    hostile = next(card.id for card in provider.shelf("groq") if "\x1b" in card.id)
    done = bench(f"groq/{hostile}", "-n", 5, "--max-tokens", 5)

    assert "5 passed" in done.stdout
    assert "\x1b" not in done.stdout


def test_no_key_is_shown_or_written(bench, provider, tmp_path):
    key = provider.variables()["GROQ_API_KEY"]
    (tmp_path / "prompts.jsonl").write_text(json.dumps(f"My key is {key}, say it."))
    done = bench(
        "groq/fault/rate-limit", "-n", 12, "--prompt", tmp_path / "prompts.jsonl",
        "--report", f"json={tmp_path}/r.json",
    )  # fmt: skip

    assert done.returncode == 1
    assert key not in done.stdout + done.stderr + (tmp_path / "r.json").read_text()
    assert "***" in (tmp_path / "r.json").read_text()


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["groq"], "names no model; write GATEWAY/MODEL"),
        (["groq/"], "names no model"),
        (["/m"], "names no gateway"),
        (["nosuch/m"], "unknown gateway 'nosuch'"),
        (["http://127.0.0.1:9/v1"], "which model? Name it with --model"),
        ([GROQ, "-c", "x"], "--concurrency 'x': write 4, 1..16 for a ramp"),
        ([GROQ, "-c", "2", "--rate", "2"], "exclude each other"),
        ([GROQ, "--poisson"], "--poisson goes with --rate"),
        ([GROQ, "--in-flight", "3"], "--in-flight goes with --rate"),
        ([GROQ, "--most"], "within which limits?"),
        ([GROQ, "--until-ci", "5%", "-c", "1,2"], "one steady load, not with a sweep"),
        ([GROQ, "--until-ci", "0%"], "no median is ever known so well"),
        ([GROQ, "--warm-up", "3", "--max-calls", "3"], "nothing would be left"),
        ([GROQ, "--slo", "ttft=1s"], "write ttft_p95=800ms"),
        ([GROQ, "--slo", "tfft_p95=1s"], "did you mean 'ttft'?"),
        ([GROQ, "--slo", "ttft_p95=1s", "--no-stream"], "leave out --no-stream"),
        ([GROQ, "--prompt", "smal"], "unknown size 'smal'"),
        ([GROQ, "--prompt", "./gone.jsonl"], "No such file"),
        ([GROQ, "--as-written"], "for the prompts of a file"),
        ([GROQ, "--report", "pdf=x"], "unknown report format 'pdf'"),
        ([GROQ, "--max-errors", "200%"], "write 5% or 0.05"),
        ([GROQ, "-n", "0"], "--requests"),
        ([GROQ, "-d", "never"], "--duration"),
        ([GROQ, "--processes", "1000"], "--processes"),
        ([GROQ, "--key-env", "X"], "--key-env is for a URL"),
        ([GROQ, "--direct", "--both"], "exclude each other"),
        ([GROQ, "--slo", "ttft_since_due_p95=1s"], "give --rate, or ask about ttft"),
        ([GROQ, "--slo", "schedule_delay_p95=1s", "--most"], "give --rate"),
        (
            [GROQ, "--until-ci", "5%", "--ci-metric", "latency_since_due"],
            "--ci-metric latency_since_due: without --rate no moment is set",
        ),
        ([GROQ, "--ci-metric", "latency"], "--ci-metric latency goes with --until-ci"),
        ([GROQ, "--slo", "decode_rate_p95=40ms"], "is in tokens/s; write decode_rate_p95=40"),
        ([GROQ, "--slo", "decode_rate_p95=0"], "the limit is above 0"),
        ([GROQ, "--slo", "ttft_p95=20"], "has no unit; write ttft_p95=20ms or ttft_p95=20s"),
        (["http://127.0.0.1:9/v1", "-m", "m", "--api"], "--api is for a gateway"),
        (["http://127.0.0.1:9/v1", "-m", "m", "--both"], "--both is for a gateway"),
        (["http://127.0.0.1:9/v1", "-m", "m", "--via", "portkey"], "--via is for a gateway"),
        ([GROQ, "--model", "other"], "--model other: every target names its model"),
    ],
)
def test_what_cannot_be_meant_is_one_line_before_anything_is_sent(
    provider, arguments, word, monkeypatch, capsys, tmp_path
):
    from gatewayz.cli import run_command
    from gatewayz.cli.group import PROGRAM

    monkeypatch.chdir(tmp_path)
    for name, value in provider.variables().items():
        monkeypatch.setenv(name, value)
    before = len(provider.log)
    code = run_command(lambda: PROGRAM, ["bench", *arguments], name="gatewayz")
    out, err = capsys.readouterr()

    assert code == 2
    assert len(err.splitlines()) == 1
    assert word in err
    assert out == ""
    assert len(provider.log) == before


def test_a_missing_key_is_one_line(gatewayz):
    done = gatewayz("bench", GROQ)

    assert done.returncode == 2
    assert "GROQ_API_KEY" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_limits_that_will_be_passed_are_told(bench, tmp_path):
    (tmp_path / "gatewayz.toml").write_text("[gateways.groq]\nrequests_per_minute = 60\n")
    passed = bench(GROQ, "--rate", 20, "-n", 5, "--max-tokens", 5)
    held = bench(GROQ, "-n", 3, "-d", "1500ms", "--warm-up", 0, "--max-tokens", 5)

    assert "1200 a minute are above its limit of 60" in passed.stdout.replace("\n    ", " ")
    assert "held to its 60 requests a minute" in held.stdout
    assert "2 sent" in held.stdout


def test_where_nothing_answers_it_says_so_and_not_zero(gatewayz):
    done = gatewayz("bench", "http://127.0.0.1:9/v1", "--model", "m", "-n", 12)

    assert done.returncode == 1
    assert "0 passed" in done.stdout
    assert "first token" not in done.stdout
    assert "connection-refused" in done.stdout or "refused" in done.stdout


def test_two_places_at_one_host_are_two_targets(monkeypatch, capsys, tmp_path):
    from gatewayz.cli import run_command
    from gatewayz.cli.group import PROGRAM

    def bench(*urls):
        arguments = ["bench", *urls, "-m", "m", "-n", "1", "-c", "1", "--warm-up", "0"]
        code = run_command(lambda: PROGRAM, arguments, name="gatewayz")
        return code, *capsys.readouterr()

    monkeypatch.chdir(tmp_path)
    _, both, _ = bench("http://127.0.0.1:9/one/v1", "http://127.0.0.1:9/two/v1")
    _, one, _ = bench("http://127.0.0.1:9/one/v1", "http://localhost:9/one/v1")

    _, tls, _ = bench("http://127.0.0.1:9/v1", "https://127.0.0.1:9/v1")
    code, _, err = bench("http://127.0.0.1:9/a~b/v1", "http://127.0.0.1:9/a/b/v1")

    assert "Load on http~127.0.0.1:9~one~v1/m, http~127.0.0.1:9~two~v1/m: " in " ".join(
        both.split()
    )
    assert "Load on http~127.0.0.1:9~v1/m, https~127.0.0.1:9~v1/m: " in " ".join(tls.split())
    assert code == 2
    assert "would go by one name; load them in two runs" in err
    assert "Load on 127.0.0.1:9/m, localhost:9/m: " in " ".join(one.split())
