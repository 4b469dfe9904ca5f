// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/transport/rig.h"

#include <algorithm>
#include <cstring>

#include <QtGlobal>

namespace tapio::test {

using namespace transport;
using namespace std::chrono_literals;

ServerRig::ServerRig(ServerOptions options, const Clock &clock)
{
    std::promise<std::uint16_t> opened;
    auto port = opened.get_future();
    m_thread = std::thread([this, options = std::move(options), &clock, opened = std::move(opened)]() mutable {
        loop(std::move(options), clock, std::move(opened));
    });
    m_port = port.get();
}

ServerRig::~ServerRig()
{
    m_stopping = true;
    m_thread.join();
}

void ServerRig::loop(ServerOptions options, const Clock &clock, std::promise<std::uint16_t> opened)
{
    auto endpoint = ServerEndpoint::open(std::move(options), clock);
    if (!endpoint)
        qFatal("%s", endpoint.error().message().c_str());
    opened.set_value((*endpoint)->port());
    while (!m_stopping) {
        Result<std::optional<Incoming>> incoming = std::nullopt;
        if (m_receiving)
            incoming = (*endpoint)->receive(10ms);
        else
            std::this_thread::yield();
        const auto notices = (*endpoint)->takeNotices();
        std::vector<std::function<void(ServerEndpoint &)>> calls;
        {
            const std::lock_guard lock(m_mutex);
            if (incoming && *incoming)
                record(**incoming);
            m_notices.insert(m_notices.end(), notices.begin(), notices.end());
            calls.swap(m_calls);
        }
        for (const auto &call : calls)
            call(**endpoint);
        if (!notices.empty() || (incoming && *incoming))
            m_changed.notify_all();
    }
}

void ServerRig::record(const Incoming &incoming)
{
    Stream &stream = m_streams[incoming.identity.name];
    stream.peer = incoming.peer;
    if (incoming.payload.size() != sizeof(std::uint64_t)) {
        ++stream.otherMessages;
        return;
    }
    std::uint64_t number = 0;
    std::memcpy(&number, incoming.payload.data(), sizeof number);
    ++stream.received;
    if (number != stream.last + 1)
        ++stream.gaps;
    stream.last = number;
}

std::vector<Notice> ServerRig::notices() const
{
    const std::lock_guard lock(m_mutex);
    return m_notices;
}

Notice ServerRig::waitFor(NoticeKind kind, const std::string &code, std::chrono::milliseconds timeout) const
{
    std::unique_lock lock(m_mutex);
    Notice found;
    m_changed.wait_for(lock, timeout, [&] {
        const auto match = std::find_if(m_notices.begin(), m_notices.end(),
                                        [&](const Notice &notice) { return notice.kind == kind && notice.code == code; });
        if (match == m_notices.end())
            return false;
        found = *match;
        return true;
    });
    return found;
}

ServerRig::Stream ServerRig::stream(const std::string &nodeName) const
{
    const std::lock_guard lock(m_mutex);
    const auto found = m_streams.find(nodeName);
    return found == m_streams.end() ? Stream{} : found->second;
}

void ServerRig::run(std::function<void(ServerEndpoint &)> call)
{
    std::promise<void> done;
    auto finished = done.get_future();
    {
        const std::lock_guard lock(m_mutex);
        m_calls.push_back([&](ServerEndpoint &endpoint) {
            call(endpoint);
            done.set_value();
        });
    }
    finished.wait();
}

void ServerRig::setReceiving(bool receiving) { m_receiving = receiving; }

NumberSender::NumberSender(ClientOptions options, const Clock &clock)
{
    m_thread = std::thread([this, options = std::move(options), &clock] { loop(options, clock); });
}

NumberSender::~NumberSender()
{
    m_stopping = true;
    m_thread.join();
}

void NumberSender::loop(const ClientOptions &options, const Clock &clock)
{
    auto endpoint = ClientEndpoint::open(options, clock);
    if (!endpoint)
        qFatal("%s", endpoint.error().message().c_str());
    std::uint64_t next = 1;
    while (!m_stopping) {
        static_cast<void>((*endpoint)->receive(5ms));
        const auto notices = (*endpoint)->takeNotices();
        const std::lock_guard lock(m_mutex);
        m_notices.insert(m_notices.end(), notices.begin(), notices.end());
        m_report.generations = (*endpoint)->generation();
        if (m_sending && (*endpoint)->phase() == LinkPhase::Connected) {
            const auto sent = (*endpoint)->send(std::as_bytes(std::span(&next, 1)));
            if (sent) {
                m_report.sent = next++;
                (*endpoint)->confirm();
            } else {
                ++m_report.busy;
            }
        }
        m_finished = !m_sending;
        m_changed.notify_all();
    }
}

bool NumberSender::waitConnected(std::chrono::milliseconds timeout) const
{
    std::unique_lock lock(m_mutex);
    return m_changed.wait_for(lock, timeout, [&] { return m_report.sent > 0; });
}

NumberSender::Report NumberSender::finish()
{
    std::unique_lock lock(m_mutex);
    m_sending = false;
    m_changed.wait(lock, [&] { return m_finished; });
    return m_report;
}

std::vector<Notice> NumberSender::notices() const
{
    const std::lock_guard lock(m_mutex);
    return m_notices;
}

} // namespace tapio::test
