"""From DOT text to SVG, PNG and PDF: by the `dot` program, or by `graphviz-pure` from PyPI."""

from __future__ import annotations

import os
import shutil
import subprocess
import sysconfig
from pathlib import Path

from ..errors import AutogradError

TEXT_SUFFIXES = (".dot", ".gv")
RENDERED_SUFFIXES = (".svg", ".png", ".pdf")
PAGE_SUFFIXES = (".html", ".htm")
DOTS_PER_INCH = 192
LARGEST = 150  # inches; renderers refuse pictures of more than about 32,000 pixels a side


class DrawingError(AutogradError, RuntimeError):
    """A drawing can't be made, shown or saved as it was asked for."""


def find_renderer() -> str | None:
    """Return the path of the program that lays out a graph: `dot`, else `graphviz-pure`, else None."""
    scripts = sysconfig.get_path("scripts")  # not on PATH where a virtual environment isn't activated
    return shutil.which("dot") or shutil.which("graphviz-pure") or shutil.which("graphviz-pure", path=scripts)


def render(source: str, suffix: str) -> bytes:
    """Return DOT text as a file of a kind: ``".dot"``, ``".gv"``, ``".svg"``, ``".png"`` or ``".pdf"``.

    Raises
    ------
    DrawingError
        If there is no renderer on this machine, or it failed.
    """
    if suffix in TEXT_SUFFIXES:
        return source.encode()
    program = find_renderer()
    if program is None:
        raise DrawingError(
            f"there is no program on this machine that renders {suffix[1:].upper()}",
            "laying out a graph needs Graphviz",
            'pip install "autograd_mini[draw]" (nothing else is needed), or Graphviz itself: apt install graphviz,'
            ' brew install graphviz, choco install graphviz. Without either, .source and .save("graph.dot") give the'
            " DOT text, which online viewers show",
        )
    if suffix == ".pdf" and "graphviz-pure" in Path(program).name:  # it has no PDF of its own
        return pdf_of_jpeg(run_program(program, source, "jpg"))
    return run_program(program, source, suffix[1:])


def run_program(program: str, source: str, kind: str) -> bytes:
    """Return what a `dot` program makes of DOT text."""
    options = [f"-T{kind}"]
    if kind != "svg":
        options.append(f"-Gsize={LARGEST}")
    if kind in ("png", "jpg"):
        options.append(f"-Gdpi={DOTS_PER_INCH}")
    done = subprocess.run([program, *options], input=source.encode(), capture_output=True, check=False)
    if done.returncode or not done.stdout:
        raise DrawingError(
            f"{Path(program).name} could not make {kind.upper()}: {done.stderr.decode(errors='replace').strip()[:500]}",
            instead='.save("graph.dot") for the DOT text',
        )
    return done.stdout


def pdf_of_jpeg(jpeg: bytes) -> bytes:
    """Return a PDF of one page that shows a JPEG picture, by the PDF reference (ISO 32000-1, 7.5 and 8.9)."""
    at = 2
    while jpeg[at + 1] not in (0xC0, 0xC1, 0xC2):  # to the start of the frame, which tells the size
        at += 2 + int.from_bytes(jpeg[at + 2 : at + 4], "big")
    height, width = int.from_bytes(jpeg[at + 5 : at + 7], "big"), int.from_bytes(jpeg[at + 7 : at + 9], "big")
    wide, high = (f"{pixels * 72 / DOTS_PER_INCH:.2f}" for pixels in (width, height))
    show = f"{wide} 0 0 {high} 0 0 cm /Picture Do".encode()
    image = f"<</Type/XObject/Subtype/Image/Width {width}/Height {height}/ColorSpace/DeviceRGB/BitsPerComponent 8"
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 {wide} {high}]"
        "/Resources<</XObject<</Picture 4 0 R>>>>/Contents 5 0 R>>".encode(),
        f"{image}/Filter/DCTDecode/Length {len(jpeg)}>>\nstream\n".encode() + jpeg + b"\nendstream",
        f"<</Length {len(show)}>>\nstream\n".encode() + show + b"\nendstream",
    ]
    pdf, table = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n", "0000000000 65535 f \n"
    for i, body in enumerate(objects, start=1):
        table += f"{len(pdf):010d} 00000 n \n"
        pdf += f"{i} 0 obj\n".encode() + body + b"\nendobj\n"
    end = f"xref\n0 6\n{table}trailer\n<</Size 6/Root 1 0 R>>\nstartxref\n{len(pdf)}\n%%EOF\n"
    return pdf + end.encode()


def writable_path(
    path: str | os.PathLike[str], known: tuple[str, ...] = (*RENDERED_SUFFIXES, *TEXT_SUFFIXES), what: str = "a drawing"
) -> Path:
    """Return the path of what is to be written, in one of the formats known by their suffixes, checked before any work.

    Raises
    ------
    DrawingError
        If the suffix is unknown, the folder is missing, or the path is a folder.
    """
    target = Path(path)
    if target.suffix.lower() not in known:
        raise DrawingError(
            f"{what} can't be saved as {str(target)!r}",
            f"the suffix says the format, and {target.suffix or 'no suffix'!r} is not one of {', '.join(known)}",
            f'.save("{target.stem or "graph"}{known[0]}")',
        )
    if not target.parent.is_dir():
        raise DrawingError(
            f"the folder of {str(target)!r} doesn't exist",
            f"{what} makes no folders, so that a misspelt one is noticed",
            f"os.makedirs({str(target.parent)!r})",
        )
    if target.is_dir():
        raise DrawingError(f"{str(target)!r} is a folder", instead=f"{str(target / f'graph{known[0]}')!r}")
    return target
