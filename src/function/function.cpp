#include <smolgrad/function.hpp>

#include <array>
#include <atomic>
#include <functional>
#include <mutex>
#include <new>
#include <stdexcept>

#include <fmt/compile.h>

#include "../graph/passes.hpp"
#include "../runtime/executor.hpp"
#include "access.hpp"
#include "compile.hpp"
#include "trace.hpp"

namespace smolgrad {

namespace {

using function::Kind;
using function::Wanted;

/// Turns what the parts throw into what users are promised.
template <class Action>
auto reporting(const Action& action) {
  try {
    return action();
  } catch (const std::bad_alloc&) {
    throw Error(ErrorCode::out_of_memory, "out of memory for a Function");
  } catch (const std::logic_error& error) {
    throw Error(ErrorCode::internal, error.what());
  }
}

[[noreturn]] void refuse(const char* message) { throw Error(ErrorCode::invalid_argument, message); }

inline void require(bool condition, const char* message) {
  if (!condition) refuse(message);
}

template <class T>
constexpr Dtype dtype_of = sizeof(T) == sizeof(double) ? Dtype::float64 : Dtype::float32;

/// Programs by what they are for, each compiled when first asked for.
template <class T>
class Programs {
 public:
  Programs() = default;
  Programs(const Programs&) = delete;
  Programs& operator=(const Programs&) = delete;
  ~Programs() {
    for (const auto& program : programs_) delete program.load(std::memory_order_relaxed);
  }

  const runtime::Executor<T>& get(const graph::Graph& graph, Kind kind, Wanted wanted) {
    std::atomic<const runtime::Executor<T>*>& program =
        programs_[static_cast<std::size_t>(kind) * function::wanted_count + wanted];
    const runtime::Executor<T>* ready = program.load(std::memory_order_acquire);
    if (ready != nullptr) return *ready;
    const std::lock_guard<std::mutex> lock(mutex_);
    ready = program.load(std::memory_order_relaxed);
    if (ready == nullptr) {
      const runtime::Target& target = **runtime::targets().begin();
      ready = new runtime::Executor<T>(runtime::schedule(function::compiled(graph, kind, wanted)), target.kernels<T>());
      program.store(ready, std::memory_order_release);
    }
    return *ready;
  }

 private:
  std::mutex mutex_;
  std::array<std::atomic<const runtime::Executor<T>*>, function::kind_count * function::wanted_count> programs_{};
};

template <class T>
struct Range {
  const T* data;
  std::size_t count;
};

/// Arrays that are not there overlap nothing.
template <class T>
bool overlap(const Range<T>& a, const Range<T>& b) {
  if (a.data == nullptr || b.data == nullptr || a.count == 0 || b.count == 0) return false;
  const std::less<const T*> before;
  return before(a.data, b.data + b.count) && before(b.data, a.data + a.count);
}

/// What a run reads and writes; null where it is not.
template <class T>
struct Arrays {
  const T* inputs;
  const T* shared;
  const T* directions;  // adjoints, tangents or vectors
  std::size_t directions_width;
  T* outputs;
  T* derivatives;
  std::size_t derivatives_width;
  T* sums;
};

inline std::size_t elements(std::size_t rows, std::size_t width) {
  // Mostly no division is needed to see that they are few.
  if ((rows | width) < (std::size_t{1} << 30)) return rows * width;
  if (width > 0 && rows > SIZE_MAX / sizeof(double) / width) {
    throw Error(ErrorCode::invalid_argument,
                fmt::format(FMT_COMPILE("{} rows of {} numbers are more than memory"), rows, width));
  }
  return rows * width;
}

}  // namespace

struct Function::Implementation {
  Implementation(graph::Graph prepared, graph::Graph guard_graph, Dtype precision)
      : graph(std::move(prepared)), guards(std::move(guard_graph)), dtype(precision) {}

  const graph::Graph graph;
  const graph::Graph guards;  // without outputs: none
  const Dtype dtype;
  mutable Programs<double> float64;
  mutable Programs<float> float32;
  mutable Programs<double> guard_float64;
  mutable Programs<float> guard_float32;

