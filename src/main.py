"""The backend as `python -m uvicorn src.main:app` looks for it."""

from gatewayz.server import app as app
