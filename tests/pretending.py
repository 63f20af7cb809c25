"""The simulator as a client needs it: its gateways, and the key that each of them takes."""

from gatewayz.gateways import known_gateways


def gateways_and_keys(simulator):
    """The gateways that a simulator stands in for by name, and a function from one to its key."""
    variables = simulator.variables()
    gateways = {n: g for n, g in known_gateways(variables).items() if n != "local"}
    keys = {
        name: next((variables[v] for v in gateway.key_envs if v in variables), None)
        for name, gateway in gateways.items()
    }
    return gateways, lambda gateway: keys[gateway.name]
