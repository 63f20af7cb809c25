"""The `full` preset against real parts: the engine, our backend before it, Portkey and LiteLLM."""
