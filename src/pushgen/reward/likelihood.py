"""The loss of a predicted log-CTR ratio, given the counts of the arms.

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

For K arms that are judged together, given their total of C clicks,

    c | C ~ Multinomial(C, softmax(u + log n)),    u_i = log CTR_i up to a constant of the content

A model predicts u and leaves independent residuals of variance s2 / 2 per arm (so that a difference keeps s2). At equal
rates the shares are q = n / sum n; with J = diag(q) - q q', their Jacobian in u, the delta method gives

    Cov(c / C) = J / C + (s2 / 2) J J'

which is a multiple of J / C only for K = 2 or equal q. The scalar phi that matches the traces of both sides is

    phi = 1 + C (s2 / 2) tr(J J') / tr J
        = 1 + C (s2 / 2) sum_i q_i^2 ((1 - q_i)^2 + sum_{j != i} q_j^2) / sum_i q_i (1 - q_i)

For K = 2 the last fraction is 4 q^2 (1 - q)^2 / (2 q (1 - q)), so that phi = 1 + C s2 q (1 - q): the loss of a pair.
The likelihood of K arms has K - 1 degrees of freedom, so a list weighs as much as its independent contrasts.
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


def list_loss(utility_GK: Tensor, clicks_GK: Tensor, shown_GK: Tensor, s2: float) -> Tensor:
    """Quasi-likelihood loss per list in nats, above that of the observed shares; shape (G,), at least 0.

    `shown_GK` are impressions; where they are 0 there is no arm. A list of one arm or without clicks has the loss 0.
    """
    there_GK = shown_GK > 0
    q_GK = shown_GK / shown_GK.sum(1, keepdim=True)
    square_GK = q_GK.square()
    signal_G = (square_GK * ((1.0 - q_GK).square() + square_GK.sum(1, keepdim=True) - square_GK)).sum(1)
    noise_G = (q_GK * (1.0 - q_GK)).sum(1)
    total_G1 = clicks_GK.sum(1, keepdim=True)
    phi_G = 1.0 + total_G1[:, 0] * (s2 / 2.0) * signal_G / noise_G.clamp(min=1e-12)
    logit_GK = (utility_GK.float() + shown_GK.clamp(min=1.0).log()).masked_fill(~there_GK, -torch.inf)
    likelihood_G = (clicks_GK * logit_GK.log_softmax(1).masked_fill(~there_GK, 0.0)).sum(1)
    best_G = torch.xlogy(clicks_GK, clicks_GK / total_G1.clamp(min=1.0)).sum(1)
    return (best_G - likelihood_G) / phi_G


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
