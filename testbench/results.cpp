#include "results.h"

#include <sstream>

namespace {

template <typename List, typename Print>
void printList(std::ostream& out, const List& list, Print print) {
    out << '[';
    bool more = false;
    for (const auto& item : list) {
        if (more) out << ',';
        more = true;
        print(item);
    }
    out << ']';
}

void printString(std::ostream& out, const std::string& text) {
    out << '"';
    for (const char c : text) {
        if (c == '"' || c == '\\') out << '\\';
        out << (static_cast<unsigned char>(c) < 0x20 ? ' ' : c);
    }
    out << '"';
}

const char* boolean(bool value) { return value ? "true" : "false"; }

}  // namespace

std::string toJson(const Results& r) {
    std::ostringstream out;
    out << "{\"cycles\":" << r.cycles << ",\"values\":" << r.values
        << ",\"mismatches\":" << r.mismatches << ",\"first\":";
    if (r.hasFirst) {
        const Difference& d = r.first;
        out << "{\"operation\":" << d.operation << ",\"value\":" << d.value
            << ",\"frame\":" << d.frame << ",\"cycle\":" << d.cycle
            << ",\"expected\":" << d.expected << ",\"got\":" << d.got << '}';
    } else {
        out << "null";
    }
    out << ",\"operationFrames\":";
    printList(out, r.operationFrames, [&](uint32_t n) { out << n; });
    out << ",\"lastOperation\":" << r.lastOperation << ",\"frames\":";
    printList(out, r.frames, [&](const FrameResult& f) {
        out << "{\"firstInput\":" << f.firstInput << ",\"lastResult\":" << f.lastResult
            << ",\"mismatches\":" << f.mismatches << ",\"results\":";
        printList(out, f.results, [&](int32_t v) { out << v; });
        out << '}';
    });
    out << ",\"registers\":";
    if (r.registers.read) {
        const Registers& g = r.registers;
        out << "{\"id\":" << g.id << ",\"config\":" << g.config << ",\"errors\":" << g.errors
            << ",\"frames\":" << g.frames << ",\"cycles\":" << g.cycles << '}';
    } else {
        out << "null";
    }
    out << ",\"hang\":";
    if (r.hang.happened) {
        const Hang& h = r.hang;
        out << "{\"stream\":\"" << h.stream << "\",\"lastProgress\":" << h.lastProgress
            << ",\"inputFrame\":" << h.inputFrame << ",\"inputBeat\":" << h.inputBeat
            << ",\"outputFrame\":" << h.outputFrame << ",\"outputBeat\":" << h.outputBeat
            << ",\"inputReady\":" << boolean(h.inputReady)
            << ",\"resultValid\":" << boolean(h.resultValid) << '}';
    } else {
        out << "null";
    }
    out << ",\"errors\":";
    printList(out, r.errors, [&](const std::string& s) { printString(out, s); });
    out << ",\"errorCount\":" << r.errorCount << ",\"traced\":" << boolean(r.traced) << '}';
    return out.str();
}
