"""`atsuen simulate-year`: a fiscal year of the simulated mill through the agent's own accounting, faults included."""
