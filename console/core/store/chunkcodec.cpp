// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/core/store/chunkcodec.h"

#include <algorithm>
#include <span>
#include <type_traits>
#include <utility>

namespace tapio::console {

namespace {

/// Column numbers are part of the file format: never reused, never renumbered.
enum Column : std::uint32_t {
    Time = 1,
    Type = 2,
    Severity = 3,
    Stream = 4,
    Origin = 5,
    ProcessIndex = 6,
    Pid = 7,
    Comm = 8,
    Seq = 9,
    Drain = 10,
    Cpu = 11,
    DetailKind = 12,
    Uid = 13,
    Start = 14,
    Held = 15, // where no event was held the chunk has none
};
/// Details: firstDetail * (1 + kind) + field.
constexpr std::uint32_t firstDetail = 32;

std::uint32_t detailColumn(std::size_t kind, std::size_t field) { return static_cast<std::uint32_t>(firstDetail * (1 + kind) + field); }

/// Sequence numbers run on within a stream: what is kept is the difference from the one expected, nearly always 0.
class SeqPredictor {
public:
    std::uint64_t &next(std::int64_t stream)
    {
        if (m_last == nullptr || m_last->first != stream) {
            const auto found = std::find_if(m_streams.begin(), m_streams.end(), [&](const auto &s) { return s.first == stream; });
            m_last = found != m_streams.end() ? &*found : nullptr;
        }
        if (m_last == nullptr) {
            m_streams.emplace_back(stream, 0);
            m_last = &m_streams.back();
        }
        return m_last->second;
    }

private:
    std::vector<std::pair<std::int64_t, std::uint64_t>> m_streams;
    std::pair<std::int64_t, std::uint64_t> *m_last = nullptr;
};

std::vector<std::int64_t> seqResiduals(const EventRows &rows)
{
    std::vector<std::int64_t> out(rows.size());
    SeqPredictor predictor;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const auto seq = static_cast<std::uint64_t>(rows.m_seq[i]);
        std::uint64_t &expected = predictor.next(rows.m_stream[i]);
        out[i] = static_cast<std::int64_t>(seq - expected);
        expected = seq + 1;
    }
    return out;
}

void seqFromResiduals(const std::vector<std::int64_t> &streams, std::vector<std::int64_t> &seqs)
{
    SeqPredictor predictor;
    for (std::size_t i = 0; i < seqs.size(); ++i) {
        std::uint64_t &expected = predictor.next(streams[i]);
        expected += static_cast<std::uint64_t>(seqs[i]);
        seqs[i] = static_cast<std::int64_t>(expected++);
    }
}

} // namespace

EncodedChunk encodeChunk(const EventRows &rows, Compressor &compressor)
{
    ColumnWriter writer(compressor);
    writer.ints(Time, rows.m_time);
    writer.ints(Type, rows.m_type);
    writer.ints(Severity, rows.m_severity);
    writer.ints(Stream, rows.m_stream);
    writer.ints(Origin, rows.m_origin);
    writer.ints(ProcessIndex, rows.m_process);
    writer.ints(Pid, rows.m_pid);
    writer.texts(Comm, rows.m_comm);
    writer.markFront();
    writer.ints(Seq, seqResiduals(rows));
    writer.ints(Drain, rows.m_drain);
    writer.ints(Cpu, rows.m_cpu);
    writer.ints(DetailKind, rows.m_kind);
    writer.ints(Uid, rows.m_uid);
    writer.ints(Start, rows.m_start);
    if (std::ranges::any_of(rows.m_held, [](std::int64_t seconds) { return seconds != 0; }))
        writer.ints(Held, rows.m_held);
    for (std::size_t kind = 1; kind < detailKinds; ++kind) {
        for (std::size_t field = 0; field < rows.m_details[kind].size(); ++field) {
            const FieldColumn &column = rows.m_details[kind][field];
            if (column.texts.size() != 0)
                writer.texts(detailColumn(kind, field), column.texts);
            else
                writer.ints(detailColumn(kind, field), column.numbers);
        }
    }
    EncodedChunk chunk;
    chunk.blob = writer.finish();
    chunk.frontBytes = writer.frontBytes();
    return chunk;
}

Result<EventChunk> EventChunk::open(Blob blob, std::size_t rows, Decompressor &decompressor)
{
    Result<ColumnReader> reader = ColumnReader::open(std::move(blob), decompressor);
    if (!reader)
        return fail(reader.error());
    if (rows == 0 || rows > chunkRows || reader->rows(Time) != rows)
        return fail(Errc::Corrupt, "a chunk has another number of events than its zone row says");
    return EventChunk(std::move(*reader), rows);
}

