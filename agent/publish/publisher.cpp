// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/publish/publisher.h"

#include <utility>

namespace tapio::agent {

using std::chrono::milliseconds;

Publisher::Publisher(PublisherOptions options, const Clock &clock, spdlog::logger &log)
    : m_options(std::move(options)), m_clock(clock), m_log(log), m_queue(m_options.queueFrames)
{}

Status Publisher::start()
{
    std::promise<Status> opened;
    std::future<Status> result = opened.get_future();
    m_thread = std::jthread([this, promise = std::move(opened)](const std::stop_token &stop) mutable { run(stop, std::move(promise)); });
    return result.get();
}

Publisher::~Publisher()
{
    m_thread.request_stop();
    wake();
}

void Publisher::wake()
{
    const std::lock_guard lock(m_mutex);
    if (m_endpoint != nullptr)
        m_endpoint->wake();
}

bool Publisher::push(Outgoing &&outgoing)
{
    if (!m_queue.push(std::move(outgoing)))
        return false;
    wake();
    return true;
}

SessionStatus Publisher::status() const
{
    const std::lock_guard lock(m_mutex);
    return m_status;
}

std::optional<wire::Filter> Publisher::takeFilter()
{
    const std::lock_guard lock(m_mutex);
    return std::exchange(m_filter, std::nullopt);
}

std::vector<SpoolLoss> Publisher::takeSpoolLosses()
{
    const std::lock_guard lock(m_mutex);
    return std::exchange(m_spoolLosses, {});
}

std::vector<wire::FilterRequest> Publisher::takeFilterRequests()
{
    const std::lock_guard lock(m_mutex);
    return std::exchange(m_filterRequests, {});
}

void Publisher::answer(wire::FilterReply reply)
{
    {
        const std::lock_guard lock(m_mutex);
        m_filterReplies.push_back(std::move(reply));
    }
    wake();
}

void Publisher::setConfigSha256(std::string configSha256)
{
    const std::lock_guard lock(m_mutex);
    m_configSha256 = std::move(configSha256);
}

/// What came for the main thread, and what it answered.
void Publisher::answerRequests(PublishSession &session)
{
    constexpr std::size_t mostWaiting = 4;
    std::vector<wire::FilterReply> replies;
    std::optional<std::string> configSha256;
    {
        const std::lock_guard lock(m_mutex);
        replies = std::exchange(m_filterReplies, {});
        configSha256 = std::exchange(m_configSha256, std::nullopt);
        for (wire::FilterRequest &request : session.takeFilterRequests()) {
            if (m_filterRequests.size() < mostWaiting)
                m_filterRequests.push_back(std::move(request));
            else
                replies.push_back({request.id, m_options.session.node, false, "busy", "other requests wait already", 0, {}, {}, {}});
        }
    }
    if (configSha256)
        session.setConfigSha256(std::move(*configSha256));
    for (wire::FilterReply &reply : replies)
        session.answer(std::move(reply));
}

void Publisher::reload(std::string configSha256)
{
    {
        const std::lock_guard lock(m_mutex);
        m_reload = std::move(configSha256);
    }
    wake();
}

std::optional<std::string> Publisher::takeReload()
{
    const std::lock_guard lock(m_mutex);
    return std::exchange(m_reload, std::nullopt);
}

SessionStatus Publisher::finish(Outgoing &&last, milliseconds deadline)
{
    {
        const std::lock_guard lock(m_mutex);
        m_farewell = Farewell{std::move(last), m_clock.bootNs() + std::chrono::nanoseconds(deadline).count()};
    }
    m_thread.request_stop();
    wake();
    m_thread.join();
    return status();
}

void Publisher::run(const std::stop_token &stop, std::promise<Status> opened)
{
    auto endpoint = transport::ClientEndpoint::open(m_options.endpoint, m_clock);
    if (!endpoint) {
        opened.set_value(fail(endpoint.error()));
        return;
    }
    {
        const std::lock_guard lock(m_mutex);
        m_endpoint = endpoint->get();
    }
    opened.set_value({});
    const std::unique_ptr<SpoolDisk> disk = openDisk();
    std::optional<Spool> spool;
    if (disk != nullptr)
        spool.emplace(m_options.spool, *disk, m_clock);
    PublishSession session(m_options.session, **endpoint, m_clock, m_log, spool ? &*spool : nullptr);
    while (!stop.stop_requested()) {
        if (auto configSha256 = takeReload()) {
            session.setConfigSha256(std::move(*configSha256));
            m_log.info("link: connecting anew with the certificates as they are now");
            (*endpoint)->dialNow();
        }
        turn(session, session.untilDue());
    }
    leave(session);
    const std::lock_guard lock(m_mutex);
    m_endpoint = nullptr; // whoever wakes from now on wakes nobody
}

/// Null: there is no spool.
std::unique_ptr<SpoolDisk> Publisher::openDisk()
{
    SpoolOptions &options = m_options.spool;
    if (options.folder.empty())
        return nullptr;
    options.node = m_options.session.node;
    options.streamId = m_options.session.streamId;
    m_options.session.replayRate = options.replayRate;
    return spoolDiskThread(SpoolExecutor(SpoolFiles::inFolder(options.folder), options.node, options.fsync), [this] { wake(); });
}

void Publisher::turn(PublishSession &session, milliseconds longest)
{
    for (Outgoing &outgoing : m_queue.drain())
        session.take(std::move(outgoing));
    answerRequests(session);
    session.step(longest);
    const std::lock_guard lock(m_mutex);
    m_status = session.status();
    if (auto filter = session.takeFilter())
        m_filter = std::move(filter);
    for (const SpoolLoss &loss : session.takeSpoolLosses())
        addLoss(m_spoolLosses, loss);
}

void Publisher::leave(PublishSession &session)
{
    std::optional<Farewell> farewell;
    {
        const std::lock_guard lock(m_mutex);
        farewell = std::exchange(m_farewell, std::nullopt);
    }
    if (!farewell)
        return;
    // The disk is asked when the server has had its time, and needs some itself.
    constexpr milliseconds parking(300);
    const std::int64_t untilBootNs = farewell->untilBootNs - (session.canPark() ? std::chrono::nanoseconds(parking).count() : 0);
    const auto settle = [&] {
        while (m_clock.bootNs() < untilBootNs) {
            constexpr milliseconds longest(20);
            turn(session, std::min(session.untilDue(), longest));
            if (session.settled() || session.backlogged() || session.status().phase == SessionPhase::Offline)
                return;
        }
    };
    turn(session, milliseconds(0));
    settle();
    session.take(std::move(farewell->last));
    turn(session, milliseconds(0)); // also when a server that confirms nothing has used up the time: it says what is lost
    settle();
    if (!session.settled())
        session.park(parking);
    session.sayBye("closed", "the agent was stopped");
    turn(session, milliseconds(20)); // lets the farewell leave the socket
}

} // namespace tapio::agent
