// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/server/filterrequests.h"

#include <algorithm>

namespace tapio::server {

wire::FilterReply refusal(const wire::FilterRequest &request, std::string code, std::string reason)
{
    wire::FilterReply reply;
    reply.id = request.id;
    reply.node = request.node;
    reply.code = std::move(code);
    reply.reason = std::move(reason);
    return reply;
}

std::optional<wire::FilterRequest> FilterRequests::pass(transport::PeerId console, const std::string &consoleName,
                                                        wire::FilterRequest request, std::int64_t nowBootNs)
{
    const auto ofOne = std::count_if(m_waiting.begin(), m_waiting.end(), [&](const auto &one) { return one.second.console == console; });
    if (m_waiting.size() >= mostWaiting || static_cast<std::size_t>(ofOne) >= mostOfOne)
        return std::nullopt;
    m_waiting[++m_lastId] = {console, request.id, request.node, nowBootNs + patienceNs};
    request.id = m_lastId;
    request.requestedBy = consoleName;
    return request;
}

std::optional<FilterRequests::Answer> FilterRequests::answer(const std::string &node, wire::FilterReply reply)
{
    const auto found = m_waiting.find(reply.id);
    if (found == m_waiting.end() || found->second.node != node)
        return std::nullopt;
    reply.id = found->second.consolesId;
    reply.node = node;
    Answer answer{found->second.console, std::move(reply)};
    m_waiting.erase(found);
    return answer;
}

template <typename Which> std::vector<FilterRequests::Answer> FilterRequests::take(Which which, const char *code, const char *reason)
{
    std::vector<Answer> answers;
    std::erase_if(m_waiting, [&](const auto &entry) {
        const Waiting &waiting = entry.second;
        if (!which(waiting))
            return false;
        wire::FilterRequest request;
        request.id = waiting.consolesId;
        request.node = waiting.node;
        answers.push_back({waiting.console, refusal(request, code, reason)});
        return true;
    });
    return answers;
}

std::vector<FilterRequests::Answer> FilterRequests::takeOverdue(std::int64_t nowBootNs)
{
    return take([nowBootNs](const Waiting &waiting) { return waiting.untilBootNs <= nowBootNs; }, "timed-out",
                "the agent did not answer; it may still do what was asked");
}

std::vector<FilterRequests::Answer> FilterRequests::takeOf(const std::string &node)
{
    return take([&node](const Waiting &waiting) { return waiting.node == node; }, "not-connected",
                "the connection of the agent ended before it answered; it may have done what was asked");
}

void FilterRequests::forgetConsole(transport::PeerId console)
{
    std::erase_if(m_waiting, [console](const auto &entry) { return entry.second.console == console; });
}

} // namespace tapio::server
