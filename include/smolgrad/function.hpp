// Function: a recording made reusable. Compiled once from Values, then evaluated and differentiated over batches of
// samples with the processor's vector instructions, on any number of threads.
//
//   Value x(1.0), y(2.0), a(0.5);
//   Value z = exp(a * x) * sin(y);
//   Function f({x, y}, {a}, {z});            // x and y vary from sample to sample, a is shared by the batch
//   f.gradient(rows, xy, &a_now, z_out, z_by_xy, z_by_a);
//
// Arrays are row-major: `inputs` is rows x input_count(), `outputs` rows x output_count(), and so on; `shared` is
// shared_count() numbers. They are arrays of double, or of float for a Function compiled with Dtype::float32; the other
// type is ErrorCode::invalid_argument. An output array that is not wanted may be null, and what only it needs is not
// computed. An array that is read may be null only without numbers or rows, and results must not overlap it, nor each
// other (invalid_argument). 0 rows write nothing but sums, which are then 0.
//
// A Function is immutable and as cheap to copy as a pointer; one moved from may only be assigned to or destroyed. It
// keeps nothing of the tape. Any number of threads may run one Function at once. The same run gives the same bits for
// any number of threads, on one type of processor. Another method or another number of rows may compute in another
// order, and give a sample's value other last bits.
//
// What a method runs is compiled when the method is first called with this choice of results (with 0 rows, if it shall
// be done beforehand). The first runs take memory to work in, those of a single row and those of several each their
// own. Once as many runs have been under way at once as ever will be, a run allocates nothing but what starting threads
// takes. Its memory does not depend on the number of rows.
//
// Arithmetic is IEEE's: NaN and infinities flow through, each sample for itself. An operator's value is within 4 units
// in the last place of the tape's, its derivatives within 8 (those of tanh, silu, gelu and lgamma: of 1, where they are
// less): products and sums are fused where the processor can, and in derivatives divisions by the same number share its
// reciprocal (so a denominator should not be below 1e-308 or above 1e308; in single precision, 1e-38 and 1e38). Where a
// side was not taken (select, min, relu, ...) its derivative is exactly 0. Elsewhere 0 times an infinite partial
// derivative is NaN, as of y * sqrt(x) by x at 0, 0; the tape, which does not go on from a gradient of 0, gives 0.
//
// Errors are exceptions of type smolgrad::Error; whatever throws has written nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "dtype.hpp"
#include "export.hpp"
#include "guard.hpp"
#include "value.hpp"

namespace smolgrad {

namespace detail {
struct FunctionAccess;
}

/// How to compile.
struct FunctionOptions {
  Dtype dtype = Dtype::float64;  ///< of all arrays
  /// Comparisons that the recording relied on, for Function::check.
  std::vector<Guard> guards;
};

/// Lends the host's threads to a run: calls task(context, i) for each i below count, on whichever threads, and returns
/// when all are done. Neither tasks nor runners throw. Runs under way at once may call it at once.
using Runner = void (*)(void (*task)(void* context, std::size_t i), void* context, std::size_t count, void* user_data);

/// On which threads to run.
struct RunOptions {
  /// How many threads work on the batch, the calling one included; 0 counts as 1. At most 256, and 16
  /// where something is summed over the batch; small batches take fewer.
  std::size_t threads = 1;
  /// Set: threads are this runner's, and as many as it likes; `threads` says into how many tasks to divide the work. A
  /// batch too small for more than one is left to the calling thread.
  Runner runner = nullptr;
  void* user_data = nullptr;  ///< for the runner
};

/// Where a derivative can be other than 0.
struct SparsityEntry {
  std::size_t row;     ///< the output, or the input of the first derivative
  std::size_t column;  ///< the input
};

/// A recording made reusable.
class SMOLGRAD_API Function {
 public:
  /// Compiles what was recorded between leaves and results of one tape. `inputs` and `shared` are leaves, none twice;
  /// other leaves count as constants with the data they have now. Results may be leaves too. Time and memory are linear
  /// in the operations recorded. wrong_tape, for guards too; invalid_argument for a Value that is computed among the
  /// leaves, a leaf twice, an empty Value, no outputs, or no such dtype; out_of_memory.
  Function(const std::vector<Value>& inputs, const std::vector<Value>& shared, const std::vector<Value>& outputs,
           const FunctionOptions& options = {});