std::size_t EventChunk::processCount() const { return m_reader.rows(Pid); }
Result<std::vector<std::int64_t>> EventChunk::times() { return m_reader.ints(Time, m_rows); }
Result<std::vector<std::int64_t>> EventChunk::types() { return m_reader.ints(Type, m_rows); }
Result<std::vector<std::int64_t>> EventChunk::severities() { return m_reader.ints(Severity, m_rows); }
Result<std::vector<std::int64_t>> EventChunk::streams() { return m_reader.ints(Stream, m_rows); }
Result<std::vector<std::int64_t>> EventChunk::origins() { return m_reader.ints(Origin, m_rows); }
Result<std::vector<std::int64_t>> EventChunk::pids() { return m_reader.ints(Pid, processCount()); }
Result<Texts> EventChunk::comms() { return m_reader.texts(Comm, processCount()); }

Result<std::vector<std::int64_t>> EventChunk::processes()
{
    Result<std::vector<std::int64_t>> index = m_reader.ints(ProcessIndex, m_rows);
    const std::size_t count = processCount();
    const auto outside = [count](std::int64_t i) { return static_cast<std::uint64_t>(i) >= count; };
    if (index && std::any_of(index->begin(), index->end(), outside))
        return fail(Errc::Corrupt, "a chunk's event names a process that is not in it");
    return index;
}

namespace {

/// Moves a column that was read into its place, keeping the first error.
class Loader {
public:
    template <typename T> void operator()(T &to, Result<T> from)
    {
        if (from)
            to = std::move(*from);
        else if (m_status)
            m_status = fail(from.error());
    }
    Status status() const { return m_status; }

private:
    Status m_status;
};

} // namespace

Result<std::vector<std::int64_t>> EventChunk::seqs()
{
    const Result<std::vector<std::int64_t>> streams = this->streams();
    Result<std::vector<std::int64_t>> seqs = m_reader.ints(Seq, m_rows);
    if (!streams || !seqs)
        return fail(!streams ? streams.error() : seqs.error());
    seqFromResiduals(*streams, *seqs);
    return seqs;
}

Status EventChunk::loadCommon()
{
    if (m_commonLoaded)
        return {};
    Loader load;
    std::vector<std::int64_t> kinds;
    load(m_time, times());
    load(m_type, types());
    load(m_severity, severities());
    load(m_stream, streams());
    load(m_origin, origins());
    load(m_process, processes());
    load(m_pid, pids());
    load(m_comm, comms());
    load(m_seq, seqs());
    load(m_drain, m_reader.ints(Drain, m_rows));
    load(m_cpu, m_reader.ints(Cpu, m_rows));
    if (m_reader.has(Held))
        load(m_held, m_reader.ints(Held, m_rows));
    else
        m_held.assign(m_rows, 0);
    load(kinds, m_reader.ints(DetailKind, m_rows));
    load(m_uid, m_reader.ints(Uid, processCount()));
    load(m_start, m_reader.ints(Start, processCount()));
    if (Status status = load.status(); !status)
        return status;
    m_kind.resize(m_rows);
    m_kindRow.resize(m_rows);
    // A console that did not know a type kept its events without their detail: such a chunk has no column of that kind.
    const auto kindOf = [this](std::int64_t type) {
        const std::size_t kind = wire::detailIndex(static_cast<wire::EventType>(type));
        return kind != 0 && m_reader.has(detailColumn(kind, 0)) ? kind : 0;
    };
    for (std::size_t i = 0; i < m_rows; ++i) {
        const std::size_t kind = kinds[i] == 0 ? kindOf(m_type[i]) : static_cast<std::size_t>(kinds[i]) - 1;
        if (kind >= detailKinds)
            return fail(Errc::Corrupt, "a chunk has a kind of detail that does not exist");
        m_kind[i] = static_cast<std::uint8_t>(kind);
        m_kindRow[i] = static_cast<std::uint32_t>(m_kindRows[kind]++);
    }
    m_commonLoaded = true;
    return {};
}

/// Expands the columns of one kind, one per field; a column that the chunk lacks stays empty.
class EventChunk::FieldLoader {
public:
    FieldLoader(EventChunk &chunk, std::size_t kind) : m_chunk(chunk), m_kind(kind) {}

    template <typename T>
    requires(std::is_integral_v<T> || std::is_enum_v<T>) void operator()(T &) { numbers(rows()); }
    void operator()(std::string &) { texts(rows()); }
    void operator()(std::vector<std::byte> &) { texts(rows()); }
    void operator()(std::vector<std::string> &)
    {
        Field &counts = numbers(rows());
        std::uint64_t total = 0;
        for (const std::int64_t count : counts.numbers) {
            counts.starts.push_back(static_cast<std::uint32_t>(total));
            total += static_cast<std::uint64_t>(count);
            if (static_cast<std::uint64_t>(count) > columnRowLimit || total > columnRowLimit) {
                m_status = fail(Errc::Corrupt, "a chunk's list column is too long");
                return;
            }
        }
        texts(total);
    }
    void operator()(wire::SocketAddress &)
    {
        texts(rows());
        numbers(rows());
    }
    Status status() const { return m_status; }

private:
    std::size_t rows() const { return m_chunk.m_kindRows[m_kind]; }
    std::uint32_t column() const { return detailColumn(m_kind, m_chunk.m_kinds[m_kind].fields.size() - 1); }
    Field &numbers(std::size_t rows)
    {
        Field &field = m_chunk.m_kinds[m_kind].fields.emplace_back();
        if (m_status && m_chunk.m_reader.has(column()))
            keep(field.numbers, m_chunk.m_reader.ints(column(), rows));
        return field;
    }
    void texts(std::size_t rows)
    {
        Field &field = m_chunk.m_kinds[m_kind].fields.emplace_back();
        if (m_status && rows != 0 && m_chunk.m_reader.has(column()))
            keep(field.texts, m_chunk.m_reader.texts(column(), rows));
    }
    template <typename T> void keep(T &to, Result<T> from)
    {
        if (from)
            to = std::move(*from);
        else
            m_status = fail(from.error());
    }

