"""`gatewayz config`, `history` and `explain`."""

import json
import shlex
import stat

from gatewayz.cli.options import places_again
from gatewayz.core.kinds import KINDS


def test_config_shows_values_origins_and_the_gateways_that_would_run(gatewayz, groq, tmp_path):
    (tmp_path / "gatewayz.toml").write_text("models = 5\n")
    done = gatewayz("config", GATEWAYZ_TIMEOUT="12s", **groq)

    words = done.stdout.split("\n")
    assert done.returncode == 0
    assert any(x.split() == ["models", "5", "gatewayz.toml"] for x in words)
    assert any(x.split() == ["timeout_s", "12.0", "environment", "GATEWAYZ_TIMEOUT"] for x in words)
    assert any(x.split()[:2] == ["runs", "groq"] and "GROQ_API_KEY" in x for x in words)
    assert any(x.split()[:2] == ["skip", "xai"] and "XAI_API_KEY" in x for x in words)


def test_a_password_in_a_store_s_address_is_shown_nowhere(gatewayz):
    address = "postgresql://me:hunter22@h/db?sslmode=require&password=hunter23&port=1"
    shown = gatewayz("config", GATEWAYZ_STORE=address)
    given = {"store": address, "proxy": "http://u:hunter24@p:1", "ca_file": "our own.pem"}

    assert "postgresql://***@h/db?sslmode=require&password=***&port=1" in shown.stdout
    assert shlex.split(" ".join(places_again({**given, "config": None}))) == [
        "--store", "postgresql://***@h/db?sslmode=require&password=***&port=1",
        "--proxy", "http://***@p:1", "--ca-file", "our own.pem",
    ]  # fmt: skip


def test_config_shows_no_character_of_a_key(gatewayz):
    key = "zqjxk-Zqjxk-ZQJXK-zqjxk"
    for form in ("text", "json"):
        done = gatewayz(
            "config", "--format", form, GROQ_API_KEY=key, GATEWAYZ_PROXY="http://u:hunter22@p:1"
        )

        assert done.returncode == 0
        assert all(part not in done.stdout.lower() for part in ("zqjxk", "hunter22"))
    found = {x["gateway"]: x for x in json.loads(done.stdout)["gateways"]}
    assert len(found["groq"]["key"]["fingerprint"]) == 8
    assert found["xai"]["key"] is None


def test_config_shows_the_backend_and_whether_its_key_is_found(gatewayz):
    without = gatewayz("config").stdout
    there = {"GATEWAYZ_API_URL": "http://127.0.0.1:7", "GATEWAYZ_API_KEY": "zqjxk-Zqjxk"}
    words = gatewayz("config", **there).stdout
    held = json.loads(gatewayz("config", "--format", "json", **there).stdout)["backend"]

    assert "http://localhost:8000  no key: set GATEWAYZ_API_KEY" in without
    assert "from environment GATEWAYZ_API_KEY" in words
    assert held["base_url"] == "http://127.0.0.1:7"
    assert held["key"]["origin"] == "environment GATEWAYZ_API_KEY"
    assert "zqjxk" not in words


def test_config_init_writes_a_private_file_once(gatewayz, tmp_path):
    first, second = gatewayz("config", "init"), gatewayz("config", "init")

    path = tmp_path / "gatewayz.toml"
    assert (first.returncode, second.returncode) == (0, 2)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert "exists already" in second.stderr
    assert gatewayz("config").returncode == 0


def test_history_lists_runs_the_newest_first(gatewayz, groq):
    empty = gatewayz("history")
    gatewayz("test", "groq", "--models", "1", **groq)
    gatewayz("test", "groq", "--models", "2", **groq)
    done = gatewayz("history")
    listed = json.loads(gatewayz("history", "--format", "json", "--limit", "1").stdout)["runs"]

    assert "No runs" in empty.stdout
    assert [line.split("  ")[-1].strip() for line in done.stdout.splitlines()] == [
        "2 passed, 0 failed",
        "1 passed, 0 failed",
    ]
    assert len(listed) == 1
    assert listed[0]["counts"]["passed"] == 2


def test_explain_lists_every_name_and_tells_cause_and_remedy_of_one(gatewayz):
    listed = gatewayz("explain").stdout
    told = gatewayz("explain", "billing-no-credit").stdout

    assert all(name in listed for name in KINDS)
    assert "402" in told
    assert "remedy:" in told


def test_explain_knows_words_where_a_remedy_names_an_address(gatewayz):
    done = gatewayz("explain", "connection-refused")

    assert (done.returncode, done.stderr) == (0, "")
    assert "Check the host and port in BASE_URL" in done.stdout
