// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/core/session/status.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <map>

#include "console/core/metrics/export.h"
#include "console/core/metrics/overviewinput.h"

namespace tapio::console {

namespace {

std::string rounded(double value, int decimals)
{
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), "%.*f", decimals, value);
    return text.data();
}

/// With the prefix that suits its size.
std::string quantity(double value, Unit unit)
{
    if (unit == Unit::Nanoseconds) {
        if (value < 1e6)
            return rounded(value / 1e3, 0) + " us";
        return value < 1e9 ? rounded(value / 1e6, 1) + " ms" : rounded(value / 1e9, 2) + " s";
    }
    if (unit == Unit::Bytes || unit == Unit::BytesPerSecond) {
        // As in the window: sizes in IEC steps, rates of traffic in SI steps.
        const bool rate = unit == Unit::BytesPerSecond;
        static constexpr std::array<const char *, 5> binary{"", "Ki", "Mi", "Gi", "Ti"}, decimal{"", "k", "M", "G", "T"};
        const auto &prefixes = rate ? decimal : binary;
        const double factor = rate ? 1000 : 1024;
        std::size_t step = 0;
        for (; value >= factor && step + 1 < prefixes.size(); ++step)
            value /= factor;
        return rounded(value, step == 0 ? 0 : 1) + ' ' + prefixes[step] + std::string(unitName(unit));
    }
    const std::string symbol(unit == Unit::Count ? std::string_view() : unitName(unit));
    return rounded(value, value == static_cast<double>(static_cast<long long>(value)) ? 0 : 1) + (symbol.empty() ? "" : " ") + symbol;
}

std::string reasonText(const PanelSnapshot &panel)
{
    switch (panel.reason) {
    case NoDataReason::NoAgent: return "no agent has connected yet";
    case NoDataReason::WarmingUp: return "warming up, " + rounded(panel.have, 0) + " of " + rounded(panel.need, 0) + " s";
    case NoDataReason::NotJudged: return rounded(panel.have, 0) + " of " + rounded(panel.need, 0) + " events judged";
    case NoDataReason::NeedsVerdicts: return rounded(panel.have, 0) + " of " + rounded(panel.need, 0) + " verdicts";
    case NoDataReason::NotCorrelated: return "no agent correlates: correlation.enabled is off, or the agents are older";
    case NoDataReason::NoKubernetes: return "no pod on any connected node";
    case NoDataReason::NoOperatorAction: return "nobody did anything";
    case NoDataReason::SourceUnavailable:
    case NoDataReason::StoreFailed: return panel.detail;
    case NoDataReason::NothingInScope: return "nothing of the chosen node or namespace in the range";
    case NoDataReason::NoEvents: return "no event came in this time, " + rounded(panel.have, 0) + " nodes connected";
    case NoDataReason::NotTimed: return rounded(panel.have, 0) + " events came, each held back on purpose or without a clock offset";
    case NoDataReason::NoSamplesInRange: return "no samples in the range";
    case NoDataReason::None: break;
    }
    return "not computed yet";
}

std::string line(const std::string &name, const std::string &text)
{
    return name + std::string(name.size() < 18 ? 18 - name.size() : 1, ' ') + text + '\n';
}

std::string panelLine(const PanelSnapshot &panel)
{
    std::string text = panel.value ? quantity(panel.value->value, panel.value->unit) : "no data: " + reasonText(panel);
    for (const Fact &fact : panel.facts) {
        if (panel.value)
            text += ", " + fact.key + (fact.label.empty() ? "" : ' ' + fact.label) + ' ' + quantity(fact.value, fact.unit);
    }
    return line(std::string(panelKey(panel.id)), text);
}

std::string lossLine(const OverviewSnapshot &overview)
{
    std::map<std::pair<std::string, std::string>, std::uint64_t> byCause;
    for (const LossBand &band : overview.panels[0].losses)
        byCause[{band.node, band.cause}] += band.lost;
    std::string text;
    for (const auto &[place, lost] : byCause)
        text += (text.empty() ? "" : ", ") + std::to_string(lost) + " events on " + place.first + " (" + place.second + ')';
    return line("loss", text.empty() ? "none in the range" : text);
}

std::string agentLines(const Session &session)
{
    static constexpr std::array<const char *, 4> states{"unknown", "connected", "silent", "gone"};
    std::string text;
    for (const wire::AgentState &agent : session.agents()) {
        const auto state = static_cast<std::size_t>(agent.state);
        std::string about = agent.node + ' ' + states[state < states.size() ? state : 0];
        if (agent.state != wire::LinkState::Connected && agent.lastHeartbeatNs > 0)
            about += ", all of it as of " + timeText(agent.lastHeartbeatNs, 0);
        about += ", " + std::to_string(agent.receivedEvents) + " events received";
        const std::vector<wire::HookReport> reports = session.hooks(agent.node);
        if (!reports.empty()) {
            const HookCount count = countHooks(reports.front());
            about += ", " + std::to_string(count.active) + " of " + std::to_string(count.wanted) + " hooks";
            for (const wire::Hook &hook : reports.front().hooks) {
                if (hook.missing())
                    about += "\n                    " + hook.collector + '/' + hook.name + ' '
                             + std::string(wire::hookStateName(hook.state)) + ": " + hook.reason;
            }
        }
        text += line("agent", about);
    }
    return text.empty() ? line("agent", "none yet") : text;
}

} // namespace

std::string statusBlock(const Session &session)
{
    const LinkSummary link = session.link();
    std::string where = (link.embedded ? "listening on " : link.up ? "connected to " : "not connected to ") + link.endpoint.toStdString();
    if (!link.error.isEmpty())
        where += ": " + link.error.toStdString();
    std::string text = line("link", where);
    text += line("agents", std::to_string(link.agentsConnected) + " of " + std::to_string(link.agentsKnown) + " connected");
    text += agentLines(session);
    for (const PanelSnapshot &panel : session.overview().panels)
        text += panelLine(panel);
    text += lossLine(session.overview());
    if (const auto stats = session.storeStats())
        text += line("store", std::to_string(stats->events) + " events, " + quantity(static_cast<double>(stats->fileBytes), Unit::Bytes));
    if (!session.storeError().isEmpty())
        text += line("store error", session.storeError().toStdString());
    return text;
}

} // namespace tapio::console
