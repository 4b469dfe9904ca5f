// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include "console/core/promql/completion.h"

using namespace tapio::promql;
using What = CompletionPlace::What;

class TestCompletion : public QObject {
    Q_OBJECT

private slots:
    void place_isWhereTheCursorIs_data()
    {
        QTest::addColumn<QString>("query"); // "|" is the cursor
        QTest::addColumn<int>("what");
        QTest::addColumn<QString>("word");
        const auto row = [](const char *query, What what, const char *word = "") {
            QTest::newRow(query) << query << static_cast<int>(what) << word;
        };

        row("|", What::Expression);
        row("ra|", What::Expression, "ra");
        row("sum(ra|te(x[5m]))", What::Expression, "rate");
        row("sum by|", What::Expression, "by");
        row("sum by (|", What::Label);
        row("sum by (pod, na|mespace) (x)", What::Label, "namespace");
        row("sum without(po|", What::Label, "po");
        row("a + on (no|", What::Label, "no");
        row("sum (po|", What::Expression, "po");
        row("up{|", What::Label);
        row("up{po|", What::Label, "po");
        row("up{pod=|", What::Nothing);
        row("up{pod=\"a|", What::Nothing);
        row("up{pod=\"a\\\"{|", What::Nothing);
        row("up{pod=\"a\", n|", What::Label, "n");
        row("up{pod=\"a\"|", What::Nothing);
        row("up{pod |", What::Nothing);
        row("up{pod=~'(a,'} / cou|", What::Expression, "cou");
        row("rate(x[|", What::Duration);
        row("rate(x[5|m])", What::Duration, "5m");
        row("rate(x[5m]) + 1|", What::Nothing);
        row("# ra|", What::Nothing);
        row("# ra\nra|", What::Expression, "ra");
        row("`a\\`, ra|", What::Expression, "ra");
        row(")}]ra|", What::Expression, "ra");
        row("container:cpu|", What::Expression, "container:cpu");
    }
    void place_isWhereTheCursorIs()
    {
        QFETCH(const QString, query);
        QFETCH(const int, what);
        QFETCH(const QString, word);
        const auto cursor = static_cast<std::size_t>(query.indexOf('|'));
        const std::string text = QString(query).remove('|').toStdString();
        const CompletionPlace place = completionPlace(text, cursor);
        QCOMPARE(static_cast<int>(place.what), what);
        QVERIFY(place.word.from <= place.word.to && place.word.to <= text.size());
        QCOMPARE(QString::fromStdString(text.substr(place.word.from, place.word.to - place.word.from)), word);
    }

    void place_isFoundWhateverIsWritten()
    {
        const std::string signs = "a0_ \n(){}[]\"'`\\#,=";
        for (unsigned seed = 0; seed < 2000; ++seed) {
            std::string query;
            for (unsigned i = 0, state = seed * 2654435761u + 1; i < 24; ++i, state = state * 1664525u + 1013904223u)
                query += signs[(state >> 16) % signs.size()];
            for (std::size_t cursor = 0; cursor <= query.size() + 1; ++cursor) {
                const CompletionPlace place = completionPlace(query, cursor);
                QVERIFY(place.word.from <= place.word.to && place.word.to <= query.size());
            }
        }
    }

    void words_areSortedAndOfTheSubset()
    {
        const std::vector<std::string> words = queryWords();
        QVERIFY(std::is_sorted(words.begin(), words.end()));
        QCOMPARE(std::adjacent_find(words.begin(), words.end()), words.end());
        for (const char *word : {"rate(", "sum(", "topk(", "by (", "offset", "quantile("})
            QVERIFY2(std::find(words.begin(), words.end(), word) != words.end(), word);
        QVERIFY(std::find(words.begin(), words.end(), "histogram_fraction(") == words.end());
    }
};

QTEST_APPLESS_MAIN(TestCompletion)
#include "tst_completion.moc"
