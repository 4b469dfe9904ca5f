// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

namespace tapio::agent {

/// How often a kernel program ran, and for how long altogether.
struct RunTime {
    std::uint64_t ns = 0;
    std::uint64_t runs = 0;

    bool operator==(const RunTime &) const = default;
};

/// The kernel's run time statistics, which cost two readings of a clock at each run of any BPF program of the machine.
class RunTimeStatistics {
public:
    virtual ~RunTimeStatistics() = default;
    /// False when the kernel refuses.
    virtual bool turnOn() = 0;
    virtual void turnOff() = 0;
    /// Of each program, always as many and in the same order; cumulative, and only counted while somebody has them turned on.
    virtual std::vector<RunTime> read() const = 0;
};

/// What programs cost, for a tenth of the price of measuring all their runs: they are measured for one turn in ten, and are taken to cost the
/// same until the next time. Each turn is left to chance anew, without regard to those before: what comes round by the clock would else be
/// seen always or never, or count for longer than it should. The first turn is measured, so that something is known soon. One thread.
class RunTimeMeter {
public:
    /// `statistics` outlives the meter, which turns them on.
    RunTimeMeter(RunTimeStatistics &statistics, std::int64_t bootNs, std::uint32_t seed);
    ~RunTimeMeter();
    RunTimeMeter(const RunTimeMeter &) = delete;
    RunTimeMeter &operator=(const RunTimeMeter &) = delete;

    /// Twice a second or so.
    void turn(std::int64_t bootNs);
    /// Since the meter began: what was measured and, between two measurements, what the one before lets expect. Never falls; stands still
    /// while the kernel refuses. In the order of RunTimeStatistics::read(), or empty when it never measured.
    std::vector<RunTime> at(std::int64_t bootNs) const;

private:
    struct Program {
        RunTime before;     ///< as the kernel had it when this measurement began
        double ns = 0;      ///< until m_untilNs
        double runs = 0;    ///< the same
        double nsPerNs = 0; ///< as last measured
        double runsPerNs = 0;
    };
    void begin(std::int64_t bootNs);
    void end(std::int64_t bootNs);
    void settle(std::int64_t bootNs);

    RunTimeStatistics &m_statistics;
    std::minstd_rand m_random;
    std::vector<Program> m_programs;
    std::int64_t m_beganNs = 0;
    std::int64_t m_untilNs;
    bool m_isOn = false;
    bool m_isKnown = false; ///< something was measured to its end
};

} // namespace tapio::agent
