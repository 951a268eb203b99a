"""Atsuen: the energy and CO2 agent for rolling mills."""
