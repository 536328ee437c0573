// The bench's program: reads a plan, runs it, prints one JSON object on one line.
#include <cstdio>
#include <cstdlib>
#include <exception>

#include "bench.h"
#include "verilated.h"

/// Called by Verilator's library, which is compiled with VL_USER_FATAL, instead of aborting: a
/// memory file that does not fit is a fault of what is simulated.
void vl_fatal(const char* file, int line, const char*, const char* message) {
    std::printf("%%Error: %s:%d: %s\n", file, line, message);
    std::fflush(stdout);
    std::_Exit(3);
}

int main(int argc, char** argv) {
    if (argc != 2) {
        std::fprintf(stderr, "usage: %s PLAN\n", argv[0]);
        return 2;
    }
    try {
        const Plan plan = readPlan(argv[1]);
        Bench bench(plan);
        const Results results = bench.run();
        std::printf("%s\n", toJson(results).c_str());
        return 0;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 2;
    }
}
