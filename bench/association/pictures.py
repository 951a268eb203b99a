"""Makes the pictures of the printed form in docs/images, from the case tests/cases/association-2023.

    python bench/association/pictures.py [--keep DIR]

Needs chromium, soffice and pdftoppm. `--keep` leaves the form's files and their PDFs in a folder, to be looked at.
"""

import argparse
import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from agent.association.aggregate import Aggregation
from agent.association.load import load_association
from agent.association.publish import FormResult, document_fact, publish_form
from agent.association.write_form import write_form
from agent.submission.examine import open_unverified

ROOT = Path(__file__).parents[2]
CASE = ROOT / "tests" / "cases" / "association-2023"
IMAGES = ROOT / "docs" / "images"
FISCAL_YEAR = 2023
DOTS_PER_INCH = 84
LIMIT_BYTES = 200_000
PICTURES = {"form-results": ("ja.html", 1), "form-charts": ("ja.html", 2), "form-workbook": ("en.xlsx", 4)}
"""By name of the picture, the file that it shows, and the page."""
FONTS = """<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>
<include>/etc/fonts/fonts.conf</include>
<alias binding="weak"><family>Calibri</family>
<prefer><family>Carlito</family><family>Liberation Sans</family></prefer></alias>
</fontconfig>
"""
"""A workbook is laid out for Calibri; where it is not installed, a font of about its width stands in for it."""


def form_of_case() -> FormResult:
    """The form as it may be published."""
    association = load_association(CASE)
    aggregation = Aggregation(FISCAL_YEAR, association.uniform_factors(FISCAL_YEAR), association.participants())
    facts = []
    for path in sorted((CASE / "documents").glob("*.jws")):
        document = open_unverified(path.read_bytes()).submission
        aggregation.add(document)
        facts.append(document_fact(document))
    return publish_form(association, aggregation.finish(), facts)


def as_pdf(path: Path, scratch: Path) -> Path:
    """A page as Chromium prints it, a workbook as LibreOffice does."""
    target = path.with_name(f"{path.stem}-{path.suffix[1:]}.pdf")
    if path.suffix == ".html":
        print_page = ["chromium", "--headless", "--no-sandbox", "--no-pdf-header-footer", f"--print-to-pdf={target}"]
        run([*print_page, path.as_uri()], scratch)
    else:
        profile = f"-env:UserInstallation={(scratch / 'office').as_uri()}"
        run(["soffice", profile, "--headless", "--convert-to", "pdf", "--outdir", str(scratch), str(path)], scratch)
        shutil.move(scratch / f"{path.stem}.pdf", target)
    return target


def run(command: Sequence[str], scratch: Path) -> None:
    """Run a program with a home folder and fonts of its own."""
    fonts = scratch / "fonts.conf"
    fonts.write_text(FONTS, encoding="utf-8")
    own = {"HOME": str(scratch), "FONTCONFIG_FILE": str(fonts)}
    subprocess.run(command, check=True, capture_output=True, env=os.environ | own, timeout=120)


def take(pdf: Path, page: int, name: str) -> Path:
    """A page as a grey picture. Raises ValueError when it is too large for the documents."""
    path = IMAGES / name
    size = ["-r", str(DOTS_PER_INCH), "-f", str(page), "-l", str(page)]
    subprocess.run(["pdftoppm", *size, "-gray", "-png", "-singlefile", str(pdf), str(path)], check=True)
    picture = path.with_suffix(".png")
    if picture.stat().st_size > LIMIT_BYTES:
        raise ValueError(f"{picture} has {picture.stat().st_size} bytes, more than {LIMIT_BYTES}")
    return picture


def main() -> None:
    """Make all pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keep", type=Path, metavar="DIR")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        scratch = Path(made)
        folder = options.keep.resolve() if options.keep else scratch / "form"
        files = {path.name: path for path in write_form(form_of_case(), folder)}
        pdfs = {name: as_pdf(path, scratch) for name, path in files.items() if path.suffix != ".json"}
        for name, (file, page) in PICTURES.items():
            print(take(pdfs[f"form-{FISCAL_YEAR}-{file}"], page, name))


if __name__ == "__main__":
    main()
