// Functions, their options, and runs: arrays of unnamed type become arrays of the Function's.
#include <smolgrad/function.hpp>

#include <string>
#include <utility>

#include "boundary.hpp"

using namespace smolgrad;
using capi::handle;
using capi::tape_of;

struct smolgrad_function {
  Function function;
};

struct smolgrad_function_options {
  FunctionOptions options;
  smolgrad_tape* tape = nullptr;  // of the guards
};

struct smolgrad_run_options {
  RunOptions options;
};

namespace {

[[noreturn]] void throw_null() { throw Error(ErrorCode::invalid_argument, "an argument is NULL"); }

/// The Values of an array that is NULL if there are none.
std::vector<Value> values_on(const smolgrad_tape* tape, smolgrad_value* const values[], size_t count) {
  if (count == 0) return {};
  std::vector<Value> result = capi::values_of(values, count);
  for (size_t i = 0; i < count; ++i) {
    if (tape_of(values[i]) != tape) throw Error(ErrorCode::wrong_tape, "a value is not of the tape compiled on");
  }
  return result;
}

template <class Compare>
int32_t add_guard(smolgrad_function_options* options, const smolgrad_value* left, const smolgrad_value* right,
                  Compare compare) {
  smolgrad_tape* const tape = tape_of(left == nullptr ? right : left);
  if (options == nullptr || left == nullptr || right == nullptr) return capi::report_null(tape);
  return capi::status_of(tape, [&] {
    const Borrowed a(handle(left));
    const Borrowed b(handle(right));
    if (tape_of(right) != tape || (options->tape != nullptr && options->tape != tape)) {
      throw Error(ErrorCode::wrong_tape, "guards of different tapes");
    }
    const GuardScope guards(tape->tape);
    compare(static_cast<const Value&>(a), static_cast<const Value&>(b));
    options->options.guards.push_back(guards.guards().front());
    options->tape = tape;
  });
}

template <class T>
const T* array_of(const void* array) {
  return static_cast<const T*>(array);
}
template <class T>
T* array_of(void* array) {
  return static_cast<T*>(array);
}

/// Calls the method of Function for the type its arrays have.
template <class Double, class Float, class... Arrays>
int32_t run(const smolgrad_function* f, Double of_double, Float of_float, const smolgrad_run_options* run_options,
            size_t rows, Arrays... arrays) {
  if (f == nullptr) return SMOLGRAD_ERROR_INVALID_ARGUMENT;
  return capi::status_of(nullptr, [&] {
    const RunOptions options = run_options == nullptr ? RunOptions() : run_options->options;
    if (f->function.dtype() == Dtype::float64) {
      (f->function.*of_double)(rows, array_of<double>(arrays)..., options);
    } else {
      (f->function.*of_float)(rows, array_of<float>(arrays)..., options);
    }
  });
}

/// Runs `body` on a Function; its status.
template <class Body>
int32_t with(const smolgrad_function* f, Body body) {
  if (f == nullptr) return SMOLGRAD_ERROR_INVALID_ARGUMENT;
  return capi::status_of(nullptr, [&] { body(f->function); });
}

template <class Options, class Set>
int32_t set_option(Options* options, Set set) {
  if (options == nullptr) return SMOLGRAD_ERROR_INVALID_ARGUMENT;
  set(options->options);
  return SMOLGRAD_OK;
}

void copy_entries(const std::vector<SparsityEntry>& entries, size_t rows[], size_t columns[], size_t capacity,
                  size_t* needed) {
  if ((rows == nullptr || columns == nullptr) && capacity > 0) throw_null();
  if (needed != nullptr) *needed = entries.size();
  if (rows == nullptr || columns == nullptr) return;
  if (capacity < entries.size()) throw Error(ErrorCode::invalid_argument, "the arrays are too small");
  for (const SparsityEntry& entry : entries) {
    *rows++ = entry.row;
    *columns++ = entry.column;
  }
}

}  // namespace

smolgrad_function_options* smolgrad_function_options_create(void) {
  return capi::result_of<smolgrad_function_options*>(nullptr, nullptr, [] { return new smolgrad_function_options; });
}

