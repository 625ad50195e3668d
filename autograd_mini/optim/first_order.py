"""Gradient descent and its variants, as PyTorch has them: each is a chain of parts.

All take groups of parameters, a learning rate that a schedule scales, and a state that can be saved (see `Optimizer`).
In formulas g is the gradient, p the parameter, t the number of the step from 1, and η the learning rate `lr`.
"""

from __future__ import annotations

from . import parts
from .optimizer import Optimizer
from .options import Params


class SGD(Optimizer):
    """Gradient descent with momentum: v ← μ v + (1 - τ) (g + λ p), with τ = 0 in the first step, and p ← p - η v.

    With `nesterov`, p ← p - η (g + λ p + μ v). Whether it is batch, stochastic or mini-batch descent is decided by how
    many samples the loss is taken over.

    Parameters
    ----------
    params : iterable of Value, or of dict
        The parameters, or groups of them (see `Optimizer`).
    lr : float, default 1e-3
        The learning rate η, above 0. It may be changed between steps.
    momentum : float, default 0
        The μ in 0 ≤ μ < 1: how much of the last step is kept.
    dampening : float, default 0
        The τ: which share of the gradient is left out.
    weight_decay : float, default 0
        The λ of a penalty λ ‖p‖² / 2.
    nesterov : bool, default False
        Whether to look ahead along the momentum; it needs one, and no dampening.

    Raises
    ------
    InvalidInput
        If there are no parameters, one isn't a Value or stands there twice, or an option is unknown or out of range.

    References
    ----------
    H. Robbins and S. Monro (1951), A stochastic approximation method. B. T. Polyak (1964), Some methods of speeding up
    the convergence of iteration methods. Y. Nesterov (1983), A method of solving a convex programming problem with
    convergence rate O(1/k²).

    Examples
    --------
    >>> from autograd_mini import Value
    >>> w = Value(3.0, name="w")
    >>> optimizer = SGD([w], lr=0.5)
    >>> (w * w).backward()
    >>> optimizer.step()
    >>> w.data
    np.float64(0.0)
    """

    chain = parts.add_weight_decay, parts.add_momentum, parts.scale_by_lr

    def __init__(
        self,
        params: Params,
        lr: float = 1e-3,
        momentum: float = 0.0,
        dampening: float = 0.0,
        weight_decay: float = 0.0,
        nesterov: bool = False,
    ) -> None:
        options = {"lr": lr, "momentum": momentum, "dampening": dampening}
        super().__init__(params, *self.chain, weight_decay=weight_decay, nesterov=nesterov, **options)


class Adagrad(Optimizer):
    """Each number has a learning rate of its own, that falls with its gradients: s ← s + g², p ← p - η g / (√s + ε).

    Parameters
    ----------
    params : iterable of Value, or of dict
        The parameters, or groups of them (see `Optimizer`).
    lr : float, default 1e-2
        The learning rate η, above 0.
    lr_decay : float, default 0
        The γ by which η is divided by 1 + (t - 1) γ.
    weight_decay : float, default 0
        The λ of a penalty λ ‖p‖² / 2: λ p is added to g.
    initial_accumulator_value : float, default 0
        The first s.
    eps : float, default 1e-10
        The ε, which keeps what is divided by from 0.

    Raises
    ------
    InvalidInput
        If there are no parameters, one isn't a Value or stands there twice, or an option is unknown or out of range.

    References
    ----------
    J. Duchi, E. Hazan and Y. Singer (2011), Adaptive subgradient methods for online learning and stochastic
    optimization.
    """

    chain = parts.add_weight_decay, parts.scale_by_adagrad, parts.decay_lr, parts.scale_by_lr

    def __init__(
        self,
        params: Params,
        lr: float = 1e-2,
        lr_decay: float = 0.0,
        weight_decay: float = 0.0,
        initial_accumulator_value: float = 0.0,
        eps: float = 1e-10,
    ) -> None:
        options = {"lr": lr, "lr_decay": lr_decay, "weight_decay": weight_decay, "eps": eps}
        super().__init__(params, *self.chain, initial_accumulator_value=initial_accumulator_value, **options)


