/* smolgrad: automatic differentiation you can link. This header is the whole C interface.
 *
 *   smolgrad_tape *t = smolgrad_tape_create();
 *   smolgrad_value *a = smolgrad_value_create(t, 2.0), *b = smolgrad_value_create(t, -3.0);
 *   smolgrad_value *d = smolgrad_mul(a, b);
 *   smolgrad_backward(d);                       smolgrad_value_grad(a) is -3
 *   smolgrad_tape_destroy(t);                   frees everything on it
 *
 * Handles. Functions that make a value return a handle of the caller's, to be released once by smolgrad_value_release
 * (or _release_later), or all together by smolgrad_tape_scope_close or smolgrad_tape_destroy. Releasing a value that
 * others were computed from is safe: what they need of it stays. A handle used after its release is reported as stale
 * (unless its place was taken again a multiple of 32 times). Any other invalid pointer is undefined behaviour, as is a
 * handle whose tape was destroyed.
 *
 * Errors. Nothing in here aborts, prints, or throws. Functions that build expressions return NULL on failure, and
 * NULL operands give NULL, so that an expression can be nested and checked once. Functions returning int32_t return
 * SMOLGRAD_OK or an error code. Either way the first error's code and message stay on the tape (that of the
 * first operand, if they differ) until smolgrad_tape_clear_error. A failed call changes nothing else: outputs are
 * untouched. Arithmetic is no error: log(-1) is NaN.
 *
 * Threads. Tapes are independent. A tape, its values and models are used by one thread at a time, except that
 * smolgrad_value_release_later may be called by any thread at any time. A function is immutable and may be used by any
 * number of threads at once. There is no global and no thread-local state.
 */
#ifndef SMOLGRAD_H
#define SMOLGRAD_H

#include <stddef.h>
#include <stdint.h>

#define SMOLGRAD_VERSION_MAJOR 0
#define SMOLGRAD_VERSION_MINOR 1
#define SMOLGRAD_VERSION_PATCH 0

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

/* Status. These numbers never change. */
#define SMOLGRAD_OK 0
#define SMOLGRAD_ERROR_INVALID_ARGUMENT 1 /* NULL, a wrong count, an option out of range */
#define SMOLGRAD_ERROR_OUT_OF_MEMORY 2
#define SMOLGRAD_ERROR_WRONG_TAPE 3 /* operands of different tapes */
#define SMOLGRAD_ERROR_STALE 4      /* a released handle, or a leaf changed after the recording */
#define SMOLGRAD_ERROR_IO 5
#define SMOLGRAD_ERROR_FORMAT 6
#define SMOLGRAD_ERROR_CANCELLED 7
#define SMOLGRAD_ERROR_UNSUPPORTED 8
#define SMOLGRAD_ERROR_INTERNAL 9 /* a defect in smolgrad */

/* Activations of a model's neurons. These numbers never change. */
#define SMOLGRAD_ACTIVATION_LINEAR 0
#define SMOLGRAD_ACTIVATION_RELU 1
#define SMOLGRAD_ACTIVATION_LEAKY_RELU 2
#define SMOLGRAD_ACTIVATION_ELU 3
#define SMOLGRAD_ACTIVATION_TANH 4
#define SMOLGRAD_ACTIVATION_SIGMOID 5
#define SMOLGRAD_ACTIVATION_SOFTPLUS 6
#define SMOLGRAD_ACTIVATION_SILU 7
#define SMOLGRAD_ACTIVATION_GELU 8

/* How a model's weights begin: uniform in +-1, in +-sqrt(6 / (inputs + outputs)) (Glorot and Bengio 2010), or in
 * +-sqrt(6 / inputs) (He et al. 2015). Biases begin at 0. These numbers never change. */
#define SMOLGRAD_INIT_UNIFORM 0
#define SMOLGRAD_INIT_XAVIER 1
#define SMOLGRAD_INIT_HE 2

/* How a neuron's weighted sum is recorded: as one dot product, or as single operations, each visible in the graph.
 * These numbers never change. */
