// What the wrapper makes of mistakes. Says nothing unless a check fails.
using System;
using System.IO;
using System.Runtime.CompilerServices;
using System.Threading;
using Smolgrad;
using static Smolgrad.Value;

static class Checks {
  static void Check(bool holds, [CallerLineNumber] int line = 0) {
    if (!holds) throw new Exception($"the check in line {line} of Checks.cs failed");
  }

  static E Throws<E>(Action action, [CallerLineNumber] int line = 0) where E : Exception {
    try { action(); } catch (E e) { return e; }
    throw new Exception($"no {typeof(E).Name} in line {line} of Checks.cs");
  }

  public static void Run() {
    using (var tape = new Tape()) {
      Values(tape);
      Numbers();
      Functions(tape);
      Models(tape);
    }
    Disposal();
  }

  static void Values(Tape tape) {
    var x = tape.Leaf(2.0);
    x.Label = "\u2202x";
    Check(x.Label == "\u2202x");
    Check((2.0 - x / 4.0).Data == 1.5 && (1 / x - 1).Data == -0.5 && (1 + Pow(x, x)).Data == 5 && (x * 3).Data == 6);
    Check(Log(Exp(x)).Data == 2 && Cos(x - x).Data == 1);
    var square = x * x;
    x.Data = 3.0;
    Check(Throws<SmolgradException>(() => square.Backward()).Status == Status.Stale);
    Check(Throws<SmolgradException>(() => square.Data = 1).Status == Status.InvalidArgument);
    square = x * x;
    square.Backward();
    Check(x.Grad == 6);
    tape.ZeroGrad();
    Check(x.Grad == 0);
  }

  // A number on either side of each operator: the value and its derivative at 3/4.
  static void Numbers() {
    double power = Math.Pow(2, 0.75), root = Math.Sqrt(0.75);
    At(x => x + 2.0, 2.75, 1);
    At(x => 2.0 + x, 2.75, 1);
    At(x => x - 2.0, -1.25, 1);
    At(x => 2.0 - x, 1.25, -1);
    At(x => x * 3.0, 2.25, 3);
    At(x => 3.0 * x, 2.25, 3);
    At(x => x / 4.0, 0.1875, 0.25);
    At(x => 3.0 / x, 4, -16 / 3.0);
    At(x => Pow(x, 3), 0.421875, 1.6875);
    At(x => Pow(x, -0.5), 1 / root, -0.5 / 0.75 / root);
    At(x => Pow(2, x), power, power * Math.Log(2));
  }

  static void At(Func<Value, Value> formula, double value, double slope, [CallerLineNumber] int line = 0) {
    using (var tape = new Tape()) {
      Value x = tape.Leaf(0.75), y = formula(x);
      y.Backward();
      Check(Math.Abs(y.Data - value) <= 1e-15 * Math.Abs(value), line);
      Check(Math.Abs(x.Grad - slope) <= 1e-15 * Math.Abs(slope), line);
    }
  }

  static void Functions(Tape tape) {
    Value x = tape.Leaf(1.0), y = tape.Leaf(2.0), a = tape.Leaf(3.0);
    Value[] inputs = { x, y }, shared = { a };
    using (var f = new Function(inputs, shared, a * x * y)) {
      double[] xy = { 1, 2, 3, 4 }, three = { 3 }, two = new double[2], results = new double[2];
      f.Evaluate(xy, three, results);
      Check(results[0] == 6 && results[1] == 36);
      Throws<ArgumentException>(() => f.Evaluate(new double[3], three, results));
      Throws<ArgumentException>(() => f.Evaluate(xy, two, results));
      Throws<ArgumentException>(() => f.Evaluate(xy, null, results));
      Throws<ArgumentException>(() => f.Evaluate(xy, three, new double[1]));
      Throws<ArgumentException>(() => f.Gradient(xy, three, results, new double[3], null));
      Throws<ArgumentException>(() => f.Gradient(xy, three, results, null, new double[0]));
      Check(Throws<SmolgradException>(() => f.Gradient(xy, three, null, xy, null)).Status == Status.InvalidArgument);
    }
    using (var f = new Function(new Value[0], new Value[0], x)) f.Evaluate(null, null, new double[1]);
    Check(Throws<SmolgradException>(() => new Function(new[] { x, x }, shared, x)).Status == Status.InvalidArgument);
  }

  static void Models(Tape tape) {
    double[] x = { 0, 1, 2, 3 }, y = { 0, 1 };
    var path = Path.GetTempFileName();
    using (var model = Mlp.Create(tape, 2, new[] { 3, 1 }, Activation.Relu)) {
      Throws<ArgumentException>(() => model.Predict(new double[3]));
      Throws<ArgumentException>(() => model.Fit(x, new double[1]));
      Throws<SmolgradException>(() => model.Parameters = y);
      Throws<SmolgradException>(() => model.Forward(tape.Leaf(1.0)));
      Check(model.Fit(x, y, epochs: 5).Losses.Length == 5);

      // An exception cancels the fit, and is thrown on by it, with its trace: it did not unwind C.
      int calls = 0;
      var thrown = Throws<DivideByZeroException>(() => model.Fit(x, y, progress: (epoch, epochs, loss) => {
        ++calls;
        return 1 / (epoch - 2) < 1;
      }));
      Check(calls == 2 && thrown.StackTrace.Contains(nameof(Models)));
      Check(!thrown.StackTrace.Contains("managed-to-native"));

      Check(Throws<SmolgradException>(() => model.Save("/nowhere/at all")).Status == Status.IO);
      model.Save(path);
      using (var copy = Mlp.Load(tape, path)) {
        Check(copy.Forward(tape.Leaf(2.0), tape.Leaf(3.0))[0].Data == model.Predict(x)[1]);
        copy.Parameters = new double[copy.Parameters.Length];
        Check(copy.Predict(x)[1] == 0);
      }
    }
    File.WriteAllText(path, "no model");
    Check(Throws<SmolgradException>(() => Mlp.Load(tape, path)).Status == Status.Format);
    File.Delete(path);
    Throws<SmolgradException>(() => Mlp.Create(tape, -1, new[] { -1 }, Activation.Relu));
    Throws<SmolgradException>(() => Mlp.Create(tape, 1, new[] { 1 }, (Activation)99));
  }

  // Whatever the order, on whatever thread; and what is used afterwards.
  static void Disposal() {
    var tape = new Tape();
    Value x = tape.Leaf(1.0), y = tape.Leaf(1.0);
    var model = Mlp.Create(tape, 1, new[] { 1 }, Activation.Relu);
    y.Dispose();
    y.Dispose();
    Throws<ObjectDisposedException>(() => Sin(y));
    var before = tape.NodeCount;
    Throws<ObjectDisposedException>(() => { y = 1 + y; });
    using (var z = x * 2.0) Check(z.Data == 2);
    Check(tape.NodeCount == before);
    tape.Dispose();
    tape.Dispose();
    Throws<ObjectDisposedException>(() => { y = x * x; });
    Throws<ObjectDisposedException>(() => x.Data.ToString());
    Throws<ObjectDisposedException>(() => tape.Leaf(1.0));
    Throws<ObjectDisposedException>(() => model.Predict(new double[1]));
    model.Dispose();
    x.Dispose();
    for (int i = 0; i < 100; ++i) Abandon();
    GC.Collect();
    GC.WaitForPendingFinalizers();
  }

  [MethodImpl(MethodImplOptions.NoInlining)]
  static void Abandon() {
    var tape = new Tape();
    Mlp.Create(tape, 1, new[] { 1 }, Activation.Relu).Forward(tape.Leaf(1.0))[0].Backward();
  }
}
