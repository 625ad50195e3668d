"""`explain` and what it stands on: formulas read from rules, names read from code, one use pulled back alone."""

from __future__ import annotations

import functools
import re

import numpy as np
import pytest

import autograd_mini as am
from autograd_mini.errors import InvalidInput
from autograd_mini.registry import RULES, all_rules
from autograd_mini.view.explaining import explain
from autograd_mini.view.formula import formula
from autograd_mini.view.naming import name_of_node
from autograd_mini.view.telling import unique_names


def assert_adds_up(explanation, gradient) -> None:
    """Check that the terms are the gradient, in the shape that it has."""
    assert np.shape(explanation.gradient) == np.shape(gradient)
    np.testing.assert_allclose(explanation.gradient, gradient, rtol=1e-15)
    np.testing.assert_allclose(sum(term.value for term in explanation.terms), gradient, rtol=1e-12, atol=1e-15)


def test_two_paths_of_numbers():
    w, x = am.Value(0.5), 2.0
    n = w * x + w
    loss = np.tanh(n) * n
    text = str(explain(w, of=loss))
    loss.backward()
    assert text.startswith(f"∂loss/∂w = {w.grad:.6g} at w = 0.5\n\ncomputed as\n  z1 = w × 2")
    assert "  n = z1 + w" in text
    assert "along 4 paths" in text
    assert "∂z2/∂n: g · (1 − z2²), slope 0.180707" in text
    assert "test_explain.py, line" in text
    assert text.endswith(f" = {w.grad:.6g}")
    explanation = explain(w, of=loss)
    assert_adds_up(explanation, w.grad)
    assert [term.paths for term in explanation.terms] == [1, 1, 1, 1]
    for term in explanation.terms:
        product = np.prod([float(step.slope) for step in term.steps])
        np.testing.assert_allclose(product, term.value, rtol=1e-5)


FUNCTIONS = {
    "broadcast": lambda v: np.sum(np.sin(v) * np.arange(6.0).reshape(2, 3)) + np.sum(v),
    "several results": lambda v: np.sum(np.split(v, 3)[1]) * np.sum(np.split(v, 3)[0] ** 2),
    "a list": lambda v: np.sum(np.stack([v, v * v, np.ones(3)]) ** 2),
    "einsum": lambda v: np.einsum("i,i->", v, v),
    "eigenvalues": lambda v: np.sum(np.linalg.eigh(np.outer(v, v) + np.diag(v))[0] ** 3),
    "a checkpoint": lambda v: np.sum(am.checkpoint(lambda a: np.tanh(a) * a)(v) * v),
    "indices": lambda v: v[[0, 0, 2]] @ v + v[1],
    "where": lambda v: np.sum(np.where(v > 0, v, 0.1 * v)),
    "scalars": lambda v: v[0] * v[1] / (v[2] + v[0]),
    "a reduction": lambda v: np.var(v) + np.max(v) * np.mean(v),
}


@pytest.mark.parametrize("f", FUNCTIONS.values(), ids=FUNCTIONS.keys())
@pytest.mark.parametrize("most", [1, 3, 100])
@pytest.mark.parametrize("record", [am.full_record, lambda: am.scope("no more than usual")])
def test_the_terms_add_up_to_the_gradient(f, most, record):
    with record():
        v = am.Value([0.7, -1.3, 0.4])
        y = f(v)
    explanation = explain(v, of=y, max_paths=most)
    y.backward()
    assert_adds_up(explanation, v.grad)
    assert "∂y/∂v" in str(explanation)
    assert "<table>" in explanation._repr_html_()
    assert r"\frac{\partial y}{\partial v}" in explanation.latex() or len(explanation.terms[0].steps) > 1


def test_too_many_paths_are_merged_where_they_meet():
    v = x = am.Value(1.1)
    for _ in range(40):
        v = v * v * 0.9
    explanation = explain(x, of=v, max_paths=12)
    assert sum(term.alike * term.paths for term in explanation.terms) == 2**40
    assert sum(term.alike for term in explanation.terms) <= 12
    v.backward()
    assert_adds_up(explanation, x.grad)
    assert "1,099,511,627,776 paths" in str(explanation)
    assert " alike: " in str(explanation)


def test_a_long_chain_takes_time_in_proportion_and_is_abridged():
    v = x = am.Value(np.ones(3))
    for _ in range(2_000):
        v = np.sin(v)
    text = str(explain(x, of=np.sum(v)))
    assert "… 1,977 more steps" in text
    assert "  … 1,977 more\n" in text
    assert len(text) < 10_000


