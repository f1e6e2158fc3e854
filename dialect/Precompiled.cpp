// Holds the precompiled header that the libraries of alexc share; the headers
// are listed in CMakeLists.txt.
