// Streams, events, graphs and two devices: each program prints the bits of its result. Those whose
// names begin with "missing" lack one wait.
#include "check.cuh"

using namespace alexc;

constexpr int n = 64, rounds = 4;

__global__ void add(float *y, float value) { y[threadIdx.x] += value; }
__global__ void scale(float *y, float value) { y[threadIdx.x] *= value; }
__global__ void add_to(float *y, const float *x) { y[threadIdx.x] += x[threadIdx.x]; }
__global__ void copy(float *to, const float *from) { to[threadIdx.x] = from[threadIdx.x]; }

/// y[i] = relu(sum over k of w[i][k] * x[k]): half of the outputs of a layer.
__global__ void half_layer(const float *x, const float *w, float *y) {
  float sum = 0;
  for (int k = 0; k < n; ++k)
    sum = fmaf(w[threadIdx.x * n + k], x[k], sum);
  y[threadIdx.x] = sum > 0 ? sum : 0;
}

static cudaStream_t newStream() {
  cudaStream_t stream;
  CHECK(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking));
  return stream;
}
static cudaEvent_t newEvent() {
  cudaEvent_t event;
  CHECK(cudaEventCreateWithFlags(&event, cudaEventDisableTiming));
  return event;
}
/// What `to` does next comes after what `from` does now.
static void order(cudaStream_t from, cudaStream_t to, cudaEvent_t event) {
  CHECK(cudaEventRecord(event, from));
  CHECK(cudaStreamWaitEvent(to, event, 0));
}

/// Two streams take turns on one buffer.
static void takeTurns(float *y, cudaStream_t a, cudaStream_t b, bool waits) {
  cudaEvent_t event = newEvent();
  for (int round = 0; round < rounds; ++round) {
    CHECK(launch(add, dim3(1), dim3(n), 0, a, y, 1.0f));
    if (waits || round != 2)
      order(a, b, event);
    CHECK(launch(scale, dim3(1), dim3(n), 0, b, y, 1.5f));
    order(b, a, event);
  }
  CHECK(cudaEventDestroy(event));
}

static void events(bool waits) {
  float *y = input(n, 1);
  cudaStream_t a = newStream(), b = newStream();
  takeTurns(y, a, b, waits);
  CHECK(cudaStreamSynchronize(a));
  print("events", fetch(y, n));
  CHECK(cudaStreamDestroy(a));
  CHECK(cudaStreamDestroy(b));
}

/// The same turns, captured and launched.
static void graph(bool waits) {
  float *y = input(n, 1);
  cudaStream_t a = newStream(), b = newStream();
  cudaGraph_t graph;
  cudaGraphExec_t executable;
  CHECK(cudaStreamBeginCapture(a, cudaStreamCaptureModeThreadLocal));
  if (!waits) // or b would not be captured
    order(a, b, newEvent());
  takeTurns(y, a, b, waits);
  CHECK(cudaStreamEndCapture(a, &graph));
  CHECK(cudaGraphInstantiate(&executable, graph, 0));
  CHECK(cudaGraphDestroy(graph));
  for (int launch = 0; launch < 2; ++launch)
    CHECK(cudaGraphLaunch(executable, a));
  CHECK(cudaStreamSynchronize(a));
  CHECK(cudaGraphExecDestroy(executable));
  print("graph", fetch(y, n));
}

/// Batches pass through one pinned buffer, which is filled anew while the last batch is used.
static void staging(bool waits) {
  float *pinned, *x = output(n), *sum = input(n, 3);
  CHECK(cudaMallocHost(&pinned, n * sizeof(float)));
  cudaStream_t copies = newStream(), step = newStream();
  cudaEvent_t copied = newEvent(), used = newEvent();
  for (int batch = 0; batch < rounds; ++batch) {
    if (waits || batch != 2)
      CHECK(cudaEventSynchronize(copied));
    for (int i = 0; i < n; ++i)
      pinned[i] = batch + i;
    CHECK(cudaStreamWaitEvent(copies, used, 0));
    CHECK(cudaMemcpyAsync(x, pinned, n * sizeof(float), cudaMemcpyHostToDevice, copies));
    order(copies, step, copied);
    CHECK(launch(add_to, dim3(1), dim3(n), 0, step, sum, x));
    CHECK(launch(scale, dim3(1), dim3(n), 0, step, sum, 0.5f));
    CHECK(cudaEventRecord(used, step));
  }
  CHECK(cudaDeviceSynchronize());
  print("staging", fetch(sum, n));
  CHECK(cudaFreeHost(pinned));
}