#define SMOLGRAD_RECORDING_DOT 0
#define SMOLGRAD_RECORDING_SINGLE 1

/* The numbers in the arrays of a function: double or float. These numbers never change. */
#define SMOLGRAD_DTYPE_FLOAT64 0
#define SMOLGRAD_DTYPE_FLOAT32 1

typedef struct smolgrad_tape smolgrad_tape;
typedef struct smolgrad_value smolgrad_value;
typedef struct smolgrad_function smolgrad_function;
typedef struct smolgrad_function_options smolgrad_function_options;
typedef struct smolgrad_run_options smolgrad_run_options;
typedef struct smolgrad_mlp smolgrad_mlp;
typedef struct smolgrad_mlp_options smolgrad_mlp_options;

/* Library */

/* The version linked: major * 1000000 + minor * 1000 + patch. Any thread. */
SMOLGRAD_API uint32_t smolgrad_version(void);
/* The same as text, such as "0.1.0". Static. Any thread. */
SMOLGRAD_API const char* smolgrad_version_string(void);
/* 1 if the library linked has the feature, 0 if not or NULL: "value", "function", "float32", "mlp". Any
 * thread. */
SMOLGRAD_API int32_t smolgrad_has_feature(const char* name);
/* The name of a status, such as "SMOLGRAD_ERROR_STALE"; "unknown" for any other number. Static. Any thread. */
SMOLGRAD_API const char* smolgrad_status_name(int32_t status);

/* Tape */

/* A new tape, to be ended by _destroy or _close; NULL when memory is out. */
SMOLGRAD_API smolgrad_tape* smolgrad_tape_create(void);
/* Frees the tape with all its values and models at once, whoever holds them. NULL does nothing. */
SMOLGRAD_API void smolgrad_tape_destroy(smolgrad_tape* tape);
/* Frees the tape as soon as the last handle and model of it is released, in any order and by any threads: for hosts
 * whose garbage collector calls finalizers. Ends open scopes. From now on only smolgrad_value_release, _release_later,
 * smolgrad_mlp_destroy and smolgrad_function_options_destroy may be called. NULL does nothing. */
SMOLGRAD_API void smolgrad_tape_close(smolgrad_tape* tape);

/* The first error since the tape was made or cleared: SMOLGRAD_OK if there was none. NULL: INVALID_ARGUMENT. */
SMOLGRAD_API int32_t smolgrad_tape_error_code(const smolgrad_tape* tape);
/* Its message, "" if there was none; valid until the next call on the tape. */
SMOLGRAD_API const char* smolgrad_tape_error_message(const smolgrad_tape* tape);
SMOLGRAD_API void smolgrad_tape_clear_error(smolgrad_tape* tape);

/* Opens a scope: values made on the tape from now on are released by smolgrad_tape_scope_close. Scopes nest. Returns
 * the scope, or 0 on failure. */
SMOLGRAD_API size_t smolgrad_tape_scope_open(smolgrad_tape* tape);
/* Releases every value made since the scope was opened once, unless it is gone by then, and closes the scopes inside
 * it. A handle that should outlive the scope is retained. INVALID_ARGUMENT if the scope is not open. */
SMOLGRAD_API int32_t smolgrad_tape_scope_close(smolgrad_tape* tape, size_t scope);

/* Leaves, constants and operations in memory, the dead among them that are not reclaimed yet included. 0 for NULL. */
SMOLGRAD_API size_t smolgrad_tape_node_count(const smolgrad_tape* tape);
/* Bytes allocated for them, spare room included. 0 for NULL. */
SMOLGRAD_API size_t smolgrad_tape_memory_bytes(const smolgrad_tape* tape);
/* Sets the gradient of every leaf to 0. */
SMOLGRAD_API int32_t smolgrad_tape_zero_grad(smolgrad_tape* tape);

/* Value */

