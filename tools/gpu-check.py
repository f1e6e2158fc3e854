"""What tools/gpu-check needs numbers for:
  inputs BINARY NAME      writes NAME-3.npy, NAME-2.npy and NAME-labels.npy for a compiled network
  compare A B             two .npy or .safetensors files, tensor by tensor
  torch                   prints how long AlexNet takes in torch
  merge FILE GPU STEP=STATUS...   writes one JSON of all JSON files here; fails if a step did
"""
import json
import pathlib
import subprocess
import sys
import time

TOLERANCE = 1e-5  # of a tensor's norm: the emulator's differences are below 2e-6


def inputs(binary, name):
    import numpy
    network = json.loads(subprocess.run([binary, "info", "--json"], check=True,
                                        capture_output=True).stdout)
    random = numpy.random.default_rng(1)
    for batch in (3, 2):
        numpy.save(f"{name}-{batch}.npy",
                   random.standard_normal((batch, *network["input"]), dtype=numpy.float32))
    labels = random.integers(network["classes"], size=2)
    numpy.save(f"{name}-labels.npy", labels.astype(numpy.float32))


def read(path):
    import numpy
    if path.endswith(".npy"):
        return {path.split("-")[0]: numpy.load(path)}
    data = numpy.fromfile(path, dtype=numpy.uint8)
    size = int(data[:8].view(numpy.int64)[0])
    header = json.loads(data[8:8 + size].tobytes())
    header.pop("__metadata__", None)
    return {name: data[8 + size:][slice(*entry["data_offsets"])].copy().view(numpy.float32)
            for name, entry in header.items()}


def compare(first, second):
    import numpy
    expected, got = read(first), read(second)
    if expected.keys() != got.keys():
        sys.exit(f"{first} and {second} hold other tensors")
    for name, values in expected.items():
        norm = max(float(numpy.linalg.norm(values)), 1e-30)
        error = float(numpy.linalg.norm(values - got[name])) / norm
        if not error < TOLERANCE:
            sys.exit(f"{second}: {name}: relative error {error:.1e}")


def seconds(torch, run):
    """The median of 20, after 5 to warm up."""
    times = []
    for _ in range(25):
        torch.cuda.synchronize()
        begin = time.perf_counter()
        run()
        torch.cuda.synchronize()
        times.append(time.perf_counter() - begin)
    return sorted(times[5:])[10]


def time_torch():
    try:
        import torch
        import torch_alexnet
    except ImportError:
        return {"skipped": "torch is not installed"}
    if not torch.cuda.is_available():
        return {"skipped": "torch has no GPU"}
    torch.backends.cudnn.benchmark = True
    torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = False
    network = torch_alexnet.alexnet().cuda()
    result = {"torch": torch.__version__, "cudnn": torch.backends.cudnn.version(), "forward": {}}
    with torch.no_grad():
        network.eval()
        for batch in (1, 16, 128):
            images = torch.randn(batch, 3, 224, 224, device="cuda")
            result["forward"][batch] = seconds(torch, lambda: network(images))
    step = torch_alexnet.training_step(network, 128, "cuda")
    result["train_step"] = {128: seconds(torch, step)}
    return result


def merge(output, gpu, *steps):
    statuses = dict(step.rsplit("=", 1) for step in steps)
    result = {"gpu": gpu, "steps": {name: int(status) for name, status in statuses.items()}}
    for path in sorted(pathlib.Path().glob("*.json")):
        try:
            result[path.stem] = json.loads(path.read_text())
        except ValueError:
            result[path.stem] = None  # the step that writes it failed
    pathlib.Path(output).write_text(json.dumps(result, indent=2) + "\n")
    failed = [name for name, status in statuses.items() if status != "0"]
    print(f"gpu-check: {len(statuses) - len(failed)} of {len(statuses)} steps passed")
    if failed:
        sys.exit("gpu-check: failed: " + ", ".join(failed))


if __name__ == "__main__":
    command, *arguments = sys.argv[1:]
    if command == "torch":
        print(json.dumps(time_torch(), indent=2))
    else:
        {"inputs": inputs, "compare": compare, "merge": merge}[command](*arguments)