namespace {
struct Device {
  cudaStream_t stream;
  float *x[2], *w;
  cudaEvent_t done[rounds];
};
} // namespace

static Device openDevice(int index) {
  CHECK(cudaSetDevice(index));
  CHECK(cudaDeviceEnablePeerAccess(1 - index, 0));
  Device device{newStream(), {input(n, 1), input(n, 1)}, input(n / 2 * n, 5 + index), {}};
  for (cudaEvent_t &event : device.done)
    event = newEvent();
  return device;
}

/// Each of two devices computes half of each layer and sends it to the other: by a copy in even
/// layers, by a kernel that writes to the peer in odd ones.
static void devices(bool waits) {
  Device device[2] = {openDevice(0), openDevice(1)};
  for (int layer = 0; layer < rounds; ++layer) {
    const int from = layer % 2, to = 1 - from;
    for (int d = 0; d < 2; ++d) {
      CHECK(cudaSetDevice(d));
      float *mine = device[d].x[to] + d * n / 2, *theirs = device[1 - d].x[to] + d * n / 2;
      cudaStream_t stream = device[d].stream;
      CHECK(launch(half_layer, dim3(1), dim3(n / 2), 0, stream, device[d].x[from], device[d].w,
                   mine));
      if (layer % 2)
        CHECK(launch(copy, dim3(1), dim3(n / 2), 0, stream, theirs, mine));
      else
        CHECK(cudaMemcpyPeerAsync(theirs, 1 - d, mine, d, n / 2 * sizeof(float), stream));
      CHECK(cudaEventRecord(device[d].done[layer], stream));
    }
    for (int d = 0; d < 2; ++d)
      if (waits || layer != 1)
        CHECK(cudaStreamWaitEvent(device[d].stream, device[1 - d].done[layer], 0));
  }
  for (int d = 0; d < 2; ++d) {
    CHECK(cudaSetDevice(d));
    CHECK(cudaStreamSynchronize(device[d].stream));
    print("device", fetch(device[d].x[rounds % 2], n));
  }
}

static void expect(cudaError_t error, cudaError_t wanted, const char *what) {
  if (error != wanted)
    printf("%s: expected %s, got %s\n", what, cudaGetErrorName(wanted), cudaGetErrorName(error));
}

/// Calls that CUDA refuses.
static void refusals() {
  float *y = input(n, 1);
  cudaStream_t a = newStream(), b = newStream();
  cudaGraph_t graph;
  CHECK(cudaStreamBeginCapture(a, cudaStreamCaptureModeGlobal));
  expect(cudaStreamSynchronize(a), cudaErrorStreamCaptureUnsupported, "synchronize");
  expect(cudaStreamEndCapture(a, &graph), cudaErrorStreamCaptureInvalidated, "end");
  CHECK(cudaStreamBeginCapture(a, cudaStreamCaptureModeThreadLocal));
  order(a, b, newEvent());
  CHECK(launch(add, dim3(1), dim3(n), 0, b, y, 1.0f));
  expect(cudaStreamEndCapture(a, &graph), cudaErrorStreamCaptureUnjoined, "end");
  expect(cudaStreamEndCapture(a, &graph), cudaErrorStreamCaptureUnmatched, "end");

  expect(launch(add, dim3(1), dim3(2048), 0, a, y, 1.0f), cudaErrorInvalidConfiguration, "block");
  expect(launch(add, dim3(1), dim3(n), 300 << 10, a, y, 1.0f), cudaErrorInvalidValue, "shared");
  expect(cudaMemcpy(y, y, n * 4 + 4, cudaMemcpyDeviceToDevice), cudaErrorInvalidValue, "range");
  expect(cudaMemcpy(y, y, n * 4, cudaMemcpyHostToDevice), cudaErrorInvalidValue, "kind");
  expect(cudaFree(y + 1), cudaErrorInvalidValue, "free");
  expect(cudaSetDevice(2), cudaErrorInvalidDevice, "device");
  expect(cudaGetLastError(), cudaErrorInvalidDevice, "last error");
  expect(cudaGetLastError(), cudaSuccess, "no error");
  printf("refused\n");
}

int main(int, char **arguments) {
  const char *name = arguments[1];
  bool waits = strncmp(name, "missing_", 8) != 0;
  name += waits ? 0 : 8;
  if (!strcmp(name, "events"))
    events(waits);
  else if (!strcmp(name, "graph"))
    graph(waits);
  else if (!strcmp(name, "staging"))
    staging(waits);
  else if (!strcmp(name, "devices"))
    devices(waits);
  else if (!strcmp(name, "refusals"))
    refusals();
}
