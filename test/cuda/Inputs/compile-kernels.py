"""compile-kernels.py MODEL.json[@PRECISION]... -- COMPILER...

Compiles the kernels of the models for each architecture, a text that several of them have
only once, and shows what the compiler says of those that it refuses."""
import concurrent.futures
import glob
import os
import re
import subprocess
import sys

ARCHITECTURES = ("sm_80", "sm_90", "sm_100")
KERNELS_OF_FILE = 12
KERNEL = re.compile(r"^__global__ void (?:__launch_bounds__\([^)]*\) )?(\w+)\(.*?^}$", re.M | re.S)


def kernels_of(model):
    """(name, text) of each kernel, the name as in "alexnet_conv1_relu1"."""
    model, _, precision = model.partition("@")
    folder = os.path.splitext(os.path.basename(model))[0] + precision
    subprocess.run(["alexc", "compile", model, "--devices", "1", "--emit", "cuda", "-o", folder,
                    "--precision", precision or "fp32"], check=True)
    for file in sorted(glob.glob(folder + "/*.cu")):
        with open(file, encoding="utf-8") as source:
            for kernel in KERNEL.finditer(source.read()):
                start, end = (place - kernel.start() for place in kernel.span(1))
                text = kernel.group()
                yield f"{folder}_{kernel[1]}".replace("-", "_"), (text[:start], text[end:])


def distinct(models):
    """The kernels that differ by more than names and comments, as texts."""
    texts = {}
    for model in models:
        for name, parts in kernels_of(model):
            key = re.sub(r"^ *//.*\n|\s+", "", "".join(parts), flags=re.M)
            texts.setdefault(key, name.join(parts))
    return list(texts.values())


def write_files(texts):
    files = []
    for first in range(0, len(texts), KERNELS_OF_FILE):
        files.append(f"kernels{first}.cu")
        with open(files[-1], "w", encoding="utf-8") as file:
            file.write('#include "alexc_cuda.cuh"\n\nusing namespace alexc;\n\n')
            file.write("\n\n".join(texts[first:first + KERNELS_OF_FILE]) + "\n")
    return files


def refusal(compiler, file, architecture):
    command = [*compiler, "-arch=" + architecture, "-cubin", "-o", f"{file}.{architecture}", file]
    compiled = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return f"{file} for {architecture}:\n{compiled.stdout}" if compiled.returncode else ""


def main():
    split = sys.argv.index("--")
    models, compiler = sys.argv[1:split], sys.argv[split + 1:]
    texts = distinct(models)
    if not texts:
        sys.exit("no kernels")
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        tasks = [pool.submit(refusal, compiler, file, architecture)
                 for file in write_files(texts) for architecture in ARCHITECTURES]
    print(f"{len(texts)} kernels for {', '.join(ARCHITECTURES)}")
    sys.exit("".join(task.result() for task in tasks) or 0)


main()
