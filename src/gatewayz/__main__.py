"""`python -m gatewayz`, the same as the `gatewayz` command."""

from gatewayz.cli import main

main()
