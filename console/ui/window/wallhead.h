// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QTimer>
#include <QWidget>

#include "console/ui/pages/page.h"

namespace tapio::console {

class Wallboard;

/// The line above a page on a wall: what it is, of which range, and which of how many. GUI thread.
class WallHead : public QWidget {
    Q_OBJECT
public:
    static constexpr int designHeight = 40;

    /// `board` outlives it.
    WallHead(const UiContext &context, const Wallboard &board, QWidget *parent = nullptr);

    QString left() const;  ///< "Infrastructure"
    QString right() const; ///< "Live - 2 of 6"
    void refresh();        ///< the range changed, or was paused
    /// Says for a while how one gets out of it.
    void showKeys();

protected:
    void paintEvent(QPaintEvent *event) override;

private:
    UiContext m_context;
    const Wallboard &m_board;
    QTimer m_keysEnd;
};

} // namespace tapio::console
