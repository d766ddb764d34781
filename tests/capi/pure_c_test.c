/* The header and the library as a C99 program sees them: the example of the header's first lines, a model trained for a
 * few steps, a function run over a batch, a fit with callbacks, and an error. Returns how many checks failed. */
#include <math.h>
#include <smolgrad.h>
#include <stdio.h>
#include <string.h>

static int failures = 0;

static void check(int condition, const char* what) {
  if (condition) return;
  fprintf(stderr, "failed: %s\n", what);
  ++failures;
}

#define CHECK(condition) check((condition), #condition)

static void test_expression(void) {
  smolgrad_tape* t = smolgrad_tape_create();
  smolgrad_value *a = smolgrad_value_create(t, 2.0), *b = smolgrad_value_create(t, -3.0);
  smolgrad_value* d = smolgrad_add(smolgrad_mul(a, b), smolgrad_value_create(t, 10.0));
  char buffer[64];
  size_t needed = 0;
  CHECK(smolgrad_value_data(d) == 4.0);
  CHECK(smolgrad_backward(d) == SMOLGRAD_OK);
  CHECK(smolgrad_value_grad(a) == -3.0);
  CHECK(smolgrad_value_grad(b) == 2.0);
  CHECK(smolgrad_value_to_string(d, buffer, sizeof buffer, &needed) == SMOLGRAD_OK);
  CHECK(strcmp(buffer, "Value(data=4, grad=1)") == 0);
  CHECK(needed == strlen(buffer) + 1);
  CHECK(smolgrad_tape_error_code(t) == SMOLGRAD_OK);
  smolgrad_tape_destroy(t);
}

static void test_error(void) {
  smolgrad_tape *t = smolgrad_tape_create(), *other = smolgrad_tape_create();
  smolgrad_value *a = smolgrad_value_create(t, 1.0), *foreign = smolgrad_value_create(other, 1.0);
  CHECK(smolgrad_exp(smolgrad_mul(a, smolgrad_add(a, foreign))) == NULL);
  CHECK(smolgrad_tape_error_code(t) == SMOLGRAD_ERROR_WRONG_TAPE);
  CHECK(strcmp(smolgrad_status_name(smolgrad_tape_error_code(t)), "SMOLGRAD_ERROR_WRONG_TAPE") == 0);
  CHECK(strlen(smolgrad_tape_error_message(t)) > 0);
  smolgrad_tape_clear_error(t);
  CHECK(smolgrad_tape_error_code(t) == SMOLGRAD_OK);
  CHECK(isnan(smolgrad_value_data(NULL)));
  smolgrad_tape_destroy(t);
  smolgrad_tape_destroy(other);
}

/* Arrays of handles are passed without casts, whether or not they are const. */
static void test_arrays(void) {
  smolgrad_tape* t = smolgrad_tape_create();
  const double data[] = {1.0, 2.0, 3.0};
  smolgrad_value *values[3], *probabilities[3];
  smolgrad_value* total;
  size_t scope = smolgrad_tape_scope_open(t);
  CHECK(scope != 0);
  CHECK(smolgrad_value_create_array(t, data, 3, values) == SMOLGRAD_OK);
  CHECK(smolgrad_softmax(values, 3, probabilities) == SMOLGRAD_OK);
  total = smolgrad_sum(probabilities, 3);
  CHECK(fabs(smolgrad_value_data(total) - 1.0) < 1e-15);
  CHECK(smolgrad_value_data(smolgrad_dot(values, values, 3)) == 14.0);
  CHECK(smolgrad_tape_scope_close(t, scope) == SMOLGRAD_OK);
  CHECK(smolgrad_tape_node_count(t) == 0);
  smolgrad_tape_close(t);
}

/* y = 3 x, by a model of one weight. */
static void test_model(void) {
  smolgrad_tape* t = smolgrad_tape_create();
  smolgrad_mlp_options* options = smolgrad_mlp_options_create();
  const size_t layers[] = {1};
  smolgrad_mlp* mlp;
  double weight = 0.0, gradient = 0.0, x = 2.0, y = 0.0;
  int step;
  CHECK(smolgrad_mlp_options_set_bias(options, 0) == SMOLGRAD_OK);
  CHECK(smolgrad_mlp_options_set_init(options, SMOLGRAD_INIT_XAVIER) == SMOLGRAD_OK);
  mlp = smolgrad_mlp_create(t, 1, layers, 1, options);
  smolgrad_mlp_options_destroy(options);
  CHECK(smolgrad_mlp_parameter_count(mlp) == 1);
  for (step = 0; step < 100; ++step) {
    const size_t scope = smolgrad_tape_scope_open(t);
    smolgrad_value *input = smolgrad_constant(t, x), *output, *loss;
    CHECK(smolgrad_mlp_forward(mlp, &input, 1, &output, 1) == SMOLGRAD_OK);
    loss = smolgrad_square(smolgrad_sub(output, smolgrad_constant(t, 3.0 * x)));
    CHECK(smolgrad_mlp_zero_grad(mlp) == SMOLGRAD_OK);
    CHECK(smolgrad_backward(loss) == SMOLGRAD_OK);
    CHECK(smolgrad_mlp_get_parameters(mlp, &weight, 1) == SMOLGRAD_OK);
    CHECK(smolgrad_mlp_get_gradients(mlp, &gradient, 1) == SMOLGRAD_OK);
    weight -= 0.05 * gradient;
    CHECK(smolgrad_mlp_set_parameters(mlp, &weight, 1) == SMOLGRAD_OK);
    CHECK(smolgrad_tape_scope_close(t, scope) == SMOLGRAD_OK);
  }
  CHECK(fabs(weight - 3.0) < 1e-9);
  CHECK(smolgrad_mlp_predict(mlp, &x, 1, &y) == SMOLGRAD_OK);
  CHECK(fabs(y - 6.0) < 1e-9);
  smolgrad_mlp_destroy(mlp);
  smolgrad_tape_destroy(t);
}

