// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "protocol/recording/bytes.h"
#include "protocol/recording/format.h"
#include "protocol/wire/message.h"

namespace tapio::recording {

/// Times in a recording are UTC from 1970 until 2096: whoever calculates with them must not overflow.
inline constexpr std::int64_t latestNs = 4'000'000'000'000'000'000;

/// Reads a recording from its beginning to its end, one block in memory at a time. A file is foreign bytes: everything is checked, and an error names the
/// offset in the file of the record that it is about. One thread.
class Reader {
public:
    /// Errors: Malformed, VersionMismatch, Corrupt, Io.
    static Result<Reader> open(std::unique_ptr<ByteSource> source);
    /// The same of a file; errors name it.
    static Result<Reader> open(const std::filesystem::path &file);

    const Header &header() const noexcept { return m_header; }
    /// The next that arrived: of events, samples or counters, or the state of an agent. Empty at the end. After an error or the end the same again.
    /// Errors: Malformed, Corrupt, Unsupported, Io.
    Result<std::optional<Received>> next();

    /// Once next() came to the end: what the recording was closed with; nothing if it was not.
    const std::optional<End> &end() const noexcept { return m_end; }
    /// Where a record begins that the file ends within: whoever wrote it was ended before it was whole.
    std::optional<std::uint64_t> tornAt() const noexcept { return m_tornAt; }

    std::uint64_t deliveries() const noexcept { return m_deliveries; } ///< and states
    std::uint64_t events() const noexcept { return m_events; }
    std::uint64_t samples() const noexcept { return m_samples; }              ///< single ones, histograms among them
    bool hasLinks() const noexcept { return m_hasLinks; }                     ///< what a server knows of its links
    std::int64_t lastReceivedNs() const noexcept { return m_lastReceivedNs; } ///< UTC; 0 = nothing yet

private:
    Reader(std::unique_ptr<ByteSource> source, Header header) : m_source(std::move(source)), m_header(header) {}

    /// False: the file is over.
    Result<bool> readRecord();
    Status takeEnd(std::span<const std::byte> payload);
    Result<Received> takeReceived();
    void count(const Received &received);
    tl::unexpected<Error> failHere(const Error &error);

    std::unique_ptr<ByteSource> m_source;
    Header m_header;
    Block m_block;
    std::size_t m_inBlock = 0; ///< where its next delivery begins
    std::uint32_t m_takenOfBlock = 0;
    std::uint64_t m_offset = headerBytes; ///< of what is read next
    std::uint64_t m_recordAt = 0;         ///< of the block
    std::uint64_t m_deliveries = 0, m_events = 0, m_samples = 0;
    bool m_hasLinks = false;
    std::int64_t m_lastReceivedNs = 0;
    std::optional<End> m_end;
    std::optional<std::uint64_t> m_tornAt;
    std::optional<Error> m_error;
    bool m_isOver = false;
};

} // namespace tapio::recording
