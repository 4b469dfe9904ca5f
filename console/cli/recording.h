// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

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

    /// Those that are neither of events nor of samples are passed over.
    Status add(wire::Delivery delivery);
    /// What was added survives this program; once a second is enough.
    Status flush() { return m_writer.flush(); }
    Status close(std::int64_t endedNs) { return m_writer.close(endedNs, m_lost, m_leftOut); }

    void setLost(std::uint64_t events) { m_lost = events; } ///< so far
    std::uint64_t events() const noexcept { return m_writer.events(); }
    std::uint64_t samples() const noexcept { return m_writer.samples(); }
    std::uint64_t bytes() const noexcept { return m_writer.bytes(); }
    std::uint64_t lost() const noexcept { return m_lost; }
    std::uint64_t leftOut() const noexcept { return m_leftOut; }

private:
    RecordingFile(recording::Writer writer, replay::Selection selection) : m_writer(std::move(writer)), m_selection(std::move(selection)) {}

    recording::Writer m_writer;
    replay::Selection m_selection;
    std::uint64_t m_lost = 0, m_leftOut = 0;
};

/// From a store: events in order of their time, which also counts as that of their arrival, since a store does not keep when that was; each with the
/// origin that is known by now. Errors: those of the store and the file, Cancelled.
Status recordStore(const StoreReader &reader, std::int64_t fromNs, std::int64_t toNs, std::stop_token stop, RecordingFile &into);

/// From another recording: what arrived in [fromNs, toNs). When it ended, UTC.
Result<std::int64_t> recordRecording(const std::filesystem::path &from, std::int64_t fromNs, std::int64_t toNs, std::stop_token stop,
                                     RecordingFile &into);

} // namespace tapio::console
