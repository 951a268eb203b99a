"""Alerts: rules of the site, raised and cleared with hysteresis. Pure: knows no storage, no clock, no mail."""
