#include "winograd.h"

#include <ATen/Functions.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <vector>

#include "vectors.h"

namespace maxmargin {

namespace {

constexpr int64_t side = 6, points = side * side;
/** What a thread works on at a time should stay in its cache. */
constexpr int64_t blockBytes = 1 << 20;
constexpr int64_t leastTiles = 48;
/** So many rows of a product are computed at a time: with two or four vectors to a row, the registers are full. */
constexpr int64_t rowsOfTwo = 12, rowsOfFour = 6;

struct Shape {
  int64_t height, width, channels, filters, top, left, tileRows, tileColumns, outHeight, outWidth;
  /** Results along a side of a tile. */
  int64_t results;
};

/** Bᵀ x. */
INLINED void transformInput(const Floats* x, int64_t stride, Floats* y, int64_t resultStride) {
  const Floats a = x[0], b = x[stride], c = x[2 * stride], d = x[3 * stride], e = x[4 * stride], f = x[5 * stride];
  const Floats even = e - 4 * c, odd = d - 4 * b, half = e - c, twice = 2 * (d - b);
  y[0] = 4 * a - 5 * c + e;
  y[resultStride] = even + odd;
  y[2 * resultStride] = even - odd;
  y[3 * resultStride] = half + twice;
  y[4 * resultStride] = half - twice;
  y[5 * resultStride] = 4 * b - 5 * d + f;
}

/** Aᵀ x: two results, or four. */
template <int results>
INLINED void transformOutput(const Floats* x, int64_t stride, Floats* y, int64_t resultStride) {
  const Floats a = x[stride] + x[2 * stride], b = x[stride] - x[2 * stride];
  const Floats c = x[3 * stride] + x[4 * stride], d = x[3 * stride] - x[4 * stride];
  y[0] = x[0] + a + c;
  if constexpr (results == 2) {
    y[resultStride] = b + 2 * d + x[5 * stride];
  } else {
    y[resultStride] = b + 2 * d;
    y[2 * resultStride] = a + 4 * c;
    y[3 * resultStride] = b + 8 * d + x[5 * stride];
  }
}

/** Where a tile lies: its image, and its first pixel, which may be in the zeros around it. */
struct Tile {
  int64_t image, row, column;
};

INLINED Tile tileAt(const Shape& shape, int64_t index) {
  const int64_t perImage = shape.tileRows * shape.tileColumns, inImage = index % perImage;
  return {index / perImage, inImage / shape.tileColumns * shape.results, inImage % shape.tileColumns * shape.results};
}

/** @param transformed [36, pitch of a point], this tile's [channels] in each */
INLINED void transformTile(const Shape& shape, const Tile& tile, const float* images, const float* zeros, float* transformed,
                           int64_t pitch) {
  const float* pixels[points];
  for (int64_t i = 0; i < side; i++)
    for (int64_t j = 0; j < side; j++) {
      const int64_t row = tile.row + i - shape.top, column = tile.column + j - shape.left;
      const bool inside = row >= 0 && row < shape.height && column >= 0 && column < shape.width;
      pixels[i * side + j] =
          inside ? images + ((tile.image * shape.height + row) * shape.width + column) * shape.channels : zeros;
    }
  for (int64_t channel = 0; channel < shape.channels; channel += lanes) {
    Floats values[points], columns[points], rows[points];
    for (int64_t i = 0; i < points; i++) values[i] = *reinterpret_cast<const Floats*>(pixels[i] + channel);
    for (int64_t j = 0; j < side; j++) transformInput(values + j, side, columns + j, side);
    for (int64_t i = 0; i < side; i++) transformInput(columns + i * side, 1, rows + i * side, 1);
    for (int64_t i = 0; i < points; i++) *reinterpret_cast<Floats*>(transformed + i * pitch + channel) = rows[i];
  }
}

template <int results>
INLINED void writeTile(const Shape& shape, const Tile& tile, const float* products, int64_t pitch, const float* bias,
                       float* images) {
  for (int64_t filter = 0; filter < shape.filters; filter += lanes) {
    Floats values[points], columns[results * side], rows[results * results];
    for (int64_t i = 0; i < points; i++) values[i] = *reinterpret_cast<const Floats*>(products + i * pitch + filter);
    for (int64_t j = 0; j < side; j++) transformOutput<results>(values + j, side, columns + j, side);
    for (int64_t i = 0; i < results; i++) transformOutput<results>(columns + i * side, 1, rows + i * results, 1);
    const Floats added = bias == nullptr ? Floats{} : *reinterpret_cast<const Floats*>(bias + filter);
    for (int64_t i = 0; i < results && tile.row + i < shape.outHeight; i++)
      for (int64_t j = 0; j < results && tile.column + j < shape.outWidth; j++)
        *reinterpret_cast<Floats*>(
            images + ((tile.image * shape.outHeight + tile.row + i) * shape.outWidth + tile.column + j) * shape.filters +
            filter) = rows[i * results + j] + added;
  }
}

/** Rows of a · b, of some vectors each. */
template <int64_t rows, int vectors>
INLINED void multiplyRows(const float* a, int64_t inner, const float* b, int64_t pitch, float* product) {
  Floats sums[rows][vectors] = {};
  for (int64_t k = 0; k < inner; k++) {
    Floats factors[vectors];
    for (int v = 0; v < vectors; v++) factors[v] = *reinterpret_cast<const Floats*>(b + k * pitch + v * lanes);
    for (int64_t row = 0; row < rows; row++)
      for (int v = 0; v < vectors; v++) sums[row][v] += factors[v] * a[row * inner + k];
  }
  for (int64_t row = 0; row < rows; row++)
    for (int v = 0; v < vectors; v++) *reinterpret_cast<Floats*>(product + row * pitch + v * lanes) = sums[row][v];
}

template <int64_t rows, int vectors>
INLINED void multiplyPanel(const float* a, int64_t count, int64_t inner, const float* b, int64_t pitch, float* product) {
  int64_t row = 0;
  for (; row + rows <= count; row += rows)
    multiplyRows<rows, vectors>(a + row * inner, inner, b, pitch, product + row * pitch);
  for (; row < count; row++) multiplyRows<1, vectors>(a + row * inner, inner, b, pitch, product + row * pitch);
}

/** a [count, inner] · b [inner, pitch]. */
INLINED void multiply(const float* a, int64_t count, int64_t inner, const float* b, int64_t pitch, float* product) {
  int64_t column = 0;
  for (; column + 4 * lanes <= pitch; column += 4 * lanes)
    multiplyPanel<rowsOfFour, 4>(a, count, inner, b + column, pitch, product + column);
  for (; column + 2 * lanes <= pitch; column += 2 * lanes)
    multiplyPanel<rowsOfTwo, 2>(a, count, inner, b + column, pitch, product + column);
  for (; column < pitch; column += lanes)
    multiplyPanel<rowsOfTwo, 1>(a, count, inner, b + column, pitch, product + column);
}

/** The tiles from `begin` to `end`. @param transformed room for [36, tiles, channels] @param products for [36, tiles, filters] */
FOR_EACH_PROCESSOR
void convolveTiles(const Shape& shape, int64_t begin, int64_t end, const float* images, const float* zeros,
                   const float* filters, const float* bias, float* transformed, float* products, float* to) {
  const int64_t count = end - begin, pitch = count * shape.channels, resultPitch = count * shape.filters;
  for (int64_t i = 0; i < count; i++)
    transformTile(shape, tileAt(shape, begin + i), images, zeros, transformed + i * shape.channels, pitch);
  for (int64_t point = 0; point < points; point++)
    multiply(transformed + point * pitch, count, shape.channels, filters + point * shape.channels * shape.filters,
             shape.filters, products + point * resultPitch);
  for (int64_t i = 0; i < count; i++) {
    const Tile tile = tileAt(shape, begin + i);
    if (shape.results == 2)
      writeTile<2>(shape, tile, products + i * shape.filters, resultPitch, bias, to);
    else
      writeTile<4>(shape, tile, products + i * shape.filters, resultPitch, bias, to);
  }
}

int64_t tilesAlong(int64_t extent, int64_t results) { return (extent + results - 1) / results; }

bool hasWideVectors() {
#if defined(__x86_64__)
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl");
#else
  return false;
#endif
}

}  // namespace

bool isForWinograd(const Sliding& sliding, const Setting& setting, at::IntArrayRef filters, at::IntArrayRef images) {
  const bool ones = std::all_of(sliding.strides.begin(), sliding.strides.end(), [](int64_t n) { return n == 1; }) &&
                    std::all_of(sliding.dilations.begin(), sliding.dilations.end(), [](int64_t n) { return n == 1; });
  const int64_t size = filters[0];
  if (!setting.device.is_cpu() || setting.precision == Precision::BFloat16 || !ones || (size != 3 && size != 5) ||
      filters[1] != size || filters[2] % lanes != 0 || filters[3] % lanes != 0)
    return false;
  const int64_t results = side + 1 - size;
  const int64_t tiles = images[0] * tilesAlong(images[1] + sliding.top + sliding.bottom - size + 1, results) *
                        tilesAlong(images[2] + sliding.left + sliding.right - size + 1, results);
  return tiles >= leastTiles && hasWideVectors();
}

at::Tensor winogradFilters(const at::Tensor& filters) {
  const int64_t size = filters.size(0), rest = filters.size(2) * filters.size(3);
  const std::vector<double> at{0, 1, -1, 2, -2}, scale{1. / 4, -1. / 6, -1. / 6, 1. / 24, 1. / 24};
  at::Tensor g = at::zeros({side, size}, filters.options());
  float* entries = g.data_ptr<float>();
  for (int64_t point = 0; point + 1 < side; point++) {
    double power = scale[point];
    for (int64_t i = 0; i < size; i++, power *= at[point]) entries[point * size + i] = static_cast<float>(power);
  }
  entries[points / side * size - 1] = 1;
  const at::Tensor columns = at::matmul(g, filters.reshape({size, size * rest})).reshape({side, size, rest});
  return at::matmul(g, columns).reshape({points, filters.size(2), filters.size(3)}).contiguous();
}

at::Tensor convolveByWinograd(const at::Tensor& images, const at::Tensor& filters, int64_t size, const at::Tensor& bias,
                              const Sliding& sliding) {
  const int64_t results = side + 1 - size;
  const int64_t outHeight = images.size(1) + sliding.top + sliding.bottom - size + 1;
  const int64_t outWidth = images.size(2) + sliding.left + sliding.right - size + 1;
  const Shape shape{images.size(1), images.size(2),                images.size(3),                filters.size(2),
                    sliding.top,    sliding.left,                  tilesAlong(outHeight, results), tilesAlong(outWidth, results),
                    outHeight,      outWidth,                      results};
  const at::Tensor given = images.contiguous(), weights = filters.contiguous();
  const at::Tensor added = bias.defined() ? bias.contiguous() : bias;
  const at::Tensor convolved = at::empty({images.size(0), outHeight, outWidth, shape.filters}, images.options());
  const int64_t tiles = images.size(0) * shape.tileRows * shape.tileColumns;
  const int64_t fitting = blockBytes / (points * static_cast<int64_t>(sizeof(float)) * (shape.channels + shape.filters));
  const int64_t block = std::max(rowsOfTwo, fitting / rowsOfTwo * rowsOfTwo);
  const float *from = given.data_ptr<float>(), *factors = weights.data_ptr<float>();
  const float* offsets = added.defined() ? added.data_ptr<float>() : nullptr;
  float* to = convolved.data_ptr<float>();
  const at::Tensor zeros = at::zeros({shape.channels}, images.options());
  const float* outside = zeros.data_ptr<float>();
  at::parallel_for(0, tilesAlong(tiles, block), 1, [&](int64_t begin, int64_t end) {
    const at::Tensor transformed = at::empty({points * block * shape.channels}, at::kFloat);
    const at::Tensor products = at::empty({points * block * shape.filters}, at::kFloat);
    for (int64_t i = begin; i < end; i++)
      convolveTiles(shape, i * block, std::min(tiles, (i + 1) * block), from, outside, factors, offsets,
                    transformed.data_ptr<float>(), products.data_ptr<float>(), to);
  });
  return convolved;
}

}  // namespace maxmargin
