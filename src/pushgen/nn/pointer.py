"""The pointer of a pointer-generator network (See, Liu and Manning, 2017, equations 8 and 9) for transformer decoders.

The probability of a token is g * P_vocabulary + (1 - g) * (attention on its places in the source), so that a name that
was never seen in training can be written. Departures: the copy attention is a head of its own instead of the attention
of an LSTM; and places of the source whose one or two preceding tokens equal the last written ones get a learned bonus
(`match`). That hands the model the rule "go on copying where you are", which a transformer otherwise needs many more
examples to find (an induction head).

Shapes: B batch, T target positions, S source positions, V vocabulary, D model width.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn.functional import log_softmax, logsigmoid


def match(source_BS: Tensor, written_BT: Tensor, before_BT: Tensor) -> Tensor:
    """How the tokens before each source place agree with the last written ones, shape (B, T, S, 2), values 0 and 1.

    `written_BT` holds the last written token of each target position, `before_BT` the one before it. The first channel
    compares one token, the second both.
    """
    previous = torch.nn.functional.pad(source_BS, (1, 0), value=-1)[:, :-1]
    earlier = torch.nn.functional.pad(source_BS, (2, 0), value=-1)[:, :-2]
    one = written_BT[:, :, None] == previous[:, None, :]
    two = one & (before_BT[:, :, None] == earlier[:, None, :])
    return torch.stack((one, two), dim=-1).float()


class Pointer(nn.Module):
    """Copy attention and the gate between writing and copying."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.query, self.key = nn.Linear(width, width), nn.Linear(width, width)
        self.bonus = nn.Linear(width, 2)
        self.gate = nn.Linear(width, 1)
        nn.init.constant_(self.bonus.bias, 0.5)

    def attention(self, h_BTD: Tensor, key_BSD: Tensor, match_BTS2: Tensor, mask_BS: Tensor) -> Tensor:
        """Log-probability of each source place, shape (B, T, S), in float32. `key_BSD` is `self.key(memory)`."""
        scores = self.query(h_BTD) @ key_BSD.transpose(1, 2) / math.sqrt(h_BTD.shape[-1])
        scores = scores.float() + (match_BTS2 * self.bonus(h_BTD).float()[:, :, None, :]).sum(-1)
        return log_softmax(scores.masked_fill(~mask_BS[:, None, :], -1e9), dim=-1)

    def target_log_probability(
        self, h_BTD: Tensor, logits_BTV: Tensor, copy_BTS: Tensor, source_BS: Tensor, target_BT: Tensor
    ) -> Tensor:
        """Log-probability of the target tokens, shape (B, T). `copy_BTS` comes from `attention`."""
        gate = self.gate(h_BTD).float().squeeze(-1)
        logits = logits_BTV.float()
        written = logits.gather(-1, target_BT[..., None]).squeeze(-1) - logits.logsumexp(-1)
        here = source_BS[:, None, :] == target_BT[:, :, None]
        copied = copy_BTS.masked_fill(~here, -1e9).logsumexp(-1)
        return torch.logaddexp(logsigmoid(gate) + written, logsigmoid(-gate) + copied)

    def probabilities(self, h_BTD: Tensor, logits_BTV: Tensor, copy_BTS: Tensor, source_BS: Tensor) -> Tensor:
        """Probability of every token, shape (B, T, V), in float32."""
        gate = torch.sigmoid(self.gate(h_BTD).float())
        mixed = gate * torch.softmax(logits_BTV.float(), dim=-1)
        places = source_BS[:, None, :].expand_as(copy_BTS)
        return mixed.scatter_add(-1, places, (1 - gate) * copy_BTS.exp())
