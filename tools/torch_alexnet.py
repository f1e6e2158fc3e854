"""AlexNet in torch, the peer of benchmarks: gpu-check.py measures it on a GPU, tools/bench here.
  torch_alexnet.py --batch N --threads N --seconds S    prints {"ms": one training step on the CPU}
"""
import argparse
import json
import time

import torch
from torch import nn


def alexnet():
    """models/alexnet.json; an LRN's constants take no time."""
    return nn.Sequential(
        nn.Conv2d(3, 96, 11, 4, 2), nn.ReLU(), nn.LocalResponseNorm(5), nn.MaxPool2d(3, 2),
        nn.Conv2d(96, 256, 5, 1, 2, groups=2), nn.ReLU(), nn.LocalResponseNorm(5),
        nn.MaxPool2d(3, 2),
        nn.Conv2d(256, 384, 3, 1, 1), nn.ReLU(), nn.Conv2d(384, 384, 3, 1, 1, groups=2), nn.ReLU(),
        nn.Conv2d(384, 256, 3, 1, 1, groups=2), nn.ReLU(), nn.MaxPool2d(3, 2), nn.Flatten(),
        nn.Linear(9216, 4096), nn.ReLU(), nn.Dropout(), nn.Linear(4096, 4096), nn.ReLU(),
        nn.Dropout(), nn.Linear(4096, 1000))


def training_step(network, batch, device):
    """A function that trains `network`, which is on `device`, with the same random images."""
    network.train()
    images = torch.randn(batch, 3, 224, 224, device=device)
    labels = torch.randint(1000, (batch,), device=device)
    optimizer = torch.optim.SGD(network.parameters(), lr=0.01, momentum=0.9, weight_decay=5e-4)

    def step():
        optimizer.zero_grad(set_to_none=True)
        nn.functional.cross_entropy(network(images), labels).backward()
        optimizer.step()

    return step


def median_seconds(run, length):
    """Of as many runs as begin in `length` seconds, two at least, after two to warm up."""
    run()
    run()
    times, begin = [], time.perf_counter()
    while len(times) < 2 or time.perf_counter() - begin < length:
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return sorted(times)[len(times) // 2]


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    step = training_step(alexnet(), options.batch, "cpu")
    print(json.dumps({"ms": 1e3 * median_seconds(step, options.seconds), "layers": [],
                      "torch": torch.__version__}))
