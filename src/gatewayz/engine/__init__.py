"""A real inference engine, small enough for a test: llama.cpp's HTTP server and our tiny model.

The engine comes from the `xllamacpp` wheel (the `engine` extra) and runs as a child process, so
that a fault in native code ends that process and not ours. The model's weights lie beside this
file; HOW_IT_WAS_MADE.md tells how they came to be.
"""

from gatewayz.engine.child import MODEL, EngineError, available, running

__all__ = ["MODEL", "EngineError", "available", "running"]
