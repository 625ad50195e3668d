"""A gradient that is zero only for want of a derivative warns, and names the function."""

import re

import numpy as np
import pytest

import autograd_mini as am
from autograd_mini.errors import ZeroGradientWarning


@pytest.mark.parametrize(
    ("f", "name"),
    [
        (lambda x: np.floor(x).sum(), "numpy.floor"),
        (lambda x: np.sign(x).sum(), "numpy.sign"),
        (lambda x: ((x > 0) * 1.0).sum(), "numpy.greater"),
        (lambda x: (np.argmax(x) * 2.0).sum(), "numpy.argmax"),
        (lambda x: np.where(x, 1.0, 0.0).sum(), "numpy.where"),
        (lambda x: np.heaviside(np.exp(x), 0.5).sum() * 3.0, "numpy.heaviside"),
        (lambda x: np.where(np.sin(x) > 0, 2.0, 1.0).sum(), "numpy.greater"),
    ],
)
def test_a_zero_gradient_for_want_of_a_derivative_warns_and_names_the_function(f, name):
    x = np.array([0.5, 1.5])
    with pytest.warns(ZeroGradientWarning, match=re.escape(name)) as caught:
        gradient = am.grad(f)(x)
    assert gradient.tolist() == [0.0, 0.0]
    assert caught[0].filename == __file__


def test_no_warning_where_another_path_has_a_derivative():
    def f(x, y):
        return (x - np.round(x) + np.where(x > 1, x, 0.0)).sum() + y.sum()

    assert am.grad(f, (0, 1))(np.array([0.6, 1.7]), np.ones(1))[0].tolist() == [1.0, 2.0]
    assert am.grad(lambda x, y: (y * (x > 0)).sum(), (1,))(np.ones(2), np.ones(2))[0].tolist() == [1.0, 1.0]
    assert am.grad(lambda x, unused: x * (x > 0), 1)(1.0, 2.0) == 0.0


def test_backward_warns_too_and_writes_zeros():
    x, w = am.Value([0.5, -0.5], name="x"), am.Value(2.0)
    with pytest.warns(ZeroGradientWarning, match=r"the gradient of x is zero.*numpy\.heaviside"):
        (w * np.heaviside(x, 0.5)).sum().backward()
    assert x.grad.tolist() == [0.0, 0.0]
    assert w.grad == 1.0