/* A new leaf: an input or a parameter. */
SMOLGRAD_API smolgrad_value* smolgrad_value_create(smolgrad_tape* tape, double data);
/* A number that takes no gradient and cannot be changed. */
SMOLGRAD_API smolgrad_value* smolgrad_constant(smolgrad_tape* tape, double data);
/* `count` leaves side by side in memory; their handles go to out[0 .. count). */
SMOLGRAD_API int32_t smolgrad_value_create_array(smolgrad_tape* tape, const double* data, size_t count,
                                                 smolgrad_value* out[]);

/* One more reference: the handle must be released once more, and belongs to no scope. Returns `value`, NULL on failure.
 */
SMOLGRAD_API smolgrad_value* smolgrad_value_retain(smolgrad_value* value);
/* Gives the handle back. NULL does nothing. */
SMOLGRAD_API void smolgrad_value_release(smolgrad_value* value);
/* The same from any thread, at any time. Takes effect with the next call on the tape's own thread; at once on a closed
 * tape. */
SMOLGRAD_API void smolgrad_value_release_later(smolgrad_value* value);

/* The number; NaN on failure. */
SMOLGRAD_API double smolgrad_value_data(const smolgrad_value* value);
/* Changes a leaf; INVALID_ARGUMENT for anything else. smolgrad_backward through what was recorded from the old number
 * is an error from now on (STALE): record again. */
SMOLGRAD_API int32_t smolgrad_value_set_data(smolgrad_value* value, double data);
/* Of a leaf: the sum over all calls of backward since gradients were last zeroed. Of an operation: the derivative of
 * the last root by it, 0 if that does not depend on it. NaN on failure. */
SMOLGRAD_API double smolgrad_value_grad(const smolgrad_value* value);
SMOLGRAD_API int32_t smolgrad_value_set_grad(smolgrad_value* value, double grad);
/* A name, shown in graphs: "" if none was given, NULL on failure; valid until it is set again or the value is freed. */
SMOLGRAD_API const char* smolgrad_value_label(const smolgrad_value* value);
/* Copies the UTF-8 text. */
SMOLGRAD_API int32_t smolgrad_value_set_label(smolgrad_value* value, const char* label);
/* The operator's name as in smolgrad_<name>; "leaf" or "constant". Static. NULL on failure. */
SMOLGRAD_API const char* smolgrad_value_operation(const smolgrad_value* value);
/* `Value(data=4, grad=0)`. Strings out, here and below: *needed (may be NULL) gets the size with the terminating 0,
 * also if that exceeds `capacity`, which is INVALID_ARGUMENT and leaves `buffer` alone. A NULL buffer of capacity 0
 * asks for the size only. */
SMOLGRAD_API int32_t smolgrad_value_to_string(const smolgrad_value* value, char* buffer, size_t capacity,
                                              size_t* needed);

/* Operators */

/* Each records one operation on its operands' tape and returns its result. Derivatives at kinks: relu'(0) = abs'(0) =
 * 0, a tie of min or max shares equally, pow follows PyTorch. Formulas: <smolgrad/ops/...>. */
