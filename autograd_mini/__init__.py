"""`autograd_mini`: reverse-mode automatic differentiation of plain NumPy."""

from . import copying, recording, rules  # noqa: F401 - importing them hooks Value up to NumPy and registers the rules
from .engine import Value
from .primitives import primitive
from .recording import array
from .registry import non_differentiable, rule
from .state import detect_anomaly, full_record, no_grad, scope
from .transforms import (
    elementwise_grad,
    grad,
    hessian,
    hvp,
    jacobian,
    jvp,
    stop_gradient,
    value_and_grad,
    vjp,
)

__all__ = [
    "Value", "array", "detect_anomaly", "elementwise_grad", "full_record", "grad", "hessian", "hvp", "jacobian",
    "jvp", "no_grad", "non_differentiable", "primitive", "rule", "scope", "stop_gradient", "value_and_grad", "vjp",
]  # fmt: skip
__version__ = "0.1.0"
