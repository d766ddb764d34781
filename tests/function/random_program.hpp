// Random programs, with an estimate of what rounding does to their results, so that results of other orders of
// rounding can be compared whatever cancels.
#pragma once

#include <random>

#include "formula.hpp"

namespace smolgrad::test {

struct Instruction {
  ops::Code code;
  std::vector<std::size_t> operands;
  bool has_number = false;  // in place of the right operand
  double number = 0.0;
};

inline bool is_reduction(ops::Code code) {
  switch (code) {
#define X(Definition, name) case ops::Code::name:
    SMOLGRAD_REDUCTION_OPERATORS(X)
#undef X
    return true;
    default:
      return false;
  }
}

inline Value record(const Instruction& instruction, const Values& x) {
  switch (instruction.code) {
#define X(Definition, name) \
  case ops::Code::name:     \
    return name(x[0]);
    SMOLGRAD_UNARY_OPERATORS(X)
#undef X
#define X(Definition, name) \
  case ops::Code::name:     \
    return instruction.has_number ? name(x[0], instruction.number) : name(x[0], x[1]);
    SMOLGRAD_BINARY_OPERATORS(X)
#undef X
#define X(Definition, name) \
  case ops::Code::name:     \
    return name(x);
    SMOLGRAD_REDUCTION_OPERATORS(X)
#undef X
    case ops::Code::select:
      return select(x[0], x[1], x[2], x[3]);
    default: {  // dot
      const auto middle = x.begin() + static_cast<std::ptrdiff_t>(x.size() / 2);
      return dot(Values(x.begin(), middle), Values(middle, x.end()));
    }
  }
}

/// Leaves are numbered first, inputs before shared, and then the instructions.
struct RandomProgram {
  std::size_t inputs = 0;
  std::size_t shared = 0;
  std::vector<Instruction> instructions;
  std::vector<std::size_t> outputs;

  Formula formula() const {
    return [this](const Values& x, const Values& a) {
      Values values = x;
      values.insert(values.end(), a.begin(), a.end());
      for (const Instruction& instruction : instructions) {
        Values operands;
        for (const std::size_t operand : instruction.operands) operands.push_back(values[operand]);
        values.push_back(record(instruction, operands));
      }
      Values results;
      for (const std::size_t output : outputs) results.push_back(values[output]);
      return results;
    };
  }
};

/// Programs of every operator of the table. Operands that must lie somewhere are led there by a sine.
class Generator {
 public:
  explicit Generator(std::uint64_t seed) : random_(seed) {}

  RandomProgram generate(std::size_t inputs, std::size_t shared, std::size_t size, std::size_t outputs) {
    program_ = {};
    program_.inputs = inputs;
    program_.shared = shared;
    while (program_.instructions.size() < size) add_any();
    // One result that most of the program counts in; and anything, leaves included.
    std::vector<std::size_t> many;
    while (many.size() <= size / 4) many.push_back(below(count()));
    program_.outputs.push_back(add(Code::mean, many));
    while (program_.outputs.size() < outputs) program_.outputs.push_back(pick());
    return program_;
  }

  double uniform(double from, double to) {
    return from + (to - from) * (static_cast<double>(random_() >> 11) * 0x1p-53);
  }
  std::size_t below(std::size_t bound) { return static_cast<std::size_t>(random_() % bound); }
  std::vector<double> numbers(std::size_t count) {
    std::vector<double> result(count);
    for (double& number : result) number = uniform(-2.0, 2.0);
    return result;
  }

 private:
  using Code = ops::Code;

  std::size_t count() const { return program_.inputs + program_.shared + program_.instructions.size(); }
  /// Recent ones more often.
  std::size_t pick() {
    return below(2) == 0 ? below(count()) : count() - 1 - below(std::min<std::size_t>(count(), 30));
  }
  std::size_t add(Code code, std::vector<std::size_t> operands) {
    program_.instructions.push_back({code, std::move(operands)});
    return count() - 1;
  }
  std::size_t add(Code code, std::size_t left, double right) {
    program_.instructions.push_back({code, {left}, true, right});
    return count() - 1;
  }
  /// Somewhere between these.
  std::size_t within(double from, double to) {
    const std::size_t scaled = add(Code::mul, add(Code::sin, {pick()}), (to - from) / 2.0);
    return add(Code::add, scaled, (to + from) / 2.0);
  }
  std::vector<std::size_t> some(std::size_t n) {
    std::vector<std::size_t> operands;
    for (std::size_t i = 0; i < n; ++i) operands.push_back(within(-1.5, 1.5));
    return operands;
  }

  std::size_t within_domain(Code code) {
    switch (code) {
      case Code::sqrt:
      case Code::cbrt:
      case Code::log:
      case Code::log2:
      case Code::log10:
      case Code::lgamma:
        return within(2.5, 4.0);
      case Code::acosh:
        return within(1.5, 4.0);
      case Code::asin:
      case Code::acos:
      case Code::atanh:
      case Code::log1p:
        return within(-0.8, 0.8);
      default:
        return within(-1.4, 1.4);
    }
  }

