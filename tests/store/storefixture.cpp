// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/store/storefixture.h"

#include <QDir>
#include <QFileInfo>
#include <QtGlobal>

#include <algorithm>
#include <limits>

#include "console/core/store/sqlite.h"

namespace tapio::test {

using namespace console;

namespace {

/// Aborts with the error's sentence.
template <typename T> T must(Result<T> result)
{
    if (!result)
        qFatal("%s", result.error().message().c_str());
    if constexpr (!std::is_void_v<T>)
        return std::move(*result);
}

} // namespace

QString folderTemplate()
{
    const bool memory = QFileInfo("/dev/shm").isWritable();
    return (memory ? QString("/dev/shm") : QDir::tempPath()) + "/tst_store-XXXXXX";
}

StoreOptions StoreFixture::options() const
{
    StoreOptions options;
    options.file = file();
    options.maxBytes = maxBytes;
    options.maxAgeNs = maxAgeNs;
    options.vfs = vfs;
    return options;
}

std::filesystem::path StoreFixture::file() const { return std::filesystem::path(folder()) / "session.tapio"; }

void StoreFixture::reopen()
{
    m_writer.reset();
    m_writer = must(StoreWriter::open(options(), clock));
}

std::unique_ptr<StoreReader> StoreFixture::reader() const { return must(StoreReader::open(file())); }

wire::Delivery StoreFixture::frame(const std::string &node,
                                   std::variant<wire::EventBatch, wire::SampleBatch, wire::CounterReport, wire::HookReport> body)
{
    auto known = std::find_if(m_next.begin(), m_next.end(), [&](const auto &entry) { return entry.first == node; });
    if (known == m_next.end())
        known = m_next.insert(m_next.end(), {node, {1, 1}});
    wire::Delivery delivery;
    delivery.node = node;
    delivery.frame.streamId = 7000 + static_cast<std::uint64_t>(known - m_next.begin());
    delivery.frame.frameSeq = known->second.first++;
    if (auto *batch = std::get_if<wire::EventBatch>(&body)) {
        batch->firstSeq = known->second.second;
        known->second.second += batch->events.size();
    }
    delivery.frame.body = std::move(body);
    return delivery;
}

void StoreFixture::append(const std::string &node, std::vector<wire::Event> events, wire::Origin origin)
{
    wire::EventBatch batch;
    batch.origins.push_back(std::move(origin));
    batch.events = std::move(events);
    must(m_writer->append(frame(node, std::move(batch))));
}

void StoreFixture::append(const std::string &node, wire::SampleBatch batch) { must(m_writer->append(frame(node, std::move(batch)))); }

FlushResult StoreFixture::flush() { return must(m_writer->flush()); }

void StoreFixture::maintainAll()
{
    while (must(m_writer->maintain())) {}
}

wire::Origin pod(const std::string &name, const std::string &namespaceName)
{
    wire::Origin origin;
    origin.cgroupId = std::hash<std::string>{}(name)&0xffff;
    origin.cgroupPath = "/kubepods/burstable/pod-" + name + "/c1";
    origin.containerId = std::string(64, 'c');
    origin.containerName = "main-" + name;
    origin.podUid = "uid-" + name;
    origin.podName = name;
    origin.namespaceName = namespaceName;
    origin.attribution = wire::Attribution::Live;
    return origin;
}

wire::Event execEvent(std::int64_t timeNs, std::uint32_t pid, const std::string &filename)
{
    wire::Event event;
    event.timeNs = timeNs;
    event.type = wire::EventType::ProcessExec;
    event.process = {pid, 1000, 5'000'000'000u + pid, "worker"};
    event.detail = wire::ProcessExec{1, "init", filename, {filename, "--port", std::to_string(pid)}, false};
    return event;
}

wire::Event tcpEvent(std::int64_t timeNs, std::uint32_t pid, std::uint16_t port)
{
    wire::Event event;
    event.timeNs = timeNs;
    event.type = wire::EventType::TcpConnection;
    event.process = {pid, 33, 6'000'000'000u, "nginx"};
    wire::TcpConnection tcp;
    tcp.local = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, 1}, port};
    tcp.remote = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, 2}, 443};
    tcp.direction = wire::TcpDirection::Outbound;
    tcp.outcome = wire::TcpOutcome::Closed;
    tcp.established = true;
    tcp.durationNs = 1'500'000;
    tcp.bytesSent = 512;
    event.detail = tcp;
    return event;
}

