#include "pooled-convolution.h"

#include <ATen/Functions.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <vector>

#include "vectors.h"

namespace maxmargin {

namespace {

/** One image with its zeros around it; all extents in floats. */
struct Plane {
  int64_t rows, columns, channels, top, left, paddedRows, pitch;
};

struct Blocks {
  int64_t rows, columns;
};

struct Filters {
  int64_t height, width, channels;
};

/** What lies between the first values of two neighbouring rows of padded images; the end of a row may be read and added to as a vector. */
constexpr int64_t slack = lanes;

Plane planeOf(const PooledConvolution& padding, at::IntArrayRef shape) {
  return {shape[1],
          shape[2],
          shape[3],
          padding.top,
          padding.left,
          shape[1] + padding.top + padding.bottom,
          (shape[2] + padding.left + padding.right) * shape[3]};
}

void pad(const Plane& plane, const float* image, float* padded) {
  std::fill_n(padded, plane.paddedRows * plane.pitch + slack, 0.0f);
  for (int64_t row = 0; row < plane.rows; row++)
    std::copy_n(image + row * plane.columns * plane.channels, plane.columns * plane.channels,
                padded + (row + plane.top) * plane.pitch + plane.left * plane.channels);
}

void crop(const Plane& plane, const float* padded, float* image) {
  for (int64_t row = 0; row < plane.rows; row++)
    std::copy_n(padded + (row + plane.top) * plane.pitch + plane.left * plane.channels, plane.columns * plane.channels,
                image + row * plane.columns * plane.channels);
}

/** The four convolved pixels of a block, for `count` vectors of filters from `first` on; written as maxima and places. */
template <int count>
INLINED void maximaOfBlock(const float* corner, int64_t pitch, const Filters& size, int64_t pixel, const float* filters,
                           int64_t filterPitch, const float* bias, float* maxima, uint8_t* places, int64_t left) {
  Floats sums[4][count];
  for (int v = 0; v < count; v++)
    for (int place = 0; place < 4; place++) sums[place][v] = *reinterpret_cast<const Floats*>(bias + v * lanes);
  const float* tap = filters;
  for (int64_t i = 0; i < size.height; i++) {
    const float* upper = corner + i * pitch;
    const float* lower = upper + pitch;
    for (int64_t j = 0; j < size.width * pixel; j++, tap += filterPitch)
      for (int v = 0; v < count; v++) {
        const Floats weight = *reinterpret_cast<const Floats*>(tap + v * lanes);
        sums[0][v] += weight * upper[j];
        sums[1][v] += weight * upper[j + pixel];
        sums[2][v] += weight * lower[j];
        sums[3][v] += weight * lower[j + pixel];
      }
  }
  for (int v = 0; v < count; v++) {
    Floats best = sums[0][v];
    Integers place = {};
    for (int other = 1; other < 4; other++) {
      const Integers larger = sums[other][v] > best;
      best = larger ? sums[other][v] : best;
      place = larger ? Integers{} + other : place;
    }
    const Bytes bytes = __builtin_convertvector(place, Bytes);
    const int64_t wanted = std::min(lanes, left - v * lanes);
    if (wanted == lanes) {
      *reinterpret_cast<Floats*>(maxima + v * lanes) = best;
      *reinterpret_cast<Bytes*>(places + v * lanes) = bytes;
    } else {
      std::memcpy(maxima + v * lanes, &best, wanted * sizeof(float));
      std::memcpy(places + v * lanes, &bytes, wanted);
    }
  }
}

/** @param filters [taps, roundedUp(channels)], bias [roundedUp(channels)] */
FOR_EACH_PROCESSOR
void maximaOfImage(const float* padded, int64_t pitch, int64_t pixel, Filters size, const float* filters, const float* bias,
                   Blocks blocks, float* maxima, uint8_t* places) {
  const int64_t filterPitch = roundedUp(size.channels, lanes);
  for (int64_t row = 0; row < blocks.rows; row++)
    for (int64_t column = 0; column < blocks.columns; column++) {
      const float* corner = padded + 2 * row * pitch + 2 * column * pixel;
      const int64_t at = (row * blocks.columns + column) * size.channels;
      int64_t channel = 0;
      for (; channel + lanes < size.channels; channel += 2 * lanes)
        maximaOfBlock<2>(corner, pitch, size, pixel, filters + channel, filterPitch, bias + channel, maxima + at + channel,
                         places + at + channel, size.channels - channel);
      if (channel < size.channels)
        maximaOfBlock<1>(corner, pitch, size, pixel, filters + channel, filterPitch, bias + channel, maxima + at + channel,
                         places + at + channel, size.channels - channel);
    }
}

/** The patch of one block: Σ over channels of dy times the channel's filter, shifted to its place. */
template <int count>
INLINED void patchOfBlock(const float* dy, const uint8_t* places, int64_t channels, const float* shifted, float* patch) {
  constexpr int chains = count <= 3 ? 4 : 2;
  constexpr int64_t size = count * lanes;
  Floats sums[chains][count] = {};
  int64_t channel = 0;
  for (; channel + chains <= channels; channel += chains)
    for (int chain = 0; chain < chains; chain++) {
      const int64_t own = channel + chain;
      const float* filter = shifted + (own * 4 + places[own]) * size;
      for (int v = 0; v < count; v++) sums[chain][v] += *reinterpret_cast<const Floats*>(filter + v * lanes) * dy[own];
    }
  for (; channel < channels; channel++) {
    const float* filter = shifted + (channel * 4 + places[channel]) * size;
    for (int v = 0; v < count; v++) sums[0][v] += *reinterpret_cast<const Floats*>(filter + v * lanes) * dy[channel];
  }
  for (int v = 0; v < count; v++) {
    Floats sum = sums[0][v];
    for (int chain = 1; chain < chains; chain++) sum += sums[chain][v];
    *reinterpret_cast<Floats*>(patch + v * lanes) = sum;
  }
}

INLINED void patchOf(int vectors, const float* dy, const uint8_t* places, int64_t channels, const float* shifted, float* patch) {
  switch (vectors) {
    case 1: return patchOfBlock<1>(dy, places, channels, shifted, patch);
    case 2: return patchOfBlock<2>(dy, places, channels, shifted, patch);
    case 3: return patchOfBlock<3>(dy, places, channels, shifted, patch);
    case 4: return patchOfBlock<4>(dy, places, channels, shifted, patch);
    default: break;
  }
  // Wide patches in parts of four vectors would read dy again for each part; they are few.
  std::fill_n(patch, vectors * lanes, 0.0f);
  for (int64_t channel = 0; channel < channels; channel++) {
    const float* filter = shifted + (channel * 4 + places[channel]) * vectors * lanes;
    for (int v = 0; v < vectors; v++)
      *reinterpret_cast<Floats*>(patch + v * lanes) += *reinterpret_cast<const Floats*>(filter + v * lanes) * dy[channel];
  }
}

/** @param shifted [channels, 4, patch], its rows `patchPitch` apart */
FOR_EACH_PROCESSOR
void addPatches(const float* dy, const uint8_t* places, Blocks blocks, Filters size, const float* shifted, int vectors,
                int64_t patchPitch, float* patch, float* padded, int64_t pitch, int64_t pixel) {
  for (int64_t row = 0; row < blocks.rows; row++)
    for (int64_t column = 0; column < blocks.columns; column++) {
      const int64_t at = (row * blocks.columns + column) * size.channels;
      patchOf(vectors, dy + at, places + at, size.channels, shifted, patch);
      float* corner = padded + 2 * row * pitch + 2 * column * pixel;
      for (int64_t i = 0; i <= size.height; i++)
        for (int64_t j = 0; j < patchPitch; j += 8)
          *reinterpret_cast<HalfFloats*>(corner + i * pitch + j) +=
              *reinterpret_cast<const HalfFloats*>(patch + i * patchPitch + j);
    }
}

}  // namespace

std::pair<at::Tensor, at::Tensor> PooledConvolution::forward(const at::Tensor& images, const at::Tensor& filters,
                                                             const at::Tensor& bias) const {
  const Plane plane = planeOf(*this, images.sizes());
  const Filters size{filters.size(0), filters.size(1), filters.size(3)};
  const Blocks blocks{(plane.paddedRows - size.height + 1) / 2,
                      (plane.pitch / plane.channels - size.width + 1) / 2};
  const int64_t filterPitch = roundedUp(size.channels, lanes);
  const at::Tensor filled = at::constant_pad_nd(filters.contiguous(), {0, filterPitch - size.channels}).contiguous();
  const at::Tensor added = bias.defined() ? at::constant_pad_nd(bias.contiguous(), {0, filterPitch - size.channels}).contiguous()
                                          : at::zeros({filterPitch}, filters.options());
  const at::Tensor given = images.contiguous();
  const int64_t count = images.size(0);
  const at::Tensor maxima = at::empty({count, blocks.rows, blocks.columns, size.channels}, images.options());
  const at::Tensor places = at::empty(maxima.sizes(), images.options().dtype(at::kByte));
  const int64_t imageSize = plane.rows * plane.columns * plane.channels, blockSize = blocks.rows * blocks.columns * size.channels;
  const float *from = given.data_ptr<float>(), *weights = filled.data_ptr<float>(), *offsets = added.data_ptr<float>();
  float* largest = maxima.data_ptr<float>();
  uint8_t* where = places.data_ptr<uint8_t>();
  at::parallel_for(0, count, 1, [&](int64_t begin, int64_t end) {
    std::vector<float> padded(plane.paddedRows * plane.pitch + slack);
    for (int64_t image = begin; image < end; image++) {
      pad(plane, from + image * imageSize, padded.data());
      maximaOfImage(padded.data(), plane.pitch, plane.channels, size, weights, offsets, blocks, largest + image * blockSize,
                    where + image * blockSize);
    }
  });
  return {maxima, places};
}

at::Tensor PooledConvolution::imageGradient(const at::Tensor& dy, const at::Tensor& places, const at::Tensor& filters,
                                            at::IntArrayRef shape) const {
  const Plane plane = planeOf(*this, shape);
  const Filters size{filters.size(0), filters.size(1), filters.size(3)};
  const Blocks blocks{dy.size(1), dy.size(2)};
  const int64_t filterRow = size.width * plane.channels, patchPitch = roundedUp(filterRow + plane.channels, 8);
  const int vectors = static_cast<int>(roundedUp((size.height + 1) * patchPitch, lanes) / lanes);
  const at::Tensor weights = filters.contiguous(), given = dy.contiguous();
  const float* taps = weights.data_ptr<float>();
  std::vector<float> shifted(size.channels * 4 * vectors * lanes, 0.0f);
  for (int64_t channel = 0; channel < size.channels; channel++)
    for (int64_t place = 0; place < 4; place++)
      for (int64_t i = 0; i < size.height; i++)
        for (int64_t j = 0; j < filterRow; j++)
          shifted[(channel * 4 + place) * vectors * lanes + (i + place / 2) * patchPitch + j + place % 2 * plane.channels] =
              taps[(i * filterRow + j) * size.channels + channel];
  const at::Tensor images = at::empty(shape, dy.options());
  const int64_t imageSize = plane.rows * plane.columns * plane.channels, blockSize = blocks.rows * blocks.columns * size.channels;
  const float* from = given.data_ptr<float>();
  const uint8_t* where = places.data_ptr<uint8_t>();
  float* to = images.data_ptr<float>();
  at::parallel_for(0, shape[0], 1, [&](int64_t begin, int64_t end) {
    std::vector<float> padded(plane.paddedRows * plane.pitch + slack), patch(vectors * lanes);
    for (int64_t image = begin; image < end; image++) {
      std::fill(padded.begin(), padded.end(), 0.0f);
      addPatches(from + image * blockSize, where + image * blockSize, blocks, size, shifted.data(), vectors, patchPitch,
                 patch.data(), padded.data(), plane.pitch, plane.channels);
      crop(plane, padded.data(), to + image * imageSize);
    }
  });
  return images;
}

}  // namespace maxmargin
