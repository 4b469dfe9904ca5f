// SPDX-License-Identifier: GPL-3.0-or-later
// Records of handshakes of TLS that failed, as the kernel's programs write them, into events.
#include <QtTest>

#include <cstring>

#include "agent/collect/kernel/recorddecoder.h"
#include "bpf/include/tapio_records.h"

using namespace tapio;

namespace {

tapio_tls makeTls()
{
    tapio_tls record{};
    record.header.kind = TAPIO_KIND_TLS;
    record.header.size = sizeof(record);
    std::strcpy(record.header.process.comm, "nginx");
    record.header.process.pid = 42;
    record.ends.local[15] = record.ends.remote[15] = 1;
    record.ends.local_port = 443;
    record.ends.remote_port = 40'000;
    record.direction = TAPIO_INBOUND;
    record.alert = 45;
    return record;
}

Result<agent::KernelRecord> decode(const tapio_tls &record, std::size_t size = sizeof(tapio_tls))
{
    return agent::decodeRecord(std::as_bytes(std::span(&record, 1)).first(size));
}

} // namespace

class tst_TlsRecord : public QObject {
    Q_OBJECT

private slots:
    void decodes();
    void ofWhoSends_isSent();
    void hostile_isRefused();
};

void tst_TlsRecord::decodes()
{
    const auto record = decode(makeTls());
    QVERIFY(record.has_value());
    QCOMPARE(record->source, "http");
    QCOMPARE(record->event.type, wire::EventType::TlsFailure);
    QCOMPARE(record->event.process.pid, 42u);
    const auto &failure = std::get<wire::TlsFailure>(record->event.detail);
    QCOMPARE(wire::toString(failure.local), "[::1]:443");
    QCOMPARE(wire::toString(failure.remote), "[::1]:40000");
    QCOMPARE(failure.direction, wire::TcpDirection::Inbound);
    QCOMPARE(failure.alert, quint8(45));
    QVERIFY(!failure.sent);
}

void tst_TlsRecord::ofWhoSends_isSent()
{
    tapio_tls seen = makeTls();
    seen.sent = 1;
    seen.direction = TAPIO_OUTBOUND;
    const auto record = decode(seen);
    QVERIFY(record.has_value());
    QVERIFY(std::get<wire::TlsFailure>(record->event.detail).sent);
    QCOMPARE(std::get<wire::TlsFailure>(record->event.detail).direction, wire::TcpDirection::Outbound);
}

void tst_TlsRecord::hostile_isRefused()
{
    for (const __u8 direction : {0, 3, 255}) {
        tapio_tls seen = makeTls();
        seen.direction = direction;
        QVERIFY(!decode(seen));
    }
    QVERIFY(!decode(makeTls(), sizeof(tapio_tls) - 8));
    tapio_tls shorter = makeTls();
    shorter.header.size = sizeof(tapio_tls) - 8;
    QVERIFY(!decode(shorter, sizeof(tapio_tls) - 8));
    tapio_tls unterminated = makeTls();
    std::memset(unterminated.header.process.comm, 'x', sizeof(unterminated.header.process.comm));
    QVERIFY(!decode(unterminated));
}

QTEST_GUILESS_MAIN(tst_TlsRecord)
#include "tst_tlsrecord.moc"
