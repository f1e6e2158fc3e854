//===- PlanPicture.h - a placed network as SVG ------------------*- C++ -*-===//

#ifndef ALEXC_TOOLS_PLANPICTURE_H
#define ALEXC_TOOLS_PLANPICTURE_H

#include "compiler/partition/PartitionReport.h"

namespace alexc {

/// Draws an entry under a plan: a column for each device, a row for each kernel of
/// the way forward, and a line with its bytes wherever a value crosses. Names are
/// escaped.
std::string drawPlan(const PartitionReport &report, llvm::StringRef title);

} // namespace alexc

#endif // ALEXC_TOOLS_PLANPICTURE_H
