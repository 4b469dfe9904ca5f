// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/pipeline/budget.h"

#include <algorithm>

#include <spdlog/fmt/fmt.h>

namespace tapio::agent {

namespace {

constexpr std::size_t mostReadings = 64;
constexpr double nsPerSecondReal = 1e9;

std::int64_t ns(std::chrono::seconds duration) { return std::chrono::nanoseconds(duration).count(); }

bool fell(const std::optional<std::uint64_t> &later, const std::optional<std::uint64_t> &earlier)
{
    return later && earlier && *later < *earlier;
}

/// Since when something holds.
void follow(std::int64_t bootNs, bool holds, std::optional<std::int64_t> &since)
{
    since = holds ? since.value_or(bootNs) : std::optional<std::int64_t>();
}

/// Shedding could bring the processor time down by something that counts.
bool savesCpu(const BudgetSpent &spent, const BudgetLimits &limits)
{
    constexpr double percentPerEvent = std::chrono::duration<double>(mostPerEvent).count() * 100;
    return !spent.sheddablePerSecond || *spent.sheddablePerSecond * percentPerEvent >= limits.cpuPercent * worthShare;
}

/// Of what is limited and measured, and becomes less by shedding: whether `compare(spent, limit)` is true.
template <typename Compare> bool any(const BudgetSpent &spent, const BudgetLimits &limits, Compare compare)
{
    const auto holds = [&](const auto &value, double limit) { return limit > 0 && value && compare(static_cast<double>(*value), limit); };
    return (savesCpu(spent, limits) && holds(spent.cpuPercent, limits.cpuPercent))
           || holds(spent.rssBytes, static_cast<double>(limits.rssBytes))
           || holds(spent.bytesPerSecond, static_cast<double>(limits.bytesPerSecond));
}

} // namespace

std::string_view shedStepName(ShedStep step) noexcept
{
    switch (step) {
    case ShedStep::Detail: return "detail";
    case ShedStep::Fold: return "fold";
    case ShedStep::Sample: return "sample";
    case ShedStep::Limit: return "limit";
    case ShedStep::None: break;
    }
    return "none";
}

std::string describe(const BudgetNotice &notice)
{
    constexpr double mega = 1 << 20;
    const BudgetSpent &spent = notice.spent;
    const BudgetLimits &limits = notice.limits;
    std::string text =
        fmt::format("step {} ({}) {}", static_cast<int>(notice.step), shedStepName(notice.step), notice.begins ? "begins" : "ends");
    const auto limited = [](const std::string &limit, bool is) { return is ? " of " + limit : std::string(" without a limit"); };
    const char *separator = ": ";
    if (spent.cpuPercent) {
        text += fmt::format("{}cpu {:.2f} %{}{}", separator, *spent.cpuPercent,
                            limited(fmt::format("{:.2f} %", limits.cpuPercent), limits.cpuPercent > 0),
                            spent.kernelIncluded ? "" : " (kernel programs not measured)");
        separator = ", ";
    }
    if (spent.rssBytes) {
        text += fmt::format("{}memory {:.1f} MB{}", separator, static_cast<double>(*spent.rssBytes) / mega,
                            limited(fmt::format("{:.1f} MB", static_cast<double>(limits.rssBytes) / mega), limits.rssBytes > 0));
        separator = ", ";
    }
    if (spent.bytesPerSecond)
        text += fmt::format("{}{:.0f} bytes/s{}", separator, *spent.bytesPerSecond,
                            limited(std::to_string(limits.bytesPerSecond), limits.bytesPerSecond > 0));
    return text;
}

void OverheadBudget::setLimits(BudgetLimits limits)
{
    if (limits == m_limits)
        return;
    m_limits = limits;
    m_overSinceNs.reset();
    m_underSinceNs.reset();
    m_restSinceNs.reset();
    m_restUnderSinceNs.reset();
    m_isOverAtRest = false;
}

void OverheadBudget::measure(std::int64_t bootNs, const BudgetReading &reading)
{
    // Programs that were detached take their run time with them: what was before cannot be compared.
    if (!m_window.empty()) {
        const BudgetReading &last = m_window.back().reading;
        if (fell(reading.cpuNs, last.cpuNs) || fell(reading.kernelNs, last.kernelNs) || fell(reading.sheddable, last.sheddable)
            || reading.sentBytes < last.sentBytes)
            m_window.clear();
    }
    m_window.push_back({bootNs, reading});
    // The window begins with the youngest reading that is at least as old as it is long: rates are over no less than that.
    while (m_window.size() > 2 && (bootNs - m_window[1].bootNs >= ns(budgetWindow) || m_window.size() > mostReadings))
        m_window.pop_front();
    const Timed &first = m_window.front();
    const double seconds = static_cast<double>(bootNs - first.bootNs) / nsPerSecondReal;
    m_spent = {};
    m_spent.rssBytes = reading.rssBytes;
    if (seconds <= 0)
        return;
    m_spent.bytesPerSecond = static_cast<double>(reading.sentBytes - first.reading.sentBytes) / seconds;
    if (reading.sheddable && first.reading.sheddable)
        m_spent.sheddablePerSecond = static_cast<double>(*reading.sheddable - *first.reading.sheddable) / seconds;
    if (!reading.cpuNs || !first.reading.cpuNs)
        return;
    std::uint64_t used = *reading.cpuNs - *first.reading.cpuNs;
    m_spent.kernelIncluded = reading.kernelNs && first.reading.kernelNs;
    if (m_spent.kernelIncluded)
        used += *reading.kernelNs - *first.reading.kernelNs;
    m_spent.cpuPercent = static_cast<double>(used) / nsPerSecondReal / seconds * 100;
}

bool OverheadBudget::isOver() const
{
    return any(m_spent, m_limits, [](double spent, double limit) { return spent > limit; });
}

bool OverheadBudget::isUnder() const
{
    return !any(m_spent, m_limits, [](double spent, double limit) { return spent >= limit * backShare; });
}

void OverheadBudget::followRest(std::int64_t bootNs)
{
    const double share = m_limits.cpuPercent > 0 ? m_spent.cpuPercent.value_or(0) / m_limits.cpuPercent : 0;
    follow(bootNs, share > 1 && !savesCpu(m_spent, m_limits), m_restSinceNs);
    follow(bootNs, share < backShare, m_restUnderSinceNs);
    if (m_restSinceNs && bootNs - *m_restSinceNs >= ns(overBeforeStep))
        m_isOverAtRest = true;
    else if (m_restUnderSinceNs && bootNs - *m_restUnderSinceNs >= ns(underBeforeBack))
        m_isOverAtRest = false;
}

std::optional<BudgetNotice> OverheadBudget::note(std::int64_t bootNs, const BudgetReading &reading)
{
    measure(bootNs, reading);
    followRest(bootNs);
    follow(bootNs, isOver(), m_overSinceNs);
    follow(bootNs, isUnder(), m_underSinceNs);
    if (m_overSinceNs && bootNs - *m_overSinceNs >= ns(overBeforeStep) && m_step < lastShedStep) {
        m_step = static_cast<ShedStep>(static_cast<int>(m_step) + 1);
        m_overSinceNs = bootNs; // the step is given its time before the next
        return notice(m_step, true);
    }
    if (m_underSinceNs && bootNs - *m_underSinceNs >= ns(underBeforeBack) && m_step > ShedStep::None) {
        const ShedStep ended = m_step;
        m_step = static_cast<ShedStep>(static_cast<int>(m_step) - 1);
        m_underSinceNs = bootNs;
        return notice(ended, false);
    }
    return std::nullopt;
}

} // namespace tapio::agent
