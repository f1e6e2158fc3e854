"""make-images.py COUNT CHANNELS HEIGHT WIDTH CLASSES: writes x.npy and labels.npy here."""
import math
import sys

from arrays import write_npy

*shape, classes = map(int, sys.argv[1:])
write_npy("x.npy", tuple(shape), [math.sin(i * i % 1009) for i in range(math.prod(shape))])
write_npy("labels.npy", (shape[0],), [i * 5 % classes for i in range(shape[0])])
