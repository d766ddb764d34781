// All of smolgrad's C++ API.
#pragma once

#include "checkpoint.hpp"
#include "data.hpp"
#include "dtype.hpp"
#include "error.hpp"
#include "fit.hpp"
#include "function.hpp"
#include "guard.hpp"
#include "lbfgs.hpp"
#include "loss.hpp"
#include "mlp.hpp"
#include "optimizer.hpp"
#include "parameters.hpp"
#include "schedule.hpp"
#include "tape.hpp"
#include "value.hpp"
