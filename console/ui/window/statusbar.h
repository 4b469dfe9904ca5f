// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QTimer>
#include <QWidget>

#include <vector>

#include "console/ui/window/statusitems.h"

namespace tapio::console {

class StatusButton;

/// The 24 px foot: state of link, agents, loss, overhead, clocks and store as buttons, and the clock with its zone.
class StatusBar : public QWidget {
    Q_OBJECT
public:
    explicit StatusBar(UiContext context, QWidget *parent = nullptr);
    /// One sentence in place of the items for a few seconds; what is alarming stays.
    void notify(const QString &sentence);
    void refresh();
    QStringList shownKeys() const; ///< of the items that have room

signals:
    void activated(tapio::console::PageId page, const QString &argument);

protected:
    void paintEvent(QPaintEvent *event) override;
    void resizeEvent(QResizeEvent *event) override;
    void showEvent(QShowEvent *event) override;

private:
    void arrange();
    int clockWidth() const;
    int noticeWidth() const; ///< that the whole sentence takes
    /// Places in m_items, the most important first.
    std::vector<std::size_t> byImportance() const;

    UiContext m_context;
    std::vector<StatusItem> m_items;
    std::vector<StatusButton *> m_buttons;
    QTimer m_tick, m_noticeEnd;
    QString m_notice;
    int m_itemsEnd = 0; ///< where the notice begins
};

} // namespace tapio::console
