// What the program of every language here does and prints. `program cost` prints what an operation costs instead.
using System;
using System.Diagnostics;
using System.Globalization;
using System.Threading;
using Smolgrad;
using static System.FormattableString;
using static Smolgrad.Value;

static class Program {
  static void Main(string[] arguments) {
    UseDecimalComma();
    if (arguments.Length > 0 && arguments[0] == "cost") {
      Cost();
      return;
    }
    Console.WriteLine($"version {Library.Version}");
    Expression();
    Text();
    Function();
    Training();
    Error();
    Garbage();
    Checks.Run();
  }

  // Of a culture that writes numbers otherwise nothing may be seen. A runtime without culture data has none.
  static void UseDecimalComma() {
    try { CultureInfo.CurrentCulture = new CultureInfo("de-DE"); } catch (CultureNotFoundException) {}
  }

  static void Print(FormattableString line) => Console.WriteLine(Invariant(line));

  // micrograd's expression, its numbers and operators in every order.
  static void Expression() {
    using (var tape = new Tape()) {
      Value a = tape.Leaf(-4.0), b = tape.Leaf(2.0);
      Value c = a + b, d = a * b + Pow(b, 3);
      c += c + 1;
      c += 1 + c - a;
      d += d * 2 + Relu(b + a);
      d += 3 * d + Relu(b - a);
      var e = Pow(c - d, 2);
      var g = e / 2 + 10 / e;
      g.Backward();
      Print($"value {g.Data:F6} {a.Grad:F6} {b.Grad:F6}");
    }
  }

  static void Text() {
    using (var tape = new Tape()) {
      Value x = tape.Leaf(2.0), y = Tanh(-x - x), square = x * x;
      square.Backward();
      Console.WriteLine($"text {x} {y.Operation}");
    }
  }

  // f(x, y; a) = exp(a x) sin(y) at a thousand points.
  static void Function() {
    const int rows = 1000;
    Function f;
    using (var tape = new Tape()) {
      Value x = tape.Leaf(1.0), y = tape.Leaf(2.0), a = tape.Leaf(0.5);
      f = new Function(new[] { x, y }, new[] { a }, Exp(a * x) * Sin(y));
    }
    using (f) {
      double[] xy = new double[rows * 2], z = new double[rows], dxy = new double[rows * 2], da = new double[1];
      for (int i = 0; i < rows; ++i) {
        xy[2 * i] = i / 1000.0;
        xy[2 * i + 1] = 1.0 - i / 500.0;
      }
      f.Gradient(xy, new[] { 0.7 }, z, dxy, da);
      for (int i = 0; i < rows; i += 333) Print($"function {z[i]:F6} {dxy[2 * i]:F6} {dxy[2 * i + 1]:F6}");
      Print($"shared {da[0]:F6}");
    }
  }

  // A model learns x y on a grid; then a fit that is cancelled.
  static void Training() {
    double[] x = new double[200], y = new double[100];
    for (int i = 0; i < 100; ++i) {
      x[2 * i] = i / 10 / 4.5 - 1.0;
      x[2 * i + 1] = i % 10 / 4.5 - 1.0;
      y[i] = x[2 * i] * x[2 * i + 1];
    }
    using (var tape = new Tape())
    using (var model = Mlp.Create(tape, 2, new[] { 8, 1 }, Activation.Tanh, seed: 1)) {
      model.Fit(x, y, epochs: 100, batchSize: 10, learningRate: 0.02, seed: 3, progress: (epoch, epochs, loss) => {
        if (epoch % 25 == 0) Print($"epoch {epoch} of {epochs} loss {loss:F6}");
        return true;
      });
      var predicted = model.Predict(new[] { 0.5, 0.5, -0.5, 0.5 });
      Print($"predict {predicted[0]:F6} {predicted[1]:F6}");
      var (status, losses) = model.Fit(x, y, epochs: 100, batchSize: 10, learningRate: 0.02, seed: 3,
                                       progress: (epoch, epochs, loss) => epoch < 3);
      Console.WriteLine($"cancelled {status.Name()} after {losses.Length}");
    }
  }

  // An exception; afterwards the tape can be used again.
  static void Error() {
    using (Tape tape = new Tape(), other = new Tape()) {
      Value a = tape.Leaf(1.0), foreign = other.Leaf(2.0);
      try {
        a += foreign;
      } catch (SmolgradException e) {
        Console.WriteLine($"error {e.Status.Name()}: {e.Message}");
      }
      Print($"after {(a + a).Data:F6}");
    }
  }

  // A million values dropped, and found by the garbage collector.
  static void Garbage() {
    using (var tape = new Tape()) {
      var x = tape.Leaf(0.5);
      // By a thread of its own: Mono takes what is left on a stack for references, and the last value, if it lives on,
      // keeps those before it in memory.
      var thread = new Thread(() => { for (int i = 0; i < 1000000; ++i) Sin(x); });
      thread.Start();
      thread.Join();
      var waited = Stopwatch.StartNew();
      do {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        if (waited.Elapsed.TotalSeconds > 10) throw new Exception($"{tape.NodeCount} nodes were not freed");
      } while (tape.NodeCount > 100);
      Console.WriteLine("freed 1000000");
      if (x.Data != 0.5) throw new Exception("a value in use was freed");
    }
  }

  // Nanoseconds an operation: a product recorded, its share of backward, its release, by the garbage collector.
  static void Cost() {
    const int length = 1000, rounds = 2000;
    using (var tape = new Tape()) {
      var x = tape.Leaf(1.0001);
      var time = Stopwatch.StartNew();
      for (int i = 0; i < rounds; ++i) {
        var y = x;
        for (int k = 0; k < length; ++k) y *= x;
        y.Backward();
      }
      Print($"{time.Elapsed.TotalMilliseconds * 1e6 / rounds / length:F1} ns");
    }
  }
}
