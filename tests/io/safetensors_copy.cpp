// usage: safetensors_copy FROM TO: reads a safetensors file and writes what it read.
#include <cstdio>
#include <exception>

#include "io/safetensors.hpp"

int main(int count, char** arguments) try {
  if (count != 3) return 2;
  const smolgrad::io::Safetensors file = smolgrad::io::read_safetensors(arguments[1]);
  smolgrad::io::write_safetensors(arguments[2], file.metadata(), file.tensors());
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
