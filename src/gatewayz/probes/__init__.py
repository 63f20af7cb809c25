"""Questions, one file each; the file's name is what `--probe` takes."""

from gatewayz.core import Probe, Registry

PROBES: Registry[Probe] = Registry("gatewayz.probes", "probe", "PROBE")

__all__ = ["PROBES"]
