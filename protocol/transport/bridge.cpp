// SPDX-License-Identifier: GPL-3.0-or-later
#include "protocol/transport/bridge.h"

#include <utility>

namespace tapio::transport {

namespace {

constexpr std::size_t scratchBytes = 64 * 1024;
constexpr std::chrono::hours longestLife{12};
constexpr std::int64_t stopLimitNs = 300 * nsPerMs;

} // namespace

Bridge::Bridge(LinkOptions options, Notify notify, const Clock &clock)
    : m_reactor(clock), m_options(std::move(options)), m_random(std::random_device{}()), m_notify(std::move(notify)),
      m_scratch(scratchBytes)
{}

void Bridge::run()
{
    m_thread = std::thread([this] { m_reactor.run([this] { afterTurn(); }); });
}

void Bridge::stop()
{
    if (!m_thread.joinable())
        return;
    prepareStop();
    m_reactor.post([this] { beginStop(); });
    m_thread.join();
    m_links.clear();
    m_graveyard.clear();
}

void Bridge::beginStop()
{
    quiesce();
    m_stopByNs = m_reactor.clock().bootNs() + stopLimitNs;
    m_reactor.setTimer(*this, m_stopByNs);
    std::vector<Link *> unfinished;
    for (const auto &[id, link] : m_links) {
        if (!link->wasOpen())
            unfinished.push_back(link.get());
    }
    for (Link *link : unfinished)
        link->end({"closed", "This side is being closed."});
}

void Bridge::afterTurn()
{
    m_graveyard.clear();
    if (m_stopByNs != 0 && (m_links.empty() || m_reactor.clock().bootNs() >= m_stopByNs))
        m_reactor.stop();
}

Link &Bridge::addLink(std::shared_ptr<const TlsContext> context, Link::Peer peer, std::uint64_t id)
{
    // Spread over a tenth, so that connections that began together do not end together.
    std::uniform_real_distribution<double> spread(0.9, 1.0);
    const std::chrono::duration<double> life = std::chrono::duration<double>(longestLife) * spread(m_random);
    Link::Owner &owner = *this;
    auto link = std::make_unique<Link>(m_reactor, owner, m_options, std::move(context), std::move(peer), id,
                                       std::chrono::duration_cast<std::chrono::nanoseconds>(life));
    return *m_links.emplace(id, std::move(link)).first->second;
}

Link *Bridge::findLink(std::uint64_t id)
{
    const auto found = m_links.find(id);
    return found == m_links.end() ? nullptr : found->second.get();
}

std::vector<Link *> Bridge::links() const
{
    std::vector<Link *> all;
    all.reserve(m_links.size());
    for (const auto &[id, link] : m_links)
        all.push_back(link.get());
    return all;
}

void Bridge::report(NoticeKind kind, const std::string &address, std::string identity, std::uint64_t id, const Cause &cause)
{
    Notice notice;
    notice.timeNs = m_reactor.clock().utcNs();
    notice.kind = kind;
    notice.peer = id;
    notice.remoteAddress = address;
    notice.identity = std::move(identity);
    notice.code = cause.code;
    notice.reason = cause.reason;
    m_notices.add(std::move(notice));
    m_notify();
}

void Bridge::onEnded(Link &link, const Cause &cause)
{
    const auto found = m_links.find(link.id());
    const std::string identity = link.identity().name.empty() ? std::string() : link.identity().uri();
    report(link.wasOpen() ? NoticeKind::Closed : NoticeKind::Refused, link.address(), identity, link.wasOpen() ? link.id() : 0, cause);
    if (found != m_links.end()) {
        m_graveyard.push_back(std::move(found->second));
        m_links.erase(found);
    }
    onGone(link);
}

} // namespace tapio::transport
