// A master whose every cycle is read from stdin: `valid address length size burst ready`, the
// address in hexadecimal. Prints what the memory drives in that cycle, and the rules that the
// master breaks.
#include <cstdio>

#include "axi_memory.h"

int main() {
    AxiMemoryPlan plan;
    plan.busBytes = 8;
    plan.base = 0x10000;
    plan.latency = 5;
    plan.outstanding = 2;
    std::vector<uint8_t> contents(0x3000);
    for (size_t i = 0; i < contents.size(); ++i) contents[i] = static_cast<uint8_t>(i / 8);
    AxiMemory memory(plan, contents);
    unsigned valid, length, size, burst, ready;
    unsigned long long address;
    while (std::scanf("%u %llx %u %u %u %u", &valid, &address, &length, &size, &burst, &ready) ==
           6) {
        const AxiReadSlave slave = memory.drive();
        AxiReadMaster master;
        master.arvalid = valid != 0;
        master.rready = ready != 0;
        master.araddr = address;
        master.arlen = static_cast<uint8_t>(length);
        master.arsize = static_cast<uint8_t>(size);
        master.arburst = static_cast<uint8_t>(burst);
        const std::string fault = memory.observe(master);
        std::printf("%d %d %d %d %d %s\n", slave.arready, slave.rvalid, slave.rvalid && slave.rlast,
                    slave.rvalid ? slave.rresp : 0, slave.rvalid ? slave.rdata[0] : 0,
                    fault.c_str());
    }
    return 0;
}
