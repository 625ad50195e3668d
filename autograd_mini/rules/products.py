"""Rules of sums of products: matmul, dot, einsum, tensordot, outer, trace and their relatives.

The cotangent of one factor is again a sum of products, of the cotangent and the other factors; so these rules call
each other, and are good at every order.
"""

from __future__ import annotations

import string
from typing import Any

import numpy as np

from ..errors import ShapeError
from ..graph import own_module
from ..registry import composed, prepared, rule

own_module(globals())

# ----------------------------------------------------------------------------------------------- Matrix products


def transposed(x: Any) -> Any:
    """Return a stack of matrices with rows and columns exchanged."""
    return np.swapaxes(x, -1, -2)


def matmul_first(g: Any, x1_shape: tuple[int, ...], x2: Any) -> Any:
    """Return g x2ᵀ; a vector is a row on the left and a column on the right."""
    if len(x1_shape) > 1 and np.ndim(x2) > 1:
        return g @ transposed(x2)
    if np.ndim(x2) == 1:
        g, x2 = np.expand_dims(g, -1), np.expand_dims(x2, -1)
    if len(x1_shape) > 1:
        return g @ transposed(x2)
    return np.squeeze(np.expand_dims(g, -2) @ transposed(x2), -2)


def matmul_second(g: Any, x1: Any, x2_shape: tuple[int, ...]) -> Any:
    """Return x1ᵀ g; a vector is a row on the left and a column on the right."""
    if len(x2_shape) > 1 and np.ndim(x1) > 1:
        return transposed(x1) @ g
    if np.ndim(x1) == 1:
        g, x1 = np.expand_dims(g, -1 if len(x2_shape) == 1 else -2), np.expand_dims(x1, -2)
    if len(x2_shape) > 1:
        return transposed(x1) @ g
    return np.squeeze(transposed(x1) @ np.expand_dims(g, -1), -1)


rule(np.matmul, x1=matmul_first, x2=matmul_second)
rule(np.linalg.matmul, "x1 x2", broadcasts=True, x1=matmul_first, x2=matmul_second)
rule(np.vecdot, x1=lambda g, x2: np.conj(np.expand_dims(g, -1) * x2),
     x2=lambda g, x1: np.expand_dims(g, -1) * np.conj(x1))  # fmt: skip
rule(np.linalg.vecdot, "x1 x2 axis", broadcasts=True,
     x1=lambda g, x2: np.conj(np.expand_dims(g, -1) * x2),
     x2=lambda g, x1: np.expand_dims(g, -1) * np.conj(x1))  # fmt: skip


@prepared(np.linalg.vecdot)
def vectors_last(x1: Any, x2: Any, /, *, axis: int = -1) -> Any:
    """Move the axis to the end: counted from the front, it is another one of each array."""
    return ((x1, x2) if axis == -1 else (np.moveaxis(x1, axis, -1), np.moveaxis(x2, axis, -1))), {}


if hasattr(np, "matvec"):  # since NumPy 2.2
    rule(np.matvec, x1=lambda g, x2: np.expand_dims(g, -1) * np.expand_dims(x2, -2),
         x2=lambda g, x1: np.matmul(np.expand_dims(g, -2), x1)[..., 0, :])  # fmt: skip
    rule(np.vecmat, x1=lambda g, x2: np.conj(np.matmul(x2, np.expand_dims(g, -1))[..., 0]),
         x2=lambda g, x1: np.conj(np.expand_dims(x1, -1)) * np.expand_dims(g, -2))  # fmt: skip

# --------------------------------------------------------------------------------------------- Tensor products


def pairs(a_ndim: int, b_ndim: int, axes: Any) -> tuple[list[int], list[int]]:
    """Return the axes that tensordot sums over, in both arrays, counted from 0."""
    if np.ndim(axes) == 0 and not isinstance(axes, (list, tuple)):
        return list(range(a_ndim - axes, a_ndim)), list(range(axes))
    first, second = ([int(axis)] if np.ndim(axis) == 0 else list(axis) for axis in axes)
    return [i % a_ndim for i in first], [i % b_ndim for i in second]