SMOLGRAD_API smolgrad_value* smolgrad_add(const smolgrad_value* a, const smolgrad_value* b);   /* a + b */
SMOLGRAD_API smolgrad_value* smolgrad_sub(const smolgrad_value* a, const smolgrad_value* b);   /* a - b */
SMOLGRAD_API smolgrad_value* smolgrad_mul(const smolgrad_value* a, const smolgrad_value* b);   /* a * b */
SMOLGRAD_API smolgrad_value* smolgrad_div(const smolgrad_value* a, const smolgrad_value* b);   /* a / b */
SMOLGRAD_API smolgrad_value* smolgrad_pow(const smolgrad_value* a, const smolgrad_value* b);   /* a to the b */
SMOLGRAD_API smolgrad_value* smolgrad_hypot(const smolgrad_value* a, const smolgrad_value* b); /* sqrt(a^2 + b^2) */
SMOLGRAD_API smolgrad_value* smolgrad_atan2(const smolgrad_value* a, const smolgrad_value* b); /* angle of (b, a) */
SMOLGRAD_API smolgrad_value* smolgrad_min(const smolgrad_value* a, const smolgrad_value* b);
SMOLGRAD_API smolgrad_value* smolgrad_max(const smolgrad_value* a, const smolgrad_value* b);
SMOLGRAD_API smolgrad_value* smolgrad_neg(const smolgrad_value* x);
SMOLGRAD_API smolgrad_value* smolgrad_square(const smolgrad_value* x);
SMOLGRAD_API smolgrad_value* smolgrad_sqrt(const smolgrad_value* x);
SMOLGRAD_API smolgrad_value* smolgrad_cbrt(const smolgrad_value* x);
SMOLGRAD_API smolgrad_value* smolgrad_abs(const smolgrad_value* x);
SMOLGRAD_API smolgrad_value* smolgrad_exp(const smolgrad_value* x);
SMOLGRAD_API smolgrad_value* smolgrad_exp2(const smolgrad_value* x);
SMOLGRAD_API smolgrad_value* smolgrad_expm1(const smolgrad_value* x); /* exp(x) - 1 */
SMOLGRAD_API smolgrad_value* smolgrad_log(const smolgrad_value* x);
SMOLGRAD_API smolgrad_value* smolgrad_log2(const smolgrad_value* x);
SMOLGRAD_API smolgrad_value* smolgrad_log10(const smolgrad_value* x);
SMOLGRAD_API smolgrad_value* smolgrad_log1p(const smolgrad_value* x); /* log(1 + x) */
SMOLGRAD_API smolgrad_value* smolgrad_sin(const smolgrad_value* x);   /* radians, here and below */
SMOLGRAD_API smolgrad_value* smolgrad_cos(const smolgrad_value* x);
SMOLGRAD_API smolgrad_value* smolgrad_tan(const smolgrad_value* x);
SMOLGRAD_API smolgrad_value* smolgrad_asin(const smolgrad_value* x);
SMOLGRAD_API smolgrad_value* smolgrad_acos(const smolgrad_value* x);
SMOLGRAD_API smolgrad_value* smolgrad_atan(const smolgrad_value* x);
SMOLGRAD_API smolgrad_value* smolgrad_sinh(const smolgrad_value* x);
SMOLGRAD_API smolgrad_value* smolgrad_cosh(const smolgrad_value* x);
SMOLGRAD_API smolgrad_value* smolgrad_tanh(const smolgrad_value* x);
SMOLGRAD_API smolgrad_value* smolgrad_asinh(const smolgrad_value* x);
SMOLGRAD_API smolgrad_value* smolgrad_acosh(const smolgrad_value* x);
SMOLGRAD_API smolgrad_value* smolgrad_atanh(const smolgrad_value* x);
SMOLGRAD_API smolgrad_value* smolgrad_erf(const smolgrad_value* x);
SMOLGRAD_API smolgrad_value* smolgrad_erfc(const smolgrad_value* x);
SMOLGRAD_API smolgrad_value* smolgrad_lgamma(const smolgrad_value* x);     /* log |gamma(x)| */
SMOLGRAD_API smolgrad_value* smolgrad_normal_cdf(const smolgrad_value* x); /* standard normal distribution */
SMOLGRAD_API smolgrad_value* smolgrad_relu(const smolgrad_value* x);       /* max(x, 0) */
SMOLGRAD_API smolgrad_value* smolgrad_leaky_relu(const smolgrad_value* x); /* x above 0, x / 100 below */
SMOLGRAD_API smolgrad_value* smolgrad_elu(const smolgrad_value* x);        /* x above 0, exp(x) - 1 below */
SMOLGRAD_API smolgrad_value* smolgrad_sigmoid(const smolgrad_value* x);    /* 1 / (1 + exp(-x)) */
SMOLGRAD_API smolgrad_value* smolgrad_softplus(const smolgrad_value* x);   /* log(1 + exp(x)) */
SMOLGRAD_API smolgrad_value* smolgrad_silu(const smolgrad_value* x);       /* x sigmoid(x) */
SMOLGRAD_API smolgrad_value* smolgrad_gelu(const smolgrad_value* x);       /* x normal_cdf(x) */

