"""Pre-norm transformer layers for encoders and decoders (Vaswani et al., 2017; norm first as in Xiong et al., 2020).

Dropout is on the residual branches only: inside attention and feed-forward it costs a third of a step on a CPU.

Shapes: B batch, T target positions, S source positions, D model width.
"""

from torch import Tensor, nn

from pushgen.nn.attention import Attention, Cache


class FeedForward(nn.Sequential):
    """Two linear maps with GELU between them."""

    def __init__(self, width: int, hidden: int) -> None:
        super().__init__(nn.Linear(width, hidden), nn.GELU(), nn.Linear(hidden, width))


class EncoderLayer(nn.Module):
    """Self-attention and feed-forward, each with a residual."""

    def __init__(self, width: int, heads: int, hidden: int, dropout: float) -> None:
        super().__init__()
        self.attention_norm, self.attention = nn.LayerNorm(width), Attention(width, heads)
        self.feed_norm, self.feed = nn.LayerNorm(width), FeedForward(width, hidden)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x_BSD: Tensor, mask_B11S: Tensor) -> Tensor:
        normed = self.attention_norm(x_BSD)
        x_BSD = x_BSD + self.dropout(self.attention(normed, normed, mask=mask_B11S))
        return x_BSD + self.dropout(self.feed(self.feed_norm(x_BSD)))


class DecoderLayer(nn.Module):
    """Self-attention (causal unless told otherwise), attention over the source, feed-forward."""

    def __init__(self, width: int, heads: int, hidden: int, dropout: float) -> None:
        super().__init__()
        self.self_norm, self.self_attention = nn.LayerNorm(width), Attention(width, heads)
        self.cross_norm, self.cross_attention = nn.LayerNorm(width), Attention(width, heads)
        self.feed_norm, self.feed = nn.LayerNorm(width), FeedForward(width, hidden)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x_BTD: Tensor, memory_BSD: Tensor, mask_B11S: Tensor, *, causal: bool = True) -> Tensor:
        """All positions at once, each seeing those before it, or all others where not `causal`."""
        normed = self.self_norm(x_BTD)
        x_BTD = x_BTD + self.dropout(self.self_attention(normed, normed, causal=causal))
        crossed = self.cross_attention(self.cross_norm(x_BTD), memory_BSD, mask=mask_B11S)
        x_BTD = x_BTD + self.dropout(crossed)
        return x_BTD + self.dropout(self.feed(self.feed_norm(x_BTD)))

    def step(self, x_B1D: Tensor, own: Cache, source: Cache, mask_B11S: Tensor) -> Tensor:
        """The next position; `own` grows by it, `source` holds the projected memory."""
        normed = self.self_norm(x_B1D)
        x_B1D = x_B1D + self.self_attention(normed, normed, cache=own)
        x_B1D = x_B1D + self.cross_attention(self.cross_norm(x_B1D), cache=source, mask=mask_B11S)
        return x_B1D + self.feed(self.feed_norm(x_B1D))
