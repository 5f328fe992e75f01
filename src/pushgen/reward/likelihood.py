"""The loss of a predicted log-CTR ratio, given the counts of both arms.

Given c = c_a + c_b clicks in a pair, Poisson clicks with means n_a * CTR_a and n_b * CTR_b make c_a binomial:

    c_a | c ~ Binomial(c, sigmoid(delta + o)),    o = log(n_a / n_b),    delta = log(CTR_a / CTR_b)

(the content's own level cancels, which is why pairs are used: PushGen, section 2.2). A model predicts the mean m
of delta and leaves a residual of variance s2. By the delta method around delta = m, with q = sigmoid(o),

    Var(c_a / c) = q (1 - q) / c + s2 (q (1 - q))^2 = q (1 - q) / c * phi,    phi = 1 + c s2 q (1 - q)

so the quasi-likelihood (Wedderburn 1974) is the binomial log-likelihood divided by phi. For few clicks phi is 1
and every click counts; for many it grows with c and a pair counts at most 1 / (s2 q (1 - q)) clicks: it is then
known exactly, and its residual is the model's, not the sample's. Near m = 0 the loss is the Gaussian one,
(d - m)^2 / (2 (s2 + v)), v = 1 / c_a + 1 / c_b; unlike it, it needs no correction for arms without clicks, and its
gradient is bounded. No threshold on a p-value occurs: a pair of equal observed rates pulls m to 0 by its evidence.
"""

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid


def count_loss(mean_P: Tensor, clicks_a_P: Tensor, clicks_b_P: Tensor, offset_P: Tensor, s2: float) -> Tensor:
    """Quasi-likelihood loss per pair in nats, above that of the observed share; shape (P,), at least 0."""
    total_P = clicks_a_P + clicks_b_P
    q_P = torch.sigmoid(offset_P)
    phi_P = 1.0 + total_P * s2 * q_P * (1.0 - q_P)
    logit_P = mean_P.float() + offset_P
    likelihood_P = clicks_a_P * logsigmoid(logit_P) + clicks_b_P * logsigmoid(-logit_P)
    best_P = torch.xlogy(clicks_a_P, clicks_a_P / total_P) + torch.xlogy(clicks_b_P, clicks_b_P / total_P)
    return (best_P - likelihood_P) / phi_P


def order_loss(mean_P: Tensor, ratio_P: Tensor, variance_P: Tensor, s2: float) -> Tensor:
    """Cross-entropy per pair between two probabilities that a has the higher true CTR; shape (P,).

    The target is the posterior of delta under its prior N(0, s2) and the observation d ~ N(delta, v):
    Phi(d r / sqrt(v r)), r = s2 / (s2 + v). The prediction is the Bradley-Terry form sigmoid(1.7 m / s), close to
    Phi(m / s). A pair without evidence has the target 1/2, a pair known exactly 0 or 1.
    """
    r_P = s2 / (s2 + variance_P)
    target_P = torch.special.ndtr(ratio_P * r_P / torch.sqrt(variance_P * r_P))
    logit_P = mean_P.float() * (1.7 / s2**0.5)
    return -(target_P * logsigmoid(logit_P) + (1.0 - target_P) * logsigmoid(-logit_P))
