//===- RetrieveCommand.cpp - pictures that the network finds alike --------===//

#include "runtime/File.h"
#include "runtime/command/Commands.h"
#include "runtime/command/Format.h"
#include "runtime/command/Pictures.h"
#include "runtime/command/TileSheet.h"
#include "runtime/data/PngWriter.h"

#include <CLI/CLI.hpp>
#include <filesystem>
#include <fmt/format.h>

using namespace alexrt;

namespace {
struct RetrieveOptions {
  std::vector<std::string> queries;
  std::string folder, layer, by = "features", sheet;
  int64_t top = 6;
  bool score = false;
  ParameterSource parameters;
  int threads = 0;
};

/// One call of the command.
class RetrieveRun {
public:
  RetrieveRun(const Binary &binary, const RetrieveOptions &options)
      : binary(binary), options(options), dataset(openForEvaluation(options.folder)),
        preprocessor(makePreprocessor(binary.description, options.parameters)) {}

  void answer();
  void score();

private:
  using Reader = std::function<PictureRows(const Pictures &)>;

  const Binary &binary;
  const RetrieveOptions &options;
  DatasetPointer dataset;
  Preprocessor preprocessor;
  std::unique_ptr<Network> network;
  std::string layer;

  void makeNetwork();
  PictureRows read(const Pictures &pictures, bool byPixels);
  std::string classOf(size_t number) const;
  void print(const std::string &query, const std::vector<Neighbour> &neighbours,
             const PictureRows &gallery) const;
  void drawRow(TileSheet &sheet, int64_t row, const std::string &query,
               const std::vector<Neighbour> &neighbours, const PictureRows &gallery) const;
  std::optional<size_t> rowOf(const std::string &query, const PictureRows &gallery) const;
  void printScore(const PictureRows &gallery, const std::string &what) const;
};
} // namespace

/// The last layer before the classifier that has a value in memory at every
/// batch size. Throws Error where there is none.
static std::string defaultLayer(const Description &description) {
  auto isInMemory = [&](const std::string &layer) {
    return std::all_of(
        description.entries.begin(), description.entries.end(),
        [&](const Entry &entry) { return entry.kind != "infer" || entry.findValue(layer); });
  };
  const std::vector<LayerInfo> &layers = description.layers;
  auto classifier = std::find_if(layers.rbegin(), layers.rend(),
                                 [](const LayerInfo &layer) { return layer.params > 0; });
  for (auto layer = classifier; layer != layers.rend(); ++layer)
    if (layer != classifier && isInMemory(layer->name))
      return layer->name;
  throw Error("no layer before the classifier has a value in memory: give --layer");
}

void RetrieveRun::makeNetwork() {
  if (network)
    return;
  layer = options.layer.empty() ? defaultLayer(binary.description) : options.layer;
  network = std::make_unique<Network>(binary.table, NetworkOptions{options.threads});
  setParameters(*network, options.parameters);
}

PictureRows RetrieveRun::read(const Pictures &pictures, bool byPixels) {
  if (byPixels)
    return readPixels(pictures, preprocessor, options.threads);
  makeNetwork();
  return readFeatures(pictures, preprocessor, *network, layer);
}

std::string RetrieveRun::classOf(size_t number) const {
  auto label = size_t(dataset->label(number));
  const std::vector<std::string> &names = dataset->classNames();
  return label < names.size() ? names[label] : fmt::format("class {}", label);
}

//===----------------------------------------------------------------------===//
// The nearest
//===----------------------------------------------------------------------===//

/// The row of the query's own file, which says nothing.
std::optional<size_t> RetrieveRun::rowOf(const std::string &query,
                                         const PictureRows &gallery) const {
  for (size_t row = 0; row < gallery.numbers.size(); ++row) {
    std::error_code ignored; // no file of that name: another picture
    if (std::filesystem::equivalent(query, dataset->nameOf(gallery.numbers[row]), ignored))
      return row;
  }
  return std::nullopt;
}

void RetrieveRun::print(const std::string &query, const std::vector<Neighbour> &neighbours,
                        const PictureRows &gallery) const {
  Table table;
  table.addColumn("distance", Align::right);
  table.addColumn("class");
  table.addColumn("file");
  for (const Neighbour &neighbour : neighbours) {
    size_t number = gallery.numbers[neighbour.row];
    table.addRow({fmt::format("{:.4f}", neighbour.distance), printable(classOf(number)),
                  printable(dataset->nameOf(number))});
  }
  fmt::print("{}\n{}", printable(query), table.toString());
}

