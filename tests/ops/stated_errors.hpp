// The largest error of each operator, in units in the last place: the one place where it is stated.
//
// A bound is an error in ulp and the `floor` below which it is absolute, see ulp.hpp: {2.0} is relative down to
// DBL_MIN, {2.0, 1.0} is 2 ulp of max(1, |result|). For operators over many operands the floor of the value is
// relative to the largest operand (of dot: product), and the lists have up to 12 operands (dot: 23).
#pragma once

#include <vector>

#include "ulp.hpp"

namespace smolgrad::test {

struct Bound {
  double ulp;
  double floor = gradual;
};

/// `left` is the derivative of a unary operator and any partial of one over many operands.
struct StatedError {
  const char* name;
  Bound value, left, right;
};

constexpr double beside_one = 1.0;
/// x² overflows where the derivative is subnormal, which is then 0.
constexpr double square_overflows = 0x1p-970;
/// A factor that underflows is multiplied by another of up to 2^10, and its error with it.
constexpr double factor_underflows = DBL_MIN * 1024;

inline const std::vector<StatedError> stated_errors = {
    {"neg", {0.0}, {0.0}, {}},
    {"square", {0.5}, {0.0}, {}},
    {"sqrt", {0.5}, {2.0}, {}},
    {"cbrt", {4.0}, {10.0}, {}},
    {"abs", {0.0}, {0.0}, {}},
    {"exp", {1.0}, {1.0}, {}},
    {"exp2", {1.0}, {2.0}, {}},
    {"expm1", {1.0}, {1.0}, {}},
    {"log", {1.0}, {0.5}, {}},
    {"log2", {1.0}, {1.0}, {}},
    {"log10", {2.0}, {1.0}, {}},
    {"log1p", {1.0}, {2.0}, {}},
    {"sin", {1.0}, {1.0}, {}},
    {"cos", {1.0}, {1.0}, {}},
    {"tan", {1.0}, {2.5}, {}},
    {"asin", {1.0}, {2.5}, {}},
    {"acos", {1.0}, {2.5}, {}},
    {"atan", {1.0}, {2.5, square_overflows}, {}},
    {"sinh", {2.0}, {1.5}, {}},
    {"cosh", {1.5}, {2.0}, {}},
    {"tanh", {2.5}, {2.0, beside_one}, {}},
    {"asinh", {2.0}, {2.0}, {}},
    {"acosh", {2.0}, {3.0}, {}},
    {"atanh", {2.0}, {2.0}, {}},
    {"erf", {1.0}, {50.0}, {}},
    {"erfc", {3.0}, {600.0}, {}},
    {"lgamma", {4.0}, {8.0, beside_one}, {}},
    {"normal_cdf", {2000.0}, {700.0}, {}},
    {"relu", {0.0}, {0.0}, {}},
    {"leaky_relu", {1.0}, {0.25}, {}},
    {"elu", {1.0}, {1.0}, {}},
    {"sigmoid", {2.5}, {4.5}, {}},
    {"softplus", {1.5}, {2.5}, {}},
    {"silu", {3.0, factor_underflows}, {2.0, beside_one}, {}},
    {"gelu", {2000.0, factor_underflows}, {2.0, beside_one}, {}},

    {"add", {0.5}, {0.0}, {0.0}},
    {"sub", {0.5}, {0.0}, {0.0}},
    {"mul", {0.5}, {0.0}, {0.0}},
    {"div", {0.5}, {0.5}, {2.0}},
    {"pow", {1.0}, {3.0, factor_underflows}, {3.0, factor_underflows}},
    {"hypot", {1.0}, {2.0}, {2.0}},
    {"atan2", {1.0}, {4.0}, {4.0}},
    {"min", {0.0}, {0.0}, {0.0}},
    {"max", {0.0}, {0.0}, {0.0}},

    {"sum", {6.0, beside_one}, {0.0}, {}},
    {"mean", {2.0, beside_one}, {0.5}, {}},
    {"max_of", {0.0, beside_one}, {0.0}, {}},
    {"min_of", {0.0, beside_one}, {0.0}, {}},
    {"logsumexp", {1.0, beside_one}, {2.0, beside_one}, {}},
    {"dot", {4.0, beside_one}, {0.0}, {0.0}},
};

}  // namespace smolgrad::test
