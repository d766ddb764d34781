/* What the program of every language here does and prints, in C, which the others are compared with. `program cost`
 * prints what an operation costs instead. */
#define _POSIX_C_SOURCE 199309L
#include <smolgrad.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void check(int ok, const char* what) {
  if (ok) return;
  fprintf(stderr, "failed: %s\n", what);
  exit(1);
}

#define CHECK(condition) check((condition), #condition)

/* micrograd's expression, its numbers and operators in every order. */
static void expression(void) {
  smolgrad_tape* t = smolgrad_tape_create();
  smolgrad_value *a = smolgrad_value_create(t, -4.0), *b = smolgrad_value_create(t, 2.0);
  smolgrad_value *one = smolgrad_constant(t, 1.0), *two = smolgrad_constant(t, 2.0), *three = smolgrad_constant(t, 3.0);
  smolgrad_value *c = smolgrad_add(a, b), *d = smolgrad_add(smolgrad_mul(a, b), smolgrad_pow(b, three)), *e, *g;
  c = smolgrad_add(c, smolgrad_add(c, one));
  c = smolgrad_add(c, smolgrad_sub(smolgrad_add(one, c), a));
  d = smolgrad_add(d, smolgrad_add(smolgrad_mul(d, two), smolgrad_relu(smolgrad_add(b, a))));
  d = smolgrad_add(d, smolgrad_add(smolgrad_mul(three, d), smolgrad_relu(smolgrad_sub(b, a))));
  e = smolgrad_pow(smolgrad_sub(c, d), two);
  g = smolgrad_add(smolgrad_div(e, two), smolgrad_div(smolgrad_constant(t, 10.0), e));
  CHECK(smolgrad_backward(g) == SMOLGRAD_OK);
  printf("value %.6f %.6f %.6f\n", smolgrad_value_data(g), smolgrad_value_grad(a), smolgrad_value_grad(b));
  smolgrad_tape_destroy(t);
}

static void text(void) {
  char buffer[64];
  smolgrad_tape* t = smolgrad_tape_create();
  smolgrad_value *x = smolgrad_value_create(t, 2.0), *y = smolgrad_tanh(smolgrad_sub(smolgrad_neg(x), x));
  CHECK(smolgrad_backward(smolgrad_mul(x, x)) == SMOLGRAD_OK);
  CHECK(smolgrad_value_to_string(x, buffer, sizeof buffer, NULL) == SMOLGRAD_OK);
  printf("text %s %s\n", buffer, smolgrad_value_operation(y));
  smolgrad_tape_destroy(t);
}

/* f(x, y; a) = exp(a x) sin(y) at a thousand points, on the caller's arrays. */
static void function(void) {
  enum { rows = 1000 };
  static double xy[rows][2], z[rows], d_xy[rows][2];
  double a_now = 0.7, d_a;
  int i;
  smolgrad_tape* t = smolgrad_tape_create();
  smolgrad_value *x[2], *a = smolgrad_value_create(t, 0.5), *wave;
  smolgrad_function* f;
  x[0] = smolgrad_value_create(t, 1.0);
  x[1] = smolgrad_value_create(t, 2.0);
  wave = smolgrad_mul(smolgrad_exp(smolgrad_mul(a, x[0])), smolgrad_sin(x[1]));
  f = smolgrad_function_compile(t, x, 2, &a, 1, &wave, 1, NULL);
  CHECK(f != NULL);
  smolgrad_tape_destroy(t);
  for (i = 0; i < rows; ++i) {
    xy[i][0] = i / 1000.0;
    xy[i][1] = 1.0 - i / 500.0;
  }
  CHECK(smolgrad_function_gradient(f, rows, xy, &a_now, z, d_xy, &d_a, NULL) == SMOLGRAD_OK);
  for (i = 0; i < rows; i += 333) printf("function %.6f %.6f %.6f\n", z[i], d_xy[i][0], d_xy[i][1]);
  printf("shared %.6f\n", d_a);
  smolgrad_function_destroy(f);
}

static int32_t print_progress(size_t epoch, size_t epochs, double loss, double validation_loss,
                              double validation_accuracy, double seconds, void* user_data) {
  (void)validation_loss, (void)validation_accuracy, (void)seconds, (void)user_data;
  if (epoch % 25 == 0) printf("epoch %d of %d loss %.6f\n", (int)epoch, (int)epochs, loss);
  return 0;
}

static int32_t cancel_after(size_t epoch, size_t epochs, double loss, double validation_loss,
                            double validation_accuracy, double seconds, void* user_data) {
  (void)epochs, (void)loss, (void)validation_loss, (void)validation_accuracy, (void)seconds;
  return epoch == *(const size_t*)user_data;
}

