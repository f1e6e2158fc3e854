# How lit runs the tests of this folder; paths come from lit.site.cfg.py.
import os
import shutil
import subprocess
import sys
import tempfile

import lit.formats

config.name = "alexc"
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".mlir", ".test"]
config.excludes = ["Inputs", "unit"]
config.test_source_root = os.path.dirname(__file__)
config.test_exec_root = os.path.join(config.alexc_build, "test")
config.environment["PATH"] = os.pathsep.join(
    [config.alexc_bin, config.llvm_tools, os.environ["PATH"]])
config.environment["LC_ALL"] = "C.UTF-8"
config.environment["PYTHONPATH"] = config.test_source_root
config.environment["PYTHONDONTWRITEBYTECODE"] = "1"  # nothing is left in the source tree
# what nvcc made in one run of the tests serves the next
config.environment["XDG_CACHE_HOME"] = os.path.join(config.test_exec_root, "cache")
config.substitutions.append(("%models", os.path.join(config.alexc_source, "models")))
config.substitutions.append(("%source", config.alexc_source))
config.substitutions.append(("%build", config.alexc_build))
# what a program that links the runtime must be linked with
sanitizers = "-fsanitize=address,undefined -fsanitize-link-c++-runtime"
config.substitutions.append(("%sanitize", sanitizers if config.alexc_sanitize else ""))
config.substitutions.append(("%plugins", os.path.join(config.alexc_build, "test", "plugin")))
config.substitutions.append(
    ("%status", f"{sys.executable} {os.path.join(config.test_source_root, 'exit-status.py')}"))
config.substitutions.append(
    ("%peak-memory",
     f"{sys.executable} {os.path.join(config.test_source_root, 'peak-memory.py')}"))
# a CUDA program compiled for the emulator: %emulate FILE.cu %emulator -o PROGRAM
cuda = os.path.join(config.alexc_source, "runtime", "cuda")
config.substitutions.append(
    ("%emulate", "clang++-22 -std=c++17 -O1 -g1 -march=x86-64-v3 -ffp-contract=off -Wall -Wextra "
                 f"-Werror -DALEXC_EMULATOR -I {cuda} -x c++"))
config.substitutions.append(
    ("%emulator", "-x none " + os.path.join(config.alexc_build, "lib", "libalexrt-emulator.a")
                  + " -pthread -ldl"))
if config.alexc_sanitize:
    config.available_features.add("sanitize")
# the same, its kernels watched by ThreadSanitizer, where g++ has it and the kernel lets it run
races = "g++ -std=c++17 -O1 -g1 -ffp-contract=off -fsanitize=thread"
config.substitutions.append(("%races", f"{races} -DALEXC_EMULATOR -I {cuda} -x c++"))
with tempfile.TemporaryDirectory() as folder:
    program = os.path.join(folder, "program")
    compiled = subprocess.run([*races.split(), "-x", "c++", "-", "-o", program], text=True,
                              input="int main() {}", stderr=subprocess.DEVNULL)
    if compiled.returncode == 0 and subprocess.run([program]).returncode == 0:
        config.available_features.add("races")
    else:
        lit_config.note("g++ has no ThreadSanitizer that runs here: its tests are left out")
config.substitutions.append(
    ("%legal-orders",
     f"{sys.executable} {os.path.join(config.test_source_root, 'cuda', 'legal-orders.py')}"))
nvcc = shutil.which("nvcc") or os.path.join(os.environ.get("CUDA_HOME", ""), "bin", "nvcc")
if os.access(nvcc, os.X_OK):
    config.available_features.add("nvcc")
else:
    lit_config.note("no nvcc on the path or in CUDA_HOME: its tests are left out")
cuda_path = os.path.dirname(os.path.dirname(os.path.realpath(nvcc)))
if any(os.path.exists(os.path.join(path, "include", "nccl.h"))
       for path in (cuda_path, "/usr", "/usr/local")):
    config.available_features.add("nccl")
else:
    lit_config.note("no NCCL: its test is left out")
config.substitutions.append(("%nvcc-path", nvcc))
config.substitutions.append(("%nvcc", f"{nvcc} -std=c++17 -fmad=false -I {cuda}"))
if shutil.which("nvdisasm", path=os.pathsep.join([os.environ["PATH"], os.path.dirname(nvcc)])):
    config.available_features.add("nvdisasm")
else:
    lit_config.note("no nvdisasm on the path or beside nvcc: the test of the kernels' bounds is left out")
if "nvcc" in config.available_features and shutil.which("clang++-22"):
    config.available_features.add("clang-cuda")
else:
    lit_config.note("no clang++-22 beside nvcc: the tests of CUDA by clang are left out")
config.substitutions.append(
    ("%clang-cuda", f"clang++-22 -x cuda --cuda-path={cuda_path} --cuda-gpu-arch=sm_90 "
                    "--cuda-device-only -Wno-unknown-cuda-version -std=c++17 -O1 "
                    f"-ffp-contract=off -Wall -Werror -Wno-unused-const-variable -I {cuda}"))
if subprocess.run(["python3", "-c", "import jsonschema"], stderr=subprocess.DEVNULL).returncode == 0:
    config.available_features.add("jsonschema")
# the Python that Debian's packages are for, whatever else is on the path
pillow = "/usr/bin/python3"
if subprocess.run([pillow, "-c", "import PIL, numpy"], stderr=subprocess.DEVNULL).returncode == 0:
    config.available_features.add("pillow")
config.substitutions.append(("%pillow", pillow))
# ranks on this machine, however few CPUs it has: %mpirun -n 2 PROGRAM
mpirun = "mpirun --allow-run-as-root --oversubscribe"
config.substitutions.append(("%mpirun", mpirun))
if subprocess.run([*mpirun.split(), "-n", "2", "true"], stderr=subprocess.DEVNULL).returncode == 0:
    config.available_features.add("mpi")
else:
    lit_config.note("mpirun starts no ranks here: their tests are left out")
photos = os.environ.get("ALEXC_PHOTOS")
if photos:
    config.available_features.add("photos")
    config.substitutions.append(("%photos", os.path.abspath(photos)))
else:
    lit_config.note("ALEXC_PHOTOS names no folder of photographs: the test of them is left out")
