"""All meter replacements that a running agent must know: the site file's and the book's."""

import structlog

from agent.accounting.counters import Replacement
from agent.settings.replacements import replacements_of
from agent.settings.site import Site
from agent.storage.book import Book, BookError, book_path

log = structlog.get_logger(__name__)


def declared_replacements(site: Site) -> tuple[Replacement, ...]:
    """The replacements of site file and book. A book that cannot be read stops no readings: one line says so."""
    try:
        entries = Book(book_path(site.path(site.file.journal.path))).entries()
    except BookError as error:
        log.error("book_not_read", reason=str(error), consequence="its meter replacements are not known")
        return site.replacements
    of_the_book = replacements_of(site.layouts, entries)
    known = {(swap.device, swap.point, swap.at_ms) for swap in site.replacements}
    return (*site.replacements, *(s for s in of_the_book if (s.device, s.point, s.at_ms) not in known))
