// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

namespace tapio::agent {

/// What the agent may cost its node. 0 = no limit.
struct BudgetLimits {
    double cpuPercent = 1.0; ///< of one core: user, system and the kernel programs
    std::uint64_t rssBytes = 64u << 20;
    std::uint64_t bytesPerSecond = 0; ///< payload to the server

    bool operator==(const BudgetLimits &) const = default;
};

/// What it has cost so far, cumulative but for memory. What cannot be measured is absent and breaks no limit.
struct BudgetReading {
    std::optional<std::uint64_t> cpuNs;    ///< user and system of the process
    std::optional<std::uint64_t> kernelNs; ///< run time of its kernel programs; absent without the kernel's statistics
    std::optional<std::uint64_t> rssBytes;
    std::uint64_t sentBytes = 0;
    std::optional<std::uint64_t> sheddable{}; ///< events that came and may be shed; absent = not known, and taken to be many
};

/// What it costs, over the window.
struct BudgetSpent {
    std::optional<double> cpuPercent; ///< of one core
    bool kernelIncluded = false;      ///< cpuPercent has the kernel programs too
    std::optional<std::uint64_t> rssBytes;
    std::optional<double> bytesPerSecond;
    std::optional<double> sheddablePerSecond; ///< events
};

/// What is shed, least important first; each step goes on with what those before it do.
enum class ShedStep : std::uint8_t {
    None = 0,
    Detail = 1, ///< arguments and folders of programs
    Fold = 2,   ///< short healthy connections, and programs that ended well at once, are added up
    Sample = 3, ///< of what may be shed and went well, the events of one process in ten
    Limit = 4,  ///< of what failed, more than some per second of one cgroup
};
inline constexpr ShedStep lastShedStep = ShedStep::Limit;
std::string_view shedStepName(ShedStep step) noexcept; ///< "none", "detail", "fold", "sample", "limit"

/// A step begins or ends.
struct BudgetNotice {
    ShedStep step = ShedStep::None;
    bool begins = false;
    BudgetSpent spent;
    BudgetLimits limits;
};
/// "step 2 (fold) begins: cpu 2.31 % of 1.00 %, memory 31.2 of 64.0 MB".
std::string describe(const BudgetNotice &notice);

/// Is told of each step. On the collecting thread; must not block.
class BudgetListener {
public:
    virtual ~BudgetListener() = default;
    virtual void onBudgetNotice(const BudgetNotice &notice) = 0;
};

inline constexpr std::chrono::seconds budgetWindow{10};    ///< over which rates are measured
inline constexpr std::chrono::seconds overBeforeStep{10};  ///< a limit is passed for so long before a step is taken
inline constexpr std::chrono::seconds underBeforeBack{30}; ///< all is below backShare for so long before one is taken back
inline constexpr double backShare = 0.8;
/// What an event costs the process at most, so that what shedding could save is never taken for less than it is: some 6 us were measured for
/// the start or the end of a program (bench of a node at rest beside one that starts 160 programs a second), on a machine that was not slow.
inline constexpr std::chrono::microseconds mostPerEvent{50};
/// Processor time is a reason to shed where all that may be shed could save this share of the limit. What an agent spends at rest does not
/// become less by leaving out what hardly comes: events would be lost for nothing.
inline constexpr double worthShare = 0.1;

/// Decides when to shed. Pure: time and measurements are given. One thread.
class OverheadBudget {
public:
    explicit OverheadBudget(BudgetLimits limits) : m_limits(limits) {}

    /// Steps that were taken stay, until the new limits have been kept for as long as the old ones would.
    void setLimits(BudgetLimits limits);
    /// Once a second or so; at most one step changes at a time. `bootNs` never goes back.
    std::optional<BudgetNotice> note(std::int64_t bootNs, const BudgetReading &reading);

    ShedStep step() const noexcept { return m_step; }
    const BudgetSpent &spent() const noexcept { return m_spent; }
    const BudgetLimits &limits() const noexcept { return m_limits; }
    /// For overBeforeStep more processor time was spent than the limit, and shedding would not have helped: see worthShare. Until less than
    /// backShare of it was spent for underBeforeBack.
    bool isOverAtRest() const noexcept { return m_isOverAtRest; }

private:
    struct Timed {
        std::int64_t bootNs = 0;
        BudgetReading reading;
    };
    void measure(std::int64_t bootNs, const BudgetReading &reading);
    bool isOver() const;
    bool isUnder() const;
    void followRest(std::int64_t bootNs);
    BudgetNotice notice(ShedStep step, bool begins) const { return {step, begins, m_spent, m_limits}; }

    BudgetLimits m_limits;
    BudgetSpent m_spent;
    ShedStep m_step = ShedStep::None;
    std::deque<Timed> m_window; ///< oldest first; bounded by time, and by mostReadings
    std::optional<std::int64_t> m_overSinceNs, m_underSinceNs, m_restSinceNs, m_restUnderSinceNs;
    bool m_isOverAtRest = false;
};

} // namespace tapio::agent
