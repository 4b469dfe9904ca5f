// SPDX-License-Identifier: GPL-3.0-or-later
// What details share: texts that are made to fit, the table of fields, and the box of a large part.
#include <QSet>
#include <QtTest>

#include <fstream>
#include <set>
#include <string>

#include "protocol/wire/codec.h"
#include "protocol/wire/detailfields.h"
#include "protocol/wire/footprint.h"
#include "protocol/wire/text.h"
#include "tests/wire/examples.h"

using namespace tapio;
using namespace tapio::wire;

namespace {

/// Fills every text of a detail with bytes that are no text, and more of them than fit.
struct Spoiler {
    template <typename T> void operator()(const Field &, T &) const {}
    void operator()(const Field &, std::string &text) const { text.assign(5000, '\xFF'); }
    void operator()(const Field &field, std::vector<std::string> &texts) const
    {
        if (field.maxItems != 0)
            texts.assign(100, std::string(5000, '\xFF'));
    }
    void operator()(const Field &, std::vector<std::byte> &bytes) const { bytes.resize(5000); }
};

struct Checker {
    bool &fits;

    template <typename T> void operator()(const Field &, const T &) const {}
    void operator()(const Field &field, const std::string &text) const
    {
        fits = fits && isValidUtf8(text) && text.size() <= field.maxBytes && text.size() + 3 > field.maxBytes;
    }
    void operator()(const Field &field, const std::vector<std::string> &texts) const
    {
        fits = fits && (field.maxItems == 0 || texts.size() == field.maxItems);
        if (field.maxItems != 0) {
            for (const std::string &text : texts)
                (*this)(field, text);
        }
    }
    void operator()(const Field &field, const std::vector<std::byte> &bytes) const { fits = fits && bytes.size() == field.maxBytes; }
};

Message messageOf(const Detail &detail)
{
    Event event;
    event.detail = detail;
    return Frame{1, 1, 1, EventBatch{1, {Origin()}, {event}, {}}};
}

std::vector<Detail> everyDetail()
{
    std::vector<Detail> all;
    for (const Frame &frame : {examples::eventFrame(), examples::detailFrame(), examples::resourceFrame(), examples::insightFrame(),
                               examples::kubernetesFrame(), examples::tlsFrame(), examples::nodesFrame()}) {
        for (const Event &event : std::get<EventBatch>(frame.body).events)
            all.push_back(event.detail);
    }
    return all;
}

} // namespace

class TestDetails : public QObject {
    Q_OBJECT
private slots:
    void examples_haveEveryKind()
    {
        QSet<std::size_t> kinds;
        for (const Detail &detail : everyDetail())
            kinds.insert(detail.index());
        QCOMPARE(static_cast<std::size_t>(kinds.size()), std::variant_size_v<Detail>);
    }

    void fitTexts_makesWhatEncodeTakes()
    {
        for (Detail detail : everyDetail()) {
            std::visit([](auto &value) { visitFields(value, Spoiler()); }, detail);
            fitTexts(detail);
            bool fits = true;
            std::visit([&](const auto &value) { visitFields(value, Checker{fits}); }, detail);
            QVERIFY2(fits, qPrintable(QString::number(detail.index())));
            const auto bytes = encode(messageOf(detail));
            QVERIFY2(bytes, bytes ? "" : bytes.error().message().c_str());
            const auto back = decode(*bytes);
            QVERIFY(back && *back == messageOf(detail));
        }
    }

    void fitTexts_leavesWhatFits()
    {
        for (const Detail &detail : everyDetail()) {
            Detail fitted = detail;
            fitTexts(fitted);
            QVERIFY(fitted == detail);
        }
        Detail http = HttpRequest();
        fitTexts(http);
        QVERIFY(!std::get<HttpRequest>(http).texts.isHeld());
        Detail insight = Boxed<Insight>();
        fitTexts(insight);
        QVERIFY(!std::get<Boxed<Insight>>(insight).isHeld());
        Detail fact = Boxed<KubernetesFact>();
        fitTexts(fact);
        QVERIFY(!std::get<Boxed<KubernetesFact>>(fact).isHeld());
    }

    void fitTexts_keepsTheFirstOfAList()
    {
        Insight insight;
        for (int i = 0; i < 30; ++i)
            insight.evidence.push_back("line " + std::to_string(i));
        Detail detail = insight;
        fitTexts(detail);
        insight.evidence.resize(Insight::mostEvidence);
        QVERIFY(*insightOf(detail) == insight);
    }

    void insightOf_isNothingOfAnotherType()
    {
        QVERIFY(insightOf(KernelLog()) == nullptr);
        const Detail empty = Boxed<Insight>();
        QVERIFY(insightOf(empty) != nullptr && *insightOf(empty) == Insight());
    }

