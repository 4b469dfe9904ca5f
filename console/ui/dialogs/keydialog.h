// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QDialog>
#include <QKeySequence>

#include "console/ui/pages/page.h"

class QKeySequenceEdit;
class QLabel;
class QPushButton;

namespace tapio::console {

/// Records a key or a sequence of keys for one action and says at once when another action has it.
class KeyDialog : public QDialog {
    Q_OBJECT
public:
    KeyDialog(UiContext context, const QString &actionId, QWidget *parent);

private:
    void apply();

    UiContext m_context;
    QString m_id;
    QKeySequenceEdit *m_edit;
    QLabel *m_problem;
};

} // namespace tapio::console
