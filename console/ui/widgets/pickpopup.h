// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QFrame>
#include <QStringList>

#include "console/ui/widgets/look.h"

class QLineEdit;
class QListWidget;

namespace tapio::console {

/// A small pop-up under a field: type to narrow, choose one, or (with `freeText`) enter a name that is not in the list.
class PickPopup : public QFrame {
    Q_OBJECT
public:
    struct Options {
        QString placeholder;
        QString allText;   ///< the entry that clears the choice: "All nodes"
        QString emptyText; ///< when the list has no name: why
        bool freeText = false;
    };
    PickPopup(Look look, Options options, QStringList names, QString current, QWidget *parent);
    /// Shows below `anchor` and deletes itself when closed.
    void popUp(const QWidget &anchor);

signals:
    void picked(const QString &name); ///< empty = all

protected:
    bool eventFilter(QObject *object, QEvent *event) override;
    void paintEvent(QPaintEvent *event) override;

private:
    void restyle();
    void refill();
    void accept();

    Look m_look;
    Options m_options;
    QStringList m_names;
    QString m_current;
    QLineEdit *m_edit;
    QListWidget *m_list;
};

} // namespace tapio::console
