"""The file sink: whole lines on the disk, a new file by size and age, a bounded folder, and what a crash leaves."""

import os
import resource
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from agent.sinks import SinkMisconfigured, SinkUnavailable
from agent.sinks.files import FileRules, FileSink

START_MS = 1_732_406_400_000  # 2024-11-24 00:00:00 UTC


class SetClock:
    """A clock that the test sets."""

    def __init__(self) -> None:
        self.ms = START_MS

    def now_ms(self) -> int:
        return self.ms

    def steady_s(self) -> float:
        raise NotImplementedError

    async def sleep_until(self, steady_s: float) -> None:
        raise NotImplementedError


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


def files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.lp"))


def names(folder: Path) -> list[str]:
    return [path.name for path in files(folder)]


def contents(folder: Path) -> list[bytes]:
    return [path.read_bytes() for path in files(folder)]


async def test_lines_follow_each_other_in_one_file_named_by_its_start(tmp_path: Path, clock: SetClock) -> None:
    sink = FileSink(tmp_path / "lines", clock=clock)
    await sink.write(b"a f=1 1\nb f=2 2", 2)
    clock.ms += 1000
    await sink.write(b"c f=3 3\n", 1)
    await sink.close()
    assert names(tmp_path / "lines") == ["lines-00000001-20241124T000000Z.lp"]
    content = (tmp_path / "lines" / "lines-00000001-20241124T000000Z.lp").read_bytes()
    assert content == b"a f=1 1\nb f=2 2\nc f=3 3\n"


async def test_a_new_file_begins_by_size_and_by_age(tmp_path: Path, clock: SetClock) -> None:
    sink = FileSink(tmp_path, "x", FileRules(max_bytes=20, max_age_s=60), clock)
    await sink.write(b"0123456789", 1)
    await sink.write(b"12345678", 1)  # 11 + 9 bytes: just fits
    await sink.write(b"", 1)
    clock.ms += 60_000
    await sink.write(b"0", 1)
    clock.ms += 1
    await sink.write(b"1", 1)
    await sink.write(b"larger than a whole file", 1)
    assert names(tmp_path) == [
        "x-00000001-20241124T000000Z.lp",
        "x-00000002-20241124T000000Z.lp",
        "x-00000003-20241124T000100Z.lp",
        "x-00000004-20241124T000100Z.lp",
    ]
    assert contents(tmp_path) == [
        b"0123456789\n12345678\n",
        b"\n0\n",
        b"1\n",
        b"larger than a whole file\n",
    ]


async def test_the_oldest_files_make_room_and_are_counted(tmp_path: Path, clock: SetClock) -> None:
    (tmp_path / "notes.txt").touch()
    sink = FileSink(tmp_path, "x", FileRules(max_bytes=1, keep=3), clock)
    for number in range(5):
        await sink.write(b"%d" % number, 1)
    assert contents(tmp_path) == [b"2\n", b"3\n", b"4\n"]
    assert sink.removed_files == 2
    assert (tmp_path / "notes.txt").exists()


async def test_a_folder_that_must_not_lose_anything_refuses_when_full(tmp_path: Path, clock: SetClock) -> None:
    sink = FileSink(tmp_path, "x", FileRules(max_bytes=1, keep=2, remove_oldest=False), clock)
    await sink.write(b"0", 1)
    await sink.write(b"1", 1)
    for _ in range(2):
        with pytest.raises(SinkUnavailable, match=f"{tmp_path} is full: look at its 2 files, then move them away"):
            await sink.write(b"2", 1)
    files(tmp_path)[0].unlink()
    await sink.write(b"2", 1)
    assert contents(tmp_path) == [b"1\n", b"2\n"]


@pytest.mark.parametrize(
    ("left", "expected"),
    [
        (b"a f=1 1\nb f=2", b"a f=1 1\nnew f=1 1\n"),
        (b"a f=1 1\n", b"a f=1 1\nnew f=1 1\n"),
        (b"b f=2", b"new f=1 1\n"),
        (b"", b"new f=1 1\n"),
    ],
)
async def test_after_a_crash_the_torn_line_goes_and_the_file_goes_on(
    tmp_path: Path, clock: SetClock, left: bytes, expected: bytes
) -> None:
    path = tmp_path / "x-00000007-20241123T235959Z.lp"
    path.write_bytes(left)
    await FileSink(tmp_path, "x", clock=clock).write(b"new f=1 1", 1)
    assert names(tmp_path) == [path.name]
    assert path.read_bytes() == expected


async def test_numbers_order_the_files_when_the_clock_was_set_back(tmp_path: Path, clock: SetClock) -> None:
    rules = FileRules(max_bytes=1)
    await FileSink(tmp_path, "x", rules, clock).write(b"before", 1)
    clock.ms -= 365 * 86_400_000
    await FileSink(tmp_path, "x", rules, clock).write(b"after", 1)
    assert names(tmp_path) == ["x-00000001-20241124T000000Z.lp", "x-00000002-20231125T000000Z.lp"]


async def test_a_full_disk_leaves_whole_lines(tmp_path: Path, clock: SetClock) -> None:
    """A limit on the size of files stands in for the full disk: the write stops in the middle of a line."""
    sink = FileSink(tmp_path, "x", clock=clock)
    await sink.write(b"a" * 99, 1)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (150, hard))
    try:
        with pytest.raises(SinkUnavailable, match="File too large"):
            await sink.write(b"b" * 99, 1)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    (path,) = files(tmp_path)
    assert path.stat().st_size == 150, "half of the line is there"
    await sink.write(b"c" * 99, 1)
    assert path.read_bytes() == b"a" * 99 + b"\n" + b"c" * 99 + b"\n"


async def test_a_folder_that_cannot_be_used_is_for_a_person(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for folder in (tmp_path / "missing" / "lines", tmp_path / "file"):
        with pytest.raises(SinkMisconfigured) as caught:
            await FileSink(folder).write(b"a", 1)
        assert str(folder) in caught.value.reason
        assert caught.value.hint == "create the folder and let the service's user write to it"


def test_what_was_accepted_survives_kill_9(tmp_path: Path) -> None:
    """A process writes numbered lines and prints each number once it was accepted; it is killed while it writes."""
    code = """
        import asyncio, sys
        from pathlib import Path
        from agent.sinks.files import FileRules, FileSink
        async def main():
            sink, number = FileSink(Path(sys.argv[1]), "x", FileRules(max_bytes=2000)), 0
            while True:
                await sink.write(b"%06d" % number * 20, 1)
                print(number, flush=True)
                number += 1
        asyncio.run(main())
    """
    command = [sys.executable, "-c", textwrap.dedent(code), str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": "."}) as process:
        assert process.stdout is not None
        for _ in range(100):
            process.stdout.readline()
        process.kill()
        accepted = 100 + len([line for line in process.stdout if line.endswith("\n")])
    written = b"".join(contents(tmp_path))
    assert [line[:6] for line in written.splitlines()][:accepted] == [b"%06d" % number for number in range(accepted)]
