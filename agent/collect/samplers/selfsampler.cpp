// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/collect/samplers/selfsampler.h"

#include <ctime>
#include <unistd.h>
#include <utility>

#include "agent/collect/procparse.h"

namespace tapio::agent {

using wire::Metric;

SelfSampler::SelfSampler(OriginPtr host, std::function<Traffic()> traffic) : m_host(std::move(host)), m_traffic(std::move(traffic)) {}

void SelfSampler::sample(SampleWriter &out)
{
    timespec used{};
    if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used) == 0)
        out.add(m_host, Metric::AgentCpuNs, static_cast<std::uint64_t>(used.tv_sec * nsPerSecond + used.tv_nsec));
    // Second field of statm: resident pages (proc(5)).
    if (const FileText file = m_reader.read("/proc/self/statm")) {
        std::string_view line = file.text;
        nextWord(line);
        if (const auto pages = parseUnsigned(nextWord(line)))
            out.add(m_host, Metric::AgentRssBytes, *pages * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE)));
    }
    const Traffic traffic = m_traffic();
    out.add(m_host, Metric::AgentSentBytes, traffic.sentBytes);
    out.add(m_host, Metric::AgentQueuedEvents, traffic.queuedEvents);
}

} // namespace tapio::agent
