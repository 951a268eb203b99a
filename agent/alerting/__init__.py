"""Alerts at run time: looks at the site, steps the machine of `agent.alerts`, keeps its state, and tells people."""
