import os

import pytest

from gatewayz import engine


@pytest.fixture(scope="session")
def needs_engine():
    """Skips where the engine cannot run; with CI=true that is a failure."""
    if reason := engine.available():
        if os.environ.get("CI", "").lower() in {"1", "true"}:
            pytest.fail(f"the real engine is required here: {reason}", pytrace=False)
        pytest.skip(reason)
