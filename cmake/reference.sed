# For Doxygen: what a header says before `#pragma once` is of the file, and its examples are code.
1,/^#pragma once/{
  s|^//   |///      |
  s|^//|///|
  s|^#pragma once|/// @file|
}
