#include "boundary.hpp"
#include "model.hpp"

using namespace smolgrad;

smolgrad_tape* smolgrad_tape_create(void) {
  return capi::result_of<smolgrad_tape*>(nullptr, nullptr, [] {
    auto* const tape = new smolgrad_tape;
    set_host(tape->tape, tape);
    return tape;
  });
}

void smolgrad_tape_destroy(smolgrad_tape* tape) {
  if (tape == nullptr) return;
  while (tape->models != nullptr) smolgrad_mlp_destroy(tape->models);
  destroy_now(tape->tape);
  delete tape;
}

void smolgrad_tape_close(smolgrad_tape* tape) {
  if (tape == nullptr) return;
  const std::shared_ptr<smolgrad_finished_models> finished = tape->finished;
  const std::lock_guard<std::mutex> lock(finished->mutex);
  capi::destroy_finished(*finished);
  finished->closed = true;
  tape->closed = true;
  destroy_with_last_handle(tape->tape, [](void* closed) { delete static_cast<smolgrad_tape*>(closed); });
}

int32_t smolgrad_tape_error_code(const smolgrad_tape* tape) {
  return tape == nullptr ? SMOLGRAD_ERROR_INVALID_ARGUMENT : tape->error_code;
}

const char* smolgrad_tape_error_message(const smolgrad_tape* tape) {
  return tape == nullptr ? "the tape is NULL" : tape->error_message;
}

void smolgrad_tape_clear_error(smolgrad_tape* tape) {
  if (tape == nullptr) return;
  tape->error_code = SMOLGRAD_OK;
  tape->error_message[0] = '\0';
}

size_t smolgrad_tape_scope_open(smolgrad_tape* tape) {
  if (tape == nullptr) return 0;
  return capi::result_of<size_t>(tape, 0, [&] { return open_scope(tape->tape); });
}

int32_t smolgrad_tape_scope_close(smolgrad_tape* tape, size_t scope) {
  if (tape == nullptr) return SMOLGRAD_ERROR_INVALID_ARGUMENT;
  return capi::status_of(tape, [&] { close_scope(tape->tape, scope); });
}

size_t smolgrad_tape_node_count(const smolgrad_tape* tape) {
  if (tape == nullptr) return 0;
  capi::destroy_finished(*tape);
  return tape->tape.node_count();
}

size_t smolgrad_tape_memory_bytes(const smolgrad_tape* tape) { return tape == nullptr ? 0 : tape->tape.memory_bytes(); }

int32_t smolgrad_tape_zero_grad(smolgrad_tape* tape) {
  if (tape == nullptr) return SMOLGRAD_ERROR_INVALID_ARGUMENT;
  capi::destroy_finished(*tape);
  tape->tape.zero_grad();
  return SMOLGRAD_OK;
}
