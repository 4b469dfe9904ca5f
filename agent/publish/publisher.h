// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "agent/publish/publishsession.h"
#include "protocol/base/boundedqueue.h"

namespace tapio::agent {

struct PublisherOptions {
    transport::ClientOptions endpoint;
    SessionOptions session;
    SpoolOptions spool;            ///< node and stream are those of the session
    std::size_t queueFrames = 128; ///< between the pipeline and this thread, not yet encoded
};

/// The publisher thread: it alone owns the ClientEndpoint. All calls are safe from any thread.
class Publisher final : public Outlet {
public:
    /// The queue takes frames from now on; nothing is sent before start(). `clock` and `log` outlive the publisher.
    Publisher(PublisherOptions options, const Clock &clock, spdlog::logger &log);
    ~Publisher() override;

    /// Opens the endpoint on the new thread and waits for that. Call once. Errors: those of ClientEndpoint::open.
    Status start();
    [[nodiscard]] bool push(Outgoing &&outgoing) override;
    SessionStatus status() const;
    /// The newest filter that came since the last call.
    std::optional<wire::Filter> takeFilter();
    /// What the disk spool gave up since the last call.
    std::vector<SpoolLoss> takeSpoolLosses();
    /// Requests of consoles that came since the last call. Each is to be answered.
    std::vector<wire::FilterRequest> takeFilterRequests();
    void answer(wire::FilterReply reply);
    /// What the next greeting tells of the configuration in force.
    void setConfigSha256(std::string configSha256);
    /// Connects anew, with the certificates as they are now; the greeting tells of the configuration in force.
    void reload(std::string configSha256);
    /// Sends all that was pushed, then `last`, then a farewell, and ends the thread; gives up at `deadline` from now.
    /// Call once, when nothing pushes any more.
    SessionStatus finish(Outgoing &&last, std::chrono::milliseconds deadline);

private:
    void run(const std::stop_token &stop, std::promise<Status> opened);
    std::optional<std::string> takeReload();
    void answerRequests(PublishSession &session);
    std::unique_ptr<SpoolDisk> openDisk();
    void turn(PublishSession &session, std::chrono::milliseconds longest);
    void leave(PublishSession &session);
    void wake();

    struct Farewell {
        Outgoing last;
        std::int64_t untilBootNs = 0;
    };

    PublisherOptions m_options;
    const Clock &m_clock;
    spdlog::logger &m_log;
    BoundedQueue<Outgoing> m_queue;
    mutable std::mutex m_mutex;                      ///< guards what follows
    transport::ClientEndpoint *m_endpoint = nullptr; ///< for wake() only
    SessionStatus m_status;
    std::optional<wire::Filter> m_filter;
    std::vector<SpoolLoss> m_spoolLosses;
    std::optional<std::string> m_reload;               ///< the configuration's hash
    std::optional<std::string> m_configSha256;         ///< the same, without connecting anew
    std::vector<wire::FilterRequest> m_filterRequests; ///< bounded
    std::vector<wire::FilterReply> m_filterReplies;    ///< one per request at most
    std::optional<Farewell> m_farewell;
    std::jthread m_thread;
};

} // namespace tapio::agent
