"""Renders a report as one HTML page for screen and print: no script, nothing fetched. The one importer of jinja2."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from agent.reports.chart import draw_chart
from agent.reports.report import Report, Section
from agent.reports.report_texts import ReportTexts
from agent.reports.table import Table, superscript

_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def render_page(report: Report) -> str:
    """The report as a self-contained page; every text in it is escaped."""
    template = _TEMPLATES.get_template("report.html.j2")
    return template.render(
        report=report,
        say=ReportTexts(report.language),
        charts_of=_charts,
        superscript=superscript,
        css_text=css_text,
    )


def _charts(section: Section, number: int) -> list[tuple[str, Markup]]:
    """Titles and pictures of a section's charts; a table without rows has none."""
    tables: dict[str, Table] = {table.key: table for table in section.tables}
    drawn = []
    for index, chart in enumerate(section.charts):
        if tables[chart.table].rows:
            picture = draw_chart(chart, tables[chart.table], f"chart-{number}-{index}")
            drawn.append((chart.title, Markup(picture)))  # noqa: S704 - built and escaped by ElementTree
    return drawn


def css_text(text: str) -> Markup:
    """A text as a CSS string: every character but letters and digits of ASCII as its code, so that none ends it."""
    coded = "".join(c if c.isascii() and c.isalnum() else f"\\{ord(c):x} " for c in text)
    return Markup(f'"{coded}"')  # noqa: S704 - nothing is left in it that HTML or CSS would read
