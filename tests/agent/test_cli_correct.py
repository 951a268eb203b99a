"""What a person types into `atsuen correct`, what comes back, and what stands in the book afterwards."""

import argparse
import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from agent.accounting.entries import (
    Assertion,
    BookedQuantity,
    Closing,
    Content,
    Draft,
    Entry,
    Exclusion,
    Invoice,
    MeterReplacement,
    Reading,
    Substitution,
    SubstitutionMethod,
    Withdrawal,
)
from agent.accounting.gas_volume import ReferenceState
from agent.cli.correct import add_parsers
from agent.reports.table import Column, Table
from agent.settings.site import Site
from agent.storage.book import Book, BookError
from agent.texts import Texts

DEMO = Path(__file__).parents[2] / "configs" / "demo"
OCTOBER = (1_696_086_000, 1_698_764_400)
"""2023-10-01T00:00+09:00 and 2023-11-01T00:00+09:00, by `date -d … +%s`."""


@dataclass
class Said:
    code: int
    out: str
    err: str

    def json(self) -> Any:
        return json.loads(self.out)


def add_command(
    subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    call: Any,
    purpose: str,
    *,
    site: bool = True,
) -> argparse.ArgumentParser:
    assert site, "corrections are of a site"
    parser = subparsers.add_parser(name, help=purpose)
    parser.set_defaults(command=call)
    parser.add_argument("-c", dest="folder", type=Path)
    parser.add_argument("--lang", choices=("en", "ja"), default="en")
    parser.add_argument("--json", action="store_true")
    return parser


def show_count(site: Site, before: Sequence[Entry], after: Sequence[Entry], _: Texts) -> Sequence[Table]:
    row = (site.file.site.id, len(before), len(after))
    return [Table("Figures", (Column("site", "site"), Column("before", "before"), Column("after", "after")), (row,))]


