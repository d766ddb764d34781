// Graphs as text in the DOT language.
#include <gmock/gmock.h>
#include <smolgrad/smolgrad.hpp>

namespace smolgrad {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(DotGraph, ShowsLabelOperatorDataAndGrad) {
  Tape tape;
  TapeScope scope(tape);
  Value a(2.0, "a"), b(-3.0, "b");
  Value unrelated(7.0, "unrelated");
  Value c = a * b;
  c.set_label("c");
  Value d = c + 0.5;
  d.backward();
  EXPECT_EQ(to_dot(d),
            "digraph {\n"
            "  rankdir=LR;\n"
            "  node [shape=record];\n"
            "  leaf0 [label=\"{ a | leaf | data 2 | grad -3 }\"];\n"
            "  leaf1 [label=\"{ b | leaf | data -3 | grad 2 }\"];\n"
            "  op0 [label=\"{ c | mul | data -6 | grad 1 }\"];\n"
            "  leaf0 -> op0;\n"
            "  leaf1 -> op0;\n"
            "  op1 [label=\"{  | add | data -5.5 | grad 1 }\"];\n"
            "  op0 -> op1;\n"
            "  number1 [label=\"0.5\" shape=plaintext];\n"
            "  number1 -> op1;\n"
            "}\n");
}

TEST(DotGraph, ShowsEveryOperandOfPiecewiseAndManyOperators) {
  Tape tape;
  TapeScope scope(tape);
  Value a(1.0, "a"), b(2.0, "b"), c(3.0, "c"), d(-4.0, "d");
  const Value largest = max(c, a);
  const Value positive = relu(d);
  const Value smallest = min(d, positive);
  const Value chosen = select(a, b, largest, smallest);
  const std::string graph = to_dot(chosen + dot({a, b}, {c, d}));
  for (const char* edge : {"leaf0 -> op0;", "leaf2 -> op0;", "leaf3 -> op1;", "leaf3 -> op2;", "op1 -> op2;",
                           "leaf0 -> op3;", "leaf1 -> op3;", "op0 -> op3;", "op2 -> op3;"}) {
    EXPECT_THAT(graph, HasSubstr(edge)) << graph;
  }
  EXPECT_THAT(graph, HasSubstr("| select |"));
  EXPECT_THAT(graph, HasSubstr("| dot |"));
}

TEST(DotGraph, EscapesLabels) {
  Value a(1.0, "a \"quoted\" {b|c} <d> \\ \n");
  const std::string graph = to_dot(a);
  EXPECT_THAT(graph, HasSubstr(R"(a \"quoted\" \{b\|c\} \<d\> \\ \n |)"));
}

TEST(DotGraph, LeavesOutWhatTheRootDoesNotDependOn) {
  Value a(1.0, "a"), b(2.0, "b");
  Value c = a * 2;
  Value d = b * 2;
  EXPECT_THAT(to_dot(d), Not(HasSubstr("{ a |")));
}

}  // namespace
}  // namespace smolgrad
