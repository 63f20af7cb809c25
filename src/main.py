"""The backend as `python -m uvicorn src.main:app` looks for it."""

from gatewayz.core.garbage import collect_seldom, loading

# Whoever starts a server by this name has the process for it.
with loading():
    from gatewayz.server import app as app

collect_seldom()
