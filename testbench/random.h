// Random numbers that depend on the seed alone, on every machine.
#pragma once

#include <cstdint>

/// SplitMix64 of Steele, Lea and Flood (https://prng.di.unimi.it/splitmix64.c).
class Random {
public:
    /// Streams of one seed are independent of each other.
    Random(uint64_t seed, uint64_t stream) : state_(seed * 0xD1342543DE82EF95u + stream) { next(); }

    uint64_t next() {
        uint64_t z = state_ += 0x9E3779B97F4A7C15u;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
        return z ^ (z >> 31);
    }

    /// 0 .. count-1
    uint32_t below(uint32_t count) {
        return static_cast<uint32_t>(((next() >> 32) * uint64_t{count}) >> 32);
    }

    /// True in `parts` of 256 cases.
    bool chance(unsigned parts) { return below(256) < parts; }

private:
    uint64_t state_;
};
