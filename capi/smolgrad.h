/** @file
 * smolgrad: automatic differentiation you can link. This header is the whole C interface.
 *
 *     smolgrad_tape *t = smolgrad_tape_create();
 *     smolgrad_value *a = smolgrad_value_create(t, 2.0), *b = smolgrad_value_create(t, -3.0);
 *     smolgrad_value *d = smolgrad_mul(a, b);
 *     smolgrad_backward(d);                       smolgrad_value_grad(a) is -3
 *     smolgrad_tape_destroy(t);                   frees everything on it
 *
 * Handles. Functions that make a value return a handle of the caller's, to be released once by smolgrad_value_release
 * (or _release_later), or all together by smolgrad_tape_scope_close or smolgrad_tape_destroy. Releasing a value that
 * others were computed from is safe: what they need of it stays. A handle used after its release is reported as stale
 * (unless its place was taken again a multiple of 32 times). Any other invalid pointer is undefined behaviour, as is a
 * handle whose tape was destroyed. What else a function makes is the caller's to destroy. Arrays and texts passed in
 * are only read during the call, or written where they are results; the caller's they stay.
 *
 * Errors. Nothing in here aborts, prints, or throws. Functions that build expressions return NULL on failure, and
 * NULL operands give NULL, so that an expression can be nested and checked once. Functions returning int32_t return
 * SMOLGRAD_OK or an error code, if nothing else is said. Either way the first error's code and message stay on the tape
 * (that of the first operand, if they differ; functions, options and reports have none) until
 * smolgrad_tape_clear_error. A failed call changes nothing else: outputs are untouched. Arithmetic is no error: log(-1)
 * is NaN.
 *
 * Threads. Tapes are independent. A tape, its values, models and their trainers are used by one thread at a time,
 * except that smolgrad_value_release_later and smolgrad_mlp_destroy_later may be called by any thread at any time, for
 * finalizers, as may smolgrad_function_destroy and smolgrad_trainer_destroy once nothing uses these. A function and a
 * table are immutable and may be used by any number of threads at once. Options and reports are used by one thread at a
 * time. There is no global and no thread-local state.
 *
 * Units. Angles are radians, times seconds, sizes of memory and texts bytes; counts are of what their names say.
 * Arrays are row by row, a row a sample, without gaps. Texts are UTF-8 and end in 0.
 *
 * Each section begins with what holds in it of ownership, units, errors and threads; a function's own comment adds to
 * that, or says otherwise. Codes are written there without SMOLGRAD_ERROR_. NULL is INVALID_ARGUMENT wherever nothing
 * else is said of it, and INTERNAL is possible everywhere.
 */
#ifndef SMOLGRAD_H
#define SMOLGRAD_H

#include <stddef.h>
#include <stdint.h>

/** @{ */
/** The version of this header; smolgrad_version is that of the library. */
#define SMOLGRAD_VERSION_MAJOR 0
#define SMOLGRAD_VERSION_MINOR 1
#define SMOLGRAD_VERSION_PATCH 0
/** @} */

#ifndef SMOLGRAD_API
#if defined(_WIN32) && defined(SMOLGRAD_SHARED)
#ifdef SMOLGRAD_BUILDING
#define SMOLGRAD_API __declspec(dllexport)
#else
#define SMOLGRAD_API __declspec(dllimport)
#endif
#elif defined(__GNUC__)
#define SMOLGRAD_API __attribute__((visibility("default")))
#else
#define SMOLGRAD_API
#endif
#endif

