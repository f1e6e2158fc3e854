//===- Description.h - what a compiled network says of itself ---*- C++ -*-===//
//
// The JSON text in AlexrtNetwork.description, written by codegen/Describe.cpp:
//
// { "name": "alexnet", "source": "models/alexnet.json", "compiler": "alexc 0.1.0",
//   "cpu": "znver5", "features": ["avx2", "fma"],      what the code needs
//   "input": [3, 224, 224], "classes": 1000,
//   "preprocess": { "resize": {"shorter": 256} | {"exact": [H, W]}, "crop": [224, 224],
//                   "channels": "rgb" | "bgr" | "grey", "scale": 1.0,
//                   "mean": [123.68, 116.779, 103.939], "std": [1, 1, 1] },
//   "params": [ {"name": "conv1.weight", "shape": [96, 3, 11, 11],
//                "init": {"kind": "normal", "std": 0.01} | {"kind": "constant", "value": 1}
//                      | {"kind": "he"} | {"kind": "xavier"}} ],     in ALEXRT_PARAM's order
//   "layers": [ {"name": "conv1", "op": "conv2d", "shape": [96, 55, 55], "params": 34944,
//                "macs": 105415200} ],                  of the spec, per image, before any pass
//   "entries": [ {"program": "infer_1", "kind": "infer", "batch": 1,
//       "input":  {"offset": 0, "shape": [1, 3, 224, 224]},           in ALEXRT_IO
//       "output": {"offset": 602112, "shape": [1, 1000]},
//       "records": [ {"layer": "conv1+relu1", "kernel": "conv_direct", "macs": 105415200} ],
//       "values": [ {"layer": "relu1", "record": 0, "segment": "scratch", "offset": 0,
//                    "shape": [1, 96, 55, 55],
//                    "layout": {"channel_block": 16, "batch_block": 0, "halo": [0, 0, 0, 0]}} ],
//       "swallowed": { "conv1": "conv1+relu1" },        layer -> the kernel that holds it
//       "removed": { "drop6": "relu6" },                layer -> where its value is
//       "scratch": 123456 } ] }
//
// "values" lists every layer whose value exists in memory after `record`.

#ifndef ALEXC_RUNTIME_DESCRIPTION_H
#define ALEXC_RUNTIME_DESCRIPTION_H

#endif // ALEXC_RUNTIME_DESCRIPTION_H
