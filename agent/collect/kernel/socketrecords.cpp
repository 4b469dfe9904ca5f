// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/collect/kernel/socketrecords.h"

#include <algorithm>
#include <string>

#include "agent/collect/kernel/dnsquestion.h"
#include "agent/collect/kernel/recordview.h"
#include "bpf/include/tapio_records.h"

namespace tapio::agent {

namespace {

// RFC 1035 section 4.1.1
constexpr unsigned truncatedFlag = 0x0200;
constexpr unsigned responseCodeMask = 0x000f;

static_assert(DnsQuestion::mostNameBytes <= wire::DnsQuery::nameBytes);

wire::SocketAddress address(const std::uint8_t (&bytes)[16], std::uint16_t port)
{
    wire::SocketAddress result;
    std::copy_n(bytes, result.bytes.size(), result.bytes.begin());
    result.port = port;
    return result;
}

} // namespace

Status decodeDns(std::span<const std::byte> bytes, wire::Event &event)
{
    const auto record = recordView<tapio_dns>(bytes);
    if (!record)
        return fail(record.error());
    if (record->question_len > TAPIO_DNS_QUESTION_LEN)
        return fail(Errc::Malformed, "a record with a question longer than fits");
    auto question = decodeDnsQuestion(std::as_bytes(std::span(record->question, record->question_len)));
    if (!question)
        return fail(question.error());

    wire::DnsQuery detail;
    detail.server = address(record->server, record->server_port);
    detail.name = std::move(question->name);
    detail.queryType = question->type;
    detail.attempts = record->attempts;
    detail.tcp = record->tcp != 0;
    detail.outcome = record->answered != 0 ? wire::DnsOutcome::Answered : wire::DnsOutcome::TimedOut;
    if (record->answered != 0) {
        detail.latencyNs = record->latency_ns;
        detail.responseCode = record->flags & responseCodeMask;
        detail.truncated = (record->flags & truncatedFlag) != 0;
        detail.answers = record->answers;
    }
    event.type = wire::EventType::DnsQuery;
    event.detail = std::move(detail);
    return {};
}

} // namespace tapio::agent
