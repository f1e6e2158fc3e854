"""check-bounds.py REPORT SHARE: the kernels of layers that multiply, each with the share of the peak that
its inner loop leaves; an error if one leaves less than SHARE."""
import json
import sys

with open(sys.argv[1], encoding="utf-8") as file:
    kernels = json.load(file)["gpus"][0]["kernels"]
shares = {kernel["kernel"]: kernel["loop"]["share_of_peak"] for kernel in kernels if kernel["flop"]}
print(len(shares), "products")
for kernel, share in shares.items():
    print(kernel, share)
sys.exit("".join(f"{kernel}: {share}\n" for kernel, share in shares.items()
                 if share < float(sys.argv[2])) or 0)
