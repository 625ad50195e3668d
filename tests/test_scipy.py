"""SciPy's functions: how they are reached, where their domains end, and gradients for its optimisers."""

from __future__ import annotations

import pickle
import subprocess
import sys
import warnings

import numpy as np
import pytest
import scipy.linalg
import scipy.optimize
import scipy.signal
import scipy.special as sp
from duck import Duck

import autograd_mini as am
from autograd_mini.errors import ConversionRefused, InvalidInput, NotCovered
from autograd_mini.registry import RULES
from autograd_mini.scipy import integrate, linalg, signal, special


def run(code: str) -> str:
    """Return what a program in a fresh interpreter prints."""
    return subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.strip()


# ----------------------------------------------------------------------------------------- How they are reached


def test_scipy_is_imported_by_who_uses_it():
    assert run("import sys, autograd_mini as am, numpy as np; am.grad(np.sin)(1.0); print('scipy' in sys.modules)") == (
        "False"
    )
    code = "import sys, autograd_mini as am; import scipy.special as sp; am.grad(sp.erf)(0.5)"
    assert run(f"{code}; print('autograd_mini.rules.scipy.signal' in sys.modules)") == "False"


def test_a_ufunc_takes_a_value_by_itself():
    assert run(
        "import autograd_mini as am; from scipy.special import erf; print(am.Value(0.0).data, am.grad(erf)(0.0))"
    )
    np.testing.assert_allclose(am.grad(sp.erf)(0.0), 2 / np.sqrt(np.pi))
    np.testing.assert_allclose(am.grad(lambda x: sp.zeta(2.0, x))(1.0), -2 * sp.zeta(3.0))
    np.testing.assert_allclose(am.grad(lambda x: sp.lambertw(x).real)(0.0), 1.0)


def test_a_graph_of_ufuncs_is_pickled():
    y = sp.jv(0.5, sp.gamma(am.Value(1.3)))
    copy = pickle.loads(pickle.dumps(y))
    assert copy.data == y.data
    names = ["scipy.special.jv", "scipy.special.gamma"]
    assert [RULES[f].name for f in (sp.jv, sp.gamma)] == names
    assert run("from autograd_mini.registry import rule_named; print(rule_named('scipy.special.jv'))") == (
        "<rule of scipy.special.jv: x2>"
    )


def test_an_argument_without_a_line_is_refused():
    with pytest.raises(NotCovered, match=r"scipy\.special\.jv has no derivative rule for its argument x1"):
        sp.jv(am.Value(0.5), 1.0)
    with pytest.raises(NotCovered, match=r"kolmogn|smirnov"):
        sp.smirnov(3, am.Value(0.5))


def test_a_step_has_slope_zero():
    with pytest.warns(UserWarning, match=r"scipy\.special\.gammasgn"):
        assert am.grad(lambda x: sp.gammasgn(x) * 1.0)(0.5) == 0


def test_namesakes_are_scipys_own_on_arrays():
    a = np.array([[2.0, 1.0], [0.0, 3.0]])
    np.testing.assert_array_equal(linalg.expm(a), scipy.linalg.expm(a))
    assert am.scipy.linalg.expm is linalg.expm
    assert special.erf is sp.erf
    assert linalg.LinAlgError is scipy.linalg.LinAlgError
    assert "expm" in dir(linalg)
    assert "linalg" in dir(am.scipy)
    with pytest.raises(AttributeError):
        linalg.nonsense
    with pytest.raises(AttributeError):
        am.scipy.nonsense


def test_a_namesake_without_a_rule_is_refused():
    with pytest.raises(NotCovered, match=r"null_space"):
        linalg.null_space(am.Value(np.eye(2)))


def test_arrays_of_other_kinds_are_refused():
    with pytest.raises(InvalidInput, match=r"got an array of type Duck"):
        am.grad(lambda a: np.sum(linalg.expm(a)))(Duck(np.eye(2)))


@pytest.mark.parametrize(
    ("call", "advice"),
    [
        (scipy.linalg.expm, r"from autograd_mini\.scipy import linalg; linalg\.expm\(v\)"),
        (scipy.linalg.inv, r"linalg\.inv\(v\)"),
        (lambda v: scipy.signal.convolve(v, v), r"signal\.convolve\(v\)"),
        (scipy.special.logsumexp, r"special\.logsumexp\(v\)"),
    ],
    ids=["expm", "inv", "convolve", "logsumexp"],
)
def test_what_converts_a_value_names_its_namesake(call, advice):
    with pytest.raises(ConversionRefused, match=advice):
        call(am.Value(np.eye(2)))


# ---------------------------------------------------------------------------------------------- Where they end


