// The bench's program: reads a plan, runs it, prints one JSON object on one line.
#include <cstdio>
#include <exception>

#include "bench.h"

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
