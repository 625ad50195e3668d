"""Layers that slide over space: convolution and pooling, in one dimension and in two."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from ..errors import InvalidInput, ShapeError
from ..primitives import data_of
from ..rules.network import windows
from .initialisers import Seed, torch_uniform
from .module import Module, checked_sizes

Along = int | tuple[int, ...] | list[int]

__all__ = ["AvgPool1d", "AvgPool2d", "Conv1d", "Conv2d", "MaxPool1d", "MaxPool2d"]


class Sliding(Module):
    """What convolution and pooling share: a kernel that moves over padded space.

    A number is for all axes of space, a tuple has one for each.
    """

    axes: int  # of space
    kernel_size: tuple[int, ...]
    stride: tuple[int, ...]
    padding: Along | str
    pads: tuple[tuple[int, int], ...]  # before and after each axis
    dilation: tuple[int, ...]

    def slide(self, kernel_size: Along, stride: Along, padding: Along | str, dilation: Along) -> None:
        """Set how the kernel moves."""
        self.kernel_size = self.along("kernel_size", kernel_size)
        self.stride = self.along("stride", stride)
        self.dilation = self.along("dilation", dilation)
        self.padding = padding
        if isinstance(padding, str):
            self.pads = self.named_padding(padding)
        else:
            self.pads = tuple((n, n) for n in self.along("padding", padding, least=0))

    def along(self, name: str, x: Along, least: int = 1) -> tuple[int, ...]:
        """Return one size for each axis of space."""
        sizes = tuple(x) if isinstance(x, (tuple, list)) else (x,) * self.axes
        if len(sizes) != self.axes:
            raise InvalidInput(
                f"{name}={x!r} for {type(self).__name__}", f"space has {self.axes} axes", f"{self.axes} numbers, or one"
            )
        several = isinstance(x, (tuple, list))
        checked_sizes(least, **{f"{name}[{i}]" if several else name: n for i, n in enumerate(sizes)})
        return sizes

    def named_padding(self, name: str) -> tuple[tuple[int, int], ...]:
        """Return the padding called "valid", which is none, or "same", which keeps the size of space."""
        if name not in ("same", "valid") or (name == "same" and set(self.stride) != {1}):
            raise InvalidInput(
                f"padding={name!r} with stride={self.stride}",
                "'same' keeps the size of space, which a stride doesn't; 'valid' is no padding",
                f"a number, such as padding={self.kernel_size[0] // 2}",
            )
        if name == "valid":
            return ((0, 0),) * self.axes
        missing = [d * (k - 1) for k, d in zip(self.kernel_size, self.dilation, strict=True)]
        return tuple((n // 2, n - n // 2) for n in missing)

    def seen(self, x: Any, channels: int | None, fill: float) -> Any:
        """Return what the kernel sees: (n, c, *space) to (c, k, n, *places), for the k elements of the kernel."""
        shape = np.shape(x)
        if len(shape) != self.axes + 2 or channels not in (None, shape[1]):
            counted = f"{channels or ''} channels".strip()
            wanted = ", ".join(["samples", counted, *(("height", "width") if self.axes == 2 else ("length",))])
            instead = "a layer for that number of channels"
            if len(shape) == self.axes + 1:
                instead = f"x[None] for a single sample of shape {shape}"
            elif len(shape) == self.axes + 2 and shape[-1] == channels:
                instead = "np.moveaxis(x, -1, 1), if the channels stand last"
            raise ShapeError(
                f"an input of shape {shape} for {self!r}",
                f"it takes ({wanted})",
                instead,
            )
        reach = [d * (k - 1) + 1 for k, d in zip(self.kernel_size, self.dilation, strict=True)]
        room = tuple(n + a + b for n, (a, b) in zip(shape[2:], self.pads, strict=True))
        if any(r > n for r, n in zip(reach, room, strict=True)):
            raise ShapeError(
                f"an input of shape {shape} for {self!r}",
                f"the kernel reaches over {tuple(reach)}, and space with its padding is {room}",
                "a smaller kernel, or more padding",
            )
        if any(a or b for a, b in self.pads):
            x = np.multiply(x, 1.0) if data_of(x).dtype.kind in "iub" else x  # no integer is -inf
            x = np.pad(x, ((0, 0), (0, 0), *self.pads), constant_values=fill)
        return windows(np.swapaxes(x, 0, 1), self.kernel_size, self.stride, self.dilation)

    def told(self) -> str:
        """Return how the kernel moves, as the repr shows it."""
        padding = tuple(a if a == b else (a, b) for a, b in self.pads)
        moves = {"kernel_size": self.kernel_size, "stride": self.stride, "padding": padding, "dilation": self.dilation}
        usual = {"padding": (0,) * self.axes, "dilation": (1,) * self.axes}
        return ", ".join(f"{name}={x}" for name, x in moves.items() if x != usual.get(name))


class Convolution(Sliding):
    """Convolution over any number of axes: see `Conv2d`."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Along,
        stride: Along = 1,
        padding: Along | Literal["same", "valid"] = 0,
        dilation: Along = 1,
        groups: int = 1,
        bias: bool = True,
        rng: Seed = None,
    ) -> None:
        checked_sizes(in_channels=in_channels, out_channels=out_channels, groups=groups)
        if in_channels % groups or out_channels % groups:
            raise InvalidInput(
                f"groups={groups} with {in_channels} channels in and {out_channels} out",
                "each group takes an equal part of the channels",
                "a number that divides both",
            )
        self.slide(kernel_size, stride, padding, dilation)
        self.in_channels, self.out_channels, self.groups = in_channels, out_channels, groups
        shape = (out_channels, in_channels // groups, *self.kernel_size)
        self.weight, self.bias = torch_uniform(shape, bias, rng)

    def forward(self, x: Any) -> Any:
        """Return the convolution of (n, in_channels, *space): (n, out_channels, *places)."""
        outputs, inputs = self.weight.shape[:2]
        seen = self.seen(x, inputs * self.groups, 0)
        samples_and_places = seen.shape[2:]
        # All samples stand in one matrix product: for each group (outputs, inputs k) @ (inputs k, samples places).
        columns = np.reshape(seen, (self.groups, inputs * seen.shape[1], -1))
        rows = np.reshape(self.weight, (self.groups, outputs // self.groups, -1))
        y = np.reshape(rows @ columns, (outputs, *samples_and_places))
        if self.bias is not None:
            y = y + np.reshape(self.bias, (outputs,) + (1,) * len(samples_and_places))
        return np.swapaxes(y, 0, 1)

    def __repr__(self) -> str:
        outputs, inputs = self.weight.shape[:2]
        groups = f", groups={self.groups}" if self.groups > 1 else ""
        bias = ", bias=False" if self.bias is None else ""
        return f"{type(self).__name__}({inputs * self.groups}, {outputs}, {self.told()}{groups}{bias})"


class Conv2d(Convolution):
    """Convolution of images: each output channel is a sum over the kernel's places and the input channels, plus b.

    y[n, o, i, j] = b[o] + Σ_{c, p, q} w[o, c, p, q] x[n, c, s i + d p, s j + d q], for the stride s and the dilation d,
    where x is padded with zeros. (Mathematics calls it a cross-correlation: the kernel isn't flipped.)

    Parameters
    ----------
    in_channels, out_channels : int
    kernel_size, stride, dilation : int or (int, int), by default a stride and a dilation of 1
    padding : int, (int, int), "same" or "valid", default 0
        How many zeros stand around the image; "same" keeps its size, with a stride of 1.
    groups : int, default 1
        Into how many parts the channels are split, each convolved by itself.
    bias : bool, default True
    rng : numpy.random.Generator or int, optional
        What w and b are drawn with: uniformly from ±1/√(inputs of one output), as PyTorch does.

    Attributes
    ----------
    weight : Value of shape (out_channels, in_channels // groups, height, width)
    bias : Value of shape (out_channels,), or None

    Raises
    ------
    InvalidInput
        If a size is no integer of at least 1, or `groups` doesn't divide both numbers of channels.
    ShapeError
        At the call, if the input isn't (n, in_channels, height, width), or smaller than the kernel.

    References
    ----------
    Y. LeCun et al. (1989), Backpropagation applied to handwritten zip code recognition; V. Dumoulin and F. Visin
    (2016), A guide to convolution arithmetic for deep learning.

    Examples
    --------
    >>> Conv2d(3, 8, 3, padding=1, rng=0)(np.ones((5, 3, 16, 16))).shape
    (5, 8, 16, 16)
    """

    axes = 2


class Conv1d(Convolution):
    """Convolution of signals (n, in_channels, length): `Conv2d` along one axis.

    Examples
    --------
    >>> Conv1d(2, 4, 3, stride=2, rng=0)(np.ones((5, 2, 9))).shape
    (5, 4, 4)
    """

    axes = 1


class Pooling(Sliding):
    """Pooling over any number of axes: see `MaxPool2d`."""

    fill = 0.0

    def __init__(
        self, kernel_size: Along, stride: Along | None = None, padding: Along = 0, dilation: Along = 1
    ) -> None:
        self.slide(kernel_size, kernel_size if stride is None else stride, padding, dilation)
        if any(2 * a > k for (a, _), k in zip(self.pads, self.kernel_size, strict=True)):
            raise InvalidInput(
                f"padding={padding!r} with kernel_size={kernel_size!r}",
                "a kernel may see nothing but padding",
                "a padding of at most half the kernel",
            )

    def forward(self, x: Any) -> Any:
        """Return one number for each place: (n, c, *space) to (n, c, *places)."""
        return np.swapaxes(self.pool(self.seen(x, None, self.fill)), 0, 1)

    def pool(self, seen: Any) -> Any:
        """Return one number for what a kernel sees, which lies along axis 1."""
        raise NotImplementedError

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.told()})"


class MaxPool2d(Pooling):
    """The largest number that a kernel sees in each channel.

    Where several are the largest, they share the gradient equally (PyTorch gives all of it to the first).

    Parameters
    ----------
    kernel_size : int or (int, int)
    stride : int or (int, int), optional
        How far it moves; by default as far as it is long.
    padding : int or (int, int), default 0
        How many places around the image it may see, which are never the largest.
    dilation : int or (int, int), default 1

    Raises
    ------
    InvalidInput
        If a size is no integer of at least 1, or the padding more than half the kernel.
    ShapeError
        At the call, if the input isn't (n, c, height, width), or smaller than the kernel.

    Examples
    --------
    >>> MaxPool2d(2)(np.arange(16.0).reshape(1, 1, 4, 4))
    array([[[[ 5.,  7.],
             [13., 15.]]]])
    """

    axes, fill = 2, -np.inf

    def pool(self, seen: Any) -> Any:
        """Return the largest along axis 1."""
        return np.max(seen, axis=1)


class MaxPool1d(MaxPool2d):
    """The largest number that a kernel sees in each channel of (n, c, length): `MaxPool2d` along one axis.

    Examples
    --------
    >>> MaxPool1d(2)(np.array([[[1.0, 3.0, 2.0, 0.0]]]))
    array([[[3., 2.]]])
    """

    axes = 1


class AvgPool2d(Pooling):
    """The mean of the numbers that a kernel sees in each channel; padding counts as zeros.

    Parameters
    ----------
    kernel_size, stride, padding
        As for `MaxPool2d`.

    Examples
    --------
    >>> AvgPool2d(2)(np.arange(16.0).reshape(1, 1, 4, 4))
    array([[[[ 2.5,  4.5],
             [10.5, 12.5]]]])
    """

    axes = 2

    def __init__(self, kernel_size: Along, stride: Along | None = None, padding: Along = 0) -> None:
        super().__init__(kernel_size, stride, padding)

    def pool(self, seen: Any) -> Any:
        """Return the mean along axis 1."""
        return np.mean(seen, axis=1)


class AvgPool1d(AvgPool2d):
    """The mean of the numbers that a kernel sees in each channel of (n, c, length): `AvgPool2d` along one axis.

    Examples
    --------
    >>> AvgPool1d(2)(np.array([[[1.0, 3.0, 2.0, 0.0]]]))
    array([[[2., 1.]]])
    """

    axes = 1
