"""The reward models that training makes and a folder holds."""

from typing import TYPE_CHECKING, TypeAlias, Union

if TYPE_CHECKING:
    from pushgen.reward.blend import BlendReward
    from pushgen.reward.linear import LinearReward
    from pushgen.reward.pair import PairReward
    from pushgen.reward.utility import UtilityReward

TrainedReward: TypeAlias = Union["PairReward", "UtilityReward", "LinearReward", "BlendReward"]
