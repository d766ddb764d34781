/* The same book of options in C (with POSIX's clock and count of processors). The totals printed are the same. */
#include <math.h>
#include <smolgrad.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { OPTIONS = 100000, COLUMNS = 5 }; /* spot, strike, rate, volatility, maturity */

/* The formula, recorded and compiled; the tape is not needed any more. */
static smolgrad_function* compile_price(void) {
  static const double somewhere[COLUMNS] = {100.0, 100.0, 0.02, 0.2, 1.0};
  smolgrad_tape* tape = smolgrad_tape_create();
  smolgrad_value* x[COLUMNS] = {NULL};
  smolgrad_value_create_array(tape, somewhere, COLUMNS, x);
  smolgrad_value *spot = x[0], *strike = x[1], *rate = x[2], *volatility = x[3], *maturity = x[4];
  smolgrad_value* deviation = smolgrad_mul(volatility, smolgrad_sqrt(maturity));
  smolgrad_value* half_variance = smolgrad_mul(smolgrad_constant(tape, 0.5), smolgrad_square(volatility));
  smolgrad_value* drift = smolgrad_mul(smolgrad_add(rate, half_variance), maturity);
  smolgrad_value* d1 = smolgrad_div(smolgrad_add(smolgrad_log(smolgrad_div(spot, strike)), drift), deviation);
  smolgrad_value* d2 = smolgrad_sub(d1, deviation);
  smolgrad_value* discount = smolgrad_exp(smolgrad_neg(smolgrad_mul(rate, maturity)));
  smolgrad_value* price = smolgrad_sub(smolgrad_mul(spot, smolgrad_normal_cdf(d1)),
                                       smolgrad_mul(smolgrad_mul(strike, discount), smolgrad_normal_cdf(d2)));
  smolgrad_function* f = smolgrad_function_compile(tape, x, COLUMNS, NULL, 0, &price, 1, NULL);
  if (f == NULL) fprintf(stderr, "%s\n", smolgrad_tape_error_message(tape));
  smolgrad_tape_destroy(tape);
  return f;
}

/* Spread evenly over what the market has, the same everywhere. */
static void make_book(double book[][COLUMNS]) {
  static const uint32_t strides[COLUMNS] = {0xe19b01ab, 0xc6d1d6c9, 0xaf36d01f, 0x9a69443f, 0x881403b9};
  static const double lowest[COLUMNS] = {80.0, 80.0, 0.0, 0.125, 0.25};
  static const double width[COLUMNS] = {40.0, 40.0, 0.0625, 0.5, 2.0};
  for (uint32_t i = 0; i < OPTIONS; ++i) {
    for (int k = 0; k < COLUMNS; ++k) {
      uint32_t position = (i + 1) * strides[k];
      book[i][k] = lowest[k] + width[k] * position * 0x1p-32;
    }
  }
}

/* The textbook's price and sensitivities. */
static double closed_form(const double option[COLUMNS], double greeks[COLUMNS]) {
  const double spot = option[0], strike = option[1], rate = option[2], volatility = option[3], maturity = option[4];
  const double root = sqrt(maturity), deviation = volatility * root;
  const double d1 = (log(spot / strike) + (rate + 0.5 * volatility * volatility) * maturity) / deviation;
  const double cdf1 = 0.5 * erfc(-d1 / sqrt(2.0)), cdf2 = 0.5 * erfc((deviation - d1) / sqrt(2.0));
  const double discount = exp(-rate * maturity), density = exp(-0.5 * d1 * d1) / sqrt(2.0 * acos(-1.0));
  greeks[0] = cdf1;
  greeks[1] = -discount * cdf2;
  greeks[2] = strike * maturity * discount * cdf2;
  greeks[3] = spot * density * root;
  greeks[4] = spot * density * volatility / (2.0 * root) + rate * strike * discount * cdf2;
  return spot * cdf1 - strike * discount * cdf2;
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return 1e9 * (double)time.tv_sec + (double)time.tv_nsec;
}

int main(void) {
  static double book[OPTIONS][COLUMNS], values[OPTIONS], greeks[OPTIONS][COLUMNS];
  static const char* const names[COLUMNS] = {"spot", "strike", "rate", "volatility", "maturity"};
  smolgrad_function* price = compile_price();
  smolgrad_run_options* run = smolgrad_run_options_create();
  smolgrad_run_options_set_threads(run, (size_t)sysconf(_SC_NPROCESSORS_ONLN));
  make_book(book);
  smolgrad_function_gradient(price, 0, book, NULL, values, greeks, NULL, run); /* compiles the gradient */
  const double start = now();
  int32_t status = smolgrad_function_gradient(price, OPTIONS, book, NULL, values, greeks, NULL, run);
  const double time = now() - start;
  smolgrad_run_options_destroy(run);
  smolgrad_function_destroy(price);
  if (status != SMOLGRAD_OK) {
    fprintf(stderr, "%s\n", smolgrad_status_name(status));
    return EXIT_FAILURE;
  }

  double total = 0.0, difference = 0.0, totals[COLUMNS] = {0.0};
  for (int i = 0; i < OPTIONS; ++i) {
    double expected[COLUMNS];
    difference = fmax(difference, fabs(values[i] - closed_form(book[i], expected)));
    total += values[i];
    for (int k = 0; k < COLUMNS; ++k) {
      difference = fmax(difference, fabs(greeks[i][k] - expected[k]));
      totals[k] += greeks[i][k];
    }
  }
  printf("%d options are worth %.2f\n", OPTIONS, total);
  for (int k = 0; k < COLUMNS; ++k) printf("by %-10s %14.2f\n", names[k], totals[k]);
  printf("largest difference from the textbook %.1e\n", difference);
  printf("%.1f ns an option\n", time / OPTIONS);
  return difference < 1e-11 ? EXIT_SUCCESS : EXIT_FAILURE;
}
