"""The journal and the ledger on disk (SQLite)."""
