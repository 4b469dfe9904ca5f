// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QPointer>

#include "console/ui/window/overlaypanel.h"
#include "console/ui/window/paletteentries.h"

class QLineEdit;
class QLabel;
class QListView;

namespace tapio::console {

class PaletteModel;

/// Ctrl+K: type, choose with the arrows, Enter. A child of the window, above everything but dialogs.
class CommandPalette : public OverlayPanel {
    Q_OBJECT
public:
    CommandPalette(Look look, QWidget *window);

    void open(std::vector<PaletteEntry> entries);
    void close();
    void place(); ///< after the window was resized

signals:
    void ran(const QString &text); ///< an entry was chosen; for "recently used"

protected:
    bool eventFilter(QObject *object, QEvent *event) override;
    void resizeEvent(QResizeEvent *event) override;

private:
    void search();
    void run();
    void restyle();

    QLineEdit *m_edit;
    QListView *m_list;
    QLabel *m_hint;
    PaletteModel *m_model;
    QPointer<QWidget> m_focusBefore;
};

} // namespace tapio::console