/* `if_less` where left < right, else `otherwise`. The branch not taken contributes exactly 0, never NaN. */
SMOLGRAD_API smolgrad_value* smolgrad_select(const smolgrad_value* left, const smolgrad_value* right,
                                             const smolgrad_value* if_less, const smolgrad_value* otherwise);

/* Over `count` values, at least 1, as one operation. */
SMOLGRAD_API smolgrad_value* smolgrad_sum(smolgrad_value* const values[], size_t count);
SMOLGRAD_API smolgrad_value* smolgrad_mean(smolgrad_value* const values[], size_t count);
SMOLGRAD_API smolgrad_value* smolgrad_max_of(smolgrad_value* const values[], size_t count);
SMOLGRAD_API smolgrad_value* smolgrad_min_of(smolgrad_value* const values[], size_t count);
SMOLGRAD_API smolgrad_value* smolgrad_logsumexp(smolgrad_value* const values[], size_t count); /* log sum exp(x) */
/* The sum of a[i] b[i], `count` values a side. */
SMOLGRAD_API smolgrad_value* smolgrad_dot(smolgrad_value* const a[], smolgrad_value* const b[], size_t count);
/* exp(x[i] - logsumexp(x)) for each i; the handles go to out[0 .. count). */
SMOLGRAD_API int32_t smolgrad_softmax(smolgrad_value* const values[], size_t count, smolgrad_value* out[]);

/* Derivatives and graph */

/* Adds the derivative of `root` by every leaf to that leaf's gradient, and sets those of the operations between. Twice
 * gives exactly twice. STALE, with no gradient changed, if a leaf it depends on was changed after the recording. */
SMOLGRAD_API int32_t smolgrad_backward(const smolgrad_value* root);
/* The graph `root` was computed by, in Graphviz's DOT language. Strings out as in smolgrad_value_to_string. */
SMOLGRAD_API int32_t smolgrad_graph_to_dot(const smolgrad_value* root, char* buffer, size_t capacity, size_t* needed);

/* Function */

/* Options begin as float64 without guards. NULL when memory is out. */
SMOLGRAD_API smolgrad_function_options* smolgrad_function_options_create(void);
/* Options with guards are of the tape compared on: used by its thread, and to be destroyed before
 * smolgrad_tape_destroy; a closed tape waits for them. NULL does nothing. */
SMOLGRAD_API void smolgrad_function_options_destroy(smolgrad_function_options* options);
/* SMOLGRAD_DTYPE_... */
SMOLGRAD_API int32_t smolgrad_function_options_set_dtype(smolgrad_function_options* options, int32_t dtype);
/* Add a comparison that the recording relied on, and how it comes out now: left < right, left <= right, left == right.
 * What smolgrad_function_check asks of each sample. A plain number is a smolgrad_constant. The handles may be released
 * afterwards. WRONG_TAPE if the guards are not all of one tape. */
SMOLGRAD_API int32_t smolgrad_function_options_add_guard_less(smolgrad_function_options* options,
                                                              const smolgrad_value* left, const smolgrad_value* right);
SMOLGRAD_API int32_t smolgrad_function_options_add_guard_less_equal(smolgrad_function_options* options,
                                                                    const smolgrad_value* left,
                                                                    const smolgrad_value* right);
SMOLGRAD_API int32_t smolgrad_function_options_add_guard_equal(smolgrad_function_options* options,
                                                               const smolgrad_value* left, const smolgrad_value* right);

/* Compiles what was recorded on `tape` between leaves and results, to be evaluated and differentiated over batches of
 * samples. `inputs` vary from sample to sample, `shared` are one number each for the whole batch; both are leaves, none
 * twice. Other leaves count as constants with the data they have now. `outputs`, at least one, may be leaves too. An
 * array of no values may be NULL, as may `options`, which can be destroyed afterwards. The function keeps nothing of
 * the tape: its handles may be released and it may be destroyed. NULL on failure, with the error on the tape:
 * INVALID_ARGUMENT, STALE, WRONG_TAPE (also for guards), OUT_OF_MEMORY. On the tape's thread. */
