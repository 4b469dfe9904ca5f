// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QCoreApplication>
#include <QString>
#include <QStringList>

#include <optional>

#include "console/core/metrics/panel.h"
#include "console/ui/widgets/format.h"

namespace tapio::console {

/// What a person can do about a missing figure.
enum class Remedy { None, OpenConnections, WidenRange, CopyDetail, CancelReading, ShowAll };

/// Every word of the panels: the core's keys turned into translated sentences. A key that is not known here is shown as
/// words of its own ("queue-high" reads "queue high"), never dropped. Pure functions; any thread.
class PanelText {
    Q_DECLARE_TR_FUNCTIONS(tapio::console::PanelText)
public:
    static QString title(PanelId id);
    static QString groupTitle(std::size_t group);
    static QString groupSentence(const GroupSummary &summary);
    /// "node-a", "namespace shop", "namespace shop on node-a".
    static QString scope(const Scope &scope);

    struct Headline {
        Quantity value;
        QString qualifier; ///< "p99", "of limit", "of 418 running"
    };
    /// Nothing when there is no figure. The qualifier says when it is of all nodes or namespaces although one was chosen.
    static std::optional<Headline> headline(const PanelSnapshot &panel);
    /// Named numbers beside the headline, the most telling first: as many are shown as there is room for.
    static QStringList sideFacts(const PanelSnapshot &panel);
    /// "oldest 0.4 s", "throttled 8 % (shop/checkout)".
    static QString fact(const Fact &fact);
    /// "Oldest waiting event", for tables: the value stands in its own column.
    static QString factName(const Fact &fact);

    static QString series(const PlotSeries &series);
    /// "alert above 80 %", "scale up 1 000".
    static QString threshold(const Threshold &threshold);
    /// "alert when above 80 % for 15 min".
    static QString thresholdSentence(const Threshold &threshold);
    /// How a scaling rule stands: "holds", "not now", "holds for 23 min of 1 h", "not enough history: 15 min of 1 h".
    static QString check(const ThresholdCheck &check);
    /// Which threshold is past and whose: "shop/checkout: 91.0 %; alert above 80 % for 15 min".
    static QString breach(const Breach &breach);
    /// What is past its bound and not yet for long enough: "CPU usage past 80 % for 4 of 15 min (node-a)".
    static QString pending(const Breach &breach);
    /// What a partial figure is without: silent nodes, series that did not fit.
    static QStringList without(const PanelSnapshot &panel);
    static QString upwards();
    static QString downwards();
    static QString lossCause(const std::string &counter);
    static QString podState(const std::string &state); ///< "OOM-killed"
    static QString podCount(const std::string &state); ///< the same in a count over its window: "OOM in 1 h"
    static QString interval(const std::string &key);
    static QString nodeState(NodeCell::State state);
    /// "rising", "falling", "steady"; empty when five minutes of it are not there.
    static QString trend(const PanelSnapshot &panel);

    struct Reason {
        QString sentence; ///< "No agent has connected yet"
        QString missing;  ///< "12 of 20 verdicts", or empty
        Remedy remedy = Remedy::None;
        QString action; ///< the button's verb, empty without a remedy
    };
    static Reason noData(const PanelSnapshot &panel);
    static QString formula(const PanelSnapshot &panel);

    /// What is drawn of what, when not everything is: "50 of 4,812 series, by maximum; the sum is exact".
    static QString tooMuch(const PanelSnapshot &panel);
    /// "50 of 4,812 series"
    static QString tooMuchShort(const PanelSnapshot &panel);
    /// "Event queue depth, 312 events, falling".
    static QString accessibleName(const PanelSnapshot &panel);

private:
    static QString unknownKey(const std::string &key);
    static QString missingNodes(const GroupSummary &summary);
    static QString formulaSentence(const PanelSnapshot &panel);
    /// What a lost sample means for a panel made of samples, which draws no loss bands.
    static QString sampleSentence(PanelId id);
};

/// How many events of the plotted range were lost, of how many; nothing when none was.
struct LossTotal {
    std::uint64_t lost = 0, of = 0;
    std::optional<double> percent() const
    {
        return of > 0 ? std::optional(100. * static_cast<double>(lost) / static_cast<double>(of)) : std::nullopt;
    }
};
std::optional<LossTotal> lossTotal(const PanelSnapshot &panel);

} // namespace tapio::console