def test_an_intermediate_value_and_a_complex_one():
    x = am.Value([1.0, 2.0])
    h = x * x
    y = np.sum(h * np.exp(h))
    explanation = explain(h, of=y)
    y.backward()
    assert_adds_up(explanation, h.grad)
    z = am.Value(1.0 + 2.0j)
    y = np.real(z * z * 1j) + np.abs(z)
    explanation = explain(z, of=y)
    y.backward()
    assert_adds_up(explanation, z.grad)


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda x: explain(x, of=3.0), "got of = float without a graph"),
        (lambda x: explain(2.0, of=x * x), "got x = float without a graph"),
        (lambda x: explain(x, of=x * np.ones(2)), r"a result of shape \(2,\), dtype float64(.|\n)*np\.sum"),
        (lambda x: explain(x, of=x), "the same value as x and as the result"),
        (lambda x: explain(x, of=x * x, max_paths=0), "max_paths is 0"),
        (lambda x: explain(x, of=am.Value(2.0) * 3.0), "the result doesn't depend on x"),
        (lambda x: explain(x, of=np.real(x * 1j)), None),
        (lambda x: explain(x, of=np.floor(x)), "the gradient by x is zero: no path to it has a derivative"),
        (lambda x: explain(x, of=x * x, max_paths=True), "max_paths is True"),
    ],
)
def test_what_has_no_explanation_is_refused(call, text):
    x = am.Value(2.0, name="x")
    if text is None:
        assert call(x).gradient == 0.0
        return
    with pytest.raises(InvalidInput, match=text):
        call(x)


@pytest.mark.parametrize(
    ("function", "param", "text"),
    [
        (np.multiply, "x1", "g · x2"),
        (np.true_divide, "x2", "−g · out / x2"),
        (np.power, "x1", "g · x2 · x1^(x2 − 1)"),
        (np.tanh, "x", "g · (1 − out²)"),
        (np.arcsin, "x", "g / √(1 − x²)"),
        (np.abs, "x", "g · sign(x)"),
        (np.where, "x", "g where condition, else 0"),
        (np.maximum, "x1", "g · (0.5 where x1 = x2, else [x1 > x2])"),
        (np.max, "a", "g · (a = out) / ties"),
        (np.var, "a", "g · 2 · (a − mean) / (n − ddof)"),
        (np.matmul, "x1", "g x2ᵀ"),
        (np.sum, "a", "g"),
        (np.mean, "a", "g / n"),
        (np.linalg.solve, "b", "a⁻ᵀ g"),
        (np.modf, "x", "g₀"),
        (np.conj, "x", "conj(g)"),
        (np.reshape, "a", "g in the shape before"),
        (np.concatenate, "arrays", "the part of g that came from it"),
        (np.prod, "a", "g · initial · (the product of the others)"),
    ],
)
def test_formulas_are_read_from_the_rules(function, param, text):
    assert formula(RULES[function], param) == text


def test_a_formula_takes_names_and_numbers():
    assert formula(RULES[np.power], "x1", {"x1": "w", "x2": "3"}) == "g · 3 · w²"
    assert formula(RULES[np.power], "x1", {"x1": "w", "x2": "2"}) == "g · 2 · w"
    assert formula(RULES[np.multiply], "x1", {"x2": "-0.5"}) == "g · (-0.5)"
    assert formula(RULES[np.exp], "x", {"out": "h"}) == "g · h"


@pytest.mark.parametrize("rule", list(all_rules()), ids=lambda rule: rule.name)
def test_every_rule_has_a_formula(rule):
    for param in rule.pullbacks:
        text = formula(rule, param)
        assert text
        assert "lambda" not in text
        assert not re.search(r"[a-z]_[a-z_]*\(", text)  # no call of a helper by its own name


def test_a_rule_whose_source_is_not_to_be_read_is_shown_as_a_call():
    function = am.primitive(lambda x: 2 * x)
    exec("import autograd_mini as am\nam.rule(function, 'x', x=lambda g, x: 2 * g)", {"function": function})
    assert formula(RULES[function], "x") == "pullback(g, x)"


def test_names_are_those_of_the_users_variables():
    w, b = am.Value(1.0), am.Value(2.0)
    y: am.Value = w * b
    held = [am.Value(5.0)]
    if (z := y + w) is None:
        pass
    total = z
    total += held[0]
    nodes = [x.node for x in (w, b, y, z, total)]
    assert [name_of_node(node) for node in nodes] == ["w", "b", "y", "z", "total"]
    assert name_of_node((w * 2.0).node) == ""
    assert name_of_node(am.Value(1.0, name="given").node) == "given"


def test_a_result_is_named_by_the_call_that_explains_it():
    def squared(a):
        return a * a

    first = am.Value(3.0)
    total = squared(first)
    assert str(explain(first, of=total)).startswith("∂total/∂first = 6")
    assert str(explain(of=total, x=first)).startswith("∂total/∂first = 6")
    assert str(explain(first, of=squared(first))).startswith("∂y/∂first = 6")
    assert "<B>total</B>" in am.draw(total).source


def test_a_constant_array_is_no_namesake_of_a_variable_and_no_argument_is_lost():
    x1, x2 = am.Value([1.0, 2.0]), am.Value([5.0, 6.0])
    z = x2 * np.array([10.0, 20.0])
    text = str(explain(x2, of=np.sum(z * x1)))
    assert "∂z/∂x2: g · constant   →" in text
    assert "z = x2 × constant" in text
    text = str(explain(x2, of=np.sum(np.concatenate([x2, 2.0 * x2, [1.0], x2]))))
    assert "concatenate([x2, z1, constant, x2])" in text
    text = str(explain(x2, of=np.sum(np.clip(x2, None, 5.5))))
    assert "clip(x2, a_max=5.5)" in text or "clip(x2, max=5.5)" in text
    with am.full_record():
        y = np.sum(np.max(np.stack([x2, x1]), axis=1, out=None)) * 0.123456789
    text = str(explain(x2, of=y))
    assert "× 0.123456789" in text
    assert "max(z1, axis=1)" in text
    assert "sin(x2, where=ndarray (2,) bool)" in str(explain(x2, of=np.sum(np.sin(x2, where=np.array([True, False])))))


