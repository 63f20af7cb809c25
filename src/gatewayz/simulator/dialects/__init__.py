"""One file per provider that the simulator can stand in for."""