SMOLGRAD_API smolgrad_function* smolgrad_function_compile(smolgrad_tape* tape, smolgrad_value* const inputs[],
                                                          size_t n_in, smolgrad_value* const shared[], size_t n_shared,
                                                          smolgrad_value* const outputs[], size_t n_out,
                                                          const smolgrad_function_options* options);
/* To be called once no run is under way, by any thread. NULL does nothing. */
SMOLGRAD_API void smolgrad_function_destroy(smolgrad_function* f);

/* Their counts; 0 for NULL. Any thread. */
SMOLGRAD_API size_t smolgrad_function_input_count(const smolgrad_function* f);
SMOLGRAD_API size_t smolgrad_function_shared_count(const smolgrad_function* f);
SMOLGRAD_API size_t smolgrad_function_output_count(const smolgrad_function* f);
/* SMOLGRAD_DTYPE_...; -1 for NULL. Any thread. */
SMOLGRAD_API int32_t smolgrad_function_dtype(const smolgrad_function* f);

/* Options begin as one thread: the calling one. NULL when memory is out. Runs only read them: any number of runs may
 * share one. */
SMOLGRAD_API smolgrad_run_options* smolgrad_run_options_create(void);
/* NULL does nothing. */
SMOLGRAD_API void smolgrad_run_options_destroy(smolgrad_run_options* options);
/* How many threads work on a batch, the calling one included; 0 counts as 1. At most 256, and 16
   where something is summed over the batch; small batches take fewer. */
SMOLGRAD_API int32_t smolgrad_run_options_set_threads(smolgrad_run_options* options, size_t threads);
/* Lends the host's threads to runs, in place of threads of their own. `runner` is to call task(context, index) for
 * every index below `count`, which is at most the number of threads set, on whichever threads, and to return when all
 * calls have. It may be called for several runs at once, and must not unwind the stack. A batch too small for more than
 * one thread is left to the calling one. NULL: no runner. */
SMOLGRAD_API int32_t smolgrad_run_options_set_runner(smolgrad_run_options* options,
                                                     void (*runner)(void (*task)(void* context, size_t index),
                                                                    void* context, size_t count, void* user_data),
                                                     void* user_data);

/* Runs. Here and below, any number of threads may run one function at once. All arrays are of double, or all of float
 * for a function of SMOLGRAD_DTYPE_FLOAT32; as both are `void*`, nothing but this sentence keeps you from passing the
 * wrong ones. They are row-major: `inputs` rows x input_count, `outputs` rows x output_count, `shared` shared_count
 * numbers. Any array of results may be NULL when it is not wanted, and what only it needs is not computed. Arrays of no
 * numbers may be NULL too, as may `run_options`. The same run gives the same bits for any number of threads, on one
 * type of processor; another kind of run or another number of rows may give a sample's value other last bits. The first
 * run of a kind compiles it (with 0 rows, if it shall be done beforehand).
 *
 * A function has no tape to leave a message on: the status says all. INVALID_ARGUMENT: `f` is NULL, an array to be read
 * is NULL though there are rows, an array of results overlaps another or one that is read, there are more rows than
 * memory has numbers; and what is said below. OUT_OF_MEMORY: not once as many runs of the kind have been under way at
 * once as ever will be. Nothing was written then.
 *
 * evaluate: values alone. */
SMOLGRAD_API int32_t smolgrad_function_evaluate(const smolgrad_function* f, size_t rows, const void* inputs,
                                                const void* shared, void* outputs,
                                                const smolgrad_run_options* run_options);
/* Of one output (else INVALID_ARGUMENT). d_inputs: rows x input_count, each sample's derivatives. d_shared:
 * shared_count, summed over the batch; of 0 rows 0. */
