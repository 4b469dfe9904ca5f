// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/correlation/processtree.h"

#include <variant>

namespace tapio::correlation {

namespace {

constexpr std::uint64_t keyOf(std::uint32_t node, std::uint32_t pid) { return std::uint64_t(node) << 32 | pid; }

} // namespace

ProcessTree::Known &ProcessTree::at(Key key)
{
    if (Known *known = m_processes.find(key))
        return *known;
    if (const Known *next = m_processes.nextToGo())
        m_forgotten += next->endedNs == 0 ? 1 : 0;
    return m_processes.at(key);
}

void ProcessTree::note(const wire::Event &event, std::int64_t timeNs, std::uint32_t node)
{
    const wire::Process &process = event.process;
    if (node == 0 || process.pid == 0 || process.startTimeNs == 0)
        return;
    Known &known = at(keyOf(node, process.pid));
    if (process.startTimeNs < known.startTimeNs) // late, of one that had the number before
        return;
    if (process.startTimeNs != known.startTimeNs)
        known = {process.startTimeNs};
    if (const auto *exec = std::get_if<wire::ProcessExec>(&event.detail); exec != nullptr && timeNs >= known.execNs) {
        known.parentPid = exec->parentPid; // another one where it was orphaned
        known.execNs = timeNs;
    } else if (std::holds_alternative<wire::ProcessExit>(event.detail)) {
        known.endedNs = timeNs;
    }
}

std::vector<ProcessTree::Member> ProcessTree::lineage(const wire::Process &process, std::uint32_t node)
{
    std::vector<Member> line;
    if (process.pid == 0 || process.startTimeNs == 0)
        return line;
    line.push_back({process.pid, process.startTimeNs});
    while (node != 0 && line.size() <= mostAncestors) {
        const Member child = line.back();
        const Known *known = m_processes.find(keyOf(node, child.pid));
        if (known == nullptr || known->startTimeNs != child.startTimeNs || known->parentPid == 0 || known->parentPid == child.pid)
            break;
        const std::int64_t execNs = known->execNs;
        const std::uint32_t parentPid = known->parentPid;
        const Known *parent = m_processes.find(keyOf(node, parentPid));
        // It lived when its child named it: one that had ended by then, or began after its child, only has the same number.
        if (parent == nullptr || parent->startTimeNs > child.startTimeNs || (parent->endedNs != 0 && parent->endedNs < execNs))
            break;
        line.push_back({parentPid, parent->startTimeNs});
    }
    return line;
}

} // namespace tapio::correlation