  void add_any() {
    constexpr Code unary[] = {
#define X(Definition, name) Code::name,
        SMOLGRAD_UNARY_OPERATORS(X)
#undef X
    };
    constexpr Code reductions[] = {
#define X(Definition, name) Code::name,
        SMOLGRAD_REDUCTION_OPERATORS(X)
#undef X
    };
    switch (below(16)) {
      case 0:
      case 1:
      case 2: {
        const Code code = unary[below(std::size(unary))];
        add(code, {within_domain(code)});
        return;
      }
      case 3:
        add(Code::add, {pick(), pick()});
        return;
      case 4:
        add(Code::sub, {pick(), pick()});
        return;
      case 5:
        add(Code::mul, {pick(), within(-1.0, 1.0)});
        return;
      case 6:
        add(Code::div, {pick(), within(1.0, 2.0)});
        return;
      case 7:
        add(below(2) == 0 ? Code::min : Code::max, {pick(), pick()});
        return;
      case 8:
        add(Code::pow, {within(0.5, 2.0), within(-2.0, 3.0)});
        add(Code::pow, within(0.5, 2.0), below(2) == 0 ? uniform(-2.0, 3.0) : std::floor(uniform(-2.0, 5.0)));
        return;
      case 9:
        add(Code::hypot, {within(0.5, 2.0), pick()});
        add(Code::atan2, {pick(), within(0.5, 2.0)});
        return;
      case 10:
        add(Code::select, {pick(), pick(), pick(), pick()});
        return;
      case 11:
        add(reductions[below(std::size(reductions))], some(1 + below(6)));
        return;
      case 12:
        add(Code::dot, some(2 * (1 + below(6))));
        return;
      case 13:
        return add_layer();
      default:
        add(below(2) == 0 ? Code::tanh : Code::sin, {pick()});
    }
  }

  /// Neurons on the same inputs. Weights are leaves, or anything.
  void add_layer() {
    const std::size_t width = 1 + below(5);
    const std::size_t neurons = 1 + below(5);
    const std::vector<std::size_t> x = some(width);
    const bool by_leaves = program_.shared > 0 && below(4) != 0;
    for (std::size_t i = 0; i < neurons; ++i) {
      std::vector<std::size_t> operands;
      for (std::size_t k = 0; k < width; ++k) {
        operands.push_back(by_leaves ? program_.inputs + below(program_.shared) : within(-1.0, 1.0));
      }
      operands.insert(below(3) == 0 ? operands.begin() : operands.end(), x.begin(), x.end());
      const std::size_t sum = add(Code::dot, operands);
      add(below(2) == 0 ? Code::relu : Code::tanh, {sum});
    }
  }

  std::mt19937_64 random_;
  RandomProgram program_;
};

/// First-order bounds of the rounding errors of a program's results and of the gradient of adjoints . outputs, each
/// operation and each partial derivative being wrong by a few units in the last place.
class ErrorEstimate {
 public:
  std::vector<double> outputs;  // errors
  std::vector<double> gradient;
  bool near_kink = false;  // where rounding may choose the other side

  ErrorEstimate(const RandomProgram& program, std::vector<double> leaves, const double* adjoints)
      : values_(std::move(leaves)), errors_(values_.size(), 0.0) {
    for (const Instruction& instruction : program.instructions) forward(instruction);
    for (const std::size_t output : program.outputs) outputs.push_back(errors_[output]);
    adjoints_.assign(values_.size(), 0.0);
    adjoint_errors_.assign(values_.size(), 0.0);
    for (std::size_t i = 0; i < program.outputs.size(); ++i) {
      adjoints_[program.outputs[i]] += adjoints[i];
      adjoint_errors_[program.outputs[i]] += unit * std::abs(adjoints[i]);
    }
    const std::size_t first = program.inputs + program.shared;
    for (std::size_t i = program.instructions.size(); i-- > 0;) backward(program.instructions[i], first + i);
    gradient.assign(adjoint_errors_.begin(), adjoint_errors_.begin() + static_cast<std::ptrdiff_t>(first));
  }

 private:
  static constexpr double unit = 8.0 * DBL_EPSILON;

  struct Partials {
    double value;
    std::vector<double> partials;
  };

