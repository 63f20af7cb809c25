"""The backend as `python -m uvicorn src.main:app` looks for it."""

from gatewayz.core.garbage import collect_seldom
from gatewayz.server import app as app

# Whoever starts a server by this name has the process for it.
collect_seldom()