/* A model learns x y on a grid; then a fit that is cancelled. */
static void training(void) {
  static double x[100][2], y[100];
  const double points[2][2] = {{0.5, 0.5}, {-0.5, 0.5}};
  const size_t layers[] = {8, 1}, last_epoch = 3;
  double predicted[2];
  int i;
  int32_t status;
  smolgrad_tape* t = smolgrad_tape_create();
  smolgrad_mlp_options* options = smolgrad_mlp_options_create();
  smolgrad_fit_options* fit = smolgrad_fit_options_create();
  smolgrad_fit_report* report = smolgrad_fit_report_create();
  smolgrad_mlp* model;
  smolgrad_mlp_options_set_activation(options, SMOLGRAD_ACTIVATION_TANH);
  smolgrad_mlp_options_set_seed(options, 1);
  model = smolgrad_mlp_create(t, 2, layers, 2, options);
  CHECK(model != NULL);
  for (i = 0; i < 100; ++i) {
    x[i][0] = (i / 10) / 4.5 - 1.0;
    x[i][1] = (i % 10) / 4.5 - 1.0;
    y[i] = x[i][0] * x[i][1];
  }
  smolgrad_fit_options_set_epochs(fit, 100);
  smolgrad_fit_options_set_batch_size(fit, 10);
  smolgrad_fit_options_set_learning_rate(fit, 0.02);
  smolgrad_fit_options_set_seed(fit, 3);
  smolgrad_fit_options_set_progress(fit, print_progress, NULL);
  CHECK(smolgrad_mlp_fit(model, *x, y, 100, fit, report) == SMOLGRAD_OK);
  CHECK(smolgrad_mlp_predict(model, *points, 2, predicted) == SMOLGRAD_OK);
  printf("predict %.6f %.6f\n", predicted[0], predicted[1]);
  smolgrad_fit_options_set_progress(fit, cancel_after, (void*)&last_epoch);
  status = smolgrad_mlp_fit(model, *x, y, 100, fit, report);
  printf("cancelled %s after %d\n", smolgrad_status_name(status), (int)smolgrad_fit_report_epoch_count(report));
  smolgrad_fit_report_destroy(report);
  smolgrad_fit_options_destroy(fit);
  smolgrad_mlp_options_destroy(options);
  smolgrad_tape_destroy(t);
}

/* The language's way to say that an operation failed; afterwards the tape can be used again. */
static void error(void) {
  smolgrad_tape *t = smolgrad_tape_create(), *other = smolgrad_tape_create();
  smolgrad_value *a = smolgrad_value_create(t, 1.0), *foreign = smolgrad_value_create(other, 2.0);
  CHECK(smolgrad_add(a, foreign) == NULL);
  printf("error %s: %s\n", smolgrad_status_name(smolgrad_tape_error_code(t)), smolgrad_tape_error_message(t));
  smolgrad_tape_clear_error(t);
  printf("after %.6f\n", smolgrad_value_data(smolgrad_add(a, a)));
  smolgrad_tape_destroy(t);
  smolgrad_tape_destroy(other);
}

/* A million values dropped while others are made. */
static void garbage(void) {
  int i;
  smolgrad_tape* t = smolgrad_tape_create();
  smolgrad_value* x = smolgrad_value_create(t, 0.5);
  for (i = 0; i < 1000000; ++i) smolgrad_value_release_later(smolgrad_sin(x));
  CHECK(smolgrad_value_data(x) == 0.5);
  CHECK(smolgrad_tape_node_count(t) <= 100);
  printf("freed 1000000\n");
  smolgrad_tape_close(t);
  smolgrad_value_release(x);
}

/* Nanoseconds an operation: a product recorded, its share of backward, its release. */
static void cost(void) {
  enum { length = 1000, rounds = 10000 };
  struct timespec begin, end;
  int i, k;
  smolgrad_tape* t = smolgrad_tape_create();
  smolgrad_value* x = smolgrad_value_create(t, 1.0001);
  clock_gettime(CLOCK_MONOTONIC, &begin);
  for (i = 0; i < rounds; ++i) {
    smolgrad_value* y = smolgrad_value_retain(x);
    for (k = 0; k < length; ++k) {
      smolgrad_value* next = smolgrad_mul(y, x);
      smolgrad_value_release(y);
      y = next;
    }
    CHECK(smolgrad_backward(y) == SMOLGRAD_OK);
    smolgrad_value_release(y);
  }
  clock_gettime(CLOCK_MONOTONIC, &end);
  printf("%.1f ns\n",
         ((double)(end.tv_sec - begin.tv_sec) * 1e9 + (double)(end.tv_nsec - begin.tv_nsec)) / rounds / length);
  smolgrad_tape_destroy(t);
}

int main(int argc, char** argv) {
  if (argc > 1 && strcmp(argv[1], "cost") == 0) {
    cost();
    return 0;
  }
  printf("version %s\n", smolgrad_version_string());
  expression();
  text();
  function();
  training();
  error();
  garbage();
  return 0;
}
