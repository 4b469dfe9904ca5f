// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "agent/replay/selection.h"
#include "console/cli/command.h"
#include "console/core/store/store.h"
#include "protocol/recording/writer.h"

/// What the ways to make a recording share. One thread.
namespace tapio::console {

/// A recording that is being made: what is not wanted is left out and counted, and what was lost is kept in mind.
class RecordingFile {
public:
    /// Errors: those of recording::createFile.
    static Result<RecordingFile> create(const std::filesystem::path &file, const recording::Header &header, replay::Selection selection);

    /// Of deliveries those are passed over that are of neither events nor samples nor counters.
    Status add(recording::Received received);
    /// What was added survives this program; once a second is enough.
    Status flush() { return m_writer.flush(); }
    Status close(std::int64_t endedNs) { return m_writer.close(endedNs, m_lost, m_leftOut); }

    void setLost(std::uint64_t events) { m_lost = events; } ///< so far
    std::uint64_t events() const noexcept { return m_writer.events(); }
    bool isEmpty() const noexcept { return m_writer.deliveries() == 0; }
    std::int64_t firstNs() const noexcept { return m_firstNs; } ///< of the earliest of what came first, UTC; 0 = nothing did
    std::uint64_t samples() const noexcept { return m_writer.samples(); }
    std::uint64_t bytes() const noexcept { return m_writer.bytes(); }
    std::uint64_t lost() const noexcept { return m_lost; }
    std::uint64_t leftOut() const noexcept { return m_leftOut; }

private:
    RecordingFile(recording::Writer writer, replay::Selection selection) : m_writer(std::move(writer)), m_selection(std::move(selection)) {}

    recording::Writer m_writer;
    replay::Selection m_selection;
    std::uint64_t m_lost = 0, m_leftOut = 0;
    std::int64_t m_firstNs = 0;
};

/// From a store: events in order of their time, which also counts as that of their arrival, since a store does not keep when that was; each with the
/// origin that is known by now. Errors: those of the store and the file, Cancelled.
Status recordStore(const StoreReader &reader, std::int64_t fromNs, std::int64_t toNs, std::stop_token stop, RecordingFile &into);

/// How far a recording went that another was cut out of.
struct CutEnd {
    std::int64_t endedNs = 0;                ///< UTC
    std::optional<std::string> missingSince; ///< it has no end, and the range goes on after what there is: why
};
/// From another recording: what arrived in [fromNs, toNs).
Result<CutEnd> recordRecording(const std::filesystem::path &from, std::int64_t fromNs, std::int64_t toNs, std::stop_token stop,
                               RecordingFile &into);

/// What agents dropped, and what was lost on its way to the server, since each was heard of first.
class NodeLosses {
public:
    explicit NodeLosses(std::vector<std::string> nodes) : m_nodes(std::move(nodes)) {} ///< that count; none: all
    void note(const wire::AgentState &state);
    std::uint64_t total() const noexcept { return m_total; }

private:
    std::vector<std::string> m_nodes;
    std::map<std::string, std::uint64_t> m_last;
    std::uint64_t m_total = 0;
};

} // namespace tapio::console
