// The largest errors of the vector functions on any target, in units in the last place: the one place where they are
// stated. Of values against the oracle; of derivatives against the same formula in double, whose own errors
// tests/ops/stated_errors.hpp states. A number is relative down to the smallest normal number, or absolute below
// `floor`.
#pragma once

#include <cfloat>

namespace smolgrad::test::lanes {

struct Bound {
  double ulp;
  double floor = 0.0;
};

/// `left` is the derivative of a unary operator.
struct StatedErrors {
  Bound value, left, right;
};

struct StatedError {
  const char* name;
  StatedErrors in_double, in_float;
};

constexpr double beside_one = 1.0;
/// A factor that underflows is multiplied by another of up to 2^10, and its error with it.
constexpr double double_factor_underflows = DBL_MIN * 1024;
constexpr double float_factor_underflows = FLT_MIN * 1024;

inline const StatedError stated_errors[] = {
    {"neg", {{0.0}, {0.0}, {}}, {{0.0}, {0.0}, {}}},
    {"square", {{0.5}, {0.0}, {}}, {{0.5}, {0.0}, {}}},
    {"sqrt", {{0.5}, {1.5}, {}}, {{0.5}, {1.5}, {}}},
    {"cbrt", {{3.0}, {8.0}, {}}, {{0.5}, {4.5}, {}}},
    {"abs", {{0.0}, {0.0}, {}}, {{0.0}, {0.0}, {}}},
    {"exp", {{1.5}, {1.5}, {}}, {{1.0}, {1.5}, {}}},
    {"exp2", {{1.5}, {2.5}, {}}, {{0.5}, {1.5}, {}}},
    {"expm1", {{2.5}, {1.5}, {}}, {{1.0}, {1.5}, {}}},
    {"log", {{1.5}, {1.5}, {}}, {{1.0}, {1.5}, {}}},
    {"log2", {{2.0}, {1.5}, {}}, {{0.5}, {1.5}, {}}},
    {"log10", {{2.0}, {1.5}, {}}, {{0.5}, {1.5}, {}}},
    {"log1p", {{1.5}, {1.5}, {}}, {{1.0}, {1.5}, {}}},
    {"sin", {{2.5}, {1.5}, {}}, {{0.5}, {1.5}, {}}},
    {"cos", {{2.5}, {1.5}, {}}, {{0.5}, {1.5}, {}}},
    {"tan", {{3.5}, {4.5}, {}}, {{0.5}, {3.5}, {}}},
    {"asin", {{2.5}, {1.5}, {}}, {{0.5}, {1.5}, {}}},
    {"acos", {{1.5}, {1.5}, {}}, {{0.5}, {1.5}, {}}},
    {"atan", {{2.5}, {2.5}, {}}, {{0.5}, {2.5}, {}}},
    {"sinh", {{3.0}, {1.5}, {}}, {{0.5}, {1.5}, {}}},
    {"cosh", {{2.0}, {2.0}, {}}, {{0.5}, {1.5}, {}}},
    {"tanh", {{3.0}, {2.0, beside_one}, {}}, {{1.5}, {2.0, beside_one}, {}}},
    {"asinh", {{2.0}, {2.5}, {}}, {{0.5}, {1.5}, {}}},
    {"acosh", {{3.0}, {1.5}, {}}, {{0.5}, {1.5}, {}}},
    {"atanh", {{2.5}, {1.5}, {}}, {{0.5}, {1.5}, {}}},
    {"erf", {{3.0}, {2.5}, {}}, {{0.5}, {2.5}, {}}},
    {"erfc", {{6.5}, {2.5}, {}}, {{0.5}, {2.5}, {}}},
    {"lgamma", {{2.0}, {2.5, beside_one}, {}}, {{0.5}, {2.5, beside_one}, {}}},
    {"normal_cdf", {{1440.0}, {2.0}, {}}, {{70.0}, {2.5}, {}}},
    {"relu", {{0.0}, {0.0}, {}}, {{0.0}, {0.0}, {}}},
    {"leaky_relu", {{1.0}, {0.0}, {}}, {{1.0}, {0.0}, {}}},
    {"elu", {{1.5}, {1.5}, {}}, {{1.0}, {1.5}, {}}},
    {"sigmoid", {{2.5}, {2.5}, {}}, {{2.0}, {2.5}, {}}},
    {"softplus", {{1.5}, {1.5}, {}}, {{1.5}, {2.5}, {}}},
    {"silu",
     {{2.5, double_factor_underflows}, {1.5, beside_one}, {}},
     {{2.5, float_factor_underflows}, {1.5, beside_one}, {}}},
    {"gelu",
     {{1300.0, double_factor_underflows}, {1.5, beside_one}, {}},
     {{60.0, float_factor_underflows}, {1.5, beside_one}, {}}},
    {"add", {{0.5}, {0.0}, {0.0}}, {{0.5}, {0.0}, {0.0}}},
    {"sub", {{0.5}, {0.0}, {0.0}}, {{0.5}, {0.0}, {0.0}}},
    {"mul", {{0.5}, {0.0}, {0.0}}, {{0.5}, {0.0}, {0.0}}},
    {"div", {{0.5}, {0.0}, {0.0}}, {{0.5}, {0.0}, {0.0}}},
    {"pow",
     {{1.5}, {2.5, double_factor_underflows}, {3.5, double_factor_underflows}},
     {{0.5}, {1.5, float_factor_underflows}, {2.5, float_factor_underflows}}},
    {"hypot", {{1.5}, {2.5}, {2.5}}, {{0.5}, {1.5}, {1.5}}},
    {"atan2", {{2.5}, {4.5}, {4.5}}, {{0.5}, {1.5}, {1.5}}},
    {"min", {{0.0}, {0.0}, {0.0}}, {{0.0}, {0.0}, {0.0}}},
    {"max", {{0.0}, {0.0}, {0.0}}, {{0.0}, {0.0}, {0.0}}},
};

}  // namespace smolgrad::test::lanes
