// Drives a unit's harness: one line of hexadecimal stimulus per cycle on stdin, the outputs of the
// cycle on stdout, both before the rising edge. Words that nothing initialized are random.
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "Vharness.h"
#include "verilated.h"

int main(int argc, char** argv) {
  VerilatedContext context;
  context.commandArgs(argc, argv);
  context.randReset(2);
  context.randSeed(1);
  Vharness harness{&context};
  constexpr int inputs = sizeof(harness.stimulus) / sizeof(harness.stimulus[0]);
  constexpr int outputs = sizeof(harness.observed) / sizeof(harness.observed[0]);
  constexpr int digits = inputs * 8;
  static char line[digits + 16];
  while (std::fgets(line, sizeof line, stdin)) {
    if (std::strlen(line) < digits) return 1;
    for (int word = 0; word < inputs; word++) {
      char text[9] = {};
      std::memcpy(text, line + digits - 8 * (word + 1), 8);
      harness.stimulus[word] = std::strtoul(text, nullptr, 16);
    }
    harness.clk = 0;
    harness.eval();
    for (int word = outputs - 1; word >= 0; word--) std::printf("%08x", harness.observed[word]);
    std::putchar('\n');
    harness.clk = 1;
    harness.eval();
  }
  harness.final();
  return 0;
}
