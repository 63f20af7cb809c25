"""--probe takes names, presets and files; what is wrong with them is told before the first call."""

import json

MODEL = "llama-3.3-70b-versatile"


def probe(gatewayz, groq, *arguments):
    address, key = groq["GROQ_BASE_URL"], groq["GROQ_API_KEY"]
    return gatewayz("probe", address, "-m", MODEL, *arguments, OPENAI_API_KEY=key)


def test_a_preset_is_several_probes(gatewayz, groq):
    done = probe(gatewayz, groq, "--probe", "quick", "--format", "json")

    assert done.returncode == 0, done.stderr
    assert [verdict["probe"] for verdict in json.loads(done.stdout)["results"]] == [
        "chat",
        "streaming",
    ]


def test_a_file_is_a_probe_by_the_name_of_the_file(gatewayz, groq, tmp_path):
    (tmp_path / "own.yaml").write_text(
        "message: 'Reply with: \"On its way\"'\nexpect: {contains: Nowhere}\n"
    )
    done = probe(gatewayz, groq, "--probe", "./own.yaml")

    assert done.returncode == 1
    assert "Nowhere" in done.stdout
    assert "On its way" in done.stdout


def test_a_mistake_in_a_file_ends_the_command_before_the_first_call(gatewayz, simulator, tmp_path):
    (tmp_path / "own.yaml").write_text("mesage: hi\n")
    before = len(simulator.log)
    done = gatewayz("test", "groq", "--probe", "./own.yaml", **simulator.variables())

    assert done.returncode == 2
    assert "own.yaml: unknown key 'mesage'; did you mean 'message'?" in done.stderr
    assert len(simulator.log) == before


def test_a_run_takes_presets_and_files_together(gatewayz, simulator, tmp_path):
    (tmp_path / "own.yaml").write_text("message: 'Reply with: \"On its way\"'\n")
    done = gatewayz(
        "test", "groq", "--models", "1", "--probe", "quick,./own.yaml", "--report", "json=run.json",
        **simulator.variables(),
    )  # fmt: skip
    run = json.loads((tmp_path / "run.json").read_text())

    assert done.returncode == 0, done.stdout + done.stderr
    assert {result["probe"] for result in run["results"]} == {"chat", "streaming", "own"}


def test_what_failed_of_ones_own_wants_its_file_again(gatewayz, simulator, tmp_path):
    (tmp_path / "own.yaml").write_text("message: hello\nexpect: {equals: nothing}\n")
    first = gatewayz(
        "test", "groq", "--models", "1", "--probe", "./own.yaml", **simulator.variables()
    )
    again = gatewayz("test", "groq", "--failed", **simulator.variables())
    named = gatewayz("test", "groq", "--failed", "--probe", "./own.yaml", **simulator.variables())

    assert first.returncode == named.returncode == 1
    assert again.returncode == 2
    assert "name its file with --probe" in again.stderr


def test_the_shell_completes_probes_presets_and_the_last_of_a_list():
    from gatewayz.cli.options import complete_probes

    def words(incomplete):
        return [item.value for item in complete_probes(None, None, incomplete)]

    assert words("sta") == ["standard"]
    assert words("chat,str") == ["chat,streaming"]
    assert [item.type for item in complete_probes(None, None, "./o")] == ["file"]
