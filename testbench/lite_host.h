// The host's side of s_axil: one transaction at a time, its channels stalled like the streams.
#pragma once

#include "dut.h"
#include "plan.h"
#include "results.h"
#include "stalls.h"

class LiteHost {
public:
    LiteHost(const Plan& plan, uint64_t seed);

    void read(uint8_t address);
    void write(uint8_t address, uint32_t data);

    void drive(Inputs& inputs);
    void observe(const Inputs& inputs, const Outputs& outputs, Results& results);

    bool busy() const { return address_ || data_ || response_; }
    /// What the last read gave.
    uint32_t data() const { return readData_; }

private:
    Stalls addressStalls_, dataStalls_, responseStalls_;
    bool reading_ = false;
    /// What of the transaction is still to be done.
    bool address_ = false, data_ = false, response_ = false;
    /// VALIDs that were raised stay until they are accepted.
    bool addressOffered_ = false, dataOffered_ = false;
    uint8_t at_ = 0;
    uint32_t writeData_ = 0, readData_ = 0;
};