static void run_in_order(void (*task)(void* context, size_t index), void* context, size_t count, void* user_data) {
  size_t i;
  for (i = 0; i < count; ++i) task(context, i);
  *(size_t*)user_data += count;
}

/* exp(a x) sin y over a batch, with derivatives; arrays pass without casts. */
static void test_function(void) {
  enum { rows = 40000 }; /* worth several threads */
  static double xy[rows][2], z[rows], z_by_xy[rows][2], hessian[rows][2][2];
  smolgrad_tape* t = smolgrad_tape_create();
  smolgrad_value *in[2], *a, *out, *zero;
  smolgrad_function_options* options = smolgrad_function_options_create();
  smolgrad_run_options* run = smolgrad_run_options_create();
  smolgrad_function* f;
  const double a_now = 0.5;
  double z_by_a = 0.0, expected_by_a = 0.0, worst = 0.0;
  size_t i, diverged = 0, tasks = 0;
  in[0] = smolgrad_value_create(t, 1.0);
  in[1] = smolgrad_value_create(t, 2.0);
  a = smolgrad_value_create(t, a_now);
  zero = smolgrad_constant(t, 0.0);
  out = smolgrad_mul(smolgrad_exp(smolgrad_mul(a, in[0])), smolgrad_sin(in[1]));
  CHECK(smolgrad_function_options_add_guard_less(options, zero, in[0]) == SMOLGRAD_OK);
  f = smolgrad_function_compile(t, in, 2, &a, 1, &out, 1, options);
  CHECK(f != NULL && smolgrad_tape_error_code(t) == SMOLGRAD_OK);
  smolgrad_function_options_destroy(options);
  smolgrad_tape_destroy(t);
  CHECK(smolgrad_function_input_count(f) == 2 && smolgrad_function_shared_count(f) == 1);
  CHECK(smolgrad_function_output_count(f) == 1 && smolgrad_function_dtype(f) == SMOLGRAD_DTYPE_FLOAT64);
  for (i = 0; i < rows; ++i) {
    xy[i][0] = ((double)(i % 1000) - 100.0) / 500.0;
    xy[i][1] = 0.0001 * (double)i;
  }
  CHECK(smolgrad_run_options_set_threads(run, 3) == SMOLGRAD_OK);
  CHECK(smolgrad_run_options_set_runner(run, run_in_order, &tasks) == SMOLGRAD_OK);
  CHECK(smolgrad_function_gradient(f, rows, xy, &a_now, z, z_by_xy, &z_by_a, run) == SMOLGRAD_OK);
  CHECK(smolgrad_function_hessian(f, rows, xy, &a_now, NULL, hessian, run) == SMOLGRAD_OK);
  CHECK(smolgrad_function_check(f, rows, xy, &a_now, NULL, &diverged, NULL) == SMOLGRAD_OK);
  for (i = 0; i < rows; ++i) {
    const double e = exp(a_now * xy[i][0]), s = e * sin(xy[i][1]), c = e * cos(xy[i][1]);
    worst = fmax(worst, fabs(z[i] - s));
    worst = fmax(worst, fmax(fabs(z_by_xy[i][0] - a_now * s), fabs(z_by_xy[i][1] - c)));
    worst = fmax(worst, fabs(hessian[i][0][0] - a_now * a_now * s));
    worst = fmax(worst, fmax(fabs(hessian[i][0][1] - a_now * c), fabs(hessian[i][1][1] + s)));
    expected_by_a += xy[i][0] * s;
  }
  CHECK(worst < 1e-14);
  CHECK(fabs(z_by_a - expected_by_a) < 1e-8);
  CHECK(diverged == 101 * 40);
  CHECK(tasks > 0);
  smolgrad_run_options_destroy(run);
  smolgrad_function_destroy(f);
}

