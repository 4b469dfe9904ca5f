// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/pipeline/notices.h"

#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "agent/collect/utctext.h"

namespace tapio::agent {

using wire::AgentNoticeKind;

namespace {

/// Keeps the one that is nearest to its limit.
class Nearest {
public:
    explicit Nearest(wire::AgentNotice &notice) : m_notice(notice) {}
    void offer(double measured, double limit, const char *unit)
    {
        if (limit <= 0 || measured / limit <= m_share)
            return;
        m_share = measured / limit;
        m_notice.measured = std::llround(measured);
        m_notice.limit = std::llround(limit);
        m_notice.unit = unit;
    }

private:
    wire::AgentNotice &m_notice;
    double m_share = -1;
};

} // namespace

wire::AgentNotice noticeOf(const BudgetNotice &notice)
{
    constexpr double mcoresPerPercent = 10;
    const BudgetSpent &spent = notice.spent;
    const BudgetLimits &limits = notice.limits;
    wire::AgentNotice told;
    told.kind = notice.begins ? AgentNoticeKind::ShedBegin : AgentNoticeKind::ShedEnd;
    told.what = shedStepName(notice.step);
    told.text = describe(notice);
    Nearest nearest(told);
    if (spent.cpuPercent)
        nearest.offer(*spent.cpuPercent * mcoresPerPercent, limits.cpuPercent * mcoresPerPercent, "mcores");
    if (spent.rssBytes)
        nearest.offer(static_cast<double>(*spent.rssBytes), static_cast<double>(limits.rssBytes), "By");
    if (spent.bytesPerSecond)
        nearest.offer(*spent.bytesPerSecond, static_cast<double>(limits.bytesPerSecond), "By/s");
    return told;
}

wire::AgentNotice noticeOf(const FilterState &state, const std::string &description)
{
    return noticeOfReload(true, "filter",
                          "generation " + std::to_string(state.generation) + " is in force, sha256 " + state.sha256 + ": " + description);
}

wire::AgentNotice noticeOf(const LeftOutNews &news, const std::string &cgroup)
{
    const std::string collector(filteredNames[static_cast<std::size_t>(news.collector)]);
    wire::AgentNotice told;
    told.kind = AgentNoticeKind::RateLimited;
    told.what = collector;
    told.text = std::to_string(news.records) + " records of " + (cgroup.empty() ? "a cgroup that is not known" : cgroup)
                + " were left out in the kernel, beyond " + std::to_string(news.rate) + " per second (filter." + collector + ".rate)";
    return told;
}

wire::AgentNotice noticeOfReload(bool applied, std::string what, std::string text)
{
    wire::AgentNotice told;
    told.kind = applied ? AgentNoticeKind::ConfigApplied : AgentNoticeKind::ConfigRefused;
    told.what = std::move(what);
    told.text = std::move(text);
    return told;
}

wire::AgentNotice noticeOf(const Unwatched &gap)
{
    wire::AgentNotice told;
    const bool isCutOff = gap.why == Unwatched::Why::CutOff;
    told.kind = isCutOff ? AgentNoticeKind::CutOff : AgentNoticeKind::Began;
    told.what = "unwatched";
    told.measured = gap.durationNs / nsPerMs;
    told.unit = "ms";
    const std::string from = utcText(gap.fromNs);
    if (gap.why == Unwatched::Why::NoneBefore) {
        told.text = "no agent left word here since the machine's boot at " + from + ": of the time before nothing is known";
        return told;
    }
    told.text = fmt::format("nobody looked from {} to {}: the agent before, process {}, {}", from, utcText(gap.toNs), gap.pid,
                            isCutOff ? "did not end in order" : "was stopped");
    if (gap.unsafeEvents > 0)
        told.text += fmt::format("; {}{} events ended with it, unless they were under way", isCutOff ? "at least " : "", gap.unsafeEvents);
    return told;
}

wire::AgentNotice noticeOf(const SpoolLoss &loss)
{
    wire::AgentNotice told;
    told.kind = AgentNoticeKind::SpoolDropped;
    told.what = spoolCauseName(loss.cause);
    told.text = fmt::format("the disk spool gave up {} events{} of {} to {}", loss.events, loss.earlier ? " of an earlier start" : "",
                            utcText(loss.fromNs), utcText(loss.toNs));
    if (loss.abandonedEvents > 0)
        told.text += fmt::format("; {} of them had been sent once and may have arrived", loss.abandonedEvents);
    return told;
}

} // namespace tapio::agent
