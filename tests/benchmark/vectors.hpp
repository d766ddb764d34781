// Vectors of 32 bytes for hand-written programs: those of GCC and Clang, or else arrays that do the same more slowly.
#pragma once

#include <cstddef>
#include <cstring>

namespace bench {

constexpr std::size_t vector_bytes = 32;

template <class T>
struct VectorOf {
#if defined(__GNUC__)
  typedef T Type __attribute__((vector_size(vector_bytes)));
#else
  struct Type {
    static constexpr std::size_t count = vector_bytes / sizeof(T);
    T lanes[count];

    T operator[](std::size_t i) const { return lanes[i]; }
    Type& operator+=(const Type& b) { return *this = *this + b; }
    friend Type operator+(Type a, const Type& b) {
      for (std::size_t i = 0; i < count; ++i) a.lanes[i] += b.lanes[i];
      return a;
    }
    friend Type operator-(Type a, const Type& b) {
      for (std::size_t i = 0; i < count; ++i) a.lanes[i] -= b.lanes[i];
      return a;
    }
    friend Type operator*(T a, Type b) {
      for (T& lane : b.lanes) lane *= a;
      return b;
    }
    friend Type operator*(Type a, const Type& b) {
      for (std::size_t i = 0; i < count; ++i) a.lanes[i] *= b.lanes[i];
      return a;
    }
  };
#endif
};

template <class T>
using Vector = typename VectorOf<T>::Type;

template <class T>
constexpr std::size_t lane_count = vector_bytes / sizeof(T);

template <class T>
Vector<T> load(const T* from) {
  Vector<T> vector;
  std::memcpy(&vector, from, sizeof vector);
  return vector;
}

template <class T>
void store(const Vector<T>& vector, T* to) {
  std::memcpy(to, &vector, sizeof vector);
}

/// `vector` where `by` is above 0, and else 0.
template <class T>
Vector<T> where_positive(const Vector<T>& by, const Vector<T>& vector) {
#if defined(__GNUC__)
  return by > T(0) ? vector : Vector<T>{};
#else
  Vector<T> result = vector;
  for (std::size_t i = 0; i < lane_count<T>; ++i) result.lanes[i] = by.lanes[i] > T(0) ? result.lanes[i] : T(0);
  return result;
#endif
}

}  // namespace bench
