"""The page for print: headings that say what they head, nothing of a user's that is more than text, charts in words."""

import re
import subprocess
from collections.abc import Callable
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from agent.reports.chart import Scale, describe, draw_chart, scale_for
from agent.reports.page import css_text, render_page
from agent.reports.report import Chart, Fact, Report, Section, Series, axis_title
from agent.reports.table import Cell, Column, Table
from tests.agent.conftest import needed

HOSTILE = "\"'></style><script>alert(1)</script>\\"
SVG = "{http://www.w3.org/2000/svg}"

TABLE = Table(
    HOSTILE,
    (
        Column("month", "month"),
        Column("energy_gj", HOSTILE, 0, unit="GJ", group="heat"),
        Column("intensity", "intensity", 2, unit="GJ/t", group="heat"),
    ),
    (
        (HOSTILE, Decimal(100), Cell(Decimal("19.485"), mark=HOSTILE)),
        ("2023-05", None, None),
        ("2023-06", Decimal(50), Decimal(20)),
    ),
    "months",
    (
        (
            "year",
            Decimal(150),
            "",
        ),
    ),
    (HOSTILE,),
    (HOSTILE,),
)
CHART = Chart(HOSTILE, "months", "month", (Series("energy_gj"), Series("intensity", "line", is_right=True)))
REPORT = Report("ja", HOSTILE, HOSTILE, HOSTILE, (Fact(HOSTILE, HOSTILE),), (Section(HOSTILE, (TABLE,), (CHART,)),))


class Reader(HTMLParser):
    """The tags of a page with their attributes, and its texts."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def test_hostile_text_is_shown_and_does_nothing() -> None:
    page = render_page(REPORT)
    read = Reader(page)
    assert "script" not in {tag for tag, _ in read.tags}
    assert not {name for _, attributes in read.tags for name in attributes} & {"src", "href", "onload", "onclick"}
    assert sum(text.strip() == HOSTILE for text in read.texts) >= 8
    assert not re.search(r"https?://", page)
    style = page.split("<style>")[1].split("</style>")[0]
    assert style.count("{") == style.count("}")
    assert "alert(1)" not in style


def test_a_css_string_holds_no_character_that_means_something() -> None:
    assert css_text('a"\\\n</圧') == '"a\\22 \\5c \\a \\3c \\2f \\5727 "'


def test_headings_say_what_they_head() -> None:
    read = Reader(render_page(REPORT))
    assert ("html", {"lang": "ja"}) in read.tags
    heads = [attributes for tag, attributes in read.tags if tag == "th"]
    assert [head.get("scope") for head in heads] == ["col", "colgroup", "col", "col", *["row"] * 4]
    assert (heads[0]["rowspan"], heads[1]["colspan"]) == ("2", "2")
    assert "".join(read.texts).count("19.49¹⁾") == 1


def test_a_table_without_rows_says_so() -> None:
    table = Table("events", (Column("a", "a"), Column("b", "b")), (), "events")
    chart = Chart("c", "events", "a", (Series("b"),))
    page = render_page(Report("en", "t", "s", "y", (), (Section("x", (table,), (chart,)),)))
    assert '<td class="words" colspan="2">none</td>' in page
    assert "<svg" not in page


def test_a_chart_has_bars_lines_gaps_and_words() -> None:
    svg = ET.fromstring(draw_chart(CHART, TABLE, "c1"))
    bars = [rect for rect in svg.iter("rect") if float(rect.attrib["height"]) != 11]
    assert len(bars) == 2  # the unknown month has none
    assert float(bars[0].attrib["height"]) == pytest.approx(2 * float(bars[1].attrib["height"]), abs=0.2)
    assert [line.attrib["points"].count(",") for line in svg.iter("polyline")] == [1, 1]
    texts = [text.text for text in svg.iter("text")]
    assert texts.count("–") == 1
    assert {"0", "40", "100", "20", f"{HOSTILE} (GJ)", "intensity (GJ/t)", "month", HOSTILE, "2023-05"} <= set(texts)
    assert svg.attrib["aria-labelledby"] == "c1-title c1-desc"
    assert [child.tag for child in svg][:2] == ["title", "desc"]
    assert f"{HOSTILE} 100, 2023-05 –, 2023-06 50" in describe(CHART, TABLE)


def test_what_is_left_blank_has_no_dash_and_a_long_legend_goes_on_below() -> None:
    """A year to come is not unknown; three long titles do not fit beside each other."""
    columns = (Column("year", "year"), *(Column(key, key * 24, unit="t") for key in "abc"))
    table = Table("t", columns, (("2023", Decimal(1), None, Decimal(2)), ("2024", "", "", Decimal(2))), "t")
    chart = Chart("t", "t", "year", (Series("a"), Series("b"), Series("c", "line")))
    texts = list(ET.fromstring(draw_chart(chart, table, "c1")).iter("text"))
    assert [text.text for text in texts].count("–") == 1
    legend = {text.text: text.attrib for text in texts if text.text in {"a" * 24, "b" * 24, "c" * 24}}
    assert [place["y"] for place in legend.values()] == ["246.0", "246.0", "262.0"]


def test_an_axis_names_a_common_unit_once() -> None:
    columns = [Column("a", "CO2", unit="t"), Column("b", "path", unit="t"), Column("c", "heat", unit="GJ")]
    assert axis_title(columns[:2]) == "CO2, path (t)"
    assert axis_title(columns) == "CO2 t, path t, heat GJ"
    assert axis_title([Column("d", "share")]) == "share"


@pytest.mark.parametrize(
    ("values", "scale", "decimals"),
    [
        ([100, 50], Scale(0, 100, 20), 0),
        ([0.943, 0.889], Scale(0, 1.0, 0.2), 1),
        ([0.11], Scale(0, 0.125, 0.025), 3),
        ([-3, 4], Scale(-4, 4, 2), 0),
        ([254_780], Scale(0, 300_000, 100_000), 0),
        ([], Scale(0, 1, 0.2), 1),
    ],
)
def test_an_axis_has_zero_and_every_value(values: list[float], scale: Scale, decimals: int) -> None:
    found = scale_for(values)
    assert (found.low, found.high, found.step) == pytest.approx((scale.low, scale.high, scale.step))
    assert found.decimals == decimals
    assert found.ticks()[-1] == pytest.approx(scale.high)


def test_chromium_prints_it_on_a4_with_page_numbers(print_page: Callable[[str], bytes], tmp_path: Path) -> None:
    rows = tuple((f"row {number}", Decimal(number), Decimal(1)) for number in range(120))
    long = Table("long", TABLE.columns, rows, "long")
    report = Report(
        "en", "Statement", "The \\22 Mill & Co", "FY2023", (), (Section("a", (TABLE,), (CHART,)), Section("b", (long,)))
    )
    (tmp_path / "print.pdf").write_bytes(print_page(render_page(report)))
    pdftotext = needed("pdftotext", "poppler-utils")
    told = subprocess.run(
        [pdftotext, "-layout", tmp_path / "print.pdf", "-"], capture_output=True, text=True, check=True
    )
    pages = told.stdout.split("\f")[:-1]
    assert len(pages) >= 3
    for number, page in enumerate(pages, 1):
        assert re.search(rf"\b{number} ?/ ?{len(pages)}\b", page)
        assert "The \\22 Mill & Co" in page
        assert "FY2023" in page
    assert all("intensity" in page for page in pages[1:])  # headings are there again on every page
