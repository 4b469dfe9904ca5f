// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/collect/kernel/runtimemeter.h"

#include <algorithm>

namespace tapio::agent {

namespace {

constexpr double turnsPerMeasurement = 10;

/// Cumulative figures of the kernel fall for nobody; a program that was loaded anew has not run yet.
std::uint64_t since(std::uint64_t now, std::uint64_t before) { return now - std::min(now, before); }

} // namespace

RunTimeMeter::RunTimeMeter(RunTimeStatistics &statistics, std::int64_t bootNs, std::uint32_t seed)
    : m_statistics(statistics), m_random(seed), m_untilNs(bootNs)
{
    begin(bootNs);
}

RunTimeMeter::~RunTimeMeter()
{
    if (m_isOn)
        m_statistics.turnOff();
}

void RunTimeMeter::begin(std::int64_t bootNs)
{
    m_isOn = m_statistics.turnOn();
    if (!m_isOn) {
        settle(bootNs);
        for (Program &program : m_programs)
            program.nsPerNs = program.runsPerNs = 0; // an old rate would soon be a tale
        return;
    }
    const std::vector<RunTime> now = m_statistics.read();
    m_programs.resize(now.size());
    for (std::size_t i = 0; i < now.size(); ++i)
        m_programs[i].before = now[i];
    m_beganNs = bootNs;
}

void RunTimeMeter::end(std::int64_t bootNs)
{
    const std::vector<RunTime> now = m_statistics.read();
    m_statistics.turnOff();
    m_isOn = false;
    settle(bootNs);
    const auto measured = static_cast<double>(bootNs - m_beganNs);
    for (std::size_t i = 0; i < m_programs.size() && i < now.size(); ++i) {
        Program &program = m_programs[i];
        const auto ns = static_cast<double>(since(now[i].ns, program.before.ns));
        const auto runs = static_cast<double>(since(now[i].runs, program.before.runs));
        program.ns += m_isKnown ? 0 : ns;
        program.runs += m_isKnown ? 0 : runs;
        program.nsPerNs = ns / measured;
        program.runsPerNs = runs / measured;
    }
    m_isKnown = true;
}

/// Takes what the rates let expect until now for what was.
void RunTimeMeter::settle(std::int64_t bootNs)
{
    const auto elapsed = static_cast<double>(bootNs - m_untilNs);
    for (Program &program : m_programs) {
        program.ns += program.nsPerNs * elapsed;
        program.runs += program.runsPerNs * elapsed;
    }
    m_untilNs = bootNs;
}

void RunTimeMeter::turn(std::int64_t bootNs)
{
    if (m_isOn && bootNs > m_beganNs)
        end(bootNs);
    if (std::bernoulli_distribution(1.0 / turnsPerMeasurement)(m_random) && !m_isOn)
        begin(bootNs);
}

std::vector<RunTime> RunTimeMeter::at(std::int64_t bootNs) const
{
    std::vector<RunTime> all(m_programs.size());
    const std::vector<RunTime> now = m_isKnown ? std::vector<RunTime>() : m_statistics.read();
    const auto ahead = static_cast<double>(std::max<std::int64_t>(bootNs - m_untilNs, 0));
    for (std::size_t i = 0; i < all.size(); ++i) {
        const Program &program = m_programs[i];
        if (m_isKnown)
            all[i] = {static_cast<std::uint64_t>(program.ns + program.nsPerNs * ahead),
                      static_cast<std::uint64_t>(program.runs + program.runsPerNs * ahead)};
        else if (i < now.size())
            all[i] = {since(now[i].ns, program.before.ns), since(now[i].runs, program.before.runs)};
    }
    return all;
}

} // namespace tapio::agent
