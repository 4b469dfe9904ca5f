// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>
#include <optional>

#include "console/core/store/eventrows.h"

/// Event chunks: EventRows to a blob of columns and back. The columns that filters look at come first, so that a reader
/// that finds nothing has read and expanded only those.
namespace tapio::console {

struct EncodedChunk {
    Blob blob;
    std::size_t frontBytes = 0; ///< up to the end of the filter columns
};

EncodedChunk encodeChunk(const EventRows &rows, Compressor &compressor);

/// A chunk read from the file. Columns are expanded when asked for; whatever is damaged gives Errc::Corrupt. One thread.
class EventChunk {
public:
    /// `blob` is all of a chunk or at least its front; `rows` is what the zone row promises.
    static Result<EventChunk> open(Blob blob, std::size_t rows, Decompressor &decompressor);

    std::size_t rows() const noexcept { return m_rows; }

    // Filter columns: there in the front part. One value per event.
    Result<std::vector<std::int64_t>> times();
    Result<std::vector<std::int64_t>> types();
    Result<std::vector<std::int64_t>> severities();
    Result<std::vector<std::int64_t>> streams();
    Result<std::vector<std::int64_t>> origins();
    /// Per event, which of the chunk's processes; then per process.
    Result<std::vector<std::int64_t>> processes();
    Result<std::vector<std::int64_t>> pids();
    Result<Texts> comms();
    /// Not in the front part: only of a whole chunk.
    Result<std::vector<std::int64_t>> seqs();

    /// The rest: expands what `events` of these rows need. Afterwards event() works for them.
    Status loadDetails(const std::vector<std::uint32_t> &rows);
    /// A row of a loaded chunk; origin is left 0.
    wire::Event event(std::uint32_t row) const;
    std::int64_t stream(std::uint32_t row) const { return m_stream[row]; }
    std::int64_t origin(std::uint32_t row) const { return m_origin[row]; }
    std::uint64_t seq(std::uint32_t row) const { return static_cast<std::uint64_t>(m_seq[row]); }

private:
    struct Field {
        std::vector<std::int64_t> numbers;
        Texts texts;
        std::vector<std::uint32_t> starts; ///< of a list: where each row's texts begin
    };
    struct Kind {
        bool loaded = false;
        std::vector<Field> fields;
    };
    class FieldLoader;
    class FieldReader;

    EventChunk(ColumnReader reader, std::size_t rows) : m_reader(std::move(reader)), m_rows(rows) {}
    Status loadCommon();
    Status loadKind(std::size_t kind);
    std::size_t processCount() const;

    ColumnReader m_reader;
    std::size_t m_rows;
    std::vector<std::int64_t> m_time, m_type, m_severity, m_stream, m_origin, m_process, m_seq, m_drain, m_cpu, m_held;
    std::vector<std::int64_t> m_pid, m_uid, m_start;
    std::vector<std::uint8_t> m_kind;
    std::vector<std::uint32_t> m_kindRow; ///< which row of its kind's columns
    std::array<std::size_t, detailKinds> m_kindRows{};
    Texts m_comm;
    std::array<Kind, detailKinds> m_kinds;
    bool m_commonLoaded = false;
};

} // namespace tapio::console
