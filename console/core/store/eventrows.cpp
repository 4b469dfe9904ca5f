// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/core/store/eventrows.h"

#include <functional>
#include <string_view>
#include <type_traits>

namespace tapio::console {

namespace {

/// Appends the fields of one detail to its columns.
class FieldAppender {
public:
    FieldAppender(std::vector<FieldColumn> &columns, std::size_t &textBytes) : m_columns(columns), m_textBytes(textBytes) {}

    template <typename T>
    requires(std::is_integral_v<T> || std::is_enum_v<T>) void operator()(const T &value)
    {
        next().numbers.push_back(static_cast<std::int64_t>(value));
    }
    void operator()(const std::string &value) { text(next(), value); }
    void operator()(const std::vector<std::string> &values)
    {
        next().numbers.push_back(static_cast<std::int64_t>(values.size()));
        FieldColumn &column = next();
        for (const std::string &value : values)
            text(column, value);
    }
    void operator()(const std::vector<std::byte> &value) { text(next(), {reinterpret_cast<const char *>(value.data()), value.size()}); }
    void operator()(const wire::SocketAddress &value)
    {
        text(next(), {reinterpret_cast<const char *>(value.bytes.data()), value.bytes.size()});
        next().numbers.push_back(value.port);
    }

private:
    FieldColumn &next()
    {
        if (m_at == m_columns.size())
            m_columns.emplace_back();
        return m_columns[m_at++];
    }
    void text(FieldColumn &column, std::string_view value)
    {
        column.texts.push(value);
        m_textBytes += value.size() + sizeof(std::uint32_t);
    }

    std::vector<FieldColumn> &m_columns;
    std::size_t &m_textBytes;
    std::size_t m_at = 0;
};

std::int64_t number(std::uint64_t value) noexcept { return static_cast<std::int64_t>(value); }

} // namespace

std::uint32_t EventRows::processIndex(const wire::Process &process)
{
    const std::size_t hash = std::hash<std::string_view>{}(process.comm) ^ process.startTimeNs * 31
                             ^ (static_cast<std::size_t>(process.pid) << 32 | process.uid);
    const Interner::Found found = m_processes.intern(hash, [&](std::uint32_t i) {
        return m_pid[i] == process.pid && m_start[i] == number(process.startTimeNs) && m_uid[i] == process.uid && m_comm[i] == process.comm;
    });
    if (found.added) {
        m_pid.push_back(process.pid);
        m_uid.push_back(process.uid);
        m_start.push_back(number(process.startTimeNs));
        m_comm.push(process.comm);
        m_textBytes += process.comm.size();
    }
    return found.index;
}

void EventRows::push(const Place &place, const wire::Event &event)
{
    m_time.push_back(event.timeNs);
    m_type.push_back(static_cast<std::int64_t>(event.type));
    m_severity.push_back(static_cast<std::int64_t>(event.severity));
    m_stream.push_back(place.stream);
    m_origin.push_back(place.origin);
    m_process.push_back(processIndex(event.process));
    m_seq.push_back(number(place.seq));
    m_drain.push_back(event.drainUs);
    m_cpu.push_back(event.cpu);
    m_held.push_back(event.heldSeconds);
    const std::size_t kind = event.detail.index();
    m_kind.push_back(kind == wire::detailIndex(event.type) ? 0 : static_cast<std::int64_t>(1 + kind));
    ++m_detailRows[kind];
    std::visit([&](const auto &detail) { visitColumns(detail, FieldAppender(m_details[kind], m_textBytes)); }, event.detail);
}

} // namespace tapio::console
