"""The dashboard: web pages for people over journal, ledger and book, which it reads and never holds up."""
