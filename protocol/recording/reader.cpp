// SPDX-License-Identifier: GPL-3.0-or-later
#include "protocol/recording/reader.h"

#include <algorithm>
#include <array>
#include <string>

namespace tapio::recording {

namespace {

bool isTime(std::int64_t ns) noexcept { return ns >= 0 && ns <= latestNs; }

/// Of a delivery that such a block must not have.
const char *refusalOf(RecordKind kind) noexcept
{
    switch (kind) {
    case RecordKind::MixedBlock: return "a delivery that is neither of events nor of samples";
    case RecordKind::LinkBlock: return "a delivery that is of neither events nor samples nor counters";
    case RecordKind::Block:
    case RecordKind::End: break;
    }
    return "a delivery that is not of events";
}

/// What is wrong with it; nullptr: nothing.
const char *problemOf(const wire::AgentState &state) noexcept
{
    if (state.node.empty())
        return "a state of an agent that names no node";
    const bool isTimely = state.toldNs > 0 && isTime(state.toldNs) && isTime(state.sinceNs) && isTime(state.lastHeartbeatNs);
    return isTimely ? nullptr : "a state of an agent of no time";
}

const char *problemOf(const Received &received) noexcept
{
    const auto *delivery = std::get_if<wire::Delivery>(&received);
    if (delivery == nullptr)
        return problemOf(*std::get_if<wire::AgentState>(&received));
    if (delivery->node.empty())
        return "a delivery that names no node";
    if (!isTime(delivery->receivedNs) || delivery->clockOffsetNs < -latestNs || delivery->clockOffsetNs > latestNs)
        return "a delivery that arrived at no time";
    if (const wire::SampleBatch *samples = samplesOf(received))
        return isTime(samples->timeNs) ? nullptr : "samples of before 1970 or after 2096";
    const wire::EventBatch *batch = eventsOf(received);
    if (batch == nullptr)
        return nullptr;
    const bool isTimely =
        std::all_of(batch->events.begin(), batch->events.end(), [](const wire::Event &event) { return isTime(event.timeNs); });
    return isTimely ? nullptr : "an event before 1970 or after 2096";
}

} // namespace

Result<Reader> Reader::open(std::unique_ptr<ByteSource> source)
{
    std::array<std::byte, headerBytes> bytes{};
    const auto got = source->read(bytes);
    if (!got)
        return fail(got.error());
    const auto header = decodeHeader(std::span(bytes).first(*got));
    if (!header)
        return fail(header.error());
    if (!isTime(header->startedNs))
        return fail(Errc::Malformed, "the header says that it began at no time");
    return Reader(std::move(source), *header);
}

Result<Reader> Reader::open(const std::filesystem::path &file)
{
    auto source = openFile(file);
    if (!source)
        return fail(source.error());
    auto reader = open(std::move(*source));
    if (!reader)
        return fail(reader.error().within(file.native()));
    return reader;
}

tl::unexpected<Error> Reader::failHere(const Error &error)
{
    m_error = error.within("at byte " + std::to_string(m_recordAt));
    return tl::unexpected(*m_error);
}

Status Reader::takeEnd(std::span<const std::byte> payload)
{
    const auto end = decodeEnd(payload);
    if (!end)
        return failHere(end.error());
    if (end->deliveries != m_deliveries || end->events != m_events)
        return failHere(Error(Errc::Corrupt, "the last record counts " + std::to_string(end->events) + " events, and there were "
                                                 + std::to_string(m_events)));
    if (!isTime(end->endedNs))
        return failHere(Error(Errc::Malformed, "the last record says that it ended at no time"));
    std::array<std::byte, 1> more{};
    const auto got = m_source->read(more);
    if (!got)
        return failHere(got.error());
    m_recordAt = m_offset;
    if (*got != 0)
        return failHere(Error(Errc::Malformed, "there is more behind the last record"));
    m_end = *end;
    return {};
}

Result<bool> Reader::readRecord()
{
    m_recordAt = m_offset;
    std::array<std::byte, recordHeadBytes> head{};
    const auto got = m_source->read(head);
    if (!got)
        return failHere(got.error());
    if (*got < head.size()) {
        if (*got > 0)
            m_tornAt = m_recordAt;
        return false;
    }
    const auto length = decodeHead(head);
    if (!length)
        return failHere(length.error());
    Bytes payload(*length);
    const auto rest = m_source->read(payload);
    if (!rest)
        return failHere(rest.error());
    if (*rest < payload.size()) {
        m_tornAt = m_recordAt;
        return false;
    }
    m_offset += head.size() + payload.size();
    if (!fits(head, payload))
        return failHere(Error(Errc::Corrupt, "a record does not fit its checksum"));
    const auto kind = kindOf(payload);
    if (!kind)
        return failHere(kind.error());
    if (*kind == RecordKind::End) {
        if (const Status taken = takeEnd(payload); !taken)
            return fail(taken.error());
        return false;
    }
    auto block = decodeBlock(payload);
    if (!block)
        return failHere(block.error());
    m_block = std::move(*block);
    m_inBlock = 0;
    m_takenOfBlock = 0;
    return true;
}

Result<Received> Reader::takeReceived()
{
    const auto bytes = takeMessage(m_block.plain, m_inBlock);
    if (!bytes)
        return failHere(bytes.error());
    auto message = wire::decode(*bytes);
    const std::string which = "message " + std::to_string(++m_takenOfBlock);
    if (!message)
        return failHere(message.error().within(which));
    auto *delivery = std::get_if<wire::Delivery>(&*message);
    auto *state = std::get_if<wire::AgentState>(&*message);
    if (delivery == nullptr && (state == nullptr || m_block.kind < RecordKind::LinkBlock))
        return failHere(Error(Errc::Malformed, which + " is no delivery"));
    Received received = delivery != nullptr ? Received(std::move(*delivery)) : Received(std::move(*state));
    const auto needed = kindFor(received);
    if (!needed || *needed > m_block.kind)
        return failHere(Error(Errc::Malformed, which + ": " + refusalOf(m_block.kind)));
    if (const char *problem = problemOf(received))
        return failHere(Error(Errc::Malformed, which + ": " + problem));
    return received;
}

void Reader::count(const Received &received)
{
    ++m_deliveries;
    m_lastReceivedNs = std::max(m_lastReceivedNs, receivedNs(received));
    m_hasLinks = m_hasLinks || std::holds_alternative<wire::AgentState>(received);
    if (const wire::EventBatch *batch = eventsOf(received))
        m_events += batch->events.size();
    else if (const wire::SampleBatch *samples = samplesOf(received))
        m_samples += samples->samples.size() + samples->histograms.size();
}

Result<std::optional<Received>> Reader::next()
{
    if (m_error)
        return tl::unexpected(*m_error);
    while (!m_isOver && m_inBlock == m_block.plain.size()) {
        if (m_takenOfBlock != m_block.messages)
            return failHere(Error(Errc::Corrupt, "a block counts " + std::to_string(m_block.messages) + " messages and has "
                                                     + std::to_string(m_takenOfBlock)));
        const auto more = readRecord();
        if (!more)
            return fail(more.error());
        m_isOver = !*more;
    }
    if (m_isOver)
        return std::optional<Received>();
    auto received = takeReceived();
    if (!received)
        return fail(received.error());
    count(*received);
    return std::optional(std::move(*received));
}

} // namespace tapio::recording
