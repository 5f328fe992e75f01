"""Against Dunnett's published table, statsmodels, scipy and simulation."""

import numpy as np
import pytest
from statsmodels.stats.multitest import multipletests

from pushgen.errors import ConfigurationError
from pushgen.statistics.multiplicity import dunnett_critical, dunnett_p, holm


@pytest.mark.parametrize(("arms", "critical"), [(1, 1.96), (2, 2.21), (3, 2.35), (4, 2.44), (5, 2.51), (9, 2.69)])
def test_critical_values_are_those_of_dunnetts_table(arms: int, critical: float) -> None:
    """Dunnett, Biometrics 20 (1964), two-sided 5%, infinite degrees of freedom."""
    assert dunnett_critical([1.0] * arms, 1.0) == pytest.approx(critical, abs=0.005)


def test_the_adjusted_p_of_the_critical_value_is_the_level() -> None:
    critical = dunnett_critical([100.0, 300.0], 200.0, 0.9)
    assert dunnett_p([critical, -critical], [100.0, 300.0], 200.0) == pytest.approx([0.1, 0.1])


def test_unequal_arms_hold_their_level() -> None:
    sizes, control = np.array([50.0, 400.0]), 100.0
    draws = np.random.default_rng(0).normal(size=(400_000, 3)) / np.sqrt([*sizes, control])
    z = (draws[:, :2] - draws[:, 2:]) / np.sqrt(1 / sizes + 1 / control)
    share = np.mean(np.abs(z).max(axis=1) > dunnett_critical(sizes, control))
    assert share == pytest.approx(0.05, abs=0.0015)


def test_dunnett_lies_between_no_correction_and_bonferroni() -> None:
    p = dunnett_p([2.3, 1.0], [1.0, 1.0], 1.0)
    alone = np.array([0.02145, 0.31731])
    assert (p > alone).all()
    assert (p < 2 * alone).all()


def test_holm_agrees_with_statsmodels() -> None:
    p = [0.01, 0.04, 0.03, 0.005, 0.5, 0.04]
    assert holm(p) == pytest.approx(multipletests(p, method="holm")[1])
    assert holm([]).size == 0


def test_sizes_of_nothing_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="above 0"):
        dunnett_critical([1.0, 0.0], 1.0)
