// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QtTest>

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/transport/endpoint.h"
#include "tests/support/testpki.h"

namespace tapio::test {

using namespace transport;
using namespace std::chrono_literals;

inline Bytes bytes(std::string_view text)
{
    const auto *data = reinterpret_cast<const std::byte *>(text.data());
    return Bytes(data, data + text.size());
}

inline std::string text(const Bytes &bytes) { return {reinterpret_cast<const char *>(bytes.data()), bytes.size()}; }

inline bool has(const std::vector<Notice> &notices, NoticeKind kind, const std::string &code)
{
    return std::any_of(notices.begin(), notices.end(), [&](const Notice &n) { return n.kind == kind && n.code == code; });
}

/// The machine's clocks, set forward at will.
class ShiftedClock final : public Clock {
public:
    std::int64_t utcNs() const noexcept override { return m_real.utcNs() + m_shiftNs; }
    std::int64_t bootNs() const noexcept override { return m_real.bootNs() + m_shiftNs; }
    void advance(std::chrono::nanoseconds by) { m_shiftNs += by.count(); }

private:
    SystemClock m_real;
    std::atomic<std::int64_t> m_shiftNs{0};
};

/// Endpoints with certificates of one authority, and bounded waits on them. Aborts when an endpoint cannot be opened.
class EndpointsFixture {
protected:
    TestPki m_pki;
    SystemClock m_clock;

    std::unique_ptr<ServerEndpoint> openServer(ServerOptions options = {}, const Clock *clock = nullptr);
    std::unique_ptr<ClientEndpoint> openClient(std::uint16_t port, TlsFiles files, ClientOptions options = {},
                                               const Clock *clock = nullptr);
    static bool waitPhase(ClientEndpoint &client, LinkPhase phase);
    static std::optional<Incoming> nextMessage(ServerEndpoint &server);
    static std::optional<Bytes> nextMessage(ClientEndpoint &client);
    template <typename Endpoint> static std::vector<Notice> noticesUntil(Endpoint &endpoint, NoticeKind kind, const std::string &code);
};

template <typename Endpoint>
std::vector<Notice> EndpointsFixture::noticesUntil(Endpoint &endpoint, NoticeKind kind, const std::string &code)
{
    std::vector<Notice> all;
    static_cast<void>(QTest::qWaitFor(
        [&] {
            static_cast<void>(endpoint.receive(5ms));
            for (Notice &notice : endpoint.takeNotices())
                all.push_back(std::move(notice));
            return has(all, kind, code);
        },
        15'000));
    return all;
}

} // namespace tapio::test