def free(ndim: int, summed: list[int]) -> list[int]:
    """Return the axes that a product keeps."""
    return [i for i in range(ndim) if i not in summed]


def tensordot_first(g: Any, a_shape: tuple[int, ...], b: Any, axes: Any = 2) -> Any:
    """Sum over what only the second factor has, and put the summed axes back in their places."""
    a_summed, b_summed = pairs(len(a_shape), np.ndim(b), axes)
    a_free, b_free = free(len(a_shape), a_summed), free(np.ndim(b), b_summed)
    cot = np.tensordot(g, b, (list(range(len(a_free), np.ndim(g))), b_free))
    order = a_free + [a_summed[b_summed.index(i)] for i in sorted(b_summed)]  # where each axis of cot belongs
    return np.transpose(cot, [order.index(i) for i in range(len(order))])


def tensordot_second(g: Any, a: Any, b_shape: tuple[int, ...], axes: Any = 2) -> Any:
    """Sum over what only the first factor has, and put the summed axes back in their places."""
    a_summed, b_summed = pairs(np.ndim(a), len(b_shape), axes)
    a_free, b_free = free(np.ndim(a), a_summed), free(len(b_shape), b_summed)
    cot = np.tensordot(a, g, (a_free, list(range(len(a_free)))))
    order = [b_summed[a_summed.index(i)] for i in sorted(a_summed)] + b_free
    return np.transpose(cot, [order.index(i) for i in range(len(order))])


def dot_axes(a_ndim: int, b_ndim: int) -> Any:
    """Return the axes over which np.dot sums, as tensordot takes them; none if one factor is a number."""
    return ([-1], [max(b_ndim - 2, 0)]) if a_ndim and b_ndim else 0


def dot_first(g: Any, a_shape: tuple[int, ...], b: Any) -> Any:
    """Return the cotangent of the first factor of np.dot, which is matmul for vectors and matrices."""
    if len(a_shape) in (1, 2) and np.ndim(b) in (1, 2):
        return matmul_first(g, a_shape, b)
    return tensordot_first(g, a_shape, b, dot_axes(len(a_shape), np.ndim(b)))


def dot_second(g: Any, a: Any, b_shape: tuple[int, ...]) -> Any:
    """Return the cotangent of the second factor of np.dot, which is matmul for vectors and matrices."""
    if np.ndim(a) in (1, 2) and len(b_shape) in (1, 2):
        return matmul_second(g, a, b_shape)
    return tensordot_second(g, a, b_shape, dot_axes(np.ndim(a), len(b_shape)))


def inner_axes(a_ndim: int, b_ndim: int) -> Any:
    """Return the axes over which np.inner sums, as tensordot takes them."""
    return ([-1], [-1]) if a_ndim and b_ndim else 0


def outer_first(g: Any, a_shape: tuple[int, ...], b: Any) -> Any:
    """Sum over the columns."""
    return np.reshape(g @ np.ravel(b), a_shape)


def outer_second(g: Any, a: Any, b_shape: tuple[int, ...]) -> Any:
    """Sum over the rows."""
    return np.reshape(np.ravel(a) @ g, b_shape)


def kron_blocks(g: Any, a_shape: tuple[int, ...], b_shape: tuple[int, ...]) -> tuple[Any, list[int]]:
    """Return the result of np.kron with each axis parted in two, of `a` and of `b`, and the axes of `b`."""
    ndim = max(len(a_shape), len(b_shape))
    a_wide, b_wide = ((1,) * (ndim - len(shape)) + tuple(shape) for shape in (a_shape, b_shape))
    return np.reshape(g, [n for pair in zip(a_wide, b_wide, strict=True) for n in pair]), list(range(1, 2 * ndim, 2))


def kron_first(g: Any, a_shape: tuple[int, ...], b: Any) -> Any:
    """Sum each block against `b`."""
    blocks, of_b = kron_blocks(g, a_shape, np.shape(b))
    wide = np.reshape(b, (1,) * (len(of_b) - np.ndim(b)) + np.shape(b))
    return np.reshape(np.tensordot(blocks, wide, (of_b, list(range(len(of_b))))), a_shape)


