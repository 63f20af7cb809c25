"""The dashboard: pages made where they are asked for, out of what the store has summed up."""
