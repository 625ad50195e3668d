"""`autograd_mini`: reverse-mode automatic differentiation of plain NumPy.

Write a function with `numpy` itself; `grad` and its relatives differentiate it, `draw` shows its graph, `check_grads`
tells whether a gradient is right, and `nn`, `optim`, `data` and `train` train networks.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from . import copying, dispatch, rules  # noqa: F401 - they hook Value up to NumPy and pickle, and register the rules
from .engine import Value
from .primitives import custom_vjp, primitive, set_at
from .recompute import checkpoint
from .recording import array
from .registry import non_differentiable, rule
from .state import detect_anomaly, full_record, no_grad, scope
from .transforms import elementwise_grad, grad, hessian, hvp, jacobian, jvp, stop_gradient, value_and_grad, vjp

if TYPE_CHECKING:
    from . import data, nn, optim, scipy, testing, train
    from .check import check_grads, finite_difference
    from .covered import coverage
    from .view import draw, draw_diff, explain, mistakes, step_through

__version__ = "0.1.0"
__all__ = [
    "Value", "array", "check_grads", "checkpoint", "coverage", "custom_vjp", "data", "detect_anomaly", "draw",
    "draw_diff", "elementwise_grad", "explain", "finite_difference", "full_record", "grad", "hessian", "hvp",
    "jacobian", "jvp", "mistakes", "nn", "no_grad", "non_differentiable", "optim", "primitive", "rule", "scipy",
    "scope", "set_at", "step_through", "stop_gradient", "testing", "train", "value_and_grad", "vjp",
]  # fmt: skip

# What is imported only when it is used, so that importing the package stays quick.
_MODULES = {"data", "nn", "optim", "scipy", "testing", "train"}
_FUNCTIONS = {
    "check_grads": "check", "coverage": "covered", "draw": "view", "draw_diff": "view", "explain": "view",
    "finite_difference": "check",
    "mistakes": "view", "step_through": "view",
}  # fmt: skip


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return import_module(f".{name}", __name__)
    if name in _FUNCTIONS:
        return getattr(import_module(f".{_FUNCTIONS[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