class Adadelta(Optimizer):
    """Steps have the size of those before: s ← ρ s + (1 - ρ) g², u = g √(d + ε) / √(s + ε), p ← p - η u.

    After that, d ← ρ d + (1 - ρ) u². So a step has the unit of the parameter, and there is little to choose in η.

    Parameters
    ----------
    params : iterable of Value, or of dict
        The parameters, or groups of them (see `Optimizer`).
    lr : float, default 1
        The learning rate η, above 0.
    rho : float, default 0.9
        The ρ in 0 ≤ ρ < 1: how much of the running means is kept.
    eps : float, default 1e-6
        The ε, which also makes the first steps as long as they are.
    weight_decay : float, default 0
        The λ of a penalty λ ‖p‖² / 2: λ p is added to g.

    Raises
    ------
    InvalidInput
        If there are no parameters, one isn't a Value or stands there twice, or an option is unknown or out of range.

    References
    ----------
    M. D. Zeiler (2012), Adadelta: an adaptive learning rate method.
    """

    chain = parts.add_weight_decay, parts.scale_by_adadelta, parts.scale_by_lr

    def __init__(
        self, params: Params, lr: float = 1.0, rho: float = 0.9, eps: float = 1e-6, weight_decay: float = 0.0
    ) -> None:
        super().__init__(params, *self.chain, lr=lr, rho=rho, eps=eps, weight_decay=weight_decay)


class RMSprop(Optimizer):
    """Divides by the size that gradients have had lately: s ← α s + (1 - α) g², v ← μ v + g / (√s + ε), p ← p - η v.

    Parameters
    ----------
    params : iterable of Value, or of dict
        The parameters, or groups of them (see `Optimizer`).
    lr : float, default 1e-2
        The learning rate η, above 0.
    alpha : float, default 0.99
        The α in 0 ≤ α < 1: how much of the running mean is kept.
    eps : float, default 1e-8
        The ε, which keeps what is divided by from 0.
    weight_decay : float, default 0
        The λ of a penalty λ ‖p‖² / 2: λ p is added to g.
    momentum : float, default 0
        The μ in 0 ≤ μ < 1: how much of the last step is kept.
    centered : bool, default False
        Whether to divide by the standard deviation: s - m² stands for s then, with a running mean m of g.

    Raises
    ------
    InvalidInput
        If there are no parameters, one isn't a Value or stands there twice, or an option is unknown or out of range.

    References
    ----------
    T. Tieleman and G. Hinton (2012), Lecture 6.5: RMSProp. A. Graves (2013), Generating sequences with recurrent neural
    networks, for the centered one.
    """

    chain = parts.add_weight_decay, parts.scale_by_rms, parts.add_momentum, parts.scale_by_lr

    def __init__(
        self,
        params: Params,
        lr: float = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        momentum: float = 0.0,
        centered: bool = False,
    ) -> None:
        options = {"lr": lr, "alpha": alpha, "eps": eps, "weight_decay": weight_decay, "momentum": momentum}
        super().__init__(params, *self.chain, centered=centered, **options)


