// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QTimer>
#include <QWidget>

#include "console/ui/models/insightfilter.h"
#include "console/ui/pages/page.h"

class QHBoxLayout;
class QLineEdit;

namespace tapio::console {

class BarButton;

/// The filter and the order of the insights page. GUI thread.
class InsightFilterBar : public QWidget {
    Q_OBJECT
public:
    explicit InsightFilterBar(UiContext context, QWidget *parent = nullptr);

    InsightFilter filter() const;
    void setFilter(const InsightFilter &filter);
    InsightOrder order() const { return m_order; }
    void setOrder(InsightOrder order);
    /// What the rule's menu offers.
    void setRules(const std::vector<std::string> &rules) { m_rules = rules; }
    void clear() { setFilter({}); }
    QLineEdit *textField() const { return m_text; }
    void addRight(QWidget *widget);

signals:
    void filterChanged();
    void orderChanged();

private:
    template <typename Value> void choose(BarButton &under, const std::vector<std::pair<QString, Value>> &choices, Value &chosen);
    void refresh();
    void changed();

    UiContext m_context;
    InsightFilter m_filter; ///< without the text, which stands in its field
    InsightOrder m_order = InsightOrder::Newest;
    std::vector<std::string> m_rules;
    QTimer m_typed;
    QHBoxLayout *m_row;
    QLineEdit *m_text;
    BarButton *m_state, *m_severity, *m_rule, *m_verdict, *m_clear, *m_sort;
};

} // namespace tapio::console
