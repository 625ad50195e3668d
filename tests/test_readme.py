"""The Python examples of README and docs run as they stand, each page from top to bottom as one program."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted(ROOT.glob("docs/*.md"))]
FENCE = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_python_examples_run(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = page.read_text(encoding="utf-8")
    fences = list(FENCE.finditer(text))
    assert fences or page.name != "README.md", "README.md shows no ```python example"

    monkeypatch.chdir(tmp_path)
    namespace: dict[str, object] = {"__name__": page.stem}
    for fence in fences:
        # Blank lines above the code make a traceback point at the line in the page.
        above = "\n" * text.count("\n", 0, fence.start(1))
        exec(compile(above + fence[1], str(page), "exec"), namespace)
