"""How the agent logs: JSON lines in a service, readable lines on a terminal. Libraries are kept quiet."""

import logging
import os
import sys

import structlog


def set_up_logs(*, quiet: bool = False) -> None:
    """Log to standard error; with `quiet`, warnings and worse only."""
    is_service = "JOURNAL_STREAM" in os.environ or not sys.stderr.isatty()
    renderer: structlog.types.Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False) if is_service else structlog.dev.ConsoleRenderer()
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.StackInfoRenderer(),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING if quiet else logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    for library in ("asyncua", "pymodbus", "paho", "asyncio", "urllib3"):
        logging.getLogger(library).setLevel(logging.CRITICAL)
