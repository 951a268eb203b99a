"""What keeps a year from being closed, for the pages. Knows no page."""

from functools import partial

from agent.accounting.calendar import month_starts_utc_s
from agent.annual import annual_path
from agent.close import Gate, examine_year
from agent.dashboard.figures import Figures, drawn_until
from agent.settings.site import Site
from agent.storage.book import book_path
from agent.storage.stamp import NO_FILE, file_stamp


async def draw_gate(site: Site, figures: Figures, fiscal_year: int) -> Gate:
    """The gate as `atsuen close` has it; the ledger is not hashed. Raises ParamError, or what `examine_year` raises.

    Beside the figures it depends on answers, which are entries that change none, and on the file of annual data.
    """
    zone = site.file.site.zone
    until = drawn_until(fiscal_year, zone, figures.closed_utc_s())
    files = (book_path(site.path(site.file.journal.path)), annual_path(site.folder, fiscal_year))
    name = ("gate", fiscal_year, until, tuple(file_stamp(file) if file else NO_FILE for file in files))
    call = partial(examine_year, site, fiscal_year, until)
    return await figures.draw(name, month_starts_utc_s(fiscal_year, zone)[0], until, call, is_long=True)
