// Parameters: leaves that live side by side, so that their numbers and their gradients are two plain arrays.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "export.hpp"
#include "tape.hpp"
#include "value.hpp"

namespace smolgrad {

/// The parameters of a model, in a fixed order. Moves, does not copy: copying would share the Values.
class SMOLGRAD_API Parameters {
 public:
  /// None.
  Parameters() = default;
  /// New leaves on `tape` with these numbers.
  Parameters(Tape& tape, const std::vector<double>& data);
  Parameters(Parameters&&) noexcept = default;             ///< of what is moved from there are none left
  Parameters& operator=(Parameters&&) noexcept = default;  ///< likewise
  Parameters(const Parameters&) = delete;
  Parameters& operator=(const Parameters&) = delete;
  ~Parameters() = default;

  std::size_t size() const noexcept { return values_.size(); }           ///< how many
  const std::vector<Value>& values() const noexcept { return values_; }  ///< the leaves

  /// @{
  /// size() numbers, and the gradient of each, in the tape's own memory: no copy. Both pointers are valid until
  /// something is next recorded on the tape. To change the numbers, use set_data or update.
  const double* data() const;
  const double* grad() const;
  /// @}

  /// Copies size() numbers in. What was recorded from the old ones is stale from now on.
  void set_data(const double* data);

  /// Calls change(double* data, double* grad, std::size_t size) once, to change numbers and gradients where they are:
  /// one step of an optimiser. What was recorded from the old numbers is stale from now on.
  template <class Change>
  void update(Change change) {
    double* const data = mutable_data();
    change(data, mutable_grad(), size());
  }

  void zero_grad();  ///< sets all gradients to 0

  /// Another number after any change of these parameters' numbers, or of other leaves' on the tape.
  std::uint64_t version() const noexcept;

 private:
  double* mutable_data();
  double* mutable_grad() const;

  std::vector<Value> values_;
  std::uint64_t changed_at_ = UINT64_MAX;  // the tape's clock when all were last changed
};

}  // namespace smolgrad
