// SPDX-License-Identifier: GPL-3.0-or-later
// What a server sees of who asks, and what who asks is told of servers that do not do as they should. Over TLS, what agents need of it is in
// tst_kubesource.
#include <QtTest>

#include "protocol/http/client.h"
#include "tests/support/elsewhere.h"
#include "tests/support/fakehttps.h"

using namespace tapio;
using namespace tapio::test;

namespace {

struct Got {
    Result<http::Answer> answer = fail(Errc::Internal, "not asked");
    std::string body;
};

Got ask(const http::Target &target, const http::Request &request)
{
    return elsewhere([&] {
        Got got;
        auto client = http::Client::open(target);
        if (!client) {
            got.answer = fail(client.error());
            return got;
        }
        got.answer = (*client)->ask(request,
                                    [&got](int, std::string_view piece) {
                                        got.body.append(piece);
                                        return true;
                                    },
                                    {});
        return got;
    });
}

http::Request plain()
{
    http::Request request;
    request.path = "/api";
    request.mostBytes = 1000;
    return request;
}

} // namespace

class TestHttpClient : public QObject {
    Q_OBJECT

    HttpsPki m_pki;
    http::Target target(const FakeHttps &server, bool isTls = true) const
    {
        return {"localhost", server.port(), isTls ? m_pki.certificate().toStdString() : std::string(), {}, {}, isTls};
    }

private slots:
    void initTestCase() { QVERIFY(m_pki.made()); }

    void clearText_isSpokenWhereItIsWanted()
    {
        FakeHttps server;
        server.answer = [](const FakeHttps::Request &) { return FakeHttps::whole("well"); };
        const Got got = ask(target(server, false), plain());
        QVERIFY2(got.answer, got.answer ? "" : got.answer.error().message().c_str());
        QCOMPARE(got.answer->status, 200);
        QCOMPARE(got.body, std::string("well"));
        QCOMPARE(server.requests.value(0).target, QByteArray("/api"));
        QCOMPARE(server.requests.value(0).authorization, QByteArray());
    }

    void clearText_isNoTls()
    {
        FakeHttps server;
        http::Request request = plain();
        request.longest = std::chrono::milliseconds(500);
        QVERIFY(!ask(target(server, true), request).answer);
        QVERIFY(server.requests.isEmpty());
    }

    void form_isSentWhole()
    {
        FakeHttps server(m_pki);
        server.answer = [](const FakeHttps::Request &) { return FakeHttps::whole("well"); };
        http::Request request = plain();
        request.form = "query=" + std::string(100'000, 'x') + "&b=2";
        const Got got = ask(target(server), request);
        QVERIFY2(got.answer, got.answer ? "" : got.answer.error().message().c_str());
        QCOMPARE(server.requests.size(), 1);
        QCOMPARE(server.requests[0].body.toStdString(), request.form);
        QCOMPARE(server.requests[0].field("b"), QByteArray("2"));
    }

    void credentials_areSentAsWanted()
    {
        FakeHttps server(m_pki);
        server.answer = [](const FakeHttps::Request &) { return FakeHttps::whole("well"); };
        http::Request request = plain();
        request.user = "someone";
        request.password = "a:b c";
        QVERIFY(ask(target(server), request).answer);
        QCOMPARE(server.requests.value(0).authorization, QByteArray("Basic ") + QByteArray("someone:a:b c").toBase64());
        request = plain();
        request.bearer = "abc.def";
        QVERIFY(ask(target(server), request).answer);
        QCOMPARE(server.requests.value(1).authorization, QByteArray("Bearer abc.def"));
    }

    void redirect_isNotFollowed()
    {
        FakeHttps server(m_pki);
        server.answer = [&server](const FakeHttps::Request &) {
            FakeHttps::Reply reply = FakeHttps::whole("", 302);
            reply.headers = {"Location: https://localhost:" + QByteArray::number(server.port()) + "/elsewhere"};
            return reply;
        };
        const Got got = ask(target(server), plain());
        QVERIFY(got.answer);
        QCOMPARE(got.answer->status, 302);
        QCOMPARE(server.requests.size(), 1);
    }

    void expiredCertificate_isSaid()
    {
        const HttpsPki expired("DNS:localhost", -1);
        QVERIFY(expired.made());
        FakeHttps server(expired);
        const Got got = ask({"localhost", server.port(), expired.certificate().toStdString(), {}, {}}, plain());
        QVERIFY(!got.answer);
        QCOMPARE(got.answer.error().code(), Errc::Refused);
        QVERIFY2(got.answer.error().context().find("certificate has expired") != std::string::npos, got.answer.error().context().c_str());
    }

    void tooLong_isRefused()
    {
        FakeHttps server(m_pki);
        server.answer = [](const FakeHttps::Request &) { return FakeHttps::whole(QByteArray(1001, 'x')); };
        const Got got = ask(target(server), plain());
        QVERIFY(!got.answer);
        QCOMPARE(got.answer.error().code(), Errc::Malformed);
    }

    void nobody_isSaid()
    {
        http::Target nobody{"127.0.0.1", 1, {}, {}, {}, false};
        const Got got = ask(nobody, plain());
        QVERIFY(!got.answer);
        QCOMPARE(got.answer.error().code(), Errc::Disconnected);
        QVERIFY2(got.answer.error().context().find("http://127.0.0.1:1") == 0, got.answer.error().context().c_str());
    }
};

QTEST_GUILESS_MAIN(TestHttpClient)
#include "tst_httpclient.moc"