SMOLGRAD_API int32_t smolgrad_function_gradient(const smolgrad_function* f, size_t rows, const void* inputs,
                                                const void* shared, void* outputs, void* d_inputs, void* d_shared,
                                                const smolgrad_run_options* run_options);
/* By the inputs. jacobian: rows x output_count x input_count. */
SMOLGRAD_API int32_t smolgrad_function_jacobian(const smolgrad_function* f, size_t rows, const void* inputs,
                                                const void* shared, void* outputs, void* jacobian,
                                                const smolgrad_run_options* run_options);
/* Of one output (else INVALID_ARGUMENT), by the inputs. hessian: rows x input_count x input_count. */
SMOLGRAD_API int32_t smolgrad_function_hessian(const smolgrad_function* f, size_t rows, const void* inputs,
                                               const void* shared, void* outputs, void* hessian,
                                               const smolgrad_run_options* run_options);
/* Forward mode: the Jacobian times tangents, rows x input_count. d_outputs: rows x output_count. */
SMOLGRAD_API int32_t smolgrad_function_jvp(const smolgrad_function* f, size_t rows, const void* inputs,
                                           const void* shared, const void* tangents, void* outputs, void* d_outputs,
                                           const smolgrad_run_options* run_options);
/* Reverse mode: adjoints, rows x output_count, times the Jacobian. d_inputs and d_shared as of a gradient. */
SMOLGRAD_API int32_t smolgrad_function_vjp(const smolgrad_function* f, size_t rows, const void* inputs,
                                           const void* shared, const void* adjoints, void* outputs, void* d_inputs,
                                           void* d_shared, const smolgrad_run_options* run_options);
/* Of one output (else INVALID_ARGUMENT): the Hessian times vectors, rows x input_count, without forming it. products:
 * rows x input_count. */
SMOLGRAD_API int32_t smolgrad_function_hessian_vector(const smolgrad_function* f, size_t rows, const void* inputs,
                                                      const void* shared, const void* vectors, void* outputs,
                                                      void* products, const smolgrad_run_options* run_options);
/* Which samples would take another branch than the recording did at one of the function's guards: diverged, rows of
 * them, is 1 for those and else 0; *count says how many they are, without guards none. Either may be NULL. Samples are
 * checked 1024 at a time, so more threads help with long formulas only; if memory runs out between, the flags before
 * are written. */
SMOLGRAD_API int32_t smolgrad_function_check(const smolgrad_function* f, size_t rows, const void* inputs,
                                             const void* shared, uint8_t* diverged, size_t* count,
                                             const smolgrad_run_options* run_options);

/* The entries of the Jacobian, or of the Hessian of one output (else INVALID_ARGUMENT), that can be other than 0:
 * entry i stands in row rows[i] and column columns[i], row by row. *needed (may be NULL) gets their number, also if
 * that exceeds `capacity`, which is INVALID_ARGUMENT and leaves the arrays alone. NULL arrays of capacity 0 ask for the
 * number only. OUT_OF_MEMORY. Any thread. */
SMOLGRAD_API int32_t smolgrad_function_jacobian_sparsity(const smolgrad_function* f, size_t rows[], size_t columns[],
                                                         size_t capacity, size_t* needed);
SMOLGRAD_API int32_t smolgrad_function_hessian_sparsity(const smolgrad_function* f, size_t rows[], size_t columns[],
                                                        size_t capacity, size_t* needed);

/* The derivatives by the inputs as a function of the same inputs and shared numbers, to be destroyed as well: its
 * outputs are the entries of the Jacobian (of the gradient, for one output), row by row. It has the same guards. NULL
 * for NULL, without inputs, or when memory is out. Any thread. */
SMOLGRAD_API smolgrad_function* smolgrad_function_derivative(const smolgrad_function* f);

/* What was recorded, simplified and grouped: a graph, one line a node, or in Graphviz's DOT language. Strings out as in
 * smolgrad_value_to_string. Any thread. */
