// Capture of streams into graphs, and their launch.
#include "emulator/Streams.h"

#include <algorithm>

using Nodes = std::vector<alexc::emulator::GraphNode>;

struct CUgraph_st {
  std::shared_ptr<const Nodes> nodes;
};
struct CUgraphExec_st {
  std::shared_ptr<const Nodes> nodes;
};

namespace alexc::emulator {

void runGraphNode(GraphRun &graph, const std::function<size_t(size_t)> &choose) {
  std::vector<size_t> ready;
  for (size_t i = 0; i < graph.nodes->size(); ++i) {
    auto &needs = (*graph.nodes)[i].needs;
    if (!graph.done[i] &&
        std::all_of(needs.begin(), needs.end(), [&](size_t need) { return graph.done[need]; }))
      ready.push_back(i);
  }
  size_t node = ready[choose(ready.size())]; // needs are earlier nodes: there is one
  (*graph.nodes)[node].run();
  graph.done[node] = true;
  --graph.left;
}

/// Whether all nodes come before the last ones of the origin.
static bool isJoined(const Capture &capture, const std::vector<size_t> &last) {
  std::vector<bool> reached(capture.nodes.size(), false);
  for (size_t node : last)
    reached[node] = true;
  for (size_t i = capture.nodes.size(); i-- > 0;)
    if (reached[i])
      for (size_t need : capture.nodes[i].needs)
        reached[need] = true;
  return std::all_of(reached.begin(), reached.end(), [](bool is) { return is; });
}

} // namespace alexc::emulator

using namespace alexc::emulator;
using Guard = std::lock_guard<std::recursive_mutex>;

cudaError_t cudaStreamBeginCapture(cudaStream_t handle, cudaStreamCaptureMode mode) {
  Guard guard(apiLock());
  CUstream_st *stream = handle ? findStream(handle) : nullptr;
  if (!stream || stream->capture)
    return remember(handle ? cudaErrorInvalidValue : cudaErrorStreamCaptureUnsupported);
  stream->capture = std::make_shared<Capture>();
  stream->capture->origin = stream;
  stream->capture->mode = mode;
  stream->capture->thread = std::this_thread::get_id();
  stream->last.clear();
  return cudaSuccess;
}

cudaError_t cudaStreamEndCapture(cudaStream_t handle, cudaGraph_t *graph) {
  Guard guard(apiLock());
  *graph = nullptr;
  CUstream_st *stream = handle ? findStream(handle) : nullptr;
  if (!stream || !stream->capture || stream->capture->origin != stream)
    return remember(cudaErrorStreamCaptureUnmatched);
  std::shared_ptr<Capture> capture = stream->capture;
  bool joined = isJoined(*capture, stream->last);
  endCapture(*capture);
  if (!capture->valid)
    return remember(cudaErrorStreamCaptureInvalidated);
  if (!joined)
    return remember(cudaErrorStreamCaptureUnjoined);
  *graph = new CUgraph_st{std::make_shared<const Nodes>(capture->nodes)};
  return cudaSuccess;
}

cudaError_t cudaGraphInstantiate(cudaGraphExec_t *executable, cudaGraph_t graph,
                                 unsigned long long) {
  Guard guard(apiLock());
  if (!graph)
    return remember(cudaErrorInvalidValue);
  *executable = new CUgraphExec_st{graph->nodes};
  return cudaSuccess;
}

cudaError_t cudaGraphLaunch(cudaGraphExec_t executable, cudaStream_t handle) {
  Guard guard(apiLock());
  CUstream_st *stream = findStream(handle);
  if (!executable || !stream)
    return remember(cudaErrorInvalidResourceHandle);
  size_t count = executable->nodes->size();
  auto run = std::make_shared<GraphRun>(
      GraphRun{executable->nodes, std::vector<bool>(count, false), count});
  return remember(enqueue(stream, {{}, {}, {}, std::move(run), 0}));
}

cudaError_t cudaGraphDestroy(cudaGraph_t graph) {
  delete graph;
  return cudaSuccess;
}

cudaError_t cudaGraphExecDestroy(cudaGraphExec_t executable) {
  delete executable;
  return cudaSuccess;
}