@pytest.mark.parametrize(
    ("f", "x", "slope"),
    [
        (lambda y: sp.xlogy(0.0, y), 0.0, 0.0),
        (lambda x: sp.xlogy(x, 0.0), 0.0, -np.inf),
        (lambda y: sp.xlog1py(0.0, y), -1.0, 0.0),
        (sp.entr, 0.0, np.inf),
        (sp.logit, 0.0, np.inf),
        (sp.logit, 1.0, np.inf),
        (lambda y: sp.rel_entr(0.0, y), 0.0, 0.0),
        (lambda y: sp.kl_div(0.0, y), 2.0, 1.0),
        (sp.exprel, 0.0, 0.5),
        (lambda k: sp.boxcox(2.0, k), 0.0, np.log(2.0) ** 2 / 2),
        (lambda k: sp.inv_boxcox(2.0, k), 0.0, -2.0 * np.exp(2.0)),
        (sp.spence, 1.0, -1.0),
        (sp.rgamma, -2.0, 2.0),
        (lambda x: sp.pseudo_huber(1.0, x), 0.0, 0.0),
        (lambda d: sp.pseudo_huber(d, -3.0), 0.0, 3.0),
        (lambda b: sp.agm(1.0, b), 1.0, 0.5),
        (lambda b: sp.agm(1.0, b), 0.0, np.inf),
        (lambda x: sp.eval_legendre(3, x), 1.0, 6.0),
        (lambda x: sp.sici(x)[0], 0.0, 1.0),
        (sp.j1, 0.0, 0.5),
        (sp.beip, 0.0, 0.5),
        (lambda x: sp.gammainc(1.0, x), 0.0, 1.0),
    ],
)
def test_the_slope_at_the_end_of_a_domain(f, x, slope):
    with np.errstate(divide="ignore", invalid="ignore"):
        np.testing.assert_allclose(am.grad(f)(x), slope, rtol=1e-12)


def test_logsumexp_where_numbers_are_infinite():
    x = np.array([-np.inf, 0.0, 1.0])
    np.testing.assert_allclose(am.grad(special.logsumexp)(x), [0, sp.expit(-1.0), sp.expit(1.0)])
    np.testing.assert_array_equal(am.grad(special.logsumexp)(np.array([-np.inf, -np.inf])), [0, 0])


def test_trigamma_of_complex_numbers_is_that_of_real_ones():
    for x in (-2.3, -0.4, 0.3, 1.0, 7.5):
        np.testing.assert_allclose(am.jvp(sp.psi, (x + 0j,), (1.0 + 0j,))[1], sp.polygamma(1, x), rtol=1e-13)


def test_a_large_cotangent_costs_expm_no_digits():
    a = np.array([[0.3, -0.2], [0.1, 0.4]])
    _, pullback = am.vjp(linalg.expm, a)
    g = np.array([[1.0, 2.0], [3.0, 4.0]])
    np.testing.assert_allclose(pullback(1e12 * g)[0], 1e12 * pullback(g)[0], rtol=1e-14)


def test_a_filter_with_a_start_is_refused():
    with pytest.raises(NotCovered, match=r"zi="):
        am.grad(lambda x: np.sum(signal.lfilter([1.0], [1.0, 0.5], x, zi=np.zeros(1))[0]))(np.ones(3))


def test_an_integral_of_a_function_is_refused():
    with pytest.raises((NotCovered, ConversionRefused)):
        integrate.quad(lambda x: x, 0.0, am.Value(1.0))


# ------------------------------------------------------------------------------------------------- Optimisers


@pytest.mark.parametrize("method", ["BFGS", "L-BFGS-B", "CG", "SLSQP", "TNC"])
def test_minimize_takes_value_and_gradient(method):
    found = scipy.optimize.minimize(am.value_and_grad(rosenbrock), np.full(4, -1.2), jac=True, method=method, tol=1e-8)
    np.testing.assert_allclose(found.x, 1.0, atol=1e-3)


@pytest.mark.parametrize("method", ["Newton-CG", "trust-ncg", "trust-krylov"])
def test_minimize_takes_products_with_the_hessian(method):
    found = scipy.optimize.minimize(
        am.value_and_grad(rosenbrock), np.full(4, -1.2), jac=True, method=method,
        hessp=lambda x, v: am.hvp(rosenbrock, x, v),
    )  # fmt: skip
    np.testing.assert_allclose(found.x, 1.0, atol=1e-3)


def test_least_squares_takes_the_jacobian():
    t = np.linspace(0, 1, 20)
    y = 2.0 * np.exp(-1.5 * t) + 0.3

    def residuals(p):
        return p[0] * np.exp(-p[1] * t) + p[2] - y

    found = scipy.optimize.least_squares(residuals, np.ones(3), jac=am.jacobian(residuals))
    np.testing.assert_allclose(found.x, [2.0, 1.5, 0.3], atol=1e-6)


def rosenbrock(x):
    return np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def test_simpson_by_samples_that_coincide_is_told():
    y, x = np.array([1.0, 2.0, 0.5, 3.0]), np.array([0.0, 1.0, 1.0, 2.0])
    with pytest.warns(am.errors.DegenerateWarning, match="where samples coincide") as caught:
        am.grad(lambda x: integrate.simpson(y, x=x))(x)
    assert caught[0].filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        am.grad(lambda y: integrate.simpson(y, x=x))(y)  # by y it has one
