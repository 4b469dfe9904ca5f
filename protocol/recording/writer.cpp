// SPDX-License-Identifier: GPL-3.0-or-later
#include "protocol/recording/writer.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace tapio::recording {

namespace {

constexpr std::size_t wantedBlockBytes = 256u << 10; ///< more of it compresses little better, and less is lost with the writer

Result<wire::Bytes> encoded(const Received &received)
{
    const auto *delivery = std::get_if<wire::Delivery>(&received);
    return delivery != nullptr ? wire::encode(*delivery) : wire::encode(*std::get_if<wire::AgentState>(&received));
}

} // namespace

Result<Writer> Writer::begin(std::unique_ptr<ByteSink> sink, const Header &header)
{
    Writer writer(std::move(sink));
    if (const Status written = writer.write(encodeHeader(header)); !written)
        return fail(written.error());
    return writer;
}

Status Writer::write(std::span<const std::byte> bytes)
{
    if (!m_status)
        return m_status;
    m_status = m_sink->write(bytes);
    if (m_status)
        m_bytes += bytes.size();
    return m_status;
}

void Writer::count(const Received &received)
{
    ++m_inBlock;
    ++m_deliveries;
    if (const wire::EventBatch *batch = eventsOf(received))
        m_events += batch->events.size();
    else if (const wire::SampleBatch *samples = samplesOf(received))
        m_samples += samples->samples.size() + samples->histograms.size();
}

Status Writer::add(const Received &received)
{
    const auto kind = kindFor(received);
    if (!kind)
        return fail(Errc::InvalidArgument, "a recording is of events, samples and links, and this delivery is of something else");
    const auto message = encoded(received);
    if (!message)
        return fail(message.error());
    if (m_plain.size() + message->size() > wantedBlockBytes) {
        if (const Status flushed = flush(); !flushed)
            return flushed;
    }
    appendMessage(m_plain, *message);
    count(received);
    m_kind = std::max(m_kind, *kind);
    return m_status;
}

Status Writer::flush()
{
    if (m_inBlock == 0)
        return m_status;
    const auto block = encodeBlock(m_plain, m_inBlock, std::exchange(m_kind, RecordKind::Block));
    m_plain.clear();
    m_inBlock = 0;
    if (!block)
        return m_status = fail(block.error());
    return write(*block);
}

Status Writer::close(std::int64_t endedNs, std::uint64_t lost, std::uint64_t leftOut)
{
    if (const Status flushed = flush(); !flushed)
        return flushed;
    return write(encodeEnd({endedNs, m_deliveries, m_events, lost, leftOut}));
}

} // namespace tapio::recording