void smolgrad_function_options_destroy(smolgrad_function_options* options) { delete options; }

int32_t smolgrad_function_options_set_dtype(smolgrad_function_options* options, int32_t dtype) {
  if (dtype < 0 || dtype > SMOLGRAD_DTYPE_FLOAT32) return SMOLGRAD_ERROR_INVALID_ARGUMENT;
  return set_option(options, [&](FunctionOptions& o) { o.dtype = static_cast<Dtype>(dtype); });
}

int32_t smolgrad_function_options_add_guard_less(smolgrad_function_options* options, const smolgrad_value* left,
                                                 const smolgrad_value* right) {
  return add_guard(options, left, right, [](const Value& a, const Value& b) { return a < b; });
}

int32_t smolgrad_function_options_add_guard_less_equal(smolgrad_function_options* options, const smolgrad_value* left,
                                                       const smolgrad_value* right) {
  return add_guard(options, left, right, [](const Value& a, const Value& b) { return a <= b; });
}

int32_t smolgrad_function_options_add_guard_equal(smolgrad_function_options* options, const smolgrad_value* left,
                                                  const smolgrad_value* right) {
  return add_guard(options, left, right, [](const Value& a, const Value& b) { return a == b; });
}

smolgrad_function* smolgrad_function_compile(smolgrad_tape* tape, smolgrad_value* const inputs[], size_t n_in,
                                             smolgrad_value* const shared[], size_t n_shared,
                                             smolgrad_value* const outputs[], size_t n_out,
                                             const smolgrad_function_options* options) {
  if (tape == nullptr) {
    capi::report_null(capi::first_tape(outputs, n_out));
    return nullptr;
  }
  return capi::result_of<smolgrad_function*>(tape, nullptr, [&] {
    const FunctionOptions defaults;
    if (options != nullptr && options->tape != nullptr && options->tape != tape) {
      throw Error(ErrorCode::wrong_tape, "the guards are not of the tape compiled on");
    }
    return new smolgrad_function{Function(values_on(tape, inputs, n_in), values_on(tape, shared, n_shared),
                                          values_on(tape, outputs, n_out),
                                          options == nullptr ? defaults : options->options)};
  });
}

void smolgrad_function_destroy(smolgrad_function* f) { delete f; }

size_t smolgrad_function_input_count(const smolgrad_function* f) {
  return f == nullptr ? 0 : f->function.input_count();
}

size_t smolgrad_function_shared_count(const smolgrad_function* f) {
  return f == nullptr ? 0 : f->function.shared_count();
}

size_t smolgrad_function_output_count(const smolgrad_function* f) {
  return f == nullptr ? 0 : f->function.output_count();
}

int32_t smolgrad_function_dtype(const smolgrad_function* f) {
  return f == nullptr ? -1 : static_cast<int32_t>(f->function.dtype());
}

smolgrad_run_options* smolgrad_run_options_create(void) {
  return capi::result_of<smolgrad_run_options*>(nullptr, nullptr, [] { return new smolgrad_run_options; });
}

void smolgrad_run_options_destroy(smolgrad_run_options* options) { delete options; }

int32_t smolgrad_run_options_set_threads(smolgrad_run_options* options, size_t threads) {
  return set_option(options, [&](RunOptions& o) { o.threads = threads; });
}

int32_t smolgrad_run_options_set_runner(smolgrad_run_options* options,
                                        void (*runner)(void (*task)(void* context, size_t index), void* context,
                                                       size_t count, void* user_data),
                                        void* user_data) {
  return set_option(options, [&](RunOptions& o) {
    o.runner = runner;
    o.user_data = user_data;
  });
}

int32_t smolgrad_function_evaluate(const smolgrad_function* f, size_t rows, const void* inputs, const void* shared,
                                   void* outputs, const smolgrad_run_options* run_options) {
  return run(f, &Function::evaluate<double>, &Function::evaluate<float>, run_options, rows, inputs, shared, outputs);
}

