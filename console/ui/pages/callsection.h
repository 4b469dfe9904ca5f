// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "console/ui/models/callsmodel.h"
#include "console/ui/widgets/panelframe.h"
#include "console/ui/widgets/timedisplay.h"
#include "protocol/wire/insight.h"

class QLabel;
class QScrollArea;
class QVBoxLayout;

namespace tapio::console {

class CallMapView;
class TableView;

/// The part of an insight's detail that shows who calls whom around it, as a map and as a table, or says why there is none. GUI thread.
class CallSection : public PanelFrame {
    Q_OBJECT
public:
    CallSection(Look look, const TimeDisplay &time, QWidget *parent = nullptr);

    void setLoading();
    void setFailed(const QString &error);
    void setGraph(const CallGraph &graph, const wire::Insight &insight);

    CallMapView &view() const { return *m_view; }
    TableView &table() const { return *m_table; }
    const CallsModel &calls() const { return m_calls; }
    const CallGraph &graph() const { return m_graph; } ///< that is shown
    QString words() const;                             ///< the message, or what stands beside the title

signals:
    void chosen(const tapio::console::CallParty &party);

private:
    void showMessage(const QString &text);
    QString hint(const CallMap &map) const;
    QString nothing(const CallMap &map) const;
    void refresh();
    void fitTable();
    void restyle();

    Look m_look;
    const TimeDisplay &m_time;
    CallGraph m_graph;
    CallMap m_map;
    CallsModel m_calls;
    bool m_hasGraph = false;
    QLabel *m_title = nullptr, *m_hint = nullptr, *m_message = nullptr;
    QScrollArea *m_scroll = nullptr;
    CallMapView *m_view = nullptr;
    TableView *m_table = nullptr;
    QVBoxLayout *m_column = nullptr;
};

} // namespace tapio::console
