"""Writes a spec for each op that has a gradient: the op on the input, and a linear layer."""
import json
import pathlib
import sys

LRN = {"op": "lrn", "size": 3, "k": 1, "alpha": 0.5, "beta": 0.75}
OPS = {
    "conv2d": [{"op": "conv2d", "filters": 6, "kernel": [3, 2], "stride": 2, "padding": 1, "groups": 3}],
    "relu": [{"op": "relu"}],
    "tanh": [{"op": "tanh"}],
    "sigmoid": [{"op": "sigmoid"}],
    "lrn-across": [{**LRN, "form": "across", "alpha_is": "sum"}],
    "lrn-within": [{**LRN, "form": "within", "alpha_is": "mean"}],
    "max_pool": [{"op": "max_pool", "size": 3, "stride": 2, "padding": 1}],
    "avg_pool": [{"op": "avg_pool", "size": 3, "stride": 2, "padding": 1}],
    "slice": [{"op": "slice", "begin": 1, "size": 2}],
    "add": [{"op": "tanh"}, {"op": "add", "inputs": ["input", "layer0"]}],
    "concat": [{"op": "tanh"}, {"op": "concat", "inputs": ["input", "layer0"]}],
    "dropout": [{"op": "dropout", "rate": 0.5, "form": "inverted"}],
    "linear": [{"op": "flatten"}, {"op": "linear", "units": 9}],
}


def spec(name, layers):
    layers = [{"name": f"layer{i}", **layer} for i, layer in enumerate(layers)]
    if not any(layer["op"] == "flatten" for layer in layers):
        layers.append({"name": "flatten", "op": "flatten"})
    layers += [{"name": "fc", "op": "linear", "units": 5}, {"name": "prob", "op": "softmax"}]
    return {
        "name": name,
        "input": {"channels": 3, "height": 7, "width": 6},
        "preprocessing": {"channels": "rgb", "scale": 1 / 255, "std": [0.25] * 3},
        "layers": layers,
        "loss": "softmax_cross_entropy",
        "training": {
            "batch": 2,
            "optimizer": {"kind": "sgd", "lr": 0.01, "momentum": 0.9, "weight_decay": 0},
            "schedule": {"kind": "constant", "epochs": 1},
            "initialisation": {"weight": {"kind": "xavier"}, "bias": {"kind": "constant", "value": 0.1}},
        },
    }


folder = pathlib.Path(sys.argv[1])
folder.mkdir(parents=True)
for op, layers in OPS.items():
    (folder / f"{op}.json").write_text(json.dumps(spec(op, layers)))