class Desk:
    """A site of its own, and the command on it."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self.book = Book(folder / "journal.book.sqlite3")
        self._capsys = capsys
        shutil.copytree(DEMO, folder, dirs_exist_ok=True)

    def type(self, line: str, words: str = "--person 計量責任者 --reason 月次検針 --document M-10", *more: str) -> Said:
        parser = argparse.ArgumentParser()
        add_parsers(parser.add_subparsers(required=True), add_command, show_count)
        options = parser.parse_args(["correct", "-c", str(self.folder), *line.split(), *words.split(), *more])
        code = options.command(options)
        said = self._capsys.readouterr()
        return Said(code, said.out, said.err)

    @property
    def contents(self) -> list[Content]:
        return [entry.content for entry in self.book.entries()]


@pytest.fixture
def desk(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Desk:
    return Desk(tmp_path / "site", capsys)


@pytest.mark.parametrize(
    ("line", "content"),
    [
        (
            "reading solar.energy --at 2023-10-01 --register 1500.250 --unit kWh",
            Reading("solar.energy", OCTOBER[0], Decimal("1500.250")),
        ),
        (
            "quantity line.can_body --from 2023-10-01 --to 2023-11-01 --quantity 812000 --unit kg",
            BookedQuantity("line.can_body", *OCTOBER, Decimal(812000)),
        ),
        (
            "invoice boiler_gas --from 2023-10-01 --to 2023-11-01 --quantity 52100.5 --unit ㎥ --state nm3",
            Invoice("boiler_gas", *OCTOBER, Decimal("52100.5"), ReferenceState.NM3),
        ),
        (
            "assert grid_power --from 2023-10-01 --to 2023-10-31T15:00Z --quantity 5123 --unit kWh --tolerance 0.5",
            Assertion("grid_power", *OCTOBER, Decimal(5123), Decimal("0.5")),
        ),
        (
            "exclude melting_1_gas --from 2023-10-01T00:00 --to 2023-10-01T00:30",
            Exclusion("melting_1_gas", OCTOBER[0], OCTOBER[0] + 1800),
        ),
        (
            "substitute melting_1_gas --from 2023-10-01 --to 2023-11-01 --method last_week",
            Substitution("melting_1_gas", *OCTOBER, SubstitutionMethod.LAST_WEEK),
        ),
        (
            "substitute soaking_lpg --from 2023-10-01 --to 2023-11-01 --method value --quantity 7 --unit kg",
            Substitution("soaking_lpg", *OCTOBER, SubstitutionMethod.VALUE, Decimal(7)),
        ),
        (
            "replace solar.energy --at 2023-10-01T00:00:07 --old-end 4821.337 --new-start 0.017 --unit kWh",
            MeterReplacement("solar.energy", OCTOBER[0] * 1000 + 7000, Decimal("4821.337"), Decimal("0.017")),
        ),
    ],
)
def test_what_is_typed_stands_in_the_book(desk: Desk, line: str, content: Content) -> None:
    said = desk.type(line)
    assert (said.code, said.err) == (0, "")
    assert said.out.startswith("appended: 1. ")
    (entry,) = desk.book.entries()
    assert entry.content == content
    assert (entry.number, entry.person, entry.reason, entry.document) == (1, "計量責任者", "月次検針", "M-10")
    assert desk.type("withdraw 1").code == 0
    assert desk.contents == [content, Withdrawal(1)]


def test_options_may_stand_before_or_behind_the_kind(desk: Desk) -> None:
    said = desk.type(
        "--json --lang ja --person 計量責任者 exclude grid_power --from 2023-10-01 --to 2023-10-02", "--reason 試験"
    )
    assert said.json()["entries"][0]["person"] == "計量責任者"
    said = desk.type(
        "--person 計量責任者 --reason 試験 exclude solar_power --from 2023-10-01 --to 2023-10-02", "--person 設備担当"
    )
    assert "(設備担当; 試験)" in said.out


def test_words_in_japanese_and_english(desk: Desk) -> None:
    line = "invoice grid_power --from 2023-10-01 --to 2023-11-01 --quantity 5123400 --unit kWh"
    english = desk.type(line)
    assert english.out == (
        "appended: 1. invoice: grid_power 2023-10-01 00:00 JST to 2023-11-01 00:00 JST is 5123400 kWh "
        "(計量責任者; 月次検針; M-10)\n"
    )
    desk.type("withdraw 1")
    japanese = desk.type(line, "--lang ja --person 計量責任者 --reason 月次検針 --document M-10")
    assert japanese.out == (
        "記帳しました: 3. 請求書: grid_power 2023-10-01 00:00 JST~2023-11-01 00:00 JST 5123400 kWh "
        "(計量責任者; 月次検針; M-10)\n"
    )


def test_a_dry_run_shows_what_would_change_and_writes_nothing(desk: Desk) -> None:
    line = "exclude grid_power --from 2023-10-01 --to 2023-10-02 --dry-run"
    said = desk.type(line)
    assert said.out.startswith("would be appended: 1. exclusion: grid_power 2023-10-01 00:00 JST")
    assert "Figures" in said.out
    found = desk.type(line + " --json").json()
    assert (found["appended"], found["changed"]) == (False, {"Figures": [{"site": "demo", "before": 0, "after": 1}]})
    assert not desk.book.path.exists()
    assert desk.type(line.replace("grid", "gird")).code == 2


def test_the_list_shows_everything_and_says_what_was_withdrawn(desk: Desk) -> None:
    assert desk.type("list", "").out == "Nothing was declared yet.\n"
    desk.type("exclude grid_power --from 2023-10-01 --to 2023-10-02", "--person A --reason [b]x --document d")
    desk.type("withdraw 1", "--person B --reason typo")
    first, words, second, by, head = desk.type("list", "").out.splitlines()
    assert first.startswith("    1. 20")
    assert first.endswith("withdrawn by 2: exclusion: grid_power 2023-10-01 00:00 JST to 2023-10-02 00:00 JST")
    assert words.strip() == "A; [b]x; d"
    assert (second.endswith("withdrawal of entry 1"), by.strip()) == (True, "B; typo")
    assert head == f"newest hash {desk.book.head()}"
    assert "取消済み(記入 2)" in desk.type("list --lang ja", "").out
    found = desk.type("list --json", "").json()
    assert found["head"] == desk.book.head()
    assert [entry["withdrawn_by"] for entry in found["entries"]] == [2, None]
    assert found["entries"][0]["content"] == {
        "stream": "grid_power",
        "from_utc_s": 1_696_086_000,
        "to_utc_s": 1_696_172_400,
    }


def test_an_entry_of_a_stream_that_is_gone_is_listed_all_the_same(desk: Desk) -> None:
    desk.book.append([Draft("A", "b", "c", Invoice("old_gas", *OCTOBER, Decimal("12.50")))], 0)
    assert "invoice: old_gas 2023-10-01 00:00 JST to 2023-11-01 00:00 JST is 12.50" in desk.type("list", "").out


GOOD = "invoice boiler_gas --from 2023-10-01 --to 2023-11-01 --quantity 52100.5 --unit m3"


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("boiler_gas", "boiler_gaz", "the site has no stream 'boiler_gaz': did you mean 'boiler_gas'?"),
        (
            "boiler_gas",
            "boiler.gas_volum",
            "the site has no point 'boiler.gas_volum': did you mean 'boiler.gas_volume'?",
        ),
        ("m3", "kL", "boiler_gas is counted in m3, not in kL: convert it, and write the m3"),
        ("m3", "Nm3", "write m3 and the state that it is billed in: --state nm3"),
        ("52100.5", "５２１００．５", "'５２１００．５' is not in plain digits: write 52100.5"),
        ("52100.5", "52,100.5", "'52,100.5' is not in plain digits: write 52100.5"),
        ("52100.5", "52.100,5", "'52.100,5' is no number"),
        ("52100.5", "nan", "'nan' is no number"),
        ("52100.5", "inf", "'inf' is no number"),
        ("52100.5", "5e4", "'5e4' is no number"),
        ("52100.5", "1_000", "'1_000' is no number"),
        ("52100.5", "0x10", "'0x10' is no number"),
        ("2023-11-01", "2023/11/01", "'2023/11/01' is no time: write 2026-11-24 or 2026-11-24T13:30"),
        ("2023-11-01", "２０２３-１１-０１", "is no time: write 2023-11-01"),
        ("2023-11-01", "2023-11-31", "is no time"),
        ("2023-11-01", "2023-11-01T00:00:00.5", "has a part of a second"),
    ],
)
def test_what_cannot_be_understood_ends_with_2_and_a_hint(desk: Desk, old: str, new: str, sentence: str) -> None:
    said = desk.type(GOOD.replace(old, new, 1))
    assert (said.code, said.out) == (2, "")
    assert sentence in said.err
    assert said.err.count("\n") == 1
    assert not desk.book.path.exists()


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("boiler_gas", "boiler_gaz", "サイトに系統 'boiler_gaz' はありません。'boiler_gas' ではありませんか"),
        ("m3", "kL", "boiler_gas の単位は kL ではなく m3 です。m3 に換算して書いてください"),
        ("52100.5", "52,100.5", "'52,100.5' は桁区切りのない半角数字ではありません。52100.5 と書いてください"),
        ("52100.5", "5e4", "'5e4' は数値ではありません。12345.6 のように半角数字と小数点で書いてください"),
        (
            "2023-11-01",
            "２０２３-１１-０１",
            "'２０２３-１１-０１' は日付・日時ではありません。2023-11-01 と書いてください",
        ),
        ("--unit m3", "--unit=", "数量(quantity): 数値とともに単位も書いてください。boiler_gas の単位は m3 です"),
    ],
)
def test_a_japanese_reader_is_told_in_japanese(desk: Desk, old: str, new: str, sentence: str) -> None:
    words = ("--lang", "ja", "--person", "計量責任者", "--reason", "月次検針", "--document", "M-10")
    said = desk.type(GOOD.replace(old, new, 1), "", *words)
    assert (said.code, said.out) == (2, "")
    assert sentence in said.err
    assert said.err.count("\n") == 1


def test_what_may_not_stand_is_told_in_japanese(desk: Desk) -> None:
    said = desk.type(GOOD.replace("52100.5", "-1"), "--lang ja --person 計量責任者 --reason 月次検針")
    assert (said.code, said.out) == (1, "")
    assert said.err.splitlines() == [
        "書類がありません。数値の出どころ(帳票、請求書、作業指示書)を書いてください",
        "-1 は数量ではありません。数量は 0 以上の数です",
    ]
    (told,) = desk.type("withdraw 7", "--lang ja --person A --reason b").err.splitlines()
    assert told == "帳簿に記入 7 はありません。最後の記入は 0 です"


def test_a_program_reads_why_something_is_refused(desk: Desk) -> None:
    """English sentences whatever the language, with kind and values."""
    words = "--json --lang ja --person 計量責任者 --reason 月次検針 --document M-10"
    said = desk.type(GOOD.replace("m3", "kL"), words)
    assert (said.code, said.err) == (2, "")
    text = "boiler_gas is counted in m3, not in kL: convert it, and write the m3"
    values = {"name": "boiler_gas", "declared": "m3", "written": "kL"}
    assert said.json() == {"refused": [{"text": text, "where": "", "kind": "other_unit", "values": values}]}
    assert desk.type(GOOD.replace("52100.5", "-1"), words).json()["refused"][0]["kind"] == "no_quantity"


@pytest.mark.parametrize("number", ["０１", "１", "0", "-1", "1.5", "one"])
def test_an_entry_is_named_by_its_plain_number(desk: Desk, number: str) -> None:
    assert desk.type(f"withdraw {number}").code == 2


@pytest.mark.parametrize(
    ("line", "words", "sentence"),
    [
        (GOOD, "--reason b --document c", "no person"),
        (GOOD, "--person A --document c", "no reason"),
        (GOOD, "--person A --reason b", "no document"),
        (GOOD, "--person \u3000 --reason b --document c", "no person"),
        (GOOD.replace("2023-11-01", "2923-11-01"), "--person A --reason b --document c", "is not over yet"),
        (GOOD.replace("52100.5", "-1"), "--person A --reason b --document c", "is no quantity"),
        ("withdraw 7", "--person A --reason b", "the book has no entry 7"),
    ],
)
def test_what_may_not_stand_ends_with_1(desk: Desk, line: str, words: str, sentence: str) -> None:
    said = desk.type(line, "", *words.split(" "))
    assert (said.code, said.out, sentence in said.err) == (1, "", True)
    assert desk.contents == []


@pytest.mark.parametrize(
    "line",
    [
        "guess",
        "reading solar.energy --at 2023-10-01 --register 5",
        "invoice grid_power --from 2023-10-01 --to 2023-11-01 --quantity 5",
        "substitute grid_power --from 2023-10-01 --to 2023-11-01 --method nearest_year",
        GOOD + " --state stp",
    ],
)
def test_wrong_usage_ends_with_2(desk: Desk, line: str) -> None:
    with pytest.raises(SystemExit) as ended:
        desk.type(line)
    assert ended.value.code == 2


def test_a_closed_year_must_be_closed_again(desk: Desk) -> None:
    desk.book.append([Draft("A", "b", "", Closing(2023, 1, False, "", "", ""))], 0)
    said = desk.type(GOOD)
    assert said.code == 0
    assert "fiscal year 2023 is closed (entry 1): close it again as revision 2 with `atsuen close`" in said.out
    said = desk.type("withdraw 2 --lang ja")
    assert "2023年度は締め済みです(記入 1)。`atsuen close` で改訂 2 として締め直してください" in said.out


def test_a_replacement_tells_how_the_agent_takes_it_over(desk: Desk) -> None:
    line = "replace solar.energy --at 2023-10-01T10:05 --old-end 4821.337 --new-start 0.017 --unit kWh"
    assert "`atsuen reload`" in desk.type(line).out
    assert "`atsuen reload`" in desk.type("withdraw 1").out


def test_bytes_that_are_no_text_are_refused(desk: Desk) -> None:
    said = desk.type("exclude grid_power --from 2023-10-01 --to 2023-10-02", "--person A --reason", "\udcff")
    assert (said.code, "UTF-8" in said.err) == (2, True)


def test_a_damaged_book_is_refused(desk: Desk) -> None:
    desk.book.path.write_bytes(b"")
    for line in (GOOD, "list", GOOD + " --dry-run"):
        with pytest.raises(BookError, match="put your newest copy in its place"):
            desk.type(line)