/// Scaled to fit a tile of the sheet.
static Image thumbnail(const Image &image, Size tile) {
  double scale = std::min(double(tile.height) / double(image.height),
                          double(tile.width) / double(image.width));
  Size size = {std::max<int64_t>(1, int64_t(double(image.height) * scale)),
               std::max<int64_t>(1, int64_t(double(image.width) * scale))};
  return resizeImage(image, size, {0, 0, size});
}

constexpr Size tileSize = {128, 128};

/// The query, then its neighbours.
void RetrieveRun::drawRow(TileSheet &sheet, int64_t row, const std::string &query,
                          const std::vector<Neighbour> &neighbours,
                          const PictureRows &gallery) const {
  sheet.put(row, 0, thumbnail(readImage(query), tileSize));
  for (size_t i = 0; i < neighbours.size(); ++i)
    sheet.put(row, int64_t(i) + 1,
              thumbnail(dataset->load(gallery.numbers[neighbours[i].row]), tileSize));
}

void RetrieveRun::answer() {
  bool byPixels = options.by == "pixels";
  PictureRows queries = read(picturesOf(options.queries), byPixels);
  if (queries.numbers.size() < options.queries.size())
    throw Error(fmt::format("{} of {} queries could not be read",
                            options.queries.size() - queries.numbers.size(),
                            options.queries.size()));
  PictureRows gallery = read(picturesOf(dataset), byPixels);
  TileSheet sheet(tileSize, int64_t(options.queries.size()), options.top + 1, 4);
  for (size_t i = 0; i < options.queries.size(); ++i) {
    const std::string &query = options.queries[i];
    std::vector<Neighbour> neighbours =
        nearestRows(gallery.rows, queries.rows.row(i), size_t(options.top), rowOf(query, gallery));
    print(query, neighbours, gallery);
    if (!options.sheet.empty())
      drawRow(sheet, int64_t(i), query, neighbours, gallery);
  }
  if (!options.sheet.empty())
    writePng(options.sheet, sheet.image());
}

//===----------------------------------------------------------------------===//
// The score
//===----------------------------------------------------------------------===//

void RetrieveRun::printScore(const PictureRows &gallery, const std::string &what) const {
  size_t count = gallery.numbers.size();
  if (count < 2)
    throw Error(fmt::format("{}: expected at least two pictures, got {}", options.folder, count));
  std::vector<int32_t> labels;
  for (size_t number : gallery.numbers)
    labels.push_back(dataset->label(number));
  size_t alike = countAlike(gallery.rows, labels, options.threads);
  fmt::print("nearest by {}: of the same class for {} of {} images, {:.2f} %\n", what, alike, count,
             100.0 * double(alike) / double(count));
}

void RetrieveRun::score() {
  PictureRows features = read(picturesOf(dataset), false);
  printScore(features, fmt::format("features ({})", printable(layer)));
  printScore(read(picturesOf(dataset), true), "pixels");
}

//===----------------------------------------------------------------------===//
// The command line
//===----------------------------------------------------------------------===//

static void runRetrieve(const Binary &binary, const RetrieveOptions &options) {
  if (options.score == !options.queries.empty())
    throw UsageError(options.score ? "both QUERY and --score are given: choose one"
                                   : "nothing to look for: give a QUERY image, or --score");
  RetrieveRun run(binary, options);
  options.score ? run.score() : run.answer();
}

void alexrt::addRetrieveCommand(CLI::App &app, const Binary &binary) {
  CLI::App *command = app.add_subcommand("retrieve", "Find the images most like one");
  auto options = std::make_shared<RetrieveOptions>();
  command->add_option("QUERY", options->queries, "JPEG or PNG files to look for")->type_name("");
  command->add_option("--in", options->folder, "The data set to look in")
      ->type_name("DIR")
      ->required();
  command
      ->add_option("--layer", options->layer,
                   "Compare this layer's values; by default the last before the classifier")
      ->type_name("LAYER");
  command->add_option("--by", options->by, "Compare features (by default) or pixels")
      ->type_name("WHAT")
      ->check(CLI::IsMember({"features", "pixels"}));
  command->add_option("--top", options->top, "How many images to find, 6 by default")
      ->type_name("N")
      ->check(between(1, 1000));
  command->add_option("--sheet", options->sheet, "Draw each query and its neighbours in a PNG")
      ->type_name("FILE");
  command->add_flag("--score", options->score,
                    "Say how often the nearest image has the same class, by features and pixels");
  addParameterOptions(*command, options->parameters);
  addThreadsOption(*command, options->threads);
  command->footer("Examples:\n"
                  "  retrieve cat.jpg --in photos --weights W.safetensors --sheet cats.png\n"
                  "  retrieve --score --in cifar10 --weights W.safetensors");
  command->callback([options, &binary] { runRetrieve(binary, *options); });
}
