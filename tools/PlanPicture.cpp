//===- PlanPicture.cpp - a placed network as SVG -------------------------------===//

#include "tools/PlanPicture.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/JSON.h"
#include <fmt/format.h>

using namespace mlir;
using namespace alexc;

// pixels
static constexpr int64_t boxWidth = 220, boxHeight = 26, gap = 260, pitch = 48;
static constexpr int64_t top = 80, side = 30;

/// `text` as it may stand in XML.
static std::string escaped(StringRef text) {
  std::string result;
  for (char c : llvm::json::fixUTF8(text)) {
    bool isControl = static_cast<unsigned char>(c) < 0x20;
    result += c == '&'    ? "&amp;"
              : c == '<'  ? "&lt;"
              : c == '>'  ? "&gt;"
              : c == '"'  ? "&quot;"
              : isControl ? "?"
                          : std::string(1, c);
  }
  return result;
}

namespace {
class PlanPicture {
public:
  explicit PlanPicture(const PartitionReport &report) : report(report) {}

  std::string draw(StringRef title);

private:
  int64_t left(int64_t device) const { return side + device * (boxWidth + gap); }
  int64_t middle(size_t row) const { return top + row * pitch + boxHeight / 2; }
  size_t rowOf(StringRef layer, size_t otherwise) const;
  void drawText(int64_t x, int64_t y, StringRef anchor, StringRef text);
  void drawColumn(int64_t device);
  void drawBox(int64_t device, size_t row);
  void drawEdge(const PartitionEdge &edge);

  const PartitionReport &report;
  std::string svg;
};
} // namespace

/// The row of the kernel that computes `layer`.
size_t PlanPicture::rowOf(StringRef layer, size_t otherwise) const {
  StringRef name = layer.split(',').first; // "fc6, parameters"
  for (auto [row, kernel] : llvm::enumerate(report.layers)) {
    SmallVector<StringRef> layers;
    StringRef(kernel.name).split(layers, '+');
    if (llvm::is_contained(layers, name))
      return row;
  }
  return otherwise;
}

void PlanPicture::drawText(int64_t x, int64_t y, StringRef anchor, StringRef text) {
  svg += fmt::format("<text x=\"{}\" y=\"{}\" text-anchor=\"{}\">{}</text>\n", x, y, anchor.str(),
                     escaped(text));
}

void PlanPicture::drawBox(int64_t device, size_t row) {
  const PlacedLayer &layer = report.layers[row];
  int64_t macs = layer.macs[device], y = top + row * pitch;
  if (macs < 0)
    return;
  svg += fmt::format("<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"/>\n", left(device), y,
                     boxWidth, boxHeight);
  std::string cost = macs ? fmt::format("  {:.1f} GMAC", macs / 1e9) : "";
  constexpr size_t longest = 28;
  bool isLong = layer.name.size() > longest;
  drawText(left(device) + boxWidth / 2, y + 17, "middle",
           layer.name.substr(0, longest) + (isLong ? "..." : "") + cost);
}

void PlanPicture::drawColumn(int64_t device) {
  const DeviceLoad &load = report.devices[device];
  int64_t x = left(device) + boxWidth / 2;
  svg += fmt::format("<line x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\"/>\n", x, top, x,
                     middle(report.layers.size() - 1));
  drawText(
      x, top - 14, "middle",
      fmt::format("device {}: {:.1f} GMAC, {:.1f} MB", device, load.macs / 1e9, load.peak() / 1e6));
  for (size_t row = 0; row < report.layers.size(); ++row)
    drawBox(device, row);
}

/// From the box of what is read to that of the reader; the bytes stand nearer to
/// the former, for there may be an edge the other way.
void PlanPicture::drawEdge(const PartitionEdge &edge) {
  size_t source = rowOf(edge.source, 0), reader = rowOf(edge.reader, report.layers.size() - 1);
  bool isRight = edge.from < edge.to;
  int64_t x1 = left(edge.from) + (isRight ? boxWidth : 0), y1 = middle(source);
  int64_t x2 = left(edge.to) + (isRight ? 0 : boxWidth), y2 = middle(reader);
  svg += fmt::format("<path d=\"M{} {} L{} {}\" marker-end=\"url(#arrow)\"/>\n", x1, y1, x2, y2);
  std::string text = fmt::format("{:.2f} MB", edge.forward / 1e6);
  if (edge.backward)
    text += fmt::format(", back {:.2f} MB", edge.backward / 1e6);
  drawText(x1 + (isRight ? 8 : -8), y1 + (y2 - y1) / 6 - 4, isRight ? "start" : "end", text);
}

std::string PlanPicture::draw(StringRef title) {
  int64_t width = left(report.devices.size()) - gap + side;
  int64_t height = top + report.layers.size() * pitch;
  svg = fmt::format("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" height=\"{1}\" "
                    "viewBox=\"0 0 {0} {1}\">\n",
                    width, height);
  svg += "<style>text { font: 12px sans-serif; paint-order: stroke; stroke: white; "
         "stroke-width: 3px } rect { fill: #eef; stroke: #446 } line { stroke: #446 } "
         "path { stroke: #a40; fill: none }</style>\n"
         "<marker id=\"arrow\" viewBox=\"0 0 8 8\" refX=\"8\" refY=\"4\" markerWidth=\"8\" "
         "markerHeight=\"8\" orient=\"auto\"><path d=\"M0 0 L8 4 L0 8\"/></marker>\n"
         "<rect width=\"100%\" height=\"100%\" style=\"fill: white; stroke: none\"/>\n";
  drawText(side, 24, "start", title);
  for (size_t device = 0; device < report.devices.size(); ++device)
    drawColumn(device);
  for (const PartitionEdge &edge : report.edges)
    drawEdge(edge);
  return svg + "</svg>\n";
}

std::string alexc::drawPlan(const PartitionReport &report, StringRef title) {
  return PlanPicture(report).draw(title);
}
