// SPDX-License-Identifier: GPL-3.0-or-later
#include "protocol/recording/writer.h"

#include <utility>

namespace tapio::recording {

namespace {

constexpr std::size_t wantedBlockBytes = 256u << 10; ///< more of it compresses little better, and less is lost with the writer

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

Status Writer::add(const wire::Delivery &delivery)
{
    const auto *batch = std::get_if<wire::EventBatch>(&delivery.frame.body);
    const auto *samples = std::get_if<wire::SampleBatch>(&delivery.frame.body);
    if (batch == nullptr && samples == nullptr)
        return fail(Errc::InvalidArgument, "a recording is of events and samples, and this delivery is of something else");
    const auto message = wire::encode(delivery);
    if (!message)
        return fail(message.error());
    if (m_plain.size() + message->size() > wantedBlockBytes) {
        if (const Status flushed = flush(); !flushed)
            return flushed;
    }
    appendDelivery(m_plain, *message);
    ++m_inBlock;
    ++m_deliveries;
    m_events += batch != nullptr ? batch->events.size() : 0;
    m_samples += samples != nullptr ? samples->samples.size() + samples->histograms.size() : 0;
    m_hasSamples = m_hasSamples || samples != nullptr;
    return m_status;
}

Status Writer::flush()
{
    if (m_inBlock == 0)
        return m_status;
    // Without samples as before there were any: older versions read it.
    const auto block = encodeBlock(m_plain, m_inBlock, std::exchange(m_hasSamples, false) ? RecordKind::MixedBlock : RecordKind::Block);
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
