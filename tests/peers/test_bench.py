"""Load on the real engine, directly and through the real Portkey, in one run."""

import json
import os
import re
import subprocess
import sys
import urllib.request
from pathlib import Path

import gatewayz

SOURCE = Path(gatewayz.__file__).resolve().parents[1]


COUNTER = "llamacpp:tokens_predicted_total "


def predicted(engine_url):
    """How many tokens the engine has generated so far, by its own count."""
    with urllib.request.urlopen(f"{engine_url.removesuffix('/v1')}/metrics", timeout=20) as answer:
        lines = answer.read().decode().splitlines()
    return next(float(line.split()[1]) for line in lines if line.startswith(COUNTER))


def test_portkey_is_a_target_beside_the_engine_and_every_token_is_counted(
    tmp_path, portkey_gateway, tiny_engine
):
    settings = tmp_path / "gatewayz.toml"
    settings.write_text(
        f'[gateways.groq]\nbase_url = "{portkey_gateway.url}/v1"\n'
        f'headers = {{ "x-portkey-provider" = "openai", "x-portkey-custom-host" = "{tiny_engine}" }}\n'
    )
    settings.chmod(0o600)
    before = predicted(tiny_engine)
    done = subprocess.run(
        [sys.executable, "-m", "gatewayz", "bench", "local/tiny", "groq/tiny", "-c", "1", "-n", "25",
         "-d", "60", "--warm-up", "0", "--max-tokens", "30", "--report", "json=r.json"],
        cwd=tmp_path,
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(SOURCE), os.environ.get("PYTHONPATH", "")]),
            "LOCAL_BASE_URL": tiny_engine,
            "GROQ_API_KEY": "sk-test-of-nobody-at-all",
        },
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads((tmp_path / "r.json").read_text())
    direct, through = told["lines"]
    assert (direct["passed"], through["passed"]) == (25, 25)
    counted = direct["output_tokens"] + through["output_tokens"]
    assert counted == predicted(tiny_engine) - before
    # Portkey adds some 25 ms to the first chunk, which no engine of this size takes.
    first = next(one for one in told["comparisons"] if one["metric"] == "ttft")
    assert first["told"] == "slower"
    assert 0.002 < first["shift"]["value"] < 1
    printed = " ".join(done.stdout.split())
    assert "A is local/tiny B is groq/tiny" in printed
    assert re.search(
        r"B - A first token \+[\d.]+ ms \(\+[\d.]+ to \+[\d.]+\) slower, p < 0.001", printed
    )
    assert all(len(line) <= 78 for line in done.stdout.splitlines())
