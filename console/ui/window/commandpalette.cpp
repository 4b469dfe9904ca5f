// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/ui/window/commandpalette.h"

#include <QApplication>
#include <QKeyEvent>
#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <QVBoxLayout>

#include "console/ui/widgets/focusring.h"
#include "console/ui/window/palettemodel.h"

namespace tapio::console {

namespace {
constexpr int designWidth = 640, shownRows = 10;
}

CommandPalette::CommandPalette(Look look, QWidget *window)
    : OverlayPanel(look, window), m_edit(new QLineEdit), m_list(new QListView), m_hint(new QLabel), m_model(new PaletteModel(this))
{
    setAccessibleName(tr("Command palette"));
    m_edit->setProperty("kind", "bare");
    m_edit->setProperty(FocusRing::ownFocusProperty, true);
    m_edit->setPlaceholderText(tr("Pages, commands, times, nodes, pods \u00b7 > commands \u00b7 @ nodes and pods \u00b7 ? help"));
    m_edit->setAccessibleName(tr("Search or run a command"));
    m_edit->installEventFilter(this);
    m_list->setModel(m_model);
    m_list->setItemDelegate(new PaletteDelegate(look, m_list));
    m_list->setUniformItemSizes(true);
    m_list->setFocusPolicy(Qt::NoFocus);
    m_list->setFrameShape(QFrame::NoFrame);
    m_list->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_list->viewport()->setAutoFillBackground(false); // its ground is the panel's
    m_hint->setTextFormat(Qt::PlainText);
    m_hint->setForegroundRole(QPalette::PlaceholderText);
    auto *column = new QVBoxLayout(this);
    column->addWidget(m_edit);
    column->addWidget(m_list, 1);
    column->addWidget(m_hint);
    connect(m_edit, &QLineEdit::textChanged, this, &CommandPalette::search);
    // The focus stays in the field: a screen reader hears of the chosen row by it.
    connect(m_list->selectionModel(), &QItemSelectionModel::currentChanged, this,
            [this](const QModelIndex &current) { m_edit->setAccessibleDescription(current.data(Qt::AccessibleTextRole).toString()); });
    connect(m_list, &QListView::clicked, this, &CommandPalette::run);
    connect(&look.themes, &ThemeStore::themeChanged, this, &CommandPalette::restyle);
    restyle();
}

void CommandPalette::restyle()
{
    const Theme &t = look().theme();
    const int edge = shadow();
    layout()->setContentsMargins(edge + 1, edge + t.px(8), edge + 1, edge + t.px(8));
    layout()->setSpacing(t.px(4));
    m_edit->setFont(t.font(FontRole::PageTitle, QFont::Normal));
    m_edit->setTextMargins(t.px(16), t.px(4), t.px(16), t.px(4));
    m_hint->setFont(t.font(FontRole::Label));
    m_hint->setContentsMargins(t.px(16), t.px(4), t.px(16), 0);
    place();
}

void CommandPalette::open(std::vector<PaletteEntry> entries)
{
    if (!isVisible())
        m_focusBefore = QApplication::focusWidget();
    m_model->setEntries(std::move(entries));
    m_edit->clear();
    search();
    show();
    raise();
    m_edit->setFocus(Qt::ShortcutFocusReason);
}

void CommandPalette::close()
{
    if (!isVisible())
        return;
    hide();
    if (m_focusBefore && m_focusBefore->isVisible())
        m_focusBefore->setFocus(Qt::OtherFocusReason);
    else
        parentWidget()->setFocus(Qt::OtherFocusReason);
}

void CommandPalette::search()
{
    m_model->search(m_edit->text());
    const int rows = m_model->rowCount();
    m_list->setCurrentIndex(m_model->index(0, 0));
    m_hint->setText(rows == 0 ? tr("Nothing matches \u201c%1\u201d").arg(m_edit->text())
                              : tr("%n match(es) \u00b7 Enter runs \u00b7 Esc closes", nullptr, rows));
    place();
}

void CommandPalette::place()
{
    const Theme &t = look().theme();
    const int rows = std::clamp(m_model->rowCount(), 1, shownRows);
    m_list->setFixedHeight(rows * t.px(32));
    const int width = std::min(t.px(designWidth) + 2 * shadow(), parentWidget()->width() - t.px(16));
    layout()->activate();
    resize(width, layout()->sizeHint().height());
    move((parentWidget()->width() - width) / 2, t.px(56) - shadow());
}

void CommandPalette::resizeEvent(QResizeEvent *) { update(); }

bool CommandPalette::eventFilter(QObject *object, QEvent *event)
{
    if (object == m_edit && event->type() == QEvent::FocusOut && isVisible() && QApplication::activeWindow() == window()) {
        m_focusBefore = nullptr;
        hide();
    }
    if (object != m_edit || event->type() != QEvent::KeyPress)
        return OverlayPanel::eventFilter(object, event);
    const int row = m_list->currentIndex().row(), last = m_model->rowCount() - 1;
    const auto choose = [this](int to) { m_list->setCurrentIndex(m_model->index(to, 0)); };
    switch (static_cast<QKeyEvent *>(event)->key()) {
    case Qt::Key_Down: choose(row >= last ? 0 : row + 1); return true;
    case Qt::Key_Up: choose(row <= 0 ? last : row - 1); return true;
    case Qt::Key_PageDown: choose(std::min(row + shownRows, last)); return true;
    case Qt::Key_PageUp: choose(std::max(row - shownRows, 0)); return true;
    case Qt::Key_Return:
    case Qt::Key_Enter: run(); return true;
    case Qt::Key_Tab:
    case Qt::Key_Backtab: return true;
    default: return OverlayPanel::eventFilter(object, event);
    }
}

void CommandPalette::run()
{
    const QModelIndex index = m_list->currentIndex();
    if (!index.isValid())
        return;
    const PaletteEntry entry = m_model->entry(index.row());
    if (!entry.fill.isEmpty()) {
        m_edit->setText(entry.fill);
        return;
    }
    close();
    emit ran(entry.text);
    entry.run();
}

} // namespace tapio::console
