"""Cross-entropy of a softmax over many classes without ever holding all logits.

The loss of rows h against classes E is sum over rows of logsumexp(h E^T) - h E_target. Its gradients, (p - onehot) E
and (p - onehot)^T h, are made chunk by chunk while the chunk's logits lie in the processor's cache, which is faster
than the two-step form and needs memory for one chunk alone.

Shapes: N rows, C classes, D width.
"""

from typing import Any

import torch
from torch import Tensor

CHUNK = 1 << 21
"""Logits at a time."""


def linear_cross_entropy(h_ND: Tensor, classes_CD: Tensor, target_N: Tensor) -> Tensor:
    """Sum over rows of the cross-entropy, a scalar in float32; `target_N` holds int64 classes, 0 to C - 1."""
    return _LinearCrossEntropy.apply(h_ND, classes_CD, target_N)  # type: ignore[no-any-return]


class _LinearCrossEntropy(torch.autograd.Function):
    """Gradients are made in the forward pass, because the logits are there then."""

    @staticmethod
    def forward(ctx: Any, h_ND: Tensor, classes_CD: Tensor, target_N: Tensor) -> Tensor:
        need_h, need_classes = h_ND.requires_grad, classes_CD.requires_grad
        grad_h = torch.empty_like(h_ND) if need_h else None
        grad_classes = torch.zeros_like(classes_CD, dtype=torch.float32) if need_classes else None
        total = torch.zeros((), dtype=torch.float32, device=h_ND.device)
        step = max(1, min(len(h_ND), CHUNK // len(classes_CD)))
        # One buffer for all chunks: fresh memory costs more than the product that fills it.
        logits = torch.empty(step, len(classes_CD), dtype=h_ND.dtype, device=h_ND.device)
        for start in range(0, len(h_ND), step):
            h, target = h_ND[start : start + step], target_N[start : start + step, None]
            p = torch.mm(h, classes_CD.T, out=logits[: len(h)]).float()
            top = p.amax(1, keepdim=True)
            picked = p.gather(1, target)
            p.sub_(top).exp_()
            mass = p.sum(1, keepdim=True)
            total += (mass.log() + top - picked).sum()
            p.div_(mass).scatter_add_(1, target, torch.full_like(mass, -1.0))
            p = p.to(h.dtype)
            if grad_h is not None:
                torch.mm(p, classes_CD, out=grad_h[start : start + step])
            if grad_classes is not None:
                if grad_classes.dtype == h.dtype:
                    grad_classes.addmm_(p.T, h)
                else:
                    grad_classes += p.T @ h
        ctx.save_for_backward(grad_h, grad_classes)
        ctx.kind = classes_CD.dtype
        return total

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, Tensor | None, None]:
        grad_h, grad_classes = ctx.saved_tensors
        scale = gradients[0]
        return (
            None if grad_h is None else grad_h * scale.to(grad_h.dtype),
            None if grad_classes is None else (grad_classes * scale).to(ctx.kind),
            None,
        )