  std::size_t input_count() const noexcept;   ///< numbers of a sample
  std::size_t shared_count() const noexcept;  ///< numbers for a whole batch
  std::size_t output_count() const noexcept;  ///< results of a sample
  Dtype dtype() const noexcept;               ///< of all arrays

  /// outputs: rows x output_count().
  template <class T>
  void evaluate(std::size_t rows, const T* inputs, const T* shared, T* outputs, const RunOptions& run = {}) const;

  /// Of a Function with one output (else invalid_argument; see vjp). d_inputs: rows x input_count(), each sample's
  /// derivatives. d_shared: shared_count(), summed over the batch.
  template <class T>
  void gradient(std::size_t rows, const T* inputs, const T* shared, T* outputs, T* d_inputs, T* d_shared,
                const RunOptions& run = {}) const;

  /// Reverse mode (vector-Jacobian product): adjoints, rows x output_count(), times the Jacobian. d_inputs and d_shared
  /// as for gradient.
  template <class T>
  void vjp(std::size_t rows, const T* inputs, const T* shared, const T* adjoints, T* outputs, T* d_inputs, T* d_shared,
           const RunOptions& run = {}) const;

  /// Forward mode (Jacobian-vector product): the Jacobian by the inputs times tangents, rows x input_count().
  /// d_outputs: rows x output_count().
  template <class T>
  void jvp(std::size_t rows, const T* inputs, const T* shared, const T* tangents, T* outputs, T* d_outputs,
           const RunOptions& run = {}) const;

  /// jacobian: rows x output_count() x input_count(), in forward or reverse mode, whichever sweeps less. Compiling
  /// takes a sweep over the graph for each input or output.
  template <class T>
  void jacobian(std::size_t rows, const T* inputs, const T* shared, T* outputs, T* jacobian,
                const RunOptions& run = {}) const;

  /// Of a Function with one output (else invalid_argument). hessian: rows x input_count() x input_count(), symmetric to
  /// the bit. Compiling takes a sweep over the gradient's graph for each input.
  template <class T>
  void hessian(std::size_t rows, const T* inputs, const T* shared, T* outputs, T* hessian,
               const RunOptions& run = {}) const;

  /// Of a Function with one output (else invalid_argument): the Hessian times vectors, rows x input_count(), without
  /// forming it. products: rows x input_count().
  template <class T>
  void hessian_vector(std::size_t rows, const T* inputs, const T* shared, const T* vectors, T* outputs, T* products,
                      const RunOptions& run = {}) const;

  /// Which samples would take another branch than the recording did at one of the guards it was compiled with:
  /// diverged, rows of them (may be null), is 1 for those and else 0. Returns how many; without guards none.
  /// Comparisons with NaN are false, as always. Samples are checked 1024 at a time, so more threads help with long
  /// formulas only; if memory runs out between, the flags before are written.
  template <class T>
  std::size_t check(std::size_t rows, const T* inputs, const T* shared, std::uint8_t* diverged,
                    const RunOptions& run = {}) const;

  /// @{
  /// Entries of the Jacobian, or of the Hessian of one output (else invalid_argument), but for those known to be 0
  /// for every sample; by rows. Each call differentiates anew.
  std::vector<SparsityEntry> jacobian_sparsity() const;
  std::vector<SparsityEntry> hessian_sparsity() const;
  /// @}

  /// The derivatives by the inputs as a Function of the same inputs and shared leaves, to be differentiated again: its
  /// outputs are the entries of the Jacobian (of the gradient, for one output), row by row. It has the same guards.
  /// invalid_argument if there are no inputs.
  Function derivative() const;

  /// @{
  /// What was recorded, simplified and grouped: a graph, one line a node, or in Graphviz's language.
  std::string to_text() const;
  std::string to_dot() const;
  /// @}

 private:
  friend struct detail::FunctionAccess;
  struct Implementation;
  explicit Function(std::shared_ptr<const Implementation> implementation);

  std::shared_ptr<const Implementation> implementation_;
};

}  // namespace smolgrad