#ifdef __cplusplus
extern "C" {
#endif

/** @name Status
 * What functions returning int32_t return. These numbers never change.
 * @{ */
#define SMOLGRAD_OK 0                     /**< done */
#define SMOLGRAD_ERROR_INVALID_ARGUMENT 1 /**< NULL, a wrong count, an option out of range */
#define SMOLGRAD_ERROR_OUT_OF_MEMORY 2    /**< memory is out, or more was asked for than a tape holds */
#define SMOLGRAD_ERROR_WRONG_TAPE 3       /**< operands of different tapes */
#define SMOLGRAD_ERROR_STALE 4            /**< a released handle, or a leaf changed after the recording */
#define SMOLGRAD_ERROR_IO 5               /**< a file cannot be read or written */
#define SMOLGRAD_ERROR_FORMAT 6           /**< a file's content is not what it should be */
#define SMOLGRAD_ERROR_CANCELLED 7        /**< a callback asked to stop */
#define SMOLGRAD_ERROR_UNSUPPORTED 8      /**< not available in this build */
#define SMOLGRAD_ERROR_INTERNAL 9         /**< a defect in smolgrad */
/** @} */

/** @name Activations
 * Of a model's neurons. Formulas stand at the operators of these names. These numbers never change.
 * @{ */
#define SMOLGRAD_ACTIVATION_LINEAR 0     /**< none: the weighted sum as it is */
#define SMOLGRAD_ACTIVATION_RELU 1       /**< smolgrad_relu */
#define SMOLGRAD_ACTIVATION_LEAKY_RELU 2 /**< smolgrad_leaky_relu */
#define SMOLGRAD_ACTIVATION_ELU 3        /**< smolgrad_elu */
#define SMOLGRAD_ACTIVATION_TANH 4       /**< smolgrad_tanh */
#define SMOLGRAD_ACTIVATION_SIGMOID 5    /**< smolgrad_sigmoid */
#define SMOLGRAD_ACTIVATION_SOFTPLUS 6   /**< smolgrad_softplus */
#define SMOLGRAD_ACTIVATION_SILU 7       /**< smolgrad_silu */
#define SMOLGRAD_ACTIVATION_GELU 8       /**< smolgrad_gelu */
/** @} */

/** @name Initial weights
 * How a model's weights begin. Biases begin at 0. These numbers never change.
 * @{ */
#define SMOLGRAD_INIT_UNIFORM 0 /**< uniform in +-1 */
#define SMOLGRAD_INIT_XAVIER 1  /**< uniform in +-sqrt(6 / (inputs + outputs)) (Glorot and Bengio 2010) */
#define SMOLGRAD_INIT_HE 2      /**< uniform in +-sqrt(6 / inputs) (He et al. 2015) */
/** @} */

/** @name Recordings
 * How a neuron's weighted sum is recorded. These numbers never change.
 * @{ */
#define SMOLGRAD_RECORDING_DOT 0    /**< as one dot product */
#define SMOLGRAD_RECORDING_SINGLE 1 /**< as single operations, each visible in the graph */
/** @} */

/** @name Types of numbers
 * In the arrays of a function, or with which a model predicts and is trained. These numbers never change.
 * @{ */
#define SMOLGRAD_DTYPE_FLOAT64 0 /**< double */
#define SMOLGRAD_DTYPE_FLOAT32 1 /**< float */
/** @} */

/** @name Heads
 * What smolgrad_mlp_predict makes of a model's outputs. Losses take the outputs before it. These numbers never change.
 * @{ */
#define SMOLGRAD_HEAD_NONE 0    /**< nothing */
#define SMOLGRAD_HEAD_SIGMOID 1 /**< a probability of each for itself */
#define SMOLGRAD_HEAD_SOFTMAX 2 /**< probabilities that add up to 1 */
/** @} */

/** @name Losses
 * Of a sample with the outputs y and the targets t: means over the outputs, but for the last. Formulas:
 * `<smolgrad/loss.hpp>`. These numbers never change.
 * @{ */
#define SMOLGRAD_LOSS_MSE 0                  /**< (y - t)^2 */
#define SMOLGRAD_LOSS_MAE 1                  /**< |y - t| */
#define SMOLGRAD_LOSS_HUBER 2                /**< (y - t)^2 / 2 where |y - t| < 1, |y - t| - 1/2 beyond */
#define SMOLGRAD_LOSS_HINGE 3                /**< max(0, 1 - t y), targets being -1 or 1 */
#define SMOLGRAD_LOSS_BINARY_CROSS_ENTROPY 4 /**< y are logits, targets from 0 to 1 */
#define SMOLGRAD_LOSS_CROSS_ENTROPY 5 /**< y are logits; one target: the class, from 0; or each one's probability */
/** @} */

/** @name Optimisers
 * What takes the steps of training. Formulas and defaults are PyTorch's: `<smolgrad/optimizer.hpp>`. These numbers
 * never change.
 * @{ */
#define SMOLGRAD_OPTIMIZER_SGD 0     /**< stochastic gradient descent, with momentum or without */
#define SMOLGRAD_OPTIMIZER_RMSPROP 1 /**< by the average square of each derivative (Tieleman and Hinton 2012) */
#define SMOLGRAD_OPTIMIZER_ADAM 2    /**< by averages of derivatives and squares (Kingma and Ba 2015) */
#define SMOLGRAD_OPTIMIZER_ADAMW 3   /**< Adam with weight decay beside the averages (Loshchilov and Hutter 2019) */
/** @} */

/** @name Outcomes
 * How a fit ended. These numbers never change.
 * @{ */
#define SMOLGRAD_OUTCOME_FINISHED 0      /**< after all epochs */
#define SMOLGRAD_OUTCOME_STOPPED_EARLY 1 /**< see smolgrad_fit_options_set_patience */
#define SMOLGRAD_OUTCOME_CANCELLED 2     /**< see smolgrad_fit_options_set_progress */
#define SMOLGRAD_OUTCOME_DIVERGED 3      /**< a loss became infinite or NaN; the model is that of the epoch before */
/** @} */

/** @name Histories
 * What a report has of each epoch. Accuracies: how often the largest output is that of the class (CROSS_ENTROPY), or
 * each is on its target's side (BINARY_CROSS_ENTROPY, HINGE). NaN where there is none. These numbers never change.
 * @{ */
#define SMOLGRAD_HISTORY_TRAINING_LOSS 0       /**< while training; or see smolgrad_fit_options_set_training_metrics */
#define SMOLGRAD_HISTORY_TRAINING_ACCURACY 1   /**< only as said there */
#define SMOLGRAD_HISTORY_VALIDATION_LOSS 2     /**< after the epoch */
#define SMOLGRAD_HISTORY_VALIDATION_ACCURACY 3 /**< after the epoch */
#define SMOLGRAD_HISTORY_LEARNING_RATE 4       /**< of the last step */
#define SMOLGRAD_HISTORY_SECONDS 5             /**< since the fit began */
/** @} */

/** @name Headers of CSV files
 * Whether the first row names the columns. These numbers never change.
 * @{ */
#define SMOLGRAD_CSV_HEADER_AUTOMATIC 0 /**< it does if one of its cells is no number */
#define SMOLGRAD_CSV_HEADER_PRESENT 1   /**< it does */
#define SMOLGRAD_CSV_HEADER_ABSENT 2    /**< it does not */
/** @} */

typedef struct smolgrad_tape smolgrad_tape;                         /**< where values are recorded */
typedef struct smolgrad_value smolgrad_value;                       /**< a number that remembers how it was computed */
typedef struct smolgrad_function smolgrad_function;                 /**< a recording made reusable */
typedef struct smolgrad_function_options smolgrad_function_options; /**< how a function is compiled */
typedef struct smolgrad_run_options smolgrad_run_options;           /**< how a function is run */
typedef struct smolgrad_mlp smolgrad_mlp;                           /**< a network of neurons */
typedef struct smolgrad_mlp_options smolgrad_mlp_options;           /**< how a network is made */
typedef struct smolgrad_fit_options smolgrad_fit_options;           /**< how a network is trained */
typedef struct smolgrad_fit_report smolgrad_fit_report;             /**< how training went */
typedef struct smolgrad_trainer smolgrad_trainer;                   /**< training that goes on from call to call */
typedef struct smolgrad_table smolgrad_table;                       /**< numbers in rows and columns */

/** @defgroup library Library
 * What the library says of itself.
 * - Ownership: texts are static.
 * - Units: none.
 * - Errors: none.
 * - Threads: any.
 * @{ */

/** The version linked: major * 1000000 + minor * 1000 + patch. */
SMOLGRAD_API uint32_t smolgrad_version(void);
/** The same as text, such as "0.1.0". Static. */
SMOLGRAD_API const char* smolgrad_version_string(void);
/** 1 if the library linked has the feature `name`, 0 if not or NULL: "value", "function", "float32", "mlp", "training",
 * "checkpoint". */
SMOLGRAD_API int32_t smolgrad_has_feature(const char* name);
/** The name of a status, such as "SMOLGRAD_ERROR_STALE"; "unknown" for any other number. Static. */
SMOLGRAD_API const char* smolgrad_status_name(int32_t status);

/** @} */

/** @defgroup tape Tape
 * Where values are recorded.
 * - Ownership: a tape is the caller's, and owns all that is recorded on it.
 * - Units: bytes for memory, else counts.
 * - Errors: INVALID_ARGUMENT for a `tape` that is NULL.
 * - Threads: the tape's, one at a time.
 * @{ */

/** A new tape, to be ended by _destroy or _close; NULL when memory is out. Threads: any. */
SMOLGRAD_API smolgrad_tape* smolgrad_tape_create(void);
/** Frees the tape with all its values and models at once, whoever holds them. NULL does nothing. */
SMOLGRAD_API void smolgrad_tape_destroy(smolgrad_tape* tape);
/** Frees the tape as soon as the last handle and model of it is released, in any order and by any threads: for hosts
 * whose garbage collector calls finalizers. Ends open scopes. From now on only smolgrad_value_release, _release_later,
 * smolgrad_mlp_destroy, _destroy_later, smolgrad_trainer_destroy and smolgrad_function_options_destroy may be called.
 * NULL does nothing. */
SMOLGRAD_API void smolgrad_tape_close(smolgrad_tape* tape);

/** The first error since the tape was made or cleared: OK if there was none. NULL: INVALID_ARGUMENT. */
SMOLGRAD_API int32_t smolgrad_tape_error_code(const smolgrad_tape* tape);
/** Its message, "" if there was none; never NULL, also for NULL. Borrowed: valid until the next call on the tape. */
SMOLGRAD_API const char* smolgrad_tape_error_message(const smolgrad_tape* tape);
/** From now on there was none. NULL does nothing. */
SMOLGRAD_API void smolgrad_tape_clear_error(smolgrad_tape* tape);

/** Opens a scope: values made on the tape from now on are released by smolgrad_tape_scope_close. Scopes nest. Returns
 * the scope, or 0 on failure: OUT_OF_MEMORY. */
SMOLGRAD_API size_t smolgrad_tape_scope_open(smolgrad_tape* tape);
/** Releases every value made since the scope was opened once, unless it is gone by then, and closes the scopes inside
 * it. A handle that should outlive the scope is retained. Hosts that keep handles of values released here are to know
 * so themselves: after some while their places belong to others. INVALID_ARGUMENT if the scope is not open. */
SMOLGRAD_API int32_t smolgrad_tape_scope_close(smolgrad_tape* tape, size_t scope);

/** Leaves, constants and operations in memory, the dead among them that are not reclaimed yet included: those behind a
 * live one wait for a collection, which comes by itself as the tape grows. What other threads released is gone before
 * it counts. 0 for NULL. */
SMOLGRAD_API size_t smolgrad_tape_node_count(const smolgrad_tape* tape);
/** Bytes allocated for them, spare room included. 0 for NULL. */
SMOLGRAD_API size_t smolgrad_tape_memory_bytes(const smolgrad_tape* tape);
/** Sets the gradient of every leaf to 0. */
SMOLGRAD_API int32_t smolgrad_tape_zero_grad(smolgrad_tape* tape);

/** @} */

/** @defgroup value Value
 * A number that remembers how it was computed.
 * - Ownership: a handle made is the caller's, to be released.
 * - Units: numbers are in any unit of the caller's; a gradient is in that of the root by that of the value.
 * - Errors: INVALID_ARGUMENT for NULL, STALE for a released handle, OUT_OF_MEMORY; kept on the tape. Instead of a
 *   handle or a text there is NULL then, instead of a number NaN.
 * - Threads: the tape's, one at a time.
 * @{ */

/** A new leaf, an input or a parameter, with the number `data`. */
SMOLGRAD_API smolgrad_value* smolgrad_value_create(smolgrad_tape* tape, double data);
/** A number, `data`, that takes no gradient and cannot be changed. */
SMOLGRAD_API smolgrad_value* smolgrad_constant(smolgrad_tape* tape, double data);
/** `count` leaves side by side in memory, with the numbers data[0 .. count); their handles go to out[0 .. count). */
SMOLGRAD_API int32_t smolgrad_value_create_array(smolgrad_tape* tape, const double* data, size_t count,
                                                 smolgrad_value* out[]);

/** One more reference: the handle must be released once more, and belongs to no scope. Returns `value`, NULL on
 * failure. */
SMOLGRAD_API smolgrad_value* smolgrad_value_retain(smolgrad_value* value);
/** Gives the handle back. NULL does nothing. */
SMOLGRAD_API void smolgrad_value_release(smolgrad_value* value);
/** The same. Takes effect when the tape's own thread next makes or uses a value, or asks for smolgrad_tape_node_count;
 * at once on a closed tape. Errors: none are reported. Threads: any, at any time. */
SMOLGRAD_API void smolgrad_value_release_later(smolgrad_value* value);

/** Its tape. Borrowed. NULL for NULL; also of a released handle. Threads: any. */
SMOLGRAD_API smolgrad_tape* smolgrad_value_tape(const smolgrad_value* value);

/** The number; NaN on failure. */
SMOLGRAD_API double smolgrad_value_data(const smolgrad_value* value);
/** Changes a leaf's number to `data`; INVALID_ARGUMENT for anything else. smolgrad_backward through what was recorded
 * from the old number is an error from now on (STALE): record again. */
SMOLGRAD_API int32_t smolgrad_value_set_data(smolgrad_value* value, double data);
/** Of a leaf: the sum over all calls of backward since gradients were last zeroed. Of an operation: the derivative of
 * the last root by it, 0 if that does not depend on it. NaN on failure. */
SMOLGRAD_API double smolgrad_value_grad(const smolgrad_value* value);
/** Changes that to `grad`; INVALID_ARGUMENT for a constant. */
SMOLGRAD_API int32_t smolgrad_value_set_grad(smolgrad_value* value, double grad);
/** A name, shown in graphs: "" if none was given, NULL on failure. Borrowed: valid until it is set again or the value
 * is freed. */
SMOLGRAD_API const char* smolgrad_value_label(const smolgrad_value* value);
/** Copies `label`, UTF-8 text. */
SMOLGRAD_API int32_t smolgrad_value_set_label(smolgrad_value* value, const char* label);
/** The operator's name as in smolgrad_..., such as "mul"; "leaf" or "constant". Static. NULL on failure. */
SMOLGRAD_API const char* smolgrad_value_operation(const smolgrad_value* value);
/** Such as `Value(data=4, grad=0)`. As with all texts out, *needed (may be NULL) gets the size with the terminating 0,
 * also if that exceeds `capacity`, which is INVALID_ARGUMENT and leaves `buffer` alone. A NULL buffer of capacity 0
 * asks for the size only. This one takes at most 68. */
SMOLGRAD_API int32_t smolgrad_value_to_string(const smolgrad_value* value, char* buffer, size_t capacity,
                                              size_t* needed);

/** @} */

/** @defgroup operators Operators
 * Each records one operation on its operands' tape, `a` and `b` or `x`, and returns its result. Derivatives at kinks:
 * relu'(0) = abs'(0) = 0, a tie of min or max shares equally, pow follows PyTorch. Formulas: `<smolgrad/ops/...>`.
 * - Ownership: the result is the caller's, to be released; operands stay the caller's.
 * - Units: as mathematics has it; angles are radians.
 * - Errors: NULL for an operand that is NULL, and for INVALID_ARGUMENT, WRONG_TAPE, STALE (a released handle) and
 *   OUT_OF_MEMORY, kept on the tape.
 * - Threads: the tape's, one at a time.
 * @{ */

SMOLGRAD_API smolgrad_value* smolgrad_add(const smolgrad_value* a, const smolgrad_value* b);   /**< a + b */
SMOLGRAD_API smolgrad_value* smolgrad_sub(const smolgrad_value* a, const smolgrad_value* b);   /**< a - b */
SMOLGRAD_API smolgrad_value* smolgrad_mul(const smolgrad_value* a, const smolgrad_value* b);   /**< a * b */
SMOLGRAD_API smolgrad_value* smolgrad_div(const smolgrad_value* a, const smolgrad_value* b);   /**< a / b */
SMOLGRAD_API smolgrad_value* smolgrad_pow(const smolgrad_value* a, const smolgrad_value* b);   /**< a to the b */
SMOLGRAD_API smolgrad_value* smolgrad_hypot(const smolgrad_value* a, const smolgrad_value* b); /**< sqrt(a^2 + b^2) */
SMOLGRAD_API smolgrad_value* smolgrad_atan2(const smolgrad_value* a, const smolgrad_value* b); /**< angle of (b, a) */
SMOLGRAD_API smolgrad_value* smolgrad_min(const smolgrad_value* a, const smolgrad_value* b);   /**< the smaller */
SMOLGRAD_API smolgrad_value* smolgrad_max(const smolgrad_value* a, const smolgrad_value* b);   /**< the larger */
SMOLGRAD_API smolgrad_value* smolgrad_neg(const smolgrad_value* x);                            /**< -x */
SMOLGRAD_API smolgrad_value* smolgrad_square(const smolgrad_value* x);                         /**< x^2 */
SMOLGRAD_API smolgrad_value* smolgrad_sqrt(const smolgrad_value* x);                           /**< the square root */
SMOLGRAD_API smolgrad_value* smolgrad_cbrt(const smolgrad_value* x);                           /**< the cube root */
SMOLGRAD_API smolgrad_value* smolgrad_abs(const smolgrad_value* x);                            /**< |x| */
SMOLGRAD_API smolgrad_value* smolgrad_exp(const smolgrad_value* x);                            /**< e to the x */
SMOLGRAD_API smolgrad_value* smolgrad_exp2(const smolgrad_value* x);                           /**< 2 to the x */
SMOLGRAD_API smolgrad_value* smolgrad_expm1(const smolgrad_value* x);                          /**< exp(x) - 1 */
SMOLGRAD_API smolgrad_value* smolgrad_log(const smolgrad_value* x);                            /**< to the base e */
SMOLGRAD_API smolgrad_value* smolgrad_log2(const smolgrad_value* x);                           /**< to the base 2 */
SMOLGRAD_API smolgrad_value* smolgrad_log10(const smolgrad_value* x);                          /**< to the base 10 */
SMOLGRAD_API smolgrad_value* smolgrad_log1p(const smolgrad_value* x);                          /**< log(1 + x) */
SMOLGRAD_API smolgrad_value* smolgrad_sin(const smolgrad_value* x);                            /**< sine */
SMOLGRAD_API smolgrad_value* smolgrad_cos(const smolgrad_value* x);                            /**< cosine */
SMOLGRAD_API smolgrad_value* smolgrad_tan(const smolgrad_value* x);                            /**< tangent */
SMOLGRAD_API smolgrad_value* smolgrad_asin(const smolgrad_value* x);                           /**< -pi/2 to pi/2 */
SMOLGRAD_API smolgrad_value* smolgrad_acos(const smolgrad_value* x);                           /**< 0 to pi */
SMOLGRAD_API smolgrad_value* smolgrad_atan(const smolgrad_value* x);                           /**< -pi/2 to pi/2 */
SMOLGRAD_API smolgrad_value* smolgrad_sinh(const smolgrad_value* x);                           /**< hyperbolic sine */
SMOLGRAD_API smolgrad_value* smolgrad_cosh(const smolgrad_value* x);                           /**< hyperbolic cosine */
SMOLGRAD_API smolgrad_value* smolgrad_tanh(const smolgrad_value* x);       /**< hyperbolic tangent */
SMOLGRAD_API smolgrad_value* smolgrad_asinh(const smolgrad_value* x);      /**< the inverse of sinh */
SMOLGRAD_API smolgrad_value* smolgrad_acosh(const smolgrad_value* x);      /**< the inverse of cosh, from 0 on */
SMOLGRAD_API smolgrad_value* smolgrad_atanh(const smolgrad_value* x);      /**< the inverse of tanh */
SMOLGRAD_API smolgrad_value* smolgrad_erf(const smolgrad_value* x);        /**< error function */
SMOLGRAD_API smolgrad_value* smolgrad_erfc(const smolgrad_value* x);       /**< 1 - erf(x) */
SMOLGRAD_API smolgrad_value* smolgrad_lgamma(const smolgrad_value* x);     /**< log |gamma(x)| */
SMOLGRAD_API smolgrad_value* smolgrad_normal_cdf(const smolgrad_value* x); /**< standard normal distribution */
SMOLGRAD_API smolgrad_value* smolgrad_relu(const smolgrad_value* x);       /**< max(x, 0) */
SMOLGRAD_API smolgrad_value* smolgrad_leaky_relu(const smolgrad_value* x); /**< x above 0, x / 100 below */
SMOLGRAD_API smolgrad_value* smolgrad_elu(const smolgrad_value* x);        /**< x above 0, exp(x) - 1 below */
SMOLGRAD_API smolgrad_value* smolgrad_sigmoid(const smolgrad_value* x);    /**< 1 / (1 + exp(-x)) */
SMOLGRAD_API smolgrad_value* smolgrad_softplus(const smolgrad_value* x);   /**< log(1 + exp(x)) */
SMOLGRAD_API smolgrad_value* smolgrad_silu(const smolgrad_value* x);       /**< x sigmoid(x) */
SMOLGRAD_API smolgrad_value* smolgrad_gelu(const smolgrad_value* x);       /**< x normal_cdf(x) */

/** @name With a number
 * The same of a value and a plain number, in either order, as one operation: no constant is made and released.
 * @{ */
SMOLGRAD_API smolgrad_value* smolgrad_add_number(const smolgrad_value* a, double b);   /**< a + b */
SMOLGRAD_API smolgrad_value* smolgrad_sub_number(const smolgrad_value* a, double b);   /**< a - b */
SMOLGRAD_API smolgrad_value* smolgrad_mul_number(const smolgrad_value* a, double b);   /**< a * b */
SMOLGRAD_API smolgrad_value* smolgrad_div_number(const smolgrad_value* a, double b);   /**< a / b */
SMOLGRAD_API smolgrad_value* smolgrad_pow_number(const smolgrad_value* a, double b);   /**< a to the b */
SMOLGRAD_API smolgrad_value* smolgrad_hypot_number(const smolgrad_value* a, double b); /**< sqrt(a^2 + b^2) */
SMOLGRAD_API smolgrad_value* smolgrad_atan2_number(const smolgrad_value* a, double b); /**< angle of (b, a) */
SMOLGRAD_API smolgrad_value* smolgrad_min_number(const smolgrad_value* a, double b);   /**< the smaller of a and b */
SMOLGRAD_API smolgrad_value* smolgrad_max_number(const smolgrad_value* a, double b);   /**< the larger of a and b */
SMOLGRAD_API smolgrad_value* smolgrad_number_add(double a, const smolgrad_value* b);   /**< a + b */
SMOLGRAD_API smolgrad_value* smolgrad_number_sub(double a, const smolgrad_value* b);   /**< a - b */
SMOLGRAD_API smolgrad_value* smolgrad_number_mul(double a, const smolgrad_value* b);   /**< a * b */
SMOLGRAD_API smolgrad_value* smolgrad_number_div(double a, const smolgrad_value* b);   /**< a / b */
SMOLGRAD_API smolgrad_value* smolgrad_number_pow(double a, const smolgrad_value* b);   /**< a to the b */
SMOLGRAD_API smolgrad_value* smolgrad_number_hypot(double a, const smolgrad_value* b); /**< sqrt(a^2 + b^2) */
SMOLGRAD_API smolgrad_value* smolgrad_number_atan2(double a, const smolgrad_value* b); /**< angle of (b, a) */
SMOLGRAD_API smolgrad_value* smolgrad_number_min(double a, const smolgrad_value* b);   /**< the smaller of a and b */
SMOLGRAD_API smolgrad_value* smolgrad_number_max(double a, const smolgrad_value* b);   /**< the larger of a and b */
/** @} */

/** `if_less` where `left` < `right`, else `otherwise`. The branch not taken contributes exactly 0, never NaN. */
SMOLGRAD_API smolgrad_value* smolgrad_select(const smolgrad_value* left, const smolgrad_value* right,
                                             const smolgrad_value* if_less, const smolgrad_value* otherwise);

/** @name Over many
 * Over values[0 .. count), at least one, as one operation.
 * @{ */
SMOLGRAD_API smolgrad_value* smolgrad_sum(smolgrad_value* const values[], size_t count);       /**< the sum */
SMOLGRAD_API smolgrad_value* smolgrad_mean(smolgrad_value* const values[], size_t count);      /**< sum / count */
SMOLGRAD_API smolgrad_value* smolgrad_max_of(smolgrad_value* const values[], size_t count);    /**< the largest */
SMOLGRAD_API smolgrad_value* smolgrad_min_of(smolgrad_value* const values[], size_t count);    /**< the smallest */
SMOLGRAD_API smolgrad_value* smolgrad_logsumexp(smolgrad_value* const values[], size_t count); /**< log sum exp(x) */
/** @} */
/** The sum of a[i] b[i], `count` values a side, at least one. */
SMOLGRAD_API smolgrad_value* smolgrad_dot(smolgrad_value* const a[], smolgrad_value* const b[], size_t count);
/** exp(x[i] - logsumexp(x)) for each i, x being values[0 .. count), at least one; the handles go to out[0 .. count).
 * A status instead of NULL. */
SMOLGRAD_API int32_t smolgrad_softmax(smolgrad_value* const values[], size_t count, smolgrad_value* out[]);

/** @} */

/** @defgroup derivatives Derivatives and graph
 * Of what was recorded.
 * - Ownership: nothing is made.
 * - Units: a gradient is in the root's unit by the leaf's; texts in bytes.
 * - Errors: INVALID_ARGUMENT for NULL, STALE for a released handle, OUT_OF_MEMORY; kept on the tape.
 * - Threads: the tape's, one at a time.
 * @{ */

/** Adds the derivative of `root` by every leaf to that leaf's gradient, and sets those of the operations between. Twice
 * gives exactly twice. STALE, with no gradient changed, if a leaf it depends on was changed after the recording. */
SMOLGRAD_API int32_t smolgrad_backward(const smolgrad_value* root);
/** The graph `root` was computed by, in Graphviz's DOT language; `buffer`, `capacity` and `needed` as of
 * smolgrad_value_to_string. */
SMOLGRAD_API int32_t smolgrad_graph_to_dot(const smolgrad_value* root, char* buffer, size_t capacity, size_t* needed);

/** @} */

/** @defgroup function_options Options of functions
 * How a function is compiled. They begin as float64 without guards.
 * - Ownership: options are the caller's, to be destroyed.
 * - Units: none.
 * - Errors: INVALID_ARGUMENT for NULL.
 * - Threads: one at a time; options with guards are of the tape compared on: used by its thread.
 * @{ */

/** New options; NULL when memory is out. */
SMOLGRAD_API smolgrad_function_options* smolgrad_function_options_create(void);
/** With guards to be called before smolgrad_tape_destroy; a closed tape waits for them. NULL does nothing. */
SMOLGRAD_API void smolgrad_function_options_destroy(smolgrad_function_options* options);
/** `dtype`: SMOLGRAD_DTYPE_..., else INVALID_ARGUMENT. */
SMOLGRAD_API int32_t smolgrad_function_options_set_dtype(smolgrad_function_options* options, int32_t dtype);
/** @{ */
/** Adds a comparison that the recording relied on, and how it comes out now: `left` < `right`, left <= right, left ==
 * right. What smolgrad_function_check asks of each sample. A plain number is a smolgrad_constant. The handles may be
 * released afterwards. Errors: INVALID_ARGUMENT, STALE for a released handle, OUT_OF_MEMORY, WRONG_TAPE if the guards
 * are not all of one tape; kept on that of `left`. */
SMOLGRAD_API int32_t smolgrad_function_options_add_guard_less(smolgrad_function_options* options,
                                                              const smolgrad_value* left, const smolgrad_value* right);
SMOLGRAD_API int32_t smolgrad_function_options_add_guard_less_equal(smolgrad_function_options* options,
                                                                    const smolgrad_value* left,
                                                                    const smolgrad_value* right);
SMOLGRAD_API int32_t smolgrad_function_options_add_guard_equal(smolgrad_function_options* options,
                                                               const smolgrad_value* left, const smolgrad_value* right);
/** @} */

/** @} */

/** @defgroup function Function
 * A recording made reusable.
 * - Ownership: a function is the caller's, to be destroyed.
 * - Units: counts.
 * - Errors: the result says all: a function has no tape to leave a message on.
 * - Threads: any, any number of them at once.
 * @{ */

/** Compiles what was recorded on `tape` between leaves and results, to be evaluated and differentiated over batches of
 * samples. `inputs`, `n_in` of them, vary from sample to sample; `shared`, `n_shared`, are one number each for the
 * whole batch; both are leaves, none twice. Other leaves count as constants with the data they have now. `outputs`,
 * `n_out`, at least one, may be leaves too. An array of no values may be NULL, as may `options`, which can be destroyed
 * afterwards. The function keeps nothing of the tape: its handles may be released and it may be destroyed. Errors: NULL
 * then, with the error on the tape: INVALID_ARGUMENT, STALE, WRONG_TAPE (also for guards), OUT_OF_MEMORY. Threads: the
 * tape's. */
SMOLGRAD_API smolgrad_function* smolgrad_function_compile(smolgrad_tape* tape, smolgrad_value* const inputs[],
                                                          size_t n_in, smolgrad_value* const shared[], size_t n_shared,
                                                          smolgrad_value* const outputs[], size_t n_out,
                                                          const smolgrad_function_options* options);
/** To be called once no run is under way. NULL does nothing. */
SMOLGRAD_API void smolgrad_function_destroy(smolgrad_function* f);

/** @{ */
/** How many inputs, shared numbers and outputs it has; 0 for NULL. */
SMOLGRAD_API size_t smolgrad_function_input_count(const smolgrad_function* f);
SMOLGRAD_API size_t smolgrad_function_shared_count(const smolgrad_function* f);
SMOLGRAD_API size_t smolgrad_function_output_count(const smolgrad_function* f);
/** @} */
/** SMOLGRAD_DTYPE_..., no status; -1 for NULL. Errors: none. */
SMOLGRAD_API int32_t smolgrad_function_dtype(const smolgrad_function* f);

/** @{ */
/** The entries of the Jacobian, or of the Hessian of one output (else INVALID_ARGUMENT), that can be other than 0:
 * entry i stands in row rows[i] and column columns[i], row by row. *needed (may be NULL) gets their number, also if
 * that exceeds `capacity`, which is INVALID_ARGUMENT and leaves the arrays alone. NULL arrays of capacity 0 ask for the
 * number only. Errors: INVALID_ARGUMENT, OUT_OF_MEMORY. */
SMOLGRAD_API int32_t smolgrad_function_jacobian_sparsity(const smolgrad_function* f, size_t rows[], size_t columns[],
                                                         size_t capacity, size_t* needed);
SMOLGRAD_API int32_t smolgrad_function_hessian_sparsity(const smolgrad_function* f, size_t rows[], size_t columns[],
                                                        size_t capacity, size_t* needed);
/** @} */

/** The derivatives by the inputs as a function of the same inputs and shared numbers, to be destroyed as well: its
 * outputs are the entries of the Jacobian (of the gradient, for one output), row by row. It has the same guards. NULL
 * for NULL, without inputs, or when memory is out. */
SMOLGRAD_API smolgrad_function* smolgrad_function_derivative(const smolgrad_function* f);

/** @{ */
/** What was recorded, simplified and grouped: a graph, one line a node, or in Graphviz's DOT language. `buffer`,
 * `capacity` and `needed` as of smolgrad_value_to_string. Errors: INVALID_ARGUMENT, OUT_OF_MEMORY. */
SMOLGRAD_API int32_t smolgrad_function_to_text(const smolgrad_function* f, char* buffer, size_t capacity,
                                               size_t* needed);
SMOLGRAD_API int32_t smolgrad_function_to_dot(const smolgrad_function* f, char* buffer, size_t capacity,
                                              size_t* needed);
/** @} */

/** @} */

/** @defgroup run_options Options of runs
 * On which threads a function runs. They begin as one thread: the calling one.
 * - Ownership: options are the caller's, to be destroyed.
 * - Units: counts of threads.
 * - Errors: INVALID_ARGUMENT for NULL.
 * - Threads: one at a time. Runs only read them: any number of runs may share one.
 * @{ */

/** New options; NULL when memory is out. */
SMOLGRAD_API smolgrad_run_options* smolgrad_run_options_create(void);
/** NULL does nothing. */
SMOLGRAD_API void smolgrad_run_options_destroy(smolgrad_run_options* options);
/** How many `threads` work on a batch, the calling one included; 0 counts as 1. At most 256, and 16 where something is
 * summed over the batch; small batches take fewer. */
SMOLGRAD_API int32_t smolgrad_run_options_set_threads(smolgrad_run_options* options, size_t threads);
/** Lends the host's threads to runs, in place of threads of their own. `runner` is to call task(context, index) for
 * every index below `count`, which is at most the number of threads set, on whichever threads, and to return when all
 * calls have. It may be called for several runs at once, gets `user_data` as it is, and must not unwind the stack. A
 * batch too small for more than one thread is left to the calling one. NULL: no runner. */
SMOLGRAD_API int32_t smolgrad_run_options_set_runner(smolgrad_run_options* options,
                                                     void (*runner)(void (*task)(void* context, size_t index),
                                                                    void* context, size_t count, void* user_data),
                                                     void* user_data);

/** @} */

/** @defgroup runs Runs
 * A function over a batch of samples, and its derivatives. Any array of results may be NULL when it is not wanted, and
 * what only it needs is not computed. Arrays of no numbers may be NULL too, as may `run_options`. The same run gives
 * the same bits for any number of threads, on one type of processor; another kind of run or another number of rows may
 * give a sample's value other last bits. The first run of a kind compiles it (with 0 rows, if it shall be done
 * beforehand).
 * - Ownership: arrays stay the caller's; nothing is made.
 * - Units: all arrays are of double, or all of float for a function of SMOLGRAD_DTYPE_FLOAT32; as both are `void*`,
 *   nothing but this sentence keeps you from passing the wrong ones. They are row-major: `inputs` is `rows` x
 *   input_count, `outputs` rows x output_count, `shared` shared_count numbers.
 * - Errors: the status says all, as a function has no tape to leave a message on. INVALID_ARGUMENT: `f` is NULL, an
 *   array to be read is NULL though there are rows, an array of results overlaps another or one that is read, there are
 *   more rows than memory has numbers; and what is said below. OUT_OF_MEMORY: not once as many runs of the kind have
 *   been under way at once as ever will be. Nothing was written then.
 * - Threads: any, any number of them running one function at once.
 * @{ */

/** Values alone. */
SMOLGRAD_API int32_t smolgrad_function_evaluate(const smolgrad_function* f, size_t rows, const void* inputs,
                                                const void* shared, void* outputs,
                                                const smolgrad_run_options* run_options);
/** Of one output (else INVALID_ARGUMENT). d_inputs: rows x input_count, each sample's derivatives. d_shared:
 * shared_count, summed over the batch; of 0 rows 0. */
SMOLGRAD_API int32_t smolgrad_function_gradient(const smolgrad_function* f, size_t rows, const void* inputs,
                                                const void* shared, void* outputs, void* d_inputs, void* d_shared,
                                                const smolgrad_run_options* run_options);
/** By the inputs. jacobian: rows x output_count x input_count. */
SMOLGRAD_API int32_t smolgrad_function_jacobian(const smolgrad_function* f, size_t rows, const void* inputs,
                                                const void* shared, void* outputs, void* jacobian,
                                                const smolgrad_run_options* run_options);
/** Of one output (else INVALID_ARGUMENT), by the inputs. hessian: rows x input_count x input_count. */
SMOLGRAD_API int32_t smolgrad_function_hessian(const smolgrad_function* f, size_t rows, const void* inputs,
                                               const void* shared, void* outputs, void* hessian,
                                               const smolgrad_run_options* run_options);
/** Forward mode: the Jacobian times tangents, rows x input_count. d_outputs: rows x output_count. */
SMOLGRAD_API int32_t smolgrad_function_jvp(const smolgrad_function* f, size_t rows, const void* inputs,
                                           const void* shared, const void* tangents, void* outputs, void* d_outputs,
                                           const smolgrad_run_options* run_options);
/** Reverse mode: adjoints, rows x output_count, times the Jacobian. d_inputs and d_shared as of a gradient. */
SMOLGRAD_API int32_t smolgrad_function_vjp(const smolgrad_function* f, size_t rows, const void* inputs,
                                           const void* shared, const void* adjoints, void* outputs, void* d_inputs,
                                           void* d_shared, const smolgrad_run_options* run_options);
/** Of one output (else INVALID_ARGUMENT): the Hessian times vectors, rows x input_count, without forming it. products:
 * rows x input_count. */
SMOLGRAD_API int32_t smolgrad_function_hessian_vector(const smolgrad_function* f, size_t rows, const void* inputs,
                                                      const void* shared, const void* vectors, void* outputs,
                                                      void* products, const smolgrad_run_options* run_options);
/** Which samples would take another branch than the recording did at one of the function's guards: diverged, rows of
 * them, is 1 for those and else 0; *count says how many they are, without guards none. Either may be NULL. Samples are
 * checked 1024 at a time, so more threads help with long formulas only; if memory runs out between, the flags before
 * are written. */
SMOLGRAD_API int32_t smolgrad_function_check(const smolgrad_function* f, size_t rows, const void* inputs,
                                             const void* shared, uint8_t* diverged, size_t* count,
                                             const smolgrad_run_options* run_options);

/** @} */

/** @defgroup mlp_options Options of MLPs
 * How a network is made. They begin as relu, uniform, seed 0, with biases, recorded as dot products, without a head, in
 * float64.
 * - Ownership: options are the caller's, to be destroyed.
 * - Units: none.
 * - Errors: INVALID_ARGUMENT for NULL and for what is no constant's number.
 * - Threads: one at a time.
 * @{ */

/** New options; NULL when memory is out. */
SMOLGRAD_API smolgrad_mlp_options* smolgrad_mlp_options_create(void);
/** NULL does nothing. */
SMOLGRAD_API void smolgrad_mlp_options_destroy(smolgrad_mlp_options* options);
/** `activation`: SMOLGRAD_ACTIVATION_..., of the hidden layers; the last layer is linear. */
SMOLGRAD_API int32_t smolgrad_mlp_options_set_activation(smolgrad_mlp_options* options, int32_t activation);
/** One for each layer instead, the last one included: activations[0 .. n_layers), which are copied. No layers: back to
 * the above. OUT_OF_MEMORY. */
SMOLGRAD_API int32_t smolgrad_mlp_options_set_activations(smolgrad_mlp_options* options, const int32_t* activations,
                                                          size_t n_layers);
/** The same `seed` gives the same initial parameters on every platform. */
SMOLGRAD_API int32_t smolgrad_mlp_options_set_seed(smolgrad_mlp_options* options, uint64_t seed);
/** `init`: SMOLGRAD_INIT_... */
SMOLGRAD_API int32_t smolgrad_mlp_options_set_init(smolgrad_mlp_options* options, int32_t init);
/** `bias`: 1, with biases; 0, without. */
SMOLGRAD_API int32_t smolgrad_mlp_options_set_bias(smolgrad_mlp_options* options, int32_t bias);
/** `recording`: SMOLGRAD_RECORDING_... */
SMOLGRAD_API int32_t smolgrad_mlp_options_set_recording(smolgrad_mlp_options* options, int32_t recording);
/** `head`: SMOLGRAD_HEAD_... */
SMOLGRAD_API int32_t smolgrad_mlp_options_set_head(smolgrad_mlp_options* options, int32_t head);
/** `dtype`: SMOLGRAD_DTYPE_..., in which the model predicts and is trained, whatever its arrays are. Its values are
 * double. */
SMOLGRAD_API int32_t smolgrad_mlp_options_set_dtype(smolgrad_mlp_options* options, int32_t dtype);

/** @} */

/** @defgroup mlp MLP
 * A network of neurons, layer by layer. Parameters are numbered layer by layer: weights [outputs x inputs] row by row,
 * then biases.
 * - Ownership: a model is the caller's, to be destroyed, and goes with its tape at the latest.
 * - Units: the caller's, and counts.
 * - Errors: INVALID_ARGUMENT for NULL and wrong counts, OUT_OF_MEMORY; kept on the tape.
 * - Threads: the tape's, one at a time.
 * @{ */

/** A network of `n_layers` layers with layer_sizes[i] neurons each, on `tape`, for `n_inputs` inputs. `options` may be
 * NULL and can be destroyed afterwards. NULL on failure. */
SMOLGRAD_API smolgrad_mlp* smolgrad_mlp_create(smolgrad_tape* tape, size_t n_inputs, const size_t* layer_sizes,
                                               size_t n_layers, const smolgrad_mlp_options* options);
/** To be called before smolgrad_tape_destroy, which frees the models too. NULL does nothing. */
SMOLGRAD_API void smolgrad_mlp_destroy(smolgrad_mlp* mlp);
/** The same, for finalizers. Takes effect when the next model is made on the tape, with smolgrad_tape_node_count and
 * _zero_grad, and when the tape is closed; at once on a closed tape. Threads: any, at any time. */
SMOLGRAD_API void smolgrad_mlp_destroy_later(smolgrad_mlp* mlp);
/** Records the network on x[0 .. n), as many values as it has inputs; the handles of its outputs, to be released, go to
 * out[0 .. n_out). WRONG_TAPE, STALE for a released handle. */
SMOLGRAD_API int32_t smolgrad_mlp_forward(const smolgrad_mlp* mlp, smolgrad_value* const x[], size_t n,
                                          smolgrad_value* out[], size_t n_out);
/** @{ */
/** How many inputs, outputs and parameters it has; 0 for NULL. */
SMOLGRAD_API size_t smolgrad_mlp_input_count(const smolgrad_mlp* mlp);
SMOLGRAD_API size_t smolgrad_mlp_output_count(const smolgrad_mlp* mlp);
SMOLGRAD_API size_t smolgrad_mlp_parameter_count(const smolgrad_mlp* mlp);
/** @} */
/** The parameter of this `index`. Ownership: borrowed, valid as long as the model, not to be released. NULL on failure.
 */
SMOLGRAD_API smolgrad_value* smolgrad_mlp_parameter(const smolgrad_mlp* mlp, size_t index);
/** @{ */
/** Copies all parameters, or their gradients, to out[0 .. n): exactly smolgrad_mlp_parameter_count. */
SMOLGRAD_API int32_t smolgrad_mlp_get_parameters(const smolgrad_mlp* mlp, double* out, size_t n);
SMOLGRAD_API int32_t smolgrad_mlp_get_gradients(const smolgrad_mlp* mlp, double* out, size_t n);
/** @} */
/** Copies all parameters from data[0 .. n): exactly smolgrad_mlp_parameter_count. smolgrad_backward through what was
 * recorded from the old ones is an error from now on (STALE). */
SMOLGRAD_API int32_t smolgrad_mlp_set_parameters(smolgrad_mlp* mlp, const double* data, size_t n);
/** Sets the gradients of the parameters to 0. */
SMOLGRAD_API int32_t smolgrad_mlp_zero_grad(smolgrad_mlp* mlp);
/** @{ */
/** The outputs for `rows` samples, through the head, without recording: x is rows x inputs, y is rows x outputs, row by
 * row. */
SMOLGRAD_API int32_t smolgrad_mlp_predict(const smolgrad_mlp* mlp, const double* x, size_t rows, double* y);
SMOLGRAD_API int32_t smolgrad_mlp_predict_float(const smolgrad_mlp* mlp, const float* x, size_t rows, float* y);
/** @} */
/** Writes the model to the safetensors file `path`, which is replaced at once: after a crash there is the old one or
 * the new one. Paths are as the system takes them. IO, OUT_OF_MEMORY; UNSUPPORTED on a big-endian processor. */
SMOLGRAD_API int32_t smolgrad_mlp_save(const smolgrad_mlp* mlp, const char* path);
/** The model in the file `path`, on `tape`, to be destroyed as a new one is. NULL on failure: IO; FORMAT, with what is
 * wrong with the file; OUT_OF_MEMORY; UNSUPPORTED on a big-endian processor. */
SMOLGRAD_API smolgrad_mlp* smolgrad_mlp_load(smolgrad_tape* tape, const char* path);

/** @} */

/** @defgroup fit_options Options of training
 * They begin as MSE, Adam, 100 epochs of batches of 32 rows, shuffled with the seed 0, on one thread. Whatever uses
 * them copies them. What is the optimiser's and was not set, before or after choosing it, is its default; what is set
 * but it does not have is INVALID_ARGUMENT to whatever uses the options.
 * - Ownership: options are the caller's, to be destroyed. What `user_data` points to has to be there as long as
 *   anything uses the options or a copy.
 * - Units: epochs, rows and steps are counted; all else has none.
 * - Errors: INVALID_ARGUMENT for NULL and for what is no constant's number, OUT_OF_MEMORY. Other numbers are looked at
 *   by whatever uses the options, which is INVALID_ARGUMENT then.
 * - Threads: one at a time.
 * @{ */

/** New options; NULL when memory is out. */
SMOLGRAD_API smolgrad_fit_options* smolgrad_fit_options_create(void);
/** NULL does nothing. */
SMOLGRAD_API void smolgrad_fit_options_destroy(smolgrad_fit_options* options);
/** How many `epochs`, those of earlier calls of smolgrad_trainer_fit and of a checkpoint included. */
SMOLGRAD_API int32_t smolgrad_fit_options_set_epochs(smolgrad_fit_options* options, size_t epochs);
/** How many `rows` a step takes; the last batch of an epoch may be smaller. 0: all of them. */
SMOLGRAD_API int32_t smolgrad_fit_options_set_batch_size(smolgrad_fit_options* options, size_t rows);
/** `loss`: SMOLGRAD_LOSS_... */
SMOLGRAD_API int32_t smolgrad_fit_options_set_loss(smolgrad_fit_options* options, int32_t loss);
/** A loss of one's own instead: `record` records it from a sample's outputs and targets and returns it. It is called
 * when a trainer is made, and once for each smolgrad_trainer_minimize, and gets `user_data` as it is. `tape` is lent to
 * it, for constants and errors, and is neither closed nor destroyed by it; the operands are lent too, and not released.
 * Everything else that is made on the tape is released when it has returned, the loss included, as by
 * smolgrad_tape_scope_close. NULL: it failed, with the error of `tape` (INVALID_ARGUMENT if there is none), which the
 * caller's tape gets. It must not unwind the stack. */
SMOLGRAD_API int32_t smolgrad_fit_options_set_loss_function(
    smolgrad_fit_options* options,
    smolgrad_value* (*record)(smolgrad_tape* tape, smolgrad_value* const outputs[], size_t n_outputs,
                              smolgrad_value* const targets[], size_t n_targets, void* user_data),
    void* user_data);
/** How many numbers a row of y has, `count`. 0, as in the beginning: one, the class, for CROSS_ENTROPY, and else as
 * many as the model has outputs: y must have as many then, as no call can see how long it is. */
SMOLGRAD_API int32_t smolgrad_fit_options_set_target_count(smolgrad_fit_options* options, size_t count);
/** `optimizer`: SMOLGRAD_OPTIMIZER_... */
SMOLGRAD_API int32_t smolgrad_fit_options_set_optimizer(smolgrad_fit_options* options, int32_t optimizer);
/** The learning `rate`, of every optimiser. */
SMOLGRAD_API int32_t smolgrad_fit_options_set_learning_rate(smolgrad_fit_options* options, double rate);
/** Weight `decay`, of every optimiser. */
SMOLGRAD_API int32_t smolgrad_fit_options_set_weight_decay(smolgrad_fit_options* options, double decay);
/** `momentum` of SGD and RMSPROP; `nesterov` is 1 or 0, and 1 of SGD alone. */
SMOLGRAD_API int32_t smolgrad_fit_options_set_momentum(smolgrad_fit_options* options, double momentum,
                                                       int32_t nesterov);
/** `dampening` of SGD. */
SMOLGRAD_API int32_t smolgrad_fit_options_set_dampening(smolgrad_fit_options* options, double dampening);
/** `beta1` and `beta2` of ADAM and ADAMW. */
SMOLGRAD_API int32_t smolgrad_fit_options_set_betas(smolgrad_fit_options* options, double beta1, double beta2);
/** `epsilon` of all but SGD. */
SMOLGRAD_API int32_t smolgrad_fit_options_set_epsilon(smolgrad_fit_options* options, double epsilon);
/** `alpha` of RMSPROP; `centered` is 1 or 0. */
SMOLGRAD_API int32_t smolgrad_fit_options_set_alpha(smolgrad_fit_options* options, double alpha, int32_t centered);
/** The learning rate times `gamma` at `every` so many steps of the optimiser, at least 1. Of this and the next, the
 * last one set counts. */
SMOLGRAD_API int32_t smolgrad_fit_options_set_step_decay(smolgrad_fit_options* options, uint64_t every, double gamma);
/** The learning rate along half a cosine, over so many `steps`, at least 1, down to `floor` (0 to 1) times what it is,
 * and so from then on. */
SMOLGRAD_API int32_t smolgrad_fit_options_set_cosine_decay(smolgrad_fit_options* options, uint64_t steps, double floor);
/** So many `steps` come before, with (step + 1) / steps of the learning rate. */
SMOLGRAD_API int32_t smolgrad_fit_options_set_warmup(smolgrad_fit_options* options, uint64_t steps);
/** Holds the magnitude of each derivative to `value`, then their Euclidean norm to `norm`; both are above 0, and
 * infinite in the beginning. */
SMOLGRAD_API int32_t smolgrad_fit_options_set_clipping(smolgrad_fit_options* options, double norm, double value);
/** The `seed` of the order of rows in each epoch, and of those drawn for validation. The same on every platform. */
SMOLGRAD_API int32_t smolgrad_fit_options_set_seed(smolgrad_fit_options* options, uint64_t seed);
/** `shuffle`: 1, rows in another order each epoch; 0, as they are. */
SMOLGRAD_API int32_t smolgrad_fit_options_set_shuffle(smolgrad_fit_options* options, int32_t shuffle);
/** @{ */
/** `threads`, `runner` and `user_data` as of smolgrad_run_options_set_threads and smolgrad_run_options_set_runner. The
 * same bits for any number of threads. */
SMOLGRAD_API int32_t smolgrad_fit_options_set_threads(smolgrad_fit_options* options, size_t threads);
SMOLGRAD_API int32_t smolgrad_fit_options_set_runner(smolgrad_fit_options* options,
                                                     void (*runner)(void (*task)(void* context, size_t index),
                                                                    void* context, size_t count, void* user_data),
                                                     void* user_data);
/** @} */
/** So much of the rows, a `fraction` from 0 to below 1, is not trained on. */
SMOLGRAD_API int32_t smolgrad_fit_options_set_validation_fraction(smolgrad_fit_options* options, double fraction);
/** Stop once so many `epochs` have brought no lower loss, of validation, or of training if nothing is held back; the
 * model then has the parameters of the best epoch. 0: go through all epochs, and end with the last one's. */
SMOLGRAD_API int32_t smolgrad_fit_options_set_patience(smolgrad_fit_options* options, size_t epochs);
/** `metrics`: 1, evaluate the training rows after each epoch as well; 0, do not. */
SMOLGRAD_API int32_t smolgrad_fit_options_set_training_metrics(smolgrad_fit_options* options, int32_t metrics);
/** `progress` is called after each epoch (counted from 1, of at most `epochs`), when the model has the parameters of
 * that epoch: it may predict with it and save it, and its trainer too. `loss` is that of training, `seconds` are since
 * the fit began, `user_data` is as given here, and what there is not is NaN. Nonzero cancels. It must not unwind the
 * stack. NULL: no callback. */
SMOLGRAD_API int32_t smolgrad_fit_options_set_progress(smolgrad_fit_options* options,
                                                       int32_t (*progress)(size_t epoch, size_t epochs, double loss,
                                                                           double validation_loss,
                                                                           double validation_accuracy, double seconds,
                                                                           void* user_data),
                                                       void* user_data);

/** @} */

/** @defgroup fit_report Reports of training
 * The history of one fit, filled by it.
 * - Ownership: a report is the caller's, to be destroyed.
 * - Units: epochs from 1 on, seconds.
 * - Errors: none but what is said: a report has no tape to leave a message on.
 * - Threads: one at a time.
 * @{ */

/** A new one, without epochs, as FINISHED. NULL when memory is out. */
SMOLGRAD_API smolgrad_fit_report* smolgrad_fit_report_create(void);
/** NULL does nothing. */
SMOLGRAD_API void smolgrad_fit_report_destroy(smolgrad_fit_report* report);
/** How many epochs it has, the one that a fit DIVERGED in not included; 0 for NULL. */
SMOLGRAD_API size_t smolgrad_fit_report_epoch_count(const smolgrad_fit_report* report);
/** SMOLGRAD_OUTCOME_..., no status; -1 for NULL. */
SMOLGRAD_API int32_t smolgrad_fit_report_outcome(const smolgrad_fit_report* report);
/** The epoch with the lowest loss (see smolgrad_fit_options_set_patience), from 1 on; 0 if there is none, or NULL. */
SMOLGRAD_API size_t smolgrad_fit_report_best_epoch(const smolgrad_fit_report* report);
/** Its loss; infinite if there is none, NaN for NULL. */
SMOLGRAD_API double smolgrad_fit_report_best_loss(const smolgrad_fit_report* report);
/** Of each epoch what `which` says, SMOLGRAD_HISTORY_..., to out[0 .. n): exactly smolgrad_fit_report_epoch_count.
 * Errors: INVALID_ARGUMENT. */
SMOLGRAD_API int32_t smolgrad_fit_report_get_history(const smolgrad_fit_report* report, int32_t which, double* out,
                                                     size_t n);

/** @} */

/** @defgroup training Training
 * At once, or from call to call by a trainer. `x` is `rows` x inputs and `y` is rows x targets, row by row. The same
 * data, options and seed give the same bits for any number of threads, on one type of processor.
 * - Ownership: a trainer is the caller's, to be destroyed; arrays stay the caller's.
 * - Units: losses and accuracies (0 to 1) are means over rows.
 * - Errors: INVALID_ARGUMENT for NULL, options out of range, no rows, data that are no numbers or no classes, with the
 *   row: the model is unchanged then; the loss function's own; OUT_OF_MEMORY. Kept on the model's tape.
 * - Threads: the tape's, one at a time.
 * @{ */

/** The `loss` (SMOLGRAD_LOSS_...) of outputs[0 .. n_outputs) and targets[0 .. n_targets) as an expression. Another
 * number, no outputs, fewer than two of CROSS_ENTROPY, or another count of targets, is INVALID_ARGUMENT. Ownership: the
 * result is the caller's, to be released. Errors: NULL for these, and as of an operator. */
SMOLGRAD_API smolgrad_value* smolgrad_loss(int32_t loss, smolgrad_value* const outputs[], size_t n_outputs,
                                           smolgrad_value* const targets[], size_t n_targets);

/** Trains the model. `options` may be NULL, as may `report`. CANCELLED if the progress callback says so, with the
 * report filled and the model as that epoch left it (or the best one, with patience). OK, too, when it DIVERGED: see
 * smolgrad_fit_report_outcome. In all else the report is unchanged. OUT_OF_MEMORY: some epochs may have been gone
 * through. */
SMOLGRAD_API int32_t smolgrad_mlp_fit(smolgrad_mlp* mlp, const double* x, const double* y, size_t rows,
                                      const smolgrad_fit_options* options, smolgrad_fit_report* report);

/** Training that goes on from call to call. It begins with the model's parameters; from now on they are the trainer's:
 * others' changes of them are overwritten by the next step. `options` may be NULL. NULL on failure. */
SMOLGRAD_API smolgrad_trainer* smolgrad_trainer_create(smolgrad_mlp* mlp, const smolgrad_fit_options* options);
/** Also after that of its model and tape; nothing else may be done with it then. NULL does nothing. Threads: any, at
 * any time. */
SMOLGRAD_API void smolgrad_trainer_destroy(smolgrad_trainer* trainer);
/** @{ */
/** One step of the optimiser on these rows, one or more; *loss (may be NULL) gets their mean loss before it. A loss
 * that is no finite number is INVALID_ARGUMENT, and nothing is changed. */
SMOLGRAD_API int32_t smolgrad_trainer_step(smolgrad_trainer* trainer, const double* x, const double* y, size_t rows,
                                           double* loss);
SMOLGRAD_API int32_t smolgrad_trainer_step_float(smolgrad_trainer* trainer, const float* x, const float* y, size_t rows,
                                                 double* loss);
/** @} */
/** @{ */
/** As smolgrad_mlp_fit, from the trainer's epoch on; `report` may be NULL. CANCELLED. */
SMOLGRAD_API int32_t smolgrad_trainer_fit(smolgrad_trainer* trainer, const double* x, const double* y, size_t rows,
                                          smolgrad_fit_report* report);
SMOLGRAD_API int32_t smolgrad_trainer_fit_float(smolgrad_trainer* trainer, const float* x, const float* y, size_t rows,
                                                smolgrad_fit_report* report);
/** @} */
/** @{ */
/** *loss gets the mean loss over these rows and *accuracy the accuracy (see SMOLGRAD_HISTORY_TRAINING_ACCURACY); either
 * may be NULL. */
SMOLGRAD_API int32_t smolgrad_trainer_evaluate(const smolgrad_trainer* trainer, const double* x, const double* y,
                                               size_t rows, double* loss, double* accuracy);
SMOLGRAD_API int32_t smolgrad_trainer_evaluate_float(const smolgrad_trainer* trainer, const float* x, const float* y,
                                                     size_t rows, double* loss, double* accuracy);
/** @} */
/** Minimises the mean loss over all these rows by L-BFGS, in double whatever the model's dtype, until nothing more is
 * to be gained or `max_iterations` are over; *loss (may be NULL) gets it, NaN after no iterations. The optimiser's
 * state and the epochs stay as they were. A loss that is no finite number in the beginning is INVALID_ARGUMENT. */
SMOLGRAD_API int32_t smolgrad_trainer_minimize(smolgrad_trainer* trainer, const double* x, const double* y, size_t rows,
                                               size_t max_iterations, double* loss);
/** @{ */
/** How many epochs, or steps of the optimiser, so far; 0 for NULL. */
SMOLGRAD_API uint64_t smolgrad_trainer_epoch(const smolgrad_trainer* trainer);
SMOLGRAD_API uint64_t smolgrad_trainer_steps(const smolgrad_trainer* trainer);
/** @} */
/** Writes a checkpoint: a file `path` as of smolgrad_mlp_save, with all that training goes on from. IO, OUT_OF_MEMORY,
 * UNSUPPORTED as there. */
SMOLGRAD_API int32_t smolgrad_trainer_save(const smolgrad_trainer* trainer, const char* path);
/** Goes on from the checkpoint `path`: with the same options and data, to the same bits as if training had never
 * stopped. The model gets its parameters. IO, FORMAT, OUT_OF_MEMORY, UNSUPPORTED as of smolgrad_mlp_load;
 * INVALID_ARGUMENT for a file of another model, optimiser or seed, or of a model alone. */
SMOLGRAD_API int32_t smolgrad_trainer_load(smolgrad_trainer* trainer, const char* path);

/** @} */

/** @defgroup data Data
 * Numbers from files. A table keeps nothing of the tape, which only gets the error.
 * - Ownership: a table is the caller's, to be destroyed.
 * - Units: counts; the numbers are the file's.
 * - Errors: of reading: NULL for IO; FORMAT, with file, line and column; OUT_OF_MEMORY; INVALID_ARGUMENT; kept on the
 *   tape.
 * - Threads: any, any number of them at once; reading: the tape's.
 * @{ */

/** The numbers of the CSV file `path` (RFC 4180, separated by commas); `header` is SMOLGRAD_CSV_HEADER_... Paths are as
 * the system takes them. Threads: the tape's. */
SMOLGRAD_API smolgrad_table* smolgrad_table_read_csv(smolgrad_tape* tape, const char* path, int32_t header);
/** Those of the IDX file `path`, such as MNIST's, unpacked. All dimensions but the first make one row. Threads: the
 * tape's. */
SMOLGRAD_API smolgrad_table* smolgrad_table_read_idx(smolgrad_tape* tape, const char* path);
/** To be called once no thread uses the table. NULL does nothing. */
SMOLGRAD_API void smolgrad_table_destroy(smolgrad_table* table);
/** @{ */
/** How many rows and columns; 0 for NULL. */
SMOLGRAD_API size_t smolgrad_table_row_count(const smolgrad_table* table);
SMOLGRAD_API size_t smolgrad_table_column_count(const smolgrad_table* table);
/** @} */
/** The numbers, rows x columns, row by row. Borrowed: valid as long as the table. NULL for NULL, and perhaps if there
 * are none. */
SMOLGRAD_API const double* smolgrad_table_values(const smolgrad_table* table);
/** The name of a `column`, from 0 on. Borrowed: valid as long as the table. "" if the file does not name it; NULL for
 * NULL, and if there is no such column. */
SMOLGRAD_API const char* smolgrad_table_column_name(const smolgrad_table* table, size_t column);

/** @} */

#ifdef __cplusplus
}
#endif

#endif
