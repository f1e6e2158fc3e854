//===- Import.cpp - from a spec to the alex dialect ------------------------===//

#include "compiler/spec/Import.h"

#include "compiler/spec/EntryBuilder.h"
#include "mlir/IR/Verifier.h"

using namespace mlir;
using namespace alexc;

//===----------------------------------------------------------------------===//
// alex.network
//===----------------------------------------------------------------------===//

namespace {
/// Writes the module attribute that tells the driver and the runtime what
/// network this is. The keys mean what they mean in runtime/Description.h.
struct NetworkWriter {
  Builder builder;

  NamedAttribute entry(StringRef name, Attribute value) {
    return builder.getNamedAttr(name, value);
  }
  NamedAttribute entry(StringRef name, StringRef value) {
    return entry(name, Attribute(builder.getStringAttr(value)));
  }
  NamedAttribute entry(StringRef name, int64_t value) {
    return entry(name, Attribute(builder.getI64IntegerAttr(value)));
  }
  NamedAttribute entry(StringRef name, double value) {
    return entry(name, Attribute(builder.getF64FloatAttr(value)));
  }
  NamedAttribute entry(StringRef name, bool value) {
    return entry(name, Attribute(builder.getBoolAttr(value)));
  }
  NamedAttribute entry(StringRef name, ArrayRef<int64_t> value) {
    return entry(name, Attribute(builder.getDenseI64ArrayAttr(value)));
  }
  DictionaryAttr dictionary(ArrayRef<NamedAttribute> entries) {
    return builder.getDictionaryAttr(entries);
  }

  DictionaryAttr preprocess(const Spec &spec);
  DictionaryAttr optimizer(const OptimizerSpec &optimizer);
  DictionaryAttr schedule(const ScheduleSpec &schedule);
  DictionaryAttr augmentation(const AugmentationSpec &augmentation);
  Attribute training(const Spec &spec);
  DictionaryAttr initializer(const Initializer &initializer);
  ArrayAttr params(ArrayRef<Parameter> params);
  ArrayAttr layers(const Spec &spec, ArrayRef<LayerReport> reports);
  DictionaryAttr devices(const DevicesSpec &devices);
  DictionaryAttr network(const Spec &spec, StringRef source, const EntryBuilder &entry);
};
} // namespace

DictionaryAttr NetworkWriter::preprocess(const Spec &spec) {
  const PreprocessingSpec &settings = spec.preprocessing;
  NamedAttribute resize = settings.exactSize
                              ? entry("exact", ArrayRef<int64_t>(*settings.exactSize))
                              : entry("shorter", *settings.shorterSide);
  int64_t crop[] = {spec.input.height, spec.input.width};
  return dictionary(
      {entry("resize", Attribute(dictionary(resize))), entry("crop", ArrayRef<int64_t>(crop)),
       entry("channels", StringRef(settings.channels)), entry("scale", settings.scale),
       entry("mean", Attribute(builder.getF64ArrayAttr(settings.mean))),
       entry("std", Attribute(builder.getF64ArrayAttr(settings.deviation))),
       entry("measure_mean", StringRef(settings.measuredMean))});
}

DictionaryAttr NetworkWriter::optimizer(const OptimizerSpec &optimizer) {
  return dictionary({entry("lr", optimizer.rate), entry("momentum", optimizer.momentum),
                     entry("weight_decay", optimizer.decay)});
}

DictionaryAttr NetworkWriter::schedule(const ScheduleSpec &schedule) {
  static constexpr StringRef kinds[] = {"constant", "step", "plateau"};
  return dictionary({entry("kind", kinds[size_t(schedule.kind)]), entry("epochs", schedule.epochs),
                     entry("divide_by", schedule.divideBy),
                     entry("at", ArrayRef<int64_t>(schedule.at)), entry("times", schedule.times),
                     entry("patience", schedule.patience)});
}

DictionaryAttr NetworkWriter::augmentation(const AugmentationSpec &augmentation) {
  Attribute colour = builder.getUnitAttr(); // null in JSON
  if (const std::optional<ColourSpec> &shift = augmentation.colour)
    colour = dictionary(
        {entry("std", shift->deviation), entry("pixel_range", shift->range),
         entry("unit", StringRef(shift->usesEigenvalues ? "eigenvalue" : "standard_deviation"))});
  return dictionary({entry("crop", StringRef(augmentation.randomCrop ? "random" : "centre")),
                     entry("mirror", augmentation.mirror), entry("colour", colour),
                     entry("share", augmentation.share)});
}

/// How the network is trained; a unit attribute where the spec does not say.
Attribute NetworkWriter::training(const Spec &spec) {
  if (!spec.hasTraining)
    return builder.getUnitAttr();
  const TrainingSpec &training = spec.training;
  return dictionary({entry("batch", training.batch),
                     entry("optimizer", Attribute(optimizer(training.optimizer))),
                     entry("schedule", Attribute(schedule(training.schedule))),
                     entry("augmentation", Attribute(augmentation(training.augmentation)))});
}

