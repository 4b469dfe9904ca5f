// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <thread>
#include <vector>

#include "protocol/transport/link.h"
#include "protocol/transport/notices.h"
#include "protocol/transport/reactor.h"

namespace tapio::transport {

/// Tells the endpoint's thread that there is news: writes its eventfd. Any thread.
using Notify = std::function<void()>;

/// The thread that owns the connections of one endpoint. Derived classes bring connections about: by accepting or by
/// dialling; their destructors call stop(). Internal to the transport.
class Bridge : protected Link::Owner, protected Reactor::Handler {
public:
    Bridge(const Bridge &) = delete;
    Bridge &operator=(const Bridge &) = delete;

    /// Before the libzmq socket is closed: the ends that follow are meant.
    void prepareStop() { m_stopping.store(true, std::memory_order_relaxed); }
    /// When it is closed: lets what it sent last leave, ends all connections, joins. Under half a second.
    void stop();
    std::vector<Notice> takeNotices() { return m_notices.take(m_reactor.clock().utcNs()); }

protected:
    Bridge(LinkOptions options, Notify notify, const Clock &clock);

    /// Opens the event loop; the derived class then sets itself up and calls run().
    Status open() { return m_reactor.open(); }
    void run();

    Link &addLink(std::shared_ptr<const TlsContext> context, Link::Peer peer, std::uint64_t id);
    Link *findLink(std::uint64_t id);
    /// Of now: ending one changes the set.
    std::vector<Link *> links() const;
    void report(NoticeKind kind, const std::string &address, std::string identity, std::uint64_t id, const Cause &cause);
    void notify() const { m_notify(); }
    Reactor::Handler &handler() noexcept { return *this; }

    /// No new connections from here on.
    virtual void quiesce() = 0;
    /// After the notice is out: the link is gone for all but its object.
    virtual void onGone(Link &link) = 0;

    void onEnded(Link &link, const Cause &cause) final;
    bool isStopping() const final { return m_stopping.load(std::memory_order_relaxed); }
    std::span<std::byte> scratch() final { return m_scratch; }

    Reactor m_reactor;
    LinkOptions m_options;
    std::mt19937_64 m_random;

private:
    void beginStop();
    void afterTurn();

    Notify m_notify;
    NoticeLog m_notices;
    std::map<std::uint64_t, std::unique_ptr<Link>> m_links;
    std::vector<std::unique_ptr<Link>> m_graveyard;
    std::vector<std::byte> m_scratch;
    std::atomic<bool> m_stopping{false};
    std::int64_t m_stopByNs = 0;
    std::thread m_thread;
};

} // namespace tapio::transport
