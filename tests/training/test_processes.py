"""Two processes on one machine follow the trajectory of one that accumulates twice as many micro-batches."""

import subprocess
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file

SCRIPT = """
import sys
import torch
from safetensors.torch import save_file
from torch import nn
from pushgen.training.loop import LoopConfig, fit
from pushgen.training.processes import is_main

generator = torch.Generator().manual_seed(1)
x, y, w = torch.randn(45, 3, generator=generator), torch.randn(45, generator=generator), torch.rand(45)
torch.manual_seed(0)
module = nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Linear(8, 1))
w = torch.rand(45, generator=generator)
batches = list(zip(x.split(5), y.split(5), w.split(5)))

def loss(batch):
    x, y, w = batch
    return (w * (module(x)[:, 0] - y) ** 2).sum(), w.sum()

def validate():
    total, weight = loss((x, y, w))
    return float(total / weight)

history = fit(
    module, batches=lambda epoch: batches, loss=loss, validate=validate, description="test",
    config=LoopConfig(epochs=4, learning_rate=1e-2, accumulate=int(sys.argv[2]), bf16="no"),
)
if is_main():
    losses = torch.tensor([[epoch.loss, epoch.validation, epoch.steps] for epoch in history])
    save_file({**module.state_dict(), "losses": losses}, sys.argv[1])
"""


def test_two_processes_follow_the_trajectory_of_one(tmp_path: Path) -> None:
    script = tmp_path / "train.py"
    script.write_text(SCRIPT, encoding="utf-8")
    launch = [sys.executable, "-m", "torch.distributed.run", "--nproc_per_node", "2", "--standalone"]
    for out, accumulate, before in (("one", 4, [sys.executable]), ("two", 2, launch)):
        subprocess.run([*before, str(script), str(tmp_path / out), str(accumulate)], check=True)
    one, two = load_file(tmp_path / "one"), load_file(tmp_path / "two")
    assert one["losses"][-1, 2] == 4 * 3  # nine micro-batches, four to a step
    for name, values in one.items():
        torch.testing.assert_close(two[name], values, atol=1e-5, rtol=0)
