"""The README's Python examples run as they stand, from top to bottom, as one program."""

import re
from pathlib import Path

import pytest

README = Path(__file__).parents[1] / "README.md"
FENCE = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_python_examples_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = README.read_text(encoding="utf-8")
    fences = list(FENCE.finditer(text))
    assert fences, "README.md shows no ```python example"

    monkeypatch.chdir(tmp_path)
    namespace: dict[str, object] = {"__name__": "readme"}
    for fence in fences:
        # Blank lines above the code make a traceback point at the line in README.md.
        above = "\n" * text.count("\n", 0, fence.start(1))
        exec(compile(above + fence[1], str(README), "exec"), namespace)