def kron_second(g: Any, a: Any, b_shape: tuple[int, ...]) -> Any:
    """Sum the blocks, each times its element of `a`."""
    blocks, of_b = kron_blocks(g, np.shape(a), b_shape)
    wide = np.reshape(a, (1,) * (len(of_b) - np.ndim(a)) + np.shape(a))
    of_a = [i - 1 for i in of_b]
    return np.reshape(np.tensordot(wide, blocks, (list(range(len(of_a))), of_a)), b_shape)


rule(np.tensordot, "a b axes", a=tensordot_first, b=tensordot_second)
rule(np.linalg.tensordot, "x1 x2 axes",
     x1=lambda g, x1_shape, x2, axes=2: tensordot_first(g, x1_shape, x2, axes),
     x2=lambda g, x1, x2_shape, axes=2: tensordot_second(g, x1, x2_shape, axes))  # fmt: skip
rule(np.dot, "a b out", a=dot_first, b=dot_second)
rule(np.inner, "a b",
     a=lambda g, a_shape, b: tensordot_first(g, a_shape, b, inner_axes(len(a_shape), np.ndim(b))),
     b=lambda g, a, b_shape: tensordot_second(g, a, b_shape, inner_axes(np.ndim(a), len(b_shape))))  # fmt: skip
rule(np.outer, "a b out", a=outer_first, b=outer_second)
rule(np.linalg.outer, "x1 x2", x1=lambda g, x1_shape, x2: outer_first(g, x1_shape, x2),
     x2=lambda g, x1, x2_shape: outer_second(g, x1, x2_shape))  # fmt: skip
rule(np.vdot, "a b", a=lambda g, a_shape, b: np.reshape(np.conj(g * b), a_shape),
     b=lambda g, a, b_shape: np.reshape(g * np.conj(a), b_shape))  # fmt: skip
rule(np.kron, "a b", a=kron_first, b=kron_second)
# The product of three vectors (a × b) · g doesn't change when they are taken round in turn.
rule(np.linalg.cross, "x1 x2 axis", broadcasts=True,
     x1=lambda g, x2, axis=-1: np.linalg.cross(x2, g, axis=axis),
     x2=lambda g, x1, axis=-1: np.linalg.cross(g, x1, axis=axis))  # fmt: skip


@composed(np.cross, arrays="a b")
def cross(a: Any, b: Any, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: int | None = None) -> Any:
    """Multiply the components of vectors in space, or in the plane, where only the third component is left."""
    axisa, axisb, axisc = (axisa, axisb, axisc) if axis is None else (axis, axis, axis)
    a, b = np.moveaxis(a, axisa, -1), np.moveaxis(b, axisb, -1)
    if not {a.shape[-1], b.shape[-1]} <= {2, 3}:
        raise ShapeError(
            f"np.cross of vectors of {a.shape[-1]} and {b.shape[-1]} components",
            "it is defined in the plane and in space",
            "two or three components along the axes axisa and axisb",
        )
    third = a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]
    if a.shape[-1] == b.shape[-1] == 2:
        return third
    a2, b2 = (x[..., 2] if x.shape[-1] == 3 else np.zeros_like(x[..., 0]) for x in (a, b))
    parts = [a[..., 1] * b2 - a2 * b[..., 1], a2 * b[..., 0] - a[..., 0] * b2, third]
    return np.moveaxis(np.stack(parts, axis=-1), -1, axisc)


# ------------------------------------------------------------------------------------------------------- Traces


def eye_like(x: Any, rows: int, columns: int, offset: int = 0) -> Any:
    """Return a matrix with ones on a diagonal, as a constant of the array type of `x`."""
    return np.triu(np.tril(np.ones_like(x, shape=(rows, columns)), offset), offset)


def on_diagonal(g: Any, shape: tuple[int, ...], offset: int, axis1: int, axis2: int) -> Any:
    """Return an array of a shape with `g` on each place of a diagonal and zeros elsewhere."""
    diagonal = eye_like(g, shape[axis1], shape[axis2], offset)
    return np.moveaxis(np.expand_dims(g, (-2, -1)) * diagonal, (-2, -1), (axis1, axis2))


