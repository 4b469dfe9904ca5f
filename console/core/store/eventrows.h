// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "console/core/store/columns.h"
#include "console/core/store/interner.h"
#include "protocol/wire/detailfields.h"

/// Events as columns in memory: what the writer buffers and what a chunk is made from.
namespace tapio::console {

inline constexpr std::size_t chunkRows = 8192;
inline constexpr std::size_t chunkTextBytes = 8u << 20; ///< a chunk is also cut here, so that reading one stays cheap
inline constexpr std::size_t detailKinds = std::variant_size_v<wire::Detail>;

/// The columns of a detail are its fields in the order of wire::visitFields. A new field goes to the end of it: chunks written
/// before lack the column, and reading gives the field its default. `visit` is called with a reference to each field.
template <typename D, typename Visit> void visitColumns(D &detail, Visit &&visit)
{
    wire::visitFields(detail, [&visit](const wire::Field &, auto &value) { visit(value); });
}

/// One column of a detail: numbers or texts, by the field's type.
struct FieldColumn {
    std::vector<std::int64_t> numbers;
    TextColumn texts;
};

/// Columns of all events so far. Numbers are kept as their 64 bits whatever their type. One thread.
class EventRows {
public:
    /// What an event is besides itself: numbers that the store gave to its stream and origin.
    struct Place {
        std::int64_t stream = 0;
        std::uint64_t seq = 0;
        std::int64_t origin = 0;
    };

    void push(const Place &place, const wire::Event &event);
    std::size_t size() const noexcept { return m_time.size(); }
    bool full() const noexcept { return size() >= chunkRows || m_textBytes >= chunkTextBytes; }
    /// Roughly what it holds in memory, bytes.
    std::size_t memoryBytes() const noexcept { return size() * 160 + m_textBytes; }

    std::vector<std::int64_t> m_time, m_type, m_severity, m_stream, m_origin, m_process; // one per event
    std::vector<std::int64_t> m_seq, m_drain, m_cpu, m_held, m_kind;
    std::vector<std::int64_t> m_pid, m_uid, m_start; // one per distinct process
    TextColumn m_comm;
    std::array<std::vector<FieldColumn>, detailKinds> m_details; // one per event of that kind
    std::array<std::size_t, detailKinds> m_detailRows{};

private:
    std::uint32_t processIndex(const wire::Process &process);

    Interner m_processes{1024};
    std::size_t m_textBytes = 0;
};

} // namespace tapio::console
