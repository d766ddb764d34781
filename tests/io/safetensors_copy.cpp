// usage: safetensors_copy FROM TO: reads a safetensors file and writes what it read.
//        safetensors_copy --model FROM TO: the same as a model.
#include <cstdio>
#include <cstring>
#include <exception>

#include <smolgrad/checkpoint.hpp>

#include "io/safetensors.hpp"

int main(int count, char** arguments) try {
  if (count == 4 && std::strcmp(arguments[1], "--model") == 0) {
    smolgrad::Tape tape;
    smolgrad::save(smolgrad::load_mlp(tape, arguments[2]), arguments[3]);
    return 0;
  }
  if (count != 3) return 2;
  const smolgrad::io::Safetensors file = smolgrad::io::read_safetensors(arguments[1]);
  smolgrad::io::write_safetensors(arguments[2], file.metadata(), file.tensors());
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
