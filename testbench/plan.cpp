#include "plan.h"

#include <fstream>
#include <stdexcept>

namespace {

template <typename Value>
std::vector<Value> readBinary(const std::string& path, size_t count) {
    std::ifstream file(path, std::ios::binary | std::ios::ate);
    if (!file) throw std::runtime_error("cannot read " + path);
    const size_t bytes = static_cast<size_t>(file.tellg());
    if (bytes != count * sizeof(Value)) {
        throw std::runtime_error(path + " has " + std::to_string(bytes) + " bytes, not " +
                                 std::to_string(count * sizeof(Value)));
    }
    std::vector<Value> values(count);
    file.seekg(0);
    file.read(reinterpret_cast<char*>(values.data()), static_cast<std::streamsize>(bytes));
    if (!file) throw std::runtime_error("cannot read " + path);
    return values;
}

/// The rest of the line: a path may hold spaces.
void readPath(std::istream& in, std::string& path) { std::getline(in >> std::ws, path); }

/// One `key value...` pair after the other; the keys are those of src/verify/plan-file.ts.
void readSetting(const std::string& key, std::istream& in, Plan& plan, std::string& inputPath,
                 std::string& expectedPath) {
    if (key == "frames") in >> plan.frames >> plan.images;
    else if (key == "words") in >> plan.inputWords >> plan.inputBytes;
    else if (key == "classes") in >> plan.classes;
    else if (key == "seed") in >> plan.seed;
    else if (key == "stalls") in >> plan.stalls >> plan.longestPause;
    else if (key == "reset") in >> plan.resetAt >> plan.resetCycles;
    else if (key == "idle") in >> plan.idleLimit;
    else if (key == "input") readPath(in, inputPath);
    else if (key == "expected") readPath(in, expectedPath);
    else if (key == "weights") {
        in >> plan.weights.busBytes >> plan.weights.base >> plan.weights.latency;
        readPath(in, plan.weights.path);
    } else if (key == "parameters") {
        WeightsPlan& weights = plan.weights;
        in >> weights.parameterBusBytes >> weights.parameterOffset >> weights.parameterBytes;
    } else if (key == "memory") {
        MemoryPlan& memory = plan.memory;
        memory.given = true;
        in >> memory.stalls >> memory.wrongBy >> memory.faultBeat >> memory.faultResponse;
    } else if (key == "trace") {
        in >> plan.trace.from >> plan.trace.to >> plan.trace.frames;
        readPath(in, plan.trace.path);
    }
    else if (key == "tap") {
        TapPlan tap;
        in >> tap.unit >> tap.tokens >> tap.lanes >> tap.bits >> tap.isSigned >> tap.byRow;
        plan.taps.push_back(tap);
    } else if (key == "operation") {
        OperationPlan operation;
        in >> operation.unit >> operation.index >> operation.rows >> operation.columns >> operation.lanes;
        plan.operations.push_back(operation);
    } else throw std::runtime_error("the plan has an unknown key " + key);
    if (!in) throw std::runtime_error("the plan breaks off after " + key);
}

}  // namespace

Plan readPlan(const std::string& path) {
    std::ifstream in(path);
    if (!in) throw std::runtime_error("cannot read " + path);
    Plan plan;
    std::string key, inputPath, expectedPath;
    while (in >> key) readSetting(key, in, plan, inputPath, expectedPath);
    for (const OperationPlan& o : plan.operations) {
        plan.valuesPerImage += size_t{o.rows} * o.columns;
    }
    plan.valuesPerImage += plan.classes;
    plan.input = readBinary<uint8_t>(
        inputPath, size_t{plan.images} * plan.inputWords * plan.inputBytes);
    plan.expected = readBinary<int32_t>(expectedPath, plan.images * plan.valuesPerImage);
    return plan;
}
