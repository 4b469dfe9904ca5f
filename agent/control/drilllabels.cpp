// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/control/drilllabels.h"

#include <utility>

#include "agent/drill/controlmessage.h"
#include "protocol/transport/signature.h"
#include "protocol/wire/drilllabel.h"

namespace tapio::agent {

bool LabelInbox::offer(wire::DrillLabel label)
{
    const auto now = static_cast<std::uint64_t>(m_clock.bootNs());
    const std::lock_guard lock(m_mutex);
    if (m_waiting.size() >= most)
        return false;
    m_waiting.push_back({now, std::move(label)});
    ++m_offered;
    return true;
}

std::deque<LabelInbox::Waiting> LabelInbox::take()
{
    const std::lock_guard lock(m_mutex);
    return std::exchange(m_waiting, {});
}

std::uint64_t LabelInbox::offered() const
{
    const std::lock_guard lock(m_mutex);
    return m_offered;
}

void DrillReader::read(KernelRecordSink &out)
{
    for (LabelInbox::Waiting &waiting : m_inbox->take()) {
        ++m_counters[Counter::Drained];
        KernelRecord record;
        record.source = "drill";
        record.cgroupId = 1; // the host: the drill's cgroup is the target, and may be gone
        record.bootNs = waiting.bootNs;
        record.drainedBootNs = static_cast<std::uint64_t>(m_clock.bootNs());
        record.event.type = wire::EventType::DrillLabel;
        record.event.detail = std::move(waiting.label);
        out.onRecord(std::move(record));
    }
}

std::vector<wire::Hook> DrillReader::hooks() const
{
    wire::Hook hook;
    hook.collector = "drill";
    hook.name = "control.sock";
    hook.attachKind = "socket";
    hook.state = wire::HookState::Active;
    return {hook};
}

SourceCounterSet DrillReader::counters() const
{
    CounterSet counters = m_counters;
    counters[Counter::Seen] = m_inbox->offered();
    return {"drill", counters};
}

Status LabelDesk::take(std::string_view line) const
{
    auto label = drill::parseLabelRequest(line);
    if (!label)
        return fail(label.error());
    if (!m_inbox)
        return fail(Errc::PermissionDenied, "this node does not allow drills: " + m_setting + " is false");
    const auto signature = transport::signBytes(m_tls, wire::signedBytes(*label));
    if (!signature)
        return fail(signature.error());
    if (signature->size() > wire::DrillLabel::signatureBytes)
        return fail(Errc::Unsupported, "the signature of the agent's key is too long for a label");
    label->signature = *signature;
    if (!m_inbox->offer(std::move(*label)))
        return fail(Errc::Busy, "more labels wait than the agent takes at a time");
    return {};
}

std::string LabelDesk::answer(std::string_view line) const { return drill::formatAnswer(take(line)); }

} // namespace tapio::agent