  template <class T>
  Programs<T>& programs() const {
    if constexpr (dtype_of<T> == Dtype::float64) {
      return float64;
    } else {
      return float32;
    }
  }
  template <class T>
  Programs<T>& guard_programs() const {
    if constexpr (dtype_of<T> == Dtype::float64) {
      return guard_float64;
    } else {
      return guard_float32;
    }
  }

  template <class T>
  void validate(std::size_t rows, const Arrays<T>& arrays) const {
    require(dtype == dtype_of<T>, dtype == Dtype::float64 ? "this Function was compiled for arrays of double"
                                                          : "this Function was compiled for arrays of float");
    require(arrays.inputs != nullptr || rows == 0 || graph.input_count == 0, "no inputs were given");
    require(arrays.shared != nullptr || rows == 0 || graph.shared_count == 0, "no shared numbers were given");
    require(arrays.directions != nullptr || rows == 0 || arrays.directions_width == 0,
            "no adjoints, tangents or vectors were given");
    const Range<T> reads[] = {{arrays.inputs, elements(rows, graph.input_count)},
                              {arrays.shared, graph.shared_count},
                              {arrays.directions, elements(rows, arrays.directions_width)}};
    const Range<T> writes[] = {{arrays.outputs, elements(rows, graph.outputs.size())},
                               {arrays.derivatives, elements(rows, arrays.derivatives_width)},
                               {arrays.sums, graph.shared_count}};
    for (std::size_t i = 0; i < std::size(writes); ++i) {
      if (writes[i].data == nullptr) continue;
      for (const Range<T>& read : reads) {
        require(!overlap(writes[i], read), "an array of results overlaps one that is read");
      }
      for (std::size_t k = 0; k < i; ++k) require(!overlap(writes[i], writes[k]), "arrays of results overlap");
    }
  }

  template <class T>
  void run(Kind kind, std::size_t rows, const Arrays<T>& arrays, const RunOptions& options) const {
    validate(rows, arrays);
    const Wanted wanted = (arrays.outputs != nullptr ? function::want_outputs : 0U) |
                          (arrays.derivatives != nullptr ? function::want_derivatives : 0U) |
                          (arrays.sums != nullptr ? function::want_sums : 0U);
    if (wanted == 0) return;
    runtime::Batch<T> batch;
    batch.rows = rows;
    batch.inputs[0] = {arrays.inputs, graph.input_count};
    batch.inputs[1] = {arrays.directions, arrays.directions_width};
    batch.shared = arrays.shared;
    batch.outputs[0] = {arrays.outputs, arrays.outputs == nullptr ? 0 : graph.outputs.size()};
    batch.outputs[1] = {arrays.derivatives, arrays.derivatives == nullptr ? 0 : arrays.derivatives_width};
    batch.sums = arrays.sums;
    run(kind, wanted, batch, options);
  }

  template <class T>
  void run(Kind kind, Wanted wanted, const runtime::Batch<T>& batch, const RunOptions& options) const {
    reporting([&] {
      const runtime::Executor<T>& program = programs<T>().get(graph, kind, wanted);
      program.run(batch, {options.threads, options.runner, options.user_data});
    });
  }

  void require_one_output(const char* message) const { require(graph.outputs.size() == 1, message); }