/* (y - t)^2, weighted. */
static smolgrad_value* record_weighted(smolgrad_tape* tape, smolgrad_value* const outputs[], size_t n_outputs,
                                       smolgrad_value* const targets[], size_t n_targets, void* user_data) {
  CHECK(n_outputs == 1 && n_targets == 1);
  return smolgrad_mul(smolgrad_square(smolgrad_sub(outputs[0], targets[0])),
                      smolgrad_constant(tape, *(const double*)user_data));
}

static int32_t cancel_at_40(size_t epoch, size_t epochs, double loss, double validation_loss,
                            double validation_accuracy, double seconds, void* user_data) {
  CHECK(epochs == 50 && loss >= 0.0 && isnan(validation_loss) && isnan(validation_accuracy) && seconds >= 0.0);
  *(size_t*)user_data = epoch;
  return epoch == 40;
}

/* y = 3 x again, by a fit that is cancelled, then from a checkpoint by steps and by L-BFGS. */
static void test_training(void) {
  static const char path[] = "smolgrad_pure_c_test.safetensors";
  static const double x[] = {-1.0, 0.5, 2.0}, y[] = {-3.0, 1.5, 6.0};
  const size_t layers[] = {1};
  const double weight = 2.0;
  double losses[40], loss = 0.0, accuracy = 0.0, slope = 0.0;
  size_t last_epoch = 0;
  smolgrad_tape* t = smolgrad_tape_create();
  smolgrad_mlp *mlp = smolgrad_mlp_create(t, 1, layers, 1, NULL), *loaded;
  smolgrad_fit_options* options = smolgrad_fit_options_create();
  smolgrad_fit_report* report = smolgrad_fit_report_create();
  smolgrad_trainer* trainer;
  CHECK(smolgrad_fit_options_set_epochs(options, 50) == SMOLGRAD_OK);
  CHECK(smolgrad_fit_options_set_learning_rate(options, 0.1) == SMOLGRAD_OK);
  CHECK(smolgrad_fit_options_set_optimizer(options, SMOLGRAD_OPTIMIZER_SGD) == SMOLGRAD_OK);
  CHECK(smolgrad_fit_options_set_loss_function(options, record_weighted, (void*)&weight) == SMOLGRAD_OK);
  CHECK(smolgrad_fit_options_set_progress(options, cancel_at_40, &last_epoch) == SMOLGRAD_OK);
  CHECK(smolgrad_mlp_fit(mlp, x, y, 3, options, report) == SMOLGRAD_ERROR_CANCELLED);
  CHECK(smolgrad_tape_error_code(t) == SMOLGRAD_ERROR_CANCELLED);
  smolgrad_tape_clear_error(t);
  CHECK(last_epoch == 40 && smolgrad_fit_report_epoch_count(report) == 40);
  CHECK(smolgrad_fit_report_outcome(report) == SMOLGRAD_OUTCOME_CANCELLED);
  CHECK(smolgrad_fit_report_get_history(report, SMOLGRAD_HISTORY_TRAINING_LOSS, losses, 40) == SMOLGRAD_OK);
  CHECK(losses[39] < losses[0] && smolgrad_fit_report_best_loss(report) <= losses[39]);

  trainer = smolgrad_trainer_create(mlp, options);
  CHECK(smolgrad_trainer_save(trainer, path) == SMOLGRAD_OK);
  loaded = smolgrad_mlp_load(t, path);
  smolgrad_trainer_destroy(trainer);
  trainer = smolgrad_trainer_create(loaded, options);
  CHECK(smolgrad_trainer_load(trainer, path) == SMOLGRAD_OK);
  CHECK(remove(path) == 0);
  CHECK(smolgrad_trainer_step(trainer, x, y, 3, &loss) == SMOLGRAD_OK);
  CHECK(loss > 0.0 && smolgrad_trainer_steps(trainer) == 1);
  CHECK(smolgrad_trainer_minimize(trainer, x, y, 3, 100, &loss) == SMOLGRAD_OK);
  CHECK(smolgrad_trainer_evaluate(trainer, x, y, 3, &loss, &accuracy) == SMOLGRAD_OK);
  CHECK(loss < 1e-12 && isnan(accuracy));
  slope = smolgrad_value_data(smolgrad_mlp_parameter(loaded, 0));
  CHECK(fabs(slope - 3.0) < 1e-6);
  smolgrad_trainer_destroy(trainer);
  smolgrad_fit_report_destroy(report);
  smolgrad_fit_options_destroy(options);
  smolgrad_tape_destroy(t);
}

int main(void) {
  CHECK(smolgrad_version() ==
        SMOLGRAD_VERSION_MAJOR * 1000000 + SMOLGRAD_VERSION_MINOR * 1000 + SMOLGRAD_VERSION_PATCH);
  CHECK(smolgrad_has_feature("value") && smolgrad_has_feature("mlp"));
  CHECK(smolgrad_has_feature("function") && smolgrad_has_feature("float32") && !smolgrad_has_feature("magic"));
  test_expression();
  test_error();
  test_arrays();
  test_model();
  test_function();
  test_training();
  return failures;
}