int32_t smolgrad_function_gradient(const smolgrad_function* f, size_t rows, const void* inputs, const void* shared,
                                   void* outputs, void* d_inputs, void* d_shared,
                                   const smolgrad_run_options* run_options) {
  return run(f, &Function::gradient<double>, &Function::gradient<float>, run_options, rows, inputs, shared, outputs,
             d_inputs, d_shared);
}

int32_t smolgrad_function_jacobian(const smolgrad_function* f, size_t rows, const void* inputs, const void* shared,
                                   void* outputs, void* jacobian, const smolgrad_run_options* run_options) {
  return run(f, &Function::jacobian<double>, &Function::jacobian<float>, run_options, rows, inputs, shared, outputs,
             jacobian);
}

int32_t smolgrad_function_hessian(const smolgrad_function* f, size_t rows, const void* inputs, const void* shared,
                                  void* outputs, void* hessian, const smolgrad_run_options* run_options) {
  return run(f, &Function::hessian<double>, &Function::hessian<float>, run_options, rows, inputs, shared, outputs,
             hessian);
}

int32_t smolgrad_function_jvp(const smolgrad_function* f, size_t rows, const void* inputs, const void* shared,
                              const void* tangents, void* outputs, void* d_outputs,
                              const smolgrad_run_options* run_options) {
  return run(f, &Function::jvp<double>, &Function::jvp<float>, run_options, rows, inputs, shared, tangents, outputs,
             d_outputs);
}

int32_t smolgrad_function_vjp(const smolgrad_function* f, size_t rows, const void* inputs, const void* shared,
                              const void* adjoints, void* outputs, void* d_inputs, void* d_shared,
                              const smolgrad_run_options* run_options) {
  return run(f, &Function::vjp<double>, &Function::vjp<float>, run_options, rows, inputs, shared, adjoints, outputs,
             d_inputs, d_shared);
}

int32_t smolgrad_function_hessian_vector(const smolgrad_function* f, size_t rows, const void* inputs,
                                         const void* shared, const void* vectors, void* outputs, void* products,
                                         const smolgrad_run_options* run_options) {
  return run(f, &Function::hessian_vector<double>, &Function::hessian_vector<float>, run_options, rows, inputs, shared,
             vectors, outputs, products);
}

int32_t smolgrad_function_check(const smolgrad_function* f, size_t rows, const void* inputs, const void* shared,
                                uint8_t* diverged, size_t* count, const smolgrad_run_options* run_options) {
  return with(f, [&](const Function& function) {
    const RunOptions options = run_options == nullptr ? RunOptions() : run_options->options;
    const size_t found =
        function.dtype() == Dtype::float64
            ? function.check(rows, array_of<double>(inputs), array_of<double>(shared), diverged, options)
            : function.check(rows, array_of<float>(inputs), array_of<float>(shared), diverged, options);
    if (count != nullptr) *count = found;
  });
}

int32_t smolgrad_function_jacobian_sparsity(const smolgrad_function* f, size_t rows[], size_t columns[],
                                            size_t capacity, size_t* needed) {
  return with(f, [&](const Function& g) { copy_entries(g.jacobian_sparsity(), rows, columns, capacity, needed); });
}

int32_t smolgrad_function_hessian_sparsity(const smolgrad_function* f, size_t rows[], size_t columns[], size_t capacity,
                                           size_t* needed) {
  return with(f, [&](const Function& g) { copy_entries(g.hessian_sparsity(), rows, columns, capacity, needed); });
}

smolgrad_function* smolgrad_function_derivative(const smolgrad_function* f) {
  if (f == nullptr) return nullptr;
  return capi::result_of<smolgrad_function*>(nullptr, nullptr,
                                             [&] { return new smolgrad_function{f->function.derivative()}; });
}

int32_t smolgrad_function_to_text(const smolgrad_function* f, char* buffer, size_t capacity, size_t* needed) {
  return with(f, [&](const Function& function) { capi::copy_string(function.to_text(), buffer, capacity, needed); });
}

int32_t smolgrad_function_to_dot(const smolgrad_function* f, char* buffer, size_t capacity, size_t* needed) {
  return with(f, [&](const Function& function) { capi::copy_string(function.to_dot(), buffer, capacity, needed); });
}
