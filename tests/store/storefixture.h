// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QTemporaryDir>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "console/core/store/store.h"
#include "tests/support/fakeclock.h"

namespace tapio::test {

inline constexpr std::int64_t t0 = FakeClock::startNs;

/// Where a test's folder goes: memory where there is such a file system, since tests sync thousands of times.
QString folderTemplate();

/// A folder with one store, and what feeds it. Aborts the program when a call fails that the test takes for granted.
class StoreFixture {
public:
    StoreFixture() { reopen(); }

    console::StoreOptions options() const;
    /// Closes (as a clean exit does) and opens again.
    void reopen();
    void close() { m_writer.reset(); }
    console::StoreWriter &writer() { return *m_writer; }
    std::unique_ptr<console::StoreReader> reader() const;
    std::filesystem::path file() const;
    std::string folder() const { return m_folder.path().toStdString(); }

    /// The next frame of the node's stream.
    wire::Delivery frame(const std::string &node,
                         std::variant<wire::EventBatch, wire::SampleBatch, wire::CounterReport, wire::HookReport> body);
    /// Events of one batch, with this origin at index 0.
    void append(const std::string &node, std::vector<wire::Event> events, wire::Origin origin = {});
    void append(const std::string &node, wire::SampleBatch batch);
    console::FlushResult flush();
    void maintainAll();

    FakeClock clock;
    std::int64_t maxBytes = 8LL << 30;
    std::int64_t maxAgeNs = 7LL * 24 * 3600 * nsPerSecond;
    std::string vfs;

private:
    QTemporaryDir m_folder{folderTemplate()};
    std::unique_ptr<console::StoreWriter> m_writer;
    std::vector<std::pair<std::string, std::pair<std::uint64_t, std::uint64_t>>> m_next; ///< node: frame, event
};

wire::Origin pod(const std::string &name, const std::string &namespaceName = "shop");
wire::Event execEvent(std::int64_t timeNs, std::uint32_t pid, const std::string &filename);
wire::Event tcpEvent(std::int64_t timeNs, std::uint32_t pid, std::uint16_t port);
/// One event of every type with every field set to something uncommon, an unknown type, and details that do not fit the type.
std::vector<wire::Event> oddEvents(std::int64_t timeNs);

/// All pages of a query one after the other.
std::vector<console::StoredEvent> allEvents(const console::StoreReader &reader, console::EventQuery query);

/// Leaves a closed store as version `version` of the tables had it, with what was written since but without what it did not know.
Status makeOlder(const std::filesystem::path &file, int version);

} // namespace tapio::test