    void encode_refusesATextThatDoesNotFit()
    {
        const auto bytes = encode(messageOf(KernelLog{3, 0, 1, std::string(3001, 'x')}));
        QVERIFY(!bytes);
        QCOMPARE(bytes.error().code(), Errc::InvalidArgument);
    }

    void encode_refusesAnInsightThatDoesNotFit_data()
    {
        QTest::addColumn<QString>("named");
        QTest::newRow("a list that is too long") << "list of 17 exceeds affected";
        QTest::newRow("too many owners") << "list of 17 exceeds owners";
        QTest::newRow("a line that is too long") << "text of 1201 bytes exceeds contradicting";
        QTest::newRow("a rule that is too long") << "text of 145 bytes exceeds rule";
    }
    void encode_refusesAnInsightThatDoesNotFit()
    {
        QFETCH(QString, named);
        Insight insight;
        if (named.endsWith("affected"))
            insight.affected.resize(17);
        else if (named.endsWith("owners"))
            insight.owners.resize(17);
        else if (named.endsWith("contradicting"))
            insight.contradicting.emplace_back(1201, 'x');
        else
            insight.rule.assign(145, 'x');
        const auto bytes = encode(messageOf(insight));
        QVERIFY(!bytes);
        QCOMPARE(bytes.error().code(), Errc::InvalidArgument);
        QVERIFY2(bytes.error().context().find(named.toStdString()) != std::string::npos, bytes.error().context().c_str());
    }

    void fields_haveOneNameEach()
    {
        for (const Detail &detail : everyDetail()) {
            QSet<QByteArray> names;
            int count = 0;
            std::visit(
                [&](const auto &value) {
                    visitFields(value, [&](const Field &field, const auto &) {
                        names.insert(QByteArray(field.name.data(), static_cast<qsizetype>(field.name.size())));
                        ++count;
                    });
                },
                detail);
            QCOMPARE(names.size(), count);
        }
    }

    /// Stores have a column per field, by its place: what was stored before a field was added must be read after it. New ones go at the end, and
    /// then here.
    void fields_areOnlyAdded()
    {
        std::ifstream file(TAPIO_TEST_DATA "/wire/fields.txt");
        std::set<std::string> known;
        for (std::string line; std::getline(file, line);)
            known.insert(line);
        std::string others;
        for (const Detail &detail : everyDetail()) {
            std::string fields(eventTypeName(static_cast<EventType>(detail.index())));
            std::visit(
                [&](const auto &value) {
                    visitFields(value, [&](const Field &field, const auto &) { fields.append(" ").append(field.name); });
                },
                detail);
            if (!known.contains(fields))
                others.append(fields).append("\n");
        }
        QCOMPARE(QString::fromStdString(others), QString()); // as they are now
    }

    void footprint_countsEveryText()
    {
        const auto sizeOf = [](const Detail &detail) { return heapBytes(std::get<Frame>(messageOf(detail))); };
        const std::size_t empty = sizeOf(KernelLog());
        QCOMPARE(sizeOf(KernelLog{3, 0, 1, std::string(900, 'x')}), empty + 901);
        HttpRequest http;
        QCOMPARE(sizeOf(http), empty);
        http.texts->target.assign(100, 'x');
        QCOMPARE(sizeOf(http), empty + sizeof(HttpTexts) + 101);
        QCOMPARE(sizeOf(Boxed<Insight>()), empty);
        Insight insight;
        insight.evidence.emplace_back(100, 'x');
        QCOMPARE(sizeOf(insight), empty + sizeof(Insight) + sizeof(std::string) + 101);
        QCOMPARE(sizeOf(Boxed<KubernetesFact>()), empty);
        KubernetesFact fact;
        fact.message.assign(100, 'x');
        QCOMPARE(sizeOf(fact), empty + sizeof(KubernetesFact) + 101);
        QCOMPARE(sizeOf(DrillLabel{"", "", "", 0, 0, 0, std::vector<std::byte>(64)}), empty + 64);
    }

    void boxed_isAValue()
    {
        Boxed<HttpTexts> box;
        QVERIFY(std::as_const(box)->host.empty() && !box.isHeld());
        box->host = "shop";
        Boxed<HttpTexts> copy = box;
        copy->host = "other";
        QCOMPARE(std::as_const(box)->host, std::string("shop"));
        QVERIFY(copy != box);
        copy = box;
        QVERIFY(copy == box);
        copy = *&copy;
        QVERIFY(copy == box);
        const Boxed<HttpTexts> moved = std::move(copy);
        QVERIFY(moved == box);
        Boxed<HttpTexts> touched;
        touched->host.clear();
        QVERIFY(touched == Boxed<HttpTexts>()); // held or not, it says the same
        box = Boxed<HttpTexts>();
        QVERIFY(!box.isHeld());
    }
};

QTEST_APPLESS_MAIN(TestDetails)
#include "tst_details.moc"