  std::vector<SparsityEntry> sparsity(Kind kind, std::size_t columns) const {
    return reporting([&] {
      const graph::Graph all = function::derivatives(graph, kind, false);
      std::vector<SparsityEntry> entries;
      for (std::size_t i = graph.outputs.size(); i < all.outputs.size(); ++i) {
        const graph::Node node = all.outputs[i];
        if (all.is_constant(node) && all.number(node) == 0.0) continue;
        const std::size_t entry = i - graph.outputs.size();
        entries.push_back({entry / columns, entry % columns});
      }
      return entries;
    });
  }
};

Function::Function(const std::vector<Value>& inputs, const std::vector<Value>& shared,
                   const std::vector<Value>& outputs, const FunctionOptions& options) {
  require(options.dtype == Dtype::float64 || options.dtype == Dtype::float32, "there is no such dtype");
  implementation_ = reporting([&] {
    graph::Graph guards;
    if (!options.guards.empty()) guards = function::trace_guards(inputs, shared, options.guards);
    return std::make_shared<const Implementation>(function::prepared(function::trace(inputs, shared, outputs)),
                                                  std::move(guards), options.dtype);
  });
}

Function::Function(std::shared_ptr<const Implementation> implementation) : implementation_(std::move(implementation)) {}

std::size_t Function::input_count() const noexcept { return implementation_->graph.input_count; }
std::size_t Function::shared_count() const noexcept { return implementation_->graph.shared_count; }
std::size_t Function::output_count() const noexcept { return implementation_->graph.outputs.size(); }
Dtype Function::dtype() const noexcept { return implementation_->dtype; }

template <class T>
void Function::evaluate(std::size_t rows, const T* inputs, const T* shared, T* outputs, const RunOptions& run) const {
  implementation_->run<T>(Kind::evaluate, rows, {inputs, shared, nullptr, 0, outputs, nullptr, 0, nullptr}, run);
}

template <class T>
void Function::gradient(std::size_t rows, const T* inputs, const T* shared, T* outputs, T* d_inputs, T* d_shared,
                        const RunOptions& run) const {
  implementation_->require_one_output("gradient: this Function has several outputs; use vjp or jacobian");
  implementation_->run<T>(Kind::gradient, rows,
                          {inputs, shared, nullptr, 0, outputs, d_inputs, input_count(), d_shared}, run);
}

template <class T>
void detail::FunctionAccess::gradient(const Function& function, std::size_t rows, const Samples<T>& samples,
                                      const T* shared, T* outputs, T* d_shared, const RunOptions& run) {
  runtime::Batch<T> batch;
  batch.rows = rows;
  batch.inputs[0] = {samples.first, samples.first_width};
  batch.inputs[1] = {samples.second, samples.second_width};
  batch.order = samples.order;
  batch.shared = shared;
  batch.outputs[0] = {outputs, 1};
  batch.sums = d_shared;
  function.implementation_->run(Kind::gradient, function::want_outputs | function::want_sums, batch, run);
}

template <class T>
void Function::vjp(std::size_t rows, const T* inputs, const T* shared, const T* adjoints, T* outputs, T* d_inputs,
                   T* d_shared, const RunOptions& run) const {
  implementation_->run<T>(Kind::vjp, rows,
                          {inputs, shared, adjoints, output_count(), outputs, d_inputs, input_count(), d_shared}, run);
}

template <class T>
void Function::jvp(std::size_t rows, const T* inputs, const T* shared, const T* tangents, T* outputs, T* d_outputs,
                   const RunOptions& run) const {
  implementation_->run<T>(Kind::jvp, rows,
                          {inputs, shared, tangents, input_count(), outputs, d_outputs, output_count(), nullptr}, run);
}

template <class T>
void Function::jacobian(std::size_t rows, const T* inputs, const T* shared, T* outputs, T* jacobian,
                        const RunOptions& run) const {
  const std::size_t width = elements(output_count(), input_count());
  implementation_->run<T>(Kind::jacobian, rows, {inputs, shared, nullptr, 0, outputs, jacobian, width, nullptr}, run);
}

template <class T>
void Function::hessian(std::size_t rows, const T* inputs, const T* shared, T* outputs, T* hessian,
                       const RunOptions& run) const {
  implementation_->require_one_output("hessian: this Function has several outputs");
  const std::size_t width = elements(input_count(), input_count());
  implementation_->run<T>(Kind::hessian, rows, {inputs, shared, nullptr, 0, outputs, hessian, width, nullptr}, run);
}

template <class T>
void Function::hessian_vector(std::size_t rows, const T* inputs, const T* shared, const T* vectors, T* outputs,
                              T* products, const RunOptions& run) const {
  implementation_->require_one_output("hessian_vector: this Function has several outputs");
  implementation_->run<T>(Kind::hessian_vector, rows,
                          {inputs, shared, vectors, input_count(), outputs, products, input_count(), nullptr}, run);
}

template <class T>
std::size_t Function::check(std::size_t rows, const T* inputs, const T* shared, std::uint8_t* diverged,
                            const RunOptions& run) const {
  const Implementation& self = *implementation_;
  self.validate<T>(rows, {inputs, shared, nullptr, 0, nullptr, nullptr, 0, nullptr});
  const Range<std::uint8_t> flags{diverged, rows};
  const auto overlapped = [&](const T* data, std::size_t count) {
    return overlap(flags, {reinterpret_cast<const std::uint8_t*>(data), count * sizeof(T)});
  };
  require(!overlapped(inputs, rows * input_count()) && !overlapped(shared, shared_count()),
          "an array of results overlaps one that is read");
  constexpr std::size_t some = 1024;
  T mismatches[some] = {};
  std::size_t count = 0;
  const std::size_t width = input_count();
  std::size_t begin = 0;
  do {  // without rows once too, to compile
    const std::size_t now = rows - begin < some ? rows - begin : some;
    if (!self.guards.outputs.empty()) {
      runtime::Batch<T> batch;
      batch.rows = now;
      batch.inputs[0] = {begin == 0 ? inputs : inputs + begin * width, width};
      batch.shared = shared;
      batch.outputs[0] = {mismatches, 1};
      reporting([&] {
        self.guard_programs<T>()
            .get(self.guards, Kind::evaluate, function::want_outputs)
            .run(batch, {run.threads, run.runner, run.user_data});
      });
    }
    for (std::size_t i = 0; i < now; ++i) {
      const bool is_diverged = mismatches[i] != T(0);
      count += is_diverged ? 1 : 0;
      if (diverged != nullptr) diverged[begin + i] = is_diverged ? 1 : 0;
    }
    begin += now;
  } while (begin < rows);
  return count;
}

std::vector<SparsityEntry> Function::jacobian_sparsity() const {
  return implementation_->sparsity(Kind::jacobian, input_count());
}

std::vector<SparsityEntry> Function::hessian_sparsity() const {
  implementation_->require_one_output("hessian_sparsity: this Function has several outputs");
  return implementation_->sparsity(Kind::hessian, input_count());
}

Function Function::derivative() const {
  return reporting([&] {
    graph::Graph all = function::derivatives(implementation_->graph, Kind::jacobian, false);
    all.outputs.erase(all.outputs.begin(), all.outputs.begin() + static_cast<std::ptrdiff_t>(output_count()));
    if (all.outputs.empty()) throw Error(ErrorCode::invalid_argument, "derivative: this Function has no inputs");
    return Function(std::make_shared<const Implementation>(function::prepared(graph::simplify(all)),
                                                           implementation_->guards, dtype()));
  });
}

std::string Function::to_text() const { return graph::to_text(implementation_->graph); }
std::string Function::to_dot() const { return graph::to_dot(implementation_->graph); }

#define SMOLGRAD_INSTANTIATE(T)                                                                                        \
  template SMOLGRAD_API void Function::evaluate(std::size_t, const T*, const T*, T*, const RunOptions&) const;         \
  template SMOLGRAD_API void Function::gradient(std::size_t, const T*, const T*, T*, T*, T*, const RunOptions&) const; \
  template SMOLGRAD_API void Function::vjp(std::size_t, const T*, const T*, const T*, T*, T*, T*, const RunOptions&)   \
      const;                                                                                                           \
  template SMOLGRAD_API void Function::jvp(std::size_t, const T*, const T*, const T*, T*, T*, const RunOptions&)       \
      const;                                                                                                           \
  template SMOLGRAD_API void Function::jacobian(std::size_t, const T*, const T*, T*, T*, const RunOptions&) const;     \
  template SMOLGRAD_API void Function::hessian(std::size_t, const T*, const T*, T*, T*, const RunOptions&) const;      \
  template SMOLGRAD_API void Function::hessian_vector(std::size_t, const T*, const T*, const T*, T*, T*,               \
                                                      const RunOptions&) const;                                        \
  template SMOLGRAD_API std::size_t Function::check(std::size_t, const T*, const T*, std::uint8_t*, const RunOptions&) \
      const;                                                                                                           \
  template void detail::FunctionAccess::gradient(const Function&, std::size_t, const Samples<T>&, const T*, T*, T*,    \
                                                 const RunOptions&);
SMOLGRAD_INSTANTIATE(double)
SMOLGRAD_INSTANTIATE(float)
#undef SMOLGRAD_INSTANTIATE

}  // namespace smolgrad
