// RUN: alex-opt %s --alex-extract-load --verify-diagnostics

// expected-error @below {{expected no function @load before parameters are extracted}}
func.func private @load()
