//===- DatasetFormats.h - the formats behind openDataset --------*- C++ -*-===//

#ifndef ALEXC_RUNTIME_DATASETFORMATS_H
#define ALEXC_RUNTIME_DATASETFORMATS_H

#include "runtime/data/Dataset.h"

namespace alexrt {

/// A folder for each class. `classes` are the names that may occur, sorted; if
/// empty, the folders' own.
DatasetPointer openImageFolder(const std::string &path, std::vector<std::string> classes);

/// A text file of "path label" lines; paths are relative to `imageFolder`.
DatasetPointer openList(const std::string &path, const std::string &imageFolder);

/// The sorted names of the folders in `path`, hidden ones left out.
std::vector<std::string> foldersIn(const std::string &path);

// Each looks for its files in a folder; both parts are null where they are not
// there.
DatasetParts openCifar(const std::string &folder);
DatasetParts openIdx(const std::string &folder);

} // namespace alexrt

#endif // ALEXC_RUNTIME_DATASETFORMATS_H