def test_products_of_complex_and_negative_factors_are_true():
    z = am.Value(1 + 2j)
    loss = np.real(z * (3 - 1j))
    assert "1+0j · (3+1j) = 3+1j" in str(explain(z, of=loss))
    x = am.Value(2.0)
    y = -x * 3.0
    assert "3 · (-1) = -3" in str(explain(x, of=y))
    assert r"3 \cdot (-1) = -3" in explain(x, of=y).latex()


def test_parts_that_look_alike_have_the_same_rule():
    x = am.Value(np.e)
    text = str(explain(x, of=x**x))
    assert "alike" not in text
    assert "g · y · log(x)" in text
    assert "g · x · x^(x − 1)" in text
    assert "2 alike" in str(explain(x, of=x * x))


def test_what_another_transform_differentiates_and_what_gives_nothing():
    w, q = am.Value(3.0), am.Value(2.0)
    told = []

    def f(x):
        loss = x * x * w + x
        told.append(explain(w, of=loss))
        with pytest.raises(InvalidInput, match="no path to it has a derivative"):
            explain(q, of=loss)
        with am.mistakes("no accumulation") as mistake:
            mistake.of(loss)
            am.draw(loss)
        return loss

    am.grad(f)(q)
    assert_adds_up(told[0], 4.0)
    r = am.checkpoint(lambda a: {"p": np.sin(a) * w, "q": a * a})(q)
    explanation = explain(w, of=r["p"] * r["q"])
    assert_adds_up(explanation, np.sin(2.0) * 4.0)
    assert "run again inside the checkpoint" in str(explanation)


def test_a_pullback_that_is_no_function_is_shown_as_a_call():
    @am.custom_vjp(x=functools.partial(lambda factor, g, x: g * factor, 2.0))
    def doubled(x):
        return 2.0 * x

    x = am.Value(3.0)
    assert "pullback(g" in str(explain(x, of=doubled(x) * 1.0))


@pytest.mark.filterwarnings("error")
def test_nothing_is_warned_of_and_explanations_can_be_compared():
    x = am.Value([0.0, 1.0])
    with np.errstate(all="raise"):
        explanation = explain(x, of=np.sum(np.sqrt(x)))
    assert "inf" in str(explanation)
    assert explanation != explain(x, of=np.sum(x))
    assert hash(explanation) is not None


def test_very_many_paths_and_a_very_long_one():
    x = y = am.Value(1.0)
    for _ in range(1_000):
        y = y * 0.5 + y * 0.5
    assert "along about 10^301 paths" in str(explain(x, of=y + 0.0))


def test_latex_of_any_name():
    x = am.Value(2.0, name="50% & #1")
    assert r"\partial \mathrm{50\%\ \&\ \#1}" in explain(x, of=x * 3.0).latex()


def test_a_name_is_that_of_the_whole_and_of_nothing_else():
    w = am.Value(2.0)
    loss = sum([w * 2.0, w * 3.0, w * 4.0])
    assert name_of_node(loss.node) == ""  # each of the additions was made by this line
    assert str(explain(w, of=loss)).startswith("∂loss/∂w = 9")
    z1 = w * 2.0 + 1.0
    assert "z1 = z2 + 1" in str(explain(w, of=z1 * 1.0))
    *rest, last = w * 2.0, w * 3.0, w * 4.0
    assert [name_of_node(x.node) for x in (*rest, last)] == ["", "", ""]
    assert name_of_node(np.cov(am.Value([1.0, 2.0, 4.0])).node) == ""  # the library's own variables are nobody's
    absolute = np.abs(w)
    assert name_of_node(absolute.node) == "absolute"
    (drawing,) = map(am.draw, [loss + 1.0])
    assert "drawing" not in drawing.source


def test_names_are_told_apart():
    values = [am.Value(float(i), name=name) for i, name in enumerate(["w", "w", "w(2)", "w", "n" * 100, "n" * 100])]
    told = unique_names([one.node for one in values], None, {})
    assert list(told.values()) == ["w", "w(3)", "w(2)", "w(4)", "n" * 59 + "…", "n" * 59 + "…(2)"]
    many = [am.Value(0.0, name="w").node for _ in range(3000)]
    assert len(set(unique_names(many, None, {}).values())) == 3000


def test_a_name_that_is_a_sum_and_a_negative_number_get_parentheses():
    assert formula(RULES[np.multiply], "x1", {"x2": "p - q"}) == "g · (p - q)"
    assert formula(RULES[np.sqrt], "x", {"out": "-0.3"}) == "g / (2 · (-0.3))"