    EventChunk &m_chunk;
    std::size_t m_kind;
    Status m_status;
};

/// Fills the fields of one detail from one row.
class EventChunk::FieldReader {
public:
    FieldReader(const Kind &kind, std::size_t row) : m_kind(kind), m_row(row) {}

    template <typename T>
    requires(std::is_integral_v<T> || std::is_enum_v<T>) void operator()(T &value)
    {
        if (const Field &field = next(); m_row < field.numbers.size())
            value = static_cast<T>(field.numbers[m_row]);
    }
    void operator()(std::string &value)
    {
        if (const Field &field = next(); m_row < field.texts.size())
            value = field.texts[m_row];
    }
    void operator()(std::vector<std::byte> &value)
    {
        const Field &field = next();
        if (m_row >= field.texts.size())
            return;
        const auto bytes = std::as_bytes(std::span(field.texts[m_row]));
        value.assign(bytes.begin(), bytes.end());
    }
    void operator()(std::vector<std::string> &values)
    {
        const Field &counts = next();
        const Field &field = next();
        if (m_row >= counts.starts.size())
            return;
        const std::size_t begin = counts.starts[m_row];
        const std::size_t end = begin + static_cast<std::size_t>(counts.numbers[m_row]);
        for (std::size_t i = begin; i < end && i < field.texts.size(); ++i)
            values.emplace_back(field.texts[i]);
    }
    void operator()(wire::SocketAddress &value)
    {
        const Field &address = next();
        const Field &port = next();
        if (m_row < address.texts.size() && address.texts[m_row].size() == value.bytes.size())
            std::copy_n(address.texts[m_row].begin(), value.bytes.size(), reinterpret_cast<char *>(value.bytes.data()));
        if (m_row < port.numbers.size())
            value.port = static_cast<std::uint16_t>(port.numbers[m_row]);
    }

private:
    const Field &next() { return m_kind.fields[m_at++]; }

    const Kind &m_kind;
    std::size_t m_row;
    std::size_t m_at = 0;
};

namespace {

template <std::size_t... kinds> wire::Detail emptyOf(std::size_t kind, std::index_sequence<kinds...>)
{
    wire::Detail detail;
    ((kind == kinds ? static_cast<void>(detail.emplace<kinds>()) : static_cast<void>(0)), ...);
    return detail;
}

/// A detail of the alternative with this index.
wire::Detail emptyDetail(std::size_t kind) { return emptyOf(kind, std::make_index_sequence<detailKinds>()); }

} // namespace

Status EventChunk::loadKind(std::size_t kind)
{
    if (m_kinds[kind].loaded)
        return {};
    FieldLoader loader(*this, kind);
    wire::Detail detail = emptyDetail(kind);
    std::visit([&](auto &value) { visitColumns(value, loader); }, detail);
    m_kinds[kind].loaded = true;
    return loader.status();
}

Status EventChunk::loadDetails(const std::vector<std::uint32_t> &rows)
{
    if (Status status = loadCommon(); !status)
        return status;
    for (const std::uint32_t row : rows) {
        if (row >= m_rows)
            return fail(Errc::NotFound, "a chunk has no event of that number");
        if (Status status = loadKind(m_kind[row]); !status)
            return status;
    }
    return {};
}

wire::Event EventChunk::event(std::uint32_t row) const
{
    wire::Event event;
    const auto process = static_cast<std::size_t>(m_process[row]);
    event.timeNs = m_time[row];
    event.drainUs = static_cast<std::uint32_t>(m_drain[row]);
    event.type = static_cast<wire::EventType>(m_type[row]);
    event.severity = static_cast<wire::Severity>(m_severity[row]);
    event.cpu = static_cast<std::uint16_t>(m_cpu[row]);
    event.heldSeconds = static_cast<std::uint8_t>(m_held[row]);
    event.process.pid = static_cast<std::uint32_t>(m_pid[process]);
    event.process.uid = static_cast<std::uint32_t>(m_uid[process]);
    event.process.startTimeNs = static_cast<std::uint64_t>(m_start[process]);
    event.process.comm = m_comm[process];
    event.detail = emptyDetail(m_kind[row]);
    std::visit([&](auto &value) { visitColumns(value, FieldReader(m_kinds[m_kind[row]], m_kindRow[row])); }, event.detail);
    return event;
}

} // namespace tapio::console
