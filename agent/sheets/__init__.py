"""Sheets that people fill in, as CSV or XLSX: cells with their place, read strictly. Knows nothing of energy."""