  static Partials partials(const Instruction& instruction, const std::vector<double>& x) {
    const double right = instruction.has_number ? instruction.number : x.size() > 1 ? x[1] : 0.0;
    switch (instruction.code) {
#define X(Definition, name)                             \
  case ops::Code::name: {                               \
    const double y = ops::Definition::value(x[0]);      \
    return {y, {ops::Definition::derivative(x[0], y)}}; \
  }
      SMOLGRAD_UNARY_OPERATORS(X)
#undef X
#define X(Definition, name)                                                                                      \
  case ops::Code::name: {                                                                                        \
    const double y = ops::Definition::value(x[0], right);                                                        \
    return {y, {ops::Definition::left_partial(x[0], right, y), ops::Definition::right_partial(x[0], right, y)}}; \
  }
      SMOLGRAD_BINARY_OPERATORS(X)
#undef X
#define X(Definition, name)                                          \
  case ops::Code::name: {                                            \
    const double y = ops::Definition::value(x.data(), x.size());     \
    std::vector<double> result(x.size());                            \
    ops::Definition::partials(x.data(), x.size(), y, result.data()); \
    return {y, result};                                              \
  }
      SMOLGRAD_REDUCTION_OPERATORS(X)
#undef X
      case ops::Code::select:
        return {x[0] < x[1] ? x[2] : x[3], {0.0, 0.0, x[0] < x[1] ? 1.0 : 0.0, x[0] < x[1] ? 0.0 : 1.0}};
      default: {  // dot
        const std::size_t count = x.size() / 2;
        double y = 0.0;
        for (std::size_t i = 0; i < count; ++i) y += x[i] * x[i + count];
        std::vector<double> result(x.begin() + static_cast<std::ptrdiff_t>(count), x.end());
        result.insert(result.end(), x.begin(), x.begin() + static_cast<std::ptrdiff_t>(count));
        return {y, result};
      }
    }
  }

  /// Of those that a derivative is a sum of, where they cancel.
  static double size_of_terms(ops::Code code) {
    switch (code) {
      case ops::Code::silu:
      case ops::Code::gelu:
      case ops::Code::lgamma:
        return 1.0;
      default:
        return 0.0;
    }
  }

  std::vector<double> gather(const Instruction& instruction, const std::vector<double>& from) const {
    std::vector<double> result;
    for (const std::size_t operand : instruction.operands) result.push_back(from[operand]);
    return result;
  }

  void look_for_kinks(const Instruction& instruction, const std::vector<double>& x, const std::vector<double>& e) {
    const auto near = [&](std::size_t i, double other, double error) {
      // An exact tie is of one number with itself, as in min(u, max(u, v)), and stays one.
      if (x[i] != other && std::abs(x[i] - other) <= 4.0 * (e[i] + error)) near_kink = true;
    };
    switch (instruction.code) {
      case ops::Code::abs:
      case ops::Code::relu:
      case ops::Code::leaky_relu:
      case ops::Code::elu:
        return near(0, 0.0, 0.0);
      case ops::Code::select:
      case ops::Code::min:
      case ops::Code::max:
        return near(0, x[1], e[1]);
      case ops::Code::max_of:
      case ops::Code::min_of:
        for (std::size_t i = 0; i < x.size(); ++i) {
          for (std::size_t k = 0; k < i; ++k) near(i, x[k], e[k]);
        }
        return;
      default:
        return;
    }
  }

  void forward(const Instruction& instruction) {
    const std::vector<double> x = gather(instruction, values_);
    const std::vector<double> e = gather(instruction, errors_);
    look_for_kinks(instruction, x, e);
    const Partials at = partials(instruction, x);
    double error = unit * std::abs(at.value);
    for (std::size_t i = 0; i < x.size(); ++i) {
      error += std::abs(at.partials[i]) * (e[i] + unit * std::abs(x[i]));
    }
    values_.push_back(at.value);
    errors_.push_back(error);
  }

  void backward(const Instruction& instruction, std::size_t node) {
    const double adjoint = adjoints_[node];
    const double adjoint_error = adjoint_errors_[node];
    if (adjoint == 0.0 && adjoint_error == 0.0) return;
    const std::vector<double> x = gather(instruction, values_);
    const std::vector<double> e = gather(instruction, errors_);
    const Partials at = partials(instruction, x);
    // How the partials follow the operands, by differences.
    std::vector<double> partial_errors(x.size());
    for (std::size_t i = 0; i < x.size(); ++i) {
      partial_errors[i] = unit * std::max(std::abs(at.partials[i]), size_of_terms(instruction.code));
    }
    for (std::size_t k = 0; k < x.size(); ++k) {
      const double step = 1e-6;
      std::vector<double> moved = x;
      moved[k] += step;
      const Partials there = partials(instruction, moved);
      for (std::size_t i = 0; i < x.size(); ++i) {
        const double slope = std::abs(there.partials[i] - at.partials[i]) / step;
        // A jump is a kink, which is looked for elsewhere.
        if (slope < 1e4) partial_errors[i] += slope * (e[k] + unit * (1.0 + std::abs(x[k])));
      }
    }
    for (std::size_t i = 0; i < x.size(); ++i) {
      const std::size_t operand = instruction.operands[i];
      adjoints_[operand] += adjoint * at.partials[i];
      adjoint_errors_[operand] += std::abs(at.partials[i]) * adjoint_error + std::abs(adjoint) * partial_errors[i] +
                                  unit * std::abs(adjoints_[operand]);
    }
  }

  std::vector<double> values_;
  std::vector<double> errors_;
  std::vector<double> adjoints_;
  std::vector<double> adjoint_errors_;
};

}  // namespace smolgrad::test
