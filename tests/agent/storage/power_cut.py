"""A disk as it may be found after a power cut, drawn from the system calls of a program that strace wrote down.

A disk has what was written before the last sync of a file. Of later writes it has, for each sector of 512 bytes, one of
the states that the sector went through; of the file's length likewise. Names made, changed or removed in a folder are
there when the folder was synced, and may or may not be there after that.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from random import Random

SECTOR = 512
_PAGE = 4096
_CALLS = "openat,write,pwrite64,ftruncate,fsync,fdatasync,unlink,unlinkat,rename,renameat,renameat2,mkdir,mkdirat,rmdir"
_CALL = re.compile(r"^\d+ +(\w+)\((.*)\) += (-?\d+)")
_STRING = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')
_DESCRIPTOR = re.compile(r"^(\d+)<((?:\\x[0-9a-f]{2})*)>")


@dataclass(frozen=True, slots=True)
class Call:
    """One system call that changed a disk or told something: `told` is what went to standard output."""

    name: str
    path: str = ""
    other: str = ""
    data: bytes = b""
    number: int = 0
    """Of a write the offset, of a truncation the new length."""


def record(arguments: Sequence[str | Path], folder: Path) -> list[Call]:
    """Run a Python program under strace; gives the calls on files in the folder, and `told` for its output."""
    log = folder.with_name(folder.name + ".strace")
    command = ["strace", "-f", "-y", "-xx", "-s", "10000000", "--seccomp-bpf", "-e", f"trace={_CALLS}", "-o", str(log)]
    environment = os.environ | {"PYTHONPATH": str(Path.cwd())}
    command += [sys.executable, *map(str, arguments)]
    subprocess.run(command, check=True, stdout=subprocess.PIPE, timeout=60, env=environment)
    with log.open(encoding="ascii") as lines:
        return list(_parse(lines, str(folder)))


def _parse(lines: Iterator[str], folder: str) -> Iterator[Call]:
    for line in lines:
        match = _CALL.match(line)
        if match is None or match[3].startswith("-"):
            continue
        name, arguments, result = match[1], match[2], int(match[3])
        descriptor = _DESCRIPTOR.match(arguments)
        strings = [_decoded(text) for text in _STRING.findall(arguments)]
        if descriptor is not None:
            path = _decoded(descriptor[2]).decode()
            if descriptor[1] == "1" and name == "write":
                yield Call("told", data=strings[0])
            elif path.startswith(folder):
                yield _on_descriptor(name, path, arguments, strings, result)
        elif strings and strings[0].decode().startswith(folder):
            yield _on_names(name, strings, arguments)


def _decoded(text: str) -> bytes:
    return bytes.fromhex(text.replace("\\x", ""))


def _on_descriptor(name: str, path: str, arguments: str, strings: list[bytes], result: int) -> Call:
    if name == "pwrite64":
        return Call("write", path, data=strings[0][:result], number=int(arguments.rsplit(",", 1)[1]))
    if name == "ftruncate":
        return Call("truncate", path, number=int(arguments.rsplit(",", 1)[1]))
    if name in {"fsync", "fdatasync"}:
        return Call("sync", path)
    raise AssertionError(f"a call that the disk does not know: {name} on {path}")


def _on_names(name: str, strings: list[bytes], arguments: str) -> Call:
    path = strings[0].decode()
    if name == "openat":
        return Call("create" if "O_CREAT" in arguments else "open", path)
    if name.startswith("rename"):
        return Call("rename", path, strings[1].decode())
    return Call({"mkdir": "mkdir", "mkdirat": "mkdir", "rmdir": "unlink"}.get(name, "unlink"), path)


class Fate(Enum):
    """How much of what was not synced has reached the disk."""

    NOTHING = "nothing"
    ALL = "all"
    FIRST = "the first writes"
    PAGES = "some pages"
    SECTORS = "some sectors"
    MIXED = "each sector as it was at some time"


@dataclass(slots=True)
class _File:
    is_folder: bool = False
    synced: bytearray = field(default_factory=bytearray)
    pending: list[Call] = field(default_factory=list)

    def sync(self) -> None:
        for call in self.pending:
            _apply(self.synced, call)
        self.pending.clear()

    def after_cut(self, dice: Random, fate: Fate) -> bytes:
        """The content that may be found."""
        draw = _Draw(dice, fate, len(self.pending))
        image, length = bytearray(self.synced), len(self.synced)
        kept_length = draw.at(-1)
        for index, call in enumerate(self.pending):
            length = call.number if call.name == "truncate" else max(length, call.number + len(call.data))
            if index < kept_length:
                final_length = length
            for sector in _sectors(call, len(image)):
                if index < draw.at(sector):
                    _apply(image, _part(call, sector))
        if not kept_length:
            final_length = len(self.synced)
        return bytes(image[:final_length].ljust(final_length, b"\0"))


class _Draw:
    """How many of the pending calls each sector has seen."""

    def __init__(self, dice: Random, fate: Fate, calls: int) -> None:
        self._dice, self._fate, self._calls = dice, fate, calls
        self._common = {Fate.NOTHING: 0, Fate.ALL: calls}.get(fate, dice.randint(0, calls))
        self._seen: dict[int, int] = {}

    def at(self, sector: int) -> int:
        if self._fate in {Fate.NOTHING, Fate.ALL, Fate.FIRST}:
            return self._common
        unit = sector // (_PAGE // SECTOR) if self._fate is Fate.PAGES else sector
        if unit not in self._seen:
            mixed = self._fate is Fate.MIXED
            self._seen[unit] = self._dice.randint(0, self._calls) if mixed else self._dice.choice((0, self._calls))
        return self._seen[unit]


def _sectors(call: Call, length: int) -> range:
    end = length if call.name == "truncate" else call.number + len(call.data)
    return range(call.number // SECTOR, -(-end // SECTOR))


def _part(call: Call, sector: int) -> Call:
    """The part of a call that concerns one sector."""
    start, end = sector * SECTOR, (sector + 1) * SECTOR
    if call.name == "truncate":
        first = max(start, call.number)
        return Call("write", data=bytes(end - first), number=first)
    first = max(start, call.number)
    return Call("write", data=call.data[first - call.number : end - call.number], number=first)


def _apply(image: bytearray, call: Call) -> None:
    if call.name == "truncate":
        del image[call.number :]
        image.extend(bytes(call.number - len(image)))
        return
    if len(image) < call.number:
        image.extend(bytes(call.number - len(image)))
    image[call.number : call.number + len(call.data)] = call.data


Names = dict[str, int | None]
"""What some names in one folder stand for: the number of a file, None for nothing any more. Changed together or not."""


class Disk:
    """Takes system calls one by one, and can be cut off after any."""

    def __init__(self, folder: Path, files: Mapping[str, bytes]) -> None:
        """A disk on which some files, by their path below the folder, are durable."""
        self._root = str(folder)
        self._files: list[_File] = []
        self._names: dict[str, int] = {}
        for name, content in files.items():
            for above in reversed((folder / name).relative_to(folder).parents[:-1]):
                if str(folder / above) not in self._names:
                    self._add(str(folder / above), _File(is_folder=True))
            self._add(str(folder / name), _File(synced=bytearray(content)))
        self._synced_names = dict(self._names)
        self._pending_names: list[Names] = []
        """Changes of names that are not synced yet, oldest first."""

    def _add(self, path: str, file: _File) -> None:
        self._names[path] = len(self._files)
        self._files.append(file)

    def take(self, call: Call, *, is_honest: bool = True) -> None:
        """Let a call act. A dishonest disk says that it has synced, and has not."""
        path = call.path
        if call.name in {"create", "mkdir"}:
            if path not in self._names:
                self._files.append(_File(call.name == "mkdir"))
                self._rename({path: len(self._files) - 1})
        elif call.name == "rename":
            self._rename({call.other: self._names[path], path: None})
        elif call.name == "unlink":
            self._rename({path: None})
        elif call.name == "sync" and is_honest:
            self._sync(path)
        elif call.name in {"write", "truncate"} and path in self._names:
            self._files[self._names[path]].pending.append(call)

    def _rename(self, names: Names) -> None:
        _set_names(self._names, names)
        self._pending_names.append(names)

    def _sync(self, path: str) -> None:
        if path in self._names and not self._files[self._names[path]].is_folder:
            self._files[self._names[path]].sync()
            return
        here = [names for names in self._pending_names if str(Path(next(iter(names))).parent) == path]
        for names in here:
            _set_names(self._synced_names, names)
        self._pending_names = [names for names in self._pending_names if names not in here]

    def cut(self, dice: Random, fate: Fate) -> dict[str, bytes]:
        """The files, by their path below the folder, that may be found after a power cut now."""
        draw = _Draw(dice, fate, len(self._pending_names))
        names = dict(self._synced_names)
        for index, changed in enumerate(self._pending_names):
            if index < draw.at(index * _PAGE):
                _set_names(names, changed)
        folders = {self._root, *(name for name, file in names.items() if self._files[file].is_folder)}
        return {
            name[len(self._root) + 1 :]: self._files[file].after_cut(dice, fate)
            for name, file in names.items()
            if not self._files[file].is_folder and not name.endswith("-shm") and str(Path(name).parent) in folders
        }


def _set_names(names: dict[str, int], changed: Names) -> None:
    for name, file in changed.items():
        if file is None:
            names.pop(name, None)
        else:
            names[name] = file


def lay_out(files: dict[str, bytes], folder: Path) -> None:
    """Write the files of a cut into an empty folder."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
