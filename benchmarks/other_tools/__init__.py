"""The same planted faults before Gatewayz and before other people's tools."""
