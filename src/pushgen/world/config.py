"""The constants of the simulated world: what was fitted to real tests, and what was chosen."""

from dataclasses import dataclass

from pushgen.errors import ConfigurationError


@dataclass(frozen=True, slots=True, kw_only=True)
class WorldConfig:
    """Size and nature of a simulated world.

    Fitted to the Upworthy archive on 2026-11-22 with `python benchmarks/world_fit.py --fit`, and frozen since; the fit
    looks at the archive alone, no learner takes part in it, and `benchmarks/results/world_fit.md` shows it. Fitted are
    `arm_shares`, `log_impressions_mean`, `log_impressions_sd`, `base_logit`, `appeal_sd`, `grip_sd` and the common size
    of the text effects (`style_sd`, `style_topic_sd`, `specificity`, `length`, `overuse`, `noise_sd`).

    Chosen, because the archive cannot tell: how the variance of true log CTR within a test divides over its causes. Of
    it 22% goes to the style, 24% to style x topic, 14% to specificity, 5% to length, 7% to worn phrases, 25% to what no
    reader of the text can explain, the rest to wrong claims and repetition. Chosen are also the best length, what a
    wrong claim costs, the day, fatigue, segments, and the small tests, which the archive has not.
    """

    contents: int = 3000
    """Contents in the log."""
    experiments: int = 3000
    """Past A/B tests. Contents take turns, so with as many tests as contents each has one."""
    solo_sends: int = 1000
    """Pushes sent outside any test: one text, no comparison, exposure counted all the same."""
    days: int = 365
    """Length of the logged period."""
    error_share: float = 0.02
    """Share of past pushes in which the writer got a number or a name wrong."""
    text_effects: float = 1.0
    """Factor on everything the text of a push does to clicks, dislikes and views. 0: texts of one content are equal."""

    arm_shares: tuple[float, ...] = (0.137, 0.06, 0.423, 0.164, 0.216)
    """Share of tests with 2, 3, ... arms."""
    log_impressions_mean: float = 8.148
    """Mean over tests of the log of impressions per arm."""
    log_impressions_sd: float = 0.35
    """Standard deviation of it."""
    small_test_share: float = 0.2
    """Share of tests that get little traffic. Chosen: an app has them, the archive has a floor near 750."""
    small_test_traffic: float = 0.15
    """Traffic of such a test beside a full one."""
    base_logit: float = -4.666
    """Log-odds of a click for a content of mean appeal and a text of no effect."""
    appeal_sd: float = 0.655
    """Standard deviation over contents of the log-odds of a click."""

    grip_sd: float = 0.411
    """Spread over contents of the log of a factor on all text effects: for some contents the wording matters more."""
    style_sd: float = 0.222
    """Standard deviation over styles of their main effect on the log-odds, for a text purely of that style."""
    style_topic_sd: float = 0.246
    """The same for style x topic."""
    style_segment_sd: float = 0.15
    """The same for style x segment of users."""
    specificity: float = 0.462
    """Effect of naming all there is to name against naming nothing."""
    length: float = 0.163
    """Loss per squared deviation (in units of `length_width`) from the best length; it is bounded at four units."""
    length_best: float = 11.0
    """Best length in words."""
    length_width: float = 6.0
    """Words from the best length to one unit of deviation."""
    overuse: float = 0.513
    """Loss of a text made wholly of the most worn phrases."""
    noise_sd: float = 0.147
    """Standard deviation of what no reader can explain, fixed for each content and text."""
    unsupported: float = 0.5
    """Loss for each name or number that the content does not support, up to three."""
    repetition: float = 1.0
    """Loss of a text that only repeats itself."""

    hour_amplitude: float = 0.2
    """Half the swing of the log-odds over the day, in each segment around its own hour."""
    fatigue: float = 0.1
    """Loss of log-odds per unit of log(sends of the day / mean sends of a day)."""

    def __post_init__(self) -> None:
        for name in ("contents", "experiments", "days"):
            if getattr(self, name) < 1:
                raise ConfigurationError(f"world: {name} must be at least 1, found {getattr(self, name)!r}")
        for name in ("solo_sends", "text_effects"):
            if getattr(self, name) < 0:
                raise ConfigurationError(f"world: {name} must not be negative, found {getattr(self, name)!r}")
        for name in ("error_share", "small_test_share"):
            if not 0.0 <= getattr(self, name) <= 1.0:
                raise ConfigurationError(f"world: {name} must lie in [0, 1], found {getattr(self, name)!r}")
        if not self.arm_shares or min(self.arm_shares) < 0 or abs(sum(self.arm_shares) - 1.0) > 1e-6:
            raise ConfigurationError(f"world: arm_shares must be shares that sum to 1, found {self.arm_shares!r}")
