"""What testing costs this process, beside other clients: `python -m benchmarks.tool_speed`."""
