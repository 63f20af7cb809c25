"""`python -m gatewayz.simulator`."""

from gatewayz.simulator.launch import main

if __name__ == "__main__":
    raise SystemExit(main())
