// Bits of signals of every width: Verilator holds up to 8, 16, 32 and 64 bits in integers and more
// in arrays of 32-bit words.
#pragma once

#include <cstddef>
#include <cstdint>

#include "verilated.h"

/// Fills a signal from bytes, the first byte in the lowest bits.
template <typename Integer>
void setBytes(Integer& signal, const uint8_t* bytes, size_t count) {
    uint64_t value = 0;
    for (size_t i = 0; i < count; ++i) value |= uint64_t{bytes[i]} << (8 * i);
    signal = static_cast<Integer>(value);
}

template <std::size_t Words>
void setBytes(VlWide<Words>& signal, const uint8_t* bytes, size_t count) {
    for (size_t word = 0; word < Words; ++word) {
        uint32_t value = 0;
        for (size_t i = 0; i < 4 && 4 * word + i < count; ++i) {
            value |= uint32_t{bytes[4 * word + i]} << (8 * i);
        }
        signal[word] = value;
    }
}

/// Bits `low .. low+31` of a signal; those above its top are zero or as Verilator keeps them.
template <typename Integer>
uint32_t bitsFrom(const Integer& signal, size_t low) {
    return static_cast<uint32_t>(uint64_t{signal} >> low);
}

template <std::size_t Words>
uint32_t bitsFrom(const VlWide<Words>& signal, size_t low) {
    const size_t word = low / 32, shift = low % 32;
    uint64_t pair = signal[word];
    if (word + 1 < Words) pair |= uint64_t{signal[word + 1]} << 32;
    return static_cast<uint32_t>(pair >> shift);
}

/// The lowest `bits` (1..32) of a word as a number.
inline int32_t asNumber(uint32_t word, unsigned bits, bool isSigned) {
    const unsigned spare = 32 - bits;
    if (isSigned) return static_cast<int32_t>(word << spare) >> spare;
    return static_cast<int32_t>((word << spare) >> spare);
}