DictionaryAttr NetworkWriter::initializer(const Initializer &initializer) {
  switch (initializer.kind) {
  case Initializer::Kind::normal:
    return dictionary({entry("kind", StringRef("normal")), entry("std", initializer.value)});
  case Initializer::Kind::constant:
    return dictionary({entry("kind", StringRef("constant")), entry("value", initializer.value)});
  case Initializer::Kind::he:
    return dictionary(entry("kind", StringRef("he")));
  case Initializer::Kind::xavier:
    return dictionary(entry("kind", StringRef("xavier")));
  }
  llvm_unreachable("unknown initializer");
}

ArrayAttr NetworkWriter::params(ArrayRef<Parameter> params) {
  SmallVector<Attribute> list;
  for (const Parameter &param : params)
    list.push_back(dictionary(
        {entry("name", StringRef(param.name)), entry("shape", ArrayRef<int64_t>(param.shape)),
         entry("init", Attribute(initializer(param.initializer))),
         entry("rate_factor", param.rateFactor), entry("decay_factor", param.decayFactor)}));
  return builder.getArrayAttr(list);
}

ArrayAttr NetworkWriter::layers(const Spec &spec, ArrayRef<LayerReport> reports) {
  SmallVector<Attribute> list;
  for (auto [layer, report] : llvm::zip_equal(spec.layers, reports)) {
    auto inputs = llvm::map_to_vector(layer.inputs,
                                      [](const InputName &input) { return StringRef(input.name); });
    list.push_back(dictionary(
        {entry("name", StringRef(layer.name)), entry("op", StringRef(layer.op)),
         entry("shape", ArrayRef<int64_t>(report.shape)), entry("params", report.params),
         entry("macs", report.macs), entry("inputs", Attribute(builder.getStrArrayAttr(inputs)))}));
  }
  return builder.getArrayAttr(list);
}

DictionaryAttr NetworkWriter::devices(const DevicesSpec &devices) {
  return dictionary({entry("count", devices.count), entry("plan", StringRef(devices.plan))});
}

DictionaryAttr NetworkWriter::network(const Spec &spec, StringRef source,
                                      const EntryBuilder &built) {
  int64_t image[] = {spec.input.channels, spec.input.height, spec.input.width};
  return dictionary({entry("name", StringRef(spec.name)), entry("source", source),
                     entry("input", ArrayRef<int64_t>(image)), entry("classes", built.classes()),
                     entry("preprocess", Attribute(preprocess(spec))),
                     entry("training", training(spec)),
                     entry("devices", Attribute(devices(spec.devices))),
                     entry("params", Attribute(params(built.parameters()))),
                     entry("layers", Attribute(layers(spec, built.reports())))});
}

//===----------------------------------------------------------------------===//
// The module
//===----------------------------------------------------------------------===//

/// Kind and batch size of each entry.
static SmallVector<std::pair<StringRef, int64_t>> entriesOf(const Spec &spec,
                                                            const ImportOptions &options) {
  SmallVector<std::pair<StringRef, int64_t>> entries;
  for (int64_t batch : options.batches)
    entries.emplace_back("infer", batch);
  if (options.training && spec.hasLoss && spec.hasTraining)
    for (StringRef kind : {"train_step", "gradients", "evaluate"})
      entries.emplace_back(kind, spec.training.batch);
  return entries;
}

/// Adds the entries, and the description of the network.
static LogicalResult addEntries(ModuleOp module, const Spec &spec, StringRef path,
                                const ImportOptions &options) {
  OpBuilder builder = OpBuilder::atBlockEnd(module.getBody());
  for (auto [kind, batch] : entriesOf(spec, options)) {
    if (module.lookupSymbol((kind + "_" + Twine(batch)).str()))
      continue;
    EntryBuilder entry(builder, spec, kind, batch);
    if (failed(entry.build()))
      return failure();
    module->setAttr("alex.network", NetworkWriter{Builder(builder)}.network(spec, path, entry));
  }
  return success();
}

static FailureOr<Spec> read(MLIRContext &context, StringRef path, ArrayRef<SpecEdit> edits) {
  SpecErrors errors;
  FailureOr<JsonValue> tree = loadSpec(path, edits, errors);
  if (succeeded(tree)) {
    FailureOr<Spec> spec = readSpec(*tree, errors);
    if (succeeded(spec))
      return spec;
  }
  emitError(locationOf(context, errors.get().where)) << errors.get().message;
  return failure();
}

OwningOpRef<ModuleOp> alexc::importSpec(MLIRContext &context, StringRef path,
                                        const ImportOptions &options) {
  context.loadDialect<AlexDialect, func::FuncDialect>();
  FailureOr<Spec> spec = read(context, path, options.edits);
  if (failed(spec))
    return nullptr;
  OwningOpRef<ModuleOp> module = ModuleOp::create(locationOf(context, spec->where));
  if (failed(addEntries(*module, *spec, path, options)) || failed(verify(*module)))
    return nullptr;
  return module;
}
