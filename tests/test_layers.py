"""Each module imports only from those above it in the reading order, wherever the import stands."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1] / "autograd_mini"

# From the first to the last. A package stands here once: its files may import each other. `__init__` is what
# the user sees, so what stands below it is written over the public names.
LAYERS = [
    "errors",
    "storage",
    "figures",
    "state",
    "registry",
    "primitives",
    "rewriting",
    "refusals",
    "operators",
    "graph",
    "anomaly",
    "pulling",
    "fast",
    "engine",
    "recording",
    "dispatch",
    "copying",
    "scipy",
    "rules",
    "covered",
    "tree",
    "recompute",
    "trace",
    "transforms",
    "expression",
    "view",
    "check",
    "compile",
    "nn",
    "optim",
    "data",
    "train",
    "testing",
    "__init__",
    "labs",
    "cli_report",
    "cli_results",
    "cli_values",
    "cli_grad",
    "cli_check",
    "cli_draw",
    "cli_train",
    "cli_lab",
    "cli",
    "__main__",
]


def imported_layers(source: str, package: tuple[str, ...]) -> list[tuple[int, str]]:
    """Return the line and the layer of each import from this package, in `source` of a file of `package`."""
    found = []

    def add(line: int, path: tuple[str, ...]) -> None:
        if path[:1] == (ROOT.name,):
            found.append((line, path[1] if path[1:] else "__init__"))

    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                add(node.lineno, tuple(alias.name.split(".")))
        elif isinstance(node, ast.ImportFrom):
            start = package[: len(package) - node.level + 1] if node.level else ()
            path = start + tuple(node.module.split(".") if node.module else ())
            for alias in node.names:
                # `from . import engine` names a module, `from . import grad` a name of the package itself.
                is_layer = path == (ROOT.name,) and alias.name in LAYERS
                add(node.lineno, (*path, alias.name) if is_layer else path)
    return found


def wrong_imports(layer: str, source: str, package: tuple[str, ...]) -> list[str]:
    """Describe the imports of `source`, a file of `layer`, that point the wrong way."""
    return [
        f"line {line}: {layer} imports {imported}"
        for line, imported in imported_layers(source, package)
        if imported != layer and (imported not in LAYERS or LAYERS.index(imported) > LAYERS.index(layer))
    ]


@pytest.mark.parametrize("file", sorted(ROOT.rglob("*.py")), ids=lambda file: str(file.relative_to(ROOT)))
def test_imports_point_upwards(file: Path) -> None:
    inside = file.relative_to(ROOT).with_suffix("").parts
    assert inside[0] in LAYERS, f"{inside[0]} has no place in the reading order: give it one in LAYERS"
    assert wrong_imports(inside[0], file.read_text(encoding="utf-8"), (ROOT.name, *inside[:-1])) == []


@pytest.mark.parametrize(
    ("layer", "source"),
    [
        ("engine", "from . import rules"),
        ("engine", "from .rules import elementwise"),
        ("engine", "from .rules.elementwise import table"),
        ("engine", "def late():\n    import autograd_mini.rules"),
        ("engine", "if TYPE_CHECKING:\n    from autograd_mini.transforms import grad"),
        ("engine", "from . import grad"),
        ("engine", "import autograd_mini as am"),
        ("engine", "from autograd_mini.nowhere import grad"),
        ("rules", "from ..transforms import grad"),
        ("rules", "from .. import transforms"),
    ],
)
def test_a_wrong_import_is_found(layer: str, source: str) -> None:
    package = (ROOT.name, "rules") if layer == "rules" else (ROOT.name,)
    assert len(wrong_imports(layer, source, package)) == 1


@pytest.mark.parametrize(
    ("layer", "source"),
    [
        ("engine", "import numpy\nfrom numpy import rules\nfrom .registry import rule\nfrom . import errors"),
        ("rules", "from .elementwise import table\nfrom . import linalg\nfrom ..engine import Value"),
        ("cli", "import autograd_mini as am\nfrom autograd_mini import grad, nn"),
    ],
)
def test_a_right_import_passes(layer: str, source: str) -> None:
    package = (ROOT.name, "rules") if layer == "rules" else (ROOT.name,)
    assert wrong_imports(layer, source, package) == []