SMOLGRAD_API int32_t smolgrad_function_to_text(const smolgrad_function* f, char* buffer, size_t capacity,
                                               size_t* needed);
SMOLGRAD_API int32_t smolgrad_function_to_dot(const smolgrad_function* f, char* buffer, size_t capacity,
                                              size_t* needed);

/* MLP */

/* Options begin as relu, uniform, seed 0, with biases, recorded as dot products. NULL when memory is out. */
SMOLGRAD_API smolgrad_mlp_options* smolgrad_mlp_options_create(void);
/* NULL does nothing. */
SMOLGRAD_API void smolgrad_mlp_options_destroy(smolgrad_mlp_options* options);
/* SMOLGRAD_ACTIVATION_..., of the hidden layers; the last layer is linear. */
SMOLGRAD_API int32_t smolgrad_mlp_options_set_activation(smolgrad_mlp_options* options, int32_t activation);
/* The same seed gives the same initial parameters on every platform. */
SMOLGRAD_API int32_t smolgrad_mlp_options_set_seed(smolgrad_mlp_options* options, uint64_t seed);
/* SMOLGRAD_INIT_... */
SMOLGRAD_API int32_t smolgrad_mlp_options_set_init(smolgrad_mlp_options* options, int32_t init);
/* 1: with biases; 0: without. */
SMOLGRAD_API int32_t smolgrad_mlp_options_set_bias(smolgrad_mlp_options* options, int32_t bias);
/* SMOLGRAD_RECORDING_... */
SMOLGRAD_API int32_t smolgrad_mlp_options_set_recording(smolgrad_mlp_options* options, int32_t recording);

/* A network of `n_layers` layers with layer_sizes[i] neurons each, on `tape`. `options` may be NULL and can be
 * destroyed afterwards. NULL on failure. */
SMOLGRAD_API smolgrad_mlp* smolgrad_mlp_create(smolgrad_tape* tape, size_t n_inputs, const size_t* layer_sizes,
                                               size_t n_layers, const smolgrad_mlp_options* options);
/* To be called before smolgrad_tape_destroy, which frees the models too. NULL does nothing. */
SMOLGRAD_API void smolgrad_mlp_destroy(smolgrad_mlp* mlp);
/* Records the network on `n` values, as many as it has inputs; the handles of its outputs go to out[0 .. n_out). */
SMOLGRAD_API int32_t smolgrad_mlp_forward(const smolgrad_mlp* mlp, smolgrad_value* const x[], size_t n,
                                          smolgrad_value* out[], size_t n_out);
/* Parameters are numbered layer by layer: weights [outputs x inputs] row by row, then biases. 0 for NULL. */
SMOLGRAD_API size_t smolgrad_mlp_parameter_count(const smolgrad_mlp* mlp);
/* Borrowed: valid as long as the model, not to be released. NULL on failure. */
SMOLGRAD_API smolgrad_value* smolgrad_mlp_parameter(const smolgrad_mlp* mlp, size_t index);
/* Copy all parameters or their gradients, `n` of them: exactly smolgrad_mlp_parameter_count. */
SMOLGRAD_API int32_t smolgrad_mlp_get_parameters(const smolgrad_mlp* mlp, double* out, size_t n);
SMOLGRAD_API int32_t smolgrad_mlp_set_parameters(smolgrad_mlp* mlp, const double* data, size_t n);
SMOLGRAD_API int32_t smolgrad_mlp_get_gradients(const smolgrad_mlp* mlp, double* out, size_t n);
/* Sets the gradients of the parameters to 0. */
SMOLGRAD_API int32_t smolgrad_mlp_zero_grad(smolgrad_mlp* mlp);
/* The outputs for `rows` samples without recording: x is rows x inputs, y is rows x outputs, row by row. */
SMOLGRAD_API int32_t smolgrad_mlp_predict(const smolgrad_mlp* mlp, const double* x, size_t rows, double* y);

#ifdef __cplusplus
}
#endif

#endif
