"""Tests the models behind each gateway through the backend's HTTP API.

    python test_model_inference_v2.py [GATEWAY ...]    all gateways, or those named
    python -m pytest test_model_inference_v2.py -v     one test per gateway, model and probe

The backend is the one at GATEWAYZ_API_URL (http://localhost:8000 when it is not set), its key is
GATEWAYZ_API_KEY. Start one of your own with: python -m uvicorn src.main:app

Edit TEST_CONFIG and GATEWAY_INFO in place. Options are those of `gatewayz test`; see docs/cli.md.
"""

import src  # noqa: F401 -- finds the package in a bare checkout

from gatewayz import known_gateways

TEST_CONFIG = {
    "max_models_per_gateway": 3,
    "timeout_seconds": 30,
    "test_message": 'Respond with: "Test successful"',
    "max_tokens": 50,
    "temperature": 0.7,
}

# Every known gateway. Add one:     GATEWAY_INFO["my_gateway"] = {"testable": True, "description": ...}
# Leave one out:                    GATEWAY_INFO["portkey"] = {"testable": False, "description": "why"}
# Only these:                       GATEWAY_INFO = {"groq": known_gateways()["groq"]}
# See docs/adding-a-gateway.md.
GATEWAY_INFO = {**known_gateways()}

WAY = "api"


def test_model_answers(verdict):
    """One gateway, one model, one probe: it answers, in whole and in time."""
    assert verdict.outcome == "passed", verdict.told


if __name__ == "__main__":
    from gatewayz.cli.script import run_script

    run_script(TEST_CONFIG, GATEWAY_INFO, way=WAY)
