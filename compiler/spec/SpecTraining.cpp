//===- SpecTraining.cpp - read how a spec's network is trained -------------===//

#include "compiler/spec/ObjectReader.h"
#include "compiler/spec/Spec.h"

using namespace alexc;
using llvm::StringRef;
using Kind = JsonValue::Kind;

static OptimizerSpec readOptimizer(const JsonValue &value, SpecErrors &errors) {
  ObjectReader reader(value, "training: optimizer: ", errors);
  OptimizerSpec optimizer;
  reader.choice<bool>("kind", {{"sgd", true}});
  optimizer.rate = reader.positiveNumber("lr");
  optimizer.momentum = reader.number("momentum", "a number from 0 up to, not including, 1",
                                     [](double value) { return value >= 0 && value < 1; });
  optimizer.decay = reader.atLeastZero("weight_decay", 0);
  optimizer.rateFactors = readFactors(reader, "lr_factor");
  optimizer.decayFactors = readFactors(reader, "decay_factor");
  reader.finish();
  return optimizer;
}

/// The epochs at which a step schedule divides the learning rate: ascending.
static std::vector<int64_t> readEpochs(ObjectReader &reader) {
  std::vector<int64_t> epochs;
  const JsonValue *value = reader.required("at");
  if (!value)
    return epochs;
  if (!value->is(Kind::list))
    reader.refuse("at", *value, "a list of epochs");
  for (const JsonValue &element : value->elements) {
    int64_t least = epochs.empty() ? 1 : epochs.back() + 1;
    if (!reader.checkInteger("at", element, 1))
      break;
    if (element.integer < least)
      reader.refuse("at", element, "an epoch after " + llvm::Twine(least - 1));
    epochs.push_back(element.integer);
  }
  return epochs;
}

static ScheduleSpec readSchedule(const JsonValue &value, SpecErrors &errors) {
  using ScheduleKind = ScheduleSpec::Kind;
  ObjectReader reader(value, "training: schedule: ", errors);
  ScheduleSpec schedule;
  schedule.kind = reader.choice<ScheduleKind>("kind", {{"constant", ScheduleKind::constant},
                                                       {"step", ScheduleKind::step},
                                                       {"plateau", ScheduleKind::plateau}});
  schedule.epochs = reader.positive("epochs");
  if (schedule.kind != ScheduleKind::constant)
    schedule.divideBy = reader.number(
        "divide_by", "a number above 1", [](double value) { return value > 1; }, 10);
  if (schedule.kind == ScheduleKind::step)
    schedule.at = readEpochs(reader);
  if (schedule.kind == ScheduleKind::plateau) {
    schedule.times = reader.positive("times");
    schedule.patience = reader.positive("patience", 1);
  }
  reader.finish();
  return schedule;
}

static ColourSpec readColour(const JsonValue &value, SpecErrors &errors) {
  ObjectReader reader(value, "training: augmentation: colour: ", errors);
  ColourSpec colour;
  reader.choice<bool>("kind", {{"pca", true}});
  colour.deviation = reader.atLeastZero("std");
  colour.usesEigenvalues =
      reader.choice<bool>("unit", {{"eigenvalue", true}, {"standard_deviation", false}});
  colour.range = reader.positiveNumber("pixel_range");
  reader.finish();
  return colour;
}

static AugmentationSpec readAugmentation(const JsonValue &value, SpecErrors &errors) {
  ObjectReader reader(value, "training: augmentation: ", errors);
  AugmentationSpec augmentation;
  augmentation.randomCrop =
      reader.choice<bool>("crop", {{"centre", false}, {"random", true}}, false);
  augmentation.mirror = reader.boolean("mirror", false);
  if (const JsonValue *colour = reader.optional("colour"))
    augmentation.colour = readColour(*colour, errors);
  augmentation.share = reader.positive("share", 1);
  reader.finish();
  return augmentation;
}

TrainingSpec alexc::readTraining(const JsonValue &value, SpecErrors &errors) {
  ObjectReader reader(value, "training: ", errors);
  TrainingSpec training;
  training.batch = reader.positive("batch");
  if (const JsonValue *optimizer = reader.required("optimizer"))
    training.optimizer = readOptimizer(*optimizer, errors);
  if (const JsonValue *schedule = reader.required("schedule"))
    training.schedule = readSchedule(*schedule, errors);
  training.initializers = readInitializers(reader, "initialisation");
  if (const JsonValue *augmentation = reader.optional("augmentation"))
    training.augmentation = readAugmentation(*augmentation, errors);
  reader.finish();
  return training;
}
