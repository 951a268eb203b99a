"""An association of many sites for the benchmarks beside: its folder, its keys, and the files that its sites send."""

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from agent.submission.canonical import digest_of, write_document
from agent.submission.examine import open_unverified
from agent.submission.parts import Participant
from agent.submission.sign import PrivateKey, PublicKey, new_key, sign

CASE = Path(__file__).parents[2] / "tests" / "cases" / "association-2023"
FISCAL_YEAR = 2023
REVISED_EACH, TWICE_EACH, BROKEN_EACH = 10, 25, 100
"""Every 10th site sends a second revision, every 25th its first file twice, every 100th one that is broken."""

_YEAR = f"[[year]]\nfiscal_year = {FISCAL_YEAR}\ndeadline = 2024-07-31\n"


@dataclass(frozen=True, slots=True)
class Sent:
    """A file in the folder `files`, what it is, and how often its sender sends it. A broken one has no digest."""

    file: str
    company: str
    site: str
    revision: int
    digest: str | None
    times: int = 1


def site_name(number: int, companies: int) -> tuple[str, str]:
    """Company and site of a number."""
    return f"company_{number % companies}", f"site_{number}"


def write_association(folder: Path, sites: int, companies: int, url: str) -> list[Sent]:
    """Write the settings of the case with as many sites, their keys, and all files. Without URL: SQLite."""
    (folder / "keys").mkdir(parents=True)
    (folder / "files").mkdir()
    keys = [new_key() for _ in range(sites)]
    for number, key in enumerate(keys):
        _write_key(folder / "keys" / f"site_{number}.jwk", key.public)
    case = (CASE / "association.toml").read_text(encoding="utf-8").partition("[[company]]")[0]
    roster = "".join(_company(number, companies, keys) for number in range(companies))
    (folder / "association.toml").write_text(case + roster, encoding="utf-8")
    (folder / "history.toml").write_bytes((CASE / "history.toml").read_bytes())
    store = f'[store]\nurl = "{url}"\n' if url else ""
    (folder / "service.toml").write_text(store + _YEAR, encoding="utf-8")
    return list(_write_files(folder / "files", companies, keys))


def order_of(sent: list[Sent], receiver: int) -> list[str]:
    """The files as one of the receivers gets them: all, some twice, in an order of its own."""
    names = [each.file for each in sent for _ in range(each.times)]
    random.Random(receiver).shuffle(names)
    return names


def _write_key(path: Path, key: PublicKey) -> None:
    path.write_text(json.dumps(key.jwk), encoding="ascii")


def _company(number: int, companies: int, keys: list[PrivateKey]) -> str:
    text = f'[[company]]\nid = "company_{number}"\nname_ja = "会社{number}"\nrole = "participant"\n'
    for site in range(number, len(keys), companies):
        text += f'[[company.site]]\nid = "site_{site}"\nname_ja = "工場{site}"\n'
        text += f'[[company.site.key]]\nthumbprint = "{keys[site].public.kid}"\nfrom_fiscal_year = {FISCAL_YEAR}\n'
    return text


def _write_files(folder: Path, companies: int, keys: list[PrivateKey]) -> Iterator[Sent]:
    """The case's documents over and over, each under its own name."""
    files = sorted((CASE / "documents").glob("*.jws"))
    models = [open_unverified(path.read_bytes()).submission for path in files]
    for number, key in enumerate(keys):
        company, site = site_name(number, companies)
        who = Participant(company=company, site=site)
        for revision in (1, 2) if number % REVISED_EACH == 0 else (1,):
            document = models[number % len(models)].model_copy(update={"participant": who, "revision": revision})
            written = write_document(document)
            file, name = sign(written, key), f"{number:05}-r{revision}.jws"
            (folder / name).write_bytes(file)
            times = 2 if revision == 1 and number % TWICE_EACH == 0 else 1
            yield Sent(name, company, site, revision, digest_of(written), times)
            if revision == 1 and number % BROKEN_EACH == 0:
                (folder / f"{number:05}-broken.jws").write_bytes(file[:-40] + file[:40])
                yield Sent(f"{number:05}-broken.jws", company, site, revision, None)