class Adam(Optimizer):
    """A running mean of gradients over the root of one of squares: p ← p - η m / (1 - β₁ᵗ) / (√(s / (1 - β₂ᵗ)) + ε).

    m ← β₁ m + (1 - β₁) g and s ← β₂ s + (1 - β₂) g² start at 0; what they are divided by takes that bias away.

    Parameters
    ----------
    params : iterable of Value, or of dict
        The parameters, or groups of them (see `Optimizer`).
    lr : float, default 1e-3
        The learning rate η, above 0.
    betas : (float, float), default (0.9, 0.999)
        β₁ and β₂, from 0 to below 1: how much of the running means is kept.
    eps : float, default 1e-8
        The ε, which keeps what is divided by from 0.
    weight_decay : float, default 0
        The λ of a penalty λ ‖p‖² / 2: λ p is added to g.
    amsgrad : bool, default False
        Whether to take the largest s so far.

    Raises
    ------
    InvalidInput
        If there are no parameters, one isn't a Value or stands there twice, or an option is unknown or out of range.

    References
    ----------
    D. P. Kingma and J. Ba (2015), Adam: a method for stochastic optimization. S. J. Reddi, S. Kale and S. Kumar (2018),
    On the convergence of Adam and beyond, for AMSGrad.

    Examples
    --------
    >>> from autograd_mini import Value
    >>> w = Value([3.0, -0.001])
    >>> optimizer = Adam([w], lr=0.5)
    >>> (w @ w).backward()
    >>> optimizer.step()
    >>> w.data.round(3)
    array([2.5  , 0.499])
    """

    chain = parts.add_weight_decay, parts.scale_by_adam, parts.scale_by_lr

    def __init__(
        self,
        params: Params,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        amsgrad: bool = False,
    ) -> None:
        options = {"betas": betas, "eps": eps, "weight_decay": weight_decay, "amsgrad": amsgrad}
        super().__init__(params, *self.chain, lr=lr, **options)


class AdamW(Optimizer):
    """Adam with decoupled weight decay: p ← p - η (m / (1 - β₁ᵗ) / (√(s / (1 - β₂ᵗ)) + ε) + λ p).

    In `Adam`, λ p is a part of the gradient, and is divided by its size. Here every number decays at the same rate.

    Parameters
    ----------
    params : iterable of Value, or of dict
        The parameters, or groups of them (see `Optimizer`).
    lr, betas, eps, amsgrad
        As for `Adam`.
    weight_decay : float, default 1e-2
        The λ above.

    Raises
    ------
    InvalidInput
        If there are no parameters, one isn't a Value or stands there twice, or an option is unknown or out of range.

    References
    ----------
    I. Loshchilov and F. Hutter (2019), Decoupled weight decay regularization.
    """

    chain = parts.scale_by_adam, parts.add_weight_decay, parts.scale_by_lr

    def __init__(
        self,
        params: Params,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
    ) -> None:
        options = {"betas": betas, "eps": eps, "weight_decay": weight_decay, "amsgrad": amsgrad}
        super().__init__(params, *self.chain, lr=lr, **options)


class NAdam(Optimizer):
    """Adam with the momentum of Nesterov: p ← p - η n / (√(s / (1 - β₂ᵗ)) + ε).

    n = (1 - μₜ) g / (1 - Πₜ) + μₜ₊₁ m / (1 - Πₜ₊₁), with m and s as in `Adam`, μₜ = β₁ (1 - 0.96^(ψ t) / 2), and Πₜ the
    product of all μ up to step t.

    Parameters
    ----------
    params : iterable of Value, or of dict
        The parameters, or groups of them (see `Optimizer`).
    lr : float, default 2e-3
        The learning rate η, above 0.
    betas, eps
        As for `Adam`.
    weight_decay : float, default 0
        The λ of a penalty λ ‖p‖² / 2.
    momentum_decay : float, default 4e-3
        The ψ above.
    decoupled_weight_decay : bool, default False
        Whether λ p is added to the update as in `AdamW`, instead of to the gradient. It is one for all groups.

    Raises
    ------
    InvalidInput
        If there are no parameters, one isn't a Value or stands there twice, or an option is unknown or out of range.

    References
    ----------
    T. Dozat (2016), Incorporating Nesterov momentum into Adam.
    """

    chain = parts.add_weight_decay, parts.scale_by_nadam, parts.scale_by_lr

    def __init__(
        self,
        params: Params,
        lr: float = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        momentum_decay: float = 4e-3,
        decoupled_weight_decay: bool = False,
    ) -> None:
        decay, scale, last = self.chain
        chain = (scale, decay, last) if decoupled_weight_decay else self.chain
        options = {"betas": betas, "eps": eps, "weight_decay": weight_decay, "momentum_decay": momentum_decay}
        super().__init__(params, *chain, lr=lr, **options)