std::vector<wire::Event> oddEvents(std::int64_t timeNs)
{
    constexpr std::uint32_t u32 = std::numeric_limits<std::uint32_t>::max();
    constexpr std::uint64_t u64 = std::numeric_limits<std::uint64_t>::max();
    constexpr std::int32_t i32 = std::numeric_limits<std::int32_t>::min();
    std::vector<wire::Event> events(9);
    for (std::size_t i = 0; i < events.size(); ++i) {
        events[i].timeNs = timeNs + static_cast<std::int64_t>(i);
        events[i].drainUs = u32;
        events[i].cpu = 65535;
        events[i].heldSeconds = static_cast<std::uint8_t>(i == 0 ? 255 : i);
        events[i].severity = wire::Severity::Notice;
        events[i].process = {u32, u32 - 1, u64, "K\xc3\xb6ln \xe2\x82\xac"};
    }
    events[0].type = wire::EventType::ProcessExec;
    events[0].detail = wire::ProcessExec{u32, "", "/usr/bin/\xc3\xa4", {"", "a b", std::string(500, 'x'), ""}, true};
    events[1].type = wire::EventType::ProcessExec; // no argument at all
    events[1].detail = wire::ProcessExec{};
    events[2].type = wire::EventType::ProcessExit;
    events[2].detail = wire::ProcessExit{i32, 64, true, u64, u32, "killer"};
    events[3].type = wire::EventType::OomKill;
    events[3].severity = wire::Severity::Critical;
    events[3].detail = wire::OomKill{u32, "trigger", u64, u64 - 1, 1, 0, u64 / 2, -1000};
    events[4].type = wire::EventType::FatalSignal;
    events[4].severity = static_cast<wire::Severity>(200);
    events[4].detail = wire::FatalSignal{-1, i32, u32, "sender"};
    events[5].type = wire::EventType::TcpConnection;
    wire::SocketAddress address{{0xfe, 0x80, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 255}, 65535};
    events[5].detail = wire::TcpConnection{
        address, {}, static_cast<wire::TcpDirection>(9), static_cast<wire::TcpOutcome>(77), -110, true, u64, u64, u64, u64, u32, u32};
    events[6].type = static_cast<wire::EventType>(4711); // of a newer agent
    events[7].type = wire::EventType::ProcessExit;       // a known type without its detail
    events[8].type = wire::EventType::OomKill;           // a detail of another type
    events[8].detail = wire::FatalSignal{9, 0, 1, "sh"};
    return events;
}

std::vector<StoredEvent> allEvents(const StoreReader &reader, EventQuery query)
{
    std::vector<StoredEvent> all;
    std::optional<EventId> after;
    for (bool more = true; more;) {
        EventPage page = must(reader.events(query, after, {}));
        all.insert(all.end(), page.events.begin(), page.events.end());
        more = page.more;
        query = page.next;
        after = page.nextAfter;
    }
    return all;
}

Status makeOlder(const std::filesystem::path &file, int version)
{
    auto opened = console::Database::open(file, console::Database::Mode::ReadWrite, {});
    if (!opened)
        return fail(opened.error());
    std::string steps = "PRAGMA user_version=" + std::to_string(version) + ';';
    if (version < 5)
        steps += "DROP TABLE verdict;";
    if (version < 4)
        steps += "DROP INDEX origin_place; CREATE INDEX origin_path ON origin(path); DROP INDEX amendment_was; DROP INDEX amendment_now;";
    if (version < 3)
        steps += "DROP TABLE amendment; ALTER TABLE event_hot DROP COLUMN seq;";
    if (version < 2) {
        for (const char *column : {"workload_kind", "workload", "image", "image_id"})
            steps += std::string("ALTER TABLE origin DROP COLUMN ") + column + ';';
    }
    return (*opened)->execute(steps);
}

} // namespace tapio::test
