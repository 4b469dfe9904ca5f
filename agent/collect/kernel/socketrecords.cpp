// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/collect/kernel/socketrecords.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "agent/collect/kernel/dnsquestion.h"
#include "agent/collect/kernel/httphead.h"
#include "agent/collect/kernel/httproute.h"
#include "agent/collect/kernel/recordview.h"
#include "bpf/include/tapio_records.h"

namespace tapio::agent {

namespace {

// RFC 1035 section 4.1.1
constexpr unsigned truncatedFlag = 0x0200;
constexpr unsigned responseCodeMask = 0x000f;

static_assert(DnsQuestion::mostNameBytes <= wire::DnsQuery::nameBytes);
static_assert(HttpRequestHead::mostMethodBytes <= wire::HttpTexts::methodBytes);
static_assert(HttpRequestHead::mostTargetBytes <= wire::HttpTexts::targetBytes);
static_assert(HttpRequestHead::mostHostBytes <= wire::HttpTexts::hostBytes);
static_assert(mostRouteBytes <= wire::HttpTexts::routeBytes);

wire::SocketAddress address(const std::uint8_t (&bytes)[16], std::uint16_t port)
{
    wire::SocketAddress result;
    std::copy_n(bytes, result.bytes.size(), result.bytes.begin());
    result.port = port;
    return result;
}

} // namespace

Status decodeDns(std::span<const std::byte> bytes, KernelRecord &to)
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
    to.event.type = wire::EventType::DnsQuery;
    to.event.detail = std::move(detail);
    return {};
}

Status decodeHttp(std::span<const std::byte> bytes, KernelRecord &to)
{
    const auto record = recordView<tapio_http>(bytes);
    if (!record)
        return fail(record.error());
    if (record->request_len > TAPIO_HTTP_HEAD_LEN || record->response_len > TAPIO_HTTP_HEAD_LEN)
        return fail(Errc::Malformed, "a record with more of a request or an answer than fits");
    if (record->direction != TAPIO_OUTBOUND && record->direction != TAPIO_INBOUND)
        return fail(Errc::Malformed, "a record with direction " + std::to_string(record->direction));
    auto request = parseHttpRequest(std::string_view(record->request, record->request_len));
    if (!request)
        return fail(request.error());

    wire::HttpRequest detail;
    detail.local = address(record->ends.local, record->ends.local_port);
    detail.remote = address(record->ends.remote, record->ends.remote_port);
    detail.direction = static_cast<wire::TcpDirection>(record->direction);
    detail.pipelined = record->pipelined != 0;
    detail.latencyNs = record->latency_ns;
    detail.requestBytes = record->request_bytes;
    detail.aborted = record->response_len == 0;
    if (!detail.aborted) {
        const auto answer = parseHttpAnswer(std::string_view(record->response, record->response_len), request->method);
        if (!answer)
            return fail(answer.error());
        detail.status = answer->status;
        detail.responseBytes = answer->bytes;
    }
    std::string route = routeTemplate(request->method, request->target);
    detail.texts = wire::HttpTexts{std::move(request->method), std::move(request->target), std::move(route), std::move(request->host)};
    to.event.type = wire::EventType::HttpRequest;
    to.event.detail = std::move(detail);
    return {};
}

Status decodeHttps(std::span<const std::byte> bytes, KernelRecord &to)
{
    if (Status status = decodeHttp(bytes, to); !status)
        return status;
    std::get<wire::HttpRequest>(to.event.detail).tls = true;
    return {};
}

Status decodeTls(std::span<const std::byte> bytes, KernelRecord &to)
{
    const auto record = recordView<tapio_tls>(bytes);
    if (!record)
        return fail(record.error());
    if (record->direction != TAPIO_OUTBOUND && record->direction != TAPIO_INBOUND)
        return fail(Errc::Malformed, "a record with direction " + std::to_string(record->direction));
    to.event.type = wire::EventType::TlsFailure;
    to.event.detail =
        wire::TlsFailure{address(record->ends.local, record->ends.local_port), address(record->ends.remote, record->ends.remote_port),
                         static_cast<wire::TcpDirection>(record->direction), record->alert, record->sent != 0};
    return {};
}

} // namespace tapio::agent
