#include <limits>

#include "boundary.hpp"

using namespace smolgrad;
using capi::handle;
using capi::tape_of;

namespace {

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

}  // namespace

smolgrad_value* smolgrad_value_create(smolgrad_tape* tape, double data) {
  if (tape == nullptr) return nullptr;
  return capi::value_of(tape, [&] { return tape->tape.value(data); });
}

smolgrad_value* smolgrad_constant(smolgrad_tape* tape, double data) {
  if (tape == nullptr) return nullptr;
  return capi::value_of(tape, [&] { return tape->tape.constant(data); });
}

int32_t smolgrad_value_create_array(smolgrad_tape* tape, const double* data, size_t count, smolgrad_value* out[]) {
  if (tape == nullptr || (count > 0 && (data == nullptr || out == nullptr))) return capi::report_null(tape);
  return capi::status_of(tape, [&] {
    capi::require_possible(count);
    capi::hand_out(tape->tape.values({data, data + count}), out);
  });
}

smolgrad_value* smolgrad_value_retain(smolgrad_value* value) {
  return capi::result_of<smolgrad_value*>(tape_of(value), nullptr, [&] {
    retain(handle(value));
    return value;
  });
}

void smolgrad_value_release(smolgrad_value* value) {
  if (value != nullptr) capi::status_of(tape_of(value), [&] { release(handle(value)); });
}

void smolgrad_value_release_later(smolgrad_value* value) {
  // On another thread the tape's error is not ours to write.
  if (value != nullptr) capi::status_of(nullptr, [&] { release_later(handle(value)); });
}

smolgrad_tape* smolgrad_value_tape(const smolgrad_value* value) { return tape_of(value); }

double smolgrad_value_data(const smolgrad_value* value) {
  return capi::result_of(tape_of(value), not_a_number, [&] { return Borrowed(handle(value))->data(); });
}

int32_t smolgrad_value_set_data(smolgrad_value* value, double data) {
  return capi::status_of(tape_of(value), [&] { Borrowed(handle(value))->set_data(data); });
}

double smolgrad_value_grad(const smolgrad_value* value) {
  return capi::result_of(tape_of(value), not_a_number, [&] { return Borrowed(handle(value))->grad(); });
}

int32_t smolgrad_value_set_grad(smolgrad_value* value, double grad) {
  return capi::status_of(tape_of(value), [&] { Borrowed(handle(value))->set_grad(grad); });
}

const char* smolgrad_value_label(const smolgrad_value* value) {
  return capi::result_of<const char*>(tape_of(value), nullptr,
                                      [&] { return Borrowed(handle(value))->label().c_str(); });
}

int32_t smolgrad_value_set_label(smolgrad_value* value, const char* label) {
  if (label == nullptr) return capi::report_null(tape_of(value));
  return capi::status_of(tape_of(value), [&] { Borrowed(handle(value))->set_label(label); });
}

const char* smolgrad_value_operation(const smolgrad_value* value) {
  return capi::result_of<const char*>(tape_of(value), nullptr, [&] { return Borrowed(handle(value))->operation(); });
}

int32_t smolgrad_value_to_string(const smolgrad_value* value, char* buffer, size_t capacity, size_t* needed) {
  return capi::status_of(tape_of(value),
                         [&] { capi::copy_string(to_string(Borrowed(handle(value))), buffer, capacity, needed); });
}

int32_t smolgrad_backward(const smolgrad_value* root) {
  return capi::status_of(tape_of(root), [&] { Borrowed(handle(root))->backward(); });
}

int32_t smolgrad_graph_to_dot(const smolgrad_value* root, char* buffer, size_t capacity, size_t* needed) {
  return capi::status_of(tape_of(root),
                         [&] { capi::copy_string(to_dot(Borrowed(handle(root))), buffer, capacity, needed); });
}