rule(np.trace, "a offset axis1 axis2 dtype out",
     a=lambda g, a_shape, offset=0, axis1=0, axis2=1: on_diagonal(g, a_shape, offset, axis1, axis2))  # fmt: skip
rule(np.linalg.trace, "x offset dtype", x=lambda g, x_shape, offset=0: on_diagonal(g, x_shape, offset, -2, -1))

# ------------------------------------------------------------------------------------------------------- einsum


@prepared(np.einsum)
def spelled_out(*args: Any, **options: Any) -> Any:
    """Return the arguments of np.einsum with subscripts as letters, where lists of numbers follow the operands."""
    if isinstance(args[0], str):
        return args, options
    operands, lists = args[: len(args) // 2 * 2 : 2], list(args[1::2])
    result = args[-1] if len(args) % 2 else None

    def letters(numbers: Any) -> str:
        return "".join("..." if n is Ellipsis else string.ascii_letters[n] for n in numbers)

    subscripts = ",".join(map(letters, lists)) + ("" if result is None else f"->{letters(result)}")
    return (subscripts, *operands), options


def einsum_terms(subscripts: str, ndims: list[int]) -> tuple[list[str], str]:
    """Return the letters of each operand and of the result, with each ellipsis spelled out.

    Examples
    --------
    >>> einsum_terms("...ij,jk", [3, 2])
    (['aij', 'jk'], 'aik')
    """
    left, arrow, out = subscripts.replace(" ", "").partition("->")
    terms = left.split(",")
    unused = [letter for letter in string.ascii_letters if letter not in subscripts]
    hidden = [ndim - len(term.replace("...", "")) for term, ndim in zip(terms, ndims, strict=True)]
    longest = max([n for n, term in zip(hidden, terms, strict=True) if "..." in term], default=0)
    broadcast = "".join(unused[:longest])
    terms = [term.replace("...", broadcast[longest - n :]) for term, n in zip(terms, hidden, strict=True)]
    if arrow:
        return terms, out.replace("...", broadcast)
    letters = "".join(terms)
    once = sorted(c for c in set(letters) if letters.count(c) == 1 and c not in broadcast)
    return terms, broadcast + "".join(once)


def einsum_cotangents(g: Any, wanted: list[int], subscripts: str, operands: Any, optimize: Any = False) -> list[Any]:
    """Return the cotangents of the operands at the positions `wanted`."""
    terms, out = einsum_terms(subscripts, [np.ndim(x) for x in operands])
    optimize = optimize if isinstance(optimize, (bool, str)) else True  # a path fits the forward product alone
    return [einsum_cotangent(g, i, terms, out, operands, optimize) for i in wanted]


def einsum_cotangent(g: Any, i: int, terms: list[str], out: str, operands: Any, optimize: Any) -> Any:
    """Return the cotangent of one operand: the product of `g` and the other operands, summed to its letters.

    A letter that only this operand has gets a factor of ones, a repeated one an identity matrix; an axis of length 1
    that was broadcast is summed away and put back.
    """
    shape, term = np.shape(operands[i]), terms[i]
    others = [j for j in range(len(terms)) if j != i]
    factors, letters = [g, *(operands[j] for j in others)], [out, *(terms[j] for j in others)]
    lengths: dict[str, int] = {}
    for part, x in zip(letters, factors, strict=True):
        for c, n in zip(part, np.shape(x), strict=True):
            lengths[c] = n if lengths.get(c, 1) == 1 else lengths[c]
    unused = iter(sorted(set(string.ascii_letters) - set("".join([*terms, out]))))
    kept = ""
    for place, (c, n) in enumerate(zip(term, shape, strict=True)):
        if n == 1 and lengths.get(c, 1) != 1:
            continue
        if c in term[:place]:
            factors.append(eye_like(g, n, n))
            letters.append(c + (c := next(unused)))
        elif lengths.get(c) != n:
            factors.append(np.ones_like(g, shape=(n,)))
            letters.append(c)
        kept += c
    return np.reshape(np.einsum(",".join(letters) + "->" + kept, *factors, optimize=optimize), shape)


rule(np.einsum, "subscripts *operands out dtype order casting optimize", operands=einsum_cotangents)
