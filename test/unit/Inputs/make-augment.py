"""Writes augment.inc, what AugmentTest expects: the same numbers, computed with NumPy.

Nothing here is taken from the runtime but the definitions in Random.h and Augment.h.
"""
import os

import numpy as np

MASK = 0xFFFFFFFF


def philox(counter, seed):
    c, k = list(counter), [seed & MASK, seed >> 32]
    for _ in range(10):
        p0, p1 = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
        c = [(p1 >> 32) ^ c[1] ^ k[0], p1 & MASK, (p0 >> 32) ^ c[3] ^ k[1], p0 & MASK]
        k = [(k[0] + 0x9E3779B9) & MASK, (k[1] + 0xBB67AE85) & MASK]
    return c


def words(seed, sample, step, purpose):
    stream = 2166136261
    for byte in purpose.encode():
        stream = ((stream ^ byte) * 16777619) & MASK
    return philox([0, sample, step, stream], seed)


def normals(words):
    result = []
    for a, b in ((words[0], words[1]), (words[2], words[3])):
        radius = np.sqrt(-2 * np.log(((a >> 8) + 1) / 2**24))
        angle = 2 * np.pi * (b >> 8) / 2**24
        result += [radius * np.cos(angle), radius * np.sin(angle)]
    return np.array(result[:3])


def picture(number, size):
    """As in AugmentTest.cpp."""
    h, w, c = np.meshgrid(*map(np.arange, (size, size, 3)), indexing="ij")
    return (7 * h + 13 * w + 29 * c + h * w * (c + 1) + 51 * number * (c + 2)) % 256


def components(pictures):
    """Eigenvalues and eigenvectors (rows) of the colours' covariance, the largest first."""
    pixels = np.stack(pictures).reshape(-1, 3).astype(float)
    values, vectors = np.linalg.eigh(np.cov(pixels.T, bias=True))
    rows = vectors.T[::-1]
    signs = [np.sign(row[np.argmax(abs(row))]) for row in rows]
    return values[::-1], rows * np.array(signs)[:, None]


def write(file, name, values):
    numbers = ", ".join(f"{value:.9g}" for value in np.ravel(values))
    file.write(f"const std::vector<double> {name} = {{{numbers}}};\n")


CANVAS, CROP, SEED, STEP, SHARE = 12, 8, 0x123456783, 7, 2
pictures = [picture(0, CANVAS), picture(1, CANVAS)]
mean = np.mean(pictures, axis=0)
variances, vectors = components(pictures)

views, shifts = [], []
for sample in range(6):
    crop = words(SEED, sample // SHARE, STEP, "augment:crop")
    mirror = words(SEED, sample // SHARE, STEP, "augment:mirror")[0] >> 31
    places = CANVAS - CROP + 1
    views.append([crop[0] * places >> 32, crop[1] * places >> 32, mirror])
    alpha = 0.1 * normals(words(SEED, sample, STEP, "augment:colour"))
    by_deviation = vectors.T @ (alpha * np.sqrt(variances))
    # the paper's form: eigenvalues of pixels from 0 to 1, the sum brought back to 0..255
    by_eigenvalue = 255 * (vectors.T @ (alpha * variances / 255**2))
    shifts.append([by_deviation, by_eigenvalue])

# sample 3, mirrored or not, of a network that takes bgr, scaled by 0.5, std 2, 3, 4
top, left, mirror = views[3]
pixels = (pictures[1] + shifts[3][0] - mean) * 0.5
crop = pixels[top:top + CROP, left:left + CROP, ::-1] / [2, 3, 4]
crop = crop[:, ::-1] if mirror else crop

five = picture(0, 5).astype(float)
corners = [five[t:t + 3, l:l + 3] for t, l in ((0, 0), (0, 2), (2, 0), (2, 2), (1, 1))]
ten = [c.transpose(2, 0, 1) for c in corners + [c[:, ::-1] for c in corners]]

with open(os.path.join(os.path.dirname(__file__), "augment.inc"), "w") as file:
    file.write("// Made by make-augment.py. Do not edit.\n")
    write(file, "goldenVariances", variances)
    write(file, "goldenVectors", vectors)
    write(file, "goldenViews", views)
    write(file, "goldenShiftsByDeviation", [both[0] for both in shifts])
    write(file, "goldenShiftsByEigenvalue", [both[1] for both in shifts])
    write(file, "goldenInput", crop.transpose(2, 0, 1))
    write(file, "goldenTenCrops", ten)
