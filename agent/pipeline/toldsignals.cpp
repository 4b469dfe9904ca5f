// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/pipeline/toldsignals.h"

#include <variant>

namespace tapio::agent {

void ToldSignals::note(const wire::Event &fatalSignal)
{
    const auto *fatal = std::get_if<wire::FatalSignal>(&fatalSignal.detail);
    const wire::Process &process = fatalSignal.process;
    if (fatal == nullptr || process.pid == 0)
        return;
    const Key key{process.pid, process.startTimeNs, fatal->signal};
    if (!m_processes.insert(key).second)
        return;
    m_order.push_back(key);
    if (m_order.size() > most) {
        m_processes.erase(m_order.front());
        m_order.pop_front();
    }
}

bool ToldSignals::explains(const wire::Event &event)
{
    const auto *exit = std::get_if<wire::ProcessExit>(&event.detail);
    if (exit == nullptr || exit->signal == 0 || exit->coreDumped)
        return false;
    return m_processes.erase({event.process.pid, event.process.startTimeNs, exit->signal}) != 0;
}

} // namespace tapio::agent
