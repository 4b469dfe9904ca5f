// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QTimer>
#include <QWidget>

#include "console/ui/models/eventfilterinput.h"
#include "console/ui/pages/page.h"

class QLabel;
class QLineEdit;

namespace tapio::console {

class BarButton;

/// The row above the event table: types, severity, pod, pid, text, order. Node and namespace come from the context bar.
/// Says at once, in words, what is wrong with an input; filterChanged is sent only for input that is right, 250 ms after the
/// last key.
class EventFilterBar : public QWidget {
    Q_OBJECT
public:
    EventFilterBar(UiContext context, QWidget *parent = nullptr);

    EventFilterInput input() const;
    void setInput(const EventFilterInput &input);
    void clear();
    QLineEdit *textField() const { return m_text; }
    QString problem() const; ///< empty = the input is right
    void setNewestFirst(bool newestFirst);
    /// Sorted by a column rather than by time: the button of the order says so and gives the way back. Empty = by time.
    void setSortedBy(const QString &column);
    /// Buttons of the page at the right end.
    void addRight(QWidget *widget);

signals:
    void filterChanged();
    void timeOrderWanted();

private:
    void openTypes();
    void openSeverities();
    void refresh();
    void check();

    UiContext m_context;
    BarButton *m_types, *m_severity, *m_order, *m_clear;
    QLineEdit *m_text, *m_pod, *m_pid;
    QLabel *m_problem;
    QWidget *m_right;
    std::vector<wire::EventType> m_chosenTypes;
    wire::Severity m_minSeverity = wire::Severity::Debug;
    bool m_newestFirst = true;
    QString m_sortedBy;
    QTimer m_typed;
};

} // namespace tapio::console
