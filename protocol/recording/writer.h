// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <memory>

#include "protocol/recording/bytes.h"
#include "protocol/recording/format.h"
#include "protocol/wire/message.h"

namespace tapio::recording {

/// Writes a recording. Deliveries are gathered into blocks; flush() after a while bounds what is lost when the program is killed. After an error
/// nothing more is written, and each call gives that error again. One thread.
class Writer {
public:
    /// Writes the header. Errors: those of the sink.
    static Result<Writer> begin(std::unique_ptr<ByteSink> sink, const Header &header);

    /// In order of arrival. Errors: InvalidArgument (of neither events nor samples nor counters), those of the sink.
    Status add(const Received &received);
    /// All that was added goes to the sink.
    Status flush();
    /// Nothing may follow. Counts come from what was added.
    Status close(std::int64_t endedNs, std::uint64_t lost, std::uint64_t leftOut);

    std::uint64_t deliveries() const noexcept { return m_deliveries; } ///< and states
    std::uint64_t events() const noexcept { return m_events; }
    std::uint64_t samples() const noexcept { return m_samples; } ///< single ones, histograms among them
    std::uint64_t bytes() const noexcept { return m_bytes; }     ///< that went to the sink

private:
    explicit Writer(std::unique_ptr<ByteSink> sink) : m_sink(std::move(sink)) {}
    Status write(std::span<const std::byte> bytes);
    void count(const Received &received);

    std::unique_ptr<ByteSink> m_sink;
    Bytes m_plain;
    std::uint32_t m_inBlock = 0;
    std::uint64_t m_deliveries = 0, m_events = 0, m_samples = 0, m_bytes = 0;
    RecordKind m_kind = RecordKind::Block; ///< that the block has to be
    Status m_status;
};

} // namespace tapio::recording
